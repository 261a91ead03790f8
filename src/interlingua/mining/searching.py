"""Each sentence's nearest on the other side, both ways: exactly, or among millions nearly."""

from __future__ import annotations

import numpy as np

from interlingua.mining.candidates import NEIGHBOURS, BothWays
from interlingua.neighbours import Cells, Neighbours, nearest_blocks
from interlingua.neighbours.cells import BLOCK
from interlingua.progress import Advance
from interlingua.types import Stored

MOST_PRODUCTS = 20_000_000_000
"""Up to so many pairs of sentences (140,000 x 140,000) all are looked at; beyond, those in near cells."""

_MERGED = 65_536
_LEAST_BLOCK = 512


def is_exact(sources: int, targets: int) -> bool:
    """Whether all pairs of so many sentences are looked at."""
    return sources * targets <= MOST_PRODUCTS


def nearest_both_ways(source: Stored, target: Stored, *, advance: Advance) -> BothWays:
    """The nearest of both sides on the other, (n, k) and (m, k).

    Args:
        source: (n, d) unit vectors, perhaps mapped from a file.
        target: (m, d).
        advance: called with how many more sentences are done.
    """
    found = BothWays(_nearest(source, target, advance), _nearest(target, source, advance))
    return found if is_exact(len(source), len(target)) else shared(found)


def _nearest(queries: Stored, pool: Stored, advance: Advance) -> Neighbours:
    cells = None if is_exact(len(queries), len(pool)) else Cells(pool)
    return nearest_of(queries, pool, cells, advance=advance)


def nearest_of(
    queries: Stored, pool: Stored, cells: Cells | None, *, memory: int | None = None, advance: Advance
) -> Neighbours:
    """The nearest of some sentences.

    Args:
        queries: (n, d) unit vectors, perhaps mapped from a file.
        pool: (m, d).
        cells: the pool's; None goes through all of it.
        memory: about how many bytes a block may take where there are cells, not less than 30 MB; None takes the usual blocks.
        advance: called with how many more sentences are done.
    """
    if cells is None:
        return nearest_blocks(queries, pool, NEIGHBOURS, advance=advance)
    block = BLOCK if memory is None else min(BLOCK, max(_LEAST_BLOCK, memory // cells.block_bytes(NEIGHBOURS)))
    return cells.nearest(queries, NEIGHBOURS, block=block, advance=advance)


def shared(found: BothWays) -> BothWays:
    """What either side found, put among the nearest of the other: cells rarely hide a pair from both."""
    return BothWays(_with_finders(found.forward, found.backward), _with_finders(found.backward, found.forward))


def _with_finders(ours: Neighbours, theirs: Neighbours) -> Neighbours:
    """The best of what each of ours found and of those that found it; 8 k bytes a row while it runs, and blocks."""
    count, k = ours.rows.shape
    # Where ours stand in what was found, those of each together.
    order = np.argsort(theirs.rows, axis=None, kind="stable")
    bounds = np.searchsorted(theirs.rows.ravel(), np.arange(0, count + _MERGED, _MERGED), sorter=order)
    scores, rows = np.full((count, k), -np.inf, dtype=np.float32), np.full((count, k), -1, dtype=np.int64)
    for start, first, last in zip(range(0, count, _MERGED), bounds[:-1], bounds[1:], strict=False):
        some = slice(start, start + _MERGED)
        places = order[first:last]
        askers = np.concatenate([np.repeat(np.arange(len(ours.rows[some])), k), theirs.rows.ravel()[places] - start])
        others = np.concatenate([ours.rows[some].ravel(), places // theirs.rows.shape[1]])
        cosines = np.concatenate([ours.scores[some].ravel(), theirs.scores.ravel()[places]])
        # Each pair once, then the best of each first.
        kept = np.unique(askers * (len(theirs.rows) + 1) + others + 1, return_index=True)[1]
        kept = kept[others[kept] >= 0]
        kept = kept[np.lexsort((others[kept], -cosines[kept], askers[kept]))]
        rank = np.arange(len(kept)) - np.searchsorted(askers[kept], askers[kept])
        kept, rank = kept[rank < k], rank[rank < k]
        scores[start + askers[kept], rank], rows[start + askers[kept], rank] = cosines[kept], others[kept]
    return Neighbours(scores, rows)
