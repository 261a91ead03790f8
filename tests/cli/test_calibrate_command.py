"""``interlingua calibrate``: from a file of pairs or texts to a file that the other commands take."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import load_corpus

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]


def rows(labels: Callable[[bool], str] = lambda same: str(int(same))) -> str:
    english, french = ([text.text for text in load_corpus(lang)] for lang in ("en", "fr"))
    lines = ["en\tfr\tsame"]
    for shift in (0, 5):
        lines += [
            f"{one}\t{french[(row + shift) % len(french)]}\t{labels(shift == 0)}" for row, one in enumerate(english)
        ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("labels", [("1", "0"), ("true", "False"), ("yes", "no")])
def test_labelled_pairs(run: Run, write: Write, labels: tuple[str, str]) -> None:
    write("a.tsv", rows(lambda same: labels[0] if same else labels[1]))
    result = run(
        "calibrate", "a.tsv", "-o", "c.json", "-m", "use", "--columns", "en,fr", "--lang-a", "en", "--lang-b", "fr"
    )
    assert result.code == 0
    head, _, row = result.out.splitlines()[:3]
    assert head.split() == ["pairs", "same", "calibration_error", "brier_score", "auroc", "languages"]
    assert row.split()[:2] == ["96", "48"]
    assert float(row.split()[4]) > 0.99
    assert "written: c.json" in result.err
    again = run(
        "score", "Where is my parcel?", "Où est mon colis ?", "-m", "use", "--calibration", "c.json", "-f", "jsonl"
    )
    assert again.rows[0]["probability"] > 0.8
    assert again.rows[0]["same"] is True


def test_grades(run: Run, write: Write) -> None:
    write("a.tsv", rows(lambda same: "4.5" if same else "1"))
    options = ["-m", "use", "--columns", "en,fr", "--label-column", "same"]
    assert run("calibrate", "a.tsv", "-o", "c.json", *options, "--same-from", "4").code == 0
    assert json.loads(Path("c.json").read_text())["about"]["pairs"] == 96


def test_translations_and_a_picture(run: Run, write: Write) -> None:
    lines = rows().splitlines()[:49]
    write("a.tsv", "\n".join("\t".join(line.split("\t")[:2]) for line in lines) + "\n")
    result = run("calibrate", "a.tsv", "-o", "c.json", "-m", "use", "--plot", "fit.svg")
    assert result.code == 0
    assert Path("fit.svg").read_text(encoding="utf-8").lstrip().startswith("<svg")
    assert json.loads(Path("c.json").read_text())["about"]["other pairs"] == "half random, half nearest other texts"


def test_texts(run: Run, write: Write) -> None:
    write("a.txt", "\n".join(text.text for lang in ("en", "fr", "de") for text in load_corpus(lang)))
    result = run("calibrate", "a.txt", "--texts", "-o", "c.json", "-m", "use")
    assert result.code == 0
    assert result.out.splitlines()[2].split()[0] == "144"


def test_texts_that_are_cut(run: Run, write: Write) -> None:
    texts = [text.text for text in load_corpus("en")] * 3
    write("a.txt", "\n".join([texts[0], "word " * 400, *texts[1:]]))
    result = run("calibrate", "a.txt", "--texts", "-o", "c.json", "-m", "use", "--lang-a", "en")
    assert "warning: a.txt: cut at the model's 256 tokens: row 2\n" in result.err


@pytest.mark.parametrize(
    ("content", "options", "code", "message"),
    [
        ("a\tb\nx\ty\n", [], 1, "A calibration needs at least 30 pairs, not 1."),
        (
            "a\tb\tsame\nx\ty\tperhaps\n",
            [],
            1,
            "a.tsv, row 1: 'same' holds 'perhaps', not 1 or 0 (true or false, yes or no); for grades give --same-from.",
        ),
        (
            "a\tb\tsame\nx\ty\tperhaps\n",
            ["--label-column", "same", "--same-from", "4"],
            1,
            "a.tsv, row 1: 'same' holds 'perhaps', which is no grade.",
        ),
        (
            "a\tb\tsame\nx\ty\tnan\n",
            ["--label-column", "same", "--same-from", "4"],
            1,
            "a.tsv, row 1: 'same' holds 'nan', which is no grade.",
        ),
        ("a\tb\nx\ty\n", ["--same-from", "4"], 2, "--same-from needs the column of the grades: --label-column NAME."),
        (
            "a\tb\nx\ty\n",
            ["--texts", "--columns", "a,b"],
            2,
            "--columns, --label-column, --same-from, --lang-b and --plot are for pairs, not for --texts.",
        ),
        (
            "a\tb\nx\ty\n",
            ["--text-column", "a"],
            2,
            "--text-column and --lang-column go with --texts; the texts of pairs are named by --columns.",
        ),
    ],
)
def test_errors(fails: Fails, write: Write, content: str, options: list[str], code: int, message: str) -> None:
    write("a.tsv", content)
    assert fails(code, "calibrate", "a.tsv", "-o", "c.json", "-m", "use", *options) == message
    assert not Path("c.json").exists()


def test_a_folder_that_is_not_there(fails: Fails, write: Write) -> None:
    write("a.tsv", rows())
    assert fails(1, "calibrate", "a.tsv", "-o", "no/c.json") == (
        "no/c.json cannot be written: its folder does not exist."
    )
