"""Margins and ways of retrieval, against the full matrix."""

from __future__ import annotations

import itertools
from typing import get_args

import naive_mining as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua.mining.candidates import candidates
from interlingua.mining.deciding import estimate
from interlingua.mining.evidence import spread_of
from interlingua.mining.judging import CANDIDATES
from interlingua.mining.margins import Margin, Retrieval, margin_scores, once_each, retrieved
from interlingua.mining.mine import Mined, Rules, Score, decided, mine_prepared
from interlingua.mining.weights import weights_of

MARGINS: tuple[Margin, ...] = get_args(Margin)
RETRIEVALS: tuple[Retrieval, ...] = get_args(Retrieval)
SHAPES = [(1, 1), (1, 5), (5, 1), (3, 2), (7, 7), (20, 13), (12, 30)]
BEYOND = 1e9


def cosines_for(n: int, m: int, seed: int, kind: str) -> naive.Matrix:
    """Cosines with none equal; with sentences that stand there twice; with many equal, some of them negative."""
    rng = np.random.default_rng(seed)
    if kind == "ties":
        cosines: naive.Matrix = rng.integers(-2, 5, (n, m)) / 4
        return cosines
    source, target = (naive.unit(rng.normal(size=(count, 6)) + 0.4) for count in (n, m))
    cosines = naive.cosines_of(source, target)
    if kind == "twice":
        cosines = cosines[rng.integers(0, n, n)][:, rng.integers(0, m, m)]
    return cosines


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 8),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["random", "twice", "ties"]),
)
def test_margins_are_those_of_the_formula(n: int, m: int, k: int, seed: int, kind: str) -> None:
    cosines = cosines_for(n, m, seed, kind)
    found = naive.found_of(cosines)
    pairs = candidates(found, k)
    for margin in MARGINS:
        scores = margin_scores(pairs, found, margin, k)
        wanted = naive.margins(cosines, margin, k)[pairs.sources, pairs.targets]
        np.testing.assert_allclose(scores, wanted, rtol=1e-5, atol=1e-5 if margin != "ratio" else 1e-4)


def test_a_margin_by_hand() -> None:
    found = naive.found_of(np.array([[0.9, 0.5, 0.1], [0.3, 0.7, 0.5]]))
    pairs = candidates(found, 2)
    listed = list(zip(pairs.sources.tolist(), pairs.targets.tolist(), strict=True))
    at = listed.index((0, 0))
    # (0.9 + 0.5) / 4 + (0.9 + 0.3) / 4 = 0.65; the second side has but two sentences for the third to be near to.
    assert margin_scores(pairs, found, "ratio", 2)[at] == pytest.approx(0.9 / 0.65, rel=1e-6)
    assert margin_scores(pairs, found, "distance", 2)[at] == pytest.approx(0.25, rel=1e-6)
    assert margin_scores(pairs, found, "absolute", 2)[at] == pytest.approx(0.9, rel=1e-6)
    assert margin_scores(pairs, found, "distance", 8)[at] == pytest.approx(0.9 - (0.5 + 0.6) / 2, rel=1e-6)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, 8),
    st.integers(0, 8),
    st.integers(1, 8),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["random", "ties"]),
    st.sampled_from(MARGINS),
)
def test_retrieval_is_that_of_the_full_matrix(n: int, m: int, k: int, seed: int, kind: str, margin: Margin) -> None:
    if not n or not m:
        kind = "ties"  # no vectors needed
    cosines = cosines_for(n, m, seed, kind)
    found = naive.found_of(cosines)
    pairs = candidates(found, k)
    scores = margin_scores(pairs, found, margin, k)
    # The same figures on both sides, so that what is equal is equal in both.
    full = np.zeros((n, m))
    full[pairs.sources, pairs.targets] = scores
    for retrieval in RETRIEVALS:
        picked = retrieved(pairs, scores, retrieval)
        wanted = naive.retrieved(cosines, full, retrieval, k)
        assert pairs_of(pairs.sources[picked], pairs.targets[picked]) == wanted
        once = once_each(pairs, scores, picked)
        assert pairs_of(pairs.sources[once], pairs.targets[once]) == naive.used_once(wanted, full)


def pairs_of(sources: np.ndarray, targets: np.ndarray) -> naive.Pairs:
    return set(zip(sources.tolist(), targets.tolist(), strict=True))


