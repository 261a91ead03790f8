"""What the measures take: checked, and as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import InputError

Floats = NDArray[np.float64]


def floats(values: ArrayLike, name: str) -> Floats:
    """A list of finite numbers, shape (n,)."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"The {name} must be numbers.") from None
    if array.ndim != 1:
        raise InputError(f"The {name} must be a list of numbers, not of shape {array.shape}.")
    bad = np.flatnonzero(~np.isfinite(array))
    if len(bad):
        raise InputError(
            f"The {name} hold {array[bad[0]]} in row {bad[0] + 1:,}; only finite numbers can be measured.", bad.tolist()
        )
    return array


def probabilities(values: ArrayLike) -> Floats:
    """A list of numbers from 0 to 1, (n,)."""
    array = floats(values, "probabilities")
    bad = np.flatnonzero((array < 0) | (array > 1))
    if len(bad):
        raise InputError(
            f"Probabilities lie between 0 and 1, but row {bad[0] + 1:,} has {array[bad[0]]:g}.", bad.tolist()
        )
    return array


def truths(values: ArrayLike, name: str) -> NDArray[np.bool_]:
    """A list of booleans, (n,)."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise InputError(f"The {name} must be a list of booleans, not of shape {array.shape}.")
    if array.dtype != bool and not (np.issubdtype(array.dtype, np.number) and np.isin(array, (0, 1)).all()):
        raise InputError(f"The {name} must be booleans, or 0 and 1.")
    return array.astype(bool)


def weights(values: ArrayLike | None, rows: int) -> Floats:
    """A non-negative weight for each row, (n,); all 1 where none are given."""
    weight = np.ones(rows) if values is None else floats(values, "weights")
    if len(weight) != rows:
        raise InputError(f"There are {rows:,} rows but {len(weight):,} weights; give one weight a row.")
    if (weight < 0).any() or not weight.sum():
        raise InputError("Weights must not be negative, and must not all be 0.")
    return weight


def check_lengths(**columns: NDArray[Any]) -> None:
    """All of one length, and not empty."""
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(
            "All must have as many rows: " + ", ".join(f"{name} {n:,}" for name, n in lengths.items()) + "."
        )
    if not next(iter(lengths.values())):
        raise InputError("There are no rows to measure.")


def ratio(a: float, b: float) -> float:
    """NaN where the denominator is 0."""
    return a / b if b else float("nan")
