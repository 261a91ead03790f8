"""The nearest both ways: exactly, and in near cells, where what one side found helps the other."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua.mining import searching
from interlingua.mining.candidates import NEIGHBOURS, BothWays
from interlingua.mining.searching import is_exact, nearest_both_ways, shared
from interlingua.neighbours import Neighbours, cells
from interlingua.types import Vectors


def unit(table: Vectors) -> Vectors:
    result: Vectors = table / np.linalg.norm(table, axis=1, keepdims=True)
    return result


def sides(count: int) -> tuple[Vectors, Vectors]:
    """Of each source the target of its row is nearest."""
    chance = np.random.default_rng(1)
    source = chance.normal(size=(count, 32)).astype(np.float32)
    return unit(source), unit(source + 0.6 * chance.normal(size=source.shape).astype(np.float32))


def found_in(table: Neighbours) -> list[list[tuple[float, int]]]:
    return [
        [(score, row) for score, row in zip(*one, strict=True) if row >= 0]
        for one in zip(table.scores.tolist(), table.rows.tolist(), strict=True)
    ]


@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("shape", [(30, 20), (5, 40), (1, 1), (0, 4), (4, 0)])
def test_each_side_learns_what_the_other_found(
    monkeypatch: pytest.MonkeyPatch, block: int, shape: tuple[int, int]
) -> None:
    monkeypatch.setattr(searching, "_MERGED", block)
    chance = np.random.default_rng(shape[0])
    cosines = chance.permutation(shape[0] * shape[1]).reshape(shape).astype(np.float32)

    def some(table: Vectors) -> Neighbours:
        """Three of each, found with holes."""
        hidden = np.where(chance.random(table.shape) < 0.6, -np.inf, table)
        rows = np.argsort(-hidden, axis=1, kind="stable")[:, :3]
        rows = np.pad(rows, ((0, 0), (0, 3 - rows.shape[1])))
        scores = np.take_along_axis(hidden, rows, axis=1) if table.size else np.full((len(table), 3), -np.inf)
        return Neighbours(scores.astype(np.float32), np.where(np.isinf(scores), -1, rows))

    before = BothWays(some(cosines), some(cosines.T))
    pairs = {(s, t) for s, one in enumerate(found_in(before.forward)) for _, t in one}
    pairs |= {(s, t) for t, one in enumerate(found_in(before.backward)) for _, s in one}
    after = shared(before)
    for table, wanted in (
        (after.forward, [[(float(cosines[s, t]), t) for s, t in pairs if s == row] for row in range(shape[0])]),
        (after.backward, [[(float(cosines[s, t]), s) for s, t in pairs if t == row] for row in range(shape[1])]),
    ):
        assert found_in(table) == [sorted(one, reverse=True)[:3] for one in wanted]
        assert (table.scores.dtype, table.rows.dtype) == (np.float32, np.int64)
        assert np.isneginf(table.scores[table.rows < 0]).all()


def test_near_cells_find_nearly_what_all_of_it_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = sides(3000)
    done: list[int] = []
    exact = nearest_both_ways(source, target, advance=done.append)
    assert sum(done) == 6000
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 1000 * 1000)
    monkeypatch.setattr(cells, "_MOST_CELLS", 70)
    assert not is_exact(len(source), len(target))
    near = nearest_both_ways(source, target, advance=done.append)
    for one, other in zip(near, exact, strict=True):
        assert one.rows.shape == other.rows.shape == (3000, NEIGHBOURS)
        assert (one.rows[:, 0] == other.rows[:, 0]).mean() > 0.98
    alone = searching._nearest(source, target, done.append)
    assert (near.forward.rows >= 0).all()
    overlap = [
        np.mean([len(set(a) & set(b)) for a, b in zip(found.rows.tolist(), exact.forward.rows.tolist(), strict=True)])
        for found in (alone, near.forward)
    ]
    assert overlap[1] >= overlap[0]
