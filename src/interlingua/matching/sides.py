"""A list of texts made ready for matching: embedded, centred, and kept in memory or mapped from a temporary file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.similarity import Langs, Side, languages_of
from interlingua.scoring.sizes import text_size
from interlingua.scoring.tables import GrowingTable
from interlingua.scoring.warned import WarnedRows
from interlingua.types import Vectors

BLOCK = 2048
"""Texts that are embedded together."""

_IN_MEMORY = 64 << 20
"""Bytes of vectors beyond which a side lies in a temporary file, which the system maps and pages."""

Encode = Callable[[Sequence[str]], Vectors]


def read_side(
    texts: Sequence[str],
    langs: Langs,
    encode: Encode,
    means: LanguageMeans,
    advance: Callable[[int], None],
    warned: WarnedRows,
    first_row: int = 0,
) -> Side:
    """Embed and centre texts, block by block.

    Args:
        texts: texts that can be embedded.
        langs: their languages; identified where not given.
        encode: what embeds.
        means: what is taken out of the vectors, by language.
        advance: called with how many more are done.
        warned: takes what the encoder warns of.
        first_row: the row by which the caller knows the first text.

    Raises:
        InputError: there are not as many languages as texts.
        UnknownLanguage: a language code is none.
        StorageError: the disk does not take the vectors.
    """
    known = languages_of(texts, langs)
    dimension = len(means.general)
    vectors, centred = (GrowingTable(dimension, np.float32, _IN_MEMORY) for _ in range(2))
    for start in range(0, len(texts), BLOCK):
        some = texts[start : start + BLOCK]
        with warned.block(some, (first_row + start).__add__):
            part = encode(some)
        vectors.add(part)
        centred.add(means.centre(part, known[start : start + BLOCK]))
        advance(len(part))
    return Side(
        vectors.whole(), centred.whole(), known, np.array([text_size(text) for text in texts], dtype=np.float64)
    )


def classes_of(texts: Sequence[str], groups: Sequence[Hashable] | None) -> NDArray[np.int64]:
    """The class of each text, (n,), numbered in the order of their first rows: its group, or texts that are the same.

    A text whose group is None or NaN (of a table with gaps) is a class of its own.

    Copies of a text are no competitors of each other: whichever is chosen, it is the same answer. Upper and lower case, white
    space and Unicode's compatibility forms make no difference.
    """
    keys: Sequence[Hashable] = [_folded(text) for text in texts] if groups is None else groups
    numbers: dict[Hashable, int] = {}
    return np.array(
        [numbers.setdefault(object() if _is_none(key) else key, len(numbers)) for key in keys], dtype=np.int64
    )


def _is_none(group: Hashable) -> bool:
    return group is None or (isinstance(group, float | np.floating) and bool(np.isnan(group)))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
