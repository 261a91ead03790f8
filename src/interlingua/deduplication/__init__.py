"""Deduplication: texts that say the same as another one, in whatever language, and which of them to keep."""
