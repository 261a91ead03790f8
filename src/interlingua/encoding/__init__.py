"""Text to vectors: tokens, batches, backends, and the one encoder."""
