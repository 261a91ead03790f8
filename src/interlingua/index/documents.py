"""The documents of an index in SQLite: what was acknowledged is there, whatever happens to the process.

Keys are never used twice: a passage that changes gets a new key, and the old one is noted as removed. So what came after a
snapshot are the keys beyond its last one, and what went are the keys noted since.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import CorruptIndex, IndexBusy, OptionError, StorageError
from interlingua.index.manifest import Storage
from interlingua.types import Vectors

FILE = "documents.db"
# "ILix" in the header of the file.
_APPLICATION = 0x494C6978
_VERSION = 1
_SCHEMA = f"""
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, lang TEXT, text TEXT NOT NULL, metadata TEXT,
    checksum INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (
    key INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, lang TEXT,
    vector BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS passages_of ON passages (number);
CREATE TABLE IF NOT EXISTS removed (mark INTEGER PRIMARY KEY AUTOINCREMENT, key INTEGER NOT NULL);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_WAIT_SECONDS = 30.0
_AT_ONCE = 500


class Passage(NamedTuple):
    """A part of a document that has a vector of its own.

    Attributes:
        start: where it begins in the document's text, in characters.
        stop: where it ends.
        vector: float32, shape (d,).
    """

    start: int
    stop: int
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it lies in the index.

    Attributes:
        id: its id.
        text: the whole text.
        lang: its language code, or None where unknown.
        metadata: its other fields.
    """

    id: str
    text: str
    lang: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Tail(NamedTuple):
    """Passages after a key, in the order of their keys.

    Attributes:
        keys: int64, (n,).
        numbers: int64, (n,): their documents.
        langs: their languages.
        vectors: float32, (n, d).
    """

    keys: NDArray[np.int64]
    numbers: NDArray[np.int64]
    langs: list[str | None]
    vectors: Vectors


class Documents:
    """The SQLite file of an index.

    Args:
        folder: the index.
        dimension: the length d of a vector.
        storage: how components are kept.
        create: make the file if there is none.
    """

    def __init__(self, folder: Path, dimension: int, storage: Storage, *, create: bool = False) -> None:
        self.path = folder / FILE
        self._dimension = dimension
        self._dtype = np.dtype("<f4" if storage == "float32" else "<f2")
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        if not create and not self.path.is_file():
            raise CorruptIndex(f"{self.path} is missing; restore it from a backup, or make the index anew.")
        with self._errors():
            _prepare(self._database, self.path, create)

    @property
    def _database(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "database", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
            for setting in ("synchronous = FULL", "cache_size = -32768", "mmap_size = 1073741824", "foreign_keys = ON"):
                found.execute(f"PRAGMA {setting}").fetchall()
            self._local.database = found
            self._opened.append(found)
        return found

    def close(self) -> None:
        """Close all connections."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()

    # ------------------------------------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in it, or nothing; on the disk when it ends.

        Raises:
            IndexBusy: another process has been writing for longer than one waits.
            StorageError: the disk refuses.
        """
        with self._errors():
            database = self._database
            database.execute("BEGIN IMMEDIATE")
            try:
                yield
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise

    def put(self, document: Document, passages: Sequence[Passage]) -> bool:
        """Add a document, in the place of the one with its id; within a transaction.

        Returns:
            Whether there was one with this id.
        """
        database = self._database
        metadata = _as_json(document.metadata)
        row = (document.lang, document.text, metadata, _checksum(document.id, document.lang, document.text, metadata))
        found = database.execute("SELECT number FROM documents WHERE id = ?", (document.id,)).fetchone()
        if found is None:
            number = database.execute(
                "INSERT INTO documents (id, lang, text, metadata, checksum) VALUES (?, ?, ?, ?, ?)", (document.id, *row)
            ).lastrowid
        else:
            number = found[0]
            self._remove_passages(number)
            database.execute(
                "UPDATE documents SET lang = ?, text = ?, metadata = ?, checksum = ? WHERE number = ?", (*row, number)
            )
        rows = []
        for passage in passages:
            blob = np.asarray(passage.vector).astype(self._dtype).tobytes()
            rows.append((number, passage.start, passage.stop, document.lang, blob, zlib.crc32(blob)))
        database.executemany(
            "INSERT INTO passages (number, start, stop, lang, vector, checksum) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
        return found is not None

    def describe(self, id: str, metadata: Mapping[str, Any]) -> bool:  # noqa: A002
        """Give a document other metadata, its text being the same; within a transaction. False if it is not there."""
        database = self._database
        found = database.execute("SELECT lang, text FROM documents WHERE id = ?", (id,)).fetchone()
        if found is None:
            return False
        text = _as_json(metadata)
        database.execute(
            "UPDATE documents SET metadata = ?, checksum = ? WHERE id = ?", (text, _checksum(id, *found, text), id)
        )
        return True

    def remove(self, ids: Iterable[str]) -> list[str]:
        """Delete documents; within a transaction. Gives the ids that were there."""
        gone = []
        for id_ in ids:
            found = self._database.execute("SELECT number FROM documents WHERE id = ?", (id_,)).fetchone()
            if found is not None:
                self._remove_passages(found[0])
                self._database.execute("DELETE FROM documents WHERE number = ?", found)
                gone.append(id_)
        return gone

    def _remove_passages(self, number: int) -> None:
        self._database.execute("INSERT INTO removed (key) SELECT key FROM passages WHERE number = ?", (number,))
        self._database.execute("DELETE FROM passages WHERE number = ?", (number,))

    def forget_removed(self, mark: int) -> None:
        """Forget which keys were removed up to a mark, because no snapshot has them any more; within a transaction."""
        self._database.execute("DELETE FROM removed WHERE mark <= ?", (mark,))

    def vacuum(self) -> None:
        """Give the room of what was deleted back to the system."""
        with self._errors():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # ------------------------------------------------------------------------------------------ reading

    @contextmanager
    def consistent(self) -> Iterator[None]:
        """What is read in it is of one moment."""
        with self._errors():
            self._database.execute("BEGIN")
            try:
                yield
            finally:
                with suppress(sqlite3.Error):
                    self._database.execute("COMMIT")

    def version(self) -> int:
        """Another number when another connection has written since; costs microseconds."""
        with self._errors():
            return int(self._database.execute("PRAGMA data_version").fetchone()[0])

    def count(self, where: str = "", arguments: Sequence[Any] = ()) -> int:
        """The number of documents, of those that a condition selects."""
        with self._errors():
            condition = f" WHERE {where}" if where else ""
            return int(self._database.execute(f"SELECT count(*) FROM documents{condition}", arguments).fetchone()[0])

    def languages(self) -> dict[str | None, int]:
        """The number of documents in each language, most first."""
        with self._errors():
            return dict(
                self._database.execute("SELECT lang, count(*) FROM documents GROUP BY lang ORDER BY count(*) DESC, lang")
            )

    def last_key(self) -> int:
        """The highest key of a passage; 0 if there is none."""
        with self._errors():
            return int(self._database.execute("SELECT max(key) FROM passages").fetchone()[0] or 0)

    def passages(self) -> int:
        """The number of passages."""
        with self._errors():
            return int(self._database.execute("SELECT count(*) FROM passages").fetchone()[0])

    def after(self, key: int, *, limit: int = -1) -> Tail:
        """The passages with higher keys."""
        with self._errors():
            rows = self._database.execute(
                "SELECT key, number, lang, vector FROM passages WHERE key > ? ORDER BY key LIMIT ?", (key, limit)
            ).fetchall()
        keys, numbers = (np.array([row[column] for row in rows], dtype=np.int64) for column in (0, 1))
        return Tail(keys, numbers, [row[2] for row in rows], self._vectors([row[3] for row in rows]))

    def removed_after(self, mark: int) -> tuple[NDArray[np.int64], int]:
        """The keys that were removed after a mark, and the new mark."""
        with self._errors():
            rows = self._database.execute("SELECT mark, key FROM removed WHERE mark > ? ORDER BY mark", (mark,)).fetchall()
        return np.array([row[1] for row in rows], dtype=np.int64), rows[-1][0] if rows else mark

    def forgotten(self) -> int:
        """Up to which mark it is not known any more which keys were removed."""
        with self._errors():
            first = self._database.execute("SELECT min(mark) FROM removed").fetchone()[0]
            if first is not None:
                return int(first) - 1
            used = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'removed'").fetchone()
            return int(used[0]) if used else 0

    def selected(self, where: str, arguments: Sequence[Any]) -> NDArray[np.int64]:
        """The keys of the passages of the documents that a condition selects, in ascending order."""
        statement = (
            "SELECT key FROM passages WHERE number IN (SELECT number FROM documents WHERE " + where + ") ORDER BY key"
        )
        with self._errors():
            rows = self._database.execute(statement, arguments).fetchall()
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))

    def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """Documents by their ids; those that are not there are left out."""
        found = {}
        for some in _portions(ids):
            marks = ", ".join("?" * len(some))
            with self._errors():
                rows = self._database.execute(
                    f"SELECT id, text, lang, metadata FROM documents WHERE id IN ({marks})", some
                ).fetchall()
            found |= {id_: Document(id_, text, lang, _from_json(metadata)) for id_, text, lang, metadata in rows}
        return found

    def vectors_of(self, id: str) -> Vectors:  # noqa: A002
        """The vectors of a document's passages, (passages, d)."""
        with self._errors():
            rows = self._database.execute(
                "SELECT vector FROM passages WHERE number = (SELECT number FROM documents WHERE id = ?) ORDER BY key", (id,)
            ).fetchall()
        return self._vectors([row[0] for row in rows])

    def hits(self, keys: Sequence[int]) -> dict[int, tuple[Document, int, int]]:
        """The document of each passage, and where the passage stands in it; passages that are gone are left out."""
        found = {}
        for some in _portions(keys):
            marks = ", ".join("?" * len(some))
            with self._errors():
                rows = self._database.execute(
                    "SELECT key, start, stop, id, text, documents.lang, metadata FROM passages JOIN documents USING (number) "
                    f"WHERE key IN ({marks})",
                    some,
                ).fetchall()
            for key, start, stop, id_, text, lang, metadata in rows:
                found[key] = (Document(id_, text, lang, _from_json(metadata)), start, stop)
        return found

    def all(self, *, where: str = "", arguments: Sequence[Any] = ()) -> Iterator[Document]:
        """All documents in the order of their first addition."""
        condition = f" AND ({where})" if where else ""
        last = 0
        while True:
            with self._errors():
                rows = self._database.execute(
                    f"SELECT number, id, text, lang, metadata FROM documents WHERE number > ?{condition} "
                    "ORDER BY number LIMIT 1000",
                    (last, *arguments),
                ).fetchall()
            if not rows:
                return
            for number, id_, text, lang, metadata in rows:
                last = number
                yield Document(id_, text, lang, _from_json(metadata))

    # ------------------------------------------------------------------------------------------ checking

    def damage(self) -> Iterator[str]:
        """What is wrong with the file, in sentences: every byte of it is read."""
        try:
            for (said,) in self._database.execute("PRAGMA integrity_check(20)"):
                if said != "ok":
                    yield f"{self.path}: {said}"
            for id_, lang, text, metadata, checksum in self._database.execute(
                "SELECT id, lang, text, metadata, checksum FROM documents"
            ):
                if _checksum(id_, lang, text, metadata) != checksum:
                    yield f"{self.path}: the document {id_!r} is not what was written"
            for key, blob, checksum in self._database.execute("SELECT key, vector, checksum FROM passages"):
                if zlib.crc32(blob) != checksum or len(blob) != self._dimension * self._dtype.itemsize:
                    yield f"{self.path}: the vector of passage {key} is not what was written"
            for (key,) in self._database.execute(
                "SELECT key FROM passages WHERE number NOT IN (SELECT number FROM documents)"
            ):
                yield f"{self.path}: passage {key} has no document"
        except sqlite3.DatabaseError as error:
            yield f"{self.path}: {error}"

    def _vectors(self, blobs: Sequence[bytes]) -> Vectors:
        joined = np.frombuffer(b"".join(blobs), dtype=self._dtype)
        if joined.size != len(blobs) * self._dimension:
            raise CorruptIndex(f"{self.path} holds vectors of another length; run: interlingua index verify")
        return joined.reshape(len(blobs), self._dimension).astype(np.float32)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite refuses, in one sentence."""
        try:
            yield
        except sqlite3.OperationalError as error:
            said = str(error)
            if "locked" in said or "busy" in said:
                raise IndexBusy(f"{self.path} is being written by another process; try again when it has ended.") from error
            if "full" in said:
                raise StorageError(f"{self.path}: the disk is full; free some space. The index is as it was.") from error
            if "readonly" in said or "unable to open" in said:
                raise StorageError(f"{self.path}: no permission to write there; change the folder's permissions.") from error
            raise CorruptIndex(f"{self.path}: {said}; run: interlingua index verify {self.path.parent}") from error
        except sqlite3.DatabaseError as error:
            raise CorruptIndex(
                f"{self.path} is damaged ({error}); run: interlingua index verify {self.path.parent}"
            ) from error


def _prepare(database: sqlite3.Connection, path: Path, create: bool) -> None:
    marks = tuple(database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if marks == (0, 0) and create:
        database.executescript(_SCHEMA)
    elif marks[0] != _APPLICATION:
        raise CorruptIndex(f"{path} is not the file of an index; restore it from a backup, or make the index anew.")
    elif marks[1] > _VERSION:
        raise OptionError(f"{path} has the format {marks[1]}; this version of Interlingua knows {_VERSION}: install a newer one.")


def _as_json(metadata: Mapping[str, Any]) -> str | None:
    if not metadata:
        return None
    try:
        return json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise OptionError(f"Metadata must be what JSON can hold ({error}).") from error


def _from_json(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}  # type: ignore[no-any-return]


def _checksum(*parts: str | None) -> int:
    return zlib.crc32(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _portions(items: Sequence[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield some
