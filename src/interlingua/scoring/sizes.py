"""How much a text says, as far as its length tells."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Characters of an alphabet that say what one such character says, from the ratio of the lengths of translations.
_WORTH = {"CJK": 3.0, "HIRAGANA": 1.8, "KATAKANA": 1.8, "HANGUL": 2.2}


def text_size(text: str) -> float:
    """The length of a text in letters of an alphabet; spaces and marks above or below letters do not count.

    A Chinese character says as much as about three letters, a Korean syllable as much as two.
    """
    return sum(map(_worth, text))


@lru_cache(maxsize=65_536)
def _worth(char: str) -> float:
    if char.isspace() or unicodedata.category(char)[0] in "MC":
        return 0.0
    return _WORTH.get(unicodedata.name(char, "").partition(" ")[0], 1.0)
