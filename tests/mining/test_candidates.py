"""Candidates for pairs, and the means around them."""

from __future__ import annotations

import naive_mining as naive
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua.mining.candidates import BothWays, candidates, mean_of_nearest, mean_of_others
from interlingua.mining.searching import nearest_both_ways
from interlingua.neighbours import Neighbours


def found(rows: list[list[int]], scores: list[list[float]]) -> Neighbours:
    return Neighbours(np.array(scores, dtype=np.float32), np.array(rows, dtype=np.int64))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.integers(0, 9), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_each_with_its_nearest_either_way(n: int, m: int, k: int, seed: int) -> None:
    # A few values only, so that many are equal.
    cosines = np.random.default_rng(seed).integers(-3, 4, (n, m)) / 4
    pairs = candidates(naive.found_of(cosines), k)
    k = min(k, naive.KEPT)
    forward = {(x, y) for x in range(n) for y in naive.nearest_of(cosines[x], k)}
    backward = {(x, y) for y in range(m) for x in naive.nearest_of(cosines[:, y], k)}
    listed = list(zip(pairs.sources.tolist(), pairs.targets.tolist(), strict=True))
    assert listed == sorted(forward | backward)
    assert {pair for pair, flag in zip(listed, pairs.forward, strict=True) if flag} == forward
    assert {pair for pair, flag in zip(listed, pairs.backward, strict=True) if flag} == backward
    assert pairs.cosines.tolist() == [cosines[pair] for pair in listed]
    assert len(pairs) == len(listed)


def test_rows_that_were_not_found_are_no_candidates() -> None:
    ways = BothWays(
        found([[1, -1], [-1, -1]], [[0.5, -np.inf], [-np.inf, -np.inf]]), found([[-1], [0]], [[-np.inf], [0.5]])
    )
    pairs = candidates(ways, 2)
    assert (pairs.sources.tolist(), pairs.targets.tolist(), pairs.cosines.tolist()) == ([0], [1], [0.5])
    assert pairs.forward.tolist() == pairs.backward.tolist() == [True]
    assert mean_of_nearest(ways.forward, 2).tolist() == [0.5, 0.0]
    assert mean_of_others(ways.forward, np.array([0, 1]), np.array([1, 0]), 4).tolist() == [0.0, 0.0]


def test_some_of_them() -> None:
    pairs = candidates(naive.found_of(np.array([[0.5, 0.25], [0.0, 0.75]])), 1)
    some = pairs.where(np.array([False, True]))
    assert (some.sources.tolist(), some.targets.tolist(), some.cosines.tolist()) == ([1], [1], [0.75])


def test_the_mean_of_the_nearest_is_of_fewer_where_there_are_fewer() -> None:
    near = found([[0, 1, 2]], [[0.75, 0.5, -0.5]])
    assert mean_of_nearest(near, 1).tolist() == [0.75]
    assert mean_of_nearest(near, 2).tolist() == [0.625]
    assert mean_of_nearest(near, 3).tolist() == [0.25]
    assert mean_of_nearest(near, 8).tolist() == [0.25]
    assert mean_of_nearest(found([[]], [[]]), 4).tolist() == [0.0]


def test_the_mean_of_others_leaves_the_partner_out() -> None:
    near = found([[3, 1, 0, 2]], [[1.0, 0.5, 0.25, 0.0]])
    asker = np.zeros(5, dtype=np.int64)
    partners = np.array([3, 1, 0, 2, 9])
    # Of two others: the first two that are not the partner, whether it is among the four or not.
    assert mean_of_others(near, asker, partners, 2).tolist() == [0.375, 0.625, 0.75, 0.75, 0.75]
    assert mean_of_others(near, asker[:1], partners[:1], 8).tolist() == [0.25]
    alone = found([[3]], [[1.0]])
    assert mean_of_others(alone, asker[:1], partners[:1], 4).tolist() == [0.0]


def test_nearest_both_ways_are_those_of_the_full_matrix() -> None:
    rng = np.random.default_rng(5)
    for n, m in ((1, 1), (1, 5), (5, 1), (0, 3), (3, 0), (0, 0), (30, 9)):
        source, target = (naive.unit(rng.normal(size=(count, 12)) + 0.2).astype(np.float16) for count in (n, m))
        done: list[int] = []
        ways = nearest_both_ways(source, target, advance=done.append)
        wanted = naive.found_of(naive.cosines_of(source, target))
        for one, other in zip(ways, wanted, strict=True):
            assert one.rows.tolist() == other.rows.tolist()
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
        assert sum(done) == n + m
