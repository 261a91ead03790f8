"""``interlingua index add``: what is read, what is left out, and what is said when something fails."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import Encoder
from interlingua.errors import StorageError
from interlingua.index.index import Index
from interlingua.texts import documents

Run = Callable[..., Any]
Write = Callable[..., str]


@pytest.fixture(autouse=True)
def idx(run: Run, write: Write) -> None:
    """An index of five texts."""
    assert run("index", "create", "idx", write("a.txt", "a\nb\nc\nd\ne\n"), "--model", "use").code == 0


@pytest.mark.parametrize(("error", "code"), [(StorageError("the disk is full."), 1), (KeyboardInterrupt(), 130)])
def test_what_is_left_out_is_told_when_the_snapshot_cannot_be_made(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def failing(*_: Any) -> None:
        raise error

    monkeypatch.setattr("interlingua.index.writing._BEHIND", 1)
    monkeypatch.setattr("interlingua.index.writing.Writer.make_snapshot", failing)
    said = run("index", "add", "idx", write("more.csv", "text,n\none,1\n,2\ntwo,3\n"), "--on-invalid", "skip")
    assert (said.code, said.out) == (code, "")
    assert said.err.startswith(
        (
            "idx has all documents; make what searches quickly with: interlingua index compact idx\n"
            if code == 130
            else ""
        )
        + "warning: more.csv: left out row 2, which cannot be embedded\n"
    )
    with Index.open("idx") as index:
        assert len(index) == 7


def test_rows_that_cannot_be_documents_are_named_or_left_out(run: Run, write: Write) -> None:
    write("more.csv", "id,text\na,one\nb\u200dc,two\nd\u0007,three\n,\ne,five\n")
    said = run("index", "add", "idx", "more.csv")
    assert (said.code, said.err) == (
        1,
        "error: more.csv, row 3: the id has U+0007 at position 1, which nobody can see or type: 'd\\x07'; give --on-invalid skip to leave out such rows.\n",
    )
    said = run("index", "add", "idx", "more.csv", "--on-invalid", "skip")
    assert said.err == (
        "idx: 3 added, 0 updated, 0 unchanged; 8 documents in all\n"
        "warning: more.csv: left out 2 rows (3, 4), which cannot be embedded\n"
    )


def test_long_documents_are_read_few_at_a_time(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.index.items._CHARACTERS", 250)
    Path("texts").mkdir()
    for number in range(9):
        (Path("texts") / f"{number}.txt").write_text(f"number {number} " * 20)
    embed, read = Encoder.encode_document, []
    records = documents._records_of_files

    def counted(*arguments: Any) -> Any:
        for record in records(*arguments):
            read.append(record.id)
            yield record

    def embedded(self: Encoder, texts: Any) -> Any:
        seen.append(len(read))
        return embed(self, texts)

    seen: list[int] = []
    monkeypatch.setattr(documents, "_records_of_files", counted)
    monkeypatch.setattr(Encoder, "encode_document", embedded)
    run("index", "add", "idx", "texts")
    assert seen == [2, 4, 6, 8, 9]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_read_once(run: Run) -> None:
    os.mkfifo("pipe")

    def give() -> None:
        Path("pipe").write_text("one\ntwo\n")

    giver = threading.Thread(target=give)
    giver.start()
    said = run("index", "add", "idx", "pipe", "--input-format", "txt", "--progress")
    giver.join()
    assert said.err.endswith("idx: 2 added, 0 updated, 0 unchanged; 7 documents in all\n")
