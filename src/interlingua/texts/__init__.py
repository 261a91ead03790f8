"""Texts on their way in and out: what may be embedded, cleaning, and reading and writing files."""
