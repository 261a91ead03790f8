"""Measures of classifiers: on a test set, by cross-validation, in languages without labels, with abstention."""

from __future__ import annotations

import json

import numpy as np
import pytest
from blobs import blobs, unit
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from interlingua import CrossLingualClassifier, cross_validate, evaluate_classifier
from interlingua.errors import InputError, OptionError


def trained(**options: object) -> CrossLingualClassifier:
    return CrossLingualClassifier(head="centroid", **options).fit(*blobs(3, 20))


def test_the_measures_are_those_of_sklearn() -> None:
    vectors, labels = blobs(3, 40, spread=0.45, seed=5)
    classifier = trained()
    found = evaluate_classifier(classifier, vectors, labels)
    predicted = classifier.predict(vectors)
    assert 0.5 < found.accuracy.value == np.mean(predicted == np.array(labels)) < 1
    assert found.accuracy.low < found.accuracy.value < found.accuracy.high
    assert found.macro_f1.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert found.confusion is not None
    assert found.confusion.tolist() == confusion_matrix(labels, predicted).tolist()
    expected = precision_recall_fscore_support(labels, predicted)
    for one, *measures in zip(found.classes, *expected, strict=True):
        assert (one.precision, one.recall, one.f1, one.support) == pytest.approx(tuple(measures))
    assert found.calibration_error is not None
    assert 0 < found.calibration_error < 0.4
    assert (found.kind, found.folds, found.rows, found.answers) == ("test set", None, 120, None)


def test_each_language_has_its_own_accuracy() -> None:
    vectors, labels = blobs(3, 20, seed=1)
    langs = ["en", "de"] * 30
    # In German every second label is another.
    wrong = [row for row, lang in enumerate(langs) if lang == "de"][::2]
    for row in wrong:
        labels[row] = "class 1" if labels[row] == "class 0" else "class 0"
    found = evaluate_classifier(trained(), vectors, labels, langs=langs)
    assert {one.lang: (one.accuracy.value, one.support) for one in found.languages if one.accuracy} == {
        "de": (0.5, 30),
        "en": (1.0, 30),
    }


def test_a_label_that_the_classifier_does_not_know_is_wrong() -> None:
    vectors, labels = blobs(4, 5, seed=1)
    found = evaluate_classifier(trained(), vectors, labels)
    assert found.accuracy.value == 0.75
    new = found.classes[3]
    assert (new.label, new.precision, new.recall, new.f1, new.support) == ("class 3", None, 0.0, 0.0, 5)


def test_rows_out_of_scope_count_only_where_abstention_is_measured() -> None:
    classifier = trained(target_precision=0.9)
    vectors, labels = blobs(4, 10, seed=1)
    labels = ["unknown" if label == "class 3" else label for label in labels]
    found = evaluate_classifier(classifier, vectors, labels)
    assert found.rows == 30
    assert found.accuracy.value == 1.0
    assert [one.support for one in found.classes if one.label != "unknown"] == [10, 10, 10]
    assert found.answers is not None
    silent = classifier.predict(vectors) == "unknown"
    answered = ~silent
    assert found.answers.answered == np.mean(answered[:30])
    assert found.answers.out_of_scope == 10
    assert found.answers.out_of_scope_answered == np.mean(answered[30:])
    assert found.answers.precision is not None
    assert found.answers.precision.value == pytest.approx(answered[:30].sum() / answered.sum())
    assert found.target_precision == 0.9


def test_cross_validation_of_what_can_be_told_apart_and_of_what_cannot() -> None:
    vectors, labels = blobs(3, 20)
    classifier = CrossLingualClassifier(head="centroid")
    found = cross_validate(classifier, vectors, labels, folds=4)
    assert (found.accuracy.value, found.kind, found.folds) == (1.0, "cross-validation", 4)
    assert not hasattr(classifier, "trained_"), "it stays as it was"
    drawn = [str(one) for one in np.random.default_rng(0).integers(3, size=60)]
    chance = cross_validate(classifier, vectors, drawn)
    assert 0.15 < chance.accuracy.value < 0.55


