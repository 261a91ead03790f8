"""Rows whose label looks wrong: planted ones are found."""

from __future__ import annotations

import json

import numpy as np
import pytest
from blobs import blobs

from interlingua import CrossLingualClassifier, Encoder, find_label_errors, load_corpus
from interlingua.classification.held_out import Predictions
from interlingua.classification.suspects import suspects_in
from interlingua.errors import InputError


def test_the_rule() -> None:
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.1, 0.9], [0.05, 0.95], [0.4, 0.6]])
    given = np.array([0, 0, 0, 1, 1, 1])
    belongs = given[:, None] == np.arange(2)
    said = probabilities.argmax(axis=1)[:, None] == np.arange(2)
    found = suspects_in(
        Predictions(
            np.array(["a", "b"]), belongs, said, probabilities, probabilities.max(axis=1), np.ones(6, dtype=bool), True
        )
    )
    # The thresholds are the means of the own probabilities: 0.6 for a, 0.8167 for b. Row 2 has 0.8 for b: not enough.
    assert found == []
    probabilities[2] = [0.1, 0.9]
    found = suspects_in(
        Predictions(
            np.array(["a", "b"]), belongs, said, probabilities, probabilities.max(axis=1), np.ones(6, dtype=bool), True
        )
    )
    assert [(one.row, one.label, one.suggested, one.probability, one.suggested_probability) for one in found] == [
        (2, "a", "b", 0.1, 0.9)
    ]


def test_planted_among_vectors() -> None:
    vectors, labels = blobs(4, 30, spread=0.2)
    planted = {5: "class 3", 40: "class 0", 77: "class 1", 100: "class 2"}
    given = [planted.get(row, label) for row, label in enumerate(labels)]
    found = find_label_errors(CrossLingualClassifier(head="centroid"), vectors, given, langs="en")
    assert {one.row for one in found[:4]} == set(planted)
    for one in found[:4]:
        assert (one.label, one.suggested, one.lang, one.text) == (planted[one.row], labels[one.row], "en", None)
        assert one.suggested_probability > one.probability
    gaps = [one.suggested_probability - one.probability for one in found]
    assert gaps == sorted(gaps, reverse=True)


def test_planted_among_texts(use: Encoder) -> None:
    corpus = load_corpus(["en", "de", "fr", "es", "it"])
    labels = [text.topic for text in corpus]
    topics = sorted(set(labels))
    planted = list(range(7, len(corpus), 24))
    given = list(labels)
    for row in planted:
        given[row] = topics[(topics.index(labels[row]) + 3) % len(topics)]
    found = find_label_errors(
        CrossLingualClassifier(use, head="logistic", C=3.0),
        [text.text for text in corpus],
        given,
        langs=[text.lang for text in corpus],
    )
    first = found[: len(planted)]
    assert sum(one.row in planted for one in first) >= 0.6 * len(planted)
    assert sum(one.row not in planted for one in first) <= 1
    assert all(one.suggested == labels[one.row] for one in first if one.row in planted)
    facts = json.loads(json.dumps(first[0].facts()))
    assert facts["text"] == corpus[facts["row"] - 1].text


def test_several_labels_a_row() -> None:
    vectors, _ = blobs(2, 10)
    with pytest.raises(InputError, match="only where each row has one label"):
        find_label_errors(CrossLingualClassifier(), vectors, [("a",)] * 10 + [("b",)] * 10)
