"""Fitting a calibration: a logistic curve through pairs of which it is known whether they mean the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.scoring.calibration import TERMS, terms
from interlingua.scoring.nearness import Floats

LEVELS = np.arange(-12.0, 14.01, 0.1)
_ROUNDS = 100


class Examples(NamedTuple):
    """Pairs and what is known about them, of shape (n,).

    Attributes:
        cosines: centred.
        near: of their languages, (2, n): see ``Nearness.of_pair``.
        sizes: ``text_size`` of the shorter text.
        same: 1 where they mean the same, else 0.
        weights: what each counts; half of their sum on pairs that mean the same.
    """

    cosines: NDArray[np.floating[Any]]
    near: Floats
    sizes: Floats
    same: Floats
    weights: Floats

    def some(self, rows: NDArray[np.bool_]) -> Examples:
        """Some of the pairs."""
        return Examples(self.cosines[rows], self.near[:, rows], self.sizes[rows], self.same[rows], self.weights[rows])


def fit(examples: Examples, *, towards: Floats | None = None, ridge: float | Floats = 1e-6) -> Floats:
    """The weights of ``terms`` that make the examples most likely, shape (11,): penalised logistic regression (Newton's method).

    Args:
        examples: the pairs.
        towards: the weights to stay near; None for zero.
        ridge: how strongly, against a total weight of the examples of 1; one number, or one for each term.
    """
    matrix = np.stack(terms(examples.cosines, examples.near, examples.sizes), axis=1)
    weights = examples.weights / examples.weights.sum()
    target = np.zeros(TERMS) if towards is None else towards
    penalty = np.broadcast_to(np.asarray(ridge, dtype=np.float64), (TERMS,))
    found = target.copy()
    for _ in range(_ROUNDS):
        probability = 1 / (1 + np.exp(-np.clip(matrix @ found, -30, 30)))
        slope = matrix.T @ (weights * (probability - examples.same)) + penalty * (found - target)
        curvature = (matrix * (weights * probability * (1 - probability))[:, None]).T @ matrix + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        # A whole step from far away can overshoot where the curve is flat.
        found = found - step / max(1.0, float(np.abs(step).max()) / 5)
        if np.abs(step).max() < 1e-9:
            break
    return found


def spread(cosines: NDArray[np.floating[Any]]) -> tuple[float, float]:
    """Where the cosines of random pairs lie, and how far they spread: the median, and from there to what 15.87 % are below.

    For a normal distribution that is the standard deviation. Pairs that happen to mean the same do not count in it.
    """
    middle, low = np.quantile(cosines, [0.5, 0.1587])
    return float(middle), float(middle - low)


def curve(log_odds: Floats, same: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Levels, and the shares of the pairs that mean the same, and of the others, at each or above; each of shape (m,).

    Args:
        log_odds: of the examples.
        same: whether they mean the same; between 0 and 1 where that is only probable.
        weights: what each counts.
    """
    order = np.argsort(log_odds)
    places = np.searchsorted(log_odds[order], LEVELS)
    shares = []
    for part in (same, 1 - same):
        mass = (weights * part)[order]
        above = np.append(np.cumsum(mass[::-1])[::-1], 0.0)
        shares.append(above[places] / mass.sum())
    return LEVELS, shares[0], shares[1]


def expected_curve(log_odds: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """The curve that the log-odds themselves lead one to expect: smooth where the examples are few."""
    return curve(log_odds, 1 / (1 + np.exp(-log_odds)), weights)
