"""What may be added, changed and deleted, and how it is counted."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from interlingua import FakeEncoder, Record
from interlingua.errors import InputError, OptionError
from interlingua.index import items
from interlingua.index.index import Index
from interlingua.index.records import Document
from interlingua.texts.documents import read_documents


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index.create(tmp_path / "index", FakeEncoder()) as made:
        made.add([{"id": str(row), "text": f"text {row}", "lang": "en"} for row in range(60)])
        yield made


@pytest.mark.parametrize(
    "id_", ["می\u200cخواهم.txt", "\u0915\u094d\u200d\u0937", "全角\u3000空白.txt", "a\u00a0b", "\u200fעברית", "\u00adx"]
)
def test_ids_as_files_are_called(index: Index, id_: str) -> None:
    index.add([{"id": id_, "text": "a text"}])
    assert index.get(id_) is not None
    assert index.count({"id": id_}) == 1


@pytest.mark.parametrize("character", ["\x00", "\x7f", "\u0085", "\u2028", "\u2029", "\udc80", "\uffff"])
def test_characters_that_no_id_has(index: Index, character: str) -> None:
    with pytest.raises(InputError, match=rf"the id has U\+{ord(character):04X} at position 1"):
        index.add([{"id": f"a{character}", "text": "a text"}])


@pytest.mark.parametrize("given", [None, 5, b"12", bytearray(b"12")])
def test_what_is_no_list(index: Index, given: Any) -> None:
    calls: list[tuple[Callable[[Any], Any], str]] = [
        (index.add, "documents are a list or another iterable of documents, not "),
        (index.update, "changes are a list or another iterable of dicts, not "),
        (index.delete, "ids are a list or another iterable of texts, not "),
    ]
    for call, message in calls:
        with pytest.raises(InputError) as caught:
            call(given)
        assert str(caught.value).startswith(message)
    assert len(index) == 60


def test_ids_are_no_dict(index: Index) -> None:
    with pytest.raises(InputError, match="ids are a list"):
        index.delete({"1": "2"})
    assert len(index) == 60


@pytest.mark.parametrize("one", [Record("one", "new"), Document("new", "one"), {"id": "new", "text": "one"}])
def test_a_single_document(index: Index, one: Any) -> None:
    assert index.add(one) == (1, 0, 0)
    assert index.get("new").text == "one"  # type: ignore[union-attr]


@pytest.mark.parametrize("where", ["", {}])
def test_an_empty_filter_deletes_nothing(index: Index, where: Any) -> None:
    with pytest.raises(OptionError, match="An empty filter selects all documents"):
        index.delete(["1"], where=where)
    assert len(index) == 60


def test_rows_with_one_id_are_counted_one_by_one(index: Index) -> None:
    new, other = {"id": "new", "text": "one", "lang": "en"}, {"id": "new", "text": "two", "lang": "en"}
    assert index.add([new, other, other, {**other, "n": 1}]) == (1, 2, 1)
    assert index.add([{"id": "3", "text": "three"}, {"id": "3", "text": "text 3", "lang": "en"}]) == (0, 2, 0)
    assert index.get("3").text == "text 3"  # type: ignore[union-attr]
    assert index.add([]) == (0, 0, 0)


def test_an_export_comes_back_as_it_was(index: Index, tmp_path: Path) -> None:
    fields = {"empty": "", "nothing": None, "text": "a field", "id": 7, "metadata": {"deep": [""]}, "vectors": "v"}
    index.add([Document("x", "with fields", "en", fields), Document("y", "with one", "en", {"metadata": {"a": None}})])
    with Index.create(tmp_path / "new", FakeEncoder()) as new:
        new.add(index.exported())
        assert list(new.documents()) == list(index.documents())
    assert index.export(tmp_path / "all.jsonl") == 62
    with Index.create(tmp_path / "newer", FakeEncoder()) as newer:
        newer.add(read_documents(tmp_path / "all.jsonl"))
        assert list(newer.documents()) == list(index.documents())


def test_an_export_is_not_written_into_the_index(index: Index, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="lies in the index; write to another folder"):
        index.export(tmp_path / "index" / "manifest.json")
    assert index.verify() == []


def test_an_update_may_have_its_fields_below_metadata(index: Index) -> None:
    assert index.update([{"id": "1", "n": 1, "metadata": {"m": 2, "text": "a field"}}]) == (0, 1, 0)
    assert index.get("1") == Document("1", "text 1", "en", {"n": 1, "m": 2, "text": "a field"})


def test_a_time_that_is_missing_is_refused(index: Index) -> None:
    class NotATime(datetime.datetime):
        def __ne__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    message = r"the field 'at' cannot be kept, because JSON cannot hold it \(NaT, a missing value: leave it out or give None\)"
    with pytest.raises(InputError, match=message):
        index.add([{"text": "a", "at": NotATime(2020, 1, 1)}])
    index.add([{"id": "day", "text": "a", "at": datetime.date(2020, 1, 1)}])
    assert index.get("day").metadata == {"at": "2020-01-01"}  # type: ignore[union-attr]


def test_portions_of_long_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "_CHARACTERS", 10)
    assert [len(one) for one in items.chunked(["a" * 6] * 5)] == [2, 2, 1]
    assert [len(one) for one in items.chunked(["a"] * 5, 2)] == [2, 2, 1]
    assert [len(one) for one in items.chunked([10, 1, 9, 1], 3, lambda item: item)] == [1, 2, 1]
    assert json.dumps(list(items.chunked([]))) == "[]"
