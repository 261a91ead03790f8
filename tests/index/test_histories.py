"""Documents that are an older copy than what was derived from them; checking beside a writer; what is read at one moment."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from interlingua import FakeEncoder
from interlingua.errors import CorruptIndex
from interlingua.index import manifest, snapshot
from interlingua.index.documents import Documents
from interlingua.index.index import Index
from interlingua.index.whole import forget_snapshots


def rows(first: int, last: int, word: str) -> list[dict[str, str]]:
    return [{"id": f"{word} {row}", "text": f"{word} number {row}", "lang": "en"} for row in range(first, last)]


def assert_found(index: Index, words: list[str]) -> None:
    """Each document is found by its text, and no other has its vector."""
    for word in words:
        (hit,) = index.search(f"{word} number 7", 1, fair=False)
        assert (hit.id, hit.text, round(hit.cosine, 4)) == (f"{word} 7", f"{word} number 7", 1.0)
    for hit in index.search("walnut number 7", 50, fair=False):
        document = index.get(hit.id)
        assert document is not None
        assert document.text == hit.text


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """An index whose last writes were in the log, which is lost; they are in a snapshot."""
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add(rows(0, 100, "apple"))
        index.compact()
        index.add(rows(0, 50, "walnut"))
        index.delete("apple 3")
        # It puts nothing from the log into the file.
        index.rebuild()
        shutil.copytree(index.folder, tmp_path / "lost")
    for name in ("documents.db-wal", "documents.db-shm"):
        (tmp_path / "lost" / name).unlink()
    return tmp_path / "lost"


def test_a_snapshot_that_knows_of_lost_writes(lost: Path) -> None:
    with pytest.raises(CorruptIndex, match="lacks the last"):
        Index.open(lost, FakeEncoder())
    with Index.recover(lost, FakeEncoder()) as index:
        assert len(index) == 100
        assert list((lost / "snapshots").iterdir()) == []
        assert_found(index, ["apple"])
        # As many writes as were lost, and more, so that their numbers are the same.
        for word in ("cherry", "grape", "melon", "olive", "peach"):
            index.add(rows(0, 10, word))
            assert_found(index, ["apple", word])
        assert index.rebuild().snapshot is not None
        assert_found(index, ["apple", "cherry", "olive"])
        assert index.verify() == []


def test_an_older_copy_that_nobody_has_noticed(lost: Path) -> None:
    """What was acknowledged is lost as well, so nothing tells of it but the snapshot."""
    (lost / "acknowledged").unlink()
    reader = Index.open(lost, FakeEncoder())
    assert reader.info().snapshot is None
    assert_found(reader, ["apple"])
    with Index.open(lost, FakeEncoder()) as index:
        for word in ("cherry", "grape", "melon", "olive", "peach"):
            index.add(rows(0, 10, word))
            assert_found(index, ["apple", word])
            assert_found(reader, ["apple", word])
        assert list((lost / "snapshots").iterdir()) == []
        index.compact()
        assert_found(reader, ["apple", "olive"])
        assert reader.info().snapshot is not None
        assert index.verify() == []


def test_a_snapshot_of_another_history_is_not_used(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index, Index.open(index.folder, FakeEncoder()) as reader:
        index.add(rows(0, 100, "apple"))
        index.compact()
        assert reader.info().snapshot is not None
        shutil.copytree(index.folder / "snapshots", tmp_path / "kept")
        forget_snapshots(index.folder, index._documents)
        shutil.copytree(tmp_path / "kept", index.folder / "snapshots", dirs_exist_ok=True)
        assert reader.info().snapshot is None
        assert_found(reader, ["apple"])


# ------------------------------------------------------------------------------------------------- checking


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index.create(tmp_path / "index", FakeEncoder())
    made.add(rows(0, 100, "apple"))
    made.compact()
    return made


def test_checking_beside_a_writer(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Index.open(index.folder, FakeEncoder())
    check, digest = Documents.damage, snapshot.sha256

    def slow(self: Documents) -> Any:
        yield from check(self)
        other.rebuild()

    monkeypatch.setattr(Documents, "damage", slow)
    assert index.verify() == []
    monkeypatch.undo()

    def rebuilt(path: Path) -> str:
        monkeypatch.undo()
        other.rebuild()
        return digest(path)

    monkeypatch.setattr(snapshot, "sha256", rebuilt)
    assert index.verify() == []
    (current,) = (index.folder / "snapshots").iterdir()
    (current / "keys.npy").unlink()
    assert index.verify() == [f"{current / 'keys.npy'} is missing"]
    shutil.rmtree(current)
    assert index.verify() == [f"{current} is missing; make it anew with: interlingua index rebuild {index.folder}"]


def test_an_index_with_a_manifest_of_an_older_format(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "FORMAT", 2)
    monkeypatch.setattr(manifest, "MIGRATIONS", {1: lambda facts: {**facts, "recall": 0.5}})
    with Index.open(index.folder, FakeEncoder()) as again:
        assert (again.manifest.format, again.manifest.recall) == (2, 0.5)
        assert again.verify() == []
        again.add(rows(0, 10, "cherry"))
        assert_found(again, ["apple", "cherry"])


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is mapped is told on Linux")
def test_a_closed_index_lets_go_of_its_files(index: Index) -> None:
    assert_found(index, ["apple"])
    assert str(index.folder) in Path("/proc/self/maps").read_text(encoding="utf-8")
    index.close()
    assert str(index.folder) not in Path("/proc/self/maps").read_text(encoding="utf-8")


def test_a_deleted_file_is_not_made_anew(index: Index) -> None:
    path = index.folder / "documents.db"
    path.rename(path.with_name("moved.db"))
    said: list[BaseException] = []

    def look() -> None:
        try:
            # A thread of its own, which has no connection yet.
            index._documents.sequence()
        except CorruptIndex as error:
            said.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert [str(error) for error in said] == [f"{path} is missing; restore it from a backup, or make the index anew."]
    assert not path.exists()


# ------------------------------------------------------------------------------------------------- one moment


def test_what_is_read_one_by_one_is_of_one_moment(index: Index) -> None:
    wanted = [f"apple {row}" for row in range(100)]
    documents, exported = index.documents(), index.exported(vectors=True)
    assert next(documents).id == next(exported)["id"] == "apple 0"
    # In the same thread, too.
    index.add(rows(0, 2000, "walnut"))
    index.delete(wanted[1:])
    assert [one.id for one in documents] == wanted[1:]
    assert [(row["id"], len(row["vectors"])) for row in exported] == [(id_, 1) for id_ in wanted[1:]]
    assert len(index) == 2001
    assert index.verify() == []


def test_changes_are_all_made_or_none(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    from interlingua.index import items

    monkeypatch.setattr(items, "_CHUNK", 10)
    before = index._documents.sequence()
    assert index.update({"id": f"apple {row}", "text": f"pear number {row}"} for row in range(35)) == (0, 35, 0)
    assert index._documents.sequence() == before + 1
    embed, calls = FakeEncoder.encode_document, iter(range(10))

    def failing(self: FakeEncoder, sentences: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return embed(self, sentences)

    monkeypatch.setattr(FakeEncoder, "encode_document", failing)
    with pytest.raises(KeyboardInterrupt):
        index.update({"id": f"apple {row}", "text": f"plum number {row}"} for row in range(35))
    assert index._documents.sequence() == before + 1
    assert {one.text.split()[0] for one in index.documents()} == {"pear", "apple"}


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (True, 1), (0, False), (1, 1.0), ([1], [True]), ({"a": 0}, {"a": False})]
)
def test_values_that_are_equal_in_python_are_changes(index: Index, one: Any, other: Any) -> None:
    document = {"id": "apple 1", "text": "apple number 1", "lang": "en"}
    index.add([{**document, "x": one, "y": 2}])
    assert index.add([{**document, "y": 2, "x": one}]) == (0, 0, 1)
    assert index.add([{**document, "x": other, "y": 2}]) == (0, 1, 0)
    assert repr(index.get("apple 1").metadata["x"]) == repr(other)  # type: ignore[union-attr]
    assert index.update([{"id": "apple 1", "x": one}]) == (0, 1, 0)
    assert repr(index.get("apple 1").metadata["x"]) == repr(one)  # type: ignore[union-attr]
