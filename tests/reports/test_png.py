"""Pictures as PNG files, through matplotlib, where it is installed."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from interlingua.reports import fonts
from interlingua.reports.drawing import Box, Drawing, Words
from interlingua.reports.fonts import FontWarning, families_for
from interlingua.reports.picture import Picture
from interlingua.reports.png import to_png
from interlingua.reports.reliability import plot_calibration
from interlingua.reports.score_histogram import plot_scores
from interlingua.reports.similarity_map import plot_similarity
from interlingua.reports.svg import png_bytes


def pixels(data: bytes) -> np.ndarray:
    from PIL import Image  # comes with matplotlib

    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_the_shapes_are_where_they_belong() -> None:
    drawing = Drawing(
        40, 20, "boxes", (Box(0, 0, 10, 20, "#ff0000"), Box(10, 10, 30, 10, "#0000ff"), Box(0, 0, 5, 5, None))
    )
    image = pixels(to_png(drawing))
    assert image.shape == (40, 80, 3)  # twice as fine
    assert image[1:38, 1:18].reshape(-1, 3).tolist() == [[255, 0, 0]] * (37 * 17)
    assert image[30, 50].tolist() == [0, 0, 255]
    assert image[5, 50].tolist() == [255, 255, 255]


def test_the_cells_have_the_colours_of_the_scores() -> None:
    picture = plot_similarity(np.linspace(0, 1, 120 * 120).reshape(120, 120))  # an image
    few = plot_similarity([[0.0, 1.0]])
    image = pixels(few.png())
    for one, colour in zip(
        [s for s in few.drawing().shapes if isinstance(s, Box) and s.hint], (0x440154, 0xFDE725), strict=True
    ):
        x, y = round(2 * (one.x + 3)), round(2 * (one.y + 3))
        assert image[y, x].tolist() == list(colour.to_bytes(3))
    assert {tuple(one) for one in pixels(picture.png())[400].tolist()} >= {(255, 255, 255)}


@pytest.mark.parametrize(
    "picture",
    [
        plot_scores([0.1, 0.9], [0, 1], threshold=0.5),
        plot_calibration([0.1, 0.9], [0, 1]),
        plot_similarity(np.eye(300)),
    ],
    ids=lambda one: type(one).__name__,
)
def test_saving(picture: Picture, tmp_path: Path) -> None:
    picture.save(tmp_path / "a.png")
    image = pixels((tmp_path / "a.png").read_bytes())
    drawing = picture.drawing()
    assert image.shape[0] / image.shape[1] == pytest.approx(drawing.height / drawing.width, rel=0.01)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 10


def test_our_own_png_files_are_read_back() -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    assert (pixels(png_bytes(image)) == image).all()


def test_dollar_signs_are_no_formulas() -> None:
    assert to_png(Drawing(100, 20, "price", (Words(5, 10, "from $5 to $_^{"),)))


def test_global_settings_stay_as_they_were() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    plot_scores([0.5]).png()
    assert dict(matplotlib.rcParams) == before


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Families and their signs, in the place of the installed ones."""
    signs = {"DejaVu Sans": "abc ß ا", "Noto Sans Thai": "ก", "Old Serif": "字ก", "Noto Sans CJK SC": "字"}
    monkeypatch.setattr(fonts, "_files", lambda: dict.fromkeys(signs, ""))
    monkeypatch.setattr(fonts, "_signs_of", lambda family: frozenset(signs[family]))
    return signs


@pytest.mark.usefixtures("installed")
def test_families_are_added_until_all_signs_are_there() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert families_for(["abc", "ß"]) == ["DejaVu Sans"]
        assert families_for(["abc 字"]) == ["DejaVu Sans", "Noto Sans CJK SC"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an older matplotlib does not shape Thai
        assert families_for(["字 ก"]) == ["DejaVu Sans", "Noto Sans CJK SC", "Noto Sans Thai"]


@pytest.mark.usefixtures("installed")
def test_one_sentence_about_the_signs_that_no_font_has() -> None:
    with pytest.warns(FontWarning) as told:
        assert families_for(["한국어", "हिन्दी", "abc"]) == ["DejaVu Sans"]
    assert len(told) == 1
    assert str(told[0].message).startswith(
        "No installed font has 9 of the picture's signs (Devanagari, Hangul); they are drawn as boxes."
    )


@pytest.mark.usefixtures("installed")
def test_an_older_matplotlib_does_not_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    import matplotlib

    newer: Any = (3, 11, 0, "final", 0)
    monkeypatch.setattr(matplotlib, "__version_info__", newer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        families_for(["ا"])
    monkeypatch.setattr(matplotlib, "__version_info__", (3, 10, 0, "final", 0))
    with pytest.warns(FontWarning, match=r"does not join and order the letters of Arabic; install matplotlib 3\.11"):
        families_for(["ا"])


def test_signs_without_a_font_do_not_stop_the_picture() -> None:
    with pytest.warns(FontWarning, match="no |No installed font has 1 of the picture's signs"):
        assert plot_similarity([[0.5]], ["\U000f0000"]).png()  # a sign for private use: in no font
