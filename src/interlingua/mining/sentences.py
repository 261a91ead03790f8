"""One side of the mining: its sentences, filtered, with their languages and centred vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError
from interlingua.inspection.copies import majority
from interlingua.mining.filters import Filtered, Filters, Reason, filtered
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.scoring.tables import embed_centred
from interlingua.types import Stored, TextEncoder

FOR_MEANS = 50_000
"""From so many sentences of a side the means of its languages are estimated, where the model has none."""

_ENOUGH = 50
_BLOCK = 16_384
_FEW = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """Sentences of one side, ready to be mined.

    Attributes:
        texts: n sentences.
        langs: the language of each, None where unknown.
        rows: (n,), where each stood in what was given.
        vectors: (n, d) float16, at unit length, less their languages' means.
        dropped: how many sentences were left out, for each reason.
        model: the name of the model.
    """

    texts: list[str]
    langs: list[str | None]
    rows: NDArray[np.int64]
    vectors: Stored
    dropped: Counter[Reason]
    model: str

    def __len__(self) -> int:
        return len(self.texts)


def side_languages(texts: Sequence[str], given: Langs) -> list[str | None]:
    """The language of each sentence of a side: a side in one language is taken for one in that language throughout.

    Raises:
        InputError: not as many languages as texts.
        UnknownLanguage: a code is none.
    """
    langs = languages_of(texts, given)
    if given is not None:
        return langs
    usual = majority(langs)
    return langs if usual is None else [usual] * len(texts)


def main_languages(langs: Sequence[str | None]) -> set[str | None]:
    """The languages of a side that are more than a few misjudged sentences: those of a twentieth at least."""
    counts = Counter(langs)
    return {lang for lang, count in counts.items() if count >= _FEW * len(langs)}


def prepared(
    encoder: TextEncoder,
    texts: Sequence[str],
    langs: Sequence[str | None],
    means: LanguageMeans | None,
    filters: Filters,
    advance: Advance,
    name: str,
) -> Sentences:
    """Filter, embed and centre the sentences of one side.

    Args:
        encoder: what embeds.
        texts: sentences that can be embedded.
        langs: their languages.
        means: what is taken out; None takes the means of these sentences themselves.
        filters: what is left out.
        advance: called with how many more are done, those left out included.
        name: what the side is called in errors.

    Raises:
        InputError: nothing is left to be mined.
        StorageError: the disk does not take the vectors of many sentences.
    """
    chosen = chosen_of(texts, langs, filters, name)
    advance(len(texts) - len(chosen.rows))
    kept = [texts[row] for row in chosen.rows]
    kept_langs = [langs[row] for row in chosen.rows]
    rows = np.array(chosen.rows, dtype=np.int64)
    vectors = embed_centred(
        encoder,
        kept,
        kept_langs,
        means or LanguageMeans.nothing(encoder.dimension),
        advance=advance,
        name=lambda row: chosen.rows[row],
    )
    if means is None and kept:
        own = own_means(vectors[:FOR_MEANS], kept_langs[:FOR_MEANS])
        for start in range(0, len(vectors), _BLOCK):
            some = slice(start, start + _BLOCK)
            vectors[some] = own.centre(np.asarray(vectors[some], dtype=np.float32), kept_langs[some])
    return Sentences(kept, kept_langs, rows, vectors, chosen.dropped, encoder.name)


def chosen_of(texts: Sequence[str], langs: Sequence[str | None], filters: Filters, name: str) -> Filtered:
    """What is mined of the sentences of one side.

    Raises:
        InputError: nothing is left to be mined.
    """
    chosen = filtered(texts, langs, filters)
    if texts and not chosen.rows:
        why = ", ".join(f"{reason}: {count:,}" for reason, count in chosen.dropped.most_common())
        raise InputError(f"{name}: nothing is left to be mined of {len(texts):,} sentences ({why}).")
    return chosen


def own_means(vectors: Stored, langs: Sequence[str | None]) -> LanguageMeans:
    """For a model without means: those of each language's sentences here, if there are enough of them to be one.

    Args:
        vectors: (n, d), of the first ``FOR_MEANS`` sentences of a side.
        langs: their languages.
    """
    means = LanguageMeans.estimated(vectors, langs)
    counts = Counter(langs)
    zero = np.zeros(vectors.shape[1], dtype=np.float32)
    return LanguageMeans(
        {lang: mean if counts[lang] >= _ENOUGH else zero for lang, mean in means.means.items()},
        means.general if len(langs) >= _ENOUGH else zero,
    )
