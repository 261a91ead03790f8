"""Measures of groupings: values worked out by hand."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import pytest

from interlingua import InputError
from interlingua.metrics import language_mixing, normalized_mutual_information, purity

# Two groups of two against one of three and one of one: I = ln 2 - (3/4) (-(2/3) ln(2/3) - (1/3) ln(1/3)).
_I = log(2) - 0.75 * (-(2 / 3) * log(2 / 3) - (1 / 3) * log(1 / 3))
_H = -(0.75 * log(0.75) + 0.25 * log(0.25))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([0, 0, 1, 1], [5, 5, 3, 3], 1.0),
        ([0, 0, 1, 1], ["x", "y", "x", "y"], 0.0),
        ([0, 0, 1, 1], [0, 0, 0, 1], 2 * _I / (log(2) + _H)),
        # Four groups of one say all about two of two, these only half about those.
        ([0, 1, 2, 3], [0, 0, 1, 1], 2 * log(2) / (log(4) + log(2))),
        ([0, 0], [1, 1], 1.0),
        ([0, 0], [0, 1], 0.0),
        ([None, "a"], ["b", None], 1.0),
    ],
)
def test_normalized_mutual_information(a: list[Any], b: list[Any], expected: float) -> None:
    assert normalized_mutual_information(a, b) == pytest.approx(expected, abs=1e-12)
    assert normalized_mutual_information(b, a) == pytest.approx(expected, abs=1e-12)


def test_independent_groupings_of_many_rows_say_nothing_about_each_other() -> None:
    random = np.random.default_rng(0)
    a, b = random.integers(0, 5, (2, 100_000))
    assert normalized_mutual_information(a, b) < 1 / sqrt(len(a))


@pytest.mark.parametrize(
    ("groups", "topics", "expected"),
    [
        ([0, 0, 0, 1, 1, 1], list("aabbbc"), 4 / 6),
        ([0, 0, 1, 1], list("aabb"), 1.0),
        ([0, 0, 0, 0], list("abcd"), 0.25),
    ],
)
def test_purity(groups: list[int], topics: list[str], expected: float) -> None:
    assert purity(groups, topics) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("groups", "langs", "expected"),
    [
        ([0, 0, 1, 1], ["en", "de", "en", "de"], 1.0),
        ([0, 0, 1, 1], ["en", "en", "de", "de"], 0.0),
        # One group is mixed and one is not: on average half of the entropy of all rows, which is that of 3 : 1.
        ([0, 0, 1, 1], ["en", "de", "en", "en"], 0.5 * log(2) / _H),
        ([0, 0, 1, 1], ["en", None, "en", None], 1.0),
    ],
)
def test_language_mixing(groups: list[int], langs: list[str | None], expected: float) -> None:
    assert language_mixing(groups, langs) == pytest.approx(expected, abs=1e-12)


def test_one_language_cannot_be_mixed() -> None:
    assert np.isnan(language_mixing([0, 1], ["en", "en"]))


@pytest.mark.parametrize("measure", [normalized_mutual_information, purity, language_mixing])
def test_refusals(measure: Any) -> None:
    with pytest.raises(InputError, match="as many rows: 2 and 1 were given"):
        measure([0, 1], [0])
    with pytest.raises(InputError, match="no rows to measure"):
        measure([], [])
