"""The measures: values worked out by hand, and those of scikit-learn and SciPy where they are installed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua import InputError, OptionError
from interlingua.metrics import (
    DecisionQuality,
    auroc,
    average_precisions,
    bootstrap_interval,
    brier_score,
    calibration_bins,
    decision_quality,
    detection_rate,
    expected_calibration_error,
    mean_average_precision,
    mean_reciprocal_rank,
    recall_at_k,
    recalls_at_k,
    reciprocal_ranks,
    spearman,
)

RANKED = [["a", "b", "c", "d"], ["d", "c", "b", "a"], ["x", "y"]]
RELEVANT = [{"b", "d"}, ["d"], {"a"}]


def sample(rows: int = 500) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with ties, labels that depend on them, weights."""
    random = np.random.default_rng(7)
    scores = random.random(rows).round(2)
    return scores, random.random(rows) < scores**2, random.random(rows)


def test_rankings() -> None:
    assert recalls_at_k(RANKED, RELEVANT, 2).tolist() == [0.5, 1.0, 0.0]
    assert recall_at_k(RANKED, RELEVANT, 4) == pytest.approx(2 / 3)
    assert reciprocal_ranks(RANKED, RELEVANT).tolist() == [0.5, 1.0, 0.0]
    assert reciprocal_ranks(RANKED, RELEVANT, 1).tolist() == [0.0, 1.0, 0.0]
    assert mean_reciprocal_rank(RANKED, RELEVANT) == pytest.approx(0.5)
    # Found at ranks 2 and 4: (1/2 + 2/4) / 2.
    assert average_precisions(RANKED, RELEVANT).tolist() == [0.5, 1.0, 0.0]
    assert average_precisions(RANKED, RELEVANT, 3).tolist() == [0.25, 1.0, 0.0]
    assert mean_average_precision(RANKED, RELEVANT) == pytest.approx(0.5)


def test_an_empty_ranking_has_found_nothing() -> None:
    assert (
        recall_at_k([[]], [["a"]], 3) == reciprocal_ranks([[]], [["a"]])[0] == average_precisions([[]], [["a"]])[0] == 0
    )


def test_rankings_that_cannot_be_measured() -> None:
    with pytest.raises(InputError, match="Query 2 has no relevant id") as error:
        recall_at_k([["a"], ["b"]], [["a"], []], 1)
    assert error.value.rows == (1,)
    with pytest.raises(InputError, match="An id stands twice in the ranking of query 1"):
        recall_at_k([["a", "a"]], [["a"]], 1)
    with pytest.raises(InputError, match="not 1 and 2"):
        recall_at_k([["a"]], [["a"], ["b"]], 1)
    with pytest.raises(OptionError, match="k must be 1 at least, not 0"):
        recall_at_k([["a"]], [["a"]], 0)


def test_decisions() -> None:
    found = decision_quality([1, 1, 1, 0, 0], [True, True, False, True, False])
    assert found == DecisionQuality(precision=2 / 3, recall=2 / 3, f1=2 / 3, decided=3, right=2, true=3)
    weighted = decision_quality([1, 1, 0], [1, 0, 1], weights=[3, 1, 2])
    assert (weighted.precision, weighted.recall) == (0.75, 0.6)
    assert weighted.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)


def test_a_ratio_of_nothing_is_nan() -> None:
    found = decision_quality([0, 0], [0, 1])
    assert math.isnan(found.precision)
    assert (found.recall, found.f1) == (0, 0)
    assert math.isnan(decision_quality([0], [0]).f1)


def test_auroc() -> None:
    # Of the four pairs two are in order, one is tied, one is not.
    assert auroc([0.1, 0.5, 0.5, 0.9], [0, 0, 1, 1]) == pytest.approx(3.5 / 4)
    assert auroc([0.9, 0.1], [0, 1]) == 0
    assert auroc([1, 1, 1], [0, 1, 1]) == 0.5
    assert auroc([0.1, 0.5, 0.9], [0, 1, 0], weights=[3, 1, 1]) == 0.75
    with pytest.raises(InputError, match="all of them are true"):
        auroc([0.1, 0.2], [1, 1])


def test_detection_rate() -> None:
    scores, labels = [0.9, 0.8, 0.7, 0.6, 0.5], [1, 0, 1, 0, 1]
    assert detection_rate(scores, labels, false_alarms=0) == pytest.approx(1 / 3)
    assert detection_rate(scores, labels, false_alarms=0.5) == pytest.approx(2 / 3)
    assert detection_rate(scores, labels, false_alarms=1) == 1
    # Equal scores are found together or not at all.
    assert detection_rate([0.5, 0.5], [0, 1], false_alarms=0.01) == 0
    assert detection_rate([0.9] + [0.1] * 100, [1] + [0] * 99 + [1], false_alarms=0.01) == 0.5
    with pytest.raises(OptionError, match="not 5"):
        detection_rate(scores, labels, false_alarms=5)


