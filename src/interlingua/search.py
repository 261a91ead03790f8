"""Searching a list of documents in one go, exactly, across languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np

from interlingua.errors import InputError, OptionError
from interlingua.languages import canonical, identify_all
from interlingua.neighbours import nearest
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.similarity import languages_of
from interlingua.texts.checking import check_texts
from interlingua.types import Hit, Record, TextEncoder

# Rows whose language was guessed from less than this are centred on the general mean: a wrong mean is worse than none.
_SURE = 0.5

Documents = Sequence[Record] | Sequence[str]
"""Texts, or records with id, language and metadata."""


@overload
def search(
    encoder: TextEncoder,
    queries: str,
    documents: Documents,
    *,
    k: int = ...,
    fair: bool = ...,
    query_lang: str | None = ...,
) -> list[Hit]: ...
@overload
def search(
    encoder: TextEncoder,
    queries: list[str],
    documents: Documents,
    *,
    k: int = ...,
    fair: bool = ...,
    query_lang: str | None = ...,
) -> list[list[Hit]]: ...
def search(
    encoder: TextEncoder,
    queries: str | Sequence[str],
    documents: Documents,
    *,
    k: int = 10,
    fair: bool = True,
    query_lang: str | None = None,
) -> list[Hit] | list[list[Hit]]:
    """Find the documents nearest to each query.

    Args:
        encoder: what embeds both.
        queries: a question, or a list of them.
        documents: texts, or records with id, language and metadata. Where a record has no language it is identified.
        k: how many hits a query gets.
        fair: rank by centred cosine, so that documents in the query's own language are not favoured; False ranks by the
            bare cosine.
        query_lang: the queries' language; None identifies it, which is hard for short text.

    Returns:
        The hits, best first: a list for a ``str``, a list of lists for a list.

    Raises:
        InputError: a text cannot be embedded.
        UnknownLanguage: ``query_lang`` is no language code.
        OptionError: k is less than 1, or ``fair`` is asked for with a model that no means come with.
    """
    # All that can be wrong is found before the documents are embedded, which takes long.
    if k < 1:
        raise OptionError(f"k must be at least 1, not {k}.")
    if isinstance(documents, str):
        raise InputError("documents should be a list of texts or records, but it is a single text: put it in a list.")
    asked_lang = canonical(query_lang) if query_lang else None
    if fair:
        pool_means = LanguageMeans.shipped(encoder.name, "document")
        query_means = LanguageMeans.shipped(encoder.name, "query")
    single = isinstance(queries, str)
    asked = check_texts([queries] if isinstance(queries, str) else queries, name="queries").texts
    given: Sequence[Record | str] = documents
    records = [_as_record(item, row) for row, item in enumerate(given)]
    texts = check_texts([record.text for record in records], name="documents").texts
    vectors = encoder.encode_query(asked)
    pool = encoder.encode_document(texts)
    langs = languages_of(texts, [record.lang for record in records])
    if fair:
        ranked_pool = pool_means.centre(pool, langs)
        ranked_queries = query_means.centre(vectors, asked_lang or _sure_languages(asked))
    else:
        ranked_pool, ranked_queries = pool, vectors
    scores, rows = nearest(ranked_queries, ranked_pool, k)
    results = []
    for query, (values, picked) in enumerate(zip(scores, rows, strict=True)):
        bare = np.clip(pool[picked] @ vectors[query], -1.0, 1.0)
        hits = []
        for row, score, cosine in zip(picked.tolist(), values.tolist(), bare.tolist(), strict=True):
            record = records[row]
            hits.append(Hit(record.id, record.text, langs[row], score, cosine, record.metadata))
        results.append(hits)
    return results[0] if single else results


def _as_record(item: Record | str, row: int) -> Record:
    return item if isinstance(item, Record) else Record(text=item, id=str(row), row=row + 1)


def _sure_languages(texts: Sequence[str]) -> list[str | None]:
    return [found.lang if found.confidence >= _SURE else None for found in identify_all(texts)]
