"""Would more labels help? Accuracy at growing numbers of examples."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.classifier import CrossLingualClassifier
from interlingua.classification.contract import need_sklearn
from interlingua.classification.heads import Floats, Ints
from interlingua.classification.held_out import Labelled, divided
from interlingua.errors import OptionError
from interlingua.metrics import Interval, bootstrap_interval
from interlingua.progress import progress_bar
from interlingua.scoring.similarity import Langs

SHARES = (0.125, 0.25, 0.5, 1.0)

_PARTS = 4
_LEAST_TRAINING = 4
# A gain that nobody would label twice as many rows for.
_WORTH = 0.01


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The accuracy at one number of examples.

    Attributes:
        examples: how many rows the classifiers were trained on.
        accuracy: on rows held out, on average over the repeats.
    """

    examples: int
    accuracy: Interval


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """How accuracy grows with the number of examples.

    Attributes:
        points: by growing number.
        last_gain: what the last step brought.
        next_gain: what twice as many examples as there are would probably bring, by the power law that fits the points.
        verdict: whether more labels would help: ``yes``, ``hardly`` or ``unclear``.
    """

    points: tuple[CurvePoint, ...]
    last_gain: Interval
    next_gain: Interval
    verdict: Literal["yes", "hardly", "unclear"]

    def sentence(self) -> str:
        """The verdict in words, with its figures."""
        gain = self.next_gain
        figures = f"about {100 * gain.value:+.1f} points of accuracy ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
        if self.verdict == "yes":
            return f"More labels would help: twice as many would bring {figures}."
        if self.verdict == "hardly":
            return f"More labels of this kind would hardly help: twice as many would bring {figures}."
        return f"Whether more labels would help cannot be told from so few rows: twice as many would bring {figures}."

    def facts(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "points": [{"examples": point.examples, "accuracy": _rounded(point.accuracy)} for point in self.points],
            "last_gain": _rounded(self.last_gain),
            "next_gain": _rounded(self.next_gain),
            "verdict": self.verdict,
            "sentence": self.sentence(),
        }


def learning_curve(
    classifier: CrossLingualClassifier,
    X: Any,
    y: Any,
    *,
    langs: Langs = None,
    groups: Sequence[Hashable] | None = None,
    shares: Sequence[float] = SHARES,
    repeats: int = 3,
    show_progress_bar: bool | None = None,
) -> LearningCurve:
    """Train on growing parts of the rows, and test on a quarter of them that is held out; several times over.

    Beyond the rows that there are, a power law is followed (error = a · examples^-b, which learning curves of most methods obey:
    Hestness et al., 2017), fitted to each sample of a bootstrap anew. The smallest part counts least, because laws set in late.

    Args:
        classifier: its parameters; it stays as it is.
        X: n texts, or vectors of the shape (n, d).
        y: their labels.
        langs: their languages; None identifies those of texts.
        groups: one a row; rows of one group are never on both sides.
        shares: of the rows that are not held out, growing; the last is 1.
        repeats: how many times, at most 4.
        show_progress_bar: None shows it where standard error is a terminal.

    Raises:
        InputError: a text cannot be embedded, a label is missing, or there are too few rows.
        OptionError: shares that do not grow to 1, or another number of repeats.
        MissingExtra: scikit-learn is not installed.
    """
    need_sklearn()
    steps = sorted(set(shares))
    if len(steps) < 2 or list(shares) != steps or not steps[0] > 0 or steps[-1] != 1:
        raise OptionError(f"shares grow from above 0 to 1, in two steps at least, not {list(shares)}.")
    if not 1 <= repeats <= _PARTS:
        raise OptionError(f"repeats is a number from 1 to {_PARTS}, not {repeats}.")
    labelled = Labelled.of(classifier, X, y, langs, always_answers=True)
    seed = classifier.random_state or 0
    parts = divided(labelled.targets, groups, _PARTS, seed)
    right, rows, sizes = [], [], []
    with progress_bar("Learning curve", repeats * len(steps), show=show_progress_bar, unit="trainings") as advance:
        for repeat in range(repeats):
            held = np.flatnonzero(parts == repeat)
            subsets = _subsets(labelled, np.flatnonzero(parts != repeat), steps, seed + repeat)
            found = []
            for subset in subsets:
                found.append(labelled.predicted(labelled.learned(subset), held).right)
                advance(1)
            right.append(np.stack(found, axis=1))
            rows.append(held)
            sizes.append([len(subset) for subset in subsets])
    order = np.concatenate(rows)
    together = order.tolist() if groups is None else [groups[row] for row in order.tolist()]
    return _curve(np.concatenate(right), np.mean(sizes, axis=0), together)


