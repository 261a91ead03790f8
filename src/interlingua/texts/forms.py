"""The form in which texts that differ only in case, spacing, punctuation or encoding are one."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

# Characters that show nothing: soft hyphen, bidirectional marks, zero-width space, word joiner, BOM. Joiners spell words.
_INVISIBLE = re.compile("[\xad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

# Superscripts, subscripts and fractions, which compatibility normalisation would put among the digits: 10² is not 102.
_RAISED = re.compile("[\xb2\xb3\xb9\xbc-\xbe\u2070-\u209c\u2150-\u215f\u2189]")

_APOSTROPHES = re.compile("['\u2018\u2019\u201a\u201b\u2032\xb4`]")
_PLAIN = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))

# What parts words and sentences. Not a question mark, not what stands in numbers and names (3.5, -5, a.b, C++, #1): a dot, comma or
# hyphen goes only where it ends a word.
_PUNCTUATION = re.compile(
    r'[!;"()\[\]{}\u2026\xab\xbb\u201c-\u201f\u2033\u3001\u3002\u3008-\u3011\uff01\uff0c\uff1b\uff1a\uff61-\uff65\xa1\xbf\u061b\u060c\u06d4\u0964]'
    r"|[.,:\-](?!\w)"
)


def normal_form(text: str) -> str:
    """The text in lower case and one Unicode form, with single spaces, without punctuation except question marks.

    Lower case keeps ß apart from ss, which are different letters in German words. A text of nothing but punctuation stays as it is.
    """
    form: Literal["NFC", "NFKC"] = "NFC" if _RAISED.search(text) else "NFKC"
    # Lower case after normalisation, and normalised once more: lowering can decompose.
    lowered = unicodedata.normalize(form, _INVISIBLE.sub("", text)).translate(_PLAIN).lower()
    lowered = unicodedata.normalize(form, lowered)
    return " ".join(_PUNCTUATION.sub(" ", _APOSTROPHES.sub("", lowered)).split()) or " ".join(lowered.split())


def unshouted(text: str) -> str:
    """What is read of a text all in capitals, which models hardly understand: it in lower case. A single word may be a name."""
    return text.capitalize() if text.isupper() and " " in text.strip() else text
