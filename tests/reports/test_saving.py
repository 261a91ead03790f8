"""Pictures as files, and what is refused before the work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from interlingua import MissingExtra, OptionError, StorageError
from interlingua.reports.picture import Picture, check_path
from interlingua.reports.reliability import plot_calibration
from interlingua.reports.score_histogram import plot_scores
from interlingua.reports.similarity_map import plot_similarity

PICTURES = [
    plot_similarity([[0.1, 0.9]], ["a"], ["x", "y"], threshold=0.5),
    plot_scores([0.1, 0.9], [0, 1], threshold=0.5),
    plot_calibration([0.1, 0.9], [0, 1]),
]


@pytest.fixture
def no_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("matplotlib", "matplotlib.backends.backend_agg", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: type(one).__name__)
def test_the_ending_says_the_format(picture: Picture, tmp_path: Path) -> None:
    for name in ("a.svg", "b.HTML", "c.htm", "d.txt"):
        picture.save(tmp_path / name)
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg()
    assert (tmp_path / "b.HTML").read_text(encoding="utf-8") == picture.html()
    assert (tmp_path / "c.htm").read_bytes() == (tmp_path / "b.HTML").read_bytes()
    assert (tmp_path / "d.txt").read_text(encoding="utf-8") == picture.text(120) + "\n"


def test_an_older_picture_is_replaced_or_left_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("older")
    with pytest.raises(OptionError):
        PICTURES[0].save(tmp_path / "a.pdf")
    PICTURES[0].save(str(path))
    assert path.read_text(encoding="utf-8") == PICTURES[0].svg()
    assert [one.name for one in tmp_path.iterdir()] == ["a.svg"]


@pytest.mark.parametrize("refuse", [PICTURES[0].save, check_path], ids=["save", "check_path"])
class TestRefusals:
    """The check before the work and the saving after it refuse the same."""

    def test_an_unknown_ending(self, refuse: Callable[[Path], None], tmp_path: Path) -> None:
        for name in ("a.pdf", "a", "png"):
            with pytest.raises(OptionError, match=r"\.png, \.svg, \.html or \.txt, but '.*' ends otherwise"):
                refuse(tmp_path / name)

    def test_a_folder_that_is_not_there(self, refuse: Callable[[Path], None], tmp_path: Path) -> None:
        with pytest.raises(StorageError, match="its folder does not exist"):
            refuse(tmp_path / "none" / "a.svg")

    def test_a_folder_in_the_place_of_the_file(self, refuse: Callable[[Path], None], tmp_path: Path) -> None:
        (tmp_path / "a.svg").mkdir()
        with pytest.raises(StorageError, match="is a folder"):
            refuse(tmp_path / "a.svg")

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() == 0, reason="who may do everything is refused nothing"
    )
    def test_no_permission(self, refuse: Callable[[Path], None], tmp_path: Path) -> None:
        tmp_path.chmod(0o500)
        with pytest.raises(StorageError, match="no permission"):
            refuse(tmp_path / "a.svg")

    @pytest.mark.usefixtures("no_matplotlib")
    def test_png_without_matplotlib(self, refuse: Callable[[Path], None], tmp_path: Path) -> None:
        with pytest.raises(
            MissingExtra, match=r"pip install 'interlingua\[plot\]', or write the picture as \.svg or \.html"
        ):
            refuse(tmp_path / "a.png")
        assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("no_matplotlib")
def test_everything_else_needs_no_matplotlib(tmp_path: Path) -> None:
    for name in ("a.svg", "a.html", "a.txt"):
        check_path(tmp_path / name)
        PICTURES[1].save(tmp_path / name)


def test_a_good_path_is_not_touched(tmp_path: Path) -> None:
    check_path(tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())
