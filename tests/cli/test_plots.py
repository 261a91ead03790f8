"""``--plot``: what commands do with pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from interlingua import InputError, OptionError, StorageError
from interlingua.cli.plots import check_plot, score_plot, write_plot
from interlingua.reports.score_histogram import plot_scores

ROWS = [{"probability": 0.1, "cosine": 0.7, "same": 0}, {"probability": 0.9, "cosine": 0.9, "same": 1}]


def test_rows_pass_and_the_picture_is_written_after_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.svg"
    rows = score_plot(iter(ROWS), 0.5, str(path))
    assert next(rows) is ROWS[0]
    assert not path.exists()
    assert list(rows) == ROWS[1:]
    assert path.read_text(encoding="utf-8") == plot_scores([0.1, 0.9], threshold=0.5).svg()
    assert capsys.readouterr().err == f"picture: {path}\n"


def test_labels_and_another_unit(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    assert len(list(score_plot(ROWS, None, str(path), unit="cosine", label="same"))) == 2
    expected = plot_scores([0.7, 0.9], [0, 1], unit="cosine").html()
    assert path.read_text(encoding="utf-8") == expected
    with pytest.raises(InputError, match="The column 'same' must be true or false, but holds 'no'"):
        list(score_plot([{"probability": 0.5, "same": "no"}], None, str(path), label="same"))
    assert path.read_text(encoding="utf-8") == expected


def test_on_screen_it_is_drawn_in_characters(capsys: pytest.CaptureFixture[str]) -> None:
    list(score_plot(ROWS, 0.5, "-"))
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"\n{plot_scores([0.1, 0.9], threshold=0.5)}\n"


def test_nothing_to_draw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(score_plot([{"probability": None}], 0.5, str(tmp_path / "a.svg"))) == [{"probability": None}]
    assert capsys.readouterr().err == "no picture was written: there are no scores.\n"
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_is_refused_early(tmp_path: Path) -> None:
    check_plot(None)
    check_plot("-")
    check_plot(str(tmp_path / "a.svg"))
    with pytest.raises(OptionError, match="ends otherwise"):
        check_plot("a.pdf")
    with pytest.raises(StorageError, match="folder does not exist"):
        check_plot(str(tmp_path / "none" / "a.svg"))


def test_writing_any_picture(tmp_path: Path) -> None:
    write_plot(plot_scores([0.5]), str(tmp_path / "a.txt"))
    assert "1 pair" in (tmp_path / "a.txt").read_text(encoding="utf-8")
