"""Unicode cleaning: from text as it is found to text as it should reach the model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from interlingua.errors import InputError
from interlingua.texts.damage import MOST_PASSES, repair_once

# Controls except white space; soft hyphen; Arabic letter mark; bidi marks, embeddings, overrides and isolates; BOM; the
# deprecated format characters; interlinear annotation marks.
_REMOVED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]"
)


def clean(text: str) -> str:
    r"""Repair and normalise one text.

    In this order: the ``repr`` of bytes, literal escapes (``\u732b``, ``\xe9``, surrogate pairs) and HTML entities are
    decoded; lone surrogates are dropped; mojibake is repaired; control characters, BOM, bidirectional marks and soft
    hyphens are removed; the text is brought to NFC; line breaks and runs of white space become one space; the ends are
    stripped. Cleaning a clean text changes nothing (as long as damage is nested at most 30 deep).

    Kept on purpose: zero-width joiners and non-joiners (they spell words in Persian and Hindi, and make emoji) and
    zero-width spaces (they part words in Khmer and Thai); half-width kana and full-width Latin letters, because the
    tokenizers apply NFKC themselves; U+FFFD, because what it replaced is lost.

    Args:
        text: any text.

    Returns:
        The cleaned text; it can be empty.

    Raises:
        InputError: ``text`` is bytes or not a text at all.
    """
    if not isinstance(text, str):
        cure = '; decode it first, for example with .decode("utf-8")' if isinstance(text, bytes | bytearray) else ""
        raise InputError(f"clean() takes a text, not {type(text).__name__}{cure}.")
    for _ in range(MOST_PASSES):
        before = text
        text = _normalise(repair_once(text))
        # A repair, and taking a control character out, can uncover more damage: a pass without effect is the last.
        if text == before:
            break
    return text


def clean_all(texts: Iterable[str]) -> list[str]:
    """Clean every text.

    Args:
        texts: the texts.

    Returns:
        The cleaned texts, one for each given, in order.

    Raises:
        InputError: one of them is bytes or not a text at all, with its row; or ``texts`` is a single text.
    """
    if isinstance(texts, str | bytes):
        raise InputError("clean_all() takes a list of texts; for a single text there is clean().")
    cleaned = []
    for row, text in enumerate(texts):
        try:
            cleaned.append(clean(text))
        except InputError as error:
            raise InputError(f"Row {row} (counted from 0): {error}", rows=[row]) from None
    return cleaned


def _normalise(text: str) -> str:
    text = unicodedata.normalize("NFC", _REMOVED.sub("", text))
    return " ".join(text.split())
