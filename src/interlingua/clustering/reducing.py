"""From vectors to a few coordinates in which clusters stand out, in three passes over a table that may lie in a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError
from interlingua.types import Stored, Vectors

Floats = NDArray[np.float64]

DIMENSIONS = 32
"""Principal components that are kept: fewer lose topics, and from some 50 on whitening blows noise up."""

_LEAST = 8
_ROWS_A_COMPONENT = 25
_WHITENED_FROM = 4000
_BLOCK = 16_384
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """Rows by their principal components, those with the largest variance first.

    Attributes:
        coordinates: float32, (n, r).
        spread: float64, (r,): the standard deviation of each component.
    """

    coordinates: Vectors
    spread: Floats

    def plain(self) -> Vectors:
        """The coordinates at unit length: cosines are those of the vectors, without what all have in common."""
        return unit(self.coordinates)

    def whitened(self) -> Vectors:
        """The coordinates divided by their spread, at unit length: each component counts alike.

        Of fewer than 4,000 rows the small components are mostly noise, so less of the spread is taken out, by a power of it.
        """
        strength = min(1.0, float(np.sqrt(len(self.coordinates) / _WHITENED_FROM)))
        return unit(np.asarray(self.coordinates / self.spread**strength, dtype=np.float32))


def reduced(vectors: Stored) -> Reduced:
    """The principal components of vectors (Pearson, Philosophical Magazine 2, 1901), at most 32 and fewer for few rows.

    Args:
        vectors: (n, d), perhaps mapped from a file, of unit length; n at least 2. About 50 MB of it are in memory at a time.

    Raises:
        InputError: a value is NaN or infinite, or all rows are the same.
    """
    count, dimension = vectors.shape
    mean = sum(block.sum(axis=0, dtype=np.float64) for block in _blocks(vectors)) / count
    if not np.isfinite(mean).all():
        raise InputError("The vectors hold NaN or infinite values.")
    middle, products = mean.astype(np.float32), np.zeros((dimension, dimension))
    for block in _blocks(vectors):
        centred = block - middle
        products += centred.T @ centred
    variances, axes = np.linalg.eigh(products / count)
    wanted = min(DIMENSIONS, max(_LEAST, count // _ROWS_A_COMPONENT), dimension, count - 1)
    kept = np.argsort(-variances, kind="stable")[:wanted]
    kept = kept[variances[kept] > _NOTHING * max(1e-3, variances.max())]
    if not len(kept):
        raise InputError(f"All {count:,} vectors are the same: there is nothing to tell clusters apart by.")
    axes = axes[:, kept]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(len(kept))])  # either direction would be right
    coordinates = np.concatenate([(block - middle) @ axes.astype(np.float32) for block in _blocks(vectors)])
    return Reduced(np.asarray(coordinates, dtype=np.float32), np.sqrt(variances[kept]))


def unit(vectors: Vectors) -> Vectors:
    """At unit length; what is zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result


def canonical_order(coordinates: Vectors) -> NDArray[np.int64]:
    """An order of rows that does not depend on the order in which they come."""
    weights = np.random.default_rng(0).standard_normal(coordinates.shape[1])
    # Not a matrix product, whose rounding may depend on where a row stands.
    return np.argsort((coordinates * weights).sum(axis=1), kind="stable")


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """At most so many of the places 0 to count - 1, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _blocks(vectors: Stored) -> Iterator[Vectors]:
    for start in range(0, len(vectors), _BLOCK):
        yield np.asarray(vectors[start : start + _BLOCK], dtype=np.float32)
