"""The share of translations, and where to stop, from log-odds alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from interlingua.mining.deciding import at, cut, estimate

APART = 4.0


def simulated(share: float, count: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Log-odds that are what they say at even odds, and which of them are of translations."""
    rng = np.random.default_rng(seed)
    right = rng.permutation(count) < round(share * count)
    return np.where(right, 1, -1) * APART**2 / 2 + APART * rng.normal(size=count), right


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.33, 0.6, 1.0])
@pytest.mark.parametrize(("count", "off"), [(100, 0.05), (1000, 0.02), (5000, 0.01)])
def test_the_share_is_found(share: float, count: int, off: float) -> None:
    found = [estimate(simulated(share, count, seed)[0]) for seed in range(10)]
    assert np.mean([one.share for one in found]) == pytest.approx(share, abs=off)
    assert max(abs(one.share - share) for one in found) < 3 * off
    for one in found:
        assert one.count == pytest.approx(one.share * count, abs=max(1.0, 0.002 * count))


def test_a_few_candidates() -> None:
    none = estimate(np.zeros(0))
    assert (none.probabilities.tolist(), none.count) == ([], 0.0)
    for count in (1, 2, 5):
        assert estimate(np.full(count, 20.0)).probabilities.tolist() == pytest.approx([1.0] * count, abs=1e-6)
        assert estimate(np.full(count, -20.0)).probabilities.tolist() == pytest.approx([0.0] * count, abs=1e-6)
    assert estimate(np.array([20.0, -20.0])).share == pytest.approx(0.5, abs=1e-3)


def test_odds_without_end_are_no_trouble() -> None:
    found = estimate(np.array([1e6, -1e6]))
    assert found.probabilities.tolist() == pytest.approx([1.0, 0.0])


def test_the_same_evidence_is_worth_less_where_translations_are_few() -> None:
    many = np.concatenate([np.full(50, 2.0), np.full(50, -8.0)])
    few = np.concatenate([np.full(1, 2.0), np.full(999, -8.0)])
    assert estimate(many).probabilities[0] > 0.8
    assert estimate(few).probabilities[0] < 0.05


def test_probabilities_are_honest() -> None:
    """Of those that are given about 0.7, seven in ten are right, whatever the share."""
    for share in (0.05, 0.4):
        log_odds, right = simulated(share, 200_000)
        chances = estimate(log_odds).probabilities
        for low in (0.05, 0.3, 0.6, 0.85):
            some = (chances >= low) & (chances < low + 0.1)
            assert right[some].mean() == pytest.approx(chances[some].mean(), abs=0.04)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.33, 0.6])
@pytest.mark.parametrize("wanted", [0.7, 0.9, 0.95])
def test_the_wanted_precision_is_kept(share: float, wanted: float) -> None:
    kept, correct, said, reached = [], [], [], []
    for seed in range(10):
        log_odds, right = simulated(share, 5000, seed)
        chances = estimate(log_odds).probabilities
        found = cut(chances, chances, wanted)
        assert found.precision is not None
        assert found.precision >= wanted
        kept.append(found.kept.sum())
        correct.append(right[found.kept].sum())
        said.append(found.precision)
        reached.append((found.recall, right[found.kept].sum() / right.sum()))
    assert sum(correct) / sum(kept) == pytest.approx(np.mean(said), abs=0.015)
    assert sum(correct) / sum(kept) > wanted - 0.015
    recalls = np.mean(reached, axis=0)
    assert recalls[0] == pytest.approx(recalls[1], abs=0.03)


def test_nothing_is_kept_where_there_is_nothing() -> None:
    for count in (1, 10, 1000, 5000):
        log_odds, _ = simulated(0.0, count)
        chances = estimate(log_odds).probabilities
        assert cut(chances, chances, 0.9).kept.sum() <= max(1, 0.001 * count)


def test_the_most_is_kept_that_the_precision_allows() -> None:
    chances = np.array([0.9, 1.0, 0.6, 0.55, 0.8])
    found = cut(chances, chances, 0.8)
    # The means are 1, 0.95, 0.9, 0.825 and 0.77.
    assert found.kept.tolist() == [True, True, True, False, True]
    assert (found.threshold, found.precision) == (0.6, pytest.approx(0.825))
    assert found.recall == pytest.approx(3.3 / 3.85)
    assert cut(chances, chances, 0.95).kept.tolist() == [True, True, False, False, False]
    assert cut(chances, chances, 0.1).kept.all()


def test_what_is_rather_wrong_is_never_kept() -> None:
    chances = np.array([1.0] * 9 + [0.4, 0.3])
    found = cut(chances, chances, 0.5)
    assert found.kept.tolist() == [True] * 9 + [False] * 2
    assert found.recall == pytest.approx(9 / 9.7)


def test_equal_scores_are_kept_together_or_not_at_all() -> None:
    chances = np.array([1.0, 0.8, 0.8, 0.8])
    assert cut(chances, chances, 0.84).kept.all()
    # Of 0.8 twice the mean would do, but not of all three.
    assert cut(chances, chances, 0.86).kept.tolist() == [True, False, False, False]
    alike = np.full(6, 0.75)
    assert cut(alike, alike, 0.7).kept.all()
    assert not cut(alike, alike, 0.8).kept.any()
    # Ties of the score, not of the probability.
    found = cut(np.array([2.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.0]), 0.9)
    assert found.kept.tolist() == [True, False, False]


def test_a_score_that_ranks_otherwise() -> None:
    rng = np.random.default_rng(0)
    log_odds, right = simulated(0.4, 5000)
    chances = estimate(log_odds).probabilities
    found = cut(log_odds + rng.normal(size=5000), chances, 0.9)
    assert found.precision is not None
    assert found.precision >= 0.9
    assert right[found.kept].mean() == pytest.approx(found.precision, abs=0.02)
    assert found.recall is not None
    assert found.recall > 0.9


def test_nothing_to_choose_from() -> None:
    found = cut(np.zeros(0), np.zeros(0), 0.9)
    assert (found.kept.tolist(), found.threshold, found.precision, found.recall) == ([], np.inf, None, None)
    hopeless = cut(np.array([0.2, 0.1]), np.array([0.2, 0.1]), 0.9)
    assert (hopeless.kept.any(), hopeless.threshold, hopeless.precision, hopeless.recall) == (False, np.inf, None, 0.0)


def test_a_given_threshold() -> None:
    chances = np.array([0.9, 0.2, 0.5])
    assert at(chances, chances, 0.5).kept.tolist() == [True, False, True]
    found = at(chances, chances, 2.0)
    assert (found.kept.any(), found.precision, found.recall) == (False, None, 0.0)
    assert at(chances, np.zeros(3), 0.5).recall is None
    every = at(chances, chances, -1.0)
    assert (every.precision, every.recall) == (pytest.approx(1.6 / 3), pytest.approx(1.0))
