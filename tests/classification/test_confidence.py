from __future__ import annotations

import numpy as np
import pytest

from interlingua.classification.confidence import Confidence, Evidence, nearness


def test_nearness_is_the_mean_squared_distance_to_the_five_nearest():
    examples = np.array([[float(at), 0.0] for at in range(1, 8)], dtype=np.float32)
    # From the origin: 1, 4, 9, 16, 25.
    assert nearness(np.zeros((1, 2)), examples) == pytest.approx([-11.0])


def test_nearness_can_leave_examples_out():
    examples = np.array([[1.0], [2.0], [3.0]], dtype=np.float32)
    # Five are asked for and three are there; without the first, only two.
    found = nearness(np.zeros((2, 1)), examples, without=np.array([[False, False, False], [True, True, True]]))
    assert found[0] == pytest.approx(-(1 + 4 + 9) / 3)
    assert found[1] == -np.inf


def rehearsed(seed: int) -> tuple[Evidence, np.ndarray, np.ndarray]:
    """In scope: near, and mostly right where sure; out of scope: far, and sure all the same."""
    generator = np.random.default_rng(seed)
    surest = np.concatenate([generator.uniform(0.6, 1.0, 800), generator.uniform(0.5, 1.0, 800)])
    near = np.concatenate([generator.normal(-1.0, 0.1, 800), generator.normal(-1.6, 0.1, 800)])
    inside = np.arange(1600) < 800
    right = inside & (generator.random(1600) < surest)
    return Evidence(surest, near), right, inside


def test_what_is_far_is_not_trusted_however_sure_the_head_is():
    evidence, right, inside = rehearsed(0)
    confidence = Confidence.fitted(evidence, right, inside, 0.3)
    near, far = confidence.of(Evidence(np.array([0.95, 0.95]), np.array([-1.0, -1.7])))
    assert near > 0.85
    assert far < 0.1


def test_the_threshold_reaches_the_wanted_precision_on_new_rows():
    evidence, right, inside = rehearsed(0)
    confidence = Confidence.fitted(evidence, right, inside, 0.3)
    new, new_right, new_inside = rehearsed(1)
    answered = confidence.of(new) >= confidence.threshold(0.9)
    weights = np.where(new_inside, 0.7, 0.3)
    assert weights[answered & new_right].sum() / weights[answered].sum() == pytest.approx(0.9, abs=0.03)
    assert answered[new_inside].mean() > 0.25


def test_a_precision_that_is_never_reached_answers_nothing():
    evidence, right, inside = rehearsed(0)
    assert Confidence.fitted(evidence, right & False, inside, 0.3).threshold(0.9) > 1


def test_more_probably_wrong_than_right_is_no_answer():
    evidence = Evidence(np.full(10, 0.9), np.full(10, -1.0))
    confidence = Confidence.fitted(evidence, np.ones(10, dtype=bool), np.ones(10, dtype=bool), 0.0)
    assert confidence.threshold(0.5) >= 0.5


def test_it_is_its_facts():
    confidence = Confidence.fitted(*rehearsed(0), 0.3)
    again = Confidence.of_facts(confidence.facts())
    evidence = Evidence(np.array([0.7]), np.array([-1.1]))
    assert again.of(evidence) == pytest.approx(confidence.of(evidence), rel=1e-4)
    with pytest.raises(ValueError, match="another shape"):
        Confidence.of_facts(confidence.facts() | {"weights": [1.0]})
