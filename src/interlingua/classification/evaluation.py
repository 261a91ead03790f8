"""What an evaluation found, as plain values."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.heads import Ints
from interlingua.classification.held_out import Predictions
from interlingua.metrics import Interval, bootstrap_interval, expected_calibration_error

Groups = Sequence[Hashable] | None

_SAMPLES = 1000
_SAMPLES_OF_SETS = 200


@dataclass(frozen=True, slots=True)
class ClassQuality:
    """How well one label is predicted.

    Attributes:
        label: the label.
        precision: the share of the rows predicted as it that have it; None where none was.
        recall: the share of the rows that have it that were predicted as it; None where none has.
        f1: the harmonic mean of both.
        support: how many rows have it.
    """

    label: Any
    precision: float | None
    recall: float | None
    f1: float
    support: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What is reached where a classifier may abstain.

    Attributes:
        precision: the share of the answers that are right, texts out of scope among them; None without an answer.
        answered: the share of the rows in scope that are answered.
        out_of_scope: how many rows are out of scope.
        out_of_scope_answered: the share of these that are answered all the same; None where there are none.
    """

    precision: Interval | None
    answered: float
    out_of_scope: int = 0
    out_of_scope_answered: float | None = None


@dataclass(frozen=True, slots=True)
class LanguageQuality:
    """How well the rows of one language are predicted.

    Attributes:
        lang: the language; None for rows whose language is not known.
        support: how many rows.
        accuracy: the share of right predictions; None where no row is in scope.
        unseen: the same by classifiers that had no example in this language; None where that was not tried.
        answers: what abstention reaches; None where it is off.
    """

    lang: str | None
    support: int
    accuracy: Interval | None
    unseen: Interval | None = None
    answers: Answers | None = None


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a classifier is. All intervals hold with a probability of 95 % (bootstrap over rows, or over groups of them).

    Attributes:
        kind: ``cross-validation`` (each row predicted by a classifier that has not seen it) or ``test set``.
        folds: how many; None for a test set.
        rows: how many rows with a label.
        accuracy: the share of rows whose prediction is right, abstention or not; of several labels a row, all of them.
        macro_f1: the mean of the classes' F1.
        calibration_error: the expected calibration error of the predictions' probabilities; None with several labels a row.
        classes: each label.
        languages: each language, the most frequent first.
        confusion: (c, c): how many rows of a class (row) are predicted as which (column), in the order of ``classes``; None
            with several labels a row.
        answers: what abstention reaches; None where it is off.
        target_precision: what was wanted of it; None with several labels a row, where it decides which are given.
        predictions: the rows' probabilities and predictions.
    """

    kind: Literal["cross-validation", "test set"]
    folds: int | None
    rows: int
    accuracy: Interval
    macro_f1: Interval
    calibration_error: float | None
    classes: tuple[ClassQuality, ...]
    languages: tuple[LanguageQuality, ...]
    confusion: Ints | None
    answers: Answers | None
    target_precision: float | None
    predictions: Predictions

    def facts(self) -> dict[str, Any]:
        """All but the rows' predictions, as plain JSON values."""
        named = ("kind", "folds", "rows", "accuracy", "macro_f1", "calibration_error", "target_precision", "answers")
        found: dict[str, Any] = {name: _plain(getattr(self, name)) for name in named}
        found["classes"] = [_plain(one) | {"label": str(one.label)} for one in self.classes]
        found["languages"] = [_plain(one) for one in self.languages]
        found["confusion"] = None if self.confusion is None else self.confusion.tolist()
        return found

    def __repr__(self) -> str:
        low, high = self.accuracy.low, self.accuracy.high
        return (
            f"<Evaluation: {self.kind}, {self.rows:,} rows, accuracy {self.accuracy.value:.3f} ({low:.3f}–{high:.3f})>"
        )


