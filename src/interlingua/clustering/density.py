"""Clusters as dense places, with texts between them that belong to none: HDBSCAN on a graph of nearest neighbours."""

from __future__ import annotations

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.clustering.reducing import canonical_order, evenly, unit
from interlingua.clustering.result import NO_CLUSTER
from interlingua.errors import MissingExtra
from interlingua.neighbours import Cells, nearest_blocks
from interlingua.progress import Advance
from interlingua.types import Vectors

_NEIGHBOURS = 20
_LEAST_SAMPLES = 5
_LEAST_SIZE = 5
# Up to so many points all pairs are compared; beyond that cells find nearly all of the neighbours.
_ALL_PAIRS = 50_000
_PROBES = 32
# Of more points than this only so many are looked at, and the others ask so many of these.
_MOST, _SAMPLE, _ASKED = 200_000, 100_000, 5
_BLOCK = 65_536
# Distances of unit vectors end at 2; zero would be no edge in a sparse graph.
_FARTHEST, _SHORTEST = 2.0, 1e-6


class Dense(NamedTuple):
    """The cluster of each point.

    Attributes:
        clusters: int32, (n,); -1 where a point belongs to none.
        strengths: float32, (n,): 1 in the core of a cluster, towards 0 at its edge, 0 outside of all.
    """

    clusters: NDArray[np.int32]
    strengths: Vectors


def usual_size(count: int) -> int:
    """The smallest group that counts as a cluster among so many points: half the root of their number, at least 5."""
    return max(_LEAST_SIZE, round(math.sqrt(count) / 2))


def check_scikit_learn() -> None:
    """See that what density-based clustering needs is installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        from sklearn.cluster import HDBSCAN  # noqa: F401
    except ImportError as error:
        raise MissingExtra(
            f"Clustering by density needs scikit-learn, which is not here ({error}); run: pip install 'interlingua[sklearn]', or "
            'take the method "kmeans", which needs no package.'
        ) from None


def find_dense(points: Vectors, min_size: int, *, advance: Advance) -> Dense:
    """HDBSCAN (Campello, Moulavi and Sander, PAKDD 2013) on the graph of the 20 nearest neighbours, in memory of O(n).

    Of more than 200,000 points it looks at 100,000, evenly taken whatever their order; each of the others goes where most of its
    nearest five among these are.

    First each point moves to the mean of its neighbours, one step of blurring mean shift (Cheng, IEEE PAMI 17, 1995): between
    the dense places of text vectors there is hardly an empty one, and without this step most texts belong to no cluster.

    Args:
        points: float32 of unit length, (n, r), n at least 2.
        min_size: the smallest group that counts as a cluster.
        advance: called with how many more points are done, 2 n in all.

    Raises:
        MissingExtra: scikit-learn is not installed.
    """
    check_scikit_learn()
    count = len(points)
    if count <= _MOST:
        return _of_all(points, min_size, advance)
    sample = canonical_order(points)[evenly(count, _SAMPLE)]
    found = _of_all(points[sample], max(2, round(min_size * _SAMPLE / count)), advance)
    clusters, strengths = np.empty(count, dtype=np.int32), np.empty(count, dtype=np.float32)
    clusters[sample], strengths[sample] = found
    others = np.setdiff1d(np.arange(count), sample, assume_unique=True)
    cells = Cells(points[sample], probes=_PROBES)
    for start in range(0, len(others), _BLOCK):
        some = others[start : start + _BLOCK]
        clusters[some], strengths[some] = _most_of(cells.nearest(points[some], _ASKED).rows, found)
        advance(2 * len(some))
    return Dense(clusters, strengths)


def _most_of(rows: NDArray[np.int64], known: Dense) -> Dense:
    """Of each row's neighbours the cluster that most are in, of equally many that of the nearer one; their mean strength in it."""
    near = np.where(rows >= 0, known.clusters[rows], NO_CLUSTER)
    votes = (near[:, :, None] == near[:, None, :]).sum(axis=2)
    best = near[np.arange(len(near)), votes.argmax(axis=1)]
    inside = (near == best[:, None]) & (rows >= 0)
    return Dense(best.astype(np.int32), np.where(inside, known.strengths[rows], 0).mean(axis=1).astype(np.float32))


def _of_all(points: Vectors, min_size: int, advance: Advance) -> Dense:
    from sklearn.cluster import HDBSCAN

    k = min(_NEIGHBOURS, len(points) - 1) + 1
    moved = _moved(points, _neighbours(points, k, advance)[1])
    graph = _graph(*_neighbours(moved, k, advance))
    search = HDBSCAN(
        min_cluster_size=min_size, min_samples=min(_LEAST_SAMPLES, k - 1), metric="precomputed", copy=False
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about its own changes
        search.fit(graph)
    clusters = np.asarray(search.labels_, dtype=np.int32)
    strengths = np.nan_to_num(np.asarray(search.probabilities_, dtype=np.float32))
    return Dense(np.where(clusters < 0, NO_CLUSTER, clusters).astype(np.int32), strengths.clip(0, 1))


def _neighbours(points: Vectors, k: int, advance: Advance) -> tuple[Vectors, NDArray[np.int64]]:
    """The k nearest of each point, itself among them: cosines and rows (-1 where fewer were found)."""
    if len(points) <= _ALL_PAIRS:
        return nearest_blocks(points, points, k, advance=advance)
    return Cells(points, probes=_PROBES).nearest(points, k, advance=advance)


def _moved(points: Vectors, rows: NDArray[np.int64]) -> Vectors:
    moved = np.empty_like(points)
    for start in range(0, len(points), _BLOCK):
        there = rows[start : start + _BLOCK]
        found = (there >= 0)[..., None]
        moved[start : start + _BLOCK] = np.where(found, points[there], 0).sum(axis=1)
    return unit(moved)


def _graph(cosines: Vectors, rows: NDArray[np.int64]) -> Any:
    """Distances as a symmetric sparse matrix in one piece: what is not connected gets an edge of the largest distance."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    count, k = rows.shape
    which = np.repeat(np.arange(count, dtype=np.int32), k)
    there = rows.ravel().astype(np.int32)
    distances = np.sqrt(np.clip(2 - 2 * cosines.ravel().astype(np.float64), _SHORTEST**2, _FARTHEST**2))
    good = (there >= 0) & (there != which)
    graph = csr_matrix((distances[good], (which[good], there[good])), shape=(count, count))
    graph = graph.maximum(graph.T)
    pieces, piece = connected_components(graph, directed=False)
    if pieces > 1:
        first = np.unique(piece, return_index=True)[1]
        bridges = csr_matrix((np.full(pieces - 1, _FARTHEST), (first[:-1], first[1:])), shape=(count, count))
        graph = graph + bridges + bridges.T
    return graph.tocsr()
