"""Histograms of scores: bars, threshold, what the threshold does."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua import InputError, OptionError
from interlingua.reports.drawing import DIFFERENT, MARK, SAME, Box, Drawing, Line, Words
from interlingua.reports.score_histogram import plot_scores

SCORES = [0.01, 0.02, 0.03, 0.12, 0.55, 0.83, 0.91, 0.97]
LABELS = [False, False, False, False, True, False, True, True]


def bars(drawing: Drawing, colour: str) -> list[Box]:
    return [shape for shape in drawing.shapes if isinstance(shape, Box) and shape.fill == colour and shape.hint]


def words(drawing: Drawing) -> list[str]:
    return [shape.text for shape in drawing.shapes if isinstance(shape, Words)]


def test_a_bar_for_each_bin_that_is_not_empty() -> None:
    drawing = plot_scores(SCORES, bins=10, title="Pairs").drawing()
    found = bars(drawing, SAME)
    assert [bar.hint for bar in found] == [
        "0 to 0.1: 3 all pairs",
        "0.1 to 0.2: 1 all pairs",
        "0.5 to 0.6: 1 all pairs",
        "0.8 to 0.9: 1 all pairs",
        "0.9 to 1: 2 all pairs",
    ]
    assert found[0].height == pytest.approx(found[1].height * 3)
    assert {bar.y + bar.height for bar in found} == {found[0].y + found[0].height}
    assert {"Pairs", "8 pairs", "probability of the same meaning", "pairs"} <= set(words(drawing))
    assert not any(isinstance(shape, Line) and shape.dashed for shape in drawing.shapes)


def test_the_threshold_is_drawn_where_it_is() -> None:
    drawing = plot_scores(SCORES, bins=10, threshold=0.8).drawing()
    line = next(shape for shape in drawing.shapes if isinstance(shape, Line) and shape.colour == MARK)
    assert line.dashed
    assert line.x1 == line.x2 == pytest.approx(bars(drawing, SAME)[3].x - 0.5)  # where the bin from 0.8 begins
    assert "threshold 0.8" in words(drawing)
    assert "3 of 8 pairs (37.5%) at or above 0.8" in words(drawing)


def test_two_colours_where_it_is_known() -> None:
    drawing = plot_scores(SCORES, LABELS, bins=10, threshold=0.83).drawing()
    assert [bar.hint for bar in bars(drawing, SAME)] == ["0.5 to 0.6: 1 same", "0.9 to 1: 2 same"]
    assert len(bars(drawing, DIFFERENT)) == 3
    assert {"same (3)", "different (5)"} <= set(words(drawing))
    assert "3 of 8 pairs (37.5%) at or above 0.83, precision 0.667, recall 0.667" in words(drawing)


def test_labels_of_one_kind_only() -> None:
    assert "precision 1.000, recall 1.000" in plot_scores([0.9], [1], threshold=0.5).findings
    assert plot_scores([0.1], [0], threshold=0.5).findings == "0 of 1 pair (0.0%) at or above 0.5"
    assert plot_scores([0.1], [0]).drawing()


def test_a_logarithmic_scale_shows_the_few() -> None:
    scores = [0.05] * 10_000 + [0.95]
    plain, log = (plot_scores(scores, bins=10, log=log).drawing() for log in (False, True))
    assert bars(plain, SAME)[1].height < 0.1
    assert bars(log, SAME)[1].height > 15
    assert {"0", "1", "10", "10,000", "pairs (logarithmic)"} <= set(words(log))


def test_cosines_have_the_scale_that_they_need() -> None:
    picture = plot_scores([0.75, 0.81, 0.88], unit="cosine", threshold=0.92)
    edges, _ = picture.binned(3)
    assert (edges[0], edges[-1]) == (0.7, 1.0)
    assert sum(counts.sum() for _, _, counts in picture.binned(7)[1]) == 3


@pytest.mark.parametrize("scores", [[0.0], [1.0], [0.5] * 3, [0.0, 1.0]])
@pytest.mark.parametrize("threshold", [None, 0.0, 0.5, 1.0, 1.5])
def test_the_extremes(scores: list[float], threshold: float | None) -> None:
    picture = plot_scores(scores, threshold=threshold)
    assert sum(counts.sum() for _, _, counts in picture.binned(40)[1]) == len(scores)
    assert picture.drawing().shapes
    assert ("threshold" in picture.text(60)) == (threshold is not None)


def test_in_characters() -> None:
    lines = plot_scores(SCORES, LABELS, threshold=0.8, title="Pairs").text(40).splitlines()
    assert lines[:5] == [
        "Pairs",
        "probability of the same meaning; 3 of 8",
        "pairs (37.5%) at or above 0.8, precision",
        "0.667, recall 0.667",
        "░ different: 5; █ same: 3",
    ]
    assert len(lines) == 6 + 20 + 1
    assert lines[6] == " 0.00 │    3 ░░░░░░░░░░░░░░░░░░░░░░"
    assert lines[8] == " 0.10 │    1 ░░░░░░░"
    assert lines[22] == "───────────── threshold 0.8"
    assert lines[23] == " 0.80 │    1 ░░░░░░░"
    assert lines[26] == " 0.95 │    1 ███████"
    assert max(map(len, lines)) <= 40


def test_few_among_many_are_still_seen() -> None:
    lines = plot_scores([0.01] * 1000 + [0.99], title="Pairs").text(60).splitlines()
    assert lines[-1].endswith("1 ▏")
    mixed = plot_scores([0.01] * 1000, [True] + [False] * 999).text(60).splitlines()
    assert "█░" in mixed[4]


def test_the_table() -> None:
    table = plot_scores(SCORES, LABELS, bins=2).table()
    assert table.heads == ("from", "to", "different", "same")
    assert list(table.rows) == [(0.0, 0.5, 4, 0), (0.5, 1.0, 1, 3)]


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match="no scores"):
        plot_scores([])
    with pytest.raises(InputError, match=r"Row 2 is -0\.5"):
        plot_scores([0.1, -0.5])
    with pytest.raises(InputError, match=r"8 scores, but the labels have the shape \(1,\)"):
        plot_scores(SCORES, [1])
    with pytest.raises(InputError, match="booleans, or 0 and 1"):
        plot_scores([0.1, 0.2], ["yes", "no"])
    with pytest.raises(OptionError, match="1 to 500 bins, not 0"):
        plot_scores(SCORES, bins=0)
    with pytest.raises(OptionError, match="finite number, not nan"):
        plot_scores(SCORES, threshold=float("nan"))


def test_a_million_scores() -> None:
    picture = plot_scores(np.linspace(0, 1, 1_000_000), np.arange(1_000_000) % 2, threshold=0.9)
    assert picture.findings == "100,000 of 1,000,000 pairs (10.0%) at or above 0.9, precision 0.500, recall 0.100"
    assert len(picture.html()) < 100_000
