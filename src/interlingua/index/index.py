"""The index: documents that are there once they are acknowledged, and a search that is fair between languages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np

from interlingua._version import __version__
from interlingua.errors import CorruptIndex, InputError, OptionError, StorageError, WrongModel
from interlingua.index import snapshot as snapshots
from interlingua.index.checking import damage
from interlingua.index.documents import Document, Documents
from interlingua.index.filters import Condition, Filter, condition, is_unicode
from interlingua.index.fusion import CANDIDATES, RERANKED, Reranker, best, reranked
from interlingua.index.items import Item, as_documents, changed, chunked, id_of
from interlingua.index.manifest import Kind, Manifest, Storage, read_manifest
from interlingua.index.opened import Opened
from interlingua.index.options import SearchOptions
from interlingua.index.pairs import PairSums
from interlingua.index.relevance import check_options
from interlingua.index.replacing import finish_taking_place, standing
from interlingua.index.scanning import Asked
from interlingua.index.seeking import Seeker, Sure
from interlingua.index.whole import (
    absolute,
    check_encoder,
    default_encoder,
    growing_beside,
    make,
    model_of,
    precision_of,
    recover,
    size_of,
)
from interlingua.index.writing import Changes, checked
from interlingua.languages import canonical
from interlingua.scoring.calibration import Relevance
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import check_texts
from interlingua.types import Hit, Prompt, TextEncoder, Vectors

if TYPE_CHECKING:
    from interlingua.index.bias import Bias
    from interlingua.index.hubs import Hubs
    from interlingua.index.snapshot import Report
    from interlingua.index.view import View


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


class Index(Opened):
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

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

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
        with self._writing():
            for chunk in chunked([documents] if isinstance(documents, str | Mapping) else documents):
                changes = self._writer().put(as_documents(chunk, row))
                row += len(chunk)
                added, updated, unchanged = (a + b for a, b in zip((added, updated, unchanged), changes, strict=True))
                if acknowledged is not None:
                    acknowledged(len(chunk))
            if snapshot:
                self._writer().make_snapshot_if_behind(report)
        return Changes(added, updated, unchanged)

    def update(self, documents: Iterable[Mapping[str, Any]]) -> Changes:
        """Change documents that are there: dicts with ``id`` and what shall be different; None takes a field away.

        Raises:
            InputError: there is no document with an id, or a text cannot be embedded.

        All is changed or, after an error or an interruption, nothing; until all is embedded it is in memory.
        """
        wanted = [documents] if isinstance(documents, Mapping) else list(documents)
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
        wanted = [id_of(one) for one in ([ids] if isinstance(ids, str) else ids)]
        chosen = condition(where)
        with self._writing(), self._documents.transaction():
            if chosen is not None:
                wanted += [one.id for one in self._documents.all(where=chosen.sql, arguments=chosen.arguments)]
            return self._documents.remove(wanted)

    def fit_means(
        self,
        texts_a: Sequence[str],
        texts_b: Sequence[str],
        *,
        lang_a: Langs = None,
        lang_b: Langs = None,
        report: Report | None = None,
    ) -> dict[tuple[str, str], int]:
        """Learn from translations where languages lie, for fair search where languages are about different things.

        Without, a language's mean is estimated from its documents, so what these are about is taken for a part of the
        language. Pairs of further calls add up. The snapshot is made anew, because means are frozen in it.

        Args:
            texts_a: texts, some hundreds in each pair of languages.
            texts_b: the translation of each.
            lang_a: the language of the former, one for all or one for each; None identifies it.
            lang_b: that of the latter.
            report: called with what a snapshot does and its progress.

        Returns:
            How many pairs there are by now in each two languages.

        Raises:
            InputError: a text cannot be embedded, there are not as many of both, or no pair is in two known languages.
            IndexBusy: another process writes.
            StorageError: the disk refuses.
        """
        a, b = (check_texts(texts, name=name).texts for texts, name in ((texts_a, "texts_a"), (texts_b, "texts_b")))
        if len(a) != len(b):
            raise InputError(f"There are {len(a):,} texts but {len(b):,} translations; give one translation a text.")
        langs_a, langs_b = languages_of(a, lang_a), languages_of(b, lang_b)
        with self._writing():
            # Not before: another process may have embedded the index with another model meanwhile.
            vectors = [self._checked(self.encoder.encode_document(texts)) for texts in (a, b)]
            known = self._documents.pairs() or PairSums({}, {})
            pairs = known.with_pairs(vectors[0], vectors[1], langs_a, langs_b)
            if pairs.counts == known.counts:
                raise InputError("No pair of texts is in two different languages; give their languages.")
            with self._documents.transaction():
                self._documents.tell_pairs(pairs)
            self._writer().make_snapshot(report)
        return pairs.counts

    def forget_means(self, report: Report | None = None) -> None:
        """Forget what ``fit_means`` has learned, and make the snapshot anew."""
        with self._writing():
            with self._documents.transaction():
                self._documents.tell_pairs(None)
            self._writer().make_snapshot(report)

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

    # ------------------------------------------------------------------------------------------ reading

    def get(self, id: str) -> Document | None:
        """A document by its id; None if there is none."""
        self._reload_if_replaced()
        wanted = str(id)
        # What is no text for SQLite either is nobody's id.
        return self._documents.get([wanted]).get(wanted) if is_unicode(wanted) else None

    def count(self, where: Filter | None = None) -> int:
        """The number of documents, of those that a filter selects."""
        chosen = condition(where)
        self._reload_if_replaced()
        return self._documents.count() if chosen is None else self._documents.count(chosen.sql, chosen.arguments)

    def documents(self, where: Filter | None = None) -> Iterator[Document]:
        """All documents, or those that a filter selects, in the order of their first addition, as they are at one moment."""
        return (document for document, _ in self._at_one_moment(condition(where)))

    def _at_one_moment(self, chosen: Condition | None) -> Iterator[tuple[Document, Documents]]:
        """Documents, and where more about them is read."""
        self._reload_if_replaced()
        # Connections of its own, because whoever takes the documents one by one may write meanwhile.
        with closing(Documents(self.folder, self.manifest.dimension, self.manifest.storage)) as own, own.consistent():
            where, arguments = ("", ()) if chosen is None else (chosen.sql, chosen.arguments)
            for document in own.all(where=where, arguments=arguments):
                yield document, own

    def info(self) -> Info:
        """The state of the index."""

        def told(view: View) -> Info:
            known = view.snapshot
            return Info(
                self.manifest,
                self._documents.count(),
                self._documents.passages(),
                self._documents.languages(),
                view.behind,
                None if known is None else known.facts,
                size_of(self.folder),
            )

        return self._seen(told)

    def verify(self) -> list[str]:
        """What is wrong with the files, in sentences; every byte is read. Empty if all is well."""
        return list(damage(self.folder))

    @overload
    def search(self, queries: str, k: int = ..., **options: Unpack[SearchOptions]) -> list[Hit]: ...  # type: ignore[overload-overlap]
    @overload
    def search(self, queries: Sequence[str], k: int = ..., **options: Unpack[SearchOptions]) -> list[list[Hit]]: ...
    def search(  # noqa: PLR0913
        self,
        queries: str | Sequence[str],
        k: int = 10,
        *,
        where: Filter | None = None,
        fair: bool = True,
        diverse: bool = False,
        per_language: int | None = None,
        min_score: float | None = None,
        min_probability: float | None = None,
        query_lang: Langs = None,
        hybrid: bool = False,
        group: bool = True,
        rerank: Reranker | None = None,
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
            min_probability: only hits that answer the query with at least this probability (see ``relevance``), if half of the
                questions have an answer in the index; they then say how probable they are. So a query may find nothing.
            query_lang: the queries' language, one for all or one for each; None identifies it. Fair search uses it.
            hybrid: search by keywords as well, for exact names, numbers and codes. Both lists are fused by reciprocal rank (see
                ``fusion``); a hit's ``score`` is the fused one then. Keywords add hits and move them up, so the last ones by
                vector may fall out of the ``k``. ``min_score`` and ``min_probability`` are asked of what vectors found before that,
                and what keywords find stays.
            group: a document that has several passages is there once, with its best one; False gives all its passages.
            rerank: judges the best hits, at least 50: a callable that takes the query and its hits and gives each a score, higher
                is better. It is a hit's ``score`` then, and what the hits are ranked by.

        Returns:
            The hits, best first: a list for a ``str``, a list of lists for a list. A hit's ``text`` is the passage, which begins
            at ``start`` in the document's text.

        Raises:
            InputError: a query cannot be embedded.
            OptionError: an option has no such value.
        """
        _check_counts(k, per_language)
        single = isinstance(queries, str)
        texts = check_texts([queries] if isinstance(queries, str) else queries, name="queries").texts
        langs = languages_of(texts, query_lang) if fair else [None] * len(texts)
        self._reload_if_replaced()
        vectors, model = self._asked(texts)
        chosen = condition(where)
        sure = None if min_probability is None else self._sure(min_probability, fair=fair, diverse=diverse)
        candidates = max(k, CANDIDATES if hybrid else RERANKED if rerank else k)

        def sought(view: View) -> list[list[Hit]]:
            nonlocal vectors, model
            if model != self.manifest.fingerprint:
                # Another process has just put an index of another model in this one's place.
                vectors, model = self._asked(texts)
            seeker = Seeker(self._documents, view)
            # Keywords and judges choose among more than the quota.
            quota = per_language and max(per_language, candidates // max(len(view.languages), 1))
            asked = Asked(vectors, langs, fair, diverse, quota, group, view.allowed(chosen))
            found = seeker.hits(asked, candidates, min_score, sure)
            return seeker.with_keywords(texts, asked, found) if hybrid else found

        results = self._seen(sought)
        if rerank is not None:
            most = max(k, RERANKED)
            results = [reranked(text, hits[:most], rerank) for text, hits in zip(texts, results, strict=True)]
        results = [best(hits, k, per_language) for hits in results]
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
        prompt: Prompt = "query",
        group: bool = True,
    ) -> list[list[Hit]]:
        """Find the documents nearest to queries that are embedded already, float32 of shape (n, d) and of length 1.

        Options are as in ``search``, but ``fair`` is False unless it is given. ``prompt`` is what the queries were embedded as:
        ``"document"`` for the vectors of documents, to find what is like them.

        Raises:
            InputError: the vectors do not fit.
            WrongModel: another process has embedded the index anew with another model since the last call.
        """
        _check_counts(k, per_language)
        model = self.manifest.fingerprint
        vectors = self._checked(vectors)
        if langs is not None and len(langs) != len(vectors):
            raise InputError(
                f"There are {len(vectors):,} vectors but {len(langs):,} languages; give one language a vector."
            )
        codes = [None if lang is None else canonical(lang) for lang in langs or [None] * len(vectors)]
        chosen = condition(where)

        def sought(view: View) -> list[list[Hit]]:
            if model != self.manifest.fingerprint:
                raise WrongModel(
                    f"{self.folder} was embedded anew with {self.manifest.model} ({self.manifest.precision}) by another process; "
                    "embed the queries with that."
                )
            seeker = Seeker(self._documents, view)
            asked = Asked(vectors, codes, fair, diverse, per_language, group, view.allowed(chosen), prompt)
            return seeker.hits(asked, k, min_score)

        return self._seen(sought)

    def _sure(self, least: float, *, fair: bool, diverse: bool) -> Sure:
        check_options(least, fair=fair, diverse=diverse)
        return Sure(least, Relevance.shipped(self.manifest.model))

    def _asked(self, texts: Sequence[str]) -> tuple[Vectors, str]:
        """The queries' vectors, and the fingerprint of what embedded them."""
        encoder = self.encoder
        return self._checked(encoder.encode_query(texts)), encoder.fingerprint

    def _checked(self, vectors: Vectors) -> Vectors:
        return checked(np.ascontiguousarray(np.atleast_2d(vectors), dtype=np.float32), self.folder, self.manifest)

    def bias(
        self,
        queries: Sequence[str] | None = None,
        *,
        langs: Langs = None,
        k: int = 10,
        where: Filter | None = None,
        sample: int = 50,
        seed: int = 0,
    ) -> Bias:
        """Report in which languages the hits are, in plain and in fair search, against what is in the index.

        Args:
            queries: what people ask; without any, documents are made queries of, up to ``sample`` in each language.
            langs: the queries' language, one for all or one for each; None identifies it.
            k: how many hits of each query are counted.
            where: only documents that this filter selects.
            sample: how many documents of each language are made queries of.
            seed: which.

        Raises:
            InputError: there are no documents, or a query cannot be embedded.
        """
        from interlingua.index.bias import measure

        return measure(self, queries, langs, k=k, where=where, sample=sample, seed=seed)

    def hubs(
        self,
        queries: Sequence[str] | None = None,
        *,
        langs: Langs = None,
        k: int = 10,
        where: Filter | None = None,
        fair: bool = True,
        sample: int = 2000,
        most: int = 20,
        seed: int = 0,
    ) -> Hubs:
        """Find documents that come up for very many queries, whatever these ask.

        Args:
            queries: what people ask; without any, ``sample`` documents of the index are searched for, each without itself.
            langs: the queries' language, one for all or one for each; None identifies it.
            k: how many hits of each query are counted.
            where: only documents that this filter selects.
            fair: look at fair search.
            sample: how many documents are searched for.
            most: how many hubs are given.
            seed: which documents are searched for.

        Raises:
            InputError: a query cannot be embedded.
        """
        from interlingua.index.hubs import detect

        return detect(
            self, self._documents, queries, langs, k=k, where=where, sample=sample, fair=fair, most=most, seed=seed
        )

    # ------------------------------------------------------------------------------------------ as a whole

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

    def exported(self, *, where: Filter | None = None, vectors: bool = False) -> Iterator[dict[str, Any]]:
        """The documents as rows with ``id``, ``lang``, ``text`` and, if there are other fields, ``metadata``, as at one moment.

        Args:
            where: only documents that this filter selects.
            vectors: also ``vectors``, those of the document's passages, a list of lists.
        """
        return (
            {"id": document.id, "lang": document.lang, "text": document.text}
            | ({"metadata": dict(document.metadata)} if document.metadata else {})
            | ({"vectors": own.vectors_of(document.id).tolist()} if vectors else {})
            for document, own in self._at_one_moment(condition(where))
        )

    def export(self, path: str | os.PathLike[str], *, where: Filter | None = None, vectors: bool = False) -> int:
        """Write documents as JSON Lines (see ``exported``); gives their number. The file appears whole or not at all.

        Args:
            path: the file.
            where: only documents that this filter selects.
            vectors: also the vectors of each document's passages.

        Raises:
            StorageError: the disk refuses.
        """
        from interlingua.texts.writing import open_atomic, write_rows

        with open_atomic(Path(path).expanduser()) as file:
            return write_rows(self.exported(where=where, vectors=vectors), file, "jsonl")

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
                new.add(self._documents.all(), acknowledged=acknowledged, report=report)
                if begun:
                    # What was deleted since.
                    new.delete(set(new._documents.ids()) - set(self._documents.ids()))
            self._take_place(beside)
            self._encoder, self._given = encoder, True


def _check_counts(k: int, per_language: int | None) -> None:
    for name, value in (("k", k), ("per_language", per_language)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")


__all__ = ["Changes", "CorruptIndex", "Index", "Info", "Item", "StorageError"]
