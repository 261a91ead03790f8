"""What changes an index: one writer at a time, chunk by chunk, and the snapshot after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from interlingua.errors import IndexBusy, InputError, StorageError
from interlingua.index import building
from interlingua.index import snapshot as snapshots
from interlingua.index.documents import Documents
from interlingua.index.items import differs, has_other_fields
from interlingua.index.manifest import Manifest
from interlingua.index.passages import split
from interlingua.index.records import Document, Passage
from interlingua.types import TextEncoder, Vectors

if TYPE_CHECKING:
    from interlingua.index.snapshot import Report

LOCK = ".lock"
_WAIT_SECONDS = 30.0
# A snapshot is made anew when more than this share of the passages, and this number, came or went since the last.
_BEHIND_SHARE = 0.1
_BEHIND = 2000
# Every process that searches holds as many vectors in memory and looks at all of them.
_MOST_BEHIND = 100_000
# Within a long call only when so many came, and so many times what the last one knows, so that all of them together cost hardly
# more than two of the last.
_FAR_BEHIND = 1_000_000
_GROWTH = 3
_LENGTH_TOLERANCE = 1e-2


class Changes(NamedTuple):
    """What a call has changed.

    Attributes:
        added: documents that are new.
        updated: documents whose text, language or metadata is another now.
        unchanged: documents that were there just so.
    """

    added: int
    updated: int
    unchanged: int


class _Prepared(NamedTuple):
    """A chunk of documents that is ready to be written.

    Attributes:
        new: those that are new or have another text.
        passages: the passages of each of these.
        told: those that have only other fields.
        changes: what the rows of the chunk change, one after the other.
    """

    new: list[Document]
    passages: list[list[Passage]]
    told: list[Document]
    changes: Changes


@dataclass(frozen=True, eq=False)
class Writer:
    """Writes into the documents of an index; whoever calls it holds the lock.

    Attributes:
        folder: the index.
        manifest: its facts.
        documents: its documents.
        encoder: gives what embeds.
    """

    folder: Path
    manifest: Manifest
    documents: Documents
    encoder: Callable[[], TextEncoder]

    def put(self, *chunks: list[Document]) -> Changes:
        """Add chunks, all of them or nothing; what is there just so is not embedded again."""
        prepared = [self._prepared(chunk) for chunk in chunks]
        if any(one.new or one.told for one in prepared):
            with self.documents.transaction():
                for one in prepared:
                    for document, parts in zip(one.new, one.passages, strict=True):
                        self.documents.put(document, parts)
                    for document in one.told:
                        self.documents.describe(document.id, document.metadata)
        return (
            Changes(*map(sum, zip(*(one.changes for one in prepared), strict=True))) if prepared else Changes(0, 0, 0)
        )

    def _prepared(self, documents: list[Document]) -> _Prepared:
        present = self.documents.get([document.id for document in documents])
        # Of documents with one id the last one counts.
        last = {document.id: document for document in documents}
        new = [document for document in last.values() if differs(document, present.get(document.id))]
        told = [
            document
            for document in last.values()
            if document.id in present
            and not differs(document, present[document.id])
            and has_other_fields(document, present[document.id])
        ]
        return _Prepared(new, self._embedded(new), told, _changes(documents, present))

    def _embedded(self, documents: list[Document]) -> list[list[Passage]]:
        if not documents:
            return []
        encoder = self.encoder()
        spans = [
            split(document.text, document.lang, encoder) if self.manifest.passages else [(0, len(document.text))]
            for document in documents
        ]
        texts = [
            document.text[start:stop] for document, parts in zip(documents, spans, strict=True) for start, stop in parts
        ]
        vectors = iter(checked(encoder.encode_document(texts), self.folder, self.manifest))
        return [[Passage(start, stop, next(vectors)) for start, stop in parts] for parts in spans]

    def _is_behind(self) -> bool:
        """Whether many passages came or went since the last snapshot, or that is lost; no passage is read for it."""
        documents = self.documents
        try:
            found = snapshots.open_newest(
                self.folder, self.manifest, documents.sequence(), documents.forgotten(), lineage=documents.lineage()
            )
        except snapshots.Ahead:
            return True
        if found is None:
            return documents.fact("snapshot") is not None or documents.last_key() > _BEHIND
        came, went = documents.last_key() - found.facts.last_key, documents.last_mark() - found.facts.mark
        return came + went > max(_BEHIND, min(_BEHIND_SHARE * found.facts.count, _MOST_BEHIND))

    def make_snapshot_if_behind(self, report: Report | None) -> None:
        """Make a snapshot if many passages came or went since the last one, or if that is lost."""
        if self._is_behind():
            try:
                self.make_snapshot(report)
            except StorageError as error:
                raise StorageError(
                    f"{error} All documents are in, only the snapshot that makes search quick could not be made; then run: "
                    f"interlingua index compact {self.folder}"
                ) from error

    def keep_up(self, report: Report | None) -> bool:
        """Within a long call, make a snapshot if very many passages came since the last one, because readers hold them all.

        Returns:
            False if the disk refuses. The documents are in all the same; whether there is room is asked again at the end.
        """
        if self._is_far_behind():
            try:
                self.make_snapshot(report)
            except StorageError:
                return False
        return True

    def _is_far_behind(self) -> bool:
        """As ``_is_behind``, for every chunk of a long call: only what the last snapshot says about itself is read."""
        count = last_key = 0
        # One that is lost or damaged is made anew.
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            facts = snapshots.read_facts(self.folder / snapshots.FOLDER / str(self.documents.fact("snapshot")))
            count, last_key = facts.count, facts.last_key
        return self.documents.last_key() - last_key > max(_FAR_BEHIND, _GROWTH * count)

    def make_snapshot(self, report: Report | None) -> None:
        """Make a snapshot, then forget what only older ones need, then delete those: in this order each is safe."""
        with disk(self.folder):
            made = building.build(self.folder, self.manifest, self.documents, report or (lambda *_: None))
        with self.documents.transaction():
            self.documents.forget_removed(made.facts.mark)
            self.documents.tell("snapshot", made.folder.name)
        snapshots.prune(self.folder, keep=made.folder)


def _changes(documents: list[Document], present: Mapping[str, Document]) -> Changes:
    """What documents change, each compared with the one before it that has its id."""
    known = dict(present)
    added = updated = 0
    for document in documents:
        before = known.get(document.id)
        if before is None:
            added += 1
        elif differs(document, before) or has_other_fields(document, before):
            updated += 1
        known[document.id] = document
    return Changes(added, updated, len(documents) - added - updated)


@contextmanager
def writers_lock(folder: Path) -> Iterator[None]:
    """Holds the lock of writers.

    Raises:
        IndexBusy: another process has been writing for longer than one waits.
        StorageError: nothing can be written there.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    with disk(folder):
        while True:
            before = _identity(folder)
            try:
                lock.acquire(timeout=_WAIT_SECONDS)
            except Timeout:
                raise IndexBusy(f"{folder} is being written by another process; try again when it has ended.") from None
            if before == _identity(folder):
                break
            # Another index took its place meanwhile: the lock that is held went with the one before.
            lock.release()
    try:
        yield
    finally:
        lock.release()


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        facts = folder.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def checked(vectors: Vectors, folder: Path, manifest: Manifest) -> Vectors:
    """Vectors that fit into an index.

    Raises:
        InputError: they have other dimensions, are not of length 1, or hold NaN.
    """
    if vectors.ndim != 2 or vectors.shape[1] != manifest.dimension:
        raise InputError(
            f"The vectors have the shape {vectors.shape}, but those of {folder} have {manifest.dimension} "
            "dimensions: are they from the same model?"
        )
    lengths = np.sqrt(np.vecdot(vectors, vectors, dtype=np.float64))
    right = np.abs(lengths - 1) < _LENGTH_TOLERANCE
    if not right.all():
        wrong = np.flatnonzero(~right)
        raise InputError(
            f"Vector {wrong[0]} has the length {lengths[wrong[0]]:.3g} instead of 1 (or holds NaN): normalise them.",
            wrong.tolist(),
        )
    return vectors


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """What the disk refuses, in one sentence."""
    from interlingua.models.storage import storage_errors

    with storage_errors(path, full="free some space", elsewhere="choose another folder"):
        yield
