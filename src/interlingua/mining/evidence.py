"""What speaks for a pair of candidates being translations of each other, as log-odds.

Vectors tell what texts are about; of two sentences about the same they do not see that one has other numbers, or says twice as
much. So the log-odds are a weighted sum of both: the cosine and how crowded it is around both sentences, and what the texts show
on their face. Cosines count in units of how far those of random pairs of the same two heaps spread, so that the same weights do
for near languages and far ones.

The weights are fitted by ``tools/fit_mining.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlingua.inspection.findings import Pair
from interlingua.inspection.lengths import length_z
from interlingua.inspection.marks import blanked, find_marks
from interlingua.inspection.numbers import match_numbers
from interlingua.mining.candidates import BothWays, Candidates, Flags, Floats, mean_of_others
from interlingua.types import Stored

CROWD = 4
"""Over how many nearest others the crowding around a sentence is the mean."""

_SAMPLE, _SORTED_BY = 256, 4
_LONG, _MANY, _DIFFERENT = 6.0, 3.0, 4.0

# What the spread of random pairs is taken for before any pair is seen, and for how many pairs that counts.
_USUAL_MEAN, _USUAL_SPREAD, _USUAL_PAIRS = 0.03, 0.10, 400


@dataclass(frozen=True, slots=True)
class Weights:
    """How evidence becomes log-odds, at a prior of 0.5.

    Attributes:
        constant: added to all.
        cosine: of the cosine, in spreads of random pairs.
        crowd: of how crowded it is around both sentences, likewise.
        length: of how unusual the ratio of the lengths is, in standard deviations.
        length_squared: of its square.
        numbers: of the numbers that both have, up to three.
        large_numbers: of those among them with two digits or more.
        lone_numbers: of the numbers that only one side has, up to four.
        other_numbers: where both sides have numbers that the other has not.
    """

    constant: float
    cosine: float
    crowd: float
    length: float
    length_squared: float
    numbers: float
    large_numbers: float
    lone_numbers: float
    other_numbers: float

    def log_odds(self, nearness: Floats, faces: Floats | None) -> Floats:
        """The log-odds of candidates.

        Args:
            nearness: (c, 2), of ``nearness_of``.
            faces: (c, 6), of ``faces_of``; None where texts are not looked at.

        Returns:
            (c,).
        """
        result: Floats = self.constant + nearness @ np.array([self.cosine, self.crowd])
        if faces is not None:
            result = result + faces @ np.array(
                [
                    self.length,
                    self.length_squared,
                    self.numbers,
                    self.large_numbers,
                    self.lone_numbers,
                    self.other_numbers,
                ]
            )
        return result


@dataclass(frozen=True, slots=True)
class Spread:
    """Where the cosines of random pairs of two heaps lie.

    Attributes:
        mean: their mean.
        deviation: their standard deviation.
    """

    mean: float
    deviation: float


def spread_of(source: Stored, target: Stored) -> Spread:
    """How the cosines of random pairs spread; of heaps of a few sentences mostly what is usual.

    Args:
        source: (n, d) unit vectors.
        target: (m, d).
    """
    one, other = _sample(source), _sample(target)
    cosines = np.sort((one @ other.T).ravel().astype(np.float64))
    # As many as there may be translations are left out.
    cosines = cosines[: len(cosines) - min(len(one), len(other))]
    count = len(cosines)
    mean = (cosines.sum() + _USUAL_PAIRS * _USUAL_MEAN) / (count + _USUAL_PAIRS)
    squares = ((cosines - mean) ** 2).sum() + _USUAL_PAIRS * _USUAL_SPREAD**2
    return Spread(float(mean), float(np.sqrt(squares / (count + _USUAL_PAIRS))))


def _sample(vectors: Stored) -> Stored:
    # Evenly from the vectors in an order of their own, so that it does not matter in which they are given.
    order = np.lexsort(np.asarray(vectors[:, :_SORTED_BY]).T)
    rows = order[np.unique(np.linspace(0, len(vectors) - 1, min(_SAMPLE, len(vectors))).astype(np.int64))]
    return np.asarray(vectors[np.sort(rows)], dtype=np.float32)


def nearness_of(pairs: Candidates, found: BothWays, spread: Spread) -> Floats:
    """The cosine of each candidate and how crowded it is around both of its sentences, in spreads of random pairs, (c, 2).

    Args:
        pairs: the candidates.
        found: the nearest both ways.
        spread: of random pairs.
    """
    forward = mean_of_others(found.forward, pairs.sources, pairs.targets, CROWD)
    backward = mean_of_others(found.backward, pairs.targets, pairs.sources, CROWD)
    both = np.column_stack([pairs.cosines, (forward + backward) / 2])
    result: Floats = (both - spread.mean) / spread.deviation
    return result


def worth_a_look(nearness: Floats) -> Flags:
    """Which candidates stand out at all from what else is near, (c,): of what does not, hardly anything is a translation."""
    result: Flags = nearness[:, 0] > nearness[:, 1]
    return result


def faces_of(pairs: Sequence[Pair]) -> Floats:
    """What the texts of pairs show on their face, (c, 6); a fifth of a millisecond for each.

    The columns are those of ``Weights`` from ``length`` on.
    """
    return np.array([_face(pair) for pair in pairs], dtype=np.float64).reshape(len(pairs), 6)


def _face(pair: Pair) -> tuple[float, ...]:
    source, target = blanked(pair.source, find_marks(pair.source)), blanked(pair.target, find_marks(pair.target))
    z = min(abs(length_z(pair) or 0.0), _LONG)
    numbers = match_numbers(pair, source, target)
    large = sum(len(ours.text) > 1 and not ours.code for ours, _ in numbers.pairs)
    lone = len(numbers.source) + len(numbers.target)
    other = bool(numbers.source) and bool(numbers.target)
    return (
        z, min(z * z, 25.0), min(len(numbers.pairs), _MANY), min(large, _MANY), min(lone, _DIFFERENT), float(other)
    )  # fmt: skip
