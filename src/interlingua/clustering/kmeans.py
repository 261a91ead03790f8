"""k-means on directions, and how many clusters there should be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.clustering.reducing import canonical_order, evenly, unit
from interlingua.neighbours import as_floats
from interlingua.progress import Advance
from interlingua.types import Vectors

MOST_TRIED = 64
"""The largest number of clusters that is tried where none is given."""

_ITERATIONS, _RESTARTS, _TRAINED_ON = 100, 10, 20_000
_TRAINED_ON_EACH = 256
# Where several numbers of clusters are tried.
_TRIED_ITERATIONS, _TRIED_RESTARTS, _TRIED_ON = 40, 3, 5_000
_BLOCK = 65_536
# The number of clusters grows by this factor from one try to the next.
_STEP = 1.2
# The fewest clusters whose silhouette is at least this share of the best one's: the curve is flat where texts have
# topics within topics, and few clusters can be read.
_NEARLY_BEST = 0.93


class Centres(NamedTuple):
    """A division by k-means.

    Attributes:
        centres: float32 of unit length, (k, r).
        tried: the numbers of clusters that were tried, and their silhouettes; empty where the number was given.
    """

    centres: Vectors
    tried: tuple[tuple[int, float], ...]


class Assigned(NamedTuple):
    """The cluster of each row.

    Attributes:
        clusters: int32, (n,).
        silhouettes: float32, (n,), 0 to 1: how much nearer the own centre is than the next one.
    """

    clusters: NDArray[np.int32]
    silhouettes: Vectors


def find_centres(points: Vectors, k: int | None, *, seed: int, advance: Advance) -> Centres:
    """Spherical k-means (Dhillon and Modha, Machine Learning 42, 2001), the best of ten starts by k-means++.

    It looks at no more than 20,000 of the points, or 256 for each cluster, evenly taken whatever their order.

    Args:
        points: float32 of unit length, (n, r), n at least 2.
        k: how many clusters, 2 to n; None chooses: see ``choose``.
        seed: of the starts.
        advance: called with 1 for each start.
    """
    order = canonical_order(points)
    tried: tuple[tuple[int, float], ...] = ()
    if k is None:
        tried = tuple(choose(points[order[evenly(len(order), _TRIED_ON)]], len(points), seed=seed, advance=advance))
        k = fewest_good(tried)
    sample = points[order[evenly(len(order), max(_TRAINED_ON, _TRAINED_ON_EACH * k))]]
    return Centres(_best(sample, k, _RESTARTS, seed, advance), tried)


def fewest_good(tried: Sequence[tuple[int, float]]) -> int:
    """The fewest clusters that are nearly as good as the best number of them.

    Two are taken only where no other number is better: texts always have one strongest contrast, which is not what they are about.

    Args:
        tried: numbers of clusters, rising from 2, and their silhouettes.
    """
    best = max(silhouette for _, silhouette in tried)
    good = [number for number, silhouette in tried if silhouette >= _NEARLY_BEST * best]
    return good[0] if good[0] > 2 or tried[0][1] == best else good[1]


def starts(count: int, k: int | None) -> int:
    """How many times ``find_centres`` starts, for a progress bar."""
    return _RESTARTS + (0 if k is not None else _TRIED_RESTARTS * len(numbers_tried(count)))


def numbers_tried(count: int) -> list[int]:
    """The numbers of clusters that are tried for so many points: up to the root of half of them, and up to 64."""
    last = max(2, min(MOST_TRIED, math.isqrt(count // 2)))
    tried = [2]
    while tried[-1] < last:
        tried.append(min(last, max(tried[-1] + 1, round(tried[-1] * _STEP))))
    return tried


def choose(sample: Vectors, count: int, *, seed: int, advance: Advance) -> Iterator[tuple[int, float]]:
    """The simplified silhouette of several numbers of clusters.

    It compares each point's distance to its own centre with that to the next one, instead of to all points (Hruschka et al., IEEE
    Congress on Evolutionary Computation 2004; as good as the whole one according to Vendramin et al., Statistical Analysis
    and Data Mining 3, 2010).

    Args:
        sample: float32 of unit length, (m, r).
        count: of how many points that is a sample.
        seed: of the starts.
        advance: called with 1 for each start.
    """
    for k in numbers_tried(count):
        if k <= len(sample):
            centres = _best(sample, k, _TRIED_RESTARTS, seed, advance)
            yield k, float(assign(sample, centres).silhouettes.mean())


def assign(points: Vectors, centres: Vectors) -> Assigned:
    """The nearest centre of each point, in blocks.

    Args:
        points: float32 of unit length, (n, r).
        centres: float32 of unit length, (k, r), k at least 2.
    """
    clusters = np.empty(len(points), dtype=np.int32)
    silhouettes = np.empty(len(points), dtype=np.float32)
    for start in range(0, len(points), _BLOCK):
        some = slice(start, start + _BLOCK)
        distances = np.clip(1 - points[some] @ centres.T, 0, 2)
        nearest, next_ = np.partition(distances, 1, axis=1)[:, :2].T
        clusters[some] = distances.argmin(axis=1)
        silhouettes[some] = np.divide(next_ - nearest, next_, out=np.zeros_like(next_), where=next_ > 0)
    return Assigned(clusters, silhouettes)


def _best(points: Vectors, k: int, restarts: int, seed: int, advance: Advance) -> Vectors:
    """The centres with the largest sum of cosines, of several starts."""
    import faiss

    found: list[tuple[float, Vectors]] = []
    for start in range(restarts):
        training = faiss.Kmeans(
            points.shape[1], k, niter=_ITERATIONS if restarts == _RESTARTS else _TRIED_ITERATIONS, spherical=True,
            seed=seed, min_points_per_centroid=1, max_points_per_centroid=len(points),
        )  # fmt: skip
        training.train(points, init_centroids=_spread(points, k, np.random.default_rng((seed, k, start))))
        assert training.centroids is not None
        centres = unit(as_floats(training.centroids))
        found.append((sum(_cosines(points, centres)), centres))
        advance(1)
    return max(found, key=lambda one: one[0])[1]


def _cosines(points: Vectors, centres: Vectors) -> Iterator[float]:
    for start in range(0, len(points), _BLOCK):
        yield float((points[start : start + _BLOCK] @ centres.T).max(axis=1).sum(dtype=np.float64))


def _spread(points: Vectors, k: int, random: np.random.Generator) -> Vectors:
    """First centres by greedy k-means++ (Arthur and Vassilvitskii, SODA 2007)."""
    chosen = [int(random.integers(len(points)))]
    distances = np.clip(1 - points @ points[chosen[0]], 0, None)
    tries = 2 + int(math.log(k))
    while len(chosen) < k:
        bounds = np.cumsum(distances, dtype=np.float64)
        if bounds[-1] <= 0:  # fewer different directions than centres
            chosen.append(int(random.integers(len(points))))
            continue
        picked = np.searchsorted(bounds, random.random(tries) * bounds[-1]).clip(max=len(points) - 1)
        shorter = np.minimum(distances, np.clip(1 - points[picked] @ points.T, 0, None))
        best = int(shorter.sum(axis=1).argmin())
        chosen.append(int(picked[best]))
        distances = shorter[best]
    return as_floats(points[chosen])
