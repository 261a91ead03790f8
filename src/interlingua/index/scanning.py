"""Exact search: all passages of a pool, or some of them, are scored one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.index.fairness import fair_scores, shifts_of
from interlingua.index.kinds import Rows
from interlingua.index.snapshot import top
from interlingua.types import Prompt, Vectors

# Rows that are scored at once.
_BLOCK = 65_536
# Scores that are held at once, of all queries of a part.
_SCORES = 32_000_000


class Found(NamedTuple):
    """What was found for a query, best first.

    Attributes:
        keys: int64, (m,): passages.
        scores: float32, (m,): what they are ranked by.
        cosines: float32, (m,).
    """

    keys: Rows
    scores: Vectors
    cosines: Vectors


@dataclass(frozen=True, eq=False)
class Asked:
    """Queries.

    Attributes:
        vectors: float32, (n, d), of length 1.
        langs: their languages, None where unknown; used in fair search.
        fair: rank by the centred cosine.
        diverse: take from each language's scores what the query's best in it have.
        per_language: the most hits in a language; None for no limit.
        allowed: the keys of the passages that may be found, ascending; None for all.
        prompt: what the queries were embedded as.
        own_language: what fair search takes off for the query's own language; the view sets it.
    """

    vectors: Vectors
    langs: Sequence[str | None]
    fair: bool = True
    diverse: bool = False
    per_language: int | None = None
    allowed: Rows | None = None
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
    return Found(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32))


def one_of(asked: Asked, place: int) -> Asked:
    """One of the queries, to be ranked by its scores alone."""
    return Asked(asked.vectors[place : place + 1], [asked.langs[place]], asked.fair, own_language=asked.own_language)


def merged(one: Found, other: Found, k: int) -> Found:
    """The k best of both."""
    order = np.argsort(-np.concatenate([one.scores, other.scores]), kind="stable")[:k]
    return Found(
        np.concatenate([one.keys, other.keys])[order],
        np.concatenate([one.scores, other.scores])[order],
        np.concatenate([one.cosines, other.cosines])[order],
    )


def scan(pool: Pool, asked: Asked, centred: Vectors, k: int, rows: Rows | None) -> list[Found]:
    """The k best of some rows of a pool (None for all), exactly."""
    count = len(pool.keys) if rows is None else len(rows)
    found: list[Found] = []
    at_once = max(1, _SCORES // max(min(count, _BLOCK), 1))
    for start in range(0, len(centred), at_once):
        part = slice(start, start + at_once)
        shifts = None
        if asked.fair:
            shifts = shifts_of(centred[part], pool.table, asked.langs[part], pool.languages, asked.own_language)
        found += _scan_some(pool, asked.vectors[part], centred[part], k, rows, shifts)
    return found


def _scan_some(
    pool: Pool, bare: Vectors, centred: Vectors, k: int, rows: Rows | None, shifts: Vectors | None
) -> Iterator[Found]:
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
    for query, scores, picked in zip(bare, best, places, strict=True):
        cosines = scores if shifts is None else pool.vectors[picked].astype(np.float32, copy=False) @ query
        yield Found(np.asarray(pool.keys[picked]), scores, np.clip(cosines, -1.0, 1.0))


def _portions(pool: Pool, rows: Rows | None) -> Iterator[slice | Rows]:
    count = len(pool.keys) if rows is None else len(rows)
    for start in range(0, count, _BLOCK):
        yield slice(start, min(start + _BLOCK, count)) if rows is None else rows[start : start + _BLOCK]
