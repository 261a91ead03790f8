"""The nearest vectors of a pool, exactly, in blocks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.types import Vectors


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
