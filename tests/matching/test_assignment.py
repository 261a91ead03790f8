"""The best assignment, against trying all of them."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua.matching.assignment import assign

EDGES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 4), st.integers(-4, 9) | st.floats(-3, 8, allow_subnormal=False)),
    max_size=24,
    unique_by=lambda edge: edge[:2],
)


def assigned(edges: list[tuple[int, int, float]], n_left: int, capacities: list[int]) -> list[int]:
    lefts, rights, weights = ([edge[field] for edge in edges] for field in range(3))
    return assign(
        np.array(lefts, np.int64),
        np.array(rights, np.int64),
        np.array(weights, np.float64),
        n_left,
        np.array(capacities, np.int64),
    ).tolist()


def best_by_trying(edges: list[tuple[int, int, float]], n_left: int, capacities: list[int]) -> float:
    if n_left == 0:
        return 0.0
    totals = [best_by_trying(edges, n_left - 1, capacities)]
    for left, right, weight in edges:
        if left == n_left - 1 and capacities[right]:
            capacities[right] -= 1
            totals.append(weight + best_by_trying(edges, n_left - 1, capacities))
            capacities[right] += 1
    return max(totals)


@settings(deadline=None, max_examples=300)
@given(EDGES, st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_it_is_the_best_of_all(edges: list[tuple[int, int, float]], capacities: list[int]) -> None:
    given_edges = {edge[:2]: edge[2] for edge in edges}
    found = assigned(edges, 6, capacities)
    pairs = [(left, right) for left, right in enumerate(found) if right >= 0]
    for right, capacity in enumerate(capacities):
        assert found.count(right) <= capacity
    total = sum(given_edges[pair] for pair in pairs)
    assert total == pytest.approx(best_by_trying(edges, 6, list(capacities)), abs=1e-9)


def test_giving_up_the_best_pair_can_be_better_in_all() -> None:
    assert assigned([(0, 0, 5.0), (0, 1, 4.0), (1, 0, 4.5), (1, 1, 1.0)], 2, [1, 1]) == [1, 0]


def test_nobody_is_paired_at_a_loss() -> None:
    assert assigned([(0, 0, -0.1), (1, 0, 0.0), (2, 1, 0.1)], 3, [1, 1]) == [-1, -1, 1]


def test_one_more_may_push_somebody_out() -> None:
    assert assigned([(0, 0, 1.0), (1, 0, 2.0)], 2, [1]) == [-1, 0]


def test_no_edges() -> None:
    assert assigned([], 2, [1]) == [-1, -1]


def test_a_large_sparse_graph_takes_seconds() -> None:
    chance = np.random.default_rng(1)
    count = 5_000
    lefts, rights = np.repeat(np.arange(count), 10), chance.integers(0, count, 10 * count)
    _, kept = np.unique(lefts * count + rights, return_index=True)
    began = time.perf_counter()
    found = assign(lefts[kept], rights[kept], chance.uniform(5, 6, len(kept)), count, np.ones(count, dtype=np.int64))
    assert time.perf_counter() - began < 30
    assert (found >= 0).sum() > 0.99 * count, "all are worth being paired"
    assert len(set(found[found >= 0].tolist())) == (found >= 0).sum()