def test_spearman() -> None:
    assert spearman([1, 2, 3, 4], [1, 4, 9, 16]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    # Ranks 1, 2.5, 2.5, 4 against 1, 2, 3, 4.
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert math.isnan(spearman([1, 1], [1, 2]))
    with pytest.raises(InputError, match="two rows"):
        spearman([1], [1])


def test_bins_of_equal_mass() -> None:
    bins = calibration_bins([0.1, 0.3, 0.6, 1.0], [0, 1, 1, 1], bins=2)
    assert bins.predicted.tolist() == pytest.approx([0.2, 0.8])
    assert bins.observed.tolist() == [0.5, 1.0]
    assert bins.low.tolist() == [0.1, 0.6]
    assert bins.high.tolist() == [0.3, 1.0]
    assert bins.counts.tolist() == [2, 2]
    assert bins.shares.tolist() == [0.5, 0.5]
    assert bins.error == pytest.approx((0.3 + 0.2) / 2)
    assert bins.greatest_error == pytest.approx(0.3)


def test_bins_of_equal_width() -> None:
    bins = calibration_bins([0.0, 0.5, 0.5001, 1.0], [0, 1, 1, 1], bins=2, by="width")
    assert bins.counts.tolist() == [2, 2]  # an upper edge belongs to its bin
    assert (bins.low.tolist(), bins.high.tolist()) == ([0, 0.5], [0.5, 1])
    assert calibration_bins([0.05, 0.95], [0, 1], by="width", bins=10).counts.tolist() == [1, 1]


def test_equal_probabilities_share_a_bin_whatever_the_order() -> None:
    values, labels, _ = sample()
    bins = calibration_bins(values.round(1), labels, bins=7)
    assert (bins.high[:-1] < bins.low[1:]).all()
    order = np.random.default_rng(0).permutation(len(values))
    again = calibration_bins(values.round(1)[order], labels[order], bins=7)
    assert again.error == pytest.approx(bins.error, abs=1e-12)
    assert again.counts.tolist() == bins.counts.tolist()


def test_weights_are_as_good_as_repetition() -> None:
    values, labels, _ = sample(60)
    times = np.random.default_rng(1).integers(0, 4, 60)
    one, other = values.repeat(times), labels.repeat(times)
    for by in ("mass", "width"):
        measured = expected_calibration_error(values, labels, bins=5, by=by, weights=times)
        assert measured == pytest.approx(expected_calibration_error(one, other, bins=5, by=by))
    assert brier_score(values, labels, weights=times) == pytest.approx(brier_score(one, other))
    assert auroc(values, labels, weights=times) == pytest.approx(auroc(one, other))
    assert decision_quality(values > 0.5, labels, weights=times) == decision_quality(one > 0.5, other)


def test_expected_calibration_error() -> None:
    assert expected_calibration_error([0.8] * 5, [1, 1, 1, 1, 0]) == pytest.approx(0)
    assert expected_calibration_error([0.8] * 5, [0] * 5) == pytest.approx(0.8)
    assert expected_calibration_error([0.2, 0.8], [1, 1], bins=2, weights=[1, 3]) == pytest.approx(
        0.8 / 4 + 0.2 * 3 / 4
    )
    random = np.random.default_rng(0)
    exact = random.random(50_000)
    assert expected_calibration_error(exact, random.random(50_000) < exact) < 0.01


def test_brier_score() -> None:
    assert brier_score([0.5, 0.5], [0, 1]) == 0.25
    assert brier_score([1, 0], [1, 0]) == 0
    assert brier_score([0.9, 0.2], [1, 0]) == pytest.approx((0.01 + 0.04) / 2)


def test_what_cannot_be_measured() -> None:
    with pytest.raises(InputError, match=r"row 2 has 1\.5") as error:
        brier_score([0.5, 1.5], [0, 1])
    assert error.value.rows == (1,)
    with pytest.raises(InputError, match="The scores hold nan in row 1"):
        auroc([float("nan"), 1], [0, 1])
    with pytest.raises(InputError, match="scores 2, labels 1"):
        auroc([1, 2], [1])
    with pytest.raises(InputError, match="The labels must be booleans, or 0 and 1"):
        auroc([1, 2], [1, 2])
    with pytest.raises(InputError, match="no rows"):
        brier_score([], np.array([], dtype=bool))
    with pytest.raises(InputError, match="2 rows but 1 weights"):
        brier_score([1, 0], [1, 0], weights=[1])
    with pytest.raises(InputError, match="not be negative"):
        brier_score([1, 0], [1, 0], weights=[-1, 1])
    with pytest.raises(OptionError, match="one bin at least"):
        calibration_bins([1], [1], bins=0)
    with pytest.raises(OptionError, match='not by "height"'.replace('"', "'")):
        calibration_bins([1], [1], by="height")  # type: ignore[arg-type]


def test_the_interval_of_a_mean() -> None:
    values = np.random.default_rng(3).normal(10, 2, 400)
    found = bootstrap_interval(np.mean, values, samples=500)
    assert found.value == values.mean()
    # The normal approximation: 1.96 standard errors to either side.
    assert found.high - found.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert found.low < found.value < found.high
    assert bootstrap_interval(np.mean, values, samples=500) == found
    narrow = bootstrap_interval(np.mean, values, samples=500, level=0.5)
    assert narrow.high - narrow.low < (found.high - found.low) / 2


def test_rows_of_a_group_are_drawn_together() -> None:
    values = np.random.default_rng(3).normal(size=40).repeat(25)  # 40 documents, each of 25 equal sentences
    alone = bootstrap_interval(np.mean, values, samples=300)
    together = bootstrap_interval(np.mean, values, samples=300, groups=[row // 25 for row in range(1000)])
    assert (together.high - together.low) / (alone.high - alone.low) == pytest.approx(5, rel=0.2)


def test_samples_without_a_value_are_left_out() -> None:
    labels = np.array([1, 1, 1, 1, 0, 0])
    found = bootstrap_interval(auroc, [6, 5, 4, 3, 2, 1], labels, samples=200)  # some have no false row
    assert (found.low, found.high) == (1, 1)
    with pytest.raises(InputError, match="too few rows for an interval"):
        bootstrap_interval(lambda _: math.nan, labels, samples=20)
    with pytest.raises(OptionError, match="A level between 0 and 1"):
        bootstrap_interval(np.mean, labels, level=95)
    with pytest.raises(InputError, match="6 rows but 1 groups"):
        bootstrap_interval(np.mean, labels, groups=["a"])


def test_the_same_as_scikit_learn() -> None:
    measures = pytest.importorskip("sklearn.metrics")
    scores, labels, weights = sample()
    for weight in (None, weights):
        assert auroc(scores, labels, weights=weight) == pytest.approx(
            measures.roc_auc_score(labels, scores, sample_weight=weight)
        )
        assert brier_score(scores, labels, weights=weight) == pytest.approx(
            measures.brier_score_loss(labels, scores, sample_weight=weight)
        )
        expected = measures.precision_recall_fscore_support(
            labels, scores > 0.6, average="binary", sample_weight=weight
        )
        found = decision_quality(scores > 0.6, labels, weights=weight)
        assert (found.precision, found.recall, found.f1) == pytest.approx(expected[:3])
    alarms, rates, _ = measures.roc_curve(labels, scores)
    assert detection_rate(scores, labels, false_alarms=0.1) == pytest.approx(rates[alarms <= 0.1].max())
    ranked = [[str(row) for row in np.argsort(-scores, kind="stable")]]
    unique = -np.argsort(np.argsort(-scores, kind="stable"))  # average_precision_score takes ties at once
    assert mean_average_precision(ranked, [[str(row) for row in np.flatnonzero(labels)]]) == pytest.approx(
        measures.average_precision_score(labels, unique)
    )


@pytest.mark.parametrize(("by", "strategy"), [("width", "uniform"), ("mass", "quantile")])
def test_the_same_bins_as_scikit_learn(by: str, strategy: str) -> None:
    calibration = pytest.importorskip("sklearn.calibration")
    random = np.random.default_rng(2)
    scores = random.random(500)
    labels = random.random(500) < scores
    observed, predicted = calibration.calibration_curve(labels, scores, n_bins=10, strategy=strategy)
    found = calibration_bins(scores, labels, bins=10, by=by)  # type: ignore[arg-type]
    assert found.observed == pytest.approx(observed)
    assert found.predicted == pytest.approx(predicted)


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=2, max_size=30))
def test_the_same_as_scipy(pairs: list[tuple[int, int]]) -> None:
    stats = pytest.importorskip("scipy.stats")
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    if len(set(a)) > 1 and len(set(b)) > 1:
        assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic)
    else:
        assert math.isnan(spearman(a, b))
