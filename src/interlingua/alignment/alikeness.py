"""How alike the texts of beads are, on a scale of their own documents.

0 is how alike a sentence and the neighbours of its translation are in these documents, 1 how alike a sentence and its translation.
So the same weights hold for near languages and far ones, and for any model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.band import Band, Ints
from interlingua.alignment.windows import Windows
from interlingua.types import Vectors

Floats = NDArray[np.float64]

# What a sentence and its translation, and a sentence and its translation's neighbours, usually have as a centred cosine; it
# counts as much as this many pairs of the documents' own.
_USUAL_TRUE, _USUAL_OTHER, _USUAL_COUNTS = 0.65, 0.2, 5.0
_LEAST_GAP = 0.1
_OTHERS = (-3, -2, -1, 1, 2, 3)
_BLOCK = 128


class Scale(NamedTuple):
    """What is usual in two documents.

    Attributes:
        other: the cosine of a sentence and a neighbour of its translation.
        gap: how much more it is with the translation itself.
        ratio: the logarithm of the translation's length over the sentence's.
    """

    other: float
    gap: float
    ratio: float


def usual(anchors: Ints, source: Windows, target: Windows) -> Scale:
    """The scale of two documents, from pairs that very likely belong together."""
    rows, columns = anchors[:, 0], anchors[:, 1]
    true = _products(source, target, rows, columns)
    others = [
        _products(source, target, rows[good], columns[good] + step)
        for step in _OTHERS
        for good in [(columns + step >= 0) & (columns + step < target.vectors.shape[1])]
    ]
    ratios = np.log(np.maximum(target.sizes[0][columns], 1.0) / np.maximum(source.sizes[0][rows], 1.0))
    middle, other = _drawn(_USUAL_TRUE, true), _drawn(_USUAL_OTHER, np.concatenate(others))
    return Scale(other, max(_LEAST_GAP, middle - other), _drawn(0.0, ratios))


def _products(source: Windows, target: Windows, rows: Ints, columns: Ints) -> Floats:
    found: Floats = np.einsum("nd,nd->n", source.vectors[0][rows], target.vectors[0][columns]).astype(np.float64)
    return found


def _drawn(prior: float, values: Floats) -> float:
    """The median, drawn towards what is usual elsewhere where there are few values."""
    if not len(values):
        return prior
    share = len(values) / (len(values) + _USUAL_COUNTS)
    return float(share * np.median(values) + (1 - share) * prior)


def cosines(
    band: Band, kinds: Sequence[tuple[int, int]], source: Windows, target: Windows
) -> dict[tuple[int, int], Vectors]:
    """The cosines of the texts of the beads of each kind that end at each node, (nodes,); NaN where there are none.

    Args:
        band: the nodes.
        kinds: the sizes of beads with both sides.
        source: the runs of source sentences.
        target: of target sentences.
    """
    found = {kind: np.full(band.size, np.nan, dtype=np.float32) for kind in kinds}
    longest, _, dimension = source.vectors.shape
    rows, columns = band.rows, band.columns
    for first in range(1, len(band.lows), _BLOCK):
        last = min(first + _BLOCK, len(band.lows))
        low, high = max(1, int(band.lows[first])), int(band.highs[last - 1])
        # Runs of all lengths in one product: many small ones would take longer than what they compute.
        ours = source.vectors[:, first - 1 : last - 1].reshape(-1, dimension)
        theirs = target.vectors[:, low - 1 : high - 1].reshape(-1, dimension)
        products = (ours @ theirs.T).reshape(longest, last - first, longest, -1)
        here = slice(int(band.starts[first]), int(band.starts[last]))
        for a, b in kinds:
            good = np.flatnonzero((rows[here] >= a) & (columns[here] >= b))
            at = good + here.start
            found[a, b][at] = products[a - 1, rows[at] - first, b - 1, columns[at] - low]
    return found
