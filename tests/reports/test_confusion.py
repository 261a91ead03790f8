"""Maps of confusion: what is drawn, as shapes, as a page and in characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from interlingua import InputError, plot_confusion
from interlingua.reports.drawing import Box, Raster, Words, colour_code, colours

COUNTS = [[8, 2, 0], [0, 5, 0], [1, 0, 0]]
LABELS = ["weather", "food", "天気"]


def test_a_cell_for_each_pair_of_labels() -> None:
    drawing = plot_confusion(COUNTS, LABELS, title="Topics").drawing()
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    cells = [box for box in boxes if box.stroke is None]
    assert len(cells) == 9
    assert cells[1].hint == "2 rows (20%)\nweather\npredicted: food"
    assert cells[1].fill == colour_code(colours(np.array(0.2)))
    assert cells[4].fill == colour_code(colours(np.array(1.0)))
    assert len([box for box in boxes if box.stroke]) == 3  # the diagonal
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert [words.count(label) for label in LABELS] == [2, 2, 2]
    assert sorted(word for word in words if word.isdigit()) == ["1", "2", "5", "8"]
    assert drawing.title == "Topics"


def test_the_table_lists_mistakes() -> None:
    table = plot_confusion(COUNTS, LABELS).table()
    assert list(table.rows) == [("weather", "food", 2, 0.2), ("天気", "weather", 1, 1.0)]
    page = plot_confusion(COUNTS, ["<b>", "food", "c"]).html()
    assert "&lt;b&gt;" in page
    assert "<b>" not in page


def test_in_characters() -> None:
    assert plot_confusion(COUNTS, LABELS).text(60).splitlines() == [
        "16 rows, 13 predicted rightly",
        "rows: the label; columns: what was predicted; of the label's",
        "rows: blank=0–20 % ░=20–40 % ▒=40–60 % ▓=60–80 % █=80–100 %",
        "",
        "        1      2      3",
        "1  █    8 ░    2      0  weather",
        "2       0 █    5      0  food",
        "3  █    1      0      0  天気",
        "",
        "most frequent mistakes",
        "     2 ( 20%) weather → food",
        "     1 (100%) 天気 → weather",
    ]


@pytest.mark.parametrize("size", [1, 2, 20, 60, 150])
@pytest.mark.parametrize("width", [40, 80, 120])
def test_it_fits(size: int, width: int) -> None:
    counts = np.random.default_rng(size).integers(0, 2000, (size, size))
    plot = plot_confusion(counts, [f"{'ein langer Name ' * 3}{number}" for number in range(size)])
    assert all(cell_len(line) <= width for line in plot.text(width).splitlines())
    drawing = plot.drawing()
    for shape in drawing.shapes:
        if isinstance(shape, Box | Raster):
            assert 0 <= shape.x <= shape.x + shape.width <= drawing.width
            assert 0 <= shape.y <= shape.y + shape.height <= drawing.height


def test_a_perfect_one_has_no_mistakes(tmp_path: Path) -> None:
    plot = plot_confusion(np.eye(2, dtype=int) * 3, ["a", "b"])
    assert "mistakes" not in plot.text(80)
    plot.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    assert plot.shares.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("counts", "labels", "message"),
    [
        ([[1, 2]], ["a"], r"as many rows as columns; this one has the shape \(1, 2\)"),
        (np.empty((0, 0), dtype=int), [], "as many rows as columns"),
        ([[0.5]], ["a"], "holds counts: whole numbers from 0 on"),
        ([[-1]], ["a"], "holds counts: whole numbers from 0 on"),
        ([[1]], ["a", "b"], "give as many labels"),
        (np.zeros((1001, 1001), dtype=int), ["a"] * 1001, "of 1,001 labels cannot be read; at most 1,000 are drawn"),
    ],
)
def test_errors(counts: object, labels: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        plot_confusion(counts, labels)  # type: ignore[arg-type]
