"""Predictions for rows by classifiers that have not seen them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.classifier import CrossLingualClassifier
from interlingua.classification.heads import Floats, Ints
from interlingua.classification.inputs import Rows, are_texts, text_rows
from interlingua.classification.targets import Targets
from interlingua.errors import InputError, OptionError
from interlingua.progress import Advance
from interlingua.scoring.similarity import Langs
from interlingua.types import TextEncoder


@dataclass(frozen=True, eq=False)
class Predictions:
    """What was predicted for n rows, beside their labels.

    Attributes:
        classes: all labels, sorted: (c,).
        belongs: (n, c) bool, the labels that the rows have.
        said: (n, c) bool, the labels predicted, abstention or not.
        probabilities: (n, c); 0 for a class that the classifier did not know.
        surest: (n,), the probability of the predicted label.
        answered: (n,) bool, where the classifier did not abstain.
        single: whether each row has one label.
    """

    classes: NDArray[Any]
    belongs: NDArray[np.bool_]
    said: NDArray[np.bool_]
    probabilities: Floats
    surest: Floats
    answered: NDArray[np.bool_]
    single: bool

    @property
    def right(self) -> NDArray[np.bool_]:
        """(n,), where the prediction (with several labels a row: all of them) is right."""
        found: NDArray[np.bool_] = (self.belongs == self.said).all(axis=1)
        return found

    def some(self, rows: NDArray[Any]) -> Predictions:
        """Those for some rows."""
        return replace(
            self,
            belongs=self.belongs[rows],
            said=self.said[rows],
            probabilities=self.probabilities[rows],
            surest=self.surest[rows],
            answered=self.answered[rows],
        )


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows with labels, embedded once, and the classifier whose parameters they are to be learned with.

    Attributes:
        classifier: not trained.
        rows: their vectors, languages and texts.
        labels: as they were given, one entry (a label, a list of labels, or a row of 0 and 1) a row.
        targets: the same, read.
    """

    classifier: CrossLingualClassifier
    rows: Rows
    labels: Any
    targets: Targets

    @classmethod
    def of(
        cls, classifier: CrossLingualClassifier, X: Any, y: Any, langs: Langs, *, always_answers: bool = False
    ) -> Labelled:
        """Embed what has to be embedded; ``always_answers`` leaves abstention out.

        Raises:
            InputError: a text cannot be embedded, or there are not as many labels as rows.
        """
        rows, encoder = rows_of(classifier, X, langs)
        targets = Targets.of(y)
        check_count(rows, len(targets))
        labels = np.asarray(y) if targets.kind == "indicator" else list(y)
        fresh = type(classifier)(**{**classifier.get_params(), "encoder": encoder})
        if always_answers and targets.single:
            fresh.set_params(target_precision=None)
        return cls(fresh, rows, labels, targets)

    def learned(self, some: Ints) -> CrossLingualClassifier:
        """A classifier trained on some of the rows."""
        made = type(self.classifier)(**self.classifier.get_params())
        labels = self.labels[some] if self.targets.kind == "indicator" else [self.labels[row] for row in some]
        return made.fit(self.rows.vectors[some], labels, langs=self.langs(some))

    def langs(self, some: Ints) -> list[str | None] | None:
        """The languages of some rows."""
        return None if self.rows.langs is None else [self.rows.langs[row] for row in some]

    def predicted(self, trained: CrossLingualClassifier, some: Ints) -> Predictions:
        """What a trained classifier says of some of the rows."""
        return predictions(trained, self.rows.vectors[some], self.langs(some), self.targets.some(some))


def rows_of(classifier: CrossLingualClassifier, X: Any, langs: Langs) -> tuple[Rows, TextEncoder | None]:
    """Texts embedded and their languages identified, or vectors as they are; and the encoder, opened, if there is one.

    Raises:
        InputError: a text cannot be embedded, or there are not as many languages as rows.
    """
    if are_texts(X):
        trained = getattr(classifier, "trained_", None) is not None
        encoder = classifier.trained_encoder() if trained else classifier.opened_encoder()
        return text_rows(X, langs, encoder, identify=True), encoder
    vectors = np.asarray(X)
    if vectors.ndim != 2:
        raise InputError(
            f"Vectors of the shape (n, d) or a list of texts are needed, not an array of {vectors.ndim} dimensions."
        )
    return Rows.of_vectors(vectors, langs), None if classifier.encoder is None else classifier.opened_encoder()


