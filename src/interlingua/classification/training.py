"""Training heads; the only place where scikit-learn computes."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.heads import BlendHead, CentroidHead, Floats, Head, HeadName, LinearHead, NearestHead
from interlingua.classification.targets import Targets
from interlingua.errors import InputError, OptionError

ClassWeight = Literal["balanced"] | Mapping[Any, float] | None

_ROUNDS = 400
_MOST_EXAMPLES = 20_000
# Of neighbours and of centroids: the features' squared distances are 2 on average. Found on SIB-200, xSID and Banking77.
_SHARP = 8.0
_NEAR = 4.0
# Log-odds of a label that all or none of the rows have.
_CERTAIN = 8.0


@dataclass(frozen=True, eq=False)
class Settings:
    """How a head is trained.

    Attributes:
        head: which.
        C: of ``logistic`` and ``blend``: the inverse of the penalty on weights (features have a mean squared length of 1).
        k: of ``knn`` and ``blend``: how many neighbours vote.
        weight: of ``blend``: what their votes count.
        class_weight: what examples of a class count: None all the same, ``balanced`` inversely to its frequency, or a number for
            each class.
    """

    head: HeadName = "blend"
    C: float = 3.0
    k: int = 50
    weight: float = 1.0
    class_weight: ClassWeight = None


def train(settings: Settings, features: Floats, targets: Targets) -> Head:
    """Train a head on features, (n, d).

    Raises:
        OptionError: the head cannot do several labels a row, or ``class_weight`` names an unknown class.
    """
    if settings.head == "centroid":
        if not targets.single:
            raise OptionError("head='centroid' gives each row one label; take another for several.")
        counts = np.maximum(targets.belongs.sum(axis=0), 1)
        centroids = targets.belongs.T.astype(np.float64) @ features / counts[:, None]
        with np.errstate(divide="ignore"):
            return CentroidHead(centroids, _NEAR, np.log(_class_weights(settings, targets)))
    if settings.head == "knn":
        return _nearest(settings, features, targets)
    linear = _one_of(settings, features, targets) if targets.single else _several(settings, features, targets)
    if settings.head == "logistic":
        return linear
    return BlendHead(linear, _nearest(settings, features, targets), settings.weight)


def spread_rows(targets: Targets, most: int = _MOST_EXAMPLES) -> NDArray[np.int64]:
    """Rows in which each class has its share, at most so many, ascending."""
    if len(targets) <= most:
        return np.arange(len(targets))
    order = np.argsort(targets.places(), kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)])


def _nearest(settings: Settings, features: Floats, targets: Targets) -> NearestHead:
    """Beyond some number not all examples vote: each of them costs time in every prediction."""
    rows = spread_rows(targets)
    return NearestHead(
        features[rows].astype(np.float32),
        np.asarray(
            targets.belongs[rows] * (_class_weights(settings, targets) if targets.single else 1.0), dtype=np.float64
        ),
        settings.k,
        _SHARP,
        targets.single,
    )


def _one_of(settings: Settings, features: Floats, targets: Targets) -> LinearHead:
    places = targets.places()
    present = np.unique(places)
    weights = np.zeros((len(targets.classes), features.shape[1]))
    # A class without examples here (in a fold) is not chosen.
    bias = np.full(len(targets.classes), -1e9)
    if len(present) == 1:
        bias[present] = 0.0
        return LinearHead(weights, bias)
    model = _logistic(settings, features, places, sample_weight=_weights(settings, targets))
    if len(present) == 2:
        weights[present] = np.vstack([-model.coef_ / 2, model.coef_ / 2])
        bias[present] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
    else:
        weights[present], bias[present] = model.coef_, model.intercept_
    return LinearHead(weights, bias)


def _several(settings: Settings, features: Floats, targets: Targets) -> LinearHead:
    weights = np.zeros((len(targets.classes), features.shape[1]))
    bias = np.zeros(len(targets.classes))
    for number, labels in enumerate(targets.belongs.T):
        if labels.all() or not labels.any():
            bias[number] = _CERTAIN if labels.all() else -_CERTAIN
            continue
        balance = "balanced" if settings.class_weight == "balanced" else None
        model = _logistic(settings, features, labels, class_weight=balance)
        weights[number], bias[number] = model.coef_[0], model.intercept_[0]
    return LinearHead(weights, bias)


def _logistic(
    settings: Settings, features: Floats, labels: NDArray[Any], *, sample_weight: Any = None, class_weight: Any = None
) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=settings.C, max_iter=_ROUNDS, tol=3e-4, class_weight=class_weight)
    with warnings.catch_warnings():
        # What stops near the optimum is as good as what reaches it.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than")
        return model.fit(features.astype(np.float32), labels, sample_weight=sample_weight)


def _weights(settings: Settings, targets: Targets) -> Floats | None:
    """What each example counts."""
    return None if settings.class_weight is None else _class_weights(settings, targets)[targets.places()]


def _class_weights(settings: Settings, targets: Targets) -> Floats:
    """What the examples of each class count."""
    found = np.ones(len(targets.classes))
    if settings.class_weight == "balanced":
        found = len(targets) / (len(targets.classes) * np.maximum(targets.belongs.sum(axis=0), 1.0))
    elif settings.class_weight is not None:
        classes = targets.classes.tolist()
        for label, weight in settings.class_weight.items():
            if label not in classes:
                raise InputError(f"class_weight names {label!r}, which no row has as its label.")
            found[classes.index(label)] = weight
    return found
