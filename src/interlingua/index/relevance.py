"""The probability that a hit answers its query: from its score, and from how far it stands out.

A score alone says little: a vague question is near to everything, and in an index about a single subject all is near to all.
What tells an answer is also that it stands out from the next best document; documents that say the same (in another language,
say) do not count there. A logistic curve makes a probability of both. It was fitted to the best hits of questions of which half
have no answer in the index; that is the prior, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.types import Vectors

# Hits that are looked at, at least, to see how far one stands out.
LEAST_HITS = 5
# Documents whose centred cosine is at least this say the same.
ALIKE = 0.7
# How far one stands out where there is nothing else.
_ALONE = 0.1


def gaps(scores: Vectors, alike: NDArray[np.bool_]) -> Vectors:
    """How far each hit's score is above the best of the others, or below it, (n,).

    Args:
        scores: (n,).
        alike: which hits say the same as which, (n, n).
    """
    others = np.where(alike | np.eye(len(scores), dtype=bool), -np.inf, scores[None, :])
    best = others.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(best), scores - best, _ALONE).astype(np.float32)


def probabilities(scores: Vectors, gap: Vectors, weights: Sequence[float]) -> NDArray[np.float64]:
    """P(answer) of hits, (n,).

    Args:
        scores: fair scores, (n,).
        gap: see ``gaps``, (n,).
        weights: of 1, of the score, and of the gap where it is above 0 and below.
    """
    terms = (weights[0], weights[1] * scores, weights[2] * np.maximum(gap, 0), weights[3] * np.minimum(gap, 0))
    result: NDArray[np.float64] = 1 / (1 + np.exp(-sum(np.asarray(term, dtype=np.float64) for term in terms)))
    return result


def check_options(min_probability: float, *, fair: bool, diverse: bool) -> None:
    """Refuse what has no probability.

    Raises:
        OptionError: it is not between 0 and 1, or scores are asked for that are not fair ones.
    """
    if not 0 < min_probability < 1:
        raise OptionError(f"A least probability lies between 0 and 1, not at {min_probability}.")
    if not fair or diverse:
        raise OptionError(
            "A least probability is told from fair scores: leave fair on and diverse off, or give a least score instead."
        )
