"""Hits of two searches in one list, and what other judges make of a list."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace

from interlingua.errors import OptionError
from interlingua.types import Hit

Reranker = Callable[[str, list[Hit]], Sequence[float]]
"""Gives each hit of a query a score, higher is better; for instance a cross-encoder."""

CANDIDATES = 100
"""How many hits of each search are fused, at least."""

RERANKED = 50
"""How many hits a reranker gets, at least."""

_CALM = 60.0


def fused(
    by_vectors: Sequence[Hit], by_keywords: Sequence[tuple[Hit, float]], of: Callable[[Hit], Hashable]
) -> list[Hit]:
    """The hits of both searches, best first, with fused scores.

    Reciprocal rank fusion (Cormack, Clarke & Büttcher, 2009): a hit's score is the sum of 1 / (60 + its rank), ranks from 1,
    over both lists; in that of keywords times its share of the query's weight, so that half a match counts half.

    Args:
        by_vectors: best first.
        by_keywords: hits and shares, best first.
        of: what hits have in common that are the same.
    """
    known: dict[Hashable, Hit] = {}
    scores: dict[Hashable, float] = {}
    for rank, hit in enumerate(by_vectors, 1):
        known[of(hit)] = hit
        scores[of(hit)] = 1 / (_CALM + rank)
    for rank, (hit, share) in enumerate(by_keywords, 1):
        known.setdefault(of(hit), hit)
        scores[of(hit)] = scores.get(of(hit), 0.0) + share / (_CALM + rank)
    # Of equal ones that first which has the very words.
    worded = {of(hit) for hit, _ in by_keywords}
    ordered = sorted(known, key=lambda one: (-scores[one], one not in worded))
    return [replace(known[one], score=scores[one]) for one in ordered]


def reranked(query: str, hits: Sequence[Hit], judge: Reranker) -> list[Hit]:
    """The hits in the order of a reranker's scores, which they get.

    Raises:
        OptionError: it does not give a finite number for each hit.
    """
    if not hits:
        return []
    scores = [float(score) for score in judge(query, list(hits))]
    if len(scores) != len(hits) or not all(map(math.isfinite, scores)):
        raise OptionError(
            f"rerank must give a finite number for each of {len(hits)} hits; it gave {len(scores)} values."
        )
    judged = [replace(hit, score=score) for hit, score in zip(hits, scores, strict=True)]
    return sorted(judged, key=lambda hit: -hit.score)


def best(hits: Iterable[Hit], k: int, per_language: int | None) -> list[Hit]:
    """The first k hits, with at most so many in any one language."""
    taken: list[Hit] = []
    counts: dict[str | None, int] = {}
    for hit in hits:
        if len(taken) == k:
            break
        counts[hit.lang] = counts.get(hit.lang, 0) + 1
        if per_language is None or counts[hit.lang] <= per_language:
            taken.append(hit)
    return taken
