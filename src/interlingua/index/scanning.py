"""Exact search: all passages of a pool, or some of them, are scored one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.index.fairness import fair_scores, shifts_of
from interlingua.index.kinds import Rows
from interlingua.index.selecting import Allowed
from interlingua.index.snapshot import top
from interlingua.types import Prompt, Vectors

# Rows that are scored at once.
_BLOCK = 65_536
# Scores that are held at once, of all queries of a part.
_SCORES = 32_000_000
# Vectors that are compared again at once.
_RESCORED = 16_384


class Found(NamedTuple):
    """What was found for a query, best first.

    Attributes:
        keys: int64, (m,): passages.
        numbers: int64, (m,): their documents.
        scores: float32, (m,): what they are ranked by.
        cosines: float32, (m,).
    """

    keys: Rows
    numbers: Rows
    scores: Vectors
    cosines: Vectors

    def at(self, places: slice | NDArray[Any]) -> Found:
        """Some of it."""
        return Found(self.keys[places], self.numbers[places], self.scores[places], self.cosines[places])


@dataclass(frozen=True, eq=False)
class Asked:
    """Queries.

    Attributes:
        vectors: float32, (n, d), of length 1.
        langs: their languages, None where unknown; used in fair search.
        fair: rank by the centred cosine.
        diverse: take from each language's scores what the query's best in it have.
        per_language: the most documents (passages, without ``group``) in a language; None for no limit.
        group: count a document once.
        allowed: which passages may be found; None for all.
        prompt: what the queries were embedded as.
        own_language: what fair search takes off for the query's own language; the view sets it.
    """

    vectors: Vectors
    langs: Sequence[str | None]
    fair: bool = True
    diverse: bool = False
    per_language: int | None = None
    group: bool = True
    allowed: Allowed | None = None
    prompt: Prompt = "query"
    own_language: float = 0.0


@dataclass(frozen=True, eq=False)
class Pool:
    """Passages that are looked at one by one, with what fair search needs of them.

    Attributes:
        keys: int64, (n,).
        numbers: int64, (n,): their documents.
        langs: int64, (n,): the places of their languages in ``languages``.
        languages: the languages.
        vectors: (n, d).
        table: the languages' means, (languages, d).
        inverse: float32, (n,).
    """

    keys: Rows
    numbers: Rows
    langs: NDArray[np.int64]
    languages: Sequence[str | None]
    vectors: NDArray[np.generic]
    table: Vectors
    inverse: Vectors


def empty_pool(dimension: int) -> Pool:
    """A pool without passages."""
    none = np.empty(0, dtype=np.int64)
    vectors = np.empty((0, dimension), dtype=np.float32)
    return Pool(none, none, none, [], vectors, vectors, np.empty(0, dtype=np.float32))


def nothing() -> Found:
    """What is found where nothing is."""
    none = np.empty(0, dtype=np.int64)
    return Found(none, none, np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32))


def some_of(asked: Asked, places: Sequence[int]) -> Asked:
    """Some of the queries."""
    return replace(asked, vectors=asked.vectors[list(places)], langs=[asked.langs[place] for place in places])


def each_query(
    keys: Rows, numbers: Rows, scores: Vectors, cosines: Vectors, there: NDArray[np.bool_] | None
) -> list[Found]:
    """What was found for each query, of arrays of shape (n, k): the places where there is something, None for all."""
    found = [Found(*one) for one in zip(keys, numbers, scores, cosines, strict=True)]
    return found if there is None else [one.at(places) for one, places in zip(found, there, strict=True)]


def merged(parts: Sequence[Found], k: int) -> Found:
    """The k best of all."""
    joined = Found(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.cosines for part in parts]),
    )
    return joined.at(np.argsort(-joined.scores, kind="stable")[:k])


def first_of_documents(found: Found, most: int, group: bool) -> Found:
    """The first ``most`` documents, each with its best passage; the first passages without ``group``."""
    numbers = found.numbers.tolist()
    # Mostly all are of different documents.
    if not group or len(set(numbers)) == len(numbers):
        return found if len(numbers) <= most else found.at(slice(most))
    _, firsts = np.unique(found.numbers, return_index=True)
    return found.at(np.sort(firsts)[:most])


def scan(pool: Pool, asked: Asked, centred: Vectors, k: int, rows: Rows | None) -> list[Found]:
    """The k best of some rows of a pool (None for all), exactly."""
    count = len(pool.keys) if rows is None else len(rows)
    found: list[Found] = []
    at_once = max(1, _SCORES // max(min(count, _BLOCK), 1))
    for start in range(0, len(centred), at_once):
        part = slice(start, start + at_once)
        shifts = _shifts(pool, asked, centred, part)
        bare = None if shifts is None and centred is asked.vectors else asked.vectors[part]
        scores, places = _best_of_all(pool, centred[part], k, rows, shifts)
        found += _found(pool, bare, scores, places)
    return found


def rescore(pool: Pool, asked: Asked, centred: Vectors, picked: Rows, k: int) -> list[Found]:
    """The k best of a few rows for each query, exactly.

    Args:
        pool: the passages.
        asked: the queries.
        centred: what the passages are compared with, (n, d).
        picked: (n, m): rows of the pool; -1 where there are fewer.
        k: how many.
    """
    found: list[Found] = []
    at_once = max(1, _RESCORED // max(picked.shape[1], 1))
    for start in range(0, len(centred), at_once):
        part = slice(start, start + at_once)
        rows = picked[part]
        vectors = pool.vectors[rows].astype(np.float32, copy=False)
        scores = np.matmul(vectors, centred[part, :, None])[..., 0]
        shifts = _shifts(pool, asked, centred, part)
        if shifts is not None:
            scores -= np.take_along_axis(shifts, pool.langs[rows], 1)
            scores *= pool.inverse[rows]
        scores[rows < 0] = -np.inf
        order = top(scores, k)
        scores, places = np.take_along_axis(scores, order, 1), np.take_along_axis(rows, order, 1)
        bare = None if shifts is None and centred is asked.vectors else asked.vectors[part]
        found += _found(pool, bare, scores, places)
    return found


def _shifts(pool: Pool, asked: Asked, centred: Vectors, part: slice) -> Vectors | None:
    """What fair search takes off, (queries, languages)."""
    if not asked.fair:
        return None
    return shifts_of(centred[part], pool.table, asked.langs[part], pool.languages, asked.own_language)


def _best_of_all(
    pool: Pool, centred: Vectors, k: int, rows: Rows | None, shifts: Vectors | None
) -> tuple[Vectors, Rows]:
    best = np.empty((len(centred), 0), dtype=np.float32)
    places = np.empty((len(centred), 0), dtype=np.int64)
    for numbers in _portions(pool, rows):
        vectors = pool.vectors[numbers].astype(np.float32, copy=False)
        scores = centred @ vectors.T
        if shifts is not None:
            scores = fair_scores(scores, centred, pool.table, pool.langs[numbers], pool.inverse[numbers], shifts)
        picked = top(scores, k)
        first = numbers.start if isinstance(numbers, slice) else None
        absolute = picked + first if first is not None else np.asarray(numbers)[picked]
        best = np.concatenate([best, np.take_along_axis(scores, picked, 1)], axis=1)
        places = np.concatenate([places, absolute], axis=1)
        kept = top(best, k)
        best, places = np.take_along_axis(best, kept, 1), np.take_along_axis(places, kept, 1)
    return best, places


def _found(pool: Pool, bare: Vectors | None, scores: Vectors, places: Rows) -> list[Found]:
    """What was found for each query; the cosines are the scores, or those of the bare queries if they are given."""
    cosines = scores
    if bare is not None:
        cosines = np.empty(scores.shape, dtype=np.float32)
        at_once = max(1, _RESCORED // max(places.shape[1], 1))
        for start in range(0, len(places), at_once):
            part = slice(start, start + at_once)
            vectors = pool.vectors[places[part]].astype(np.float32, copy=False)
            cosines[part] = np.matmul(vectors, bare[part, :, None])[..., 0]
    filled = np.isfinite(scores)
    there = None if filled.all() else filled
    return each_query(pool.keys[places], pool.numbers[places], scores, cosines.clip(-1.0, 1.0), there)


def _portions(pool: Pool, rows: Rows | None) -> Iterator[slice | Rows]:
    count = len(pool.keys) if rows is None else len(rows)
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count)) if rows is None else rows[start : start + _BLOCK]
