"""The nearest vectors of a pool: exactly, in blocks; and nearly, among millions."""

from interlingua.neighbours.cells import Cells, Division
from interlingua.neighbours.exact import (
    Neighbours,
    Pairs,
    as_floats,
    joined,
    nearest,
    nearest_blocks,
    pairs_above,
    row_products,
)
from interlingua.neighbours.near_index import NearIndex

__all__ = [
    "Cells",
    "Division",
    "NearIndex",
    "Neighbours",
    "Pairs",
    "as_floats",
    "joined",
    "nearest",
    "nearest_blocks",
    "pairs_above",
    "row_products",
]
