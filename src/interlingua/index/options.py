"""The options of a search in an index, for type checkers and for those who pass them on."""

from __future__ import annotations

from typing import TypedDict

from interlingua.index.filters import Filter
from interlingua.index.fusion import Reranker
from interlingua.scoring.similarity import Langs


class SearchOptions(TypedDict, total=False):
    """What ``Index.search`` takes by name; it says what they mean."""

    where: Filter | None
    fair: bool
    diverse: bool
    per_language: int | None
    min_score: float | None
    min_probability: float | None
    query_lang: Langs
    hybrid: bool
    group: bool
    rerank: Reranker | None
