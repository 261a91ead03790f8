"""The part of the table of all (source, target) positions that is searched: a band around the coarse path.

Node (i, j) stands for "i source and j target sentences are done". A band holds for each i the nodes with
``lows[i] <= j < highs[i]``, one after the other in flat arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

RADIUS = 8
"""How many sentences the search may stray from the coarse path, on either side."""

# Between two anchors everything is searched up to this many nodes; beyond, a stripe along the straight line.
_WHOLE = 1_000_000
_STRIPE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Which nodes are searched.

    Attributes:
        lows: the first column of each row of nodes, (n + 1,); never falling.
        highs: the one after the last, (n + 1,); never falling.
        starts: where each row begins in the flat arrays, (n + 2,); the last is the number of nodes.
    """

    lows: Ints
    highs: Ints
    starts: Ints

    @classmethod
    def between(cls, lows: Ints, highs: Ints) -> Band:
        """A band of the given rows."""
        return cls(lows, highs, np.concatenate([[0], np.cumsum(highs - lows)]))

    @property
    def size(self) -> int:
        """The number of nodes."""
        return int(self.starts[-1])

    @property
    def rows(self) -> Ints:
        """The row of each node."""
        return np.repeat(np.arange(len(self.lows)), self.highs - self.lows)

    @property
    def columns(self) -> Ints:
        """The column of each node."""
        return np.arange(self.size) - np.repeat(self.starts[:-1] - self.lows, self.highs - self.lows)

    def shifted(self, down: int, right: int) -> Ints:
        """Where the node so many rows down and columns to the right of each is in the flat arrays; -1 outside of the band."""
        count = len(self.lows)
        rows = np.arange(count) + down
        there = (rows >= 0) & (rows < count)
        rows = np.clip(rows, 0, count - 1)
        lows, highs = np.where(there, self.lows[rows], 0), np.where(there, self.highs[rows], 0)
        widths = self.highs - self.lows
        columns = self.columns + right
        inside = (columns >= np.repeat(lows, widths)) & (columns < np.repeat(highs, widths))
        return np.where(inside, columns + np.repeat(self.starts[rows] - self.lows[rows], widths), -1)

    def places(self, rows: Ints, columns: Ints) -> Ints:
        """Where nodes are in the flat arrays; -1 for those outside of the band."""
        inside = (rows >= 0) & (rows < len(self.lows))
        rows = np.where(inside, rows, 0)
        inside &= (columns >= self.lows[rows]) & (columns < self.highs[rows])
        return np.where(inside, self.starts[rows] + columns - self.lows[rows], -1)


def around(anchors: Ints, n: int, m: int, radius: int = RADIUS) -> Band:
    """The band around a path.

    Args:
        anchors: pairs of sentences, rising in both columns, (k, 2).
        n: the number of source sentences.
        m: of target sentences.
        radius: how far the search goes beyond the path in either direction.
    """
    corners = np.concatenate([[[0, 0]], anchors, anchors + 1, [[n, m]]]).astype(np.int64)
    corners = np.unique(corners, axis=0)  # in their order, since both columns rise
    lows, highs = np.full(n + 1, m, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
    for (i, j), (next_i, next_j) in zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True):
        rows = np.arange(i, next_i + 1)
        low, high = np.full(len(rows), j), np.full(len(rows), next_j)
        if len(rows) * (next_j - j) > _WHOLE:
            line = np.interp(rows, [i, next_i], [j, next_j]).astype(np.int64)
            step = (next_j - j) // max(1, next_i - i) + _STRIPE
            low, high = np.maximum(low, line - step), np.minimum(high, line + step)
        lows[i : next_i + 1] = np.minimum(lows[i : next_i + 1], low)
        highs[i : next_i + 1] = np.maximum(highs[i : next_i + 1], high)
    # As far above and below as to the sides, so that a wrong anchor costs nothing.
    lows = np.concatenate([np.repeat(lows[:1], radius), lows])[: n + 1] - radius
    highs = np.concatenate([highs, np.repeat(highs[-1:], radius)])[-(n + 1) :] + radius
    return Band.between(np.clip(lows, 0, m), np.clip(highs, 0, m) + 1)
