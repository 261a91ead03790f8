"""The SQLite file of an index: connections, transactions, and what was acknowledged.

Each transaction raises a sequence number in the file. After its commit the number is also written beside the file. So if the
file, or what is still in its write-ahead log, is lost or replaced by an older copy, that is seen: it has a lower number.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from interlingua.errors import CorruptIndex, IndexBusy, InputError, InterlinguaError, OptionError, StorageError

FILE = "documents.db"
ACKNOWLEDGED = "acknowledged"
# "ILix" in the header of the file.
_APPLICATION = 0x494C6978
VERSION = 1
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
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value NOT NULL);
INSERT OR IGNORE INTO facts VALUES ('sequence', 0);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""
MIGRATIONS: Mapping[int, Callable[[sqlite3.Connection], None]] = {}
"""From the version that is the key to the next one, within a transaction."""
_WAIT_SECONDS = 30.0
_SETTINGS = ("synchronous = FULL", "cache_size = -32768", "mmap_size = 1073741824", "foreign_keys = ON")
_SEQUENCE = "SELECT value FROM facts WHERE name = 'sequence'"
# Result codes of SQLite without their extension.
_BUSY, _LOCKED, _TOO_BIG = 5, 6, 18
_IO, _FULL = 10, 13
_READ_ONLY, _CANNOT_OPEN, _NO_PERMISSION = 8, 14, 3


class Database:
    """The SQLite file of an index; a connection for each thread and process.

    Args:
        folder: the index.
        create: make the file if there is none.
        check: that all is there that was acknowledged.

    Raises:
        CorruptIndex: the file is missing, damaged, or has less than was acknowledged.
        OptionError: it is of a later version of Interlingua.
    """

    def __init__(self, folder: Path, *, create: bool = False, check: bool = True) -> None:
        self.path = folder / FILE
        self._name = str(self.path)
        self._uri = self.path.resolve().as_uri()
        self._process = os.getpid()
        self._creating = create
        self._local = threading.local()
        self._opened: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._closing = weakref.finalize(self, _close, self._opened)
        self._identity: tuple[int, int] | None = None
        before = self._looked()
        if not create and before is None:
            raise CorruptIndex(missing(self.path))
        try:
            # First what was acknowledged, because that is never ahead of the file.
            acknowledged = read_acknowledged(folder) if check else None
            with self._errors():
                self._prepare(create)
                self._creating = False
                if check:
                    self._check_complete(acknowledged)
            self._identity = before or self._looked()
            self._check_identity()
        except BaseException as error:
            self.close()
            if isinstance(error, InterlinguaError) and before is not None and before != self._looked():
                # Whatever is wrong with it: the log beside it was another's.
                raise IndexBusy(self._replaced()) from error
            raise

    @property
    def _database(self) -> sqlite3.Connection:
        """This thread's connection."""
        if self._process != os.getpid():
            self._leave_to_parent()
        found: sqlite3.Connection | None = getattr(self._local, "database", None)
        if found is None:
            # Those of threads that have ended are of no use any more.
            _close(self._opened, ended=True)
            found = self._connect()
            self._opened.append((threading.current_thread(), found))
            self._check_identity()
            self._local.database = found
        return found

    def _connect(self) -> sqlite3.Connection:
        # With rwc a file that was deleted meanwhile would be made anew, empty.
        mode = "rwc" if self._creating else "rw"
        database = self._open(f"{self._uri}?mode={mode}")
        try:
            database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
            for setting in _SETTINGS:
                database.execute(f"PRAGMA {setting}").fetchall()
        except sqlite3.OperationalError as error:
            database.close()
            if _code(error) not in (_READ_ONLY, _CANNOT_OPEN) or not os.access(self.path, os.R_OK):
                raise
            database = self._connect_where_nothing_can_be_written()
        except BaseException:
            database.close()
            raise
        return database

    def _connect_where_nothing_can_be_written(self) -> sqlite3.Connection:
        """A connection that needs no file for locks, because nobody can write there (or the next look tells, see ``_stamp``)."""
        self._local.stamp = self._stamp()
        log = self.path.with_name(f"{FILE}-wal")
        if not log.is_file() or not log.stat().st_size:
            return self._open(f"{self._uri}?immutable=1")
        # What a killed writer left in the log is read into memory.
        database = self._open(f"{self._uri}?mode=ro" + ("&vfs=unix-none" if os.name == "posix" else ""))
        database.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
        return database

    @staticmethod
    def _open(uri: str) -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)

    def _stamp(self) -> list[tuple[int, int, int] | None]:
        """What changes when somebody else writes after all."""
        found: list[tuple[int, int, int] | None] = []
        for path in (self.path, self.path.with_name(f"{FILE}-wal")):
            try:
                facts = path.stat()
                found.append((facts.st_ino, facts.st_size, facts.st_mtime_ns))
            except OSError:
                found.append(None)
        return found

    def _leave_to_parent(self) -> None:
        """After a fork: SQLite's connections must not be used in two processes."""
        inherited, self._opened = self._opened, []
        self._closing.detach()
        self._closing = weakref.finalize(self, _close, self._opened)
        self._local = threading.local()
        self._process = os.getpid()
        for _, database in inherited:
            if database.in_transaction:
                _ABANDONED.append(database)
            else:
                database.close()

    def close(self) -> None:
        """Close all connections."""
        if self._process == os.getpid():
            _close(self._opened)
        self._local = threading.local()

    def is_replaced(self) -> bool:
        """Whether there is another file by this name now.

        Raises:
            CorruptIndex: there is none.
        """
        found = self._looked()
        if found is None:
            raise CorruptIndex(missing(self.path))
        return found != self._identity

    def _looked(self) -> tuple[int, int] | None:
        """Which file there is by this name."""
        try:
            facts = os.stat(self._name)
        except OSError:
            return None
        return facts.st_dev, facts.st_ino

    def _check_identity(self) -> None:
        """Whether a connection that was just opened is to the file that it should be, and its log is that file's."""
        if self._identity not in (None, self._looked()):
            raise IndexBusy(self._replaced())

    def _replaced(self) -> str:
        return f"{self.path.parent} has just been replaced by another process; try again."

    # ------------------------------------------------------------------------------------------ transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written in it, or nothing; on the disk when it ends.

        Raises:
            IndexBusy: another process has been writing for longer than one waits.
            StorageError: the disk refuses.
        """
        with self._errors():
            database = self._database
            try:
                database.execute("BEGIN IMMEDIATE")
                yield
                database.execute("UPDATE facts SET value = value + 1 WHERE name = 'sequence'")
                sequence = int(database.execute(_SEQUENCE).fetchone()[0])
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
        with suppress(OSError):
            # It may be behind, never ahead, so it need not reach the disk now.
            write_acknowledged(self.path.parent, sequence)

    @contextmanager
    def consistent(self) -> Iterator[None]:
        """What is read in it is of one moment."""
        stamp = getattr(self._local, "stamp", None)
        if stamp is not None and stamp != self._stamp():
            self._local = threading.local()
        with self._errors():
            database = self._database
            if database.in_transaction:
                yield
                return
            try:
                database.execute("BEGIN")
                yield
            finally:
                with suppress(sqlite3.Error):
                    database.execute("COMMIT")

    def sequence(self) -> int:
        """How many transactions were written; costs microseconds."""
        with self._errors():
            return int(self._database.execute(_SEQUENCE).fetchone()[0])

    def fact(self, name: str) -> Any:
        """A fact about the index by its name; None if it is not told."""
        with self._errors():
            found = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else found[0]

    def tell(self, name: str, value: str | int | bytes) -> None:
        """Write a fact about the index; within a transaction."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def untell(self, name: str) -> None:
        """Forget a fact about the index; within a transaction."""
        self._database.execute("DELETE FROM facts WHERE name = ?", (name,))

    def lineage(self) -> str:
        """The history that its transactions belong to: another one after writes were lost and given up."""
        return str(self.fact("lineage") or "")

    def vacuum(self) -> None:
        """Give the room of what was deleted back to the system."""
        with self._errors():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # ------------------------------------------------------------------------------------------ opening

    def _prepare(self, create: bool) -> None:
        application, version = self._marks()
        if (application, version) == (0, 0) and create:
            self._database.executescript(_SCHEMA)
        elif application != _APPLICATION:
            raise CorruptIndex(
                f"{self.path} is not the file of an index; restore it from a backup, or make the index anew."
            )
        elif version > VERSION:
            raise OptionError(
                f"{self.path} has the format {version}; this version of Interlingua knows {VERSION}: install a newer one."
            )
        elif version < VERSION:
            self._migrate()

    def _marks(self) -> tuple[int, ...]:
        return tuple(
            self._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )

    def _migrate(self) -> None:
        """Bring a file of an older version to this one, whole or not at all."""
        with self.transaction():
            # Another process may have done it meanwhile.
            for version in range(self._marks()[1], VERSION):
                MIGRATIONS[version](self._database)
            self._database.execute(f"PRAGMA user_version = {VERSION}")

    def _check_complete(self, acknowledged: int | None) -> None:
        lacking = (acknowledged or 0) - self.sequence()
        if lacking > 0:
            raise CorruptIndex(lost(self.path, lacking))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """What SQLite refuses, in one sentence."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if "closed database" in str(error):
                raise IndexBusy(
                    f"{self.path.parent} was closed or replaced while it was read; try again, if it is still open."
                ) from error
            raise self._said(error) from error

    def _said(self, error: sqlite3.DatabaseError) -> Exception:
        code, folder = _code(error), self.path.parent
        if code in (_BUSY, _LOCKED):
            return IndexBusy(f"{folder} is being written by another process; try again when it has ended.")
        if code == _FULL:
            return StorageError(f"{self.path}: the disk is full; free some space. The index is as it was.")
        if code in (_READ_ONLY, _CANNOT_OPEN, _NO_PERMISSION):
            if not self.path.exists():
                raise CorruptIndex(missing(self.path)) from error
            return StorageError(f"{self.path}: no permission to write there; change the permissions of the folder.")
        if code == _IO:
            return StorageError(
                f"{self.path}: the disk refuses ({getattr(error, 'sqlite_errorname', error)}); is it full, or a limit on the size "
                "of files reached? The index is as it was."
            )
        if code == _TOO_BIG:
            return InputError(f"{self.path}: a document is larger than SQLite can hold ({error}); divide it.")
        return CorruptIndex(f"{self.path} is damaged ({error}); run: interlingua index verify {folder}")


_ABANDONED: list[sqlite3.Connection] = []
"""Connections of a parent process in which something was under way: never touched again."""


def missing(path: Path) -> str:
    """The sentence for a file that is not there."""
    return f"{path} is missing; restore it from a backup, or make the index anew."


def lost(path: Path, writes: int) -> str:
    """The sentence for a file that has less than was acknowledged."""
    return (
        f"{path} lacks the last {writes:,} writes that were acknowledged, because {path.name}-wal was lost or damaged or the "
        "file is an older copy; restore both from a backup, or go on without them with Index.recover."
    )


def read_acknowledged(folder: Path) -> int | None:
    """How many transactions were acknowledged, or one less at times; None if that is not known.

    Raises:
        CorruptIndex: the file says something else.
    """
    path = folder / ACKNOWLEDGED
    try:
        said = path.read_bytes()
    except OSError:
        return None
    if not said:
        # Made, and not yet written.
        return None
    number = said.rstrip(b"\n")
    if len(said) != _DIGITS + 1 or not number.isdigit():
        raise CorruptIndex(f"{path} is damaged; make it anew with Index.recover.")
    return int(number)


def write_acknowledged(folder: Path, sequence: int) -> None:
    """Write down how many transactions were acknowledged, in the place of what was there."""
    descriptor = os.open(folder / ACKNOWLEDGED, os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        os.write(descriptor, b"%0*d\n" % (_DIGITS, sequence))
    finally:
        os.close(descriptor)


_DIGITS = 20


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _close(opened: list[tuple[threading.Thread, sqlite3.Connection]], *, ended: bool = False) -> None:
    """Close connections; with ``ended`` only those of threads that have ended."""
    for pair in list(opened):
        thread, database = pair
        if not (ended and thread.is_alive()):
            # Who takes it out closes it: another thread may be at the same.
            with suppress(ValueError):
                opened.remove(pair)
                database.close()
