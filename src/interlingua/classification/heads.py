"""What turns features into scores of classes. Each predicts with NumPy alone and is nothing but its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from interlingua.types import Vectors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
HeadName = Literal["blend", "logistic", "knn", "centroid"]

_BLOCK = 1024
NEAREST = 5
"""So many nearest examples say how near a text is to what was learned."""


class Head(Protocol):
    """A trained head."""

    name: ClassVar[HeadName]

    def logits(self, features: Floats) -> Floats:
        """Unscaled log-probabilities of the classes, shape (n, classes), higher is more probable; each row by itself."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that it is."""


@dataclass(frozen=True, eq=False)
class LinearHead:
    """A weighted sum of the features for each class.

    Attributes:
        weights: (classes, d).
        bias: (classes,).
    """

    weights: Floats
    bias: Floats
    name: ClassVar[HeadName] = "logistic"

    def logits(self, features: Floats) -> Floats:
        """See ``Head``."""
        found: Floats = features @ self.weights.T + self.bias
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See ``Head``."""
        return {"weights": self.weights, "bias": self.bias}


@dataclass(frozen=True, eq=False)
class CentroidHead:
    """How near the features are to the mean of each class's examples (Snell et al., 2017, prototypical networks).

    Attributes:
        centroids: (classes, d).
        sharpness: what squared distances are multiplied by.
        bias: (classes,), the logarithm of what each class counts.
    """

    centroids: Floats
    sharpness: float
    bias: Floats
    name: ClassVar[HeadName] = "centroid"

    def logits(self, features: Floats) -> Floats:
        """See ``Head``."""
        products = features @ self.centroids.T
        found: Floats = self.sharpness * (2 * products - (self.centroids**2).sum(axis=1)) + self.bias
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See ``Head``."""
        return {"centroids": self.centroids, "sharpness": np.array(self.sharpness), "bias": self.bias}


@dataclass(frozen=True, eq=False)
class NearestHead:
    """The votes of the k nearest examples, nearer ones counting more.

    Attributes:
        examples: (m, d) float32.
        belongs: (m, classes), where an example has a class what it counts, else 0.
        k: how many vote.
        sharpness: what squared distances are multiplied by.
        single: whether an example has one class.
    """

    examples: Vectors
    belongs: Floats
    k: int
    sharpness: float
    single: bool = True
    name: ClassVar[HeadName] = "knn"

    def logits(self, features: Floats) -> Floats:
        """See ``Head``."""
        return self.votes(features)[0]

    def votes(self, features: Floats) -> tuple[Floats, Floats]:
        """The logits, and how near the five nearest examples are: minus their mean squared distance, (n,)."""
        classes = self.belongs.shape[1]
        found, best = np.empty((len(features), classes)), np.empty(len(features))
        for start in range(0, len(features), _BLOCK):
            some = features[start : start + _BLOCK]
            nearness, rows = self.nearest(some, self.k)
            least = max(nearness.shape[1] - NEAREST, 0)
            nearest = np.partition(nearness, least, axis=1)[:, least:]
            best[start : start + _BLOCK] = nearest.mean(axis=1) - (some.astype(np.float32) ** 2).sum(axis=1)
            near = self.sharpness * nearness
            votes = np.exp(near - near.max(axis=1, keepdims=True))
            votes /= votes.sum(axis=1, keepdims=True)
            share = np.einsum("nk,nkc->nc", votes, self.belongs[rows])
            if self.single:
                share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-300)
            # Even a class that none of the nearest has is possible.
            floor = 0.5 / (rows.shape[1] + 0.5 * classes)
            found[start : start + _BLOCK] = (
                np.log(share + floor) if self.single else np.log((share + floor) / (1 - share + floor))
            )
        return found, best

    def nearest(self, features: Floats, k: int) -> tuple[Floats, Ints]:
        """The k nearest examples of each row, in no order: minus their squared distances (less a constant of the row), and rows."""
        k = min(k, len(self.examples))
        squares = (self.examples**2).sum(axis=1)
        nearness = 2 * features.astype(np.float32) @ self.examples.T - squares
        last = len(self.examples) - k
        rows = np.argpartition(nearness, last, axis=1)[:, last:]
        return np.take_along_axis(nearness, rows, axis=1).astype(np.float64), rows

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See ``Head``."""
        return {
            "examples": self.examples,
            "belongs": self.belongs,
            "k": np.array(self.k),
            "sharpness": np.array(self.sharpness),
            "single": np.array(self.single),
        }


@dataclass(frozen=True, eq=False)
class BlendHead:
    """A linear head and the votes of neighbours, as a product of their probabilities.

    The weights generalise, the neighbours know the exceptions (as in language models: Khandelwal et al., 2020).

    Attributes:
        linear: the one.
        nearest: the other.
        weight: what the votes count.
    """

    linear: LinearHead
    nearest: NearestHead
    weight: float
    name: ClassVar[HeadName] = "blend"

    def logits(self, features: Floats) -> Floats:
        """See ``Head``."""
        return self.votes(features)[0]

    def votes(self, features: Floats) -> tuple[Floats, Floats]:
        """See ``NearestHead.votes``."""
        scores = self.linear.logits(features)
        if self.nearest.single:
            scores = log_shares(scores)
        votes, best = self.nearest.votes(features)
        found: Floats = scores + self.weight * votes
        return found, best

    def arrays(self) -> dict[str, NDArray[Any]]:
        """See ``Head``."""
        return {**self.linear.arrays(), **self.nearest.arrays(), "weight": np.array(self.weight)}


def log_shares(logits: Floats) -> Floats:
    """Log-probabilities, of logits of classes that exclude each other."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    found: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found


def head_of(name: str, arrays: Mapping[str, NDArray[Any]]) -> Head:
    """What ``arrays`` gave, as a head again.

    Raises:
        ValueError: there is no such head.
        KeyError: an array is missing.
    """
    if name == "logistic":
        return _linear(arrays)
    if name == "centroid":
        centroids, bias = (np.asarray(arrays[key], dtype=np.float64) for key in ("centroids", "bias"))
        return CentroidHead(centroids, float(arrays["sharpness"]), bias)
    if name == "knn":
        return _nearest(arrays)
    if name == "blend":
        return BlendHead(_linear(arrays), _nearest(arrays), float(arrays["weight"]))
    raise ValueError(f"there is no head {name!r}")


def _linear(arrays: Mapping[str, NDArray[Any]]) -> LinearHead:
    return LinearHead(*(np.asarray(arrays[key], dtype=np.float64) for key in ("weights", "bias")))


def _nearest(arrays: Mapping[str, NDArray[Any]]) -> NearestHead:
    return NearestHead(
        np.asarray(arrays["examples"], dtype=np.float32),
        np.asarray(arrays["belongs"], dtype=np.float64),
        int(arrays["k"]),
        float(arrays["sharpness"]),
        bool(arrays["single"]),
    )
