"""Fairness between languages in an index: means frozen with a snapshot, centred scores, offsets for each language.

For a query q and a document x in the language l the fair score is the cosine of the centred vectors,
(q - μ) · (x - μ_l) / (|q - μ| |x - μ_l|). With c the centred query of length 1 it is (c · x - c · μ_l) / |x - μ_l|: one product
with the vectors as they are, a number for each language, and a number for each document. So no second copy of the vectors is
needed where all are looked at.

Two things are better than that, and cost nothing. A part of its language's mean is left in the query: it says where answers lie
among all texts, which helps within a language, and between languages it no longer matters because the documents are centred. And
what is in the query's own language is a little nearer even then, as they share names and words, so a little is taken off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.index.pairs import PairSums
from interlingua.scoring.centring import LanguageMeans, shipped_means
from interlingua.types import Prompt, Vectors

# How many texts of a language a shipped mean is worth against the index's own. From 30 to 300 it makes no difference.
_PRIOR_TEXTS = 100
# How much of the mean stays in a centred query of length 1. Up to 1 it makes little difference between languages.
_KEPT_MEAN = 0.7
# What is taken off the cosine with documents in the query's own language.
_OWN_LANGUAGE = 0.04
# How much of the shift of an index's documents questions have in languages in which it has none: what it is about is
# asked for in all languages, but a part of the shift is of its own languages.
_COMMON_SHIFT = 0.5
# A diverse search moves the query towards its best hits, so that what says the same in other languages is found.
FEEDBACK = 4
_FEEDBACK_WEIGHT = 0.4


@dataclass(frozen=True, eq=False)
class Fairness:
    """The means of an index, of its documents and of queries.

    Attributes:
        documents: of texts embedded as documents.
        queries: of texts embedded as queries.
        counts: how many vectors of the index each language's mean was estimated from.
        spread: the length of a centred document (root mean square), by which offsets are scaled.
    """

    documents: LanguageMeans
    queries: LanguageMeans
    counts: dict[str, int]
    spread: float = 1.0

    def asked(self, vectors: Vectors, langs: Sequence[str | None], prompt: Prompt = "query") -> Vectors:
        """The queries as they are compared with centred documents, (n, d), of length 1."""
        found = self.documents if prompt == "document" else self.queries
        means = np.stack([found.mean(lang) for lang in langs]) if len(langs) else vectors
        return unit(found.centre(vectors, langs) + _KEPT_MEAN * means)

    @property
    def own_language(self) -> float:
        """What is taken off the products with documents in the query's own language."""
        return _OWN_LANGUAGE * self.spread

    def table(self, languages: Sequence[str | None]) -> Vectors:
        """The mean of each language, (languages, d)."""
        return np.stack([self.documents.mean(lang) for lang in languages])

    def save(self, path: Path) -> None:
        """Write them into a file."""
        arrays: dict[str, NDArray[np.generic]] = {}
        for name, means in (("documents", self.documents), ("queries", self.queries)):
            arrays[f"{name}.languages"] = np.array(list(means.means), dtype=np.str_)
            arrays[f"{name}.means"] = np.stack([*means.means.values(), means.general]).astype(np.float32)
        arrays["counted"] = np.array(list(self.counts), dtype=np.str_)
        arrays["counts"] = np.array(list(self.counts.values()), dtype=np.int64)
        arrays["spread"] = np.array(self.spread)
        with path.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Fairness:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as archive:
            both = []
            for name in ("documents", "queries"):
                table = archive[f"{name}.means"]
                languages = archive[f"{name}.languages"].tolist()
                both.append(LanguageMeans(dict(zip(languages, table[:-1], strict=True)), table[-1]))
            counts = dict(zip(archive["counted"].tolist(), archive["counts"].tolist(), strict=True))
            spread = float(archive["spread"])
        return cls(both[0], both[1], counts, spread)


