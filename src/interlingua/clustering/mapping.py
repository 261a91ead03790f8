"""A map of what was clustered: points that are near each other come to lie near each other, as far as two dimensions allow."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from interlingua.clustering.reducing import canonical_order, evenly
from interlingua.neighbours import nearest
from interlingua.types import Vectors

Layout = Literal["t-SNE", "principal components"]

_LANDMARKS = 4000
_FEWEST = 12
_PERPLEXITY = 30.0
_NEAREST = 5
# How much the nearest landmark counts more than the next ones.
_SHARPNESS = 20.0
_BLOCK = 16_384


class Places(NamedTuple):
    """Where points lie.

    Attributes:
        places: float32, (n, 2), from 0 to 1.
        layout: how they were found.
    """

    places: Vectors
    layout: Layout


def map_points(points: Vectors, *, seed: int = 1) -> Places:
    """The places of points in two dimensions.

    At most 4,000 of them, evenly taken, are laid out by t-SNE (van der Maaten and Hinton, Journal of Machine Learning Research
    9, 2008; begun from principal components, as Kobak and Berens, Nature Communications 10, 2019, advise). The others come to lie
    among the landmarks that are nearest to them. Without scikit-learn, and for very few points, two principal components are taken.

    Args:
        points: (n, r) float32 of unit length, principal components in order, n at least 1.
        seed: of the layout.
    """
    order = canonical_order(points)
    landmarks = order[evenly(len(order), _LANDMARKS)]
    laid_out = _laid_out(points[landmarks], seed) if len(landmarks) >= _FEWEST else None
    if laid_out is None:
        return Places(_scaled(np.pad(points, ((0, 0), (0, 2)))[:, :2]), "principal components")
    places = np.empty((len(points), 2), dtype=np.float32)
    places[landmarks] = laid_out
    others = np.setdiff1d(order, landmarks, assume_unique=True)
    if len(others):
        # Around the landmarks, about as far as these are from each other, in the order that does not depend on the rows'.
        room = np.ptp(laid_out, axis=0).mean() / np.sqrt(len(landmarks))
        places[others] = _placed(points[others], points[landmarks], laid_out)
        at_random = np.random.default_rng(seed).standard_normal((len(others), 2)).astype(np.float32)
        places[order[np.isin(order, others)]] += room / 2 * at_random
    return Places(_scaled(places), "t-SNE")


def _laid_out(points: Vectors, seed: int) -> Vectors | None:
    try:
        from sklearn.manifold import TSNE
    except ImportError:
        return None
    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    # The landmarks themselves are begun from, as they are principal components already.
    start = np.pad(points, ((0, 0), (0, 2)))[:, :2]
    start = start / max(float(start[:, 0].std()), 1e-9) * 1e-4
    search = TSNE(perplexity=perplexity, init=start.astype(np.float32), random_state=seed)
    return np.asarray(search.fit_transform(points), dtype=np.float32)


def _placed(points: Vectors, landmarks: Vectors, places: Vectors) -> Vectors:
    found = np.empty((len(points), 2), dtype=np.float32)
    for start in range(0, len(points), _BLOCK):
        scores, rows = nearest(points[start : start + _BLOCK], landmarks, _NEAREST)
        weights = np.exp(_SHARPNESS * (scores - scores[:, :1]))
        weights /= weights.sum(axis=1, keepdims=True)
        # Between two distant landmarks lies nothing: those that are not near the first do not count.
        far = np.linalg.norm(places[rows] - places[rows[:, :1]], axis=2) > 0.1 * np.ptp(places)
        weights = np.where(far, 0, weights)
        found[start : start + _BLOCK] = (weights[..., None] * places[rows]).sum(axis=1) / weights.sum(
            axis=1, keepdims=True
        )
    return found


def _scaled(places: Vectors) -> Vectors:
    """Both axes by the same factor into 0 to 1, with what there is in the middle."""
    low, high = places.min(axis=0), places.max(axis=0)
    size = max(float((high - low).max()), 1e-9)
    result: Vectors = ((places - (low + high) / 2) / size + 0.5).astype(np.float32)
    return result.clip(0, 1)
