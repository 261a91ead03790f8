"""Is this a translation of that? A probability, and named findings for what embeddings miss."""
