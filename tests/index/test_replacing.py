"""One index in the place of another: interruptions between any two steps, what lies in the way, readers and writers meanwhile."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from interlingua import FakeEncoder
from interlingua.errors import InterlinguaError, OptionError, StorageError, WrongModel
from interlingua.index import replacing, whole
from interlingua.index.database import Database
from interlingua.index.index import Index

TEXTS = {str(row): f"text {row}" for row in range(40)}


def filled(folder: Path) -> Index:
    index = Index.create(folder, FakeEncoder())
    index.add([{"id": id_, "text": text, "lang": "en"} for id_, text in TEXTS.items()])
    return index


def contents(index: Index) -> dict[str, str]:
    return {one.id: one.text for one in index.documents()}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("step", range(12))
def test_an_interruption_at_any_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Every rename, mark and deletion in turn is the last that happens; whoever opens it next has an index, the old or the new."""
    index = filled(tmp_path / "index")
    left = step

    def counted(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return real(*arguments, **options)

        return call

    take_place = replacing.take_place

    def interrupted(folder: Path, beside: Path) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", counted(Path.rename))
            patch.setattr(Path, "unlink", counted(Path.unlink))
            patch.setattr(replacing, "mark", counted(replacing.mark))
            patch.setattr(shutil, "rmtree", counted(shutil.rmtree))
            take_place(folder, beside)

    monkeypatch.setattr("interlingua.index.opened.take_place", interrupted)
    try:
        index.reembed(FakeEncoder(32))
        done = True
    except KeyboardInterrupt:
        done = False
    assert done == (step > 7), "as many steps as there are"
    with Index.open(tmp_path / "index") as again:
        assert contents(again) == TEXTS
        assert again.verify() == []
        dimension = again.manifest.dimension
    monkeypatch.undo()
    with Index.open(tmp_path / "index", FakeEncoder(dimension)) as again:
        again.add([{"id": "new", "text": "new"}])
        again.reembed(FakeEncoder(32 if dimension == 64 else 16))
        assert contents(again) == {**TEXTS, "new": "new"}
        assert again.search("text 7", 1, fair=False)[0].id == "7"
    assert names(tmp_path) == ["index"]


def test_folders_of_others_are_left_alone(tmp_path: Path) -> None:
    index = filled(tmp_path / "index")
    for name in ("index.old", "index.reembedding", ".index.replaced"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "diary.txt").write_text("dear diary", encoding="utf-8")
    with pytest.raises(OptionError, match=r"\.index\.replaced is in the way, and is not part of an index; move it"):
        index.reembed(FakeEncoder(32))
    (tmp_path / ".index.replaced").rename(tmp_path / "moved")
    with pytest.raises(OptionError, match=r"index\.reembedding is in the way, and is not part of an index; move it"):
        index.reembed(FakeEncoder(32))
    shutil.rmtree(tmp_path / "index.reembedding")
    index.reembed(FakeEncoder(32))
    assert names(tmp_path) == ["index", "index.old", "moved"]
    assert (tmp_path / "index.old" / "diary.txt").read_text(encoding="utf-8") == "dear diary"


def test_an_index_by_the_name_of_one_that_grows_is_left_alone(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index.reembedding", FakeEncoder(32)) as other:
        other.add([{"id": "precious", "text": "a precious text"}])
    with pytest.raises(OptionError, match="is in the way"):
        filled(tmp_path / "index").reembed(FakeEncoder(32))
    with Index.open(tmp_path / "index.reembedding", FakeEncoder(32)) as other:
        assert contents(other) == {"precious": "a precious text"}


def test_half_an_index_is_never_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    monkeypatch.setattr("interlingua.index.index.Index.add", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        index.reembed(FakeEncoder(32))
    monkeypatch.undo()
    index.close()
    shutil.copytree(tmp_path / "index", tmp_path / "index.old")
    (tmp_path / "index").rename(tmp_path / "elsewhere")
    with pytest.raises(OptionError, match="is no index"):
        Index.open(tmp_path / "index")
    assert names(tmp_path) == ["elsewhere", "index.old", "index.reembedding"]


# ------------------------------------------------------------------------------------------------- going on


def test_going_on_with_an_interrupted_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    monkeypatch.setattr("interlingua.index.opened.take_place", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        index.reembed(FakeEncoder(32))
    monkeypatch.undo()
    index.delete(["3", "4"])
    index.update([{"id": "5", "text": "another text"}])
    with pytest.raises(WrongModel) as caught:
        index.reembed(FakeEncoder(16))
    assert str(caught.value) == (
        f"{index.folder} is half embedded anew with fake (exact): go on with that, or delete {index.folder}.reembedding and begin "
        "with fake (exact)."
    )
    wanted = {**TEXTS, "5": "another text"}
    del wanted["3"], wanted["4"]
    index.reembed(FakeEncoder(32))
    assert contents(index) == wanted
    assert index.verify() == []


def test_going_on_where_the_new_index_was_not_yet_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    monkeypatch.setattr(whole, "write_manifest", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        index.reembed(FakeEncoder(32))
    monkeypatch.undo()
    # For another model even: nothing was embedded yet.
    index.reembed(FakeEncoder(16))
    assert contents(index) == TEXTS
    assert index.manifest.dimension == 16


def test_a_disk_that_refuses_leaves_the_old_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = filled(tmp_path / "index")
    rename = Path.rename

    def refused(self: Path, target: Path) -> Path:
        if self.name.endswith(".reembedding"):
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StorageError, match="no permission"):
        index.reembed(FakeEncoder(32))
    monkeypatch.undo()
    with Index.open(tmp_path / "index", FakeEncoder()) as again:
        assert contents(again) == TEXTS
    assert names(tmp_path) == ["index", "index.reembedding"]


# ------------------------------------------------------------------------------------------------- beside it


def test_an_index_whose_place_is_empty_for_a_moment_is_not_made_anew(tmp_path: Path) -> None:
    filled(tmp_path / "index").close()

    def ended_between_the_renames() -> None:
        replacing.mark(tmp_path / "index", "replaced")
        (tmp_path / "index").rename(tmp_path / ".index.replaced")

    ended_between_the_renames()
    with pytest.raises(OptionError, match="exists and is not empty"):
        Index.create(tmp_path / "index", FakeEncoder())
    with Index.open(tmp_path / "index") as index:
        assert contents(index) == TEXTS
        ended_between_the_renames()
        assert index.verify() == []
    ended_between_the_renames()
    assert replacing.standing_manifest(tmp_path / "index").dimension == 64
    assert names(tmp_path) == ["index"]


def test_readers_and_writers_in_the_middle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two renames a reader opens the index, another searches, and a waiting writer makes the folder for its lock."""
    index = filled(tmp_path / "index")
    reader = Index.open(tmp_path / "index")
    found: list[object] = []
    rename = Path.rename

    def opened() -> None:
        try:
            with Index.open(tmp_path / "index") as other:
                found.append((other.manifest.dimension, len(other)))
            found.append((reader.info().manifest.dimension, len(reader)))
        except InterlinguaError as error:
            found.append(error)

    thread = threading.Thread(target=opened)

    def slow(self: Path, target: Path) -> Path:
        if self.name == "index.reembedding":
            thread.start()
            (tmp_path / "index").mkdir(exist_ok=True)
            (tmp_path / "index" / ".lock").touch()
            thread.join(0.3)
            assert thread.is_alive(), "it waits"
            monkeypatch.setattr(Path, "rename", rename)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", slow)
    index.reembed(FakeEncoder(32))
    thread.join(20)
    assert found == [(32, 40), (32, 40)]
    assert names(tmp_path) == ["index"]


def test_an_index_that_is_replaced_while_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite opens the log by its name, after the file: it must not be that of another file."""
    index = filled(tmp_path / "index")
    connect = Database._open

    def late(uri: str) -> sqlite3.Connection:
        connection = connect(uri)
        monkeypatch.undo()
        index.reembed(FakeEncoder(32))
        return connection

    monkeypatch.setattr(Database, "_open", staticmethod(late))
    with Index.open(tmp_path / "index") as other:
        assert other.manifest.dimension == 32
        assert contents(other) == TEXTS


def test_a_reader_embeds_its_queries_with_the_model_of_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "model_of", lambda encoder: encoder.fingerprint)
    monkeypatch.setattr(
        "interlingua.encoding.joint.open_encoder",
        lambda model, **_: Backwards() if "back" in model else FakeEncoder(),
    )
    monkeypatch.setattr("interlingua.index.index.model_of", lambda encoder: encoder.fingerprint)
    filled(tmp_path / "index").close()
    with Index.open(tmp_path / "index") as reader, Index.open(tmp_path / "index") as other:
        assert reader.search("text 7", 1, fair=False)[0].cosine == pytest.approx(1)
        other.reembed(Backwards())
        hit = reader.search("text 7", 1, fair=False)[0]
        assert (hit.id, round(hit.cosine, 4)) == ("7", 1.0)
        # Also where that happens after the queries were embedded.
        embed = reader._asked

        def late(texts: list[str]) -> object:
            asked = embed(texts)
            if other.manifest.fingerprint == "backwards":
                other.reembed(FakeEncoder())
            return asked

        monkeypatch.setattr(reader, "_asked", late)
        hit = reader.search("text 8", 1, fair=False)[0]
        assert (hit.id, round(hit.cosine, 4)) == ("8", 1.0)
        # Vectors that somebody brings are of the model before, as far as one knows.
        other.reembed(Backwards())
        with pytest.raises(WrongModel, match="was embedded anew with backwards"):
            reader.search_vectors(FakeEncoder().encode(["text 7"]), 1)
        assert reader.search_vectors(Backwards().encode(["text 7"]), 1)[0][0].id == "7"


class Backwards(FakeEncoder):
    """Another model of as many dimensions."""

    fingerprint = "backwards"  # type: ignore[assignment]

    def encode(self, sentences):  # type: ignore[no-untyped-def]
        return super().encode(sentences)[..., ::-1]


def test_what_is_read_is_of_the_index_that_stands_there(tmp_path: Path) -> None:
    filled(tmp_path / "index").close()
    with Index.open(tmp_path / "index") as reader, Index.open(tmp_path / "index", FakeEncoder()) as other:
        for size, look in (
            (32, lambda: len(reader)),
            (64, lambda: reader.get("0") is None),
            (32, lambda: "0" not in reader),
            (64, lambda: [one.id for one in reader.documents()]),
            (32, lambda: list(reader.exported())),
        ):
            before = look()
            other.reembed(FakeEncoder(size))
            if not other.delete("0"):
                other.add([{"id": "0", "text": "text 0"}])
            assert look() != before, size


# ------------------------------------------------------------------------------------------------- where it lies


def test_an_index_in_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "index")
    with Index.create(".", FakeEncoder()) as index:
        index.add(["a text"])
    with Index.open(".", FakeEncoder()) as index, Index.open("../index", FakeEncoder()) as other:
        assert index.folder == other.folder == tmp_path / "index"
        os.chdir(tmp_path / "elsewhere")
        index.compact()
        assert other.search("a text", 1)[0].text == "a text"
        index.reembed(FakeEncoder(32))
        assert index.verify() == []
        assert len(index) == 1
    os.chdir(tmp_path / "index")
    with Index.recover(".") as index:
        os.chdir(tmp_path / "elsewhere")
        assert len(index) == 1
    assert names(tmp_path) == ["elsewhere", "index"]


def test_an_index_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    filled(tmp_path / "disk" / "real").close()
    (tmp_path / "link").symlink_to(tmp_path / "disk" / "real")
    with Index.open(tmp_path / "link", FakeEncoder()) as index:
        index.reembed(FakeEncoder(32))
        assert contents(index) == TEXTS
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "disk") == ["real"]
