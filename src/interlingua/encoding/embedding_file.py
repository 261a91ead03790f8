"""The SQLite file of the embedding cache: its layout, how it is opened, and how full it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# "ILec" in the header of the file tells ours from others'; the version tells this layout from later ones.
_APPLICATION = 0x494C6563
_VERSION = 1
_SCHEMA = f"""
PRAGMA page_size = 16384;
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS models (
    number INTEGER PRIMARY KEY, name TEXT, fingerprint TEXT, prompt TEXT, windows INTEGER,
    UNIQUE (fingerprint, prompt, windows)
);
CREATE TABLE IF NOT EXISTS vectors (
    use INTEGER PRIMARY KEY, model INTEGER, text BLOB, cut INTEGER, vector BLOB, UNIQUE (model, text)
);
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_WAIT_SECONDS = 30.0
_SETTINGS = (
    # A crash of the machine may lose the last vectors, but not damage the file.
    "synchronous = NORMAL",
    # The rows of a chunk are found in the order of their keys, and so are scattered over its pages.
    "cache_size = -16384",
    "mmap_size = 134217728",
    "journal_size_limit = 67108864",
)


class NotOurs(Exception):
    """The file is a database of something else, or of another version."""


def connect(path: Path) -> sqlite3.Connection:
    """Open the file, which gets its layout if it is new.

    Raises:
        NotOurs: it is the file of something else.
        sqlite3.Error: it is damaged, or cannot be opened.
    """
    database = sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        if _mark(database) == (0, 0):
            # Two processes that give a new file its layout at once would find it locked.
            from filelock import FileLock

            with FileLock(path.parent / ".lock"):
                if _mark(database) == (0, 0):
                    if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                        raise NotOurs
                    database.executescript(_SCHEMA)
        if _mark(database) != (_APPLICATION, _VERSION):
            raise NotOurs
        for setting in _SETTINGS:
            database.execute(f"PRAGMA {setting}").fetchall()
    except BaseException:
        database.close()
        raise
    return database


def _mark(database: sqlite3.Connection) -> tuple[int, int]:
    application, version = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    return application, version


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All that is written in it, or nothing; waits for other writers."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise


def uses(database: sqlite3.Connection) -> tuple[int, int]:
    """The lowest and the highest number of a vector; zeros if there is none."""
    # Two statements: for min and max in one, SQLite would read the whole table.
    first = database.execute("SELECT min(use) FROM vectors").fetchone()[0]
    last = database.execute("SELECT max(use) FROM vectors").fetchone()[0]
    return first or 0, last or 0


def used_bytes(database: sqlite3.Connection) -> int:
    """The size of the file without the pages that are free."""
    page, pages, free = (
        database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page * (pages - free))
