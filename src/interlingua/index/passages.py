"""Dividing documents that are longer than a model reads into passages."""

from __future__ import annotations

from interlingua.types import TextEncoder


def split(text: str, lang: str | None, encoder: TextEncoder) -> list[tuple[int, int]]:
    """Where the passages of a text begin and end, in characters."""
    return [(0, len(text))]
