"""From what probability on two texts of a corpus are duplicates, and which pairs are worth asking about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.scoring.calibration import Calibration

_AS_HARD = 45_000
"""In a pool of about so many texts, decisions about translations at even odds are right as often as promised.

Measured with benchmarks/dedup.py, half of whose texts are duplicates, with both bundled models among 3,000 to 200,000 texts.
"""

_SAME_LANGUAGE = 0.2
_AS_HARD_WITHIN = 2_500
"""What the odds of two texts in one language are multiplied with, and the pool of which that holds.

Unrelated texts of one language share wording and manner, and a calibration is fitted to translations. Measured like the above:
without it, a quarter of the near-duplicates found within a language were none, with a promise of a twentieth.
"""

_STEPS = 9
_MARGIN = 0.01
_SIZES = 17


@dataclass(frozen=True)
class Decision:
    """When two texts are duplicates.

    Attributes:
        prior: the share of duplicates among the pairs in question.
        threshold: the probability, at that prior, from which on they are.
        same_language: what the odds of two texts in one language are multiplied with.
    """

    prior: float
    threshold: float
    same_language: float


def decision(
    calibration: Calibration,
    pool: int,
    *,
    target_precision: float,
    threshold: float | None,
    prior: float | None,
    share: float = 0.5,
) -> Decision:
    """The rule for a pool of so many texts.

    A text's nearest neighbour is the more alike to it by chance the larger the pool is: each text is compared with all of it. Once
    crowding is corrected (``crowding.py``), the odds that a pair is one of duplicates fall with the root of its size, as measured.

    Args:
        calibration: what makes probabilities.
        pool: how many texts each is compared with.
        target_precision: the wanted share of right removals.
        threshold: a probability that takes its place.
        prior: takes the place of the prior that follows from the size of the pool and the share of duplicates.
        share: the share of texts that have a duplicate, at most a half.

    Raises:
        OptionError: a number is not between 0 and 1.
    """
    for name, value in (("target_precision", target_precision), ("threshold", threshold), ("prior", prior)):
        if value is not None and not 0 < value < 1:
            raise OptionError(f"{name} must be between 0 and 1, not {value!r}.")
    odds, within = (min(1.0, math.sqrt(hard / max(pool, 1))) for hard in (_AS_HARD, _AS_HARD_WITHIN))
    if prior is None:
        prior = 1 / (1 + (1 - share) / (share * odds))
    if threshold is None:
        threshold = calibration.threshold(target_precision, prior=prior)
    return Decision(float(prior), float(threshold), _SAME_LANGUAGE * within / odds)


class Judge:
    """The probabilities of pairs of texts.

    Args:
        calibration: what makes them.
        rule: from where on they are duplicates.
        langs: the languages of the texts.
        sizes: their sizes, (n,).
        same_language_only: whether texts in different languages never are duplicates.

    Attributes:
        floors: for each text a cosine below which it can be no other one's duplicate, (n,).
    """

    def __init__(
        self,
        calibration: Calibration,
        rule: Decision,
        langs: Sequence[str | None],
        sizes: NDArray[np.float64],
        *,
        same_language_only: bool,
    ) -> None:
        self._calibration, self._rule, self._sizes = calibration, rule, sizes
        codes: dict[str | None, int] = {}
        self._lang = np.array([codes.setdefault(lang, len(codes)) for lang in langs], dtype=np.int32)
        self._names = np.array(list(codes), dtype=object)
        self._same_only = same_language_only
        self._nodes = np.unique(np.quantile(sizes, np.linspace(0, 1, _SIZES))) if len(sizes) else np.ones(1)
        self._floors = self._floors_by_pair()
        # A pair's floor is one of the shorter text's size, so it is nowhere below the lowest up to the size of either.
        lowest = np.minimum.accumulate(self._floors.min(axis=1, initial=2.0), axis=1)
        self.floors: NDArray[np.float32] = lowest[self._lang, np.searchsorted(self._nodes, sizes)]

    def same_language(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the texts of pairs are in one language, as far as that is known."""
        result: NDArray[np.bool_] = self._lang[a] == self._lang[b]
        return result

    def in_question(
        self, a: NDArray[np.int64], b: NDArray[np.int64], cosines: NDArray[np.floating[Any]]
    ) -> NDArray[np.bool_]:
        """Which pairs can be duplicates with these cosines: a quick look that leaves few to be judged."""
        sizes = np.searchsorted(self._nodes, np.minimum(self._sizes[a], self._sizes[b]))
        result: NDArray[np.bool_] = cosines >= self._floors[self._lang[a], self._lang[b], sizes]
        return result

    def probabilities(
        self,
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        cosines: NDArray[np.floating[Any]],
        *,
        alike: bool = False,
    ) -> NDArray[np.float64]:
        """P(same meaning) of pairs of texts with these centred cosines; ``alike`` says that they are nearly spelled alike."""
        sizes = np.minimum(self._sizes[a], self._sizes[b])
        return self._ask(cosines, self._lang[a], self._lang[b], sizes, 1.0 if alike else self._rule.same_language)

    def duplicates(self, probabilities: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which of them are high enough."""
        result: NDArray[np.bool_] = probabilities >= self._rule.threshold
        return result

    def _ask(
        self,
        cosines: NDArray[np.floating[Any]],
        langs_a: NDArray[np.int32],
        langs_b: NDArray[np.int32],
        sizes: NDArray[np.float64],
        same_language: float,
    ) -> NDArray[np.float64]:
        if not len(cosines):
            return np.empty(0, dtype=np.float64)
        names = self._names
        found = self._calibration.probabilities(
            cosines, names[langs_a].tolist(), names[langs_b].tolist(), sizes, prior=self._rule.prior
        )
        factor = np.where(langs_a == langs_b, same_language, 1.0)
        result: NDArray[np.float64] = found * factor / (found * factor + 1 - found)
        return result

    def _floors_by_pair(self) -> NDArray[np.float32]:
        """The lowest cosine with which texts can be duplicates, by their languages and the interval of the shorter one's size.

        Shape (languages, languages, sizes + 1). A pair that cannot be one at all has 2.
        """
        count, sizes = len(self._names), self._nodes
        langs = np.arange(count, dtype=np.int32)
        a, b = (part.ravel() for part in np.meshgrid(langs, langs, indexing="ij"))
        if self._same_only:
            a, b = langs, langs
        langs_a, langs_b = np.repeat(a, len(sizes)), np.repeat(b, len(sizes))
        low, high = np.zeros(len(langs_a)), np.ones(len(langs_a))
        for _ in range(_STEPS):
            middle = (low + high) / 2
            found = self._ask(middle, langs_a, langs_b, np.tile(sizes, len(a)), self._rule.same_language)
            reached = self.duplicates(found)
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        at_nodes = np.full((count, count, len(sizes)), 2.0, dtype=np.float32)
        at_nodes[a, b] = low.reshape(len(a), len(sizes)) - _MARGIN
        # Between two sizes the lower of their floors holds, beyond them that of the last.
        result: NDArray[np.float32] = np.minimum(
            np.concatenate([at_nodes[..., :1], at_nodes], axis=2),
            np.concatenate([at_nodes, at_nodes[..., -1:]], axis=2),
        )
        return result
