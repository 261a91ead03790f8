"""The documents of an index in SQLite: what was acknowledged is there, whatever happens to the process.

Keys are never used twice: a passage that changes gets a new key, and the old one is noted as removed. So what came after a
snapshot are the keys beyond its last one, and what went are the keys noted since.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import CorruptIndex
from interlingua.index import keywords
from interlingua.index.database import Database
from interlingua.index.manifest import Storage
from interlingua.index.pairs import PairSums
from interlingua.index.records import (
    Document,
    Excerpt,
    Passage,
    Tail,
    as_json,
    document_checksum,
    from_json,
    passage_checksum,
)
from interlingua.types import Vectors

_AT_ONCE = 500
_PAIRS = "pairs"


class Documents(Database):
    """The documents and their passages.

    Args:
        folder: the index.
        dimension: the length d of a vector.
        storage: how components are kept.
        create: make the file if there is none.
        check: that all is there that was acknowledged.
    """

    def __init__(
        self, folder: Path, dimension: int, storage: Storage, *, create: bool = False, check: bool = True
    ) -> None:
        self._dimension = dimension
        self._dtype = np.dtype("<f4" if storage == "float32" else "<f2")
        super().__init__(folder, create=create, check=check)

    # ------------------------------------------------------------------------------------------ writing

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See ``Database``; keywords by older rules are made anew in it."""
        with super().transaction():
            if not keywords.is_current(self._database):
                keywords.rebuild(self._database)
            yield

    def put(self, document: Document, passages: Sequence[Passage]) -> None:
        """Add a document, in the place of the one with its id; within a transaction."""
        database = self._database
        metadata = as_json(document.metadata)
        row = (
            document.lang,
            document.text,
            metadata,
            document_checksum(document.id, document.lang, document.text, metadata),
        )
        found = database.execute("SELECT number FROM documents WHERE id = ?", (document.id,)).fetchone()
        if found is None:
            inserted = database.execute(
                "INSERT INTO documents (id, lang, text, metadata, checksum) VALUES (?, ?, ?, ?, ?)", (document.id, *row)
            )
            number = int(inserted.lastrowid or 0)
        else:
            number = found[0]
            self._remove_passages(number)
            database.execute(
                "UPDATE documents SET lang = ?, text = ?, metadata = ?, checksum = ? WHERE number = ?", (*row, number)
            )
        keys: list[int] = []
        for passage in passages:
            blob = np.asarray(passage.vector).astype(self._dtype).tobytes()
            facts = (number, passage.start, passage.stop, document.lang, blob)
            added = database.execute(
                "INSERT INTO passages (number, start, stop, lang, vector, checksum) VALUES (?, ?, ?, ?, ?, ?)",
                (*facts, passage_checksum(*facts)),
            )
            keys.append(int(added.lastrowid or 0))
        texts = (document.text[passage.start : passage.stop] for passage in passages)
        keywords.put(database, zip(keys, texts, strict=True))

    def describe(self, id: str, metadata: Mapping[str, Any]) -> bool:
        """Give a document other metadata, its text being the same; within a transaction. False if it is not there."""
        database = self._database
        found = database.execute("SELECT lang, text FROM documents WHERE id = ?", (id,)).fetchone()
        if found is None:
            return False
        (lang, text), fields = found, as_json(metadata)
        database.execute(
            "UPDATE documents SET metadata = ?, checksum = ? WHERE id = ?",
            (fields, document_checksum(id, lang, text, fields), id),
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
        keywords.remove(self._database, number)
        self._database.execute("INSERT INTO removed (key) SELECT key FROM passages WHERE number = ?", (number,))
        self._database.execute("DELETE FROM passages WHERE number = ?", (number,))

    def rebuild_keywords(self) -> None:
        """Make the keywords anew from the documents; within a transaction."""
        keywords.rebuild(self._database)

    def tell_pairs(self, pairs: PairSums | None) -> None:
        """Keep what parallel texts say about languages, or forget it; within a transaction."""
        if pairs is None:
            self.untell(_PAIRS)
        else:
            self.tell(_PAIRS, pairs.to_bytes())

    def forget_removed(self, mark: int) -> None:
        """Forget which keys were removed up to a mark, because no snapshot has them any more; within a transaction."""
        self._database.execute("DELETE FROM removed WHERE mark <= ?", (mark,))

    # ------------------------------------------------------------------------------------------ reading

    def count(self, where: str = "", arguments: Sequence[Any] = ()) -> int:
        """The number of documents, of those that a condition selects."""
        with self._errors():
            condition = f" WHERE {where}" if where else ""
            return int(self._database.execute(f"SELECT count(*) FROM documents{condition}", arguments).fetchone()[0])

    def languages(self) -> dict[str | None, int]:
        """The number of documents in each language, most first."""
        with self._errors():
            return dict(
                self._database.execute(
                    "SELECT lang, count(*) FROM documents GROUP BY lang ORDER BY count(*) DESC, lang"
                )
            )

    def last_key(self) -> int:
        """The highest key that a passage ever had; 0 if there never was one."""
        with self._errors():
            # Not the highest that is there, because that one may be deleted later.
            found = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'passages'").fetchone()
        return int(found[0]) if found else 0

    def passages(self) -> int:
        """The number of passages."""
        with self._errors():
            return int(self._database.execute("SELECT count(*) FROM passages").fetchone()[0])

    def after(self, key: int, *, limit: int = -1) -> Tail:
        """The passages with higher keys.

        Raises:
            CorruptIndex: one of them is not what was written.
        """
        with self._errors():
            rows = self._database.execute(
                "SELECT key, number, lang, vector, start, stop, checksum FROM passages WHERE key > ? ORDER BY key LIMIT ?",
                (key, limit),
            ).fetchall()
        for row in rows:
            if passage_checksum(row[1], row[4], row[5], row[2], row[3]) != row[6]:
                raise CorruptIndex(
                    f"{self.path}: passage {row[0]} is not what was written; run: interlingua index verify {self.path.parent}"
                )
        keys, numbers = (np.array([row[column] for row in rows], dtype=np.int64) for column in (0, 1))
        return Tail(keys, numbers, [row[2] for row in rows], self._vectors([row[3] for row in rows]))

    def removed_after(self, mark: int) -> tuple[NDArray[np.int64], int]:
        """The keys that were removed after a mark, and the new mark."""
        with self._errors():
            rows = self._database.execute(
                "SELECT mark, key FROM removed WHERE mark > ? ORDER BY mark", (mark,)
            ).fetchall()
        return np.array([row[1] for row in rows], dtype=np.int64), rows[-1][0] if rows else mark

    def last_mark(self) -> int:
        """The mark of what was removed last; 0 if nothing ever was."""
        with self._errors():
            found = self._database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'removed'").fetchone()
        return int(found[0]) if found else 0

    def forgotten(self) -> int:
        """Up to which mark it is not known any more which keys were removed."""
        with self._errors():
            first = self._database.execute("SELECT min(mark) FROM removed").fetchone()[0]
        return int(first) - 1 if first is not None else self.last_mark()

    def selected(self, where: str, arguments: Sequence[Any]) -> NDArray[np.int64]:
        """The keys of the passages of the documents that a condition selects, in ascending order."""
        # In this order: the passages' own rows, which hold the vectors, are not read for it.
        statement = f"SELECT key FROM (SELECT number FROM documents WHERE {where}) CROSS JOIN passages USING (number)"
        with self._errors():
            rows = self._database.execute(statement, arguments)
            return np.sort(np.fromiter((key for (key,) in rows), dtype=np.int64))

    def pairs(self) -> PairSums | None:
        """What parallel texts say about languages.

        Raises:
            CorruptIndex: it is damaged.
        """
        content = self.fact(_PAIRS)
        try:
            return None if content is None else PairSums.from_bytes(content)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise CorruptIndex(
                f"{self.path}: the means from parallel texts are damaged ({error}); run: interlingua index fit-means "
                f"{self.path.parent} --forget"
            ) from error

    def has_keywords(self) -> bool:
        """Whether there are keywords, made by the rules of this version; the next transaction makes them if not."""
        with self._errors():
            return keywords.is_current(self._database)

    def matches(
        self, query: str, count: int, limit: int, allowed: NDArray[np.int64] | None = None
    ) -> list[keywords.Match]:
        """The passages that keywords find (see ``keywords.search``)."""
        with self._errors():
            return keywords.search(self._database, query, count, limit, allowed)

    def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """Documents by their ids; those that are not there are left out."""
        found: dict[str, Document] = {}
        for some in _portions(ids):
            marks = ", ".join("?" * len(some))
            with self._errors():
                rows = self._database.execute(
                    f"SELECT id, text, lang, metadata, checksum FROM documents WHERE id IN ({marks})", some
                ).fetchall()
            found |= {row[0]: self._document(*row) for row in rows}
        return found

    def ids(self) -> Iterator[str]:
        """The ids of all documents."""
        with self._errors():
            for (id_,) in self._database.execute("SELECT id FROM documents"):
                yield id_

    def vectors_of(self, id: str) -> Vectors:
        """The vectors of a document's passages, (passages, d)."""
        with self._errors():
            rows = self._database.execute(
                "SELECT vector FROM passages WHERE number = (SELECT number FROM documents WHERE id = ?) ORDER BY key",
                (id,),
            ).fetchall()
        return self._vectors([row[0] for row in rows])

    def vectors(self, keys: Sequence[int]) -> dict[int, Vectors]:
        """The vectors of passages, (d,) each; those that are gone are left out."""
        found: dict[int, Vectors] = {}
        for some in _portions(keys):
            marks = ", ".join("?" * len(some))
            with self._errors():
                rows = self._database.execute(
                    f"SELECT key, vector FROM passages WHERE key IN ({marks})", some
                ).fetchall()
            found |= {key: self._vectors([blob])[0] for key, blob in rows}
        return found

    def excerpts(self, keys: Sequence[int]) -> dict[int, Excerpt]:
        """Passages as they are shown; those that are gone are left out."""
        found: dict[int, Excerpt] = {}
        for some in _portions(keys):
            marks = ", ".join("?" * len(some))
            with self._errors():
                rows = self._database.execute(
                    f"SELECT key, start, stop, number FROM passages WHERE key IN ({marks})", some
                ).fetchall()
            # Each document once, however many of the passages it has: it may be a book.
            documents = self._numbered({row[3] for row in rows})
            for key, start, stop, number in rows:
                if number in documents:
                    found[key] = _excerpt(documents[number], start, stop)
        return found

    def _numbered(self, numbers: Collection[int]) -> dict[int, Document]:
        """A few documents by their numbers; those that are gone are left out."""
        marks = ", ".join("?" * len(numbers))
        with self._errors():
            rows = self._database.execute(
                f"SELECT number, id, text, lang, metadata, checksum FROM documents WHERE number IN ({marks})",
                [*numbers],
            ).fetchall()
        return {number: self._document(*row) for number, *row in rows}

    def all(self, *, where: str = "", arguments: Sequence[Any] = ()) -> Iterator[Document]:
        """All documents in the order of their first addition."""
        condition = f" AND ({where})" if where else ""
        last = 0
        while True:
            with self._errors():
                rows = self._database.execute(
                    f"SELECT number, id, text, lang, metadata, checksum FROM documents WHERE number > ?{condition} "
                    "ORDER BY number LIMIT 1000",
                    (last, *arguments),
                ).fetchall()
            if not rows:
                return
            for last, *row in rows:  # noqa: B007
                yield self._document(*row)

    # ------------------------------------------------------------------------------------------ checking

    def damage(self) -> Iterator[str]:
        """What is wrong with the file, in sentences: every byte of it is read."""
        database = self._database
        orphans = "SELECT key FROM passages WHERE number NOT IN (SELECT number FROM documents)"
        lacking = "SELECT id FROM documents WHERE number NOT IN (SELECT number FROM passages)"
        undead = "SELECT key FROM passages WHERE key IN (SELECT key FROM removed)"
        try:
            for (said,) in database.execute("PRAGMA integrity_check(20)"):
                if said != "ok":
                    yield f"{self.path}: {said}"
            for *parts, checksum in database.execute("SELECT id, lang, text, metadata, checksum FROM documents"):
                if document_checksum(*parts) != checksum:
                    yield f"{self.path}: the document {parts[0]!r} is not what was written"
            size = self._dimension * self._dtype.itemsize
            for key, *facts, checksum in database.execute(
                "SELECT key, number, start, stop, lang, vector, checksum FROM passages"
            ):
                if passage_checksum(*facts) != checksum or len(facts[-1]) != size:
                    yield f"{self.path}: passage {key} is not what was written"
            for statement, said in (
                (orphans, "passage {} has no document"),
                (lacking, "the document {!r} has no passage"),
                (undead, "passage {} is said to be removed"),
            ):
                for (which,) in database.execute(statement):
                    yield f"{self.path}: {said.format(which)}"
            self.pairs()
            for said in keywords.damage(database):
                yield f"{self.path}: {said}"
        except CorruptIndex as error:
            yield str(error)
        except (sqlite3.DatabaseError, TypeError, ValueError) as error:
            # A damaged file may hold anything.
            yield f"{self.path}: {error}"

    def _document(self, id: str, text: str, lang: str | None, metadata: str | None, checksum: int) -> Document:
        self._check(id, text, lang, metadata, checksum)
        return Document(id, text, lang, from_json(metadata))

    def _check(self, id: str, text: str, lang: str | None, metadata: str | None, checksum: int) -> None:
        if document_checksum(id, lang, text, metadata) != checksum:
            raise CorruptIndex(
                f"{self.path}: the document {id!r} is not what was written; delete it and add it again, or restore a backup."
            )

    def _vectors(self, blobs: Sequence[bytes]) -> Vectors:
        joined = np.frombuffer(b"".join(blobs), dtype=self._dtype)
        if joined.size != len(blobs) * self._dimension:
            raise CorruptIndex(f"{self.path} holds vectors of another length; run: interlingua index verify")
        return joined.reshape(len(blobs), self._dimension).astype(np.float32)


def _excerpt(document: Document, start: int, stop: int) -> Excerpt:
    id_, text, lang, metadata = document.id, document.text, document.lang, document.metadata
    if start == 0 and stop == len(text):
        return Excerpt(id_, text, lang, metadata, None, None)
    return Excerpt(id_, text[start:stop], lang, metadata, start, stop)


def _portions(items: Sequence[Any]) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield some
