"""Reliability diagrams."""

from __future__ import annotations

import re

import numpy as np
import pytest

from interlingua import InputError, OptionError
from interlingua.metrics import expected_calibration_error
from interlingua.reports.drawing import Box, Dot, Words
from interlingua.reports.reliability import plot_calibration


def sample(rows: int = 3000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(4)
    said = random.random(rows)
    return said, random.random(rows) < said


def test_a_dot_for_each_bin() -> None:
    picture = plot_calibration([0.1, 0.1, 0.8, 0.8], [0, 0, 1, 0], bins=2, title="Pairs")
    drawing = picture.drawing()
    dots = [shape for shape in drawing.shapes if isinstance(shape, Dot)]
    assert [dot.hint for dot in dots] == [
        "said 0.100, so 0.000 (0.000 to 0.658); 2 pairs",
        "said 0.800, so 0.500 (0.095 to 0.905); 2 pairs",
    ]
    low, high = dots
    # The plane is 420 pixels wide and high.
    assert high.x - low.x == pytest.approx(0.7 * 420)
    assert low.y - high.y == pytest.approx(0.5 * 420)
    said = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert "Pairs: ECE 0.200" in said
    assert "4 pairs in 2 bins; greatest error of a bin 0.300" in said
    spread = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    assert len(spread) == 20
    assert [box.hint for box in spread if box.height] == ["0.1 to 0.15: 2 pairs", "0.8 to 0.85: 2 pairs"]


def test_the_intervals_hold_the_truth() -> None:
    said, labels = sample()
    picture = plot_calibration(said, labels)
    inside = (picture.low <= picture.bins.predicted) & (picture.bins.predicted <= picture.high)
    assert inside.mean() > 0.85
    assert picture.bins.error == expected_calibration_error(said, labels)


def test_weights_widen_the_intervals() -> None:
    said, labels = sample()
    weights = np.where(np.arange(len(said)) % 10 == 0, 1.0, 1e-6)  # a tenth of the pairs is all that counts
    wide, narrow = plot_calibration(said, labels, weights=weights), plot_calibration(said, labels)
    assert np.median(wide.high - wide.low) / np.median(narrow.high - narrow.low) == pytest.approx(10**0.5, rel=0.25)


def test_in_characters() -> None:
    assert plot_calibration([0.0, 0.25, 1.0], [0, 1, 1], bins=3).text(63).splitlines() == [
        "Reliability: ECE 0.250",
        "3 pairs in 3 bins; greatest error of a bin 0.750",
        "● share that is the same, ┊ probability said (on one place: ●)",
        "",
        " said     so pairs 0                                        1",
        "0.000  0.000     1 ●·········································",
        "0.250  1.000     1 ··········┊······························●",
        "1.000  1.000     1 ·········································●",
    ]


def test_the_table_and_the_page() -> None:
    picture = plot_calibration(*sample(), bins=5, by="width")
    assert [row[:2] for row in picture.table().rows] == [
        (0, 0.2),
        (0.2, 0.4),
        (0.4, pytest.approx(0.6)),
        (pytest.approx(0.6), 0.8),
        (0.8, 1),
    ]
    page = picture.html()
    assert len(re.findall("<tr>", page)) == 6
    assert f"ECE {picture.bins.error:.3f}" in page


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match=r"row 1 has 1\.2"):
        plot_calibration([1.2], [1])
    with pytest.raises(InputError, match="probabilities 2, labels 1"):
        plot_calibration([0.1, 0.2], [1])
    with pytest.raises(OptionError, match="one bin at least"):
        plot_calibration([0.1], [1], bins=0)
