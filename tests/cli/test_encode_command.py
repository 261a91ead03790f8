"""``interlingua encode``: the vectors are the encoder's own, in both formats; what is wrong is told by file and row."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

TEXTS = ["The cat sleeps.", "Die Katze schläft.", "猫が寝ています。", "القطة نائمة.", "แมวกำลังนอน"]
LINES = "".join(f"{text}\n" for text in TEXTS)
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")


def close(a: Any, b: Any) -> bool:
    a, b = np.asarray(a, dtype=np.float32), np.asarray(b, dtype=np.float32)
    return a.shape == b.shape and bool(np.abs(a - b).max() < 1e-6)


def test_npy_holds_the_vectors_of_the_encoder(run: Run, write: Write, e5: Encoder) -> None:
    result = run("encode", write("a.txt", LINES), "--out", "v.npy")
    assert (result.code, result.out, result.err) == (0, "", "v.npy: 5 vectors of 384 dimensions\n")
    vectors = np.load("v.npy", allow_pickle=False)
    assert vectors.dtype == np.dtype("<f4")
    assert vectors.flags.c_contiguous
    assert close(vectors, e5.encode(TEXTS))
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5
    assert sorted(os.listdir()) == ["a.txt", "v.npy"]
    assert close(np.load("v.npy", mmap_mode="r"), vectors)


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.txt", LINES, []),
        ("a.csv", "text\n" + LINES, []),
        ("a.tsv", "n\tsentence\n" + "".join(f"1\t{text}\n" for text in TEXTS), []),
        ("a.tsv", "n\tbody text\n" + "".join(f"1\t{text}\n" for text in TEXTS), ["--text-column", "body text"]),
        ("a.jsonl", "".join(json.dumps({"text": text}) + "\n" for text in TEXTS), []),
        ("a.jsonl", "".join(json.dumps(text) + "\n" for text in TEXTS), []),
        ("a.txt.gz", gzip.compress(LINES.encode()), []),
        ("a.txt", LINES.encode("utf-16"), ["--encoding", "utf-16"]),
        ("a.dat", LINES, ["--input-format", "txt"]),
        ("a.txt", LINES.replace("\n", "\r\n"), []),
        ("a.txt", "\ufeff" + LINES, []),
    ],
)
def test_every_input_format_gives_the_same_vectors(
    run: Run, write: Write, use: Encoder, name: str, content: str | bytes, options: list[str]
) -> None:
    result = run("encode", write(name, content), "-m", "use", *options)
    assert (result.code, result.err) == (0, "")
    assert [row["row"] for row in result.rows] == [1, 2, 3, 4, 5]
    assert close([row["embedding"] for row in result.rows], use.encode(TEXTS))


@pytest.mark.parametrize("options", [[], ["--input-format", "txt"]])
def test_standard_input(run: Run, use: Encoder, options: list[str]) -> None:
    result = run("encode", "-", "-m", "use", *options, stdin=LINES.encode())
    assert close([row["embedding"] for row in result.rows], use.encode(TEXTS))


def test_ids_and_rows_go_along(run: Run, write: Write) -> None:
    rows = '{"id": "A-7", "text": "a"}\n\n{"id": 8, "key": "k", "text": "b"}\n{"text": "c"}\n'
    found = run("encode", write("a.jsonl", rows), "-m", "use").rows
    assert [(row["id"], row["row"]) for row in found] == [("A-7", 1), ("8", 3), ("4", 4)]
    assert all(set(row) == {"id", "row", "embedding"} for row in found)
    found = run("encode", "a.jsonl", "-m", "use", "--id-column", "key").rows
    assert [row["id"] for row in found] == ["1", "k", "4"]


@pytest.mark.parametrize("target", [["--out", "v.jsonl"], ["--out", "v", "--format", "jsonl"], ["--out", "-"], []])
def test_json_lines_hold_float32_exactly(run: Run, write: Write, use: Encoder, target: list[str]) -> None:
    result = run("encode", write("a.txt", LINES), "-m", "use", *target)
    names = [name for name in os.listdir() if name.startswith("v")]
    text = Path(names[0]).read_text() if names else result.out
    assert result.err == (f"{names[0]}: 5 vectors\n" if names else "")
    vectors = np.array([json.loads(line)["embedding"] for line in text.splitlines()], dtype=np.float32)
    assert np.array_equal(vectors, use.encode(TEXTS))


def test_prompts(run: Run, write: Write, e5: Encoder) -> None:
    write("a.txt", LINES)
    for prompt, call in (("query", e5.encode_query), ("document", e5.encode_document), ("symmetric", e5.encode)):
        run("encode", "a.txt", "--prompt", prompt, "--out", "v.npy")
        assert close(np.load("v.npy"), call(TEXTS))


def test_batch_size_and_progress_change_nothing(run: Run, write: Write, use: Encoder) -> None:
    result = run("encode", write("a.txt", LINES), "-m", "use", "--out", "v.npy", "--batch-size", "2", "--progress")
    assert close(np.load("v.npy"), use.encode(TEXTS))
    assert "Encoding" in result.err
    assert "Encoding" not in run("encode", "a.txt", "-m", "use", "--out", "v.npy", "--no-progress").err


def test_more_than_one_chunk(run: Run, write: Write, use: Encoder) -> None:
    write("a.txt", "".join(f"Number {number}\n" for number in range(9000)))
    result = run("encode", "a.txt", "-m", "use", "-o", "v.npy")
    assert result.err == "v.npy: 9,000 vectors of 512 dimensions\n"
    vectors = np.load("v.npy")
    assert vectors.shape == (9000, 512)
    assert close(vectors[[0, 8191, 8192, 8999]], use.encode(["Number 0", "Number 8191", "Number 8192", "Number 8999"]))


def test_skipped_rows_are_named_and_listed(run: Run, write: Write, use: Encoder) -> None:
    content = 'id,text\na,first\nb,""\nc,"  "\nd,last\n'
    result = run("encode", write("a.csv", content), "-m", "use", "-o", "v.npy", "--on-invalid", "skip")
    assert result.code == 0
    assert result.err.splitlines() == [
        "v.npy: 2 vectors of 512 dimensions",
        "v.rows.txt: the row of a.csv that each vector belongs to",
        "warning: a.csv: left out 2 rows (2, 3), which cannot be embedded",
    ]
    assert close(np.load("v.npy"), use.encode(["first", "last"]))
    assert Path("v.rows.txt").read_text() == "1\n4\n"
    # A later run writes the listing anew, or it would be wrong.
    run("encode", write("b.txt", "one\ntwo\n"), "-m", "use", "-o", "v.npy")
    assert Path("v.rows.txt").read_text() == "1\n2\n"


def test_files_beside_each_other_have_listings_of_their_own(run: Run, write: Write) -> None:
    write("a.txt", "one\n\nthree\n")
    write("b.txt", "\ntwo\n")
    said = [run("encode", f"{name}.txt", "-m", "use", "-f", "npy", "-o", f"corpus.{name}").err for name in "ab"]
    assert said[0].splitlines()[1] == "corpus.a.rows.txt: the row of a.txt that each vector belongs to"
    assert Path("corpus.a.rows.txt").read_text() == "1\n3\n"
    assert Path("corpus.b.rows.txt").read_text() == "2\n"


@pytest.mark.parametrize("lines", ["one\n\nthree\n", "one\ntwo\n"])
def test_the_listing_does_not_replace_the_texts(fails: Fails, run: Run, write: Write, lines: str) -> None:
    write("v.rows.txt", lines)
    assert fails(2, "encode", "v.rows.txt", "-m", "use", "-o", "v.npy") == (
        "v.rows.txt is the file that is read, and the rows of the vectors in v.npy would be listed there; give --out another "
        "name."
    )
    assert Path("v.rows.txt").read_text() == lines
    assert run("encode", "v.rows.txt", "-m", "use", "-o", "v.jsonl").code == 0


def test_empty_lines_of_a_text_file_are_counted(run: Run, write: Write) -> None:
    run("encode", write("a.txt", "one\n\n\nfour\n"), "-m", "use", "-o", "v.npy")
    assert Path("v.rows.txt").read_text() == "1\n4\n"
    assert [row["row"] for row in run("encode", "a.txt", "-m", "use").rows] == [1, 4]


def test_null_is_a_missing_text(run: Run, fails: Fails, write: Write) -> None:
    write("a.jsonl", '{"text": "a"}\n{"text": null}\n')
    assert fails(1, "encode", "a.jsonl") == "a.jsonl, row 2: empty; give --on-invalid skip to leave out such rows."
    assert [row["row"] for row in run("encode", "a.jsonl", "-m", "use", "--on-invalid", "skip").rows] == [1]


@pytest.mark.parametrize("out", [[], ["-o", "v.npy"]])
def test_only_invalid_rows(fails: Fails, write: Write, out: list[str]) -> None:
    write("a.csv", 'text\n""\n" "\n')
    message = fails(1, "encode", "a.csv", "-m", "use", "--on-invalid", "skip", *out)
    assert message == "a.csv: none of the 2 rows can be embedded."


def test_cleaning(run: Run, fails: Fails, write: Write, use: Encoder) -> None:
    write("a.jsonl", '"caf\\\\u00e9"\n"CafÃ©"\n"a\\ud83d"\n')
    assert fails(1, "encode", "a.jsonl") == (
        "a.jsonl, row 3: a lone surrogate: U+D83D at position 1; give --on-invalid skip to leave out such rows, or --clean "
        "to repair it."
    )
    result = run("encode", "a.jsonl", "-m", "use", "--clean")
    assert result.err == ""
    assert close([row["embedding"] for row in result.rows], use.encode(["café", "Café", "a"]))


def test_damaged_texts_are_embedded_with_one_warning(run: Run, write: Write) -> None:
    write("a.txt", "fine\n" + "\\u732b\n" * 3)
    result = run("encode", "a.txt", "-m", "use", "-o", "v.npy")
    assert result.err.splitlines() == [
        "warning: a.txt: 3 texts look damaged: literal escapes in rows 2, 3, 4, such as “\\u732b” (meant is “猫”). To cure it: "
        "--clean repairs them before they reach the model.",
        "v.npy: 4 vectors of 512 dimensions",
    ]
    write("b.txt", "\\u732b\n" * 8200)
    warnings = run("encode", "b.txt", "-m", "use", "-o", "v.npy").err.splitlines()
    assert warnings[0].startswith("warning: b.txt: 8,192 texts look damaged: literal escapes in rows 1, 2, 3, ")
    assert warnings[2:] == ["warning: b.txt: 8 more texts further on look damaged"]


def test_long_texts(run: Run, fails: Fails, write: Write) -> None:
    long = "word " * 400
    write("a.txt", f"short\n{long}\nshort too\n{long}\n")
    result = run("encode", "a.txt", "-m", "use")
    assert result.err == "warning: a.txt: cut at the model's 256 tokens: 2 rows (2, 4)\n"
    assert len(result.rows) == 4
    for out in ([], ["-o", "v.npy"], ["-o", "v.jsonl"]):
        message = fails(1, "encode", "a.txt", "-m", "use", "--long", "error", *out)
        assert message == (
            "a.txt: longer than the model's 256 tokens: 2 rows (2, 4); give --long truncate or --long window, or split "
            "them."
        )
    assert run("encode", write("b.txt", "short\n"), "-m", "use", "--long", "error").code == 0


def test_long_texts_in_windows(run: Run, write: Write) -> None:
    write("a.txt", "short\n" + "word " * 400 + "and an end\n" + "word " * 400 + "and another\n")
    result = run("encode", "a.txt", "-m", "use", "--long", "window")
    assert result.err == ""
    assert len(result.rows) == 3
    assert result.rows[1]["embedding"] != result.rows[2]["embedding"]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.txt", "", [], "a.txt: there are no texts in it."),
        ("a.txt", "\n \n", [], "a.txt: there are no texts in it."),
        ("a.csv", "text\n", [], "a.csv: there are no texts in it."),
        ("a.csv", "text\na\n \n", [], "a.csv, row 2: only white space; give --on-invalid skip to leave out such rows."),
        ("a.csv", "a,b\n1,2\n", [], "a.csv: no column is called text; there are: a, b. Say which holds it: --text-column NAME."),
        ("a.csv", "a,b\n1,2\n", ["--text-column", "c"], "a.csv: there is no column 'c'; there are: a, b. Name another: --text-column NAME."),
        ("a.csv", "text\nb\n", ["--id-column", "c"], "a.csv: there is no column 'c'; there are: text. Name another: --id-column NAME."),
        ("a.txt", b"ok\ncaf\xe9\n", [], "a.txt: line 2, byte 6 (0xE9), is not utf-8; give the file's own encoding, for example --encoding cp1252."),
        ("a.txt", "a\n".encode("utf-16"), [], "a.txt: its byte order mark says utf-16, not utf-8; give --encoding utf-16."),
        ("a.jsonl", '{"text": "a"}\n{"text": "b', [], "a.jsonl: line 2 is not complete JSON and is the last one: the file seems cut off."),
        ("a.jsonl", '{"text": 7}\n', [], "a.jsonl: line 1: 'text' is a number, not a string."),
        ("a.txt.gz", "no gzip\n", [], "a.txt.gz: this is not gzip, although the name ends in .gz."),
        ("a.md", "a\n", [], "a.md: the ending does not tell the format (.txt, .csv, .tsv, .jsonl, .ndjson, or one of these and .gz); give it with --input-format: txt, csv, tsv, jsonl."),
        ("a.txt", "a\n", ["-o", "no/v.npy"], "no/v.npy cannot be written: its folder does not exist."),
        ("a.txt", "a\n", ["-o", "a.txt/v.npy"], "a.txt/v.npy cannot be written: what should be its folder is a file."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_data(
    fails: Fails, write: Write, name: str, content: str | bytes, options: list[str], message: str
) -> None:
    write(name, content)
    for out in ([], ["-o", "v.npy"], ["-o", "v.jsonl"]):
        said = fails(1, "encode", name, "-m", "use", *out, *options)
        assert said.removeprefix(f"{Path.cwd()}{os.sep}") == message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--format", "npy"], "A .npy file cannot go to standard output; name it with --out FILE."),
        (["--format", "npy", "--out", "-"], "A .npy file cannot go to standard output; name it with --out FILE."),
        (["--format", "parquet"], "A .parquet file cannot go to standard output; name it with --out FILE."),
        (["--out", "v.csv"], "v.csv: the ending tells no format to write (.npy, .jsonl, .parquet); give it: --format npy, jsonl or parquet."),
        (["--out", "v.jsonl.gz"], "v.jsonl.gz: the ending tells no format to write (.npy, .jsonl, .parquet); give it: --format npy, jsonl or parquet."),
        (["--resume"], "--resume and --overwrite are for a file that is written; name it with --out FILE."),
        (["--overwrite", "--out", "-"], "--resume and --overwrite are for a file that is written; name it with --out FILE."),
        (["--resume", "--overwrite", "--out", "v.npy"], "--resume goes on and --overwrite starts anew; give one of them."),
        (["--out", "./a.txt", "--format", "npy"], "a.txt is the file that is read; give --out another name."),
        (["--text-column", "t"], "a.txt: txt has no columns to choose; give --input-format csv, tsv or jsonl, if it is that."),
        (["--encoding", "klingon"], "There is no encoding 'klingon'; try utf-8, utf-16 or cp1252."),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(fails: Fails, write: Write, options: list[str], message: str) -> None:
    write("a.txt", "a\n")
    assert fails(2, "encode", "a.txt", "-m", "use", *options) == message


def test_no_such_file(fails: Fails, tmp_path: Path) -> None:
    assert fails(1, "encode", "a.txt") == "a.txt: no such file."
    assert fails(1, "encode", str(tmp_path)) == f"{tmp_path} is a folder; give a file."


@needs_full
@pytest.mark.parametrize("format", ["npy", "jsonl"])
def test_a_full_disk(fails: Fails, write: Write, format: str) -> None:
    write("a.txt", LINES)
    message = fails(1, "encode", "a.txt", "-m", "use", "--out", "/dev/full", "--format", format)
    assert message == "/dev/full cannot be written: the disk is full."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_takes_json_lines_only(fails: Fails, write: Write) -> None:
    write("a.txt", LINES)
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    message = fails(2, "encode", "a.txt", "-m", "use", "--out", "pipe", "--format", "npy")
    os.close(reader)
    assert message == "pipe is no file in which the number of vectors can be filled in later; write jsonl there."


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_no_permission(fails: Fails, write: Write) -> None:
    write("a.txt", LINES)
    os.mkdir("locked", 0o500)
    assert fails(1, "encode", "a.txt", "-m", "use", "-o", "locked/v.npy").endswith("cannot be written: no permission.")


def test_an_older_file_stays_as_it_was_when_the_work_fails(run: Run, write: Write) -> None:
    write("v.npy", "old")
    assert run("encode", write("a.csv", 'text\na\n""\n'), "-m", "use", "-o", "v.npy").code == 1
    assert Path("v.npy").read_text() == "old"


def test_real_files(run: Run, development_data: Path, use: Encoder) -> None:
    file = development_data / "sib200" / "tha_Thai.tsv"
    assert run("encode", str(file), "-m", "use", "-o", "v.npy").code == 0
    texts = [line.split("\t")[3] for line in file.read_text(encoding="utf-8").splitlines()[1:]]
    assert close(np.load("v.npy"), use.encode(texts))


def test_standard_input_may_go_where_a_file_is(run: Run, write: Write) -> None:
    write("v.npy", "an older file")
    run("encode", "-", "--out", "v.npy", "-m", "use", stdin=b"one\ntwo\n")
    assert np.load("v.npy").shape == (2, 512)


def test_a_language_column_is_none_of_its_business(run: Run, write: Write) -> None:
    write("l.csv", "id,text,language\n1,hello there,English\n2,good day,und\n")
    assert [row["id"] for row in run("encode", "l.csv", "-m", "use").rows] == ["1", "2"]
