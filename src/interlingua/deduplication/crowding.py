"""How crowded it is around each text: where many unrelated texts are alike, being alike says less."""

from __future__ import annotations

import numpy as np

from interlingua.neighbours import as_floats
from interlingua.types import Stored, Vectors

_SAMPLE = 4096
_NEAREST = 4
_BLOCK = 4096

_WEIGHT = 0.8
"""By how much of its neighbourhood's excess a cosine is corrected; 1 would be margin scoring by distance.

Measured with benchmarks/dedup.py: 0.5 and 0.8 are about as good.
"""

_FEW = 500
"""A sample of so many texts is believed by half."""

_LARGEST = 0.15

_SAME = 0.75
"""From this cosine on, two texts of the sample count as versions of one."""


def corrections(vectors: Stored) -> Vectors:
    """What is taken off the cosines of each text's pairs, half of it for each of the two: float32, shape (n,).

    It is the mean cosine with the second to fifth nearest of a sample of the texts, less what is usual in this collection. The
    nearest is left out, because it may be the same text in another version.

    Args:
        vectors: centred, of unit length, shape (n, d).
    """
    count = len(vectors)
    rows = np.unique(np.linspace(0, max(count - 1, 0), min(_SAMPLE, count)).astype(np.int64))
    if len(rows) <= _NEAREST + 2:
        return np.zeros(count, dtype=np.float32)
    sample = as_floats(vectors[rows])
    # Of versions of one text only one may be in the sample, or texts with many versions would look crowded.
    alike = np.tril(sample @ sample.T >= _SAME, -1).any(axis=1)
    rows, sample = rows[~alike], sample[~alike]
    if len(rows) <= _NEAREST + 2:
        return np.zeros(count, dtype=np.float32)
    crowd = np.empty(count, dtype=np.float32)
    for start in range(0, count, _BLOCK):
        products = as_floats(vectors[start : start + _BLOCK]) @ sample.T
        own = np.searchsorted(rows, np.arange(start, start + len(products)))
        own = np.minimum(own, len(rows) - 1)
        itself = rows[own] == np.arange(start, start + len(products))
        products[np.flatnonzero(itself), own[itself]] = -1
        best = np.partition(products, -_NEAREST - 1, axis=1)[:, -_NEAREST - 1 :]
        crowd[start : start + len(products)] = (best.sum(axis=1) - best.max(axis=1)) / _NEAREST
    belief = len(rows) / (len(rows) + _FEW)
    result: Vectors = np.clip(crowd - np.median(crowd), -_LARGEST, _LARGEST) * np.float32(_WEIGHT * belief)
    return result
