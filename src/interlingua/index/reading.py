"""Reading an index: its documents, the search in them, and what they tell about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack, overload

import numpy as np

from interlingua.errors import InputError, OptionError, WrongModel
from interlingua.index.checking import damage
from interlingua.index.conditions import Condition, is_unicode
from interlingua.index.documents import Documents
from interlingua.index.filters import Filter, condition
from interlingua.index.fusion import CANDIDATES, RERANKED, Reranker, best, reranked
from interlingua.index.info import Info, info_of
from interlingua.index.opened import Opened
from interlingua.index.options import SearchOptions
from interlingua.index.records import Document
from interlingua.index.relevance import check_options
from interlingua.index.replacing import finish_taking_place
from interlingua.index.scanning import Asked
from interlingua.index.seeking import Seeker, Sure
from interlingua.index.view import View
from interlingua.index.writing import checked
from interlingua.languages import canonical
from interlingua.scoring.calibration import Relevance
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import check_texts
from interlingua.types import Hit, Prompt, Vectors

if TYPE_CHECKING:
    from interlingua.index.bias import Bias
    from interlingua.index.hubs import Hubs


class Readable(Opened):
    """An index as far as it is read."""

    def __len__(self) -> int:
        return self.count()

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self.get(id) is not None

    # ------------------------------------------------------------------------------------------ documents

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
            OptionError: the file would lie in the index.
            StorageError: the disk refuses.
        """
        from interlingua.texts.writing import open_atomic, write_rows

        where_to = Path(path).expanduser()
        if where_to.resolve().is_relative_to(self.folder.resolve()):
            raise OptionError(f"{where_to} lies in the index; write to another folder.")
        with open_atomic(where_to) as file:
            return write_rows(self.exported(where=where, vectors=vectors), file, "jsonl")

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
        return self._seen(lambda view: info_of(self.folder, self.manifest, self._documents, view))

    def verify(self) -> list[str]:
        """What is wrong with the files, in sentences; every byte is read. Empty if all is well."""
        finish_taking_place(self.folder)
        return list(damage(self.folder))

    # ------------------------------------------------------------------------------------------ search

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

    # ------------------------------------------------------------------------------------------ what it tells about itself

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

        moment = self._at_one_moment(condition(where))
        return detect(self, moment, queries, langs, k=k, where=where, sample=sample, fair=fair, most=most, seed=seed)


def _check_counts(k: int, per_language: int | None) -> None:
    for name, value in (("k", k), ("per_language", per_language)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
