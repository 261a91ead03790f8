"""The nearest vectors of a whole heap of queries among millions, nearly: matrix products cell by cell."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.neighbours.exact import POOL, Neighbours, as_floats, best_of
from interlingua.progress import Advance
from interlingua.types import Stored, Vectors

_MOST_CELLS = 4096
_TRAINED_ON = 40
_ITERATIONS = 10
# A query looks into one cell in so many, at least into so many.
_PROBED, _LEAST_PROBES = 16, 64

BLOCK = 16_384
"""How many queries are looked up together."""


class Division(NamedTuple):
    """How a pool is divided into cells.

    Attributes:
        centres: (c, d) float32, of unit length.
        cells: (m,) int32, the cell of each vector.
    """

    centres: Vectors
    cells: NDArray[np.int32]


class Cells:
    """A pool of vectors divided into cells, for very many queries at once.

    Each query looks into the cells whose centres are nearest to it. The queries that look into a cell are multiplied with its
    vectors all together, which runs at the speed of matrix products: ten times that of an inverted file that goes through its
    lists for one query after the other. What is found is scored exactly; what lies in other cells is missed.

    The pool stays where it is (a file that is mapped); 12 bytes a vector and the centres are in memory. Equal pools give equal
    cells.

    Args:
        pool: float16 or float32 of unit length, shape (m, d).
        probes: into how many cells a query looks; None takes one in 16, at least 64.
        seed: of the clustering (k-means on directions).

        division: how a pool of the same vectors was divided before, as ``division`` told; None divides it now.

    Raises:
        InputError: the pool is empty.

    Attributes:
        count: how many cells there are.
        probes: into how many of them a query looks.
    """

    def __init__(
        self, pool: Stored, *, probes: int | None = None, seed: int = 1, division: Division | None = None
    ) -> None:
        import faiss

        if not len(pool):
            raise InputError("A pool without vectors has no cells.")
        self._pool = pool
        self._centres = faiss.IndexFlatIP(pool.shape[1])
        self._centres.add(_centres_of(pool, seed) if division is None else as_floats(division.centres))
        self.count = int(self._centres.ntotal)
        self.probes = min(probes or max(_LEAST_PROBES, self.count // _PROBED), self.count)
        cells = self._cells_of_pool() if division is None else division.cells
        self._rows = np.argsort(cells, kind="stable")
        self._starts = np.searchsorted(cells[self._rows], np.arange(self.count + 1))

    @property
    def division(self) -> Division:
        """How the pool is divided, to be kept in a file: making it again takes minutes."""
        cells = np.empty(len(self._rows), dtype=np.int32)
        cells[self._rows] = np.repeat(np.arange(self.count, dtype=np.int32), np.diff(self._starts))
        return Division(self._centres.reconstruct_n(0, self.count), cells)

    def nearest(self, queries: Stored, k: int, *, block: int = BLOCK, advance: Advance | None = None) -> Neighbours:
        """Nearly the k nearest of each query, best first; rows of -1 and scores of -inf fill up where fewer were found.

        Args:
            queries: float16 or float32 of unit length, shape (n, d), perhaps mapped.
            k: how many, at least 1.
            block: how many queries are in memory at a time; of many, more go to each cell together, which is faster.
            advance: called with how many more queries are done.

        Returns:
            12 k bytes a query; while it runs, ``block_bytes`` for a block, too.
        """
        if k < 1:
            raise OptionError(f"k must be a whole number and at least 1, not {k!r}.")
        found = [Neighbours(np.empty((0, k), np.float32), np.empty((0, k), np.int64))]
        for start in range(0, len(queries), block):
            asked = as_floats(queries[start : start + block])
            found.append(self._of_block(asked, k))
            if advance is not None:
                advance(len(asked))
        return Neighbours(np.concatenate([one.scores for one in found]), np.concatenate([one.rows for one in found]))

    def block_bytes(self, k: int) -> int:
        """How many bytes a query takes while its block is looked up."""
        # A place for each of the best of each cell, its score negated and its place in their order; which cells; the vector.
        return self.probes * (k * (4 + 4 + 4 + 8) + 3 * 8) + 2 * 4 * int(self._pool.shape[1])

    def _cells_of_pool(self) -> NDArray[np.int32]:
        found = [
            self._looked_into(as_floats(self._pool[start : start + POOL]), 1)[:, 0].astype(np.int32)
            for start in range(0, len(self._pool), POOL)
        ]
        return np.concatenate(found)

    def _looked_into(self, vectors: Vectors, probes: int) -> NDArray[np.int64]:
        cells: NDArray[np.int64] = self._centres.search(vectors, probes)[1]
        return cells

    def _of_block(self, asked: Vectors, k: int) -> Neighbours:
        import faiss

        cells = self._looked_into(asked, self.probes)
        scores = np.full((len(asked), self.probes, k), -np.inf, dtype=np.float32)
        rows = np.full((len(asked), self.probes, k), -1, dtype=np.int32)
        # Sorted by cell: which query, and which of its cells that is.
        order = np.argsort(cells.ravel(), kind="stable")
        bounds = np.searchsorted(cells.ravel()[order], np.arange(self.count + 1))

        def look_into(cell: int) -> None:
            there = self._rows[self._starts[cell] : self._starts[cell + 1]]
            places = order[bounds[cell] : bounds[cell + 1]]
            if len(there) and len(places):
                who, which = places // self.probes, places % self.probes
                few = min(k, len(there))
                best, nearest = faiss.knn(
                    asked[who], as_floats(self._pool[there]), few, metric=faiss.METRIC_INNER_PRODUCT
                )
                scores[who, which, :few], rows[who, which, :few] = best, there[nearest]

        # A cell is too small a product to be divided: threads that meet after each would mostly wait for each other.
        with ThreadPoolExecutor(
            faiss.omp_get_max_threads(), initializer=faiss.omp_set_num_threads, initargs=(1,)
        ) as threads:
            for _ in threads.map(look_into, range(self.count)):
                pass
        return _best_of_many(scores.reshape(len(asked), -1), rows.reshape(len(asked), -1), k)


def _centres_of(pool: Stored, seed: int) -> Vectors:
    """The centres of cells, by k-means on the directions of a sample that is taken evenly."""
    import faiss

    count = max(1, min(_MOST_CELLS, int(4 * np.sqrt(len(pool))), len(pool) // _TRAINED_ON))
    sample = np.unique(np.linspace(0, len(pool) - 1, min(len(pool), _TRAINED_ON * count)).astype(np.int64))
    clustering = faiss.Kmeans(
        pool.shape[1], count, niter=_ITERATIONS, spherical=True, seed=seed, min_points_per_centroid=1
    )
    clustering.train(as_floats(pool[sample]))
    assert clustering.centroids is not None
    return as_floats(clustering.centroids)


def _best_of_many(scores: Vectors, rows: NDArray[np.int32], k: int) -> Neighbours:
    few = min(2 * k, scores.shape[1])
    # Only among these is the order of equal scores looked at.
    some = np.argpartition(-scores, few - 1, axis=1)[:, :few]
    picked = np.take_along_axis(rows, some, axis=1).astype(np.int64)
    return best_of(np.take_along_axis(scores, some, axis=1), picked, k)
