"""Heads are their arrays: what they score is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua.classification.heads import (
    BlendHead,
    CentroidHead,
    LinearHead,
    NearestHead,
    head_of,
    log_shares,
)

FEATURES = np.array([[1.0, 0.0], [0.0, 2.0]])
LINEAR = LinearHead(np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.5, 0.0]))
CENTROID = CentroidHead(np.array([[1.0, 0.0], [0.0, 1.0]]), 2.0, np.zeros(2))
EXAMPLES = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 2.0]], dtype=np.float32)
NEAREST = NearestHead(EXAMPLES, np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), 2, 1.0)


def test_a_linear_head_is_a_weighted_sum():
    assert LINEAR.logits(FEATURES) == pytest.approx(np.array([[1.5, 3.0], [4.5, -2.0]]))


def test_a_centroid_head_compares_squared_distances():
    # From (1, 0): 0 to the first and 2 to the second; from (0, 2): 5 and 1; twice the difference each.
    logits = CENTROID.logits(FEATURES)
    assert logits[0, 0] - logits[0, 1] == pytest.approx(2 * (2 - 0))
    assert logits[1, 1] - logits[1, 0] == pytest.approx(2 * (5 - 1))


def test_neighbours_vote_by_their_distance():
    # The two nearest of (1, 0) are (1, 0) at 0 and (0, 1) at 2: shares 1 / (1 + e^-2) and the rest; the floor is 0.5 / 3.
    share = 1 / (1 + np.exp(-2))
    floor = 0.5 / 3
    assert NEAREST.logits(FEATURES)[0] == pytest.approx(np.log([share + floor, 1 - share + floor]))


def test_a_class_without_neighbours_stays_possible():
    assert np.isfinite(NEAREST.logits(FEATURES)).all()
    assert NEAREST.logits(FEATURES)[1, 0] == pytest.approx(np.log(0.5 / 3))


def test_a_blend_multiplies_probabilities():
    blend = BlendHead(LINEAR, NEAREST, 0.5)
    expected = log_shares(LINEAR.logits(FEATURES)) + 0.5 * NEAREST.logits(FEATURES)
    assert blend.logits(FEATURES) == pytest.approx(expected)


def test_log_shares_are_log_probabilities():
    assert np.exp(log_shares(np.array([[0.0, np.log(3.0)], [1000.0, 0.0]]))) == pytest.approx(
        np.array([[0.25, 0.75], [1.0, 0.0]])
    )


@pytest.mark.parametrize("head", [LINEAR, CENTROID, NEAREST, BlendHead(LINEAR, NEAREST, 0.5)])
def test_a_head_is_its_arrays(head):
    again = head_of(head.name, head.arrays())
    assert type(again) is type(head)
    assert np.array_equal(again.logits(FEATURES), head.logits(FEATURES))


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="there is no head 'forest'"):
        head_of("forest", {})


@pytest.mark.parametrize("head", [NEAREST, BlendHead(LINEAR, NEAREST, 0.5)])
def test_votes_say_how_near_the_nearest_examples_are(head):
    logits, near = head.votes(FEATURES)
    assert np.array_equal(logits, head.logits(FEATURES))
    # Two of three are looked for: at squared distances 0 and 2 from (1, 0), and 0 and 1 from (0, 2).
    assert near == pytest.approx([-1.0, -0.5])
