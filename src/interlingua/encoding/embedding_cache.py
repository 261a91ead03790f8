"""Vectors on disk, so that a text is embedded once: an SQLite file that several processes may use at once.

Rows are numbered in the order of their use: a new vector gets the next number, and one that is asked for while it stands in
the older half of a well-filled cache moves to the end. What is to go when the file reaches its limit is then simply what has
the lowest numbers, and asking for vectors hardly ever writes.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.cache import expanded
from interlingua.encoding.embedding_file import NotOurs, connect, transaction, used_bytes, uses
from interlingua.encoding.reporting import warn_caller
from interlingua.encoding.sizes import byte_size
from interlingua.errors import CorruptCache, OptionError, StorageError
from interlingua.models.card import ModelCard
from interlingua.types import Vectors

FILE = "embeddings.sqlite"
DEFAULT_LIMIT = "2GB"

# Texts in one statement: SQLite takes 32,766 parameters, but more than this gain nothing.
_AT_ONCE = 500
# A file that has reached its limit is emptied down to this share, so that it is not done anew for each batch.
_AFTER_EVICTION = 0.9
_EVICTED_AT_ONCE = 0.02

# Connections of parent processes, never to be closed here.
_INHERITED: list[sqlite3.Connection] = []


class CacheWarning(UserWarning):
    """The embedding cache cannot be used; the work goes on without it."""


class Contents(NamedTuple):
    """What the cache holds of a model.

    Attributes:
        name: the model's short name.
        fingerprint: its vectors' fingerprint.
        entries: how many vectors.
        bytes: what the vectors take.
    """

    name: str
    fingerprint: str
    entries: int
    bytes: int


class EmbeddingCache:
    """A folder with the vectors of texts that were embedded before, for any number of models and processes.

    The vectors are what the model gave, to the bit. Where the folder cannot be read or written, or the disk is full, a
    ``CacheWarning`` says so once and everything is computed.

    Args:
        folder: where it lies; made when the first vector is stored.
        max_bytes: how large its file may become, as ``"500MB"``, ``"2GB"`` or a number of bytes; what has not been used for
            longest is left out first.

    Attributes:
        hits: how many of the texts asked for were there.
        misses: how many were not.

    Raises:
        OptionError: ``max_bytes`` is no size, or there is a file in the place of the folder.
    """

    def __init__(self, folder: str | os.PathLike[str], max_bytes: int | str = DEFAULT_LIMIT) -> None:
        self.folder = expanded(folder)
        self.path = self.folder / FILE
        self.max_bytes = byte_size("max_bytes", max_bytes)
        if os.path.isfile(self.folder):
            raise OptionError(f"The embedding cache is a folder, and {self.folder} is a file; name another.")
        self.hits = self.misses = 0
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._numbers: dict[tuple[str, str, bool], int] = {}
        self._off = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes open the file for themselves."""
        return EmbeddingCache, (str(self.folder), self.max_bytes)

    def __repr__(self) -> str:
        return f"EmbeddingCache({str(self.folder)!r})"

    def shelf(self, card: ModelCard, prompt: str, windows: bool) -> Shelf:
        """The part for the vectors that a model gives after this prompt, of texts cut at its limit or read in windows."""
        return Shelf(self, card, prompt, windows)

    def contents(self) -> list[Contents]:
        """What it holds, by model.

        Raises:
            CorruptCache: its file is damaged, or no embedding cache.
            StorageError: it cannot be read.
        """
        with self._guarded():
            if not self._there():
                return []
            rows = self._open().execute(
                "SELECT name, fingerprint, count(*), sum(length(vector)) FROM vectors JOIN models ON model = number "
                "GROUP BY name, fingerprint ORDER BY name, fingerprint"
            )
            return [Contents(*row) for row in rows]

    def clear(self) -> None:
        """Forget all vectors, also for the processes that use it now, and give the room on the disk back.

        A file that is damaged or none of ours is deleted.

        Raises:
            StorageError: it cannot be written.
        """
        try:
            with self._guarded():
                if not self._there():
                    return
                database = self._open()
                database.execute("DELETE FROM vectors")
                database.executescript("PRAGMA incremental_vacuum;")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except CorruptCache:
            self.close()
            with self._guarded():
                for path in (self.path, Path(f"{self.path}-wal"), Path(f"{self.path}-shm")):
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; it is opened again when it is used."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None and self._owner == os.getpid():
                connection.close()

    def __del__(self) -> None:
        if hasattr(self, "_owner"):
            self.close()

    def find(self, shelf: Shelf, keys: Sequence[bytes]) -> dict[bytes, tuple[bytes, int]]:
        """The bytes of the vectors that are there, each with whether its text was cut."""
        if self._off:
            return {}
        try:
            with self._guarded():
                return self._find(self._open(), shelf, keys) if self._there() else {}
        except StorageError as error:
            self._give_up(error)
            return {}

    def store(self, shelf: Shelf, rows: Sequence[tuple[bytes, int, bytes]]) -> None:
        """Keep texts' keys, whether they were cut, and the bytes of their vectors."""
        if self._off or not rows:
            return
        try:
            with self._guarded():
                database = self._open()
                model = self._number(database, shelf, new=True)
                with transaction(database):
                    database.executemany(
                        f"INSERT OR IGNORE INTO vectors (model, text, cut, vector) VALUES ({model}, ?, ?, ?)", rows
                    )
                self._evict(database)
        except StorageError as error:
            self._give_up(error)

    def _find(
        self, database: sqlite3.Connection, shelf: Shelf, keys: Sequence[bytes]
    ) -> dict[bytes, tuple[bytes, int]]:
        found: dict[bytes, tuple[bytes, int]] = {}
        model = self._number(database, shelf)
        if model is None:
            return found
        old = self._older_half(database)
        again: list[int] = []
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for text, vector, cut, use in database.execute(
                f"SELECT text, vector, cut, use FROM vectors WHERE model = ? AND text IN ({marks})", [model, *some]
            ):
                found[text] = vector, cut
                if use < old:
                    again.append(use)
        if again:
            with transaction(database):
                end = 1 + uses(database)[1]
                moves = [(end + number, use) for number, use in enumerate(again)]
                database.executemany("UPDATE vectors SET use = ? WHERE use = ?", moves)
        return found

    def _number(self, database: sqlite3.Connection, shelf: Shelf, *, new: bool = False) -> int | None:
        """The number of a model with a prompt; None if it has none and ``new`` is not set."""
        number = self._numbers.get(shelf.key)
        if number is None:
            if new:
                row = (shelf.card.name, *shelf.key)
                database.execute(
                    "INSERT OR IGNORE INTO models (name, fingerprint, prompt, windows) VALUES (?, ?, ?, ?)", row
                )
            known = database.execute(
                "SELECT number FROM models WHERE fingerprint = ? AND prompt = ? AND windows = ?", shelf.key
            ).fetchone()
            if known is None:
                return None
            self._numbers[shelf.key] = number = int(known[0])
        return number

    def _older_half(self, database: sqlite3.Connection) -> int:
        """The use below which a vector that is asked for moves to the end; 0 while the file is far from its limit."""
        return 0 if 2 * used_bytes(database) < self.max_bytes else sum(uses(database)) // 2

    def _evict(self, database: sqlite3.Connection) -> None:
        if used_bytes(database) > self.max_bytes:
            while used_bytes(database) > _AFTER_EVICTION * self.max_bytes:
                first, last = uses(database)
                if not last:
                    break
                share = int((last - first) * _EVICTED_AT_ONCE)
                database.execute("DELETE FROM vectors WHERE use <= ?", [first + share])
        page, pages = (database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
        beyond = pages - self.max_bytes // page
        if beyond > 0:
            # As a script: a single statement would stop after a page.
            database.executescript(f"PRAGMA incremental_vacuum({beyond});")

    def _there(self) -> bool:
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._owner != os.getpid():
            # A forked process must not touch its parent's connection, not even to close it.
            _INHERITED.append(self._connection)
            self._connection = None
        if self._connection is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._numbers.clear()
            self._owner = os.getpid()
            self._connection = connect(self.path)
        return self._connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """One thread at a time; what SQLite and the system say becomes an error of ours."""
        with self._lock:
            try:
                yield
            except sqlite3.OperationalError as error:
                raise StorageError(f"{self.path}: {error}.") from error
            except OSError as error:
                raise StorageError(f"{error.filename or self.path}: {error.strerror or error}.") from error
            except (sqlite3.DatabaseError, NotOurs) as error:
                raise CorruptCache(
                    f"{self.path} is damaged or no embedding cache of this version; delete it, or name another folder."
                ) from error

    def _give_up(self, error: StorageError) -> None:
        self._off = True
        warn_caller(CacheWarning(f"The embedding cache cannot be used, and everything is computed: {error}"))


class Shelf:
    """The part of a cache that belongs to one model and prompt.

    Args:
        cache: the cache.
        card: the model.
        prompt: what is put before the texts.
        windows: whether long texts are read in windows.
    """

    def __init__(self, cache: EmbeddingCache, card: ModelCard, prompt: str, windows: bool) -> None:
        self._cache = cache
        self.card = card
        self.key = card.fingerprint, prompt, windows

    def get(self, texts: Sequence[str]) -> tuple[NDArray[np.int64], Vectors, NDArray[np.bool_]]:
        """What is there of distinct texts.

        Returns:
            Which of the texts, int64 of shape (k,), ascending; their vectors, (k, d); whether they were cut, (k,).
        """
        keys = [_key(text) for text in texts]
        found = self._cache.find(self, keys)
        hits = [place for place, key in enumerate(keys) if key in found]
        rows = [found[keys[place]] for place in hits]
        dimension = self.card.dimension
        if any(len(vector) != 4 * dimension for vector, _ in rows):
            raise CorruptCache(f"{self._cache.path} is damaged: a vector has another length; delete it.")
        self._cache.hits += len(hits)
        self._cache.misses += len(keys) - len(hits)
        vectors = np.frombuffer(b"".join(vector for vector, _ in rows), dtype="<f4").reshape(-1, dimension)
        return np.array(hits, dtype=np.int64), vectors, np.array([cut for _, cut in rows], dtype=bool)

    def put(self, texts: Sequence[str], vectors: Vectors, cut: NDArray[np.bool_]) -> None:
        """Keep the vectors, (n, d), of texts, and whether these were cut, (n,)."""
        size = 4 * self.card.dimension
        data = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
        rows = [
            (_key(text), int(cut[place]), data[place * size : (place + 1) * size]) for place, text in enumerate(texts)
        ]
        self._cache.store(self, rows)


def _key(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
