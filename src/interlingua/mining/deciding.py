"""From log-odds to probabilities, and where to stop, without labels.

Log-odds are fitted where half of the candidates are translations. How many there are in the heaps at hand is not known, and it
changes what the same evidence is worth: among a thousand sentences of which two have a translation, most of what looks right is
not. The share is estimated by expectation maximisation over the candidates (Saerens, Latinne and Decaestecker 2002,
"Adjusting the outputs of a classifier to new a priori probabilities"), and the precision of what is kept is the mean of its
probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlingua.mining.candidates import Flags, Floats

_ROUNDS = 500
_CONVERGED = 1e-7
_LEAST_SHARE = 1e-4
_LEAST_PROBABILITY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """What is believed about candidates.

    Attributes:
        share: the estimated share of them that are translations.
        probabilities: (c,), that each is one.
    """

    share: float
    probabilities: Floats

    @property
    def count(self) -> float:
        """How many translations there are among them, by the estimate."""
        return float(self.probabilities.sum())


def estimate(log_odds: Floats) -> Estimate:
    """Probabilities from log-odds, with the share of translations that makes these most likely.

    Args:
        log_odds: (c,), at a prior of 0.5; at most one candidate for each sentence.
    """
    share = 0.3
    probabilities = np.zeros(len(log_odds))
    for _ in range(_ROUNDS):
        probabilities = _logistic(log_odds + np.log(share / (1 - share)))
        new = float(np.clip(probabilities.mean(), _LEAST_SHARE, 1 - _LEAST_SHARE)) if len(log_odds) else share
        if abs(new - share) < _CONVERGED:
            break
        share = new
    return Estimate(share, probabilities)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Where was stopped.

    Attributes:
        kept: (c,), what is kept.
        threshold: the least score kept, or the one given; infinite where none is given and nothing is kept.
        precision: the share of what is kept that is right, by the estimate; None where nothing is kept.
        recall: how much of all that is right is kept, by the estimate; None where nothing is right.
    """

    kept: Flags
    threshold: float
    precision: float | None
    recall: float | None


def cut(scores: Floats, probabilities: Floats, target_precision: float) -> Cut:
    """Keep the best as long as the estimated precision of all that is kept is at least the wanted one.

    Beyond, what is rather wrong than right is never kept.

    Args:
        scores: (c,), by which the best come first.
        probabilities: (c,), that each is right.
        target_precision: the wanted share.
    """
    order = np.argsort(-scores, kind="stable")
    means = np.cumsum(probabilities[order]) / np.arange(1, len(order) + 1)
    # The score need not rank as the probabilities do, so it is their local mean that has to be more than one half.
    good = (means >= target_precision) & (_local(probabilities[order]) >= _LEAST_PROBABILITY)
    # Equal scores are kept together or not at all.
    last = np.append(scores[order][1:] < scores[order][:-1], True) if len(order) else np.zeros(0, dtype=np.bool_)
    places = np.flatnonzero(good & last)
    threshold = float(scores[order[places[-1]]]) if len(places) else np.inf
    return at(scores, probabilities, threshold)


def at(scores: Floats, probabilities: Floats, threshold: float) -> Cut:
    """Keep what has at least a score."""
    kept = scores >= threshold
    precision = float(probabilities[kept].mean()) if kept.any() else None
    total = probabilities.sum()
    recall = float(probabilities[kept].sum() / total) if total > 0 else None
    return Cut(kept, threshold, precision, recall)


def _local(values: Floats, width: int = 15) -> Floats:
    """The mean over neighbours; as the values themselves where these fall steadily."""
    if len(values) == 0 or (np.diff(values) <= 0).all():
        return values
    total = np.concatenate([[0.0], np.cumsum(values)])
    starts = np.maximum(np.arange(len(values)) - width, 0)
    stops = np.minimum(np.arange(len(values)) + width + 1, len(values))
    result: Floats = (total[stops] - total[starts]) / (stops - starts)
    return result


def _logistic(values: Floats) -> Floats:
    result: Floats = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
    return result