def _subsets(labelled: Labelled, pool: Ints, shares: Sequence[float], seed: int) -> list[Ints]:
    """Growing parts of the pool, each in the next, in which each class has its share."""
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(pool)
    classes = labelled.targets.places()[shuffled]
    # The first of every class, then the second of every class that has as many for its size, and so on.
    place = np.empty(len(pool))
    for number in np.unique(classes):
        own = np.flatnonzero(classes == number)
        place[own] = (np.arange(len(own)) + generator.random()) / len(own)
    ordered = shuffled[np.argsort(place, kind="stable")]
    found = []
    for share in shares:
        size = max(round(share * len(pool)), _LEAST_TRAINING)
        # Of one class alone nothing is learned.
        while size < len(pool) and labelled.targets.belongs[ordered[:size]].any(axis=0).sum() < 2:
            size += 1
        found.append(np.sort(ordered[:size]))
    return found


def _curve(right: NDArray[np.bool_], sizes: Floats, groups: Sequence[Hashable]) -> LearningCurve:
    """Of (tests, sizes): which test rows were predicted rightly after training on so many rows."""
    points = tuple(
        CurvePoint(round(size), bootstrap_interval(np.mean, column, groups=groups))
        for size, column in zip(sizes.tolist(), right.T, strict=True)
    )
    last = bootstrap_interval(lambda some: float(some[:, -1].mean() - some[:, -2].mean()), right, groups=groups)

    def following(some: NDArray[np.bool_]) -> float:
        return _next_gain(1 - some.mean(axis=0), sizes, len(some))

    gain = _widened(bootstrap_interval(following, right, groups=groups), last, sizes)
    verdict: Literal["yes", "hardly", "unclear"] = "unclear"
    if gain.low > 0 and gain.value >= _WORTH:
        verdict = "yes"
    elif gain.value < _WORTH and gain.high < 2 * _WORTH:
        verdict = "hardly"
    return LearningCurve(points, last, gain, verdict)


def _widened(gain: Interval, last: Interval, sizes: Floats) -> Interval:
    """The interval of a law that may not hold: as wide as that of the last step, which is what was seen."""
    # What the law foretells for as many doublings as the last step had.
    ratio = 1 / max(float(np.log2(sizes[-1] / sizes[-2])), 0.1)
    half = ratio * (last.high - last.low) / 2
    return Interval(gain.value, min(gain.low, gain.value - half), max(gain.high, gain.value + half))


def _next_gain(errors: Floats, sizes: Floats, tests: int) -> float:
    """What twice the largest number brings, by the power law through the points."""
    # Half an error more: none at all has no logarithm.
    logs = np.log((errors * tests + 0.5) / (tests + 1))
    weights = np.sqrt(sizes / sizes.max())
    x = np.log(sizes)
    middle_x, middle_y = np.average(x, weights=weights), np.average(logs, weights=weights)
    spread = np.average((x - middle_x) ** 2, weights=weights)
    slope = float(np.average((x - middle_x) * (logs - middle_y), weights=weights) / spread) if spread > 0 else 0.0
    return float(errors[-1] * (1 - 2.0**slope))


def _rounded(interval: Interval) -> dict[str, float]:
    return {name: round(getattr(interval, name), 4) for name in ("value", "low", "high")}
