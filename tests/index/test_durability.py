"""Damaged, missing and older files; folders that cannot be written; threads, forks and interruptions; what cannot be added."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import FakeEncoder
from interlingua.errors import CorruptIndex, InputError, InterlinguaError, OptionError, StorageError, WrongModel
from interlingua.index import database, manifest, snapshot, whole
from interlingua.index.checking import damage
from interlingua.index.index import Index

TEXTS = {str(row): f"text {row} of the {'first' if row % 2 else 'second'} kind" for row in range(300)}


def filled(folder: Path, **options: Any) -> Index:
    index = Index.create(folder, FakeEncoder(), **options)
    index.add([{"id": id_, "text": text, "lang": "en", "number": int(id_)} for id_, text in TEXTS.items()])
    return index


def contents(index: Index) -> dict[str, str]:
    return {one.id: one.text for one in index.documents()}


def best(index: Index) -> list[tuple[str, float]]:
    return [(hit.id, round(hit.score, 4)) for hit in index.search("text 123 of the first kind", 1, fair=False)]


@pytest.fixture(scope="module")
def whole_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a snapshot, and with writes after it that are only in the log, as after a sudden end."""
    folder = tmp_path_factory.mktemp("whole") / "index"
    index = filled(folder, kind="hnsw")
    index.add([{"id": f"more {row}", "text": f"more {row}", "lang": "de"} for row in range(1000)])
    index.compact()
    index.add([{"id": "late", "text": "what came late", "lang": "en"}])
    index.delete("5")
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy)
    index.close()
    return copy


@pytest.fixture
def folder(whole_index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole_index, tmp_path / "index"))


def flipped(path: Path, at: int | None = None) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 0x10
    path.write_bytes(content)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


HARM: dict[str, Callable[[Path], None]] = {"missing": Path.unlink, "truncated": truncated, "flipped": flipped}


def test_a_copy_of_an_open_index_is_whole(folder: Path) -> None:
    assert list(damage(folder)) == []
    with Index.open(folder, FakeEncoder()) as index:
        assert index.verify() == []
        assert len(index) == 1300
        assert best(index) == [("123", 1.0)]
        assert index.search("what came late", 1, fair=False)[0].id == "late"


