"""Measures of yes-or-no decisions and of the scores behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interlingua.errors import InputError, OptionError
from interlingua.metrics.checks import Floats, check_lengths, floats, ratio, truths
from interlingua.metrics.checks import weights as checked_weights


@dataclass(frozen=True, slots=True)
class DecisionQuality:
    """How good yes-or-no decisions are. A ratio whose denominator is 0 is NaN.

    Attributes:
        precision: the share of the decisions "yes" that are right.
        recall: the share of the true rows that were decided "yes".
        f1: the harmonic mean of both.
        decided: the number (or weight) of decisions "yes".
        right: the number (or weight) of right ones among them.
        true: the number (or weight) of true rows.
    """

    precision: float
    recall: float
    f1: float
    decided: float
    right: float
    true: float


def decision_quality(decisions: ArrayLike, labels: ArrayLike, *, weights: ArrayLike | None = None) -> DecisionQuality:
    """Precision, recall and F1 of decisions (van Rijsbergen, "Information Retrieval", 1979).

    Args:
        decisions: True where "yes" was decided, shape (n,).
        labels: True where "yes" is right, (n,).
        weights: what each row counts, (n,); 1 where not given.

    Raises:
        InputError: lengths that differ, values other than booleans or 0 and 1, or no rows.
    """
    said, true = truths(decisions, "decisions"), truths(labels, "labels")
    check_lengths(decisions=said, labels=true)
    weight = checked_weights(weights, len(true))
    decided, right, wanted = (float(weight[which].sum()) for which in (said, said & true, true))
    return DecisionQuality(
        precision=ratio(right, decided),
        recall=ratio(right, wanted),
        f1=ratio(2 * right, decided + wanted),
        decided=decided,
        right=right,
        true=wanted,
    )


def auroc(scores: ArrayLike, labels: ArrayLike, *, weights: ArrayLike | None = None) -> float:
    """The area under the ROC curve: how often a true row's score is above a false row's; ties count half.

    This is the Mann-Whitney statistic over the number of pairs (Hanley and McNeil, Radiology 143, 1982).

    Args:
        scores: (n,), higher for what is more likely true.
        labels: (n,).
        weights: what each row counts, (n,); 1 where not given.

    Raises:
        InputError: lengths that differ, values that are not finite, or only true or only false rows.
    """
    _, true, false = _by_score(scores, labels, weights)
    below = np.cumsum(false) - false
    return float((true * (below + false / 2)).sum() / (true.sum() * false.sum()))


def detection_rate(
    scores: ArrayLike, labels: ArrayLike, *, false_alarms: float = 0.01, weights: ArrayLike | None = None
) -> float:
    """The share of true rows found at a threshold that at most this share of the false rows pass (a point of the ROC curve).

    Args:
        scores: (n,), higher for what is more likely true; rows at or above the threshold are found.
        labels: (n,).
        false_alarms: the share of false rows that may be found as well.
        weights: what each row counts, (n,); 1 where not given.

    Raises:
        InputError: as for ``auroc``.
        OptionError: ``false_alarms`` is not between 0 and 1.
    """
    if not 0 <= false_alarms <= 1:
        raise OptionError(f"false_alarms is a share between 0 and 1, not {false_alarms}.")
    _, true, false = _by_score(scores, labels, weights)
    alarms = np.cumsum(false[::-1]) / false.sum()
    found = np.cumsum(true[::-1]) / true.sum()
    allowed = alarms <= false_alarms + 1e-12  # the sum of shares may miss the limit by rounding
    return float(found[allowed].max(initial=0.0))


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """Spearman's rank correlation, -1 to 1; equal values share the mean of their ranks. NaN where one side is constant.

    Pearson's correlation of the ranks (Spearman, American Journal of Psychology 15, 1904).

    Raises:
        InputError: lengths that differ, values that are not finite, or fewer than two rows.
    """
    one, two = floats(a, "a"), floats(b, "b")
    check_lengths(a=one, b=two)
    if len(one) < 2:
        raise InputError("A correlation needs two rows at least.")
    x, y = (_ranks(side) - (len(side) + 1) / 2 for side in (one, two))
    return ratio(float(x @ y), float(np.sqrt((x @ x) * (y @ y))))


def _by_score(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """The distinct scores, rising, with the weights of the true and of the false rows at each."""
    given, true = floats(scores, "scores"), truths(labels, "labels")
    check_lengths(scores=given, labels=true)
    weight = checked_weights(weights, len(true))
    distinct, which = np.unique(given, return_inverse=True)
    yes: Floats = np.bincount(which, weight * true, len(distinct)).astype(np.float64)
    no: Floats = np.bincount(which, weight * ~true, len(distinct)).astype(np.float64)
    if not yes.sum() or not no.sum():
        raise InputError(f"True and false rows are needed, but all of them are {'true' if yes.sum() else 'false'}.")
    return distinct, yes, no


def _ranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[which]
    return ranks
