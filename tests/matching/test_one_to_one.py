"""Probabilities of pairs where nothing is used twice, against all matchings that there are."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua.matching.one_to_one import Edges, assigned, marginals


def edges(*given_edges: tuple[int, int, float]) -> Edges:
    lefts, rights, odds = ([edge[field] for edge in given_edges] for field in range(3))
    return Edges(np.array(lefts, np.int64), np.array(rights, np.int64), np.log(np.array(odds, np.float64)))


def ones(count: int) -> np.ndarray:
    return np.ones(count, dtype=np.int64)


def by_all_matchings(given_edges: Edges) -> list[float]:
    weights = np.zeros(len(given_edges.lefts))
    total = 0.0
    for size in range(len(weights) + 1):
        for chosen in combinations(range(len(weights)), size):
            picked = list(chosen)
            lefts, rights = given_edges.lefts[picked].tolist(), given_edges.rights[picked].tolist()
            if len(set(lefts)) == len(set(rights)) == size:
                weight = float(np.exp(given_edges.log_odds[picked].sum()))
                weights[picked] += weight
                total += weight
    return [float(weight / total) for weight in weights]


def test_one_pair() -> None:
    assert marginals(edges((0, 0, 3.0)), ones(1), ones(1)) == pytest.approx([0.75])


def test_candidates_of_one_text_compete() -> None:
    assert marginals(edges((0, 0, 3.0), (0, 1, 1.0)), ones(1), ones(2)) == pytest.approx([0.6, 0.2], abs=1e-3)


def test_on_a_path_it_is_exact() -> None:
    path = edges((0, 0, 3.0), (1, 0, 20.0), (1, 1, 2.0), (2, 1, 0.5), (2, 2, 7.0))
    assert marginals(path, ones(3), ones(3)) == pytest.approx(by_all_matchings(path), abs=2e-3)


def test_a_rival_that_has_its_own_does_not_take_it() -> None:
    # Both left texts like right 0 best; the second has a sure right text of its own, so that 0 is left for the first.
    alone = marginals(edges((0, 0, 20.0), (1, 0, 20.0)), ones(2), ones(1))
    with_own = marginals(edges((0, 0, 20.0), (1, 0, 20.0), (1, 1, 2000.0)), ones(2), ones(2))
    assert alone[0] == pytest.approx(20 / 41, abs=1e-3)
    assert with_own[0] > 0.9


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.floats(1e-6, 1e6)),
        min_size=1,
        max_size=15,
        unique_by=lambda edge: edge[:2],
    )
)
def test_no_text_is_paired_more_than_once_on_average(given_edges: list[tuple[int, int, float]]) -> None:
    these = edges(*given_edges)
    found = marginals(these, ones(5), ones(5))
    assert np.bincount(these.lefts, found).max() <= 1 + 1e-6


def test_two_copies_on_each_side_are_sure_of_each_other() -> None:
    two = np.array([2], dtype=np.int64)
    found = marginals(edges((0, 0, 1000.0)), two, two)
    assert found == pytest.approx([1.0], abs=0.01)
    assert assigned(edges((0, 0, 1000.0)), two, two, 0.9).tolist() == [0, 0]


def test_a_low_threshold_pairs_what_is_improbable() -> None:
    unlikely = edges((0, 0, 0.2), (1, 0, 0.1), (1, 1, 0.01))
    assert assigned(unlikely, ones(2), ones(2), 0.95).tolist() == [-1, -1]
    assert assigned(unlikely, ones(2), ones(2), 0.1).tolist() == [0, -1]
    assert assigned(unlikely, ones(2), ones(2), 0.0).tolist() == [0, 2]
