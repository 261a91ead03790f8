"""A long ``add``: snapshots within it keep what readers hold in bounds, and none of them costs a document."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from interlingua import FakeEncoder
from interlingua.errors import StorageError
from interlingua.index import items, writing
from interlingua.index.index import Index

ROWS = [{"id": str(row), "text": f"text {row}", "lang": "en"} for row in range(100)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten documents in a chunk, and a snapshot after more than 25 or half of what the last one has."""
    monkeypatch.setattr(items, "_CHUNK", 10)
    monkeypatch.setattr(writing, "_FAR_BEHIND", 25)
    monkeypatch.setattr(writing, "_GROWTH", 0.5)


def test_readers_never_hold_all_that_is_added(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index, Index.open(tmp_path / "index") as reader:
        behind: list[int] = []
        index.add(ROWS, acknowledged=lambda _: behind.append(reader.info().behind))
        assert behind == [10, 20, 30, 10, 20, 30, 10, 20, 30, 40]
        assert reader.info().behind == 0
        assert len(reader) == 100
        assert index.add(ROWS) == (0, 0, 100)
        assert index.verify() == []


def test_without_a_snapshot_there_is_none(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add(ROWS, snapshot=False)
        assert index.info().snapshot is None


def test_an_interruption_in_a_snapshot_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        acknowledged: list[int] = []
        with monkeypatch.context() as patch:
            patch.setattr(writing.Writer, "make_snapshot", interrupted)
            with pytest.raises(KeyboardInterrupt):
                index.add(ROWS, acknowledged=acknowledged.append)
        assert (len(index), sum(acknowledged)) == (30, 30)
        assert index.add(ROWS) == (70, 0, 30)
        assert index.verify() == []


def test_a_disk_without_room_for_a_snapshot_takes_the_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def full(writer: writing.Writer, *_: Any) -> None:
        tried.append(writer.documents.count())
        raise StorageError("the disk is full.")

    monkeypatch.setattr(writing.Writer, "make_snapshot", full)
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        assert index.add(ROWS) == (100, 0, 0)
        assert tried == [30], "not for every chunk"
        monkeypatch.setattr(writing, "_BEHIND", 25)
        with pytest.raises(StorageError, match="All documents are in, only the snapshot"):
            index.add([])


def test_a_full_disk_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught, writing.disk(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(caught.value) == f"{tmp_path}: the disk is full; free some space."


def test_an_index_that_is_embedded_anew_gets_one_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_BEHIND", 25)
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add(ROWS, snapshot=False)
        made: list[int] = []
        make = writing.Writer.make_snapshot

        def counted(writer: writing.Writer, *arguments: Any) -> None:
            made.append(writer.documents.count())
            make(writer, *arguments)

        monkeypatch.setattr(writing.Writer, "make_snapshot", counted)
        index.reembed(FakeEncoder(32))
        assert made == [100]
        assert index.info().behind == 0
