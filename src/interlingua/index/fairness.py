"""Fairness between languages in an index: means frozen with a snapshot, centred scores, offsets for each language.

For a query q and a document x in the language l the fair score is the cosine of the centred vectors,
(q - μ) · (x - μ_l) / (|q - μ| |x - μ_l|). With c the centred query of length 1 it is (c · x - c · μ_l) / |x - μ_l|: one product
with the vectors as they are, a number for each language, and a number for each document. So no second copy of the vectors is
needed where all are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.scoring.centring import LanguageMeans
from interlingua.types import Vectors

# How many texts of a language a shipped mean is worth against the index's own.
_PRIOR_TEXTS = 100


@dataclass(frozen=True, eq=False)
class Fairness:
    """The means of an index, of its documents and of queries.

    Attributes:
        documents: of texts embedded as documents.
        queries: of texts embedded as queries.
        counts: how many vectors of the index each language's mean was estimated from.
    """

    documents: LanguageMeans
    queries: LanguageMeans
    counts: dict[str, int]

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
        return cls(both[0], both[1], counts)


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
        places = np.fromiter((numbers.setdefault(lang, len(numbers)) for lang in langs), dtype=np.int64, count=len(langs))
        for lang, number in numbers.items():
            picked = vectors[places == number]
            self._sums[lang] = self._sums.get(lang, 0.0) + picked.sum(axis=0, dtype=np.float64)
            self._counts[lang] = self._counts.get(lang, 0) + len(picked)

    def fairness(self, model: str) -> Fairness:
        """The means, each language's drawn towards the one shipped with the model by how few texts it has."""
        documents, queries = _shipped(model, "document"), _shipped(model, "query")
        counts = {lang: count for lang, count in self._counts.items() if lang is not None}
        own = {lang: (self._sums[lang] / count).astype(np.float32) for lang, count in counts.items()}
        total = sum(self._counts.values())
        overall = sum(self._sums.values(), np.zeros(self._dimension)) / max(total, 1)
        if documents is None or queries is None:
            # Without anything shipped, languages with few texts are drawn towards the mean of all.
            general = np.asarray(overall, dtype=np.float32)
            means = {lang: _drawn(mean, counts[lang], general) for lang, mean in own.items()}
            found = LanguageMeans(means, general)
            return Fairness(found, found, counts)
        means = dict(documents.means)
        asked = dict(queries.means)
        for lang, mean in own.items():
            before = documents.mean(lang)
            means[lang] = _drawn(mean, counts[lang], before)
            # What the collection is about shifts its documents, and the questions that it gets.
            asked[lang] = queries.mean(lang) + (means[lang] - before)
        return Fairness(LanguageMeans(means, documents.general), LanguageMeans(asked, queries.general), counts)


def _shipped(model: str, prompt: str) -> LanguageMeans | None:
    try:
        return LanguageMeans.shipped(model, prompt)  # type: ignore[arg-type]
    except OptionError:
        return None


def _drawn(mean: Vectors, count: int, prior: Vectors) -> Vectors:
    result: Vectors = ((count * mean + _PRIOR_TEXTS * prior) / (count + _PRIOR_TEXTS)).astype(np.float32)
    return result


def inverse_lengths(vectors: Vectors, table: Vectors, langs: NDArray[np.int64]) -> Vectors:
    """1 / |x - μ_l| for each vector, (n,); 0 for what is its language's mean."""
    lengths = np.linalg.norm(vectors - table[langs], axis=1)
    result: Vectors = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0).astype(np.float32)
    return result


def fair_scores(products: Vectors, centred: Vectors, table: Vectors, langs: NDArray[np.int64], inverse: Vectors) -> Vectors:
    """The fair scores, in the place of the products.

    Args:
        products: (queries, n): c · x.
        centred: (queries, d): the centred queries c.
        table: (languages, d): the means.
        langs: (n,): the place of each vector's language in ``table``.
        inverse: (n,): see ``inverse_lengths``.
    """
    shifts = centred @ table.T
    products -= shifts[:, langs]
    products *= inverse
    return products


def offsets(scores: Iterable[Vectors]) -> Vectors:
    """For each language the mean of a query's three best scores in it: what is taken off in a diverse search.

    Args:
        scores: for each language the query's scores in it, best first; of one, two or three numbers.
    """
    return np.array([found[:3].mean() if len(found) else 0.0 for found in scores], dtype=np.float32)
