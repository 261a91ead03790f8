"""From the evidence of single pairs to the probability that a candidate is the right one among all.

A calibrated pair probability answers "do these two mean the same?" for a pair that somebody brought. The best of ten thousand
candidates was not brought, it was picked for looking right, and several candidates may look right at once while at most one
is. So candidates compete, with each other and with "none of them":

    P(j is right) = odds_j / (1 + sum of odds_k over all candidates k)

where odds_j are the odds that j is right rather than that nothing is. They come from the pair's evidence, less for how crowded
it is around the left text: a candidate says the more, the farther it stands out from those behind it (the idea of CSLS and of
margin scoring). Crowding also tells how many there were to pick from, so that the size of the right list is no term of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEIGHBOURS = 10
"""The candidates that compete, the best ones; all others together hardly weigh anything."""

_USUAL = -9.0
"""The evidence of the next candidates where none of them means the same."""

# As far as sizes were seen in fitting; and a sentence's.
_SHORTEST, _SENTENCE, _LONGEST = 8.0, 60.0, 400.0

_SURE = 1e-9
"""Pair probabilities count as at least this far from 0 and 1."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How pair evidence becomes the odds of a choice; the numbers are fitted by ``tools/fit_matching.py``.

    Attributes:
        constant: added to the log-odds.
        slope: what the pair's log-odds are multiplied with.
        crowding: what the crowding around the left text is multiplied with, and taken off.
        length: what the logarithm of the left text's size, over that of a usual sentence, is multiplied with, and added.
    """

    constant: float
    slope: float
    crowding: float
    length: float

    def log_odds(self, evidence: Floats, crowd: Floats, sizes: Floats, prior: float) -> Floats:
        """The log-odds of candidates against "none".

        Args:
            evidence: log-odds of the pairs at a prior of 0.5; any shape.
            crowd: how crowded it is around the left text, as ``crowd_of`` says it; of a shape that fits.
            sizes: ``text_size`` of the left text, likewise.
            prior: the share of left texts that have a counterpart at all.

        Returns:
            As ``evidence``.
        """
        length = np.log(np.clip(sizes, _SHORTEST, _LONGEST) / _SENTENCE)
        shift = self.constant + self.length * length + np.log(prior / (1 - prior))
        result: Floats = self.slope * evidence - self.crowding * crowd + shift
        return result


def crowd_of(evidence: Floats) -> Floats:
    """How crowded it is around each left text: the mean evidence of the candidates after the best, (n, k) -> (n,).

    One more candidate with the usual evidence counts along, which stands in where there are few or none.
    """
    others = evidence[:, 1:NEIGHBOURS]
    there = np.isfinite(others)
    total = np.where(there, others, 0.0).sum(axis=1) + _USUAL
    result: Floats = total / (there.sum(axis=1) + 1)
    return result


CHOICES = {
    "e5-small": Choice(constant=-4.13, slope=2.41, crowding=1.16, length=-0.49),
    "use-multilingual-v3": Choice(constant=-5.99, slope=1.87, crowding=1.20, length=-1.56),
}
"""For the calibrations that come with the models."""

GENERAL = Choice(constant=-4.31, slope=2.11, crowding=1.06, length=-0.71)
"""For any other: fitted to both models together."""


def evidence_of(probabilities: Floats) -> Floats:
    """Log-odds of pair probabilities; finite."""
    safe = np.clip(probabilities, _SURE, 1 - _SURE)
    result: Floats = np.log(safe / (1 - safe))
    return result


def one_sided(log_odds: Floats) -> tuple[Floats, Floats]:
    """The probabilities of the candidates, (n, k), and of "none", (n,), where right texts may be chosen any number of times."""
    top = np.maximum(log_odds.max(axis=1, initial=0.0), 0.0)
    weights = np.exp(log_odds - top[:, None])
    none = np.exp(-top)
    total = none + weights.sum(axis=1)
    return weights / total[:, None], none / total
