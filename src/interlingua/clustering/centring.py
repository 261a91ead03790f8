"""The vectors that are clustered: of the texts, less their languages' means, at unit length."""

from __future__ import annotations

import numpy as np

from interlingua.clustering.groups import Items
from interlingua.clustering.result import Centring
from interlingua.errors import InputError, OptionError
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans
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
    if centring == "shipped":
        try:
            means = LanguageMeans.shipped(encoder)
        except OptionError:
            centring = "estimated"
    nothing = LanguageMeans({}, np.zeros(encoder.dimension, dtype=np.float32))
    table = embed_centred(
        encoder,
        items.texts,
        items.langs,
        means or nothing,
        advance=advance,
        name=lambda place: int(items.rows[place]),
    )
    if centring == "estimated":
        _centre(table, table, items.langs, _estimated(table, items.langs))
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
    nothing = LanguageMeans({}, np.zeros(vectors.shape[1], dtype=np.float32))
    _centre(vectors, table, langs, nothing)
    if not centred:
        return table, "none"
    _centre(table, table, langs, means or _estimated(table, langs))
    return table, "estimated" if means is None else "given"


def _centre(vectors: Stored, table: Stored, langs: list[str | None], means: LanguageMeans) -> None:
    for start in range(0, len(vectors), _BLOCK):
        some = slice(start, start + _BLOCK)
        table[some] = means.centre(np.asarray(vectors[some], dtype=np.float32), langs[some])


def _estimated(vectors: Stored, langs: list[str | None]) -> LanguageMeans:
    """What ``LanguageMeans.estimated`` gives, for vectors that may lie in a file."""
    known = sorted({lang for lang in langs if lang is not None})
    number = {lang: place for place, lang in enumerate(known)}
    places = np.array([number.get(lang, len(known)) if lang else len(known) for lang in langs], dtype=np.int64)
    sums = np.zeros((len(known) + 1, vectors.shape[1]))
    for start in range(0, len(vectors), _BLOCK):
        block, where = np.asarray(vectors[start : start + _BLOCK], dtype=np.float32), places[start : start + _BLOCK]
        for place in np.unique(where).tolist():
            sums[place] += block[where == place].sum(axis=0, dtype=np.float64)
    counts = np.bincount(places, minlength=len(known) + 1)[:, None]
    means = (sums / np.maximum(counts, 1)).astype(np.float32)
    general = means[:-1].mean(axis=0) if known else sums.sum(axis=0) / len(vectors)
    return LanguageMeans(dict(zip(known, means[:-1], strict=True)), np.asarray(general, dtype=np.float32))