@pytest.mark.parametrize("harm", HARM)
def test_damage_to_the_manifest(folder: Path, harm: str) -> None:
    before = (folder / "manifest.json").read_bytes()
    HARM[harm](folder / "manifest.json")
    assert any("manifest.json" in sentence for sentence in damage(folder))
    with pytest.raises((CorruptIndex, OptionError), match=r"manifest\.json"):
        Index.open(folder, FakeEncoder())
    with pytest.raises(WrongModel):
        Index.recover(folder, FakeEncoder(32))
    with Index.recover(folder) as index:
        assert index.verify() == []
        assert len(index) == 1300
    assert (folder / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("harm", HARM)
def test_damage_to_what_is_not_yet_in_the_documents_file(folder: Path, harm: str) -> None:
    HARM[harm](folder / "documents.db-wal")
    (folder / "documents.db-shm").unlink()
    said = list(damage(folder))
    assert any("documents.db lacks the last" in sentence for sentence in said), said
    with pytest.raises(CorruptIndex, match=r"lacks the last \d+ writes .* Index\.recover"):
        Index.open(folder, FakeEncoder())
    with Index.recover(folder, FakeEncoder()) as index:
        assert index.verify() == []
        # What was acknowledged before the log.
        assert len(index) >= 1300
        assert best(index) == [("123", 1.0)]


@pytest.mark.parametrize("name", [path.name for path in (Path("documents.db"), Path("acknowledged"))])
@pytest.mark.parametrize("harm", HARM)
def test_damage_to_the_documents(folder: Path, name: str, harm: str) -> None:
    HARM[harm](folder / name)
    said = list(damage(folder))
    assert any(name in sentence for sentence in said), said
    if name == "documents.db" and harm == "missing":
        with pytest.raises(CorruptIndex, match=r"documents\.db is missing; restore it from a backup"):
            Index.open(folder, FakeEncoder())
    if name == "acknowledged":
        with Index.recover(folder, FakeEncoder()) as index:
            assert len(index) == 1300
            assert index.verify() == []


def test_no_flipped_bit_of_the_documents_goes_unseen(folder: Path) -> None:
    with Index.open(folder, FakeEncoder()) as index:
        index.compact()
        wanted = {one.id: one for one in index.documents()}
    path = folder / "documents.db"
    content = path.read_bytes()
    chance = random.Random(1)
    found = 0
    for _ in range(60):
        at = chance.randrange(len(content))
        flipped(path, at)
        if list(damage(folder)):
            found += 1
        else:
            # In a byte that holds nothing.
            with Index.open(folder, FakeEncoder()) as index:
                assert {one.id: one for one in index.documents()} == wanted, at
        path.write_bytes(content)
        for left in ("-wal", "-shm"):
            path.with_name(f"documents.db{left}").unlink(missing_ok=True)
    assert found >= 30


def snapshot_files(folder: Path) -> list[Path]:
    (current,) = (folder / "snapshots").iterdir()
    return sorted(current.iterdir())


NAMES = [
    "fair.faiss",
    "inverse.npy",
    "keys.npy",
    "langs.npy",
    "means.npz",
    "numbers.npy",
    "plain.faiss",
    "snapshot.json",
]


@pytest.mark.parametrize("harm", HARM)
def test_damage_to_a_snapshot(whole_index: Path, tmp_path: Path, harm: str) -> None:
    assert [path.name for path in snapshot_files(whole_index)] == NAMES
    for name in NAMES:
        folder = Path(shutil.copytree(whole_index, tmp_path / name))
        (path,) = [path for path in snapshot_files(folder) if path.name == name]
        HARM[harm](path)
        assert any(str(path) in sentence for sentence in damage(folder)), name
        with Index.open(folder, FakeEncoder()) as index:
            if harm != "flipped":
                # What is torn is as if it were not there: everything is looked at instead.
                assert index.info().snapshot is None
                assert best(index) == [("123", 1.0)]
                assert len(index.search("text", 20, fair=True)) == 20
                # Who writes next makes it anew.
                index.add(["one more"])
            else:
                index.rebuild()
            assert index.info().snapshot is not None
            assert best(index) == [("123", 1.0)]
            assert index.verify() == []


def test_a_structure_that_cannot_be_read_is_done_without(folder: Path) -> None:
    with Index.open(folder, FakeEncoder()) as index:
        assert index.info().snapshot is not None
        for name in ("plain.faiss", "fair.faiss"):
            (path,) = [path for path in snapshot_files(folder) if path.name == name]
            path.write_bytes(b"\0" * path.stat().st_size)
        assert best(index) == [("123", 1.0)]
        assert len(index.search("text", 20)) == 20


def test_all_snapshots_lost(folder: Path) -> None:
    shutil.rmtree(folder / "snapshots")
    assert any("snapshots" in sentence and "is missing" in sentence for sentence in damage(folder))
    with Index.open(folder, FakeEncoder()) as index:
        assert best(index) == [("123", 1.0)]
        assert index.rebuild().snapshot is not None
        assert index.verify() == []


# ------------------------------------------------------------------------------------------------- folders


@pytest.fixture
def somebody() -> Iterator[Path]:
    """A folder in which we may not write: as root, by being somebody else meanwhile."""
    above = Path(tempfile.mkdtemp())
    above.chmod(0o755)
    yield above
    os.seteuid(os.getuid())
    for path in [above, *above.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(above)


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
@pytest.mark.parametrize("left", ["closed", "log and shared memory", "log"])
def test_a_folder_that_may_only_be_read(whole_index: Path, somebody: Path, left: str) -> None:
    folder = Path(shutil.copytree(whole_index, somebody / "index"))
    if left == "closed":
        Index.open(folder, FakeEncoder()).compact()
    elif left == "log":
        (folder / "documents.db-shm").unlink()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.getuid() == 0:
        os.seteuid(65534)
    with Index.open(folder, FakeEncoder()) as index:
        assert len(index) == 1300
        assert best(index) == [("123", 1.0)]
        assert index.search("what came late", 1, fair=False)[0].id == "late"
        assert index.count("number < 10") == 9
        for write in (lambda: index.add(["a"]), lambda: index.delete("1"), index.compact):
            with pytest.raises(StorageError, match="no permission to write there"):
                write()


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_manifest_that_may_not_be_read(whole_index: Path, somebody: Path) -> None:
    folder = Path(shutil.copytree(whole_index, somebody / "index"))
    (folder / "manifest.json").chmod(0)
    if os.getuid() == 0:
        os.seteuid(65534)
    with pytest.raises(StorageError) as caught:
        Index.open(folder, FakeEncoder())
    assert str(caught.value) == (
        f"{folder / 'manifest.json'}: no permission to read it; change the permissions of the folder."
    )


def test_formats(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = json.loads((folder / "manifest.json").read_text())
    monkeypatch.setattr(database, "VERSION", 2)
    asked = []
    monkeypatch.setattr(
        database, "MIGRATIONS", {1: lambda file: asked.append(file.execute("CREATE TABLE later (value)").fetchall())}
    )
    with Index.open(folder, FakeEncoder()) as index:
        assert len(index) == 1300
        assert asked == [[]]
    with Index.open(folder, FakeEncoder()) as index:
        assert len(index) == 1300
        assert asked == [[]]
    monkeypatch.undo()
    with pytest.raises(
        OptionError, match=r"documents\.db has the format 2; this version of Interlingua knows 1: install"
    ):
        Index.open(folder, FakeEncoder())
    (folder / "manifest.json").write_text(json.dumps({**said, "format": 99}))
    with pytest.raises(OptionError, match="has the format 99, which this version"):
        Index.open(folder, FakeEncoder())


def test_a_manifest_of_an_older_format(monkeypatch: pytest.MonkeyPatch) -> None:
    old = json.dumps({"format": 0, "name": "fake", "fingerprint": "f", "precision": "exact", "dimension": 64})
    monkeypatch.setattr(manifest, "MIGRATIONS", {0: lambda facts: {**facts, "model": facts["name"], "kind": "flat"}})
    found = manifest.manifest_of(old, Path("index/manifest.json"))
    assert (found.model, found.kind, found.format) == ("fake", "flat", 1)


def test_what_is_not_an_index(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        folder = index.folder
    (folder / "documents.db").unlink()
    sqlite3.connect(folder / "documents.db").execute("CREATE TABLE other (a)").connection.close()
    with pytest.raises(CorruptIndex, match="is not the file of an index"):
        Index.open(folder, FakeEncoder())
    (folder / "documents.db").write_bytes(b"not a database at all, but long enough to have a header" * 100)
    with pytest.raises(CorruptIndex, match="is damaged"):
        Index.open(folder, FakeEncoder())


def test_making_an_index_that_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole, "write_manifest", stop)
    with pytest.raises(KeyboardInterrupt):
        Index.create(tmp_path / "index", FakeEncoder())
    monkeypatch.undo()
    with Index.create(tmp_path / "index", FakeEncoder(32)) as index:
        index.add(["a text"])
        (index.folder / "manifest.json").unlink()
        with pytest.raises(OptionError, match="exists and is not empty"):
            Index.create(index.folder, FakeEncoder())


def test_taking_the_place_of_an_index_that_was_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    rename = Path.rename

    def once(self: Path, target: Path) -> Path:
        if self.name.endswith(".reembedding"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(KeyboardInterrupt):
        index.reembed(FakeEncoder(32))
    monkeypatch.undo()
    assert not (tmp_path / "index").exists()
    with Index.open(tmp_path / "index", FakeEncoder(32)) as again:
        assert contents(again) == TEXTS
        assert again.verify() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index"]


def test_an_index_that_another_process_embeds_anew(tmp_path: Path) -> None:
    filled(tmp_path / "index").close()
    with Index.open(tmp_path / "index", FakeEncoder()) as reader, Index.open(tmp_path / "index") as other:
        assert len(reader.search("text 7", 3, fair=False)) == 3
        other.reembed(FakeEncoder(32))
        other.add([{"id": "new", "text": "something new"}])
        with pytest.raises(WrongModel):
            reader.search("text 7", 3)
        assert other.search("something new", 1, fair=False)[0].id == "new"


# ------------------------------------------------------------------------------------------------- processes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_reads_and_writes(folder: Path) -> None:
    with Index.open(folder, FakeEncoder()) as index:
        assert best(index) == [("123", 1.0)]
        process = os.fork()
        if process == 0:
            ended = 1
            try:
                assert best(index) == [("123", 1.0)]
                assert len(index.search("text", 20)) == 20
                index.add([{"id": "child", "text": "from the child"}])
                index.close()
                ended = 0
            finally:
                os._exit(ended)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        assert index.search("from the child", 1, fair=False)[0].id == "child"
        index.delete("child")
        assert index.verify() == []


def test_an_index_in_several_threads(tmp_path: Path) -> None:
    index = filled(tmp_path / "index")
    errors: list[BaseException] = []
    done = threading.Event()

    def look() -> None:
        try:
            while not done.is_set():
                hits = index.search_vectors(FakeEncoder().encode(["text 7"]), 4, where="group = 1")[0]
                assert len({hit.metadata["version"] for hit in hits}) == 1
                assert len(hits) == 4
                assert best(index) == [("123", 1.0)]
        except BaseException as error:
            errors.append(error)

    def group(version: int) -> list[dict[str, Any]]:
        return [
            {"id": f"g{part}", "text": f"part {part} {version}", "group": 1, "version": version} for part in range(4)
        ]

    index.add(group(0))
    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(1, 15):
        index.add(group(version))
        if version % 5 == 0:
            index.compact()
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    index.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_was_acknowledged_stays_when_the_source_fails(
    tmp_path: Path, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    from interlingua.index import items

    monkeypatch.setattr(items, "_CHUNK", 10)
    acknowledged: list[int] = []

    def source() -> Iterator[dict[str, str]]:
        for row in range(25):
            yield {"id": str(row), "text": f"text {row}"}
        raise error

    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        with pytest.raises(error):
            index.add(source(), acknowledged=acknowledged.append)
        assert acknowledged == [10, 10]
        assert len(index) == 20
        assert index.verify() == []
        assert index.search("text 7", 1, fair=False)[0].id == "7"
        assert index.add([{"id": str(row), "text": f"text {row}"} for row in range(25)]) == (5, 0, 20)


def test_an_interruption_in_a_transaction_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled(tmp_path / "index") as index:
        put = type(index._documents).put

        def interrupted(self: Any, document: Any, passages: Any) -> bool:
            done = put(self, document, passages)
            if document.id == "n3":
                raise KeyboardInterrupt
            return done

        monkeypatch.setattr(type(index._documents), "put", interrupted)
        with pytest.raises(KeyboardInterrupt):
            index.add([{"id": f"n{row}", "text": f"new {row}"} for row in range(5)])
        monkeypatch.undo()
        assert contents(index) == TEXTS
        assert index.add([{"id": "n0", "text": "new 0"}]) == (1, 0, 0)
        assert index.verify() == []


# ------------------------------------------------------------------------------------------------- items

GOOD = {"text": "a text"}


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (None, "row 1 (from 0) cannot be added: None"),
        (float("nan"), "row 1 (from 0) cannot be added: NaN, a missing value"),
        (b"bytes", "row 1 (from 0) cannot be added: bytes"),
        ("", "row 1 (from 0) cannot be added: empty"),
        (" \n", "row 1 (from 0) cannot be added: only white space"),
        ("a \ud800", "row 1 (from 0) cannot be added: a lone surrogate: U+D800 at position 2"),
        ({"title": "a"}, "row 1 (from 0) is a dict without a field 'text'; its fields: title."),
        ({"text": 7}, "row 1 (from 0) cannot be added: an int, not a text"),
        (
            {**GOOD, "id": "x" * 1001},
            "row 1 (from 0) cannot be added: the id 'xxxxxxxxxxxxxxxxxxxx'… has 1,001 characters",
        ),
        ({**GOOD, "id": "a\nb"}, "the id has U+000A at position 1, which nobody can see or type: 'a\\nb'."),
        ({**GOOD, "id": "a\ud800"}, "the id has U+D800 at position 1"),
        ({**GOOD, "id": ""}, "row 1 (from 0) cannot be added: the id is empty."),
        ({**GOOD, "id": float("nan")}, "an id is a text or a whole number, not NaN, a missing value."),
        ({**GOOD, "id": b"7"}, "an id is a text or a whole number, not bytes (b'7')."),
        ({**GOOD, "lang": "klingonese"}, "row 1 (from 0): "),
        ({**GOOD, "lang": 7}, "a language is a code such as 'de', or None where it is unknown, not int (7)."),
        (
            {**GOOD, "price": float("nan")},
            "the field 'price' cannot be kept, because JSON cannot hold it (NaN, a missing",
        ),
        ({**GOOD, "thing": object}, "the field 'thing' cannot be kept, because JSON cannot hold it (it is type"),
        (
            {**GOOD, "a": {"b": {1, 2}}},
            "the field 'a' cannot be kept, because JSON cannot hold it (it is set ({1, 2})).",
        ),
        ({**GOOD, "a": "\ud800"}, "the field 'a' cannot be kept"),
        (
            {**GOOD, "a": 10**5000},
            "the field 'a' cannot be kept, because JSON cannot hold it (a number of very many digits)",
        ),
        ({**GOOD, "id": 10**5000}, "the id is a number of more than 1,000 digits."),
        ({**GOOD, 7: "a"}, "the names of fields are texts, not int (7)."),
    ],
)
def test_what_cannot_be_added(tmp_path: Path, item: Any, message: str) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        with pytest.raises((InputError, OptionError)) as caught:
            index.add(["a good text", item])
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(index) == 0


def test_rows_are_counted_over_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from interlingua.index import items

    monkeypatch.setattr(items, "_CHUNK", 10)
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        with pytest.raises(
            InputError, match=r"row 17 \(from 0\) cannot be added: empty, and 1 more rows cannot"
        ) as caught:
            index.add([*(f"text {row}" for row in range(17)), "", None, "z"])
        assert caught.value.rows == (17, 18)
        assert len(index) == 10


def test_what_can_be_added(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder(), passages=False) as index:
        huge = "many words " * 1_000_000
        metadata = {"at": [1, 2.5, None, True], "deep": {"a": {"b": "\u0000"}}, "großes": 10**30, "array": np.arange(3)}
        items: list[Any] = [
            {"id": "huge", "text": huge, "lang": "en"},
            {"id": 7, "text": "seven", "lang": "en", **metadata},
        ]
        assert index.add(items) == (2, 0, 0)
        assert index.add(items[1:]) == (0, 0, 1)
        assert index.get("huge").text == huge  # type: ignore[union-attr]
        assert index.get(7).metadata == {**metadata, "array": [0, 1, 2]}  # type: ignore[arg-type, union-attr]
        assert index.delete([7]) == ["7"]  # type: ignore[list-item]
        assert index.verify() == []


def test_errors_are_ours(folder: Path) -> None:
    """Whatever is wrong with a file, what is raised is one of our errors."""
    chance = random.Random(3)
    for path in (folder / "documents.db", folder / "manifest.json", folder / "acknowledged"):
        content = path.read_bytes()
        for _ in range(10):
            start = chance.randrange(len(content))
            path.write_bytes(
                content[:start] + chance.randbytes(min(4096, len(content) - start)) + content[start + 4096 :]
            )
            list(damage(folder))
            try:
                with Index.open(folder, FakeEncoder()) as index:
                    index.search("text", 5)
                    contents(index)
            except InterlinguaError as error:
                assert "\n" not in str(error)  # noqa: PT017  (nothing need be raised)
        path.write_bytes(content)


def test_a_snapshot_of_another_format_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "FORMAT", 2)
    with Index.open(folder, FakeEncoder()) as index:
        assert index.info().snapshot is None
        assert best(index) == [("123", 1.0)]
