"""``interlingua cluster``: a table of clusters, rows with their clusters, a map; and what is refused."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import load_corpus

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

CATS = (
    "Cats sleep most of the day.",
    "My cat is sleeping.",
    "Katzen schlafen fast den ganzen Tag.",
    "Meine Katze schläft.",
)
SHOP = (
    "How do I return an order?",
    "Where is my parcel?",
    "Wie sende ich eine Bestellung zurück?",
    "Wo ist mein Paket?",
)
USE = ("-m", "use")


def table(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *rows])
    return out.getvalue()


@pytest.fixture
def file(write: Write) -> str:
    rows = [
        (str(number), text, lang, topic, "x,y")
        for topic, texts in (("cats", CATS), ("shop", SHOP))
        for number, (text, lang) in enumerate(zip(texts, ("en", "en", "de", "de"), strict=True))
    ]
    return write("a.csv", table(rows, ("id", "text", "lang", "topic", "note")))


def test_the_table_and_the_measures(run: Run, file: str) -> None:
    result = run("cluster", file, *USE, "--k", "2", "--topic-column", "topic")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0].split() == ["cluster", "rows", "languages", "terms", "a", "text"]
    assert [line.split()[:2] for line in lines[2:]] == [["0", "4"], ["1", "4"]]
    assert "de 2, en 2" in lines[2]
    assert result.err.splitlines() == [
        "a.csv: 8 rows in 2 clusters",
        "language mixing: 1.00 (1: each cluster has the mix of all rows; 0: each has one language)",
        "topics: NMI 1.000, purity 1.000 over 8 of 8 rows (those in a cluster and with a topic; 2 topics)",
    ]


def test_rows_keep_their_columns(run: Run, file: str) -> None:
    result = run("cluster", file, *USE, "--k", "2", "--format", "jsonl")
    rows = result.rows
    assert [row["cluster"] for row in rows] in ([0] * 4 + [1] * 4, [1] * 4 + [0] * 4)
    assert all(0 <= row["strength"] <= 1 for row in rows)
    assert {key: rows[2][key] for key in ("row", "id", "lang", "text", "topic", "note")} == {
        "row": 3, "id": "2", "lang": "de", "text": CATS[2], "topic": "cats", "note": "x,y",
    }  # fmt: skip


def test_files(run: Run, file: str) -> None:
    options = (*USE, "--k", "2", "--clusters", "c.jsonl", "--map", "map.html", "--label-lang", "de")
    result = run("cluster", file, *options, "--out", "o.csv")
    assert result.out.startswith("cluster")
    assert "map: map.html" in result.err
    written = list(csv.DictReader(io.StringIO(Path("o.csv").read_text(encoding="utf-8"))))
    assert [row["note"] for row in written] == ["x,y"] * 8
    told = [json.loads(line) for line in Path("c.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(one["cluster"], one["size"], one["languages"]) for one in told] == [
        (number, 4, {"de": 2, "en": 2}) for number in (0, 1)
    ]
    assert {"row", "id", "text"} == set(told[0]["representatives"][0])
    page = Path("map.html").read_text(encoding="utf-8")
    assert "8 texts in 2 clusters" in page
    run("cluster", file, *options, "--out", "o.tsv", "--seed", "1")
    lines = Path("o.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0].split("\t") == ["cluster", "strength", "row", "id", "lang", "text", "topic", "note"]
    assert [line.split("\t")[0] for line in lines[1:]] == [row["cluster"] for row in written]


def test_the_order_of_rows_does_not_matter(run: Run, file: str) -> None:
    head, *lines = Path(file).read_text(encoding="utf-8").splitlines()
    Path("b.csv").write_text("\n".join([head, *lines[::-1], ""]), encoding="utf-8")
    first, second = (run("cluster", name, *USE, "--k", "3", "--format", "jsonl").rows for name in (file, "b.csv"))
    assert {row["text"]: (row["cluster"], row["strength"]) for row in first} == {
        row["text"]: (row["cluster"], row["strength"]) for row in second
    }


def test_fields_that_differ_and_fields_of_ours(run: Run, write: Write) -> None:
    lines = [{"text": CATS[0], "n": [1]}, {"text": SHOP[0], "cluster": 9}, {"text": CATS[1]}]
    write("a.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    result = run("cluster", "a.jsonl", *USE, "--k", "2", "--lang", "en", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert [row["n"] for row in rows] == ["[1]", "", ""]
    assert rows[0]["cluster"] == rows[2]["cluster"] != rows[1]["cluster"]
    assert "warning: a.jsonl: its own columns cluster are replaced by those of this run" in result.err


def test_by_density_rows_in_none_are_told(run: Run, write: Write) -> None:
    corpus = load_corpus(["en", "de", "fr", "es", "it", "nl", "pt"])
    write("a.csv", table([(one.text, one.lang or "") for one in corpus], ("text", "lang")))
    result = run("cluster", "a.csv", *USE, "--method", "hdbscan", "--min-size", "6", "--format", "jsonl")
    none = [row for row in result.rows if row["cluster"] == -1]
    assert all(row["strength"] == 0 for row in none)
    assert (
        f"{len(none):,} rows ({len(none) / len(corpus):.0%}) are in no cluster (-1); the smallest cluster may have 6"
        in result.err
    )
    assert len({row["cluster"] for row in result.rows}) > 10


def test_standard_input(run: Run) -> None:
    result = run("cluster", "-", *USE, "--k", "2", "--lang", "en", stdin="\n".join([*CATS[:2], *SHOP[:2]]).encode())
    assert result.code == 0
    assert result.err.startswith("standard input: 4 rows in 2 clusters")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--k", "9"), 2, "--k is 9, but there are only 8 different texts."),
        (("--k", "1"), 2, "--k is a whole number, 2 at least, not 1."),
        (("--min-size", "3"), 2, "--min-size is for --method hdbscan: k-means makes k clusters, whatever their size."),
        (("--method", "hdbscan", "--k", "3"), 2, "--k is for --method kmeans: by density there are as many clusters as dense places."),
        (("--method", "hdbscan", "--min-size", "9"), 2, "--min-size is 9, but there are only 8 different texts."),
        (("--topic-column", "kind"), 2, "--topic-column kind: a.csv has no such column; its other columns are topic, note."),
        (("--out", "a.csv"), 2, "--out a.csv is a file that is read or written already; give another name."),
        (("--out", "o.csv", "--clusters", "o.csv"), 2, "--clusters o.csv is a file that is read or written already; give another name."),
        (("--out", "o.txt"), 2, "--out o.txt: the ending does not tell the format; end it in one of .jsonl, .tsv, .csv, or give --format."),
        (("--out", "o.csv.gz"), 2, "--out o.csv.gz: what is written is not compressed; give a name without .gz."),
        (("--map", "-"), 2, "--map needs the name of a file; the table of clusters is printed anyway."),
        (("--map", "m.pdf"), 2, "A picture is written as .png, .svg, .html or .txt, but 'm.pdf' ends otherwise."),
        (("--map", "no/m.html"), 1, "no/m.html cannot be written: its folder does not exist."),
    ],
)  # fmt: skip
def test_refusals(fails: Fails, file: str, options: tuple[str, ...], code: int, message: str) -> None:
    assert fails(code, "cluster", file, *USE, *options) == message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("One.\n", "a.txt: clustering needs at least two different texts, but there is only one."),
        ("One.\n" * 9, "a.txt: clustering needs at least two different texts, but there is only one."),
    ],
)
def test_too_little(fails: Fails, write: Write, content: str, message: str) -> None:
    write("a.txt", content)
    assert fails(1, "cluster", "a.txt", *USE, "--lang", "en") == message


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk(run: Run, file: str) -> None:
    result = run("cluster", file, *USE, "--k", "2", "--out", "/dev/full", "--format", "jsonl")
    assert (result.code, result.out) == (1, "")
    assert result.err == "error: /dev/full cannot be written: the disk is full.\n"
