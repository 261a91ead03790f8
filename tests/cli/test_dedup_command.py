"""``interlingua dedup``: rows go out as they came in, less those that say the same as another one."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import errno
import gzip
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

PARCEL = "Where can I track my parcel?"
PAKET = "Wo kann ich mein Paket verfolgen?"
CATS = "Cats sleep most of the day."


def lines(*rows: object) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def said(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def test_lines_of_a_text_file(run: Run, write: Write) -> None:
    write("a.txt", f"{PARCEL}\n\n  {PARCEL.upper()}\r\n{CATS}\n{PAKET}\n{PARCEL}\n")
    result = run(
        "dedup", "a.txt", "-m", "use", "--prefer-lang", "en", "--removed", "gone.jsonl", "--groups", "groups.jsonl"
    )
    assert (result.code, result.out) == (0, lines(PARCEL, CATS))
    assert result.err.splitlines()[0] == (
        "a.txt: kept 2 of 5 rows; removed 3: 1 exact copy, 1 copy but for case and punctuation, 1 translation"
    )
    gone = said("gone.jsonl")
    keeper = {"row": 1, "text": PARCEL}
    assert [(one["row"], one["reason"], one["keeper"]) for one in gone] == [
        (3, "normalised", keeper),
        (5, "translation", keeper),
        (6, "exact", keeper),
    ]
    assert gone[1]["text"] == PAKET
    assert 0.5 < gone[1]["probability"] < 1
    (group,) = said("groups.jsonl")
    assert group["keeper"] == keeper
    assert [one["row"] for one in group["removed"]] == [3, 5, 6]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "a.csv",
            f'id,text,note\n7,"{PARCEL}","two\nlines"\n8,"{PARCEL}",\n\n9,{CATS},"say ""x"""\n',
            f'id,text,note\n7,"{PARCEL}","two\nlines"\n9,{CATS},"say ""x"""\n',
        ),
        ("a.tsv", f"text\tn\n{PARCEL}\t1\n{PARCEL}\t2\n{CATS}\t3\n", f"text\tn\n{PARCEL}\t1\n{CATS}\t3\n"),
        (
            "a.jsonl",
            lines({"text": PARCEL, "n": [1]}, f'"{PARCEL}"', {"n": 2.50, "text": CATS}),
            lines({"text": PARCEL, "n": [1]}, {"n": 2.50, "text": CATS}),
        ),
    ],
)
def test_rows_keep_their_form(run: Run, write: Write, name: str, content: str, expected: str) -> None:
    write(name, content)
    options = ("-m", "use", "--keep", "first", "--lang", "en")
    result = run("dedup", name, *options)
    assert (result.code, result.out) == (0, expected), result.err
    piped = run("dedup", "-", "--input-format", name[2:], *options, stdin=content.encode())
    assert piped.out == expected
    assert piped.err.startswith("standard input: kept 2 of 3 rows")
    Path(f"z{name}.gz").write_bytes(gzip.compress(content.encode()))
    assert run("dedup", f"z{name}.gz", "-o", "out", *options).out == ""
    assert Path("out").read_text(encoding="utf-8") == expected


def test_the_order_of_the_rows_does_not_matter(run: Run, write: Write) -> None:
    rows = [
        {"text": PARCEL, "source": "mail"},
        {"text": PARCEL, "source": "web"},
        {"text": PAKET, "lang": "de"},
        {"text": f"{PARCEL}!", "id": "x"},
        {"text": CATS},
    ]
    results = []
    for name, ordered in (("a.jsonl", rows), ("b.jsonl", rows[::-1])):
        write(name, lines(*ordered))
        results.append(run("dedup", name, "-m", "use").out)
    assert sorted(results[0].splitlines()) == sorted(results[1].splitlines())


def test_against_another_file(run: Run, write: Write) -> None:
    write("new.txt", lines(PARCEL, CATS, CATS))
    write("old.csv", f"lang,text\nde,{PAKET}\n")
    result = run("dedup", "new.txt", "--against", "old.csv", "-m", "use", "--removed", "gone.jsonl")
    assert result.out == lines(CATS)
    assert said("gone.jsonl")[0]["keeper"] == {"row": 1, "lang": "de", "text": PAKET, "file": "old.csv"}
    result = run("dedup", "new.txt", "--against", "old.csv", "-m", "use", "--only-against")
    assert result.out == lines(CATS, CATS)


