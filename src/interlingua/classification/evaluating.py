"""How good a classifier is: on rows it has not seen, in each language, and where it may abstain."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.classifier import CrossLingualClassifier
from interlingua.classification.contract import need_sklearn, not_fitted
from interlingua.classification.evaluation import Evaluation, measured
from interlingua.classification.heads import Ints
from interlingua.classification.held_out import (
    Labelled,
    check_count,
    cross_validated,
    divided,
    joined,
    predictions,
    rows_of,
)
from interlingua.classification.targets import Targets
from interlingua.errors import InputError
from interlingua.metrics import Interval, bootstrap_interval
from interlingua.progress import Advance, progress_bar
from interlingua.scoring.similarity import Langs

# With fewer rows a language says nothing; more languages are not left out one by one.
_LEAST_ROWS = 10
_MOST_LANGUAGES = 30


def evaluate_classifier(classifier: CrossLingualClassifier, X: Any, y: Any, *, langs: Langs = None) -> Evaluation:
    """Test a trained classifier on rows that it was not trained on.

    Rows whose label is the classifier's ``unknown`` (and none of its labels) are out of scope: the right thing to do with them
    is to abstain, and they count only where that is measured.

    Args:
        classifier: trained.
        X: n texts, or vectors of the shape (n, d).
        y: their labels.
        langs: their languages; None identifies those of texts.

    Raises:
        InputError: a text cannot be embedded, a label is missing, no row is in scope, or the classifier is not trained.
        OptionError: ``target_precision`` is set, but when to abstain was not learned.
    """
    trained = getattr(classifier, "trained_", None)
    if trained is None:
        raise not_fitted(classifier)
    rows, _ = rows_of(classifier, X, langs)
    targets = Targets.of(y)
    check_count(rows, len(targets))
    if targets.single != (trained.kind == "one"):
        raise InputError(
            "The classifier gives each row one label and the test rows have several, or the other way round."
        )
    outside = _out_of_scope(classifier, targets)
    if outside.all():
        raise InputError(
            f"All {len(targets):,} rows are labelled {classifier.unknown!r}: there is nothing to be right about."
        )
    said = predictions(classifier, rows.vectors, rows.langs, targets)
    wanted = classifier.target_precision if targets.single else None
    return measured(said, ~outside, rows.langs, None, kind="test set", target_precision=wanted)


def cross_validate(
    classifier: CrossLingualClassifier,
    X: Any,
    y: Any,
    *,
    langs: Langs = None,
    groups: Sequence[Hashable] | None = None,
    folds: int = 5,
    across_languages: bool = True,
    show_progress_bar: bool | None = None,
) -> Evaluation:
    """Test on labelled rows alone: each is predicted by a classifier that was trained on other rows.

    All that ``fit`` chooses is chosen anew for each fold, without the rows that it is tested on.

    Args:
        classifier: its parameters; it stays as it is.
        X: n texts, or vectors of the shape (n, d).
        y: their labels.
        langs: their languages; None identifies those of texts.
        groups: one a row; rows of one group (translations of each other, paragraphs of one document) are never on both sides.
        folds: into how many parts the rows are divided.
        across_languages: with rows in several languages also leave out each language once, which says how good the
            classifier is in a language that it has no labels for.
        show_progress_bar: None shows it where standard error is a terminal.

    Raises:
        InputError: a text cannot be embedded, a label is missing, or there are too few rows.
        OptionError: fewer than two folds, or a parameter of the classifier that does not exist.
        MissingExtra: scikit-learn is not installed.
    """
    need_sklearn()
    labelled = Labelled.of(classifier, X, y, langs)
    parts = divided(labelled.targets, groups, folds, classifier.random_state or 0)
    left_out = _languages(labelled) if across_languages else []
    rounds = folds + len(left_out) * (1 if groups is None else folds)
    with progress_bar("Cross-validating", rounds, show=show_progress_bar, unit="trainings") as advance:
        said = cross_validated(labelled, parts, advance)
        unseen = {lang: _without(labelled, lang, parts, groups, advance) for lang in left_out}
    return measured(
        said,
        np.ones(len(labelled.targets), dtype=bool),
        labelled.rows.langs,
        groups,
        kind="cross-validation",
        folds=folds,
        target_precision=classifier.target_precision if labelled.targets.single else None,
        unseen={lang: interval for lang, interval in unseen.items() if interval is not None},
    )


def _out_of_scope(classifier: CrossLingualClassifier, targets: Targets) -> NDArray[np.bool_]:
    names = targets.classes.tolist()
    unknown = classifier.unknown
    if not targets.single or unknown in classifier.classes_.tolist() or unknown not in names:
        return np.zeros(len(targets), dtype=bool)
    found: NDArray[np.bool_] = targets.belongs[:, names.index(unknown)]
    return found


def _languages(labelled: Labelled) -> list[str]:
    """Those that can be left out: with enough rows, and as many in others."""
    counts: dict[str, int] = {}
    for lang in labelled.rows.langs or []:
        if lang is not None:
            counts[lang] = counts.get(lang, 0) + 1
    enough = sorted((lang for lang, count in counts.items() if count >= _LEAST_ROWS), key=lambda lang: -counts[lang])
    return enough[:_MOST_LANGUAGES] if len(enough) > 1 else []


def _without(
    labelled: Labelled, lang: str, parts: Ints, groups: Sequence[Hashable] | None, advance: Advance
) -> Interval | None:
    """The accuracy in a language by classifiers that had no example in it; None where nothing could be learned."""
    assert labelled.rows.langs is not None
    own = np.array([one == lang for one in labelled.rows.langs])
    found, rows = [], []
    # A translation of a row gives it away, so with groups each fold is left out in all languages.
    for fold in [None] if groups is None else range(int(parts.max()) + 1):
        aside = np.zeros(len(own), dtype=bool) if fold is None else parts == fold
        held, others = np.flatnonzero(own & (aside | (fold is None))), np.flatnonzero(~own & ~aside)
        if len(held) and labelled.targets.belongs[others].any(axis=0).sum() > 1:
            found.append(labelled.predicted(labelled.learned(others), held))
            rows.append(held)
        advance(1)
    if not found:
        return None
    order = np.concatenate(rows)
    said = joined(found, order)
    together = None if groups is None else [groups[row] for row in np.sort(order).tolist()]
    return bootstrap_interval(np.mean, said.right, groups=together)
