"""Measures of how texts are divided into groups: against known topics, and against their languages."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError
from interlingua.metrics.checks import Floats, ratio

Groups = Sequence[Hashable] | NDArray[np.generic]
"""The group of each row: numbers, texts, or anything else that can be compared."""


def normalized_mutual_information(a: Groups, b: Groups) -> float:
    """How much two divisions of the same rows say about each other, 0 to 1: 1 where they are the same but for the names.

    The mutual information over the mean of both entropies (Strehl and Ghosh, Journal of Machine Learning Research 3, 2002; with
    the arithmetic mean, as is usual today). It is not corrected for chance: many small groups of few rows raise it.

    Args:
        a: the group of each row, n of them.
        b: the other group of each row.

    Returns:
        1.0 also where both have only one group; 0.0 where only one of them has.

    Raises:
        InputError: lengths that differ, or no rows.
    """
    shares = _shares(a, b)
    first, second = _entropy(shares.sum(axis=1)), _entropy(shares.sum(axis=0))
    if first + second == 0:
        return 1.0
    return min(max(2 * (first + second - _entropy(shares)) / (first + second), 0.0), 1.0)


def purity(groups: Groups, topics: Groups) -> float:
    """The share of rows whose topic is the most frequent one of their group (Zhao and Karypis, Machine Learning 55, 2004).

    Groups of one row each are pure: compare only divisions into about as many groups.

    Args:
        groups: the group of each row, n of them.
        topics: its known topic.

    Raises:
        InputError: lengths that differ, or no rows.
    """
    return float(_shares(groups, topics).max(axis=1).sum())


def language_mixing(groups: Groups, langs: Groups) -> float:
    """How well languages are mixed in groups, 0 to 1: 1 where each group has the mix of all rows, 0 where each has one language.

    The entropy of the languages within groups, on average over rows, divided by that of the languages over all rows: 1 - I/H, with
    I the mutual information of groups and languages and H the entropy of the languages.

    Args:
        groups: the group of each row, n of them.
        langs: its language; None counts as one.

    Returns:
        NaN where there is only one language.

    Raises:
        InputError: lengths that differ, or no rows.
    """
    shares = _shares(groups, langs)
    within = _entropy(shares) - _entropy(shares.sum(axis=1))
    mixed = ratio(within, _entropy(shares.sum(axis=0)))
    return min(max(mixed, 0.0), 1.0) if mixed == mixed else mixed  # noqa: PLR0124  # NaN differs from itself


def _shares(a: Groups, b: Groups) -> Floats:
    """The share of rows in each pair of groups, (groups of a, groups of b)."""
    if len(a) != len(b):
        raise InputError(f"All must have as many rows: {len(a):,} and {len(b):,} were given.")
    if not len(a):
        raise InputError("There are no rows to measure.")
    (rows, height), (columns, width) = _numbered(a), _numbered(b)
    counts = np.bincount(rows * width + columns, minlength=height * width).reshape(height, width)
    shares: Floats = counts / len(rows)
    return shares


def _numbered(groups: Groups) -> tuple[NDArray[np.int64], int]:
    numbers: dict[Hashable, int] = {}
    listed = groups.tolist() if isinstance(groups, np.ndarray) else groups
    found = np.fromiter((numbers.setdefault(group, len(numbers)) for group in listed), np.int64, len(groups))
    return found, len(numbers)


def _entropy(shares: Floats) -> float:
    """In nats."""
    some = shares[shares > 0]
    return float(-(some * np.log(some)).sum()) + 0.0
