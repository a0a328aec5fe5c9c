"""Searching documents: what a person types, what it means, the page that it gives, and the file of it."""