def check_count(rows: Rows, labels: int) -> None:
    """Refuse another number of labels than rows.

    Raises:
        InputError: it is.
    """
    if len(rows.vectors) != labels:
        raise InputError(f"There are {len(rows.vectors):,} rows but {labels:,} labels; give each row one.")


def predictions(
    trained: CrossLingualClassifier, vectors: NDArray[Any], langs: Sequence[str | None] | None, targets: Targets
) -> Predictions:
    """Predict rows whose labels are known; a label that the classifier does not know is never predicted."""
    known, names = trained.classes_.tolist(), targets.classes.tolist()
    places = {name: number for number, name in enumerate(names)}
    missing = [name for name in known if name not in places]
    if missing:
        targets = with_classes(targets, [*names, *missing])
        names = targets.classes.tolist()
        places = {name: number for number, name in enumerate(names)}
    columns = [places[name] for name in known]
    probabilities = np.zeros((len(vectors), len(names)))
    said = np.zeros((len(vectors), len(names)), dtype=bool)
    answered = np.ones(len(vectors), dtype=bool)
    surest = np.zeros(len(vectors))
    if len(vectors):
        probabilities[:, columns] = trained.predict_proba(vectors, langs=langs)
    for row, decision in enumerate(trained.decide(vectors, langs=langs)):
        labels = [decision.best] if targets.single else decision.label
        said[row, [places[label] for label in labels]] = True
        surest[row] = decision.probability
        # What abstains gives is none of the labels.
        answered[row] = decision.label == decision.best if targets.single else bool(decision.label)
    return Predictions(targets.classes, targets.belongs, said, probabilities, surest, answered, targets.single)


def with_classes(targets: Targets, classes: Sequence[Any]) -> Targets:
    """The same labels among more classes, sorted."""
    wider = np.array(sorted(classes, key=lambda one: (str(type(one)), one)))
    old = targets.classes.tolist()
    belongs = np.zeros((len(targets), len(wider)), dtype=bool)
    for number, name in enumerate(wider.tolist()):
        if name in old:
            belongs[:, number] = targets.belongs[:, old.index(name)]
    return Targets(wider, belongs, targets.kind)


def divided(targets: Targets, groups: Sequence[Hashable] | None, folds: int, seed: int) -> Ints:
    """The fold of each row, (n,): the rows of a class are spread over the folds, those of a group are together.

    Raises:
        OptionError: fewer than two folds.
        InputError: too few rows or groups for them, or not as many groups as rows.
    """
    if isinstance(folds, bool) or folds < 2:
        raise OptionError(f"Cross-validation needs at least two folds, not {folds}.")
    count = len(targets)
    if groups is not None and len(groups) != count:
        raise InputError(f"There are {count:,} rows but {len(groups):,} groups; give one group a row.")
    generator = np.random.default_rng(seed)
    order = generator.permutation(count)
    order = order[np.argsort(targets.places()[order], kind="stable")]
    found = np.empty(count, dtype=np.int64)
    if groups is None:
        found[order] = np.arange(count) % folds
        parts = count
    else:
        number: dict[Hashable, int] = {}
        for row in order.tolist():
            found[row] = number.setdefault(groups[row], len(number)) % folds
        parts = len(number)
    if parts < 2 * folds:
        named = "rows" if groups is None else "groups of rows"
        raise InputError(
            f"There are {parts:,} {named} with labels, too few for {folds} folds; {2 * folds} at least are needed."
        )
    return found


def cross_validated(labelled: Labelled, folds: Ints, advance: Advance) -> Predictions:
    """A prediction for each row, by a classifier that was trained on the other folds."""
    parts, order = [], []
    for fold in range(int(folds.max()) + 1):
        held = np.flatnonzero(folds == fold)
        trained = labelled.learned(np.flatnonzero(folds != fold))
        parts.append(labelled.predicted(trained, held))
        order.append(held)
        advance(1)
    return joined(parts, np.concatenate(order))


def joined(parts: Sequence[Predictions], rows: Ints) -> Predictions:
    """Parts as one, in the order of their rows."""
    back = np.argsort(rows, kind="stable")
    return Predictions(
        parts[0].classes,
        np.concatenate([part.belongs for part in parts])[back],
        np.concatenate([part.said for part in parts])[back],
        np.concatenate([part.probabilities for part in parts])[back],
        np.concatenate([part.surest for part in parts])[back],
        np.concatenate([part.answered for part in parts])[back],
        parts[0].single,
    )
