"""The coarse path: pairs of sentences that stand out, in an order that never crosses.

Each sentence's nearest ones on the other side are candidates, wherever they stand. A pair counts by how far its cosine is above
what is usual for its two sentences (the margin of Artetxe and Schwenk, 2019, as a difference). The heaviest chain of
candidates that rises on both sides is found in O(n log n).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from interlingua.neighbours import Neighbours, nearest
from interlingua.types import Vectors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_NEAREST = 4
# A pair has to be this much above its surroundings, in cosine.
_LEAST_MARGIN = 0.02


def find_anchors(source: Vectors, target: Vectors) -> Ints:
    """Pairs of sentences that very likely belong together.

    Args:
        source: centred vectors of the source sentences, (n, d).
        target: of the target sentences, (m, d).

    Returns:
        Rows of both sides, shape (k, 2), rising in both columns.
    """
    if not len(source) or not len(target):
        return np.empty((0, 2), dtype=np.int64)
    forward, backward = nearest(source, target, _NEAREST), nearest(target, source, _NEAREST)
    rows, columns, cosines = _candidates(forward, backward, len(target))
    usual = (forward.scores.mean(axis=1)[rows] + backward.scores.mean(axis=1)[columns]) / 2
    if min(len(source), len(target)) <= _NEAREST:
        # Nothing is usual where there are only so few.
        usual = np.zeros_like(usual)
    margins = cosines.astype(np.float64) - usual
    good = margins > _LEAST_MARGIN
    return heaviest_chain(rows[good], columns[good], margins[good])


def _candidates(forward: Neighbours, backward: Neighbours, width: int) -> tuple[Ints, Ints, Vectors]:
    """The neighbours of both directions, each pair once, by row and then by falling column."""
    rows = np.concatenate([np.repeat(np.arange(len(forward.rows)), forward.rows.shape[1]), backward.rows.ravel()])
    columns = np.concatenate([forward.rows.ravel(), np.repeat(np.arange(len(backward.rows)), backward.rows.shape[1])])
    cosines = np.concatenate([forward.scores.ravel(), backward.scores.ravel()])
    # With falling columns, two candidates of one row can never follow each other in a chain.
    _, first = np.unique(rows * width + (width - 1 - columns), return_index=True)
    return rows[first], columns[first], cosines[first]


def heaviest_chain(rows: Ints, columns: Ints, weights: Floats) -> Ints:
    """Of weighted points the chain with the largest sum that rises strictly in both coordinates.

    Args:
        rows: of the points, rising; where equal, columns fall.
        columns: of the points.
        weights: of the points, above 0.

    Returns:
        The chain's points, shape (k, 2).
    """
    if not len(rows):
        return np.empty((0, 2), dtype=np.int64)
    # A Fenwick tree over columns: the best chain that ends at a column or before, as (weight, point).
    size = int(columns.max()) + 1
    best = [0.0] * (size + 1)
    last = [-1] * (size + 1)
    before = [-1] * len(rows)
    top, top_weight = -1, 0.0
    for point, (column, weight) in enumerate(zip(columns.tolist(), weights.tolist(), strict=True)):
        total, previous, at = 0.0, -1, column
        while at > 0:
            if best[at] > total:
                total, previous = best[at], last[at]
            at &= at - 1
        before[point] = previous
        total += weight
        at = column + 1
        while at <= size:
            if total > best[at]:
                best[at], last[at] = total, point
            at += at & -at
        if total > top_weight:
            top, top_weight = point, total
    chain = []
    while top >= 0:
        chain.append((int(rows[top]), int(columns[top])))
        top = before[top]
    return np.array(chain[::-1], dtype=np.int64).reshape(-1, 2)