@pytest.mark.parametrize(
    ("name", "content", "options", "keeper"),
    [
        ("old.txt", f"{PAKET}\n", [], {"row": 1, "text": PAKET}),
        ("old.csv", f"frage,language\n{PAKET},de\n", ["--against-column", "frage"], {"row": 1, "lang": "de", "text": PAKET}),
        ("old.csv", f"id,text\n7,{PAKET}\n", [], {"row": 1, "id": "7", "text": PAKET}),
        ("old.tsv", f"text\tq\n{CATS}?\t{PAKET}\n", [], {"row": 1, "text": PAKET}),
        ("old.jsonl", lines({"n": "7", "text": PAKET}), ["--against-lang", "de"], {"row": 1, "id": "7", "lang": "de", "text": PAKET}),
        ("old.jsonl", lines({"text": PAKET}), [], {"row": 1, "text": PAKET}),
    ],
)  # fmt: skip
def test_the_other_file_has_columns_of_its_own(
    run: Run, write: Write, name: str, content: str, options: list[str], keeper: dict[str, object]
) -> None:
    write("new.csv", f"n,q,code\n1,{PARCEL},\n2,{CATS},\n")
    write(name, content)
    columns = ["--text-column", "q", "--id-column", "n", "--lang-column", "code", "--lang", "en"]
    result = run("dedup", "new.csv", "--against", name, "-m", "use", "--removed", "gone.jsonl", *columns, *options)
    assert (result.code, result.out) == (0, f"n,q,code\n2,{CATS},\n"), result.err
    (gone,) = said("gone.jsonl")
    assert gone["lang"] == "en"
    assert gone["keeper"] == {**keeper, "file": name}


def test_a_column_that_the_other_file_lacks(fails: Fails, write: Write) -> None:
    write("new.txt", lines(PARCEL))
    write("old.csv", f"a,b\n1,{PAKET}\n")
    asked = ("dedup", "new.txt", "--against", "old.csv", "-m", "use")
    assert fails(1, *asked) == (
        "old.csv: no column is called text; there are: a, b. Say which holds it: --against-column NAME."
    )
    assert fails(1, *asked, "--against-column", "c") == (
        "old.csv: there is no column 'c'; there are: a, b. Name another: --against-column NAME."
    )


def test_other_columns_decide_between_rows_of_one_id(run: Run, write: Write) -> None:
    rows = [{"id": "1", "text": CATS, "source": source} for source in ("mail", "web", "book")]
    kept = []
    for ordered in (rows, rows[::-1], rows[1:] + rows[:1]):
        write("a.jsonl", lines(*ordered))
        kept.append(run("dedup", "a.jsonl", "-m", "use").out)
    assert kept[0] == kept[1] == kept[2]


def test_a_full_folder_for_temporary_files(fails: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("shutil.copyfileobj", full)
    message = fails(1, "dedup", "-", "-m", "use", stdin=b"one\n")
    assert message == f"{tempfile.gettempdir()} cannot be written: the disk is full."


def test_numbers_and_languages(run: Run, write: Write) -> None:
    write("a.txt", lines("Room 12 is free today.", "Room 13 is free today.", PARCEL, PAKET))
    assert len(run("dedup", "a.txt", "-m", "use").out.splitlines()) == 3
    assert len(run("dedup", "a.txt", "-m", "use", "--no-guard").out.splitlines()) == 2
    assert len(run("dedup", "a.txt", "-m", "use", "--keep-per-language").out.splitlines()) == 4


def test_rows_that_cannot_be_embedded(run: Run, fails: Fails, write: Write) -> None:
    write("a.csv", f"text,n\n{CATS},1\n,2\n")
    message = fails(1, "dedup", "a.csv", "-m", "use")
    assert message == "a.csv, row 2: empty; give --on-invalid skip to leave out such rows."
    result = run("dedup", "a.csv", "-m", "use", "--on-invalid", "skip")
    assert result.out == f"text,n\n{CATS},1\n"
    assert "warning: a.csv: left out row 2" in result.err


def test_nothing_is_half_written(fails: Fails, write: Write) -> None:
    write("a.txt", lines(PARCEL, PARCEL))
    write("gone.jsonl", "old")
    message = fails(1, "dedup", "a.txt", "-m", "use", "--removed", "gone.jsonl", "--out", "nowhere/out.txt")
    assert message.endswith("cannot be written: its folder does not exist.")
    assert Path("gone.jsonl").read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["b.txt"], 1, "b.txt: no such file."),
        (["a.txt", "--only-against"], 2, "--only-against compares with another file, but there is no --against."),
        (["a.txt", "--against-lang", "de"], 2, "--against-column and --against-lang are about another file, but there is no --against."),
        (["-", "--against", "-"], 2, "standard input can be read only once."),
        (["a.txt", "--threshold", "2"], 2, "--threshold is a number between 0 and 1, not 2.0."),
        (["a.txt", "--target-precision", "95"], 2, "--target-precision is a number between 0 and 1, not 95.0."),
        (["a.txt", "-o", "a.txt"], 2, "--out a.txt is a file that is read or written already; give another name."),
        (["a.txt", "--removed", "x", "--groups", "x"], 2, "--groups x is a file that is read or written already; give another name."),
        (["a.txt", "-o", "x.gz"], 2, "--out x.gz: what is written is not compressed; give a name without .gz."),
        (["a.txt", "--prefer-lang", "en,german"], 2, "'german' is not a language code; did you mean 'de'?"),
        (["a.txt", "--text-column", "x"], 2, "a.txt: txt has no columns to choose; give --input-format csv, tsv or jsonl, if it is that."),
    ],
)  # fmt: skip
def test_wrong_usage(fails: Fails, write: Write, arguments: list[str], code: int, message: str) -> None:
    write("a.txt", lines(CATS))
    assert fails(code, "dedup", *arguments, "-m", "use") == message
