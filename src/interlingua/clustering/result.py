"""What clustering gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.metrics import language_mixing
from interlingua.types import Vectors

Method = Literal["kmeans", "hdbscan"]
"""By centres, each text in one cluster; or by density, some texts in none."""

Centring = Literal["given", "shipped", "estimated", "none"]
"""Whose language means were taken out: those given, those that come with the model, those of the texts themselves, none."""

NO_CLUSTER = -1
"""The cluster of texts that belong to none."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts about the same.

    Attributes:
        number: from 0, the largest cluster first.
        size: how many rows it has.
        languages: how many rows of each language, the most frequent one first; None counts those whose language is unknown.
        terms: by language, the terms that are frequent in its texts and not in the language's others, best first.
        representatives: rows near its centre, in several languages if it has several.
    """

    number: int
    size: int
    languages: Mapping[str | None, int]
    terms: Mapping[str, tuple[str, ...]]
    representatives: tuple[int, ...]

    def name(self, lang: str | None = None) -> str:
        """Its terms in a language: in the one given if it has terms there, else in its most frequent language that has some."""
        wanted = (lang, *self.languages)
        found = next((self.terms[one] for one in wanted if one is not None and self.terms.get(one)), ())
        return ", ".join(found) or f"cluster {self.number}"


@dataclass(frozen=True, eq=False)
class Clustered:
    """Texts or vectors divided into clusters.

    Attributes:
        clusters: the clusters, the largest first.
        labels: the number of each row's cluster, int32, (n,); -1 where it belongs to none.
        strengths: how firmly each row belongs to its cluster, float32, (n,), 0 to 1. Of k-means its silhouette: how much nearer its
            own centre is than the next one. By density 1 in the core and towards 0 at the edge. 0 where it belongs to none.
        texts: the texts; empty where vectors were given without them.
        ids: their ids, where ids were given; else empty.
        langs: the language of each row, given or identified; None where unknown.
        method: how.
        centring: whose language means were taken out.
        min_size: the smallest group that counted as a cluster, by density; else None.
        tried: the numbers of clusters that were tried and their mean silhouettes; empty where the number was given.
        points: (n, r) float32, what was clustered: at most 32 coordinates of each row.
    """

    clusters: tuple[Cluster, ...] = field(repr=False)
    labels: NDArray[np.int32] = field(repr=False)
    strengths: Vectors = field(repr=False)
    texts: list[str] = field(repr=False)
    ids: list[str] = field(repr=False)
    langs: list[str | None] = field(repr=False)
    method: Method
    centring: Centring
    min_size: int | None
    tried: tuple[tuple[int, float], ...] = field(repr=False)
    points: Vectors = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def without(self) -> int:
        """How many rows belong to no cluster."""
        return int((self.labels == NO_CLUSTER).sum())

    @cached_property
    def language_mixing(self) -> float:
        """How well languages are mixed in the clusters, 0 to 1 (see ``metrics.language_mixing``); rows in no cluster do not count.

        NaN where there are not two languages, or no clusters.
        """
        inside = np.flatnonzero(self.labels != NO_CLUSTER)
        if not len(inside):
            return float("nan")
        return language_mixing(self.labels[inside], [self.langs[row] for row in inside.tolist()])
