"""What two texts have in common: cosine, and cosine of vectors centred by language."""
