"""Candidates for pairs: each sentence's nearest on the other side, both ways, and how crowded it is around each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.neighbours import Neighbours

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEIGHBOURS = 8
"""How many nearest of each sentence are found. The margin and the evidence use fewer of them."""


class BothWays(NamedTuple):
    """The nearest of both sides, best first; a row of -1 fills up where there are fewer.

    Attributes:
        forward: of each source sentence among the targets, (n, k).
        backward: of each target sentence among the sources, (m, k).
    """

    forward: Neighbours
    backward: Neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs that one side or both found, each once, ordered by source and target.

    Attributes:
        sources: (c,), rows of the sources.
        targets: (c,), rows of the targets.
        cosines: (c,), the cosines of the vectors that were searched with.
        forward: (c,), whether the target is among the source's nearest.
        backward: (c,), whether the source is among the target's nearest.
    """

    sources: Ints
    targets: Ints
    cosines: Floats
    forward: Flags
    backward: Flags

    def __len__(self) -> int:
        return len(self.sources)

    def where(self, kept: Flags | Ints) -> Candidates:
        """Some of them."""
        return Candidates(
            self.sources[kept], self.targets[kept], self.cosines[kept], self.forward[kept], self.backward[kept]
        )


def candidates(found: BothWays, k: int) -> Candidates:
    """The pairs of each sentence with its k nearest, either way.

    Args:
        found: the nearest both ways.
        k: how many of each, at most as many as were found.
    """
    m = max(1, len(found.backward.rows))
    one = _pairs(found.forward, k)
    other = _pairs(found.backward, k)
    keys = np.concatenate([one[0] * m + one[1], other[1] * m + other[0]])
    cosines = np.concatenate([one[2], other[2]])
    unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    forward, backward = np.zeros((2, len(unique)), dtype=np.bool_)
    forward[inverse[: len(one[0])]] = True
    backward[inverse[len(one[0]) :]] = True
    return Candidates(unique // m, unique % m, cosines[first].astype(np.float64), forward, backward)


def _pairs(found: Neighbours, k: int) -> tuple[Ints, Ints, NDArray[np.float32]]:
    rows = found.rows[:, :k]
    askers, places = np.nonzero(rows >= 0)
    return askers, rows[askers, places], found.scores[:, :k][askers, places]


def mean_of_nearest(found: Neighbours, k: int) -> Floats:
    """The mean cosine of each sentence's k nearest, (n,); of fewer where there are no more, 0 where there is none."""
    return _mean(found.scores[:, :k], found.rows[:, :k] >= 0)


def mean_of_others(found: Neighbours, askers: Ints, taken: Ints, k: int) -> Floats:
    """For each pair the mean cosine of the asker's k nearest other than the partner, (c,); 0 where there is no other.

    Left in, a translation would raise what it is measured against.
    """
    rows, scores = found.rows[askers], found.scores[askers]
    other = (rows >= 0) & (rows != taken[:, None])
    # The first k of what is left.
    other &= np.cumsum(other, axis=1) <= k
    return _mean(scores, other)


def _mean(scores: NDArray[np.float32], used: Flags) -> Floats:
    total = np.where(used, scores, 0.0).sum(axis=1, dtype=np.float64)
    result: Floats = total / np.maximum(used.sum(axis=1), 1)
    return result
