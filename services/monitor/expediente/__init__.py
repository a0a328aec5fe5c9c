"""One document as a person sees it: its life, what the SII said, its papers, and what it refers to."""
