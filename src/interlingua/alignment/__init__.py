"""Sentence alignment of a document and its translation, and which document is whose translation."""
