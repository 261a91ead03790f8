"""The bias report: in which languages hits are, for queries in each language, against what is in the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interlingua.errors import InputError, OptionError
from interlingua.index.records import Document
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import check_texts

if TYPE_CHECKING:
    from interlingua.index.filters import Filter
    from interlingua.index.reading import Readable

# A document that is made a query of is cut to the length of a long question.
_QUERY_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class BiasRow:
    """The hits in one language of the queries in another.

    Attributes:
        query_lang: the queries' language; None where it is unknown.
        lang: the hits' language.
        queries: how many queries there are in ``query_lang``.
        documents: the share of the index that is in ``lang``, 0 to 1.
        plain: the share of the hits that are in ``lang`` when ranked by the cosine.
        fair: the same in a fair search.
    """

    query_lang: str | None
    lang: str | None
    queries: int
    documents: float
    plain: float
    fair: float


@dataclass(frozen=True, slots=True)
class Bias:
    """What a bias report says.

    Attributes:
        k: how many hits of each query were counted.
        queries: how many queries there were.
        sampled: whether they were made of documents of the index.
        rows: one for each language of queries and each of documents, the most frequent first.
    """

    k: int
    queries: int
    sampled: bool
    rows: tuple[BiasRow, ...]

    @property
    def own(self) -> tuple[float, float, float]:
        """The share of the query's own language: of the documents, of the plain hits, of the fair hits.

        Each query language that the index has documents in counts the same; without any, all are 0.
        """
        found = [row for row in self.rows if row.lang == row.query_lang and row.documents]
        if not found:
            return 0.0, 0.0, 0.0
        documents, plain, fair = np.mean([(row.documents, row.plain, row.fair) for row in found], axis=0).tolist()
        return documents, plain, fair

    @property
    def distance(self) -> tuple[float, float]:
        """How far the hits' languages are from the index's, in plain and in fair search.

        The total variation distance, averaged over the query languages: the share of the hits that would have to be in
        another language for all languages to be found as often as they are there. 0 is even, 1 is all in the wrong ones.
        """
        asked = len({row.query_lang for row in self.rows}) or 1
        plain = sum(abs(row.plain - row.documents) for row in self.rows) / 2 / asked
        fair = sum(abs(row.fair - row.documents) for row in self.rows) / 2 / asked
        return plain, fair


def measure(
    index: Readable,
    queries: Sequence[str] | None,
    langs: Langs,
    *,
    k: int,
    where: Filter | None,
    sample: int,
    seed: int,
) -> Bias:
    """Search for the queries, plainly and fairly, and count the hits' languages; see ``Index.bias``."""
    for name, value in (("k", k), ("sample", sample)):
        if not isinstance(value, int) or value < 1:
            raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
    there, chosen = _looked_through(index.documents(where), sample if queries is None else 0, seed)
    if not there:
        raise InputError(f"There are no documents to report on in {index.folder}; add some, or give another filter.")
    if queries is None:
        texts = [_as_query(document.text) for document in chosen]
        asked_langs = [document.lang for document in chosen]
    else:
        texts = check_texts(queries, name="queries").texts
        asked_langs = languages_of(texts, langs)
    vectors = index.encoder.encode_query(texts)
    own_ids = [None] * len(texts) if queries is not None else [document.id for document in chosen]
    counted = []
    for fair in (False, True):
        counts: dict[str | None, Counter[str | None]] = {}
        found = index.search_vectors(vectors, k + (queries is None), where=where, fair=fair, langs=asked_langs)
        for lang, own, hits in zip(asked_langs, own_ids, found, strict=True):
            others = [hit.lang for hit in hits if hit.id != own]
            counts.setdefault(lang, Counter()).update(others[:k])
        counted.append(counts)
    return Bias(k, len(texts), queries is None, tuple(_rows(Counter(asked_langs), there, *counted)))


def _rows(
    asked: Counter[str | None],
    there: Counter[str | None],
    plain: dict[str | None, Counter[str | None]],
    fair: dict[str | None, Counter[str | None]],
) -> Iterable[BiasRow]:
    total = there.total()
    for query_lang, queries in asked.most_common():
        sums = [max(counts[query_lang].total(), 1) for counts in (plain, fair)]
        for lang, documents in there.most_common():
            yield BiasRow(
                query_lang,
                lang,
                queries,
                documents / total,
                plain[query_lang][lang] / sums[0],
                fair[query_lang][lang] / sums[1],
            )


def _looked_through(
    documents: Iterable[Document], sample: int, seed: int
) -> tuple[Counter[str | None], list[Document]]:
    """How many documents there are in each language, and up to ``sample`` of each at random (Vitter's algorithm R)."""
    generator = np.random.default_rng(seed)
    there: Counter[str | None] = Counter()
    chosen: dict[str | None, list[Document]] = {}
    for document in documents:
        there[document.lang] += 1
        held = chosen.setdefault(document.lang, [])
        if len(held) < sample:
            held.append(document)
        elif sample and (place := int(generator.integers(there[document.lang]))) < sample:
            held[place] = document
    return there, [document for held in chosen.values() for document in held]


def _as_query(text: str) -> str:
    """The beginning of a document; if it has to be cut, at the last space, where that keeps most of it."""
    text = text.strip()
    if len(text) <= _QUERY_CHARACTERS:
        return text
    begun = text[:_QUERY_CHARACTERS]
    words = begun.rpartition(" ")[0]
    return words if len(words) > _QUERY_CHARACTERS / 2 else begun
