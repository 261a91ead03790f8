"""Why a classifier said what it said: the training examples behind a prediction, and what kept it from making one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from interlingua.classification.classifier import CrossLingualClassifier, Decision
from interlingua.classification.confidence import Evidence, nearness
from interlingua.classification.contract import not_fitted
from interlingua.classification.fitting import Trained
from interlingua.classification.heads import Floats
from interlingua.classification.held_out import rows_of
from interlingua.errors import OptionError
from interlingua.scoring.similarity import Langs

_SAMPLE = 500
# Labels whose probabilities differ by less than this factor are called alike.
_CLOSE = 3
_CERTAIN = 1 - 1e-6


@dataclass(frozen=True, slots=True)
class Example:
    """A training example near a text.

    Attributes:
        nearness: 1 for the same text, 0 for one as far away as two training examples are on average; below that farther.
        label: its label; with several labels a row a tuple of them.
        text: the example; None where texts were not kept.
        lang: its language; None where unknown.
        row: where it stood in the training data, counted from 0.
    """

    nearness: float
    label: Any
    text: str | None
    lang: str | None
    row: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a text was predicted as it was.

    Attributes:
        text: the text; None where a vector was given.
        decision: what was said.
        probabilities: of each label, the most probable first.
        examples: the nearest training examples, the nearest first.
        reason: why it abstained; None where it did not.
    """

    text: str | None
    decision: Decision
    probabilities: dict[Any, float]
    examples: tuple[Example, ...]
    reason: str | None

    def facts(self) -> dict[str, Any]:
        """As plain JSON values; rows counted from 1, as files are."""
        decision = asdict(self.decision)
        return {
            "text": self.text,
            **{name: _rounded(value) for name, value in decision.items()},
            "reason": self.reason,
            "probabilities": {str(label): _rounded(value) for label, value in self.probabilities.items()},
            "examples": [
                asdict(one) | {"nearness": _rounded(one.nearness), "row": one.row + 1} for one in self.examples
            ],
        }


def explain(classifier: CrossLingualClassifier, X: Any, *, langs: Langs = None, examples: int = 5) -> list[Explanation]:
    """Say why each text is predicted as it is.

    Args:
        classifier: trained.
        X: n texts, or vectors of the shape (n, d).
        langs: their languages; None identifies those of texts.
        examples: how many training examples to show for each.

    Raises:
        InputError: a text cannot be embedded, or the classifier is not trained.
        OptionError: a negative number of examples; or ``target_precision`` is set, but when to abstain was not learned.
    """
    trained = getattr(classifier, "trained_", None)
    if trained is None:
        raise not_fitted(classifier)
    if isinstance(examples, bool) or examples < 0:
        raise OptionError(f"examples is the number of examples to show, 0 or more, not {examples}.")
    rows, _ = rows_of(classifier, X, langs)
    if not len(rows.vectors):
        return []
    decisions = classifier.decide(rows.vectors, langs=rows.langs)
    probabilities = classifier.predict_proba(rows.vectors, langs=rows.langs)
    features = trained.space.features(rows.vectors, rows.langs)
    why = _Reasons(trained, classifier.target_precision)
    names = trained.classes.tolist()
    found = []
    for row, decision in enumerate(decisions):
        order = np.argsort(-probabilities[row], kind="stable").tolist()
        found.append(
            Explanation(
                None if rows.texts is None else rows.texts[row],
                decision,
                {names[at]: float(probabilities[row, at]) for at in order},
                _nearest(trained, features[row : row + 1], examples),
                why.reason(decision, probabilities[row], features[row : row + 1]),
            )
        )
    return found


def _nearest(trained: Trained, feature: Floats, count: int) -> tuple[Example, ...]:
    """Features have a mean squared length of 1, so two of the training data are √2 apart on average."""
    squares = ((trained.examples.astype(np.float64) - feature) ** 2).sum(axis=1)
    names = trained.classes.tolist()
    found = []
    for at in np.argsort(squares, kind="stable")[:count].tolist():
        labels = tuple(names[number] for number in np.flatnonzero(trained.example_labels[at]))
        found.append(
            Example(
                float(1 - squares[at] / 2),
                labels[0] if trained.kind == "one" else labels,
                None if trained.texts is None else trained.texts[at],
                None if trained.langs is None else trained.langs[at],
                int(trained.example_rows[at]),
            )
        )
    return tuple(found)


class _Reasons:
    """What kept a prediction back: that no example is near, or that labels are alike."""

    def __init__(self, trained: Trained, target_precision: float | None) -> None:
        self._trained = trained
        self._target = target_precision
        confidence = trained.confidence
        self._limit = None if target_precision is None or confidence is None else confidence.threshold(target_precision)
        self._usual: float | None = None

    def reason(self, decision: Decision, probabilities: Floats, feature: Floats) -> str | None:
        confidence, kind = self._trained.confidence, self._trained.kind
        if kind != "one":
            return None if decision.label or self._target is None else "no label is probable enough"
        if self._limit is None or confidence is None or decision.label == decision.best:
            return None
        if self._limit > 1:
            return f"in training no confidence was found at which a share of {self._target:g} is right"
        near = nearness(feature, self._trained.examples)
        surest = probabilities.max(keepdims=True)
        usual = np.array([self._usually()])
        # What would be enough if the other were as good as it can be?
        if_certain = confidence.of(Evidence(np.array([_CERTAIN]), near))[0]
        if_near = confidence.of(Evidence(surest, np.maximum(near, usual)))[0]
        far = f"it is far from every example (nearness {_told(near[0])}; usual among examples: {_told(usual[0])})"
        alike = _alike(self._trained.classes.tolist(), probabilities)
        if max(if_certain, if_near) < self._limit:
            return f"{far}, and {alike}"
        return far if if_near > if_certain else alike

    def _usually(self) -> float:
        """The nearness of training examples to the nearest others, in the middle."""
        if self._usual is None:
            examples = self._trained.examples
            some = examples[np.linspace(0, len(examples) - 1, min(_SAMPLE, len(examples))).round().astype(np.int64)]
            found = nearness(some.astype(np.float64), examples)
            # Each is among its own five nearest, at no distance.
            count = min(5, len(examples))
            self._usual = float(np.median(found)) * count / max(count - 1, 1)
        return self._usual


def _alike(names: list[Any], probabilities: Floats) -> str:
    first, second = np.argsort(-probabilities, kind="stable")[:2].tolist()
    close = probabilities[second] * _CLOSE >= probabilities[first]
    said = f"{names[first]} {probabilities[first]:.2f}, {names[second]} {probabilities[second]:.2f}"
    return f"{'two labels are much alike' if close else 'the best label is not sure enough'}: {said}"


def _told(near: float) -> str:
    return f"{1 + near / 2:.2f}"


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
