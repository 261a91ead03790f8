"""The examples behind a decision, and why there is none."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from blobs import blobs, unit

from interlingua import CrossLingualClassifier, Encoder, explain, load_corpus
from interlingua.classification.confidence import Confidence
from interlingua.errors import OptionError


def test_the_nearest_examples_come_first() -> None:
    vectors, labels = blobs(3, 10)
    classifier = CrossLingualClassifier(head="centroid").fit(vectors, labels, langs=["en", "de"] * 15)
    found = explain(classifier, vectors[[4, 25]], langs="fr", examples=3)
    assert [one.examples[0].row for one in found] == [4, 25]
    assert [one.examples[0].label for one in found] == ["class 0", "class 2"]
    assert [one.examples[0].lang for one in found] == ["en", "de"]
    assert [one.examples[0].text for one in found] == [None, None]
    for one in found:
        near = [example.nearness for example in one.examples]
        assert near[0] == pytest.approx(1.0, abs=1e-5)
        assert near == sorted(near, reverse=True)
        assert list(one.probabilities.values()) == sorted(one.probabilities.values(), reverse=True)
        assert one.decision.label == next(iter(one.probabilities))
        assert one.reason is None


def test_two_training_examples_are_at_zero_on_average() -> None:
    vectors, labels = blobs(4, 25, spread=0.3)
    classifier = CrossLingualClassifier(head="centroid").fit(vectors, labels)
    found = explain(classifier, vectors, examples=100)
    assert np.mean([example.nearness for one in found for example in one.examples]) == pytest.approx(0.0, abs=1e-4)


def test_why_it_abstains() -> None:
    vectors, labels = blobs(3, 40, spread=0.25)
    classifier = CrossLingualClassifier(head="centroid", target_precision=0.9).fit(vectors, labels)
    # Surer and nearer is righter, and nine in ten are right from a confidence of 0.9 on.
    known = Confidence(np.array([3.0, 1.0, 5.0]), np.array([0.9]), np.array([0.9]), np.array([1.0]))
    classifier.trained_ = replace(classifier.trained_, confidence=known)
    steps = np.linspace(0, 1, 1001)[:, None]
    path = unit((1 - steps) * np.eye(12)[0] + steps * np.eye(12)[1])
    between = path[classifier.predict_proba(path).max(axis=1).argmin()]
    clear, torn, far = explain(classifier, unit([np.eye(12)[0], between, -vectors.mean(axis=0)]))
    assert (clear.decision.label, clear.reason) == ("class 0", None)
    assert torn.decision.label == far.decision.label == "unknown"
    assert torn.reason is not None
    assert torn.reason.startswith("two labels are much alike: class ")
    assert far.reason is not None
    assert far.reason.startswith("it is far from every example (nearness -")
    classifier.trained_ = replace(classifier.trained_, confidence=replace(known, precision=np.array([0.5])))
    (never,) = explain(classifier, vectors[:1])
    assert never.reason == "in training no confidence was found at which a share of 0.9 is right"


def test_texts(use: Encoder) -> None:
    corpus = load_corpus(["en"])
    classifier = CrossLingualClassifier(use, head="centroid")
    classifier.fit([text.text for text in corpus], [text.topic for text in corpus])
    (found,) = explain(classifier, ["Wie kann ich mein Passwort zurücksetzen?"], examples=1)
    assert found.examples[0].text == "How do I reset my password?"
    assert found.decision.label == "account"
    facts = json.loads(json.dumps(found.facts()))
    assert facts["text"] == "Wie kann ich mein Passwort zurücksetzen?"
    assert facts["lang"] == "de"
    assert facts["examples"][0]["row"] == 1
    assert facts["examples"][0]["lang"] == "en"


def test_several_labels_a_row() -> None:
    vectors, _ = blobs(2, 10)
    classifier = CrossLingualClassifier(head="logistic").fit(vectors, [("a", "b")] * 10 + [("c",)] * 10)
    (found,) = explain(classifier, vectors[:1], examples=1)
    assert found.examples[0].label == ("a", "b")
    assert found.decision.label == ("a", "b")


def test_edges() -> None:
    vectors, labels = blobs(2, 10)
    classifier = CrossLingualClassifier(head="centroid")
    with pytest.raises(ValueError, match="not trained yet"):
        explain(classifier, vectors)
    classifier.fit(vectors, labels)
    assert explain(classifier, vectors[:0]) == []
    assert explain(classifier, vectors[:1], examples=0)[0].examples == ()
    with pytest.raises(OptionError, match="0 or more, not -1"):
        explain(classifier, vectors, examples=-1)
