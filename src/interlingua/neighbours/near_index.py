"""The nearest vectors among millions, nearly: an index that grows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.neighbours.exact import POOL, QUERIES, Neighbours, Pairs, as_floats, best_of, joined, row_products
from interlingua.types import Stored, Vectors

Wanted = Callable[[Pairs], NDArray[np.bool_]]
"""Says of each of some pairs whether it is wanted."""

# Beyond this many cells, finding the cells takes longer than looking through them.
_MOST_CELLS = 4096
_TRAINED_ON = 40
_ITERATIONS = 10
_PROBED = 64
_LEAST_PROBES = 32
_CODE_ERROR = 0.02
_MORE = 16


class NearIndex:
    """An approximate index for millions of vectors that grows: FAISS IVF with 8-bit codes; what it finds is scored exactly.

    It keeps d bytes a vector in memory. The vectors themselves stay where they are (a file that is mapped) and score what is
    found. The cells come from a sample of them, taken evenly, so equal tables give equal indexes.

    Args:
        vectors: float16 or float32 of unit length, shape (n, d), perhaps mapped: all that can ever be added.
        probes: in how many cells is looked; None takes what found 99 % of the pairs with a
            product of 0.6 or more, and 98 % of those from 0.5 on.
        seed: of the clustering.

    Attributes:
        cells: how many there are.
        probes: in how many of them is looked.
    """

    def __init__(self, vectors: Stored, *, probes: int | None = None, seed: int = 1) -> None:
        import faiss

        count, dimension = vectors.shape
        self._vectors = vectors
        self.cells = max(1, min(int(4 * np.sqrt(count)), _MOST_CELLS, count // 40))
        self.probes = min(self.cells, probes or max(_LEAST_PROBES, self.cells // _PROBED))
        self._quantizer = faiss.IndexFlatIP(dimension)
        self._index = faiss.IndexIVFScalarQuantizer(
            self._quantizer,
            dimension,
            self.cells,
            faiss.ScalarQuantizer.QT_8bit,
            faiss.METRIC_INNER_PRODUCT,
            False,  # codes of the vectors themselves: their range is the same in all cells
        )
        self._index.cp.seed, self._index.cp.niter, self._index.cp.spherical = seed, _ITERATIONS, True
        sample = np.linspace(0, count - 1, min(count, _TRAINED_ON * self.cells)).astype(np.int64)
        self._index.train(as_floats(vectors[np.unique(sample)]))
        self._index.nprobe = self.probes

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def add(self, rows: NDArray[np.int64]) -> None:
        """Let these rows of the vectors be found from now on."""
        for start in range(0, len(rows), POOL):
            some = np.ascontiguousarray(rows[start : start + POOL], dtype=np.int64)
            self._index.add_with_ids(as_floats(self._vectors[some]), some)

    def above(self, queries: Vectors, floor: float | Vectors, wanted: Wanted | None = None) -> Pairs:
        """Nearly all pairs of a query and an added vector with an inner product of at least ``floor``.

        Args:
            queries: float32, shape (n, d).
            floor: the least inner product, one for all or one for each query, (n,).
            wanted: which of some pairs are worth being scored exactly, by the most that their products can be.
        """
        parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
        floors = np.broadcast_to(np.float32(floor), len(queries))
        # FAISS knows one radius for all: those with floors alike are asked together.
        order = np.argsort(floors, kind="stable")
        for start in range(0, len(queries), QUERIES // 8):
            some = order[start : start + QUERIES // 8]
            asked = np.ascontiguousarray(queries[some], dtype=np.float32)
            limits, nearly, rows = self._index.range_search(asked, float(floors[some[0]]) - _CODE_ERROR)
            which = np.repeat(np.arange(len(asked), dtype=np.int64), np.diff(limits.astype(np.int64)))
            if wanted is not None:
                good = wanted(Pairs(some[which], rows, nearly + np.float32(_CODE_ERROR)))
                which, rows = which[good], rows[good]
            scores = row_products(asked, self._vectors, which, rows)
            good = scores >= floors[some[which]]
            parts.append(Pairs(some[which[good]], rows[good], scores[good]))
        return joined(parts)

    def nearest(self, queries: Vectors, k: int) -> Neighbours:
        """Nearly the k nearest of each query among what was added; rows of -1 and scores of -inf fill up where fewer were found.

        Args:
            queries: float32, shape (n, d).
            k: how many, at least 1.
        """
        if k < 1:
            raise OptionError(f"k must be a whole number and at least 1, not {k!r}.")
        found = [Neighbours(np.empty((0, k), np.float32), np.empty((0, k), np.int64))]
        for start in range(0, len(queries), QUERIES):
            asked = np.ascontiguousarray(queries[start : start + QUERIES], dtype=np.float32)
            _, rows = self._index.search(asked, k + _MORE)
            which, places = np.nonzero(rows >= 0)
            scores = np.full(rows.shape, -np.inf, dtype=np.float32)
            scores[which, places] = row_products(asked, self._vectors, which, rows[which, places])
            found.append(best_of(scores, rows, k))
        return Neighbours(np.concatenate([one.scores for one in found]), np.concatenate([one.rows for one in found]))
