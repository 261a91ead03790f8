"""The index: documents that are there once they are acknowledged, and a search that is fair between languages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from interlingua._version import __version__
from interlingua.errors import CorruptIndex, InputError, OptionError, StorageError
from interlingua.index.filters import Filter, condition
from interlingua.index.fitting import Fitting
from interlingua.index.info import Info
from interlingua.index.items import Item, as_documents, as_list, changed, chunked, id_of
from interlingua.index.manifest import Kind, Manifest, Storage, read_manifest
from interlingua.index.records import Document
from interlingua.index.replacing import finish_taking_place, standing
from interlingua.index.whole import (
    absolute,
    check_encoder,
    default_encoder,
    growing_beside,
    make,
    model_of,
    precision_of,
    recover,
)
from interlingua.index.writing import Changes
from interlingua.types import Record, TextEncoder

if TYPE_CHECKING:
    from interlingua.index.snapshot import Report


class Index(Fitting):
    """A folder of documents that is searched across languages.

    Made by ``Index.create`` and ``Index.open``. One process at a time writes; any number read meanwhile and see what has been
    acknowledged. What a call has written is on the disk when the call returns.

    Attributes:
        folder: where it lies.
        manifest: what it was made with.
    """

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        encoder: TextEncoder | None = None,
        *,
        kind: Kind = "auto",
        storage: Storage = "float32",
        recall: float = 0.95,
        passages: bool = True,
    ) -> Index:
        """Make an empty index in a new or empty folder.

        Args:
            folder: where.
            encoder: what embeds documents and queries; None takes the default model.
            kind: ``flat`` (exact), ``hnsw``, ``ivf`` or ``ivfpq``; ``auto`` chooses by size and memory.
            storage: the components of the vectors: ``float32`` or ``float16``.
            recall: the share of the ten best that approximate kinds are to find, above 0 and below 1.
            passages: divide documents that are longer than the model reads into passages.

        Raises:
            OptionError: there is something in the folder, or an option has no such value.
            StorageError: the disk refuses.
        """
        if kind not in ("auto", "flat", "hnsw", "ivf", "ivfpq"):
            raise OptionError(f"kind is one of 'auto', 'flat', 'hnsw', 'ivf' and 'ivfpq', not {kind!r}.")
        if storage not in ("float32", "float16"):
            raise OptionError(f"storage is 'float32' or 'float16', not {storage!r}.")
        if not isinstance(recall, int | float) or not 0 < recall < 1:
            raise OptionError(f"recall is a number between 0 and 1, not {recall!r}.")
        path = absolute(folder)
        # Else the index that should be there would be taken for none.
        finish_taking_place(path)
        encoder = encoder if encoder is not None else default_encoder()
        manifest = Manifest(
            model_of(encoder),
            encoder.fingerprint,
            precision_of(encoder),
            encoder.dimension,
            storage,
            kind,
            float(recall),
            passages,
            created_with=__version__,
        )
        make(path, manifest)
        return cls(path, manifest, encoder)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], encoder: TextEncoder | None = None) -> Index:
        """Open an index.

        Args:
            folder: where it lies.
            encoder: what embeds; None loads the model that the index was made with, when it is first needed.

        Raises:
            OptionError: the folder is no index.
            WrongModel: the index was made with another encoder than the one given.
            CorruptIndex: a file is missing or damaged.
        """
        path = absolute(folder)

        def opened() -> Index:
            manifest = read_manifest(path)
            if encoder is not None:
                check_encoder(path, manifest, encoder)
            return cls(path, manifest, encoder)

        finish_taking_place(path)
        return standing(path, opened)

    @classmethod
    def recover(cls, folder: str | os.PathLike[str], encoder: TextEncoder | None = None) -> Index:
        """Open an index whose manifest is lost or damaged, or that lacks writes that were acknowledged: as its documents are.

        Args:
            folder: where it lies.
            encoder: what it was made with; needed only if the documents do not tell.

        Raises:
            CorruptIndex: the documents cannot be read.
            WrongModel: it was made with another encoder than the one given.
        """
        path = absolute(folder)
        recover(path, encoder)
        return cls.open(path, encoder)

    # ------------------------------------------------------------------------------------------ writing

    def add(
        self,
        documents: Iterable[Item],
        *,
        snapshot: bool = True,
        acknowledged: Callable[[int], None] | None = None,
        report: Report | None = None,
    ) -> Changes:
        """Add documents; one whose id is there takes its place.

        They are read, embedded and written in chunks, so there may be more than fit in memory; a chunk is on the disk when the
        next one is begun. A document whose text and language are as before is not embedded again, so a call that was interrupted
        is repeated at little cost.

        Args:
            documents: see ``Item``. One without an id gets one made of its text and fields; one without a language gets the one
                that is identified.
            snapshot: make a new snapshot at the end if much has changed, and before it whenever very many documents came.
            acknowledged: called with the number of documents after each chunk that is on the disk.
            report: called with what a snapshot does and its progress.

        Raises:
            InputError: a text cannot be embedded, or an item is no document; its row is counted from 0 over the call.
            IndexBusy: another process writes.
            StorageError: the disk refuses; the index is as before the chunk.
        """
        added = updated = unchanged = row = 0
        growing = snapshot
        items = as_list(
            documents, (str, Mapping, Record, Document), "documents are a list or another iterable of documents"
        )
        with self._writing():
            for chunk in chunked(items):
                changes = self._writer().put(as_documents(chunk, row))
                row += len(chunk)
                added, updated, unchanged = (a + b for a, b in zip((added, updated, unchanged), changes, strict=True))
                if acknowledged is not None:
                    acknowledged(len(chunk))
                growing = growing and self._writer().keep_up(report)
            if snapshot:
                self._writer().make_snapshot_if_behind(report)
        return Changes(added, updated, unchanged)

    def update(self, documents: Iterable[Mapping[str, Any]]) -> Changes:
        """Change documents that are there: dicts with ``id`` and what shall be different; None takes a field away.

        Raises:
            InputError: there is no document with an id, or a text cannot be embedded.

        All is changed or, after an error or an interruption, nothing; until all is embedded it is in memory.
        """
        wanted = list(as_list(documents, (Mapping,), "changes are a list or another iterable of dicts"))
        for row, change in enumerate(wanted):
            if not isinstance(change, Mapping) or "id" not in change:
                raise InputError(f"Row {row}: a change is a dict with 'id' and what shall be different.", [row])
        ids = [id_of(change["id"], row) for row, change in enumerate(wanted)]
        with self._writing():
            present = self._documents.get(ids)
            results = []
            for row, (id_, change) in enumerate(zip(ids, wanted, strict=True)):
                before = present.get(id_)
                if before is None:
                    raise InputError(f"Row {row}: there is no document {id_!r} in {self.folder}; add it.", [row])
                present[id_] = changed(before, change, row)
                results.append(present[id_])
            # Of several changes of one document the last has all of them. All is checked before anything is written.
            last = {document.id: document for document in as_documents(results)}
            updated = self._writer().put(*chunked(last.values())).updated
        return Changes(0, updated, len(wanted) - updated)

    def delete(self, ids: str | Iterable[str] = (), *, where: Filter | None = None) -> list[str]:
        """Delete documents by their ids, or those that a filter selects.

        Returns:
            The ids of the documents that were there and are gone.
        """
        wanted = [id_of(one) for one in as_list(ids, (str,), "ids are a list or another iterable of texts")]
        chosen = condition(where)
        if where is not None and chosen is None:
            raise OptionError(
                "An empty filter selects all documents; to delete all of them, delete the folder of the index."
            )
        with self._writing(), self._documents.transaction():
            if chosen is not None:
                wanted += [one.id for one in self._documents.all(where=chosen.sql, arguments=chosen.arguments)]
            return self._documents.remove(wanted)

    # ------------------------------------------------------------------------------------------ upkeep

    def compact(self, report: Report | None = None) -> Info:
        """Make the snapshot anew, and give back the room of what was deleted."""
        with self._writing():
            self._writer().make_snapshot(report)
            self._documents.vacuum()
        return self.info()

    def rebuild(self, report: Report | None = None) -> Info:
        """Make everything anew that is derived from the documents."""
        with self._writing():
            with self._documents.transaction():
                self._documents.rebuild_keywords()
            # The old snapshot goes when the new one is in its place.
            self._writer().make_snapshot(report)
        return self.info()

    def reembed(
        self,
        encoder: TextEncoder,
        *,
        acknowledged: Callable[[int], None] | None = None,
        report: Report | None = None,
    ) -> None:
        """Embed all documents with another model, and go on with that.

        The new index grows in a folder beside this one and takes its place when it is complete. After an interruption the same
        call goes on from there.

        Raises:
            WrongModel: an interrupted call was for another model.
            OptionError: a folder of somebody else's is in the way.
        """
        with self._writing():
            beside, begun = growing_beside(self.folder, self.manifest, encoder)
            with Index.open(beside, encoder) as new:
                new.add(self._documents.all(), snapshot=False, acknowledged=acknowledged)
                if begun:
                    # What was deleted since.
                    new.delete(set(new._documents.ids()) - set(self._documents.ids()))
                # Not before, because nobody reads it while it grows.
                new.add([], report=report)
            self._take_place(beside)
            self._encoder, self._given = encoder, True


__all__ = ["Changes", "CorruptIndex", "Index", "Info", "Item", "StorageError"]
