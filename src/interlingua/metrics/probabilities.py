"""Measures of probabilities: what was said, beside what was so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import OptionError
from interlingua.metrics.checks import Floats, check_lengths, truths
from interlingua.metrics.checks import probabilities as checked
from interlingua.metrics.checks import weights as checked_weights


@dataclass(frozen=True, slots=True)
class CalibrationBins:
    """Probabilities in bins, beside what was so: the data of a reliability diagram. Empty bins are left out; all shapes (b,).

    Attributes:
        low: the least probability in the bin (by mass), or the bin's lower edge (by width).
        high: the greatest, or the upper edge.
        predicted: the mean probability of the bin's rows.
        observed: the share of its rows that are true.
        counts: the number of its rows.
        shares: its part of the total weight; they sum to 1.
    """

    low: Floats
    high: Floats
    predicted: Floats
    observed: Floats
    counts: NDArray[np.int64]
    shares: Floats

    @property
    def error(self) -> float:
        """The expected calibration error: the mean of |observed - predicted| over the bins, by their shares."""
        return float(self.shares @ np.abs(self.observed - self.predicted))

    @property
    def greatest_error(self) -> float:
        """The greatest |observed - predicted| of any bin."""
        return float(np.abs(self.observed - self.predicted).max())


def calibration_bins(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int = 15,
    by: Literal["mass", "width"] = "mass",
    weights: ArrayLike | None = None,
) -> CalibrationBins:
    """Sort probabilities into bins and compare each bin's mean with what was so.

    Args:
        probabilities: 0 to 1, (n,).
        labels: (n,).
        bins: how many at most.
        by: ``mass``: bins of (nearly) equal weight (Nguyen and O'Connor, EMNLP 2015); equal probabilities always share a
            bin, so the result does not depend on the rows' order. ``width``: bins of equal width, each without its lower and
            with its upper edge (Naeini et al., AAAI 2015; Guo et al., ICML 2017).
        weights: what each row counts, (n,); 1 where not given.

    Raises:
        InputError: no rows, lengths that differ, or probabilities outside 0 to 1.
        OptionError: fewer than one bin, or another ``by``.
    """
    given, true = checked(probabilities), truths(labels, "labels")
    check_lengths(probabilities=given, labels=true)
    weight = checked_weights(weights, len(true))
    if bins < 1:
        raise OptionError(f"There must be one bin at least, not {bins}.")
    if by == "mass":
        which = _equal_mass(given, weight, bins)
    elif by == "width":
        edges = np.linspace(0, 1, bins + 1)
        which = np.searchsorted(edges[1:-1], given, side="left")
    else:
        raise OptionError(f'Bins are made by "mass" or by "width", not by {by!r}.')
    totals = np.bincount(which, weight, bins)
    used = totals > 0
    predicted = (np.bincount(which, weight * given, bins)[used]) / totals[used]
    observed = (np.bincount(which, weight * true, bins)[used]) / totals[used]
    low, high = (edges[:-1][used], edges[1:][used]) if by == "width" else _extremes(given, which, bins, used)
    counts = np.bincount(which, minlength=bins)[used].astype(np.int64)
    return CalibrationBins(low, high, predicted, observed, counts, totals[used] / totals.sum())


def expected_calibration_error(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int = 15,
    by: Literal["mass", "width"] = "mass",
    weights: ArrayLike | None = None,
) -> float:
    """The mean distance between what was said and what was so, over bins: 0 is perfect; see ``calibration_bins``.

    Of few rows it is too high: even perfect probabilities miss each bin's share by chance, by about 0.4 √(bins / n)
    where they are near one half, less elsewhere.
    """
    return calibration_bins(probabilities, labels, bins=bins, by=by, weights=weights).error


def brier_score(probabilities: ArrayLike, labels: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """The mean squared distance of the probabilities from 1 (true) and 0 (false): 0 is perfect, 0.25 says nothing.

    Brier, Monthly Weather Review 78, 1950, in the form for two outcomes.

    Raises:
        InputError: no rows, lengths that differ, or probabilities outside 0 to 1.
    """
    given, true = checked(probabilities), truths(labels, "labels")
    check_lengths(probabilities=given, labels=true)
    return float(np.average((given - true) ** 2, weights=checked_weights(weights, len(true))))


def _equal_mass(values: Floats, weight: Floats, bins: int) -> NDArray[np.intp]:
    """The bin of each value: where the middle of its weight lies among the weights of all, equal values taken as one."""
    distinct, which = np.unique(values, return_inverse=True)
    mass = np.bincount(which, weight, len(distinct))
    middle = (np.cumsum(mass) - mass / 2) / mass.sum()
    chosen: NDArray[np.intp] = np.minimum((middle * bins).astype(np.intp), bins - 1)[which]
    return chosen


def _extremes(values: Floats, which: NDArray[np.intp], bins: int, used: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
    np.minimum.at(low, which, values)
    np.maximum.at(high, which, values)
    return low[used], high[used]
