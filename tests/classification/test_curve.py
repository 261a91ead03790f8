"""Whether more labels would help."""

from __future__ import annotations

import json

import numpy as np
import pytest
from blobs import blobs

from interlingua import CrossLingualClassifier, learning_curve
from interlingua.classification.curve import _curve
from interlingua.errors import InputError, OptionError


def drawn(errors: list[float], tests: int = 2000) -> np.ndarray:
    """Right or wrong, with these shares of errors; a row that is right with few examples is right with many."""
    ease = (np.arange(tests) + 0.5) / tests
    return np.stack([ease >= error for error in errors], axis=1)


def test_a_power_law_is_followed() -> None:
    # The error halves with each doubling.
    found = _curve(drawn([0.4, 0.2, 0.1, 0.05]), np.array([100.0, 200, 400, 800]), range(2000))
    assert [point.examples for point in found.points] == [100, 200, 400, 800]
    assert [point.accuracy.value for point in found.points] == pytest.approx([0.6, 0.8, 0.9, 0.95])
    assert found.last_gain.value == pytest.approx(0.05)
    assert found.next_gain.value == pytest.approx(0.025, abs=0.001)
    assert found.verdict == "yes"
    assert found.sentence().startswith(
        "More labels would help: twice as many would bring about +2.5 points of accuracy ("
    )


def test_a_curve_that_is_flat() -> None:
    found = _curve(drawn([0.1, 0.1, 0.1, 0.1]), np.array([100.0, 200, 400, 800]), range(2000))
    assert found.next_gain.value == pytest.approx(0.0, abs=1e-6)
    assert found.verdict == "hardly"
    assert "would hardly help" in found.sentence()


def test_too_few_rows_to_tell() -> None:
    generator = np.random.default_rng(0)
    right = generator.random((20, 4)) < np.array([0.5, 0.6, 0.7, 0.75])
    found = _curve(right, np.array([5.0, 10, 20, 40]), range(20))
    assert found.verdict == "unclear"
    assert "cannot be told from so few rows" in found.sentence()


def test_of_real_trainings() -> None:
    vectors, labels = blobs(4, 60, spread=0.35)
    found = learning_curve(CrossLingualClassifier(head="logistic", C=3.0), vectors, labels, repeats=2)
    assert [point.examples for point in found.points] == [22, 45, 90, 180]
    values = [point.accuracy.value for point in found.points]
    assert values[-1] > values[0]
    facts = json.loads(json.dumps(found.facts()))
    assert facts["sentence"] == found.sentence()
    assert facts["points"][3]["examples"] == 180


def test_abstention_is_left_out() -> None:
    vectors, labels = blobs(2, 12)
    # Of nine rows not all parts can learn when to abstain.
    found = learning_curve(CrossLingualClassifier(head="centroid", target_precision=0.9), vectors, labels, repeats=1)
    assert found.points[-1].accuracy.value == 1.0


def test_errors() -> None:
    vectors, labels = blobs(2, 10)
    classifier = CrossLingualClassifier()
    with pytest.raises(OptionError, match="shares grow from above 0 to 1"):
        learning_curve(classifier, vectors, labels, shares=(0.5, 0.25, 1.0))
    with pytest.raises(OptionError, match="repeats is a number from 1 to 4, not 5"):
        learning_curve(classifier, vectors, labels, repeats=5)
    with pytest.raises(InputError, match="6 rows with labels, too few"):
        learning_curve(classifier, vectors[7:13], labels[7:13])
