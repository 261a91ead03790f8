"""Many threads on one index: what they share is taken out by one of them only."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, cast

import pytest

from interlingua import FakeEncoder
from interlingua.errors import IndexBusy
from interlingua.index import database
from interlingua.index.index import Index


def test_a_connection_is_closed_once() -> None:
    """Another thread takes the connection out after this one has found it."""
    closed = []

    class Ended:
        def is_alive(self) -> bool:
            if not closed:
                closed.append("by another")
                opened.clear()
            return False

    class Connection:
        def close(self) -> None:
            closed.append("twice")

    opened: list[Any] = [(Ended(), Connection())]
    database._close(cast("list[tuple[threading.Thread, sqlite3.Connection]]", opened), ended=True)
    assert closed == ["by another"]
    assert opened == []


def test_many_short_lived_threads(tmp_path: Path) -> None:
    errors: list[BaseException] = []
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add([{"id": str(row), "text": f"text {row}", "row": row} for row in range(20)])
        vector = FakeEncoder().encode(["text 7"])

        def look(row: int) -> None:
            try:
                hits = index.search_vectors(vector, 20, where=f"row >= {row % 10}")[0]
                assert sorted(int(hit.id) for hit in hits) == list(range(row % 10, 20))
            except BaseException as error:
                errors.append(error)

        for start in range(0, 160, 16):
            threads = [threading.Thread(target=look, args=(row,)) for row in range(start, start + 16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert errors == []
        assert len(index._documents._opened) <= 18, "connections of threads that have ended are closed"


def test_an_index_that_is_closed_while_it_is_read(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add([{"id": str(row), "text": f"text {row}"} for row in range(9)])
    ids = index._documents.ids()
    assert next(ids) == "0"
    index.close()
    with pytest.raises(IndexBusy, match="was closed or replaced while it was read"):
        next(ids)


def test_filters_that_are_kept_may_go_meanwhile(tmp_path: Path) -> None:
    """The oldest is taken away by another thread between two looks."""

    class Shared(dict[Any, Any]):
        def __iter__(self) -> Any:
            self.clear()
            return super().__iter__()

    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add([{"id": str(row), "text": f"text {row}", "row": row} for row in range(9)])
        index.search("text", 1, fair=False)
        view = index._view._given
        assert view is not None
        view._filtered = Shared()
        for row in range(9):
            assert len(index.search("text", 9, where=f"row > {row}", fair=False)) == 8 - row
            assert len(view._filtered) <= 4
