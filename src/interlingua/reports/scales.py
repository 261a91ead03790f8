"""Units and scales: what a score is called, where its scale ends, where an axis has its ticks."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import InputError, OptionError

Unit = Literal["probability", "centred_cosine", "cosine"]
"""What scores are: P(same meaning), 0 to 1; or cosines, -1 to 1."""

Floats = NDArray[np.float64]


def named(unit: Unit) -> str:
    """The unit as it stands on a scale."""
    return "probability of the same meaning" if unit == "probability" else unit.replace("_", " ")


def checked_scores(values: ArrayLike, unit: Unit, dimensions: int) -> Floats:
    """Scores as an array, each within its unit's limits.

    Raises:
        OptionError: another unit.
        InputError: another shape, nothing at all, or a value that is no score of this unit.
    """
    if unit not in get_args(Unit):
        raise OptionError(f"The unit of scores is one of {', '.join(get_args(Unit))}; not {unit!r}.")
    try:
        scores = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("The scores must be numbers.") from None
    if scores.ndim != dimensions:
        wanted = "a matrix of shape (rows, columns)" if dimensions == 2 else "a list of numbers"
        raise InputError(f"The scores must be {wanted}, not of shape {scores.shape}.")
    if not scores.size:
        raise InputError("There are no scores to draw.")
    least = 0 if unit == "probability" else -1
    wrong = ~((scores >= least - 1e-5) & (scores <= 1 + 1e-5))  # NaN as well
    if wrong.any():
        place = [int(at) for at in np.argwhere(wrong)[0]]
        where = f"row {place[0] + 1:,}" + (f", column {place[1] + 1:,}" if dimensions == 2 else "")
        raise InputError(
            f"{where.capitalize()} is {scores[tuple(place)]:g}, which is no {unit.replace('_', ' ')} ({least} to 1).",
            [place[0]],
        )
    return np.clip(scores, least, 1.0)


def checked_threshold(threshold: float | None) -> float | None:
    """A threshold that can be drawn.

    Raises:
        OptionError: it is not finite.
    """
    if threshold is not None and not math.isfinite(threshold):
        raise OptionError(f"A threshold must be a finite number, not {threshold}.")
    return None if threshold is None else float(threshold)


def ends(scores: Floats, unit: Unit, threshold: float | None = None) -> tuple[float, float]:
    """Where the scale begins and ends: 0 and 1 for probabilities, else the nearest tenths around scores and threshold."""
    if unit == "probability":
        return 0.0, 1.0
    around = [float(scores.min()), float(scores.max()), *(() if threshold is None else (threshold,))]
    low, high = math.floor(min(around) * 10 + 1e-9) / 10, math.ceil(max(around) * 10 - 1e-9) / 10
    return (low, high) if high > low else (low, round(low + 0.1, 1))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about so many (Heckbert, "Nice numbers for graph labels", 1990)."""
    rough = (high - low) / about
    size = 10.0 ** math.floor(math.log10(rough))
    step = size * min((1, 2, 2.5, 5, 10), key=lambda one: abs(one - rough / size))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * at, 10) for at in range(first, last + 1)]


def figure(value: float) -> str:
    """A score or tick in few digits: ``0.25``, ``1``, ``1,000``."""
    return f"{round(value, 3):,g}" if abs(value) < 1000 else f"{value:,.0f}"


def counted(pairs: int) -> str:
    """So many pairs, in words: ``1 pair``, ``1,000 pairs``."""
    return "1 pair" if pairs == 1 else f"{pairs:,} pairs"
