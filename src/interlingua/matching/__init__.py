"""Matching two lists of texts: for each left one its best right ones, or that nothing matches."""
