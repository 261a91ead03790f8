"""Maps of similarity: what is drawn, as shapes, as SVG, as a page and in characters."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from interlingua import InputError, OptionError
from interlingua.reports.drawing import Box, Raster, Words, colour_code, colours
from interlingua.reports.similarity_map import check_size, plot_similarity

QUESTIONS = ["How do I reset my password?", "كيف أعيد تعيين كلمة المرور؟", "怎么重置密码？"]
SCORES = [[0.99, 0.91, 0.05], [0.91, 0.99, 0.10], [0.05, 0.10, 0.99]]
SVG = "{http://www.w3.org/2000/svg}"


def test_a_cell_for_each_score() -> None:
    drawing = plot_similarity(SCORES, QUESTIONS, threshold=0.9, title="Questions").drawing()
    boxes = [shape for shape in drawing.shapes if isinstance(shape, Box)]
    cells = [box for box in boxes if box.hint and box.stroke is None]
    assert len(cells) == 9
    assert cells[1].hint == f"0.910 probability\n{QUESTIONS[0]}\n{QUESTIONS[1]}"
    assert cells[1].fill == colour_code(colours(np.array(0.91)))
    assert (cells[1].x, cells[1].y) == (cells[0].x + cells[0].width, cells[0].y)
    assert (cells[3].x, cells[3].y) == (cells[0].x, cells[0].y + cells[0].height)
    assert len([box for box in boxes if box.stroke]) == 5  # 0.9 and more
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert words.count(QUESTIONS[2]) == 2  # its row and its column
    assert {"Questions", "framed: 0.9 and more", "0.91", "probability of the same meaning"} <= set(words)
    assert drawing.title == "Questions"


def test_the_colours_rise() -> None:
    assert colour_code(colours(np.array(0.0))) == "#440154"
    assert colour_code(colours(np.array(1.0))) == "#fde725"
    light = colours(np.linspace(0, 1, 20)).astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(light) > 0).all()


def test_everything_is_on_the_sheet() -> None:
    for shape in [(1, 1), (3, 60), (60, 3), (40, 40), (150, 150)]:
        labels = [f"{'Ein langer Satz, der nicht ganz gezeigt wird ' * 2}{row}" for row in range(max(shape))]
        drawing = plot_similarity(np.full(shape, 0.5), labels[: shape[0]], labels[: shape[1]]).drawing()
        for one in drawing.shapes:
            if isinstance(one, Box | Raster):
                assert one.x >= 0
                assert one.y >= 0
                assert one.x + one.width <= drawing.width
                assert one.y + one.height <= drawing.height
        rows = [one for one in drawing.shapes if isinstance(one, Words) and one.anchor == "end"]
        assert all(later.y - before.y >= 13 for before, later in pairwise(rows))  # readable
        assert all(one.text.endswith("…") for one in rows)


def test_many_cells_become_an_image() -> None:
    scores = np.linspace(0, 1, 200 * 150).reshape(200, 150)
    drawing = plot_similarity(scores, threshold=0.5).drawing()
    raster = next(shape for shape in drawing.shapes if isinstance(shape, Raster))
    assert raster.pixels.shape == (200, 150, 3)
    assert raster.pixels[0, 0].tolist() == [0x44, 0x01, 0x54]
    assert any(isinstance(shape, Words) and "every 4th" in shape.text for shape in drawing.shapes)
    assert "data:image/png;base64," in plot_similarity(scores).svg()


def test_too_many_cells_are_refused() -> None:
    plot_similarity(np.zeros((1, 2000)))
    with pytest.raises(InputError, match=r"1 x 2,001 texts cannot be read; draw at most 2,000 x 2,000"):
        plot_similarity(np.zeros((1, 2001)))
    check_size(2000, 2000)
    with pytest.raises(InputError, match=r"5,000 x 3 texts"):
        check_size(5000, 3)


def test_the_scale_of_cosines_ends_around_them() -> None:
    drawing = plot_similarity([[0.72, 0.98]], unit="cosine").drawing()
    cells = [shape for shape in drawing.shapes if isinstance(shape, Box) and shape.hint]
    assert cells[0].fill == colour_code(colours(np.array((0.72 - 0.7) / 0.3)))
    words = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert {"0.7", "1", "cosine"} <= set(words)
    assert "centred cosine" in plot_similarity([[-0.2, 0.4]], unit="centred_cosine").text()


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match=r"Row 1, column 2 is 1\.5, which is no probability \(0 to 1\)") as error:
        plot_similarity([[0.1, 1.5]])
    assert error.value.rows == (0,)
    with pytest.raises(InputError, match="column 1 is nan"):
        plot_similarity([[float("nan")]])
    with pytest.raises(InputError, match=r"of shape \(2,\)"):
        plot_similarity([0.1, 0.2])
    with pytest.raises(InputError, match="no scores"):
        plot_similarity(np.zeros((0, 3)))
    with pytest.raises(InputError, match="has 2 rows; give as many labels for them in a list, not 1"):
        plot_similarity([[0.1], [0.2]], ["a"])
    with pytest.raises(InputError, match="has 1 columns; give as many labels for them in a list, not one text"):
        plot_similarity([[0.1]], ["a"], "a")
    with pytest.raises(InputError, match="label 1 of the rows is 7"):
        plot_similarity([[0.1]], [7])  # type: ignore[list-item]
    with pytest.raises(OptionError, match="one of probability, centred_cosine, cosine; not 'margin'"):
        plot_similarity([[0.1]], unit="margin")  # type: ignore[arg-type]


def test_svg_keeps_texts_as_texts() -> None:
    picture = plot_similarity(SCORES, QUESTIONS)
    tree = ElementTree.fromstring(picture.svg())
    texts = ["".join(one.itertext()) for one in tree.iter(f"{SVG}text")]
    # From right to left, whatever stands around it: between FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE.
    assert any(text.endswith(f"\u2068{QUESTIONS[1]}\u2069") for text in texts)
    assert any(text.endswith(QUESTIONS[2]) for text in texts)
    assert picture.svg() == plot_similarity(SCORES, QUESTIONS).svg()
    assert picture._repr_html_() == picture.svg()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=4), st.text(max_size=20))
def test_any_text_can_be_a_label(labels: list[str], title: str) -> None:
    picture = plot_similarity(np.full((len(labels), 1), 0.5), labels, ["<script>alert(1)</script>"], title=title)
    ElementTree.fromstring(picture.svg())
    assert "<script" not in picture.html()
    for width in (20, 60):
        assert all(cell_len(line) <= width for line in picture.text(width).splitlines())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", picture.text(width))


def test_the_page_is_whole() -> None:
    page = plot_similarity(SCORES, QUESTIONS, title="<Questions>").html()
    assert page.startswith("<!doctype html>")
    assert "<title>&lt;Questions&gt;</title>" in page
    assert f'<td dir="auto">{QUESTIONS[1]}</td>' in page
    assert page.count('<td class="number">0.910</td>') == 2  # the best other text of the first and of the second
    # Works offline: nothing is loaded, and no scripts run.
    assert re.findall(r"(?:src|href|url)\s*[=(]", page) == []
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_table() -> None:
    table = plot_similarity(SCORES, QUESTIONS).table()
    assert list(table.rows) == [
        (QUESTIONS[0], QUESTIONS[1], 0.91),
        (QUESTIONS[1], QUESTIONS[0], 0.91),
        (QUESTIONS[2], QUESTIONS[1], 0.1),
    ]
    assert list(plot_similarity([[0.1, 0.9]], ["a"], ["x", "y"]).table().rows) == [("a", "y", 0.9)]
    assert list(plot_similarity([[0.9]], ["a"]).table().rows) == [("a", "a", 0.9)]


def test_in_characters() -> None:
    assert plot_similarity(SCORES, QUESTIONS, threshold=0.9, title="Questions").text(60).splitlines() == [
        "Questions",
        "probability of the same meaning: blank=0–0.2 ░=0.2–0.4",
        "▒=0.4–0.6 ▓=0.6–0.8 █=0.8–1",
        "*: 0.9 and more",
        "",
        "       1      2      3",
        "1 *█ 0.99*█ 0.91   0.05  How do I reset my password?",
        "2 *█ 0.91*█ 0.99   0.10  كيف أعيد تعيين كلمة المرور؟",
        "3    0.05   0.10*█ 0.99  怎么重置密码？",
    ]


def test_a_cross_map_names_its_columns() -> None:
    lines = plot_similarity([[0.1, 0.9]], ["a"], ["x", "y"]).text(60).splitlines()
    assert lines[-3:] == ["columns", "1 x", "2 y"]


def test_in_characters_a_cell_stands_for_the_best_of_many() -> None:
    scores = np.zeros((100, 200))
    scores[50, 100] = 0.95
    picture = plot_similarity(scores, [f"row {row}" for row in range(100)])
    lines = picture.text(80).splitlines()
    assert "one cell: the highest of 3 × 8 (rows × columns)" in lines
    marked = [line for line in lines[4:] if "█" in line]
    assert len(marked) == 1
    assert marked[0].startswith(" 49 ")
    assert marked[0].endswith("row 48")
    assert max(map(len, lines)) <= 80


def test_a_width_that_is_none() -> None:
    with pytest.raises(OptionError, match="20 columns at least, not 5"):
        plot_similarity(SCORES).text(5)


def test_printing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    picture = plot_similarity(SCORES, QUESTIONS)
    assert str(picture) == picture.text(60)
    assert repr(picture) == "<SimilarityMap: Similarity of 3 × 3 texts>"