def test_a_group_is_never_on_both_sides() -> None:
    # Pairs of the same vector with a label drawn for each pair: who has seen one knows the other.
    generator = np.random.default_rng(0)
    vectors = np.repeat(unit(generator.standard_normal((80, 12))), 2, axis=0)
    labels = np.repeat(generator.integers(2, size=80), 2).astype(str).tolist()
    classifier = CrossLingualClassifier(head="knn", n_neighbors=1)
    apart = cross_validate(classifier, vectors, labels, across_languages=False)
    together = cross_validate(classifier, vectors, labels, groups=np.arange(160) // 2, across_languages=False)
    assert apart.accuracy.value > 0.75
    assert together.accuracy.value < 0.65
    # Rows that are not independent say less: the interval is wider.
    assert together.accuracy.high - together.accuracy.low > 0.1


def test_a_language_without_labels() -> None:
    # In German the classes have changed places: only German labels can tell.
    vectors, labels = blobs(2, 40, spread=0.15)
    langs = ["en", "de"] * 40
    german = np.array([lang == "de" for lang in langs])
    vectors[german, 5] += 2
    vectors = unit(vectors)
    labels = [
        {"class 0": "class 1", "class 1": "class 0"}[one] if de else one for one, de in zip(labels, german, strict=True)
    ]
    found = cross_validate(CrossLingualClassifier(head="knn", n_neighbors=3), vectors, labels, langs=langs)
    for one in found.languages:
        assert one.accuracy is not None
        assert one.accuracy.value > 0.95
        assert one.unseen is not None
        assert one.unseen.value < 0.3
    without = cross_validate(CrossLingualClassifier(head="knn"), vectors, labels, langs=langs, across_languages=False)
    assert all(one.unseen is None for one in without.languages)


def test_several_labels_a_row() -> None:
    vectors, _ = blobs(3, 20)
    sets = [("a",)] * 20 + [("a", "b")] * 20 + [("c",)] * 20
    found = cross_validate(CrossLingualClassifier(head="logistic", C=100.0), vectors, sets)
    assert found.accuracy.value == 1.0
    assert [(one.label, one.f1, one.support) for one in found.classes] == [
        ("a", 1.0, 40),
        ("b", 1.0, 20),
        ("c", 1.0, 20),
    ]
    assert (found.confusion, found.calibration_error) == (None, None)


def test_facts_are_plain() -> None:
    vectors, labels = blobs(2, 10)
    facts = json.loads(json.dumps(cross_validate(trained(target_precision=0.8), vectors, labels, langs="de").facts()))
    assert facts["accuracy"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert facts["confusion"] == [[10, 0], [0, 10]]
    assert facts["classes"][0] == {"label": "class 0", "precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 10}
    assert facts["languages"][0]["lang"] == "de"


def test_texts_in_another_language(use: object) -> None:
    english = {
        "weather": [
            "It is raining heavily.",
            "Tomorrow the sun will shine.",
            "There was snow in the night.",
            "A storm is coming.",
        ],
        "food": [
            "The soup is too salty.",
            "I would like a slice of bread.",
            "This cake tastes wonderful.",
            "We cooked rice.",
        ],
    }
    german = {
        "weather": ["Heute regnet es stark.", "Morgen scheint die Sonne."],
        "food": ["Die Suppe ist zu salzig.", "Dieser Kuchen schmeckt gut."],
    }
    classifier = CrossLingualClassifier(use, head="centroid")  # type: ignore[arg-type]
    classifier.fit(*listed(english))
    found = evaluate_classifier(classifier, *listed(german))
    assert found.accuracy.value == 1.0
    assert [one.lang for one in found.languages] == ["de"]


def listed(texts: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    pairs = [(text, label) for label, some in texts.items() for text in some]
    return [text for text, _ in pairs], [label for _, label in pairs]


def test_errors() -> None:
    vectors, labels = blobs(2, 10)
    fresh = CrossLingualClassifier()
    with pytest.raises(ValueError, match="not trained yet"):
        evaluate_classifier(fresh, vectors, labels)
    with pytest.raises(InputError, match="There are 20 rows but 19 labels"):
        evaluate_classifier(trained(), vectors, labels[1:])
    with pytest.raises(InputError, match="All 20 rows are labelled 'unknown'"):
        evaluate_classifier(trained(), vectors, ["unknown"] * 20)
    with pytest.raises(InputError, match="the test rows have several"):
        evaluate_classifier(trained(), vectors, [("a",)] * 20)
    with pytest.raises(InputError, match="20 rows with labels, too few for 11 folds; 22 at least"):
        cross_validate(fresh, vectors, labels, folds=11)
    with pytest.raises(InputError, match="1 groups of rows with labels, too few"):
        cross_validate(fresh, vectors, labels, groups=[1] * 20)
    with pytest.raises(InputError, match="20 rows but 3 groups"):
        cross_validate(fresh, vectors, labels, groups=[1, 2, 3])
    with pytest.raises(OptionError, match="at least two folds, not 1"):
        cross_validate(fresh, vectors, labels, folds=1)
    with pytest.raises(InputError, match="20 vectors but 2 languages"):
        cross_validate(fresh, vectors, labels, langs=["en", "de"])
