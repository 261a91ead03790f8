"""What a classifier is given, as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError
from interlingua.languages import canonical
from interlingua.scoring.similarity import Langs as GivenLangs
from interlingua.scoring.similarity import languages_of
from interlingua.scoring.tables import encode_whole
from interlingua.texts.checking import check_texts
from interlingua.types import TextEncoder


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to learn from or to predict.

    Attributes:
        vectors: (n, d).
        langs: the language of each (None where unknown); None where none is known.
        texts: the texts; None where vectors were given.
    """

    vectors: NDArray[Any]
    langs: list[str | None] | None
    texts: list[str] | None = None

    @classmethod
    def of_vectors(cls, vectors: NDArray[Any], langs: GivenLangs) -> Rows:
        """Vectors as they were given, with what is known of their languages.

        Raises:
            InputError: there are not as many languages as vectors.
        """
        if langs is None:
            return cls(vectors, None)
        given = [langs] * len(vectors) if isinstance(langs, str) else list(langs)
        if len(given) != len(vectors):
            raise InputError(
                f"There are {len(vectors):,} vectors but {len(given):,} languages; give one language a vector."
            )
        return cls(vectors, [None if lang is None else canonical(lang) for lang in given])


def are_texts(rows: Any) -> bool:
    """Whether rows are texts rather than vectors: strings in a list, an array, a series of pandas or the like."""
    if isinstance(rows, str | bytes):
        raise InputError("One text was given where a list of texts is expected; put it into a list.")
    if isinstance(rows, np.ndarray):
        return rows.ndim == 1 and (rows.dtype.kind in "UT" or (rows.dtype.kind == "O" and _any_text(rows)))
    if getattr(rows, "ndim", 1) != 1:  # a data frame
        return False
    if isinstance(rows, Sequence):
        return not len(rows) or _any_text(rows)
    return hasattr(rows, "tolist") and _any_text(rows.tolist())  # a series


def _any_text(rows: Any) -> bool:
    return any(row is None or isinstance(row, str | bytes) for row in rows)


def text_rows(texts: Any, langs: GivenLangs, encoder: TextEncoder, *, identify: bool) -> Rows:
    """Texts, embedded.

    Args:
        texts: n texts.
        langs: their languages; where not given they are identified, if that is wanted.
        encoder: what embeds.
        identify: whether languages matter.

    Raises:
        InputError: a text cannot be embedded, or there are not as many languages as texts.
    """
    listed = texts.tolist() if hasattr(texts, "tolist") else list(texts)
    if not listed:
        return Rows(np.empty((0, encoder.dimension), dtype=np.float32), None, [])
    checked = check_texts(listed, name="texts").texts
    known = languages_of(checked, langs) if identify or langs is not None else None
    return Rows(encode_whole(encoder, checked), known, checked)
