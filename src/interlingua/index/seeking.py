"""The search at one moment: from passages to hits, with filters and keywords."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from interlingua.index.documents import Document, Documents
from interlingua.index.filters import Condition
from interlingua.index.fusion import CANDIDATES, fused
from interlingua.index.keywords import Match
from interlingua.index.kinds import Rows
from interlingua.index.scanning import Asked, Found
from interlingua.index.view import View
from interlingua.types import Hit, Vectors


@dataclass(frozen=True, eq=False)
class Seeker:
    """Searches while the documents are seen in a consistent state.

    Attributes:
        documents: the documents.
        view: their passages at the same moment.
    """

    documents: Documents
    view: View

    def allowed(self, chosen: Condition | None) -> Rows | None:
        """The passages that a filter selects; None for all."""
        return None if chosen is None else self.documents.selected(chosen.sql, chosen.arguments)

    def hits(self, asked: Asked, k: int, min_score: float | None, group: bool = True) -> list[list[Hit]]:
        """The k best hits of each query."""
        wanted, most = k, self.view.count
        while True:
            found = self.view.search(asked, min(wanted, max(most, 1)))
            results = self._fetched(found, k, min_score, group)
            # Several passages of a document count once, so more of them may be needed.
            short = any(len(hits) < k and len(one.keys) >= wanted for hits, one in zip(results, found, strict=True))
            if not short or wanted >= most:
                return results
            wanted *= 4

    def _fetched(self, found: list[Found], k: int, min_score: float | None, group: bool) -> list[list[Hit]]:
        keys = list({int(key) for one in found for key in one.keys})
        known = self.documents.hits(keys)
        results = []
        for one in found:
            hits: dict[Hashable, Hit] = {}
            for key, score, cosine in zip(one.keys.tolist(), one.scores.tolist(), one.cosines.tolist(), strict=True):
                if key not in known or (min_score is not None and score < min_score):
                    continue
                hit = _as_hit(*known[key], score, cosine)
                if len(hits) < k:
                    hits.setdefault(_identity(hit, group), hit)
            results.append(list(hits.values()))
        return results

    def with_keywords(
        self, texts: Sequence[str], asked: Asked, results: list[list[Hit]], group: bool
    ) -> list[list[Hit]]:
        """The hits by vector, fused with those by keyword."""
        if not self.documents.has_keywords():
            # Nothing was written yet by a version that makes them; the next who writes will.
            return results
        joined = []
        for text, vector, hits in zip(texts, asked.vectors, results, strict=True):
            matches = self.documents.matches(text, self.view.count, max(CANDIDATES, len(hits)), asked.allowed)
            beside = self._keyword_hits(matches, vector, group)
            joined.append(fused(hits, beside, lambda hit: _identity(hit, group)))
        return joined

    def _keyword_hits(self, matches: list[Match], query: Vectors, group: bool) -> list[tuple[Hit, float]]:
        """What keywords found, with the shares; of a document the best passage."""
        keys = [match.key for match in matches]
        known, vectors = self.documents.hits(keys), self.documents.vectors(keys)
        hits: dict[Hashable, tuple[Hit, float]] = {}
        for key, share, score in matches:
            if key in known and key in vectors:
                hit = _as_hit(*known[key], score, float(np.clip(vectors[key] @ query, -1.0, 1.0)))
                hits.setdefault(_identity(hit, group), (hit, share))
        return list(hits.values())


def _as_hit(document: Document, start: int, stop: int, score: float, cosine: float) -> Hit:
    place = (start, stop) if (start, stop) != (0, len(document.text)) else (None, None)
    return Hit(document.id, document.text[start:stop], document.lang, score, cosine, document.metadata, *place)


def _identity(hit: Hit, group: bool) -> Hashable:
    """What is the same in hits of which only one is wanted."""
    return hit.id if group else (hit.id, hit.start, hit.stop)
