"""Bitext mining: the translations of each other in two heaps of sentences."""
