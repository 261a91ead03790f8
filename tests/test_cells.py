"""Nearly the nearest of many queries at once, against exact search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua.errors import InputError, OptionError
from interlingua.neighbours import Cells, Division, Neighbours, nearest
from interlingua.types import Vectors


def clustered(count: int, seed: int, dimension: int = 48, topics: int = 60) -> Vectors:
    """Unit vectors as texts have them: around topics, some of which are far more frequent than others."""
    chance = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(topics, dimension))
    weights = 1 / np.arange(1, topics + 1)
    topic = chance.choice(topics, size=count, p=weights / weights.sum())
    table = centres[topic] + 0.8 * chance.normal(size=(count, dimension))
    unit: Vectors = (table / np.linalg.norm(table, axis=1, keepdims=True)).astype(np.float32)
    return unit


def recall(found: Neighbours, exact: Neighbours) -> float:
    return float(
        np.mean(
            [
                len(set(one) & set(other)) / len(other)
                for one, other in zip(found.rows.tolist(), exact.rows.tolist(), strict=True)
            ]
        )
    )


@pytest.fixture(scope="module")
def pool() -> Vectors:
    return clustered(20_000, 1)


@pytest.fixture(scope="module")
def queries() -> Vectors:
    return clustered(700, 2)


@pytest.fixture(scope="module")
def cells(pool: Vectors) -> Cells:
    return Cells(pool)


def test_nearly_all_of_the_nearest_are_found(pool: Vectors, queries: Vectors, cells: Cells) -> None:
    found, exact = cells.nearest(queries, 10), nearest(queries, pool, 10)
    assert 100 < cells.count <= 500
    assert recall(found, exact) >= 0.97
    assert (found.rows[:, 0] == exact.rows[:, 0]).mean() >= 0.98
    same = found.rows == exact.rows
    np.testing.assert_allclose(found.scores[same], exact.scores[same], atol=1e-5)


def test_fewer_probes_find_less(pool: Vectors, queries: Vectors, cells: Cells) -> None:
    exact = nearest(queries, pool, 10)
    few = Cells(pool, probes=2, division=cells.division)
    assert (few.probes, few.count) == (2, cells.count)
    assert 0.1 < recall(few.nearest(queries, 10), exact) < recall(cells.nearest(queries, 10), exact) - 0.05


def test_all_cells_are_exact(pool: Vectors, queries: Vectors, cells: Cells) -> None:
    found, exact = Cells(pool, probes=10_000, division=cells.division).nearest(queries, 7), nearest(queries, pool, 7)
    assert (found.rows == exact.rows).mean() > 0.999  # but where two are equally near
    np.testing.assert_allclose(found.scores, exact.scores, atol=1e-5)


def test_scores_are_products(queries: Vectors, pool: Vectors, cells: Cells) -> None:
    scores, rows = cells.nearest(queries, 5)
    assert (scores.dtype, rows.dtype, scores.shape) == (np.float32, np.int64, (700, 5))
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 5 for row in rows.tolist())
    products = np.einsum("qd,qkd->qk", queries, pool[rows])
    np.testing.assert_allclose(scores, products, atol=1e-5)


def test_blocks_of_any_size_give_the_same(queries: Vectors, cells: Cells) -> None:
    whole = cells.nearest(queries, 5)
    done: list[int] = []
    parts = cells.nearest(queries, 5, block=256, advance=done.append)
    assert done == [256, 256, 188]
    assert (parts.rows == whole.rows).mean() > 0.999
    np.testing.assert_allclose(parts.scores, whole.scores, atol=1e-5)


def test_equal_pools_are_divided_alike(pool: Vectors, queries: Vectors, cells: Cells) -> None:
    again = Cells(pool.copy())
    for one, other in zip(again.division, cells.division, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(again.nearest(queries, 5).rows, cells.nearest(queries, 5).rows)


def test_a_division_that_was_kept(pool: Vectors, queries: Vectors, cells: Cells) -> None:
    division = cells.division
    assert (division.centres.shape, division.cells.shape) == ((cells.count, 48), (20_000,))
    kept = Cells(pool, division=Division(division.centres.copy(), division.cells.copy()))
    for one, other in zip(kept.nearest(queries, 5), cells.nearest(queries, 5), strict=True):
        np.testing.assert_array_equal(one, other)
    # A vector lies in the cell of the nearest centre.
    near = nearest(pool[:200], division.centres, 1).rows[:, 0]
    assert (near == division.cells[:200]).mean() > 0.99


def test_vectors_in_a_file(tmp_path: Path, pool: Vectors, queries: Vectors) -> None:
    np.save(tmp_path / "pool.npy", pool.astype(np.float16))
    np.save(tmp_path / "queries.npy", queries.astype(np.float16))
    stored, asked = (np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("pool", "queries"))
    found = Cells(stored).nearest(asked, 10)
    assert recall(found, nearest(queries, pool, 10)) >= 0.96


@pytest.mark.parametrize("count", [1, 3, 39, 40, 100])
def test_small_pools_are_given_whole(count: int, queries: Vectors, capfd: pytest.CaptureFixture[str]) -> None:
    small = clustered(count, 3)
    scores, rows = Cells(small).nearest(queries[:20], 5)
    few = min(5, count)
    np.testing.assert_array_equal(np.sort(rows[:, :few]), np.sort(nearest(queries[:20], small, few).rows))
    assert (rows[:, few:] == -1).all()
    assert np.isneginf(scores[:, few:]).all()
    assert capfd.readouterr().err == ""  # FAISS does not complain


def test_no_queries_no_pool_no_neighbours(pool: Vectors, cells: Cells) -> None:
    scores, rows = cells.nearest(pool[:0], 4)
    assert scores.shape == rows.shape == (0, 4)
    with pytest.raises(InputError, match="without vectors has no cells"):
        Cells(pool[:0])
    wrong: Any = 0
    with pytest.raises(OptionError, match="at least 1"):
        cells.nearest(pool[:3], wrong)


def test_what_a_block_takes_is_told(cells: Cells) -> None:
    # Scores, rows, and what picks the best of them; the vectors twice.
    assert cells.block_bytes(8) == cells.probes * (8 * 20 + 24) + 2 * 4 * 48
