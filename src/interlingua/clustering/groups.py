"""From the cluster of each distinct text to clusters as they are told: sizes, languages, terms, representatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from interlingua.clustering.reducing import unit
from interlingua.clustering.result import NO_CLUSTER, Cluster
from interlingua.clustering.wording import terms_of_clusters
from interlingua.types import Vectors

# Representatives are among the nearest to the centre: these shares of a cluster, or so many.
_NEAREST_SHARE, _NEAREST = 0.1, 50
# And not nearer to each other than this: translations of one sentence are one example.
_ALIKE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """What is clustered: equal texts in one language together.

    Attributes:
        texts: the texts, all different within a language; empty where there are only vectors.
        langs: their languages.
        rows: the first row of each.
        weights: how many rows each stands for, int64.
    """

    texts: list[str]
    langs: list[str | None]
    rows: NDArray[np.int64]
    weights: NDArray[np.int64]


def renumbered(clusters: NDArray[np.int32], items: Items) -> NDArray[np.int32]:
    """Numbers from 0, the cluster with most rows first, of equal ones that which comes first; empty ones are gone."""
    found = np.unique(clusters[clusters != NO_CLUSTER])
    if not len(found):
        return clusters
    sizes = np.bincount(clusters[clusters >= 0], items.weights[clusters >= 0])[found]
    numbers = np.full(int(found.max()) + 1, NO_CLUSTER, dtype=np.int32)
    numbers[found[np.argsort(-sizes, kind="stable")]] = np.arange(len(found), dtype=np.int32)
    result: NDArray[np.int32] = np.where(clusters >= 0, numbers[clusters], NO_CLUSTER).astype(np.int32)
    return result


def described(
    clusters: NDArray[np.int32], points: Vectors, items: Items, *, terms: int, representatives: int
) -> tuple[Cluster, ...]:
    """The clusters.

    Args:
        clusters: the cluster of each item, numbered as ``renumbered`` does.
        points: (n, r) of unit length, in which a cluster's centre is looked for.
        items: what is clustered.
        terms: how many terms for each cluster and language.
        representatives: how many for each cluster.
    """
    words: dict[int, dict[str, tuple[str, ...]]] = {}
    if terms and items.texts:
        words = terms_of_clusters(items.texts, items.langs, clusters, items.weights, terms)
    order = np.argsort(clusters, kind="stable")
    bounds = np.searchsorted(clusters[order], np.arange(int(clusters.max(initial=-1)) + 2))
    return tuple(
        _described(number, order[first:last], points, items, words.get(number, {}), representatives)
        for number, (first, last) in enumerate(pairwise(bounds.tolist()))
    )


def _described(
    number: int,
    members: NDArray[np.int64],
    points: Vectors,
    items: Items,
    words: dict[str, tuple[str, ...]],
    representatives: int,
) -> Cluster:
    counts: Counter[str | None] = Counter()
    for place in members.tolist():
        counts[items.langs[place]] += int(items.weights[place])
    languages = dict(sorted(counts.items(), key=lambda one: (-one[1], one[0] is None, one[0] or "")))
    return Cluster(
        number,
        sum(languages.values()),
        languages,
        {lang: words[lang] for lang in languages if lang is not None and lang in words},
        tuple(items.rows[_representatives(members, points, items.langs, representatives)].tolist()),
    )


def _representatives(
    members: NDArray[np.int64], points: Vectors, langs: Sequence[str | None], wanted: int
) -> list[int]:
    """Members near the centre, nearest first: of different languages first, and not saying the same."""
    centre = unit(points[members].mean(axis=0))
    cosines = points[members] @ centre
    near = np.argsort(-cosines, kind="stable")[: max(_NEAREST, int(len(members) * _NEAREST_SHARE))]
    candidates = members[near].tolist()
    chosen: list[int] = []
    for by_language, by_meaning in ((True, True), (False, True), (True, False), (False, False)):
        for place in candidates:
            if len(chosen) >= wanted:
                break
            known = by_language and langs[place] in {langs[other] for other in chosen}
            alike = by_meaning and bool(chosen) and float((points[chosen] @ points[place]).max()) > _ALIKE
            if place not in chosen and not known and not alike:
                chosen.append(place)
    return sorted(chosen, key=candidates.index)
