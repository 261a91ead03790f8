"""How sure a prediction is, and when it is better not made.

A prediction is wrong because the head took the wrong class, or because the text is about something no class is for. The first shows
in the head's probability, the second in the distance to the nearest training examples (Sun et al., 2022, "Out-of-distribution
detection with deep nearest neighbors"). One logistic function of both says how probable it is that a prediction is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.heads import NEAREST, Floats

_FARTHEST = 8.0
_BLOCK = 2048
# Beyond what was seen in training, confidence neither rises nor falls.
_TERMS = 3


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known about predictions.

    Attributes:
        surest: (n,), the probability of the predicted class among the classes.
        nearness: (n,), ``nearness`` to the training examples.
    """

    surest: Floats
    nearness: Floats


@dataclass(frozen=True, eq=False)
class Confidence:
    """P(the prediction is right).

    Attributes:
        weights: of 1, of the log-odds of ``Evidence.surest``, and of ``Evidence.nearness``.
        levels: (m,), probabilities at which decisions can be cut off, ascending.
        precision: (m,), the share of right predictions among those at a level or above, as rehearsed.
        answered: (m,), the share of the texts in scope that are answered there.
    """

    weights: Floats
    levels: Floats
    precision: Floats
    answered: Floats

    @classmethod
    def fitted(
        cls, evidence: Evidence, right: NDArray[np.bool_], inside: NDArray[np.bool_], share: float
    ) -> Confidence:
        """Learn from rehearsed predictions.

        Args:
            evidence: about n of them.
            right: which were right; those for texts out of scope never are.
            inside: which were for texts in scope.
            share: the share of texts out of scope among those that will come.
        """
        from sklearn.linear_model import LogisticRegression

        weights = np.where(inside, (1 - share) / inside.sum(), share / max((~inside).sum(), 1)) * len(inside)
        terms = _terms(evidence)
        if right.all() or not right.any():
            learned = np.array([_FARTHEST if right.all() else -_FARTHEST, 0.0, 0.0])
        else:
            middle, spread = terms[:, 1:].mean(axis=0), terms[:, 1:].std(axis=0) + 1e-9
            model = LogisticRegression(C=10.0).fit((terms[:, 1:] - middle) / spread, right, sample_weight=weights)
            # Surer and nearer is never less probably right.
            slopes = np.maximum(model.coef_[0], 0) / spread
            learned = np.append(model.intercept_[0] - middle @ slopes, slopes)
        return cls(learned, *_curve(_sigmoid(terms @ learned), right, inside, weights))

    def of(self, evidence: Evidence) -> Floats:
        """P(right), (n,)."""
        return _sigmoid(_terms(evidence) @ self.weights)

    def threshold(self, target_precision: float) -> float:
        """The least probability from which on the wanted share of answers is right; above 1 where that was never reached.

        It is at least one half: what is more probably wrong than right is no answer, however right the others are.
        """
        reached = np.flatnonzero(self.precision >= target_precision)
        return max(float(self.levels[reached[0]]), 0.5) if len(reached) else 2.0

    def facts(self) -> dict[str, list[float]]:
        """As plain JSON values."""
        return {name: getattr(self, name).tolist() for name in ("weights", "levels", "precision", "answered")}

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any]) -> Confidence:
        """What ``facts`` gave.

        Raises:
            KeyError: something is missing.
            ValueError: it has another shape.
        """
        parts = [np.array(facts[name], dtype=np.float64) for name in ("weights", "levels", "precision", "answered")]
        if parts[0].shape != (_TERMS,) or len({len(part) for part in parts[1:]}) != 1:
            raise ValueError("its confidence has another shape")
        return cls(*parts)


def nearness(features: Floats, examples: NDArray[np.float32], *, without: NDArray[np.bool_] | None = None) -> Floats:
    """Minus the mean squared distance of each row to its five nearest examples, (n,); -inf where there are none.

    Args:
        features: (n, d).
        examples: (m, d).
        without: (n, m), which examples do not count for a row.
    """
    k = min(NEAREST, len(examples))
    squares = (examples**2).sum(axis=1)
    found = np.empty(len(features))
    for start in range(0, len(features), _BLOCK):
        block = slice(start, start + _BLOCK)
        some = features[block].astype(np.float32)
        near = 2 * some @ examples.T - squares
        if without is not None:
            near[without[block]] = -np.inf
        best = np.partition(near, len(examples) - k, axis=1)[:, len(examples) - k :]
        found[block] = best.mean(axis=1) - (some**2).sum(axis=1)
    return found


def _terms(evidence: Evidence) -> Floats:
    surest = np.clip(evidence.surest, 1e-12, 1 - 1e-12)
    odds = np.clip(np.log(surest / (1 - surest)), -_FARTHEST, _FARTHEST)
    return np.stack([np.ones_like(odds), odds, evidence.nearness], axis=1)


def _sigmoid(scores: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
    return found


def _curve(
    sure: Floats, right: NDArray[np.bool_], inside: NDArray[np.bool_], weights: Floats
) -> tuple[Floats, Floats, Floats]:
    """Where predictions can be cut off, in a hundred steps, and what is reached there."""
    levels = np.unique(np.quantile(sure, np.linspace(0, 1, 101)[:-1]))
    precision, answered = np.empty(len(levels)), np.empty(len(levels))
    for place, level in enumerate(levels):
        kept = sure >= level
        precision[place] = weights[kept & right].sum() / weights[kept].sum()
        answered[place] = (kept & inside).sum() / inside.sum()
    return levels, precision, answered
