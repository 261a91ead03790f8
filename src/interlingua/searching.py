"""Searching a list of documents in one go, exactly, across languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, overload

import numpy as np

from interlingua.errors import InputError, OptionError
from interlingua.neighbours import nearest
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import Hit, Record, TextEncoder


class HasText(Protocol):
    """What has a text, an id and a language, such as a Record or a sentence of the demo corpus."""

    @property
    def text(self) -> str:
        """The text."""

    @property
    def id(self) -> str:
        """The id."""

    @property
    def lang(self) -> str | None:
        """The language code, or None where unknown."""


Document = str | HasText | Mapping[str, Any]
"""A text; or more: a Record, or a dict with ``text`` and, if wanted, ``id``, ``lang`` and other fields (metadata)."""


@overload
def search(
    encoder: TextEncoder,
    queries: str,
    documents: Sequence[Document],
    *,
    k: int = ...,
    fair: bool = ...,
    query_lang: Langs = ...,
) -> list[Hit]: ...
@overload
def search(
    encoder: TextEncoder,
    queries: list[str],
    documents: Sequence[Document],
    *,
    k: int = ...,
    fair: bool = ...,
    query_lang: Langs = ...,
) -> list[list[Hit]]: ...
def search(
    encoder: TextEncoder,
    queries: str | Sequence[str],
    documents: Sequence[Document],
    *,
    k: int = 10,
    fair: bool = True,
    query_lang: Langs = None,
) -> list[Hit] | list[list[Hit]]:
    """Find the documents nearest to each query.

    Args:
        encoder: what embeds both.
        queries: a question, or a list of them.
        documents: texts, records or dicts (see ``Document``). Where a document has no language it is identified.
        k: how many hits a query gets.
        fair: rank by centred cosine, so that documents in the query's own language are not favoured; False ranks by the
            bare cosine.
        query_lang: the queries' language, one for all or one for each; None identifies it, which is hard for short text.

    Returns:
        The hits, best first: a list for a ``str``, a list of lists for a list.

    Raises:
        InputError: a text cannot be embedded.
        UnknownLanguage: a language code is none.
        OptionError: k is less than 1, or ``fair`` is asked for with a model that no means come with.
    """
    # All that can be wrong is found before the documents are embedded, which takes long.
    if not isinstance(k, int) or k < 1:
        raise OptionError(f"k must be a whole number and at least 1, not {k!r}.")
    if hasattr(documents, "columns"):
        raise InputError("documents should be a list, but it is a data frame: give frame.to_dict('records').")
    listed = as_list(documents, "documents")
    if fair:
        pool_means, query_means = _means(encoder)
    single = isinstance(queries, str)
    asked = check_texts([queries] if isinstance(queries, str) else queries, name="queries").texts
    asked_langs = languages_of(asked, query_lang)
    records = [_as_record(item, row) for row, item in enumerate(listed)]
    texts = check_texts([record.text for record in records], name="documents").texts
    vectors = encoder.encode_query(asked)
    pool = encoder.encode_document(texts)
    langs = languages_of(texts, [record.lang for record in records])
    if fair:
        ranked_pool = pool_means.centre(pool, langs)
        ranked_queries = query_means.centre(vectors, asked_langs)
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


def _means(encoder: TextEncoder) -> tuple[LanguageMeans, LanguageMeans]:
    try:
        return LanguageMeans.shipped(encoder, "document"), LanguageMeans.shipped(encoder, "query")
    except OptionError:
        raise OptionError(
            f"No language means come with a model {encoder.name!r}, so a search with it cannot be fair: give fair=False."
        ) from None


def _as_record(item: object, row: int) -> Record:
    if isinstance(item, Record):
        return item
    if isinstance(item, Mapping):
        fields = dict(item)
        if "text" not in fields:
            raise InputError(
                f"documents: row {row} is a dict without a field 'text'; it has {sorted(map(str, fields))}.", [row]
            )
        text, given, lang = fields.pop("text"), fields.pop("id", None), fields.pop("lang", None)
        return Record(text, str(row) if given is None else str(given), lang, row + 1, fields)
    text = getattr(item, "text", None)
    if isinstance(text, str):
        return Record(text, str(getattr(item, "id", row)), getattr(item, "lang", None), row + 1)
    # Anything else is judged as a text, with the checks and messages that texts get.
    return Record(text=item, id=str(row), row=row + 1)  # type: ignore[arg-type]
