"""The nearest right texts of left ones, the best of each class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.matching.competition import evidence_of
from interlingua.neighbours import nearest_blocks
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


_DIGITS = 6


class Pool:
    """Texts to pick from.

    Attributes:
        side: the texts.
        classes: (n,), the class of each text: of one class only the best text is a candidate.
        sizes: (number of classes,), how many texts each has.
        firsts: (number of classes,), the first row of each.
    """

    def __init__(self, side: Side, classes: Ints) -> None:
        self.side = side
        self.classes = classes
        _, self.firsts, self.sizes = np.unique(classes, return_index=True, return_counts=True)

    def __len__(self) -> int:
        return len(self.sizes)


class Found(NamedTuple):
    """Candidates, best first.

    Attributes:
        rows: (n, k), rows of the pool; -1 where there are no more.
        centred: (n, k), centred cosines.
        evidence: (n, k), log-odds that the pair means the same, at a prior of 0.5; -inf where there is no candidate.
    """

    rows: Ints
    centred: Floats
    evidence: Floats


def find(asked: Side, rows: Ints, pool: Pool, k: int, calibration: Calibration) -> Found:
    """The k best classes of the pool for some rows of a side, by exact search, each with its best text.

    Args:
        asked: who asks.
        rows: (n,), the rows of it that do.
        pool: what is searched.
        k: how many; fewer where the pool has fewer.
        calibration: what makes evidence of cosines.
    """
    k = min(k, len(pool))
    scores, found = _by_class(np.asarray(asked.centred[rows]), pool, k)
    there = found >= 0
    counts, best = there.sum(axis=1), np.maximum(found[:, :1].ravel(), 0)
    # All candidates of a text are judged by the language and length of the nearest. With each one's own, guesses about short texts
    # decided between candidates, and fewer right ones came first (xSID: 86.1 % instead of 87.4 %).
    of_best = [pool.side.langs[row] for row in best.tolist()]
    evidence = np.full(found.shape, -np.inf)
    evidence[there] = evidence_of(
        calibration.probabilities(
            scores[there],
            [
                lang
                for row, count in zip(rows.tolist(), counts.tolist(), strict=True)
                for lang in [asked.langs[row]] * count
            ],
            [lang for lang, count in zip(of_best, counts.tolist(), strict=True) for lang in [lang] * count],
            np.repeat(np.minimum(asked.sizes[rows], pool.side.sizes[best]), counts),
        )
    )
    return Found(found, scores, evidence)


def _by_class(vectors: NDArray[np.float32], pool: Pool, k: int) -> tuple[Floats, Ints]:
    largest = int(pool.sizes.max(initial=1))
    # That many texts surely have k classes among them.
    enough = min((k - 1) * largest + 1, len(pool.classes))
    reach = k if largest == 1 else min(2 * k, enough)
    scores = np.full((len(vectors), k), -np.inf)
    rows = np.full((len(vectors), k), -1, dtype=np.int64)
    open_rows = np.arange(len(vectors))
    while len(open_rows) and k:
        found = nearest_blocks(vectors[open_rows], pool.side.centred, reach)
        for wanted, values, picked in zip(open_rows, *_firsts(found.scores, found.rows, pool.classes, k), strict=True):
            scores[wanted], rows[wanted] = values, picked
        if reach >= enough:
            break
        open_rows = open_rows[(rows[open_rows] < 0).any(axis=1)]
        reach = min(4 * reach, enough)
    return scores, rows


def _firsts(scores: NDArray[np.float32], rows: Ints, classes: Ints, k: int) -> tuple[Floats, Ints]:
    """The first k columns of each row whose class has not come before; -inf and -1 where there are fewer."""
    # What differs by rounding only is equal: copies come in the order of their rows.
    ranked = np.lexsort((rows, -scores.round(_DIGITS)), axis=1)
    scores, rows = np.take_along_axis(scores, ranked, axis=1), np.take_along_axis(rows, ranked, axis=1)
    kept = np.zeros(rows.shape, dtype=bool)
    table = classes[rows]
    order = np.argsort(table, axis=1, kind="stable")
    ordered = np.take_along_axis(table, order, axis=1)
    new = np.ones(rows.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    np.put_along_axis(kept, order, new, axis=1)
    place = np.cumsum(kept, axis=1) - 1
    kept &= place < k
    values = np.full((len(rows), k), -np.inf)
    picked = np.full((len(rows), k), -1, dtype=np.int64)
    at = np.nonzero(kept)
    values[at[0], place[at]] = scores[at]
    picked[at[0], place[at]] = rows[at]
    return values, picked
