"""The search: small tables with answers that can be counted by hand, and against trying out everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from interlingua.alignment.anchors import find_anchors, heaviest_chain
from interlingua.alignment.band import Band, around
from interlingua.alignment.lattice import Lattice

KINDS = ((1, 1), (1, 2), (2, 1))
Beads = list[tuple[int, int, int, int]]


def whole(n: int, m: int) -> Band:
    return Band.between(np.zeros(n + 1, dtype=np.int64), np.full(n + 1, m + 1, dtype=np.int64))


def random_lattice(n: int, m: int, seed: int = 1) -> Lattice:
    random = np.random.default_rng(seed)
    band = whole(n, m)
    scores = random.normal(size=(len(KINDS), band.size))
    for at, (a, b) in enumerate(KINDS):
        scores[at, (band.rows < a) | (band.columns < b)] = -np.inf
    return Lattice(band, KINDS, scores, random.normal(size=n), random.normal(size=m))


def every_path(lattice: Lattice, n: int, m: int) -> list[tuple[float, Beads]]:
    """All alignments, as (score, beads of (row, column, source, target))."""
    if n == m == 0:
        return [(0.0, [])]
    found: list[tuple[float, Beads]] = []
    for a, b in (*KINDS, (1, 0), (0, 1)):
        if n < a or m < b:
            continue
        if a and b:
            place = int(lattice.band.places(np.array([n]), np.array([m]))[0])
            score = float(lattice.scores[KINDS.index((a, b)), place])
        else:
            score = float(lattice.skip_source[n - 1] if a else lattice.skip_target[m - 1])
        found += [(total + score, [*path, (n, m, a, b)]) for total, path in every_path(lattice, n - a, m - b)]
    return found


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 4), (4, 2)])
def test_the_best_of_all(n: int, m: int) -> None:
    lattice = random_lattice(n, m)
    paths = every_path(lattice, n, m)
    found = [tuple(step[:4]) for step in lattice.best()]
    # A sentence of either side left alone comes in two orders, which count the same.
    assert next(score for score, path in paths if path == found) == pytest.approx(max(score for score, _ in paths))


def test_posteriors_are_shares_of_all() -> None:
    lattice = random_lattice(3, 4)
    paths = every_path(lattice, 3, 4)
    total = np.logaddexp.reduce([score for score, _ in paths])
    both, left, right = lattice.posteriors()

    def share(bead: tuple[int, int, int, int]) -> float:
        return float(np.exp(np.logaddexp.reduce([score for score, path in paths if bead in path]) - total))

    place = int(lattice.band.places(np.array([2]), np.array([3]))[0])
    assert both[0, place] == pytest.approx(share((2, 3, 1, 1)))
    assert both[1, place] == pytest.approx(share((2, 3, 1, 2)))
    assert left[1] == pytest.approx(sum(share((2, column, 1, 0)) for column in range(5)))
    assert right[0] == pytest.approx(sum(share((row, 1, 0, 1)) for row in range(4)))


def test_every_sentence_is_in_one_bead() -> None:
    both, left, right = random_lattice(5, 7).posteriors()
    assert sum(a * both[kind].sum() for kind, (a, _) in enumerate(KINDS)) + left.sum() == pytest.approx(5)
    assert sum(b * both[kind].sum() for kind, (_, b) in enumerate(KINDS)) + right.sum() == pytest.approx(7)


def test_the_heaviest_chain_rises_on_both_sides() -> None:
    rows = np.array([0, 0, 1, 2, 3])
    columns = np.array([9, 0, 1, 0, 2])
    weights = np.array([2.0, 1.0, 1.0, 1.5, 1.0])
    assert heaviest_chain(rows, columns, weights).tolist() == [[0, 0], [1, 1], [3, 2]]
    assert heaviest_chain(rows[:0], columns[:0], weights[:0]).tolist() == []


def test_anchors_of_equal_vectors() -> None:
    vectors = np.linalg.qr(np.random.default_rng(1).normal(size=(20, 20)))[0].astype(np.float32)
    assert find_anchors(vectors, vectors[5:15]).tolist() == [[row + 5, row] for row in range(10)]


def test_the_band_holds_the_path_and_what_is_near() -> None:
    band = around(np.array([[10, 10], [50, 60]]), 100, 120, radius=3)
    assert (np.diff(band.lows) >= 0).all()
    assert (np.diff(band.highs) >= 0).all()
    assert (band.lows[0], band.highs[-1]) == (0, 121)
    # Between two anchors everything, and a little beyond.
    assert (band.lows[30], band.highs[30]) == (11 - 3, 60 + 3 + 1)
    assert band.places(band.rows, band.columns).tolist() == list(range(band.size))
    assert band.places(np.array([0, -1, 101]), np.array([119, 0, 0])).tolist() == [-1, -1, -1]


@pytest.mark.parametrize(("down", "right"), list(product((-2, 0, 1), (-1, 0, 3))))
def test_shifted_nodes(down: int, right: int) -> None:
    band = around(np.array([[4, 6], [9, 7]]), 12, 15, radius=2)
    assert band.shifted(down, right).tolist() == band.places(band.rows + down, band.columns + right).tolist()


def test_a_long_gap_is_searched_in_a_stripe() -> None:
    band = around(np.empty((0, 2), dtype=np.int64), 5_000, 5_000)
    assert band.size < 5_000 * 300
    assert int(band.places(np.array([5_000]), np.array([5_000]))[0]) == band.size - 1
