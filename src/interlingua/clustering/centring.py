"""The vectors that are clustered: of the texts, less their languages' means, at unit length."""

from __future__ import annotations

import numpy as np

from interlingua.clustering.groups import Items
from interlingua.clustering.result import Centring
from interlingua.errors import InputError
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans, shipped_means
from interlingua.scoring.tables import embed_centred, new_table
from interlingua.types import Stored, TextEncoder

_BLOCK = 16_384


def embedded(
    encoder: TextEncoder, items: Items, *, centred: bool, means: LanguageMeans | None, advance: Advance
) -> tuple[Stored, Centring]:
    """The vectors of texts, (n, d), float16 of unit length, and whose means were taken out.

    Args:
        encoder: what embeds.
        items: the texts and their languages.
        centred: whether means are taken out at all.
        means: the means; None takes those that come with the model, else those of the texts.
        advance: called with how many more texts are done.

    Raises:
        StorageError: there is no room for the vectors.
    """
    centring: Centring = "none" if not centred else "given" if means is not None else "shipped"
    if centring == "shipped" and (means := shipped_means(encoder)) is None:
        centring = "estimated"
    table = embed_centred(
        encoder,
        items.texts,
        items.langs,
        means or LanguageMeans.nothing(encoder.dimension),
        advance=advance,
        name=lambda place: int(items.rows[place]),
    )
    if centring == "estimated":
        _centre(table, table, items.langs, LanguageMeans.estimated(table, items.langs))
    return table, centring


def centred_vectors(
    vectors: Stored, langs: list[str | None], *, centred: bool, means: LanguageMeans | None
) -> tuple[Stored, Centring]:
    """Vectors at unit length, less their languages' means, and whose means those are.

    Args:
        vectors: (n, d); they are left as they are.
        langs: the language of each, None where unknown.
        centred: whether means are taken out; if not, the vectors are only brought to unit length.
        means: the means; None takes those of the vectors.

    Raises:
        InputError: a value is NaN or infinite, or the means are of another dimension.
        StorageError: there is no room for the centred vectors.
    """
    for start in range(0, len(vectors), _BLOCK):
        finite = np.isfinite(vectors[start : start + _BLOCK]).all(axis=1)
        if not finite.all():
            row = start + int(np.argmin(finite))
            raise InputError(f"The vector in row {row:,} (counted from 0) holds NaN or infinite values.", [row])
    table = new_table(*vectors.shape)
    _centre(vectors, table, langs, LanguageMeans.nothing(vectors.shape[1]))
    if not centred:
        return table, "none"
    _centre(table, table, langs, means or LanguageMeans.estimated(table, langs))
    return table, "estimated" if means is None else "given"


def _centre(vectors: Stored, table: Stored, langs: list[str | None], means: LanguageMeans) -> None:
    for start in range(0, len(vectors), _BLOCK):
        some = slice(start, start + _BLOCK)
        table[some] = means.centre(np.asarray(vectors[some], dtype=np.float32), langs[some])