def measured(
    said: Predictions,
    inside: NDArray[np.bool_],
    langs: Sequence[str | None] | None,
    groups: Groups,
    *,
    kind: Literal["cross-validation", "test set"],
    folds: int | None = None,
    target_precision: float | None = None,
    unseen: dict[str | None, Interval] | None = None,
) -> Evaluation:
    """Take all measures.

    Args:
        said: what was predicted for n rows.
        inside: (n,), which are in scope; at least one is.
        langs: their languages.
        groups: rows of one group are not independent.
        kind: how the predictions came about.
        folds: how many.
        target_precision: None where abstention is off.
        unseen: the accuracy of classifiers without examples in a language.
    """
    own = np.flatnonzero(inside)
    scope = said.some(own)
    together = _some(groups, own)
    return Evaluation(
        kind,
        folds,
        len(own),
        bootstrap_interval(np.mean, scope.right, groups=together),
        _macro_f1(scope, together),
        expected_calibration_error(scope.surest, scope.right) if scope.single else None,
        _classes(scope),
        _languages(said, inside, langs, groups, target_precision is not None, unseen or {}),
        _confusion(scope) if scope.single else None,
        None if target_precision is None else _answers(said, inside, groups),
        target_precision,
        said,
    )


def _macro_f1(said: Predictions, groups: Groups) -> Interval:
    if said.single:
        count = len(said.classes)
        truth, best = said.belongs.argmax(axis=1), said.said.argmax(axis=1)

        def measure(true: Ints, predicted: Ints) -> float:
            both = np.bincount(true[true == predicted], minlength=count)
            return _mean_f1(both, np.bincount(true, minlength=count), np.bincount(predicted, minlength=count))

        return bootstrap_interval(measure, truth, best, samples=_SAMPLES, groups=groups)

    def of_sets(true: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
        return _mean_f1((true & predicted).sum(axis=0), true.sum(axis=0), predicted.sum(axis=0))

    return bootstrap_interval(of_sets, said.belongs, said.said, samples=_SAMPLES_OF_SETS, groups=groups)


def _mean_f1(both: Ints, true: Ints, predicted: Ints) -> float:
    """Over the classes that occur, in the labels or in the predictions."""
    there = true + predicted > 0
    return float(np.mean(2 * both[there] / (true + predicted)[there])) if there.any() else 0.0


def _classes(said: Predictions) -> tuple[ClassQuality, ...]:
    both = (said.belongs & said.said).sum(axis=0).tolist()
    true, predicted = said.belongs.sum(axis=0).tolist(), said.said.sum(axis=0).tolist()
    return tuple(
        ClassQuality(
            label,
            right / given if given else None,
            right / having if having else None,
            2 * right / (given + having) if given + having else 0.0,
            having,
        )
        for label, right, given, having in zip(said.classes.tolist(), both, predicted, true, strict=True)
    )


def _confusion(said: Predictions) -> Ints:
    count = len(said.classes)
    places = said.belongs.argmax(axis=1) * count + said.said.argmax(axis=1)
    found: Ints = np.bincount(places, minlength=count * count).reshape(count, count).astype(np.int64)
    return found


def _languages(
    said: Predictions,
    inside: NDArray[np.bool_],
    langs: Sequence[str | None] | None,
    groups: Groups,
    abstains: bool,
    unseen: dict[str | None, Interval],
) -> tuple[LanguageQuality, ...]:
    members: dict[str | None, list[int]] = {}
    for row, lang in enumerate(langs or []):
        members.setdefault(lang, []).append(row)
    found = []
    for lang, listed in sorted(members.items(), key=lambda one: (-len(one[1]), one[0] or "")):
        rows = np.array(listed)
        own = rows[inside[rows]]
        accuracy = bootstrap_interval(np.mean, said.right[own], groups=_some(groups, own)) if len(own) else None
        answers = _answers(said.some(rows), inside[rows], _some(groups, rows)) if abstains else None
        found.append(LanguageQuality(lang, len(own), accuracy, unseen.get(lang), answers))
    return tuple(found)


def _answers(said: Predictions, inside: NDArray[np.bool_], groups: Groups) -> Answers:
    answered = np.flatnonzero(said.answered)
    right = said.right & inside
    precision = bootstrap_interval(np.mean, right[answered], groups=_some(groups, answered)) if len(answered) else None
    strangers = int((~inside).sum())
    return Answers(
        precision,
        float(said.answered[inside].mean()) if inside.any() else 0.0,
        strangers,
        float(said.answered[~inside].mean()) if strangers else None,
    )


def _some(groups: Groups, rows: NDArray[Any]) -> Groups:
    return None if groups is None else [groups[row] for row in rows.tolist()]


def _plain(value: Any) -> Any:
    """Records as dictionaries, figures with four digits after the point."""
    if isinstance(value, Interval | Answers | ClassQuality | LanguageQuality):
        return {name: _plain(one) for name, one in asdict(value).items()}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value
