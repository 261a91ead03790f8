"""The search at one moment: from passages to hits, with filters and keywords."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from interlingua.index.documents import Documents
from interlingua.index.fusion import CANDIDATES, fused
from interlingua.index.keywords import Match
from interlingua.index.records import Excerpt
from interlingua.index.relevance import ALIKE, LEAST_HITS, gaps, probabilities
from interlingua.index.scanning import Asked, Found, first_of_documents, some_of
from interlingua.index.view import View
from interlingua.scoring.calibration import Relevance
from interlingua.types import Hit, Vectors


class Sure(NamedTuple):
    """How probable a hit has to be.

    Attributes:
        least: the least probability.
        relevance: what makes probabilities.
    """

    least: float
    relevance: Relevance


@dataclass(frozen=True, eq=False)
class Seeker:
    """Searches while the documents are seen in a consistent state.

    Attributes:
        documents: the documents.
        view: their passages at the same moment.
    """

    documents: Documents
    view: View

    def hits(self, asked: Asked, k: int, min_score: float | None, sure: Sure | None = None) -> list[list[Hit]]:
        """The k best hits of each query.

        Args:
            asked: the queries.
            k: how many.
            min_score: only hits with at least this score.
            sure: only hits that are probable enough, which then say how probable they are.
        """
        asked_for = k
        if sure is not None:
            # To see how far the best one stands out.
            k = max(k, LEAST_HITS)
        wanted, most = k, max(self.view.count, 1)
        found = self.view.search(asked, min(wanted, most))
        kept = [self._kept(one, asked, k, min_score) for one in found]
        # Several passages of a document count once, so more of them may be needed.
        while wanted < most and (short := self._short(found, kept, k, wanted, min_score)):
            wanted *= 4
            for place, one in zip(short, self.view.search(some_of(asked, short), min(wanted, most)), strict=True):
                found[place], kept[place] = one, self._kept(one, asked, k, min_score)
        if sure is None:
            return self._fetched(kept)
        return self._probable(kept, asked_for, sure)

    def _probable(self, found: list[Found], k: int, sure: Sure) -> list[list[Hit]]:
        """The hits that are probable enough."""
        kept, told = [], []
        for one in found:
            standing_out = gaps(one.scores, self.view.alike(one.keys) >= ALIKE)
            values = probabilities(one.scores, standing_out, sure.relevance.weights)[:k]
            enough = np.flatnonzero(values >= sure.least)
            kept.append(one.at(enough))
            told.append(values[enough].tolist())
        return [
            [replace(hit, probability=value) for hit, value in zip(hits, values, strict=True)]
            for hits, values in zip(self._fetched(kept), told, strict=True)
        ]

    @staticmethod
    def _kept(found: Found, asked: Asked, k: int, min_score: float | None) -> Found:
        if min_score is not None:
            found = found.at(found.scores >= min_score)
        return first_of_documents(found, k, asked.group)

    def _short(self, found: list[Found], kept: list[Found], k: int, wanted: int, min_score: float | None) -> list[int]:
        """The queries for which a longer list of passages would give more."""
        short = [
            place
            for place, (one, taken) in enumerate(zip(found, kept, strict=True))
            if len(taken.keys) < k
            and len(one.keys) >= wanted
            and (min_score is None or float(one.scores[-1]) >= min_score)
        ]
        documents = self.documents.count() if short else 0
        return [place for place in short if len(kept[place].keys) < documents]

    def _fetched(self, found: list[Found]) -> list[list[Hit]]:
        known = self.documents.excerpts(list({key for one in found for key in one.keys.tolist()}))
        return [
            [
                _as_hit(known[key], score, cosine)
                for key, score, cosine in zip(one.keys.tolist(), one.scores.tolist(), one.cosines.tolist(), strict=True)
                if key in known
            ]
            for one in found
        ]

    def with_keywords(self, texts: Sequence[str], asked: Asked, results: list[list[Hit]]) -> list[list[Hit]]:
        """The hits by vector, fused with those by keyword."""
        if not self.documents.has_keywords():
            # Nothing was written yet by a version that makes them; the next who writes will.
            return results
        keys = None if asked.allowed is None else asked.allowed.keys
        joined, count = [], self.view.count
        for text, vector, hits in zip(texts, asked.vectors, results, strict=True):
            matches = self.documents.matches(text, count, max(CANDIDATES, len(hits)), keys)
            beside = self._keyword_hits(matches, vector, asked.group)
            joined.append(fused(hits, beside, lambda hit: _identity(hit, asked.group)))
        return joined

    def _keyword_hits(self, matches: list[Match], query: Vectors, group: bool) -> list[tuple[Hit, float]]:
        """What keywords found, with the shares; of a document the best passage."""
        keys = [match.key for match in matches]
        known, vectors = self.documents.excerpts(keys), self.documents.vectors(keys)
        hits: dict[Hashable, tuple[Hit, float]] = {}
        for key, share, score in matches:
            if key in known and key in vectors:
                hit = _as_hit(known[key], score, float(np.clip(vectors[key] @ query, -1.0, 1.0)))
                hits.setdefault(_identity(hit, group), (hit, share))
        return list(hits.values())


def _as_hit(excerpt: Excerpt, score: float, cosine: float) -> Hit:
    id_, text, lang, metadata, start, stop = excerpt
    return Hit(id_, text, lang, score, cosine, metadata, start, stop)


def _identity(hit: Hit, group: bool) -> Hashable:
    """What is the same in hits of which only one is wanted."""
    return hit.id if group else (hit.id, hit.start, hit.stop)
