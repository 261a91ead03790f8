"""The index: documents that are there once they are acknowledged, and a search that is fair between languages."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, overload

import numpy as np

from interlingua._version import __version__
from interlingua.errors import CorruptIndex, IndexBusy, InputError, OptionError, StorageError, WrongModel
from interlingua.index import snapshot as snapshots
from interlingua.index.documents import Document, Documents, Passage
from interlingua.index.filters import Filter, condition
from interlingua.index.manifest import Kind, Manifest, Storage, read_manifest, write_manifest
from interlingua.index.passages import split
from interlingua.index.view import Asked, Found, View
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import check_texts
from interlingua.types import Hit, Record, TextEncoder, Vectors

if TYPE_CHECKING:
    from interlingua.index.snapshot import Report

_LOCK = ".lock"
_WAIT_SECONDS = 30.0
# Documents that are embedded and written together: what an interruption costs.
_CHUNK = 2048
# A snapshot is made anew when more than this share of the passages, and this number, came or went since the last.
_BEHIND_SHARE = 0.1
_BEHIND = 2000
_LENGTH_TOLERANCE = 1e-2

Item = str | Record | Document | Mapping[str, Any]
"""A document: a text, a Record, a Document, or a dict with ``text`` and, if wanted, ``id``, ``lang`` and other fields."""


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


@dataclass(frozen=True, slots=True)
class Info:
    """The state of an index.

    Attributes:
        manifest: what it was made with.
        documents: how many.
        passages: how many vectors.
        languages: documents by language.
        behind: passages that came or went since the snapshot.
        snapshot: what the snapshot says about itself; None if there is none.
        bytes: what all files take on disk.
    """

    manifest: Manifest
    documents: int
    passages: int
    languages: Mapping[str | None, int]
    behind: int
    snapshot: snapshots.Facts | None
    bytes: int


class Index:
    """A folder of documents that is searched across languages.

    Made by ``Index.create`` and ``Index.open``. One process at a time writes; any number read meanwhile and see what has been
    acknowledged. What a call has written is on the disk when the call returns.

    Attributes:
        folder: where it lies.
        manifest: what it was made with.
    """

    def __init__(self, folder: Path, manifest: Manifest, encoder: TextEncoder | None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._encoder = encoder
        self._documents = Documents(folder, manifest.dimension, manifest.storage)
        self._view = View(folder, manifest, self._documents)

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
        path = Path(folder).expanduser()
        encoder = encoder if encoder is not None else _default_encoder()
        with _disk(path):
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise OptionError(f"{path} exists and is not empty; give another folder, or open it with Index.open.")
            path.mkdir(parents=True, exist_ok=True)
            manifest = Manifest(
                _model_of(encoder),
                encoder.fingerprint,
                _precision_of(encoder),
                encoder.dimension,
                storage,
                kind,
                float(recall),
                passages,
                created_with=__version__,
            )
            Documents(path, manifest.dimension, storage, create=True).close()
            # Last, because a folder with a manifest is an index.
            write_manifest(path, manifest)
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
        path = Path(folder).expanduser()
        manifest = read_manifest(path)
        if encoder is not None:
            _check_encoder(path, manifest, encoder)
        return cls(path, manifest, encoder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, id: object) -> bool:  # noqa: A002
        return isinstance(id, str) and bool(self._documents.get([id]))

    def close(self) -> None:
        """Let go of the files."""
        self._documents.close()

    @property
    def encoder(self) -> TextEncoder:
        """What embeds.

        Raises:
            WrongModel: the model by the index's name is another one now.
        """
        if self._encoder is None:
            from interlingua.encoding.encoder import Encoder

            encoder = Encoder(self.manifest.model, precision=self.manifest.precision)  # type: ignore[arg-type]
            _check_encoder(self.folder, self.manifest, encoder)
            self._encoder = encoder
        return self._encoder

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
            snapshot: make a new snapshot at the end if much has changed.
            acknowledged: called with the number of documents after each chunk that is on the disk.
            report: called with what a snapshot does and its progress.

        Raises:
            InputError: a text cannot be embedded, or an item is no document; its row is counted from 0 over the call.
            IndexBusy: another process writes.
            StorageError: the disk refuses; the index is as before the chunk.
        """
        added = updated = unchanged = row = 0
        items = iter([documents] if isinstance(documents, str | Mapping) else documents)
        with self._writing():
            while chunk := list(islice(items, _CHUNK)):
                changes = self._put(_as_documents(chunk, row))
                row += len(chunk)
                added, updated, unchanged = (a + b for a, b in zip((added, updated, unchanged), changes, strict=True))
                if acknowledged is not None:
                    acknowledged(len(chunk))
            if snapshot:
                self._snapshot_if_behind(report)
        return Changes(added, updated, unchanged)

    def update(self, documents: Iterable[Mapping[str, Any]]) -> Changes:
        """Change documents that are there: dicts with ``id`` and what shall be different; None takes a field away.

        Raises:
            InputError: there is no document with an id; nothing of the call is changed then.
        """
        wanted = [documents] if isinstance(documents, Mapping) else list(documents)
        ids = [str(change["id"]) if "id" in change else "" for change in wanted]
        with self._writing():
            present = self._documents.get(ids)
            changed = []
            for row, (id_, change) in enumerate(zip(ids, wanted, strict=True)):
                before = present.get(id_)
                if before is None:
                    raise InputError(f"Row {row}: there is no document {id_!r} in {self.folder}; add it.", [row])
                present[id_] = _changed(before, change)
                changed.append(present[id_])
            updated = unchanged = 0
            for start in range(0, len(changed), _CHUNK):
                changes = self._put(_as_documents(changed[start : start + _CHUNK], start))
                updated, unchanged = updated + changes.updated, unchanged + changes.unchanged
        return Changes(0, updated, unchanged)

    def delete(self, ids: str | Iterable[str] = (), *, where: Filter | None = None) -> list[str]:
        """Delete documents by their ids, or those that a filter selects.

        Returns:
            The ids of the documents that were there and are gone.
        """
        wanted = [ids] if isinstance(ids, str) else list(ids)
        chosen = condition(where)
        with self._writing(), self._documents.transaction():
            if chosen is not None:
                wanted += [one.id for one in self._documents.all(where=chosen.sql, arguments=chosen.arguments)]
            return self._documents.remove(wanted)

    def compact(self, report: Report | None = None) -> Info:
        """Make the snapshot anew, and give back the room of what was deleted."""
        with self._writing():
            self._make_snapshot(report)
            self._documents.vacuum()
        return self.info()

    def rebuild(self, report: Report | None = None) -> Info:
        """Make everything anew that is derived from the documents."""
        with self._writing():
            snapshots.prune(self.folder, keep=None)
            self._make_snapshot(report)
        return self.info()

    def _put(self, documents: list[Document]) -> Changes:
        present = self._documents.get([document.id for document in documents])
        # Of documents with one id the last one counts.
        last = {document.id: document for document in documents}
        new = [document for document in last.values() if _differs(document, present.get(document.id))]
        told = [
            document
            for document in last.values()
            if document.id in present
            and not _differs(document, present[document.id])
            and dict(document.metadata) != dict(present[document.id].metadata)
        ]
        passages = self._embedded(new)
        added = 0
        if new or told:
            with self._documents.transaction():
                for document, parts in zip(new, passages, strict=True):
                    added += not self._documents.put(document, parts)
                for document in told:
                    self._documents.describe(document.id, document.metadata)
        updated = len(new) - added + len(told)
        return Changes(added, updated, len(documents) - added - updated)

    def _embedded(self, documents: list[Document]) -> list[list[Passage]]:
        spans = [
            split(document.text, document.lang, self.encoder) if self.manifest.passages else [(0, len(document.text))]
            for document in documents
        ]
        texts = [
            document.text[start:stop] for document, parts in zip(documents, spans, strict=True) for start, stop in parts
        ]
        vectors = iter(self._checked(self.encoder.encode_document(texts)) if texts else ())
        return [[Passage(start, stop, next(vectors)) for start, stop in parts] for parts in spans]

    def _checked(self, vectors: Vectors) -> Vectors:
        if vectors.ndim != 2 or vectors.shape[1] != self.manifest.dimension:
            raise InputError(
                f"The vectors have the shape {vectors.shape}, but those of {self.folder} have {self.manifest.dimension} "
                "dimensions: are they from the same model?"
            )
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
        wrong = np.flatnonzero(~(np.abs(lengths - 1) < _LENGTH_TOLERANCE))
        if len(wrong):
            raise InputError(
                f"Vector {wrong[0]} has the length {lengths[wrong[0]]:.3g} instead of 1 (or holds NaN): normalise them.",
                wrong.tolist(),
            )
        return vectors

    def _snapshot_if_behind(self, report: Report | None) -> None:
        self._view.refresh()
        if self._view.behind > max(_BEHIND, _BEHIND_SHARE * self._view.count):
            self._make_snapshot(report)

    def _make_snapshot(self, report: Report | None) -> None:
        with _disk(self.folder):
            made = snapshots.build(self.folder, self.manifest, self._documents, report or (lambda *_: None))
        with self._documents.transaction():
            self._documents.forget_removed(made.facts.mark)
        self._view.invalidate()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Holds the lock of writers."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.folder / _LOCK)
        with _disk(self.folder):
            try:
                lock.acquire(timeout=_WAIT_SECONDS)
            except Timeout:
                raise IndexBusy(
                    f"{self.folder} is being written by another process; try again when it has ended."
                ) from None
        try:
            yield
        finally:
            self._view.invalidate()
            lock.release()

    # ------------------------------------------------------------------------------------------ reading

    def get(self, id: str) -> Document | None:  # noqa: A002
        """A document by its id; None if there is none."""
        return self._documents.get([id]).get(id)

    def count(self, where: Filter | None = None) -> int:
        """The number of documents, of those that a filter selects."""
        chosen = condition(where)
        return self._documents.count() if chosen is None else self._documents.count(chosen.sql, chosen.arguments)

    def documents(self, where: Filter | None = None) -> Iterator[Document]:
        """All documents, or those that a filter selects, in the order of their first addition."""
        chosen = condition(where)
        if chosen is None:
            return self._documents.all()
        return self._documents.all(where=chosen.sql, arguments=chosen.arguments)

    def info(self) -> Info:
        """The state of the index."""
        self._view.refresh()
        known = self._view.snapshot
        return Info(
            self.manifest,
            self._documents.count(),
            self._documents.passages(),
            self._documents.languages(),
            self._view.behind,
            None if known is None else known.facts,
            sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()),
        )

    def verify(self) -> list[str]:
        """What is wrong with the files, in sentences; every byte is read. Empty if all is well."""
        return [*self._documents.damage(), *snapshots.damage(self.folder)]

    @overload
    def search(self, queries: str, k: int = ..., **options: Any) -> list[Hit]: ...
    @overload
    def search(self, queries: Sequence[str], k: int = ..., **options: Any) -> list[list[Hit]]: ...
    def search(
        self,
        queries: str | Sequence[str],
        k: int = 10,
        *,
        where: Filter | None = None,
        fair: bool = True,
        diverse: bool = False,
        per_language: int | None = None,
        min_score: float | None = None,
        query_lang: Langs = None,
    ) -> list[Hit] | list[list[Hit]]:
        """Find the documents nearest to each query, whatever language either is in.

        Args:
            queries: a question, or a list of them.
            k: how many documents a query gets.
            where: only documents that this filter selects (see ``filters``).
            fair: rank by the centred cosine, so that documents in the query's own language are not favoured.
            diverse: take off, from a query's scores in each language, what its best ones there have: for pools in which the same
                is said in several languages.
            per_language: the most hits in any one language.
            min_score: only hits with at least this score.
            query_lang: the queries' language, one for all or one for each; None identifies it. Fair search uses it.

        Returns:
            The hits, best first: a list for a ``str``, a list of lists for a list. A document that has several passages is there
            once, with its best one.

        Raises:
            InputError: a query cannot be embedded.
            OptionError: an option has no such value.
        """
        single = isinstance(queries, str)
        asked = check_texts([queries] if isinstance(queries, str) else queries, name="queries").texts
        langs = languages_of(asked, query_lang) if fair else [None] * len(asked)
        vectors = self.encoder.encode_query(asked)
        results = self.search_vectors(
            vectors,
            k,
            where=where,
            fair=fair,
            diverse=diverse,
            per_language=per_language,
            min_score=min_score,
            langs=langs,
        )
        return results[0] if single else results

    def search_vectors(
        self,
        vectors: Vectors,
        k: int = 10,
        *,
        where: Filter | None = None,
        fair: bool = False,
        diverse: bool = False,
        per_language: int | None = None,
        min_score: float | None = None,
        langs: Sequence[str | None] | None = None,
    ) -> list[list[Hit]]:
        """The same for queries that are embedded already, float32 of shape (n, d) and of length 1."""
        for name, value in (("k", k), ("per_language", per_language)):
            if value is not None and (not isinstance(value, int) or value < 1):
                raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
        vectors = self._checked(np.ascontiguousarray(np.atleast_2d(vectors), dtype=np.float32))
        chosen = condition(where)
        self._view.refresh()
        allowed = None if chosen is None else self._documents.selected(chosen.sql, chosen.arguments)
        asked = Asked(vectors, langs or [None] * len(vectors), fair, diverse, per_language, allowed)
        return self._hits(asked, k, min_score)

    def _hits(self, asked: Asked, k: int, min_score: float | None) -> list[list[Hit]]:
        wanted, most = k, self._view.count
        while True:
            found = self._view.search(asked, min(wanted, max(most, 1)))
            results = self._fetched(found, k, min_score)
            # Several passages of a document count once, so more of them may be needed.
            short = any(len(hits) < k and len(one.keys) >= wanted for hits, one in zip(results, found, strict=True))
            if not short or wanted >= most:
                return results
            wanted *= 4

    def _fetched(self, found: list[Found], k: int, min_score: float | None) -> list[list[Hit]]:
        keys = list({int(key) for one in found for key in one.keys})
        known = self._documents.hits(keys)
        results = []
        for one in found:
            hits: dict[str, Hit] = {}
            for key, score, cosine in zip(one.keys.tolist(), one.scores.tolist(), one.cosines.tolist(), strict=True):
                if key not in known or (min_score is not None and score < min_score):
                    continue
                document, start, stop = known[key]
                if document.id not in hits and len(hits) < k:
                    text = document.text[start:stop]
                    place = (start, stop) if (start, stop) != (0, len(document.text)) else (None, None)
                    hits[document.id] = Hit(document.id, text, document.lang, score, cosine, document.metadata, *place)
            results.append(list(hits.values()))
        return results

    # ------------------------------------------------------------------------------------------ as a whole

    def export(self, path: str | os.PathLike[str], *, vectors: bool = False) -> int:
        """Write all documents as JSON Lines; gives their number.

        Args:
            path: the file.
            vectors: also the vectors of each document's passages.
        """
        target = Path(path).expanduser()
        count = 0
        with _disk(target):
            partial = target.with_name(f".{target.name}.partial")
            with partial.open("w", encoding="utf-8") as file:
                for document in self._documents.all():
                    row: dict[str, Any] = {"id": document.id, "lang": document.lang, "text": document.text}
                    row |= {"metadata": dict(document.metadata)} if document.metadata else {}
                    if vectors:
                        row["vectors"] = self._documents.vectors_of(document.id).tolist()
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    count += 1
            partial.replace(target)
        return count

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
        """
        beside = self.folder.with_name(f"{self.folder.name}.reembedding")
        with self._writing():
            if beside.exists():
                new = Index.open(beside, encoder)
            else:
                facts = self.manifest
                new = Index.create(
                    beside,
                    encoder,
                    kind=facts.kind,
                    storage=facts.storage,
                    recall=facts.recall,
                    passages=facts.passages,
                )
            new.add(self._documents.all(), acknowledged=acknowledged, report=report)
            new.delete([one.id for one in new.documents() if one.id not in self])
            new.close()
            self._take_place(beside)
        self._encoder = encoder

    def _take_place(self, beside: Path) -> None:
        self._documents.close()
        old = self.folder.with_name(f"{self.folder.name}.old")
        with _disk(self.folder):
            shutil.rmtree(old, ignore_errors=True)
            self.folder.rename(old)
            beside.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        self.manifest = read_manifest(self.folder)
        self._documents = Documents(self.folder, self.manifest.dimension, self.manifest.storage)
        self._view = View(self.folder, self.manifest, self._documents)


def _default_encoder() -> TextEncoder:
    from interlingua.encoding.encoder import Encoder

    return Encoder()


def _model_of(encoder: TextEncoder) -> str:
    card = getattr(encoder, "card", None)
    return str(getattr(card, "location", "") or encoder.name)


def _precision_of(encoder: TextEncoder) -> str:
    return str(getattr(getattr(encoder, "card", None), "precision", "exact"))


def _check_encoder(folder: Path, manifest: Manifest, encoder: TextEncoder) -> None:
    if encoder.fingerprint == manifest.fingerprint:
        return
    mine = f"{manifest.model} ({manifest.precision}, {manifest.fingerprint})"
    theirs = f"{_model_of(encoder)} ({_precision_of(encoder)}, {encoder.fingerprint})"
    raise WrongModel(
        f"{folder} was made with {mine}; its vectors cannot be compared with those of {theirs}. Open it without an encoder, or "
        f"embed it anew: interlingua index reembed {folder} --model {_model_of(encoder)}"
    )


def _as_documents(items: Sequence[Item], first: int) -> list[Document]:
    documents = [_as_document(item, first + row) for row, item in enumerate(items)]
    texts = check_texts([document.text for document in documents], name="documents").texts
    langs = languages_of(texts, [document.lang for document in documents])
    return [replace(document, text=text, lang=lang) for document, text, lang in zip(documents, texts, langs, strict=True)]


def _as_document(item: object, row: int) -> Document:
    if isinstance(item, Document):
        return item
    if isinstance(item, Record):
        return Document(item.id, item.text, item.lang, item.metadata)
    if isinstance(item, Mapping):
        fields = dict(item)
        if "text" not in fields:
            raise InputError(f"documents: row {row} is a dict without a field 'text'; it has {sorted(map(str, fields))}.", [row])
        text, lang = fields.pop("text"), fields.pop("lang", None)
        given = fields.pop("id", None)
        return Document(_made_id(text, fields) if given is None else str(given), text, lang, fields)
    return Document(_made_id(item, {}), item)  # type: ignore[arg-type]


def _made_id(text: object, fields: Mapping[str, Any]) -> str:
    said = json.dumps([str(text), fields], sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _changed(before: Document, change: Mapping[str, Any]) -> Document:
    fields = {**before.metadata, **{name: value for name, value in change.items() if name not in ("id", "text", "lang")}}
    metadata = {name: value for name, value in fields.items() if value is not None}
    text = change.get("text", before.text)
    # Another text may be in another language.
    lang = change.get("lang", before.lang if text == before.text else None)
    return Document(before.id, text, lang, metadata)


def _differs(document: Document, before: Document | None) -> bool:
    return before is None or (document.text, document.lang) != (before.text, before.lang)


@contextmanager
def _disk(path: Path) -> Iterator[None]:
    from interlingua.models.storage import storage_errors

    with storage_errors(path, size="room for the index", elsewhere="choose another folder"):
        yield


__all__ = ["Changes", "CorruptIndex", "Index", "Info", "Item", "StorageError"]
