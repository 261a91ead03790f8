"""The nearest vectors of a pool, exactly, in blocks; and products of rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.progress import Advance
from interlingua.types import Stored, Vectors

# How much is in memory at a time: rows of the queries; rows of the pool for FAISS, and for products that are looked through.
QUERIES = 4096
POOL = 32768
_POOL_PRODUCTS = 8192
_PAIRS = 65536


class Neighbours(NamedTuple):
    """The nearest of each query, best first.

    Attributes:
        scores: float32, shape (n, k): inner products; for unit vectors the cosine.
        rows: int64, shape (n, k): their rows in the pool.
    """

    scores: Vectors
    rows: NDArray[np.int64]


def nearest(queries: Vectors, pool: Vectors, k: int) -> Neighbours:
    """The k vectors of the pool with the largest inner product with each query, by exact search (FAISS).

    FAISS goes through the pool in blocks, so that the scores of all pairs are never in memory at once.

    Args:
        queries: float32, shape (n, d).
        pool: float32, shape (m, d).
        k: how many; where the pool is smaller, all of it.

    Raises:
        InputError: the shapes do not fit, or a value is NaN or infinite.
        OptionError: k is less than 1.
    """
    if not isinstance(k, int) or k < 1:
        raise OptionError(f"k must be a whole number and at least 1, not {k!r}.")
    queries, pool = np.asarray(queries, dtype=np.float32), np.asarray(pool, dtype=np.float32)
    for name, vectors in (("queries", queries), ("pool", pool)):
        if vectors.ndim != 2:
            raise InputError(f"{name} must have the shape (n, d), not {vectors.shape}.")
        if not np.isfinite(vectors.sum(axis=1, dtype=np.float64)).all():
            raise InputError(f"{name} hold NaN or infinite values.")
    if queries.shape[1] != pool.shape[1]:
        raise InputError(
            f"The queries have {queries.shape[1]} dimensions and the pool has {pool.shape[1]}: are they from the same model?"
        )
    k = min(k, len(pool))
    if not len(queries) or not k:
        return Neighbours(np.empty((len(queries), k), np.float32), np.empty((len(queries), k), np.int64))
    import faiss

    scores, rows = faiss.knn(
        np.ascontiguousarray(queries, dtype=np.float32),
        np.ascontiguousarray(pool, dtype=np.float32),
        k,
        metric=faiss.METRIC_INNER_PRODUCT,
    )
    return Neighbours(scores, rows)


class Pairs(NamedTuple):
    """Pairs of a query and a vector of the pool, in no particular order.

    Attributes:
        queries: int64, shape (n,): rows of the queries.
        rows: int64, shape (n,): rows of the pool.
        scores: float32, shape (n,): their inner products.
    """

    queries: NDArray[np.int64]
    rows: NDArray[np.int64]
    scores: Vectors


def nearest_blocks(queries: Stored, pool: Stored, k: int, *, advance: Advance | None = None) -> Neighbours:
    """What ``nearest`` gives, for vectors that lie in files: only some of either side are in memory at a time.

    Exact; on two cores a minute or two for 100,000 x 100,000 vectors of 384 dimensions. For more there is ``NearIndex``.

    Args:
        queries: float16 or float32, shape (n, d), perhaps mapped from a file (``np.memmap``).
        pool: shape (m, d), likewise.
        k: how many; where the pool is smaller, all of it.
        advance: called with how many more queries are done.

    Returns:
        The neighbours; of equal scores those with the lower rows. They take 12 k bytes a query, the blocks about 50 MB.

    Raises:
        InputError: the shapes do not fit, or a value is NaN or infinite.
        OptionError: k is less than 1.
    """
    _check_tables(queries, pool)
    found: list[Neighbours] = []
    for start in range(0, len(queries), QUERIES):
        asked = as_floats(queries[start : start + QUERIES])
        best = nearest(asked, as_floats(pool[:POOL]), k)
        for below in range(POOL, len(pool), POOL):
            more = nearest(asked, as_floats(pool[below : below + POOL]), k)
            best = _merged(best, Neighbours(more.scores, more.rows + below), k)
        found.append(best)
        if advance is not None:
            advance(len(asked))
    if not found:
        return nearest(as_floats(queries), as_floats(pool[:k]), k)
    return Neighbours(np.concatenate([one.scores for one in found]), np.concatenate([one.rows for one in found]))


def pairs_above(queries: Stored, pool: Stored, floor: float | tuple[Vectors, Vectors]) -> Pairs:
    """All pairs with an inner product of at least ``floor``, exactly; the memory beyond them is that of blocks (150 MB).

    Args:
        queries: float16 or float32, shape (n, d), perhaps mapped from a file.
        pool: shape (m, d), likewise.
        floor: the least inner product; or what each query, (n,), and each vector of the pool, (m,), contributes to it: a pair's
            floor is the sum of both.

    Raises:
        InputError: the shapes do not fit.
    """
    _check_tables(queries, pool)
    whole = (np.full(len(queries), floor), np.zeros(len(pool))) if not isinstance(floor, tuple) else floor
    of_queries, of_pool = (part.astype(np.float32) for part in whole)
    parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    for start in range(0, len(queries), QUERIES):
        own = of_queries[start : start + QUERIES]
        # Two more components take the floors off in the same product.
        asked = np.column_stack([as_floats(queries[start : start + QUERIES]), -own, np.ones_like(own)])
        for below in range(0, len(pool), _POOL_PRODUCTS):
            theirs = of_pool[below : below + _POOL_PRODUCTS]
            beside = np.column_stack([as_floats(pool[below : below + _POOL_PRODUCTS]), np.ones_like(theirs), -theirs])
            above = asked @ beside.T
            which, rows = np.nonzero(above >= 0)
            scores = above[which, rows] + own[which] + theirs[rows]
            parts.append(Pairs(which + start, rows + below, scores))
    return joined(parts)


def row_products(a: Stored, b: Stored, rows_a: NDArray[np.int64], rows_b: NDArray[np.int64]) -> Vectors:
    """The inner products of pairs of rows, float32, shape (n,); of each pair by itself, so nothing depends on the others."""
    products = np.empty(len(rows_a), dtype=np.float32)
    for start in range(0, len(rows_a), _PAIRS):
        some = slice(start, start + _PAIRS)
        np.einsum("ij,ij->i", as_floats(a[rows_a[some]]), as_floats(b[rows_b[some]]), out=products[some])
    return products


def as_floats(vectors: Stored) -> Vectors:
    """The same as float32 in memory, row by row."""
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _check_tables(queries: Stored, pool: Stored) -> None:
    for name, vectors in (("queries", queries), ("pool", pool)):
        if vectors.ndim != 2:
            raise InputError(f"{name} must have the shape (n, d), not {vectors.shape}.")
    if queries.shape[1] != pool.shape[1]:
        raise InputError(
            f"The queries have {queries.shape[1]} dimensions and the pool has {pool.shape[1]}: are they from the same model?"
        )


def _merged(a: Neighbours, b: Neighbours, k: int) -> Neighbours:
    return best_of(np.concatenate([a.scores, b.scores], axis=1), np.concatenate([a.rows, b.rows], axis=1), k)


def best_of(scores: Vectors, rows: NDArray[np.int64], k: int) -> Neighbours:
    """The k best of each row of scores, best first; of equal ones those with the lower rows."""
    order = np.lexsort((rows, -scores), axis=1)[:, :k]
    return Neighbours(np.take_along_axis(scores, order, axis=1), np.take_along_axis(rows, order, axis=1))


def joined(parts: list[Pairs]) -> Pairs:
    """Pairs that were found in parts."""
    return Pairs(*(np.concatenate([part[field] for part in parts]) for field in range(3)))
