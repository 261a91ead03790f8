"""How sure a measure is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import InputError, OptionError
from interlingua.metrics.checks import check_lengths


@dataclass(frozen=True, slots=True)
class Interval:
    """A measure with the interval that its true value probably lies in.

    Attributes:
        value: the measure on all rows.
        low: the interval's lower end.
        high: its upper end.
    """

    value: float
    low: float
    high: float


def bootstrap_interval(
    measure: Callable[..., float],
    *arrays: ArrayLike,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
    groups: Sequence[Hashable] | None = None,
) -> Interval:
    """How far a measure may be off because the rows are a sample: the percentile bootstrap.

    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Args:
        measure: takes as many arrays as are given here and returns a number; for example ``auroc`` or ``np.mean``.
        arrays: what it takes; all of shape (n, ...). Rows are drawn, the same from each array.
        level: the probability that the interval is to hold.
        samples: how many times rows are drawn.
        seed: equal seeds give equal intervals.
        groups: one label a row: rows of one group are drawn together, because they are not independent (sentences of one
            document, the pairs that one text is in).

    Raises:
        InputError: no rows, arrays of other lengths, or a measure that has no value on half of the samples.
        OptionError: a level that is not between 0 and 1, or fewer than one sample.
    """
    if not 0 < level < 1 or samples < 1:
        raise OptionError(f"A level between 0 and 1 and one sample at least are needed, not {level} and {samples}.")
    columns = [np.asarray(one) for one in arrays]
    check_lengths(**{f"array {number}": column for number, column in enumerate(columns, 1)})
    draw = _drawer(len(columns[0]), groups, np.random.default_rng(seed))
    values = []
    for _ in range(samples):
        rows = draw()
        try:
            value = float(measure(*(column[rows] for column in columns)))
        except InputError:  # a sample without any false row, for example
            continue
        if np.isfinite(value):
            values.append(value)
    if len(values) * 2 < samples:
        raise InputError("There are too few rows for an interval: most samples of them have no value of the measure.")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(measure(*columns)), float(low), float(high))


def _drawer(rows: int, groups: Sequence[Hashable] | None, random: np.random.Generator) -> Callable[[], NDArray[Any]]:
    if groups is None:
        return lambda: random.integers(rows, size=rows)
    if len(groups) != rows:
        raise InputError(f"There are {rows:,} rows but {len(groups):,} groups; give one group a row.")
    members: dict[Hashable, list[int]] = {}
    for row, group in enumerate(groups):
        members.setdefault(group, []).append(row)
    together = [np.array(one) for one in members.values()]
    return lambda: np.concatenate([together[one] for one in random.integers(len(together), size=len(together))])
