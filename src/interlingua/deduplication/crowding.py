"""How crowded it is around each text: where many unrelated texts are alike, being alike says less."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.neighbours import nearest_blocks
from interlingua.progress import Advance
from interlingua.types import Stored, Vectors

_SAMPLE = 131_072
_BLOCK = 4096

_FROM, _TO = 15, 30
"""The ranks of the neighbours that tell: beyond the versions that a text may have in other languages, and still near.

Measured with benchmarks/dedup.py on 160,000 texts: ranks 4 to 12 and 8 to 24 are as good within a hundredth of the recall.
"""

_WEIGHT = 0.8
"""By how much of its neighbourhood's excess a cosine is corrected; 1 would be margin scoring by distance (Artetxe and Schwenk,
2019).

Measured likewise: 0.7 to 0.9 are about as good.
"""

_LARGEST = 0.2
"""What an excess counts at most: among hundreds of copies of one text the neighbours are copies, too."""

_SAME = 0.8
"""From this cosine on a neighbour counts as a version of the text itself, and is passed over."""

_FEW = 500
"""Neighbours among so many texts are believed by half."""


def corrections(vectors: Stored, keys: Sequence[Hashable], advance: Advance) -> Vectors:
    """What is taken off the cosines of each text's pairs, half of it for each of the two: float32, shape (n,).

    It is the mean cosine with the 16th to 30th nearest of the texts, less what is usual in this collection; evident versions of the
    text itself are not counted. Where there are very many texts, their neighbours are looked for in a sample of them, and of the
    ranks as much is taken as the sample is of all.

    Args:
        vectors: centred, of unit length, shape (n, d).
        keys: of each text; of those with equal keys, which are copies, only the first counts as a neighbour.
        advance: called with how many more texts are done.
    """
    count = len(vectors)
    rows = _sample(keys)
    share = len(rows) / max(1, len(set(keys)))
    start, stop = max(1, round(_FROM * share)), max(2, round(_TO * share))
    if len(rows) <= stop + 1:
        advance(count)
        return np.zeros(count, dtype=np.float32)
    pool = vectors[rows]
    around = np.empty(count, dtype=np.float32)
    for first in range(0, count, _BLOCK):
        block = vectors[first : first + _BLOCK]
        found = nearest_blocks(block, pool, 2 * stop + 1)
        own = np.arange(first, first + len(block))[:, None]
        # A text is not its own neighbour; what stands after it moves up.
        scores = -np.sort(-np.where(rows[found.rows] == own, -1, found.scores), axis=1)[:, :-1]
        ranks = (scores >= _SAME).sum(axis=1)[:, None] + np.arange(start, stop)
        ranks = np.minimum(ranks, scores.shape[1] - 1)
        around[first : first + len(block)] = np.take_along_axis(scores, ranks, 1).mean(axis=1)
        advance(len(block))
    belief = len(rows) / (len(rows) + _FEW)
    result: Vectors = np.clip(around - np.median(around), -_LARGEST, _LARGEST) * np.float32(_WEIGHT * belief)
    return result


def _sample(keys: Sequence[Hashable]) -> NDArray[np.int64]:
    """Places of different keys, all or evenly taken."""
    firsts = np.array(list({key: place for place, key in reversed(list(enumerate(keys)))}.values()), dtype=np.int64)
    firsts.sort()
    some = np.linspace(0, max(len(firsts) - 1, 0), min(_SAMPLE, len(firsts)))
    chosen: NDArray[np.int64] = firsts[some.astype(np.int64)]
    return chosen
