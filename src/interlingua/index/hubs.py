"""Hubs: documents that are near everything, so that they come up whatever is asked.

In spaces of many dimensions a few points are among the nearest neighbours of very many others (Radovanovic, Nanopoulos and
Ivanovic: Hubs in Space, JMLR 11, 2010). N_k(x), the k-occurrence, is the number of queries that have x among their k nearest.
In an index hubs are often empty phrases, boilerplate and damaged texts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interlingua.errors import OptionError
from interlingua.scoring.similarity import languages_of
from interlingua.texts.checking import check_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from interlingua.index.documents import Documents
    from interlingua.index.filters import Filter
    from interlingua.index.reading import Readable
    from interlingua.index.records import Document
    from interlingua.scoring.similarity import Langs
    from interlingua.types import Prompt

# A hub comes up this many times as often as a document does on average, and for this many queries: fewer is chance.
_TIMES = 10
_LEAST = 10
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Hub:
    """A document that comes up for very many queries.

    Attributes:
        id: the document's id.
        text: its text.
        lang: its language.
        occurrences: N_k: how many queries have it among their k hits.
        share: of all queries, 0 to 1.
    """

    id: str
    text: str
    lang: str | None
    occurrences: int
    share: float


@dataclass(frozen=True, slots=True)
class Hubs:
    """What was found when looking for hubs.

    Attributes:
        k: how many hits of each query were counted.
        queries: how many queries there were.
        documents: how many documents could be found.
        skewness: of N_k over all documents: the third standardised moment. About 1 or less where there are no hubs; with
            few queries for the documents, chance alone gives sqrt(documents / (k * queries)).
        never: the share of documents that no query found.
        hubs: the documents that come up at least ten times as often as the average one, most often first.
    """

    k: int
    queries: int
    documents: int
    skewness: float
    never: float
    hubs: tuple[Hub, ...]


def detect(
    index: Readable,
    moment: Iterable[tuple[Document, Documents]],
    queries: Sequence[str] | None,
    langs: Langs,
    *,
    k: int,
    where: Filter | None,
    sample: int,
    fair: bool,
    most: int,
    seed: int,
) -> Hubs:
    """Count which documents are found for many queries; see ``Index.hubs``.

    ``moment`` has the documents that ``where`` selects, each with where its vectors are read, as they are at one moment.
    """
    for name, value in (("k", k), ("sample", sample), ("most", most)):
        if not isinstance(value, int) or value < 1:
            raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
    total = index.count(where)
    own: Sequence[str | None]
    prompt: Prompt
    if queries is None:
        places = set(np.random.default_rng(seed).choice(total, min(sample, total), replace=False).tolist())
        chosen, parts = [], []
        for place, (read, documents) in enumerate(moment):
            if place in places:
                chosen.append(read)
                parts.append(documents.vectors_of(read.id)[:1])
        own, asked_langs, prompt = [read.id for read in chosen], [read.lang for read in chosen], "document"
        vectors = np.concatenate(parts) if parts else np.empty((0, index.manifest.dimension), dtype=np.float32)
    else:
        texts = check_texts(queries, name="queries").texts
        own, asked_langs, prompt = [None] * len(texts), languages_of(texts, langs), "query"
        vectors = index.encoder.encode_query(texts)
    counts: Counter[str] = Counter()
    for at in range(0, len(vectors), _AT_ONCE):
        part = slice(at, at + _AT_ONCE)
        found = index.search_vectors(
            vectors[part], k + 1, where=where, fair=fair, langs=asked_langs[part], prompt=prompt
        )
        for one, hits in zip(own[part], found, strict=True):
            counts.update([hit.id for hit in hits if hit.id != one][:k])
    expected = counts.total() / max(total, 1)
    picked = [pair for pair in counts.most_common(most) if pair[1] >= max(_TIMES * expected, _LEAST)]
    hubs = []
    for id_, occurrences in picked:
        document = index.get(id_)
        if document is not None:
            hubs.append(Hub(id_, document.text, document.lang, occurrences, occurrences / len(vectors)))
    never = 1 - len(counts) / total if total else 0.0
    return Hubs(k, len(vectors), total, _skewness(counts, total), never, tuple(hubs))


def _skewness(counts: Counter[str], total: int) -> float:
    """E[(N - mean)^3] / standard deviation^3 over all documents, those that were never found being 0."""
    if not total:
        return 0.0
    values = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
    mean = values.sum() / total
    zeros = total - len(values)
    second = (((values - mean) ** 2).sum() + zeros * mean**2) / total
    third = (((values - mean) ** 3).sum() - zeros * mean**3) / total
    return float(third / second**1.5) if second > 0 else 0.0
