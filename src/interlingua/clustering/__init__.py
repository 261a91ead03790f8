"""Groups of texts about the same, in whatever languages."""