class Estimate:
    """Sums up vectors by language, block by block.

    Args:
        dimension: the length d of a vector.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._sums: dict[str | None, NDArray[np.float64]] = {}
        self._counts: dict[str | None, int] = {}

    def add(self, vectors: Vectors, langs: Sequence[str | None]) -> None:
        """Count vectors, (n, d), and their languages."""
        numbers: dict[str | None, int] = {}
        places = np.fromiter(
            (numbers.setdefault(lang, len(numbers)) for lang in langs), dtype=np.int64, count=len(langs)
        )
        for lang, number in numbers.items():
            picked = vectors[places == number]
            self._sums[lang] = self._sums.get(lang, 0.0) + picked.sum(axis=0, dtype=np.float64)
            self._counts[lang] = self._counts.get(lang, 0) + len(picked)

    def fairness(self, model: str, pairs: PairSums | None = None) -> Fairness:
        """The means, each language's drawn towards the one shipped with the model by how few texts it has.

        Args:
            model: whose shipped means are taken.
            pairs: of languages that have them, the means are the pairs'; all languages' texts together only tell how far the
                collection as a whole lies from them.
        """
        counts = {lang: count for lang, count in self._counts.items() if lang is not None}
        own = {lang: (total / self._counts[lang]).astype(np.float32) for lang, total in self._sums.items()}
        documents, queries = shipped_means(model, "document"), shipped_means(model, "query")
        if documents is None or queries is None:
            # Without anything shipped, languages with few texts are drawn towards the mean of all.
            overall = sum(self._sums.values(), np.zeros(self._dimension)) / max(sum(self._counts.values()), 1)
            general = overall.astype(np.float32)
            means = {lang: _drawn(own[lang], count, general) for lang, count in counts.items()}
            found = LanguageMeans(means, general)
            found = LanguageMeans({**means, **self._from_pairs(pairs, found, own)}, general)
            return Fairness(found, found, counts, self._spread(found))
        means = {lang: _drawn(own[lang], count, documents.mean(lang)) for lang, count in counts.items()}
        means |= self._from_pairs(pairs, documents, own)
        general = documents.general if None not in own else _drawn(own[None], self._counts[None], documents.general)
        found = LanguageMeans({**documents.means, **means}, general)
        # What the collection is about shifts its documents, and the questions that it gets.
        shifts = {lang: mean - documents.mean(lang) for lang, mean in means.items()}
        moved = sum(
            (counts.get(lang, 0) * shift for lang, shift in shifts.items()), np.zeros(self._dimension, dtype=np.float32)
        )
        common = _COMMON_SHIFT * moved / max(sum(counts.values()), 1)
        asked = {lang: (queries.mean(lang) + shifts.get(lang, common)).astype(np.float32) for lang in found.means}
        return Fairness(
            found,
            LanguageMeans(asked, (queries.general + common).astype(np.float32)),
            counts,
            self._spread(found),
        )

    def _from_pairs(
        self, pairs: PairSums | None, known: LanguageMeans, own: Mapping[str | None, Vectors]
    ) -> dict[str, Vectors]:
        """The means of languages that have pairs, moved to where the collection lies."""
        if pairs is None or not pairs.counts:
            return {}
        means = pairs.means({lang: known.mean(lang) for pair in pairs.counts for lang in pair})
        moved, total = np.zeros(self._dimension), _PRIOR_TEXTS
        for lang, mean in means.items():
            if lang in own:
                moved += self._counts[lang] * (own[lang] - mean)
                total += self._counts[lang]
        return {lang: (mean + moved / total).astype(np.float32) for lang, mean in means.items()}

    def _spread(self, means: LanguageMeans) -> float:
        """The root mean square of |x - μ|, from the sums: |x| is 1."""
        total = sum(self._counts.values())
        if not total:
            return 1.0
        squares = 0.0
        for lang, count in self._counts.items():
            mean = means.mean(lang).astype(np.float64)
            squares += count * (1 + float(mean @ mean)) - 2 * float(self._sums[lang] @ mean)
        return float(np.sqrt(max(squares / total, 0.0)))


def _drawn(mean: Vectors, count: int, prior: Vectors) -> Vectors:
    result: Vectors = ((count * mean + _PRIOR_TEXTS * prior) / (count + _PRIOR_TEXTS)).astype(np.float32)
    return result


def inverse_lengths(vectors: Vectors, table: Vectors, langs: NDArray[np.int64]) -> Vectors:
    """1 / |x - μ_l| for each vector, (n,); 0 for what is its language's mean."""
    lengths = np.linalg.norm(vectors - table[langs], axis=1)
    result: Vectors = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0).astype(np.float32)
    return result


def fair_scores(
    products: Vectors,
    centred: Vectors,
    table: Vectors,
    langs: NDArray[np.int64],
    inverse: Vectors,
    shifts: Vectors | None = None,
) -> Vectors:
    """The fair scores, in the place of the products.

    Args:
        products: (queries, n): c · x.
        centred: (queries, d): the centred queries c.
        table: (languages, d): the means.
        langs: (n,): the place of each vector's language in ``table``.
        inverse: (n,): see ``inverse_lengths``.
        shifts: (queries, languages): c · μ_l and what else is taken off (``shifts_of``); None for that alone.
    """
    shifts = centred @ table.T if shifts is None else shifts
    products -= shifts[:, langs]
    products *= inverse
    return products


def shifts_of(
    centred: Vectors, table: Vectors, langs: Sequence[str | None], languages: Sequence[str | None], own_language: float
) -> Vectors:
    """What is taken off the products of each query with the documents in each language, (queries, languages).

    Args:
        centred: (queries, d): see ``Fairness.asked``.
        table: (languages, d): the means.
        langs: the queries' languages.
        languages: those of the table.
        own_language: see ``Fairness.own_language``.
    """
    shifts: Vectors = centred @ table.T
    places = {lang: place for place, lang in enumerate(languages) if lang is not None}
    for row, lang in enumerate(langs):
        if lang in places:
            shifts[row, places[lang]] += own_language
    return shifts


def fed_back(query: Vectors, best: Vectors) -> Vectors:
    """A query moved towards its best hits (Rocchio).

    Args:
        query: (d,), of length 1.
        best: (m, d): the best hits, centred as in the ranking.
    """
    if not len(best):
        return query
    return unit(query + _FEEDBACK_WEIGHT * unit(best.mean(axis=0)))


def unit(vectors: Vectors) -> Vectors:
    """The vectors at length 1; what is 0 stays so."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result


def offsets(scores: Iterable[Vectors]) -> Vectors:
    """For each language the mean of a query's three best scores in it: what is taken off in a diverse search.

    Args:
        scores: for each language the query's scores in it, best first; of one, two or three numbers.
    """
    return np.array([found[:3].mean() if len(found) else 0.0 for found in scores], dtype=np.float32)
