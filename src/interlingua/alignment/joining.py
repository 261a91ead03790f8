"""Sentences put together as their language writes them: with a space between, or without."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Writing without spaces between words: kana, Chinese characters, full-width marks. (Korean has spaces; Thai puts them
# between sentences.)
_UNSPACED = re.compile("[\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def joined(sentences: Sequence[str]) -> str:
    """The sentences as one text."""
    text = ""
    for sentence in sentences:
        part = sentence.strip()
        close = bool(text and part) and bool(_UNSPACED.match(text[-1]) and _UNSPACED.match(part[0]))
        text += part if close or not text else f" {part}"
    return text
