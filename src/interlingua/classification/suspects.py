"""Rows whose label looks wrong.

Confident learning (Northcutt, Jiang and Chuang, Journal of Artificial Intelligence Research 70, 2021): out-of-sample
probabilities, a threshold for each class (the mean probability of the class among the rows that are labelled with it), and a
row is suspect where another class than its own passes its threshold.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from interlingua.classification.classifier import CrossLingualClassifier
from interlingua.classification.contract import need_sklearn
from interlingua.classification.heads import Floats, Ints
from interlingua.classification.held_out import Labelled, Predictions, cross_validated, divided
from interlingua.errors import InputError
from interlingua.progress import progress_bar
from interlingua.scoring.similarity import Langs


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose label looks wrong.

    Attributes:
        row: which, counted from 0.
        label: the label that it has.
        suggested: the label that it should probably have.
        probability: that of ``label``, by a classifier that has not seen the row.
        suggested_probability: that of ``suggested``.
        lang: the row's language; None where unknown.
        text: the text; None where vectors were given.
    """

    row: int
    label: Any
    suggested: Any
    probability: float
    suggested_probability: float
    lang: str | None
    text: str | None

    def facts(self) -> dict[str, Any]:
        """As plain JSON values; the row counted from 1, as files are."""
        rounded = {
            "probability": round(self.probability, 4),
            "suggested_probability": round(self.suggested_probability, 4),
        }
        return asdict(self) | rounded | {"row": self.row + 1}


def find_label_errors(
    classifier: CrossLingualClassifier,
    X: Any,
    y: Any,
    *,
    langs: Langs = None,
    groups: Sequence[Hashable] | None = None,
    folds: int = 5,
    show_progress_bar: bool | None = None,
) -> list[Suspect]:
    """Find rows whose label is probably wrong.

    Args:
        classifier: its parameters; it stays as it is.
        X: n texts, or vectors of the shape (n, d).
        y: their labels, one a row.
        langs: their languages; None identifies those of texts.
        groups: one a row; a row is not judged by a classifier that has seen one of its group.
        folds: into how many parts the rows are divided.
        show_progress_bar: None shows it where standard error is a terminal.

    Returns:
        The suspects, the surest first: those whose suggested label is the more probable by most.

    Raises:
        InputError: a text cannot be embedded, a label is missing, rows have several labels, or there are too few.
        OptionError: fewer than two folds, or a parameter of the classifier that does not exist.
        MissingExtra: scikit-learn is not installed.
    """
    need_sklearn()
    labelled = Labelled.of(classifier, X, y, langs, always_answers=True)
    if not labelled.targets.single:
        raise InputError("Wrong labels can be found only where each row has one label.")
    parts = divided(labelled.targets, groups, folds, classifier.random_state or 0)
    with progress_bar("Cross-validating", folds, show=show_progress_bar, unit="trainings") as advance:
        said = cross_validated(labelled, parts, advance)
    return suspects_in(said, labelled.rows.langs, labelled.rows.texts)


def suspects_in(
    said: Predictions, langs: Sequence[str | None] | None = None, texts: Sequence[str] | None = None
) -> list[Suspect]:
    """The suspects among rows that were predicted by classifiers that have not seen them (``Evaluation.predictions``)."""
    given = said.belongs.argmax(axis=1)
    suggested = _confident(said.probabilities, given)
    rows = np.flatnonzero((suggested >= 0) & (suggested != given))
    own, other = said.probabilities[rows, given[rows]], said.probabilities[rows, suggested[rows]]
    names = said.classes.tolist()
    return [
        Suspect(
            row := int(rows[at]),
            names[given[row]],
            names[suggested[row]],
            float(own[at]),
            float(other[at]),
            None if langs is None else langs[row],
            None if texts is None else texts[row],
        )
        for at in np.argsort(own - other, kind="stable").tolist()
    ]


def _confident(probabilities: Floats, given: Ints) -> Ints:
    """The class that each row confidently belongs to, (n,); -1 where none passes its threshold."""
    count = probabilities.shape[1]
    sums = np.bincount(given, probabilities[np.arange(len(given)), given], count)
    # A class without rows cannot be suggested.
    thresholds = np.divide(sums, np.bincount(given, minlength=count), out=np.full(count, np.inf), where=sums > 0)
    passing = np.where(probabilities >= thresholds, probabilities, -1.0)
    best: Ints = passing.argmax(axis=1)
    return np.where(passing.max(axis=1) >= 0, best, -1)
