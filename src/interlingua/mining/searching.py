"""Each sentence's nearest on the other side, both ways: exactly, or among millions nearly."""

from __future__ import annotations

from interlingua.mining.candidates import NEIGHBOURS, BothWays
from interlingua.neighbours import Cells, Neighbours, nearest_blocks
from interlingua.progress import Advance
from interlingua.types import Stored

MOST_PRODUCTS = 20_000_000_000
"""Up to so many pairs of sentences (140,000 x 140,000) all are looked at; beyond, those in near cells."""

_BLOCK = 50_000


def is_exact(source: Stored, target: Stored) -> bool:
    """Whether all pairs are looked at."""
    return len(source) * len(target) <= MOST_PRODUCTS


def nearest_both_ways(source: Stored, target: Stored, *, advance: Advance) -> BothWays:
    """The nearest of both sides on the other, (n, k) and (m, k).

    Args:
        source: (n, d) unit vectors, perhaps mapped from a file.
        target: (m, d).
        advance: called with how many more sentences are done.
    """
    return BothWays(_nearest(source, target, advance), _nearest(target, source, advance))


def _nearest(queries: Stored, pool: Stored, advance: Advance) -> Neighbours:
    if is_exact(queries, pool):
        return nearest_blocks(queries, pool, NEIGHBOURS, advance=advance)
    return Cells(pool).nearest(queries, NEIGHBOURS, advance=advance)