@pytest.mark.parametrize("one_to_one", [False, True])
@pytest.mark.parametrize("retrieval", RETRIEVALS)
@pytest.mark.parametrize("score", get_args(Score))
@pytest.mark.parametrize("neighbours", [1, 4, 8])
def test_every_combination_with_every_threshold(
    score: Score, retrieval: Retrieval, neighbours: int, one_to_one: bool
) -> None:
    for seed, (n, m) in enumerate(SHAPES):
        rng = np.random.default_rng(seed)
        source = naive.unit(rng.normal(size=(n, 16)) + 0.3).astype(np.float16)
        # Some of the targets say what a source says.
        target = rng.normal(size=(m, 16)) + 0.3
        same = min(n, m) // 2
        target[:same] = source[:same] + 0.1 * rng.normal(size=(same, 16))
        target = naive.unit(target).astype(np.float16)
        ranked = _expected(source, target, score, retrieval, neighbours, one_to_one)
        scores = list(ranked.values())
        middle = (scores[len(scores) // 2] + scores[len(scores) // 2 - 1]) / 2 if len(scores) > 1 else 0.0
        sides = naive.sentences(source), naive.sentences(target, "t")
        for threshold in (-BEYOND, middle, BEYOND, None):
            rules = Rules(score, retrieval, neighbours, one_to_one, 0.7, threshold, look_at_texts=False)
            mined = mine_prepared(*sides, rules)
            count = len(mined.pairs) if threshold is None else sum(value >= threshold for value in scores)
            assert [(one.source_row, one.target_row) for one in mined.pairs] == list(ranked)[:count]
            np.testing.assert_allclose([one.score for one in mined.pairs], scores[:count], rtol=1e-4, atol=1e-5)
            _check_figures(mined, threshold)


def _expected(
    source: np.ndarray, target: np.ndarray, score: Score, retrieval: Retrieval, neighbours: int, one_to_one: bool
) -> dict[tuple[int, int], float]:
    """The pairs and their scores, the best first."""
    cosines = naive.cosines_of(source, target)
    odds, good = naive.log_odds(cosines, spread_of(source, target), weights_of("none")[1])
    wide = CANDIDATES if score == "probability" else max(CANDIDATES, neighbours)
    scores = odds if score == "probability" else naive.margins(cosines, score, neighbours)
    usable = good if score == "probability" else np.ones_like(good)
    picked = naive.retrieved(cosines, scores, retrieval, wide, usable)
    kept = naive.used_once(picked, scores) if one_to_one else picked
    if score == "probability":
        near = {(x, y) for x in range(len(source)) for y in naive.nearest_of(cosines[x], wide) if good[x, y]}
        near |= {(x, y) for y in range(len(target)) for x in naive.nearest_of(cosines[:, y], wide) if good[x, y]}
        single = np.array([odds[pair] for pair in sorted(naive.used_once(near, odds))])
        share = estimate(single).share
        scores = 1 / (1 + np.exp(-(odds + np.log(share / (1 - share)))))
    return {pair: float(scores[pair]) for pair in sorted(kept, key=lambda pair: (-scores[pair], pair))}


def _check_figures(mined: Mined, threshold: float | None) -> None:
    """What is said about the pairs is in keeping with them."""
    chances = [one.probability for one in mined.pairs]
    if chances:
        assert mined.precision == pytest.approx(np.mean(chances))
        assert mined.threshold <= min(one.score for one in mined.pairs)
    else:
        assert mined.precision is None
    if threshold is None:
        assert mined.precision is None or mined.precision >= 0.7
        assert mined.threshold == min((one.score for one in mined.pairs), default=np.inf)
    if mined.recall is not None:
        assert mined.recall == pytest.approx(sum(chances) / mined.translations)
    assert mined.exact
    assert mined.copies == 0


def test_all_the_ways_differ() -> None:
    """The first source is everybody's best, so that only one pair is best both ways."""
    cosines = np.array([[0.9, 0.8, 0.7], [0.6, 0.1, 0.1], [0.5, 0.1, 0.1]])
    found = naive.found_of(cosines)
    pairs = candidates(found, 4)
    wanted = {
        "forward": {(0, 0), (1, 0), (2, 0)},
        "backward": {(0, 0), (0, 1), (0, 2)},
        "intersection": {(0, 0)},
        "max": {(0, 0), (1, 0), (2, 0), (0, 1), (0, 2)},
    }
    for retrieval in RETRIEVALS:
        picked = retrieved(pairs, pairs.cosines, retrieval)
        assert pairs_of(pairs.sources[picked], pairs.targets[picked]) == wanted[retrieval]
        once = once_each(pairs, pairs.cosines, picked)
        assert pairs_of(pairs.sources[once], pairs.targets[once]) == {(0, 0)}


def test_ties_do_not_use_a_sentence_twice() -> None:
    for n, m in itertools.product((1, 2, 5), repeat=2):
        vectors = naive.unit(np.ones((max(n, m), 4), dtype=np.float32))
        source, target = naive.sentences(vectors[:n]), naive.sentences(vectors[:m], "t")
        found = naive.found_of(naive.cosines_of(source.vectors, target.vectors))
        for score, retrieval in itertools.product(get_args(Score), RETRIEVALS):
            mined = decided(source, target, found, Rules(score, retrieval, threshold=-BEYOND, look_at_texts=False))
            sources, targets = ([getattr(one, row) for one in mined.pairs] for row in ("source_row", "target_row"))
            assert len(set(sources)) == len(sources)
            assert len(set(targets)) == len(targets)
