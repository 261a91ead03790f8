"""The nearest vectors of a pool, against NumPy going through all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua import nearest
from interlingua.errors import InputError, OptionError
from interlingua.neighbours import NearIndex, exact, nearest_blocks, pairs_above, row_products
from interlingua.types import Vectors


def vectors(rows: int, dimension: int, seed: int) -> Vectors:
    return np.random.default_rng(seed).normal(size=(rows, dimension)).astype(np.float32)


def assert_is_brute_force(queries: Vectors, pool: Vectors, k: int) -> None:
    scores, rows = nearest(queries, pool, k)
    products = queries.astype(np.float64) @ pool.astype(np.float64).T
    best = -np.sort(-products, axis=1)[:, :k]
    assert scores.shape == rows.shape == best.shape
    assert (scores.dtype, rows.dtype) == (np.float32, np.int64)
    scale = 1e-5 * (1 + np.abs(products).max(initial=0))
    np.testing.assert_allclose(scores, best, atol=scale)
    if rows.size:
        # Where scores are equal any order is right, so the rows are judged by their own products.
        np.testing.assert_allclose(np.take_along_axis(products, rows, axis=1), scores, atol=scale)
        assert all(len(set(row)) == len(row) for row in rows.tolist())


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 30), st.integers(0, 60), st.integers(1, 20), st.integers(1, 70), st.integers(0, 2**16), st.booleans()
)
def test_it_is_exact(queries: int, pool: int, dimension: int, k: int, seed: int, ties: bool) -> None:
    asked, given_pool = vectors(queries, dimension, seed), vectors(pool, dimension, seed + 1)
    if ties:
        asked, given_pool = np.sign(asked), np.sign(given_pool)
    assert_is_brute_force(asked, given_pool, k)


def test_more_than_one_block() -> None:
    # FAISS takes 4,096 queries and 1,024 vectors of the pool at a time.
    queries, pool = vectors(5_000, 8, 1), vectors(3_000, 8, 2)
    scores, rows = nearest(queries, pool, 3)
    some = np.r_[0:20, 4_090:4_110, 4_980:5_000]
    products = queries[some] @ pool.T
    np.testing.assert_array_equal(rows[some], np.argsort(-products, axis=1)[:, :3])
    np.testing.assert_allclose(scores[some], -np.sort(-products, axis=1)[:, :3], rtol=1e-4)


def test_a_vector_is_nearest_to_itself() -> None:
    pool = vectors(50, 16, 3)
    pool /= np.linalg.norm(pool, axis=1, keepdims=True)
    scores, rows = nearest(pool, pool, 2)
    assert rows[:, 0].tolist() == list(range(50))
    np.testing.assert_allclose(scores[:, 0], 1, atol=1e-6)
    assert (scores[:, 1] < 0.999).all()


def test_a_small_pool_is_given_whole() -> None:
    scores, rows = nearest(vectors(4, 3, 1), vectors(2, 3, 2), 10)
    assert scores.shape == rows.shape == (4, 2)
    assert [sorted(row) for row in rows.tolist()] == [[0, 1]] * 4


@pytest.mark.parametrize(("queries", "pool", "shape"), [(0, 5, (0, 3)), (4, 0, (4, 0)), (0, 0, (0, 0))])
def test_nothing_to_search_for_or_in(queries: int, pool: int, shape: tuple[int, int]) -> None:
    scores, rows = nearest(vectors(queries, 6, 1), vectors(pool, 6, 2), 3)
    assert scores.shape == rows.shape == shape
    assert (scores.dtype, rows.dtype) == (np.float32, np.int64)


def test_other_kinds_of_arrays() -> None:
    queries, pool = vectors(5, 6, 1), vectors(20, 6, 2)
    expected = nearest(queries, pool, 4).rows
    np.testing.assert_array_equal(nearest(queries.astype(np.float64), pool.astype(np.float64), 4).rows, expected)
    np.testing.assert_array_equal(
        nearest(np.asfortranarray(queries), np.repeat(pool, 2, axis=0)[::2], 4).rows, expected
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("side", ["queries", "pool"])
def test_what_is_no_number_is_refused(wrong: float, side: str) -> None:
    both = {"queries": vectors(3, 4, 1), "pool": vectors(5, 4, 2)}
    both[side][1, 2] = wrong
    with pytest.raises(InputError, match=f"{side} hold NaN or infinite"):
        nearest(both["queries"], both["pool"], 2)


@pytest.mark.parametrize("shape", [(4,), (1, 4, 1), ()])
def test_tables_are_wanted(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"queries must have the shape \(n, d\)"):
        nearest(np.zeros(shape, np.float32), vectors(5, 4, 1), 1)
    with pytest.raises(InputError, match=r"pool must have the shape \(n, d\)"):
        nearest(vectors(5, 4, 1), np.zeros(shape, np.float32), 1)


@pytest.mark.parametrize("pool", [0, 5])
def test_dimensions_must_agree(pool: int) -> None:
    with pytest.raises(InputError, match="384 dimensions and the pool has 512: are they from the same model"):
        nearest(np.zeros((2, 384), np.float32), np.zeros((pool, 512), np.float32), 1)


@pytest.mark.parametrize("k", [0, -1])
def test_at_least_one_is_wanted(k: Any) -> None:
    with pytest.raises(OptionError, match="at least 1"):
        nearest(vectors(2, 3, 1), vectors(2, 3, 1), k)


# ------------------------------------------------------------------------------------------ from files, and approximately


def stored(path: Path, table: Vectors) -> Any:
    """The same as float16, mapped from a file."""
    np.save(path, table.astype(np.float16))
    return np.load(path, mmap_mode="r")


@pytest.mark.parametrize("k", [1, 5, 90])
def test_blocks_of_a_file_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    monkeypatch.setattr(exact, "QUERIES", 64)
    monkeypatch.setattr(exact, "POOL", 100)
    queries, pool = stored(tmp_path / "a.npy", vectors(150, 16, 1)), stored(tmp_path / "b.npy", vectors(350, 16, 2))
    done: list[int] = []
    found = nearest_blocks(queries, pool, k, advance=done.append)
    expected = nearest(np.asarray(queries, np.float32), np.asarray(pool, np.float32), k)
    # Where two scores are all but equal, blocks of another size may order them otherwise.
    assert (found.rows == expected.rows).mean() > 0.999
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)
    assert done == [64, 64, 22]


def test_blocks_of_nothing() -> None:
    assert nearest_blocks(vectors(0, 6, 1), vectors(5, 6, 2), 3).rows.shape == (0, 3)
    assert nearest_blocks(vectors(4, 6, 1), vectors(0, 6, 2), 3).rows.shape == (4, 0)
    with pytest.raises(InputError, match="are they from the same model"):
        nearest_blocks(vectors(4, 6, 1), vectors(4, 7, 2), 3)
    with pytest.raises(OptionError, match="at least 1"):
        nearest_blocks(vectors(4, 6, 1), vectors(4, 6, 2), 0)


def test_all_pairs_above_a_floor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "QUERIES", 16)
    monkeypatch.setattr(exact, "_POOL_PRODUCTS", 30)
    queries, pool = vectors(50, 8, 1), vectors(70, 8, 2)
    products = queries @ pool.T
    found = pairs_above(queries, pool, 2.0)
    assert set(zip(found.queries.tolist(), found.rows.tolist(), strict=True)) == set(
        zip(*(part.tolist() for part in np.nonzero(products >= 2.0)), strict=True)
    )
    np.testing.assert_allclose(found.scores, products[found.queries, found.rows], atol=1e-5)
    assert len(pairs_above(queries, pool[:0], 2.0).rows) == 0


def test_all_pairs_above_the_floors_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "QUERIES", 16)
    monkeypatch.setattr(exact, "_POOL_PRODUCTS", 30)
    queries, pool = vectors(50, 8, 1), vectors(70, 8, 2)
    of_queries, of_pool = (np.linspace(low, 3, count, dtype=np.float32) for low, count in ((-1, 50), (0, 70)))
    products = queries @ pool.T
    found = pairs_above(queries, pool, (of_queries, of_pool))
    wanted = np.nonzero(products >= of_queries[:, None] + of_pool)
    assert 50 < len(wanted[0]) < 3000
    assert set(zip(found.queries.tolist(), found.rows.tolist(), strict=True)) == set(
        zip(*(part.tolist() for part in wanted), strict=True)
    )
    np.testing.assert_allclose(found.scores, products[found.queries, found.rows], atol=1e-5)


def near_pairs(count: int) -> Vectors:
    """Unit vectors in two halves: each of the second is near one of the first."""
    first = vectors(count, 32, 7)
    table = np.concatenate([first, first + 0.6 * vectors(count, 32, 8)])
    return table / np.linalg.norm(table, axis=1, keepdims=True)


def test_the_approximate_index_finds_near_pairs(tmp_path: Path) -> None:
    table = stored(tmp_path / "a.npy", near_pairs(2000))
    index = NearIndex(table)
    assert (len(index), index.cells > 50) == (0, True)
    index.add(np.arange(2000))
    asked = np.asarray(table[2000:], np.float32)
    found = index.above(asked, 0.7)
    exact = pairs_above(asked, table[:2000], 0.7)
    got, wanted = (set(zip(one.queries.tolist(), one.rows.tolist(), strict=True)) for one in (found, exact))
    assert got <= wanted
    assert len(got) >= 0.97 * len(wanted) > 1000
    floors = np.linspace(0.9, 0.5, len(asked), dtype=np.float32)
    of_each = index.above(asked, floors)
    exact = pairs_above(asked, table[:2000], (floors, np.zeros(2000, np.float32)))
    got, wanted = (set(zip(one.queries.tolist(), one.rows.tolist(), strict=True)) for one in (of_each, exact))
    assert got <= wanted
    assert len(got) >= 0.97 * len(wanted) > 1000
    scores, rows = index.nearest(asked, 3)
    best = nearest(asked, np.asarray(table[:2000], np.float32), 3)
    assert (rows[:, 0] == best.rows[:, 0]).mean() > 0.95
    same = rows[:, 0] == best.rows[:, 0]
    np.testing.assert_allclose(scores[same, 0], best.scores[same, 0], atol=1e-5)


def test_the_approximate_index_says_what_it_has_not() -> None:
    index = NearIndex(near_pairs(100))
    index.add(np.array([3, 5]))
    scores, rows = index.nearest(near_pairs(100)[:2], 4)
    assert rows.shape == scores.shape == (2, 4)
    assert set(rows[0, :2].tolist()) == {3, 5}
    assert (rows[:, 2:] == -1).all()
    assert np.isneginf(scores[:, 2:]).all()


def test_products_of_rows() -> None:
    a, b = vectors(9, 5, 1), vectors(8, 5, 2)
    rows_a, rows_b = np.array([0, 8, 3]), np.array([7, 7, 0])
    expected = (a[rows_a] * b[rows_b]).sum(axis=1)
    np.testing.assert_allclose(row_products(a, b, rows_a, rows_b), expected, rtol=1e-5)
