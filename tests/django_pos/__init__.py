"""A Django POS as far as its sender sees it: the table of its documents, and Django set up around it."""
