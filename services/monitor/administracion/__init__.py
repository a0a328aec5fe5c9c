"""Companies, their certificates, their folios and their tills, on pages and as an API."""
