"""``CrossLingualClassifier``: trained on labels in one language, right in others, and silent where it does not know."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.confidence import Evidence, nearness
from interlingua.classification.contract import need_sklearn
from interlingua.classification.fitting import Trained, fit_classifier
from interlingua.classification.heads import BlendHead, Floats, HeadName, NearestHead, log_shares
from interlingua.classification.inputs import Rows
from interlingua.classification.intake import Intake
from interlingua.classification.options import Options
from interlingua.classification.space import Langs
from interlingua.classification.targets import Targets
from interlingua.classification.training import ClassWeight
from interlingua.errors import InputError, OptionError
from interlingua.types import TextEncoder

_CERTAIN = 0.5


@dataclass(frozen=True, slots=True)
class Decision:
    """What a classifier says of one text.

    Attributes:
        label: the predicted label; with several labels a row a tuple of them; what ``unknown`` is set to where it abstains.
        best: the most probable label, abstention or not.
        probability: of ``best`` among the labels, 0 to 1.
        confidence: the probability that the prediction is right, 0 to 1, which also counts how near the text is to the training
            examples; None where it was not learned (too few examples, zero-shot, several labels a row).
        second: the next probable label; None where there is none.
        lang: the text's language, given or identified; None where unknown or not needed.
    """

    label: Any
    best: Any
    probability: float
    confidence: float | None
    second: Any
    lang: str | None


class CrossLingualClassifier(Intake):
    """A scikit-learn classifier of texts in any language, or of their vectors.

    Texts go through the encoder; their vectors lose their language's mean, and directions that translation changes are damped
    (within-class covariance normalisation: Hatch et al., 2006). Whether that pays, which head and which penalty, is found by
    cross-validation, in which held-out rows also stand as they could in other languages. Predicting needs NumPy alone, and each
    row is predicted by itself.

    Args:
        encoder: what embeds texts: an encoder, or a model's name; None takes the bundled default where texts are given. With
            vectors it says which model they are of; without it they are taken as they are.
        head: ``logistic`` (logistic regression), ``knn`` (nearest neighbours), ``centroid`` (nearest class mean), ``blend`` (the
            product of the first two), or ``auto``: what cross-validation finds best.
        C: the inverse of the penalty on weights, for features with a mean squared length of 1; None chooses it by
            cross-validation.
        n_neighbors: how many neighbours vote.
        centring: whether vectors lose their language's mean; None decides by cross-validation.
        class_weight: None, ``balanced``, or a weight for each class.
        target_precision: the wanted share of right answers: where it is less probable, ``predict`` says ``unknown``. None always
            answers.
        out_of_scope: the share of texts that no class is for among those that will come, which ``target_precision`` counts with.
        unknown: what ``predict`` gives where it abstains.
        random_state: the seed of folds and of what is drawn.

    Attributes:
        classes_: the labels, sorted.
        n_features_in_: the length of a vector.
        trained_: what was learned (``Trained``).
    """

    def __init__(
        self,
        encoder: TextEncoder | str | None = None,
        *,
        head: Literal["auto"] | HeadName = "auto",
        C: float | None = None,
        n_neighbors: int = 50,
        centring: bool | None = None,
        class_weight: ClassWeight = None,
        target_precision: float | None = None,
        out_of_scope: float = 0.2,
        unknown: Any = "unknown",
        random_state: int = 0,
    ) -> None:
        self.encoder = encoder
        self.head = head
        self.C = C
        self.n_neighbors = n_neighbors
        self.centring = centring
        self.class_weight = class_weight
        self.target_precision = target_precision
        self.out_of_scope = out_of_scope
        self.unknown = unknown
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, langs: Langs | str = None) -> Self:
        """Train.

        Args:
            X: n texts, or vectors of the shape (n, d).
            y: n labels; or, for several labels a row, n lists of labels or a matrix of 0 and 1.
            langs: the texts' languages: one for all, one for each, or None to identify them (of vectors: unknown).

        Raises:
            InputError: a text cannot be embedded, a label is missing, or there is only one class.
            OptionError: a parameter has no such value.
            MissingExtra: scikit-learn is not installed.
        """
        need_sklearn()
        options = Options.of(self)
        rows, encoder = self._rows(X, langs, training=True, y=y)
        targets = Targets.of(y)
        if len(targets) != len(rows.vectors):
            raise InputError(f"There are {len(rows.vectors):,} rows but {len(targets):,} labels; give each row one.")
        self._check_labels(targets)
        trained = fit_classifier(rows, targets, options, encoder)
        self._take(trained)
        return self

    def _take(self, trained: Trained) -> None:
        self.trained_ = trained
        self.classes_ = trained.classes
        self.n_features_in_ = trained.dimension

    def _check_labels(self, targets: Targets) -> None:
        # scikit-learn's own classifiers learn a single class, too: they always predict it.
        if self.target_precision is not None and targets.single and self.unknown in targets.classes.tolist():
            raise OptionError(f"{self.unknown!r} is one of the labels; set unknown to something else.")

    def decide(self, X: Any, *, langs: Langs | str = None) -> list[Decision]:
        """What there is to say of each row; see ``Decision``. Takes and raises what ``predict`` does."""
        rows, probabilities, sure = self._judged(X, langs)
        labels = self._labels(probabilities, sure)
        names = self.classes_.tolist()
        order = np.argsort(-probabilities, axis=1, kind="stable")
        return [
            Decision(
                labels[row],
                names[ranked[0]],
                float(probabilities[row, ranked[0]]),
                None if sure is None else float(sure[row]),
                names[ranked[1]] if len(ranked) > 1 else None,
                None if rows.langs is None else rows.langs[row],
            )
            for row, ranked in enumerate(order.tolist())
        ]

    def predict(self, X: Any, *, langs: Langs | str = None) -> Any:
        """The label of each row.

        Args:
            X: texts, or vectors of the shape (n, d).
            langs: the texts' languages; None identifies them where they matter.

        Returns:
            (n,) labels; ``unknown`` where the wanted precision is not to be had. For several labels a row, what was given in
            training: a matrix of 0 and 1, or a list of tuples.

        Raises:
            InputError: a text cannot be embedded, or vectors have another length.
        """
        _, probabilities, sure = self._judged(X, langs)
        kind = self.trained_.kind
        if kind == "sets":
            return self._labels(probabilities, sure)
        if kind == "indicator":
            return (probabilities >= self._label_threshold()).astype(np.int64)
        found = self.classes_[probabilities.argmax(axis=1)]
        silent = self._silent(sure, len(found))
        if not silent.any():
            return found
        fits = isinstance(self.unknown, str) and found.dtype.kind == "U"
        found = (
            found.astype(object) if not fits else found.astype(np.promote_types(found.dtype, f"U{len(self.unknown)}"))
        )
        found[silent] = self.unknown
        return found

    def predict_proba(self, X: Any, *, langs: Langs | str = None) -> Floats:
        """The probability of each class, (n, classes), in the order of ``classes_``; calibrated on held-out rows.

        The rows sum to 1, except with several labels a row, where each label has a probability of its own.
        """
        return self._judged(X, langs)[1]

    def decision_function(self, X: Any, *, langs: Langs | str = None) -> Floats:
        """Scores that rank as the probabilities do: (n, classes), or (n,) for the second of two classes."""
        trained = self._trained()
        rows, _ = self._rows(X, langs)
        logits = trained.scale * trained.head.logits(trained.space.features(rows.vectors, rows.langs))
        if logits.shape[1] == 2 and trained.kind == "one":
            found: Floats = logits[:, 1] - logits[:, 0]
            return found
        return logits

    def score(self, X: Any, y: Any) -> float:
        """Accuracy; with several labels a row, the share of rows whose labels are all right."""
        predicted = self.predict(X)
        if self._trained().kind == "sets":
            return float(
                np.mean([sorted(map(str, a)) == sorted(map(str, b)) for a, b in zip(predicted, y, strict=True)])
            )
        same = np.asarray(predicted) == np.asarray(y)
        return float(np.mean(same if same.ndim == 1 else same.all(axis=1)))

    def save(self, path: str | os.PathLike[str], *, keep_texts: bool = True) -> None:
        """Write the classifier as a folder of JSON and arrays, without pickle.

        Args:
            path: the folder; a classifier that is there is replaced.
            keep_texts: keep the training texts, which ``explain`` shows.

        Raises:
            StorageError: the disk refuses.
            InputError: there is something else at the path.
        """
        from interlingua.classification.saving import save

        save(self._trained(), self.get_params(), path, keep_texts=keep_texts)

    @classmethod
    def load(cls, path: str | os.PathLike[str], encoder: TextEncoder | None = None) -> CrossLingualClassifier:
        """Read what ``save`` wrote.

        Args:
            path: the folder.
            encoder: the encoder to use; None opens the model that it was trained with when texts come.

        Raises:
            InputError: there is no classifier.
            CorruptModel: a file of it is missing or damaged.
            WrongModel: it was trained with another model, or another precision.
        """
        from interlingua.classification.saving import load

        trained, parameters = load(path, encoder)
        found = cls(encoder, **parameters)
        found._take(trained)
        return found

    @classmethod
    def zero_shot(
        cls,
        labels: Sequence[str] | Mapping[str, str | Sequence[str]],
        encoder: TextEncoder | str | None = None,
        *,
        langs: Langs | str = None,
    ) -> CrossLingualClassifier:
        """A classifier from the labels' names, or from descriptions of them, without any example.

        Args:
            labels: the names; or for each name a description, or several of them (sentences of the kind to expect work best).
            encoder: what embeds; None takes the bundled default.
            langs: the language of the descriptions.

        Raises:
            InputError: there are fewer than two labels, or a description cannot be embedded.
        """
        from interlingua.classification.zero_shot import from_labels

        found = cls(encoder)
        found._take(from_labels(labels, found.opened_encoder(), langs))
        return found

    def _judged(self, X: Any, langs: Langs | str) -> tuple[Rows, Floats, Floats | None]:
        """The rows, the probabilities of the classes, and how sure each prediction is."""
        trained = self._trained()
        rows, _ = self._rows(X, langs)
        if not len(rows.vectors):
            return rows, np.empty((0, len(self.classes_))), None
        features = trained.space.features(rows.vectors, rows.langs)
        near = None
        if isinstance(trained.head, BlendHead | NearestHead) and trained.head_sees_examples:
            # The neighbours are looked for once.
            scores, near = trained.head.votes(features)
        else:
            scores = trained.head.logits(features)
        logits = trained.scale * scores
        if trained.kind != "one":
            return rows, 1 / (1 + np.exp(-np.clip(logits, -50, 50))), None
        probabilities = np.exp(log_shares(logits))
        sure = None
        if trained.confidence is not None:
            if near is None:
                near = nearness(features, trained.examples)
            sure = trained.confidence.of(Evidence(probabilities.max(axis=1), near))
        return rows, probabilities, sure

    def _silent(self, sure: Floats | None, rows: int) -> NDArray[np.bool_]:
        """Where it abstains."""
        confidence = self._trained().confidence
        if self.target_precision is None or not rows:
            return np.zeros(rows, dtype=bool)
        if confidence is None or sure is None:
            raise OptionError(
                "When to abstain was not learned: target_precision needs at least two examples of most classes."
            )
        found: NDArray[np.bool_] = sure < confidence.threshold(self.target_precision)
        return found

    def _label_threshold(self) -> float:
        """Of several labels a row: the probability from which on one is given."""
        return _CERTAIN if self.target_precision is None else self._trained().label_threshold(self.target_precision)

    def _labels(self, probabilities: Floats, sure: Floats | None) -> list[Any]:
        names = self.classes_.tolist()
        if self._trained().kind != "one":
            limit = self._label_threshold()
            return [tuple(names[at] for at in np.flatnonzero(row >= limit)) for row in probabilities]
        best = [names[at] for at in probabilities.argmax(axis=1)]
        silent = self._silent(sure, len(best))
        return [self.unknown if quiet else label for label, quiet in zip(best, silent, strict=True)]

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            transformer_tags=None,
            regressor_tags=None,
            classifier_tags=ClassifierTags(multi_label=self.head != "centroid"),
            input_tags=InputTags(),
        )
