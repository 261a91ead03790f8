"""Which texts go through the model together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.encoding.batching import pad, plan_batches


def batches(lengths: list[int], **options: int) -> list[list[int]]:
    return [rows.tolist() for rows in plan_batches(lengths, **options)]


def test_longest_first_within_the_budget() -> None:
    assert batches([3, 10, 4, 4, 3], token_budget=12) == [[1], [2, 3, 0], [4]]


def test_a_text_beyond_the_budget_goes_alone() -> None:
    assert batches([5, 700, 600], token_budget=512) == [[1], [2], [0]]


def test_no_more_texts_than_asked() -> None:
    assert batches([2] * 5, batch_size=2) == [[0, 1], [2, 3], [4]]


def test_equal_lengths_keep_their_order() -> None:
    assert batches([4, 4, 4], token_budget=100) == [[0, 1, 2]]


def test_nothing_gives_nothing() -> None:
    assert batches([]) == []


@given(
    st.lists(st.integers(1, 600), max_size=80),
    st.integers(1, 700),
    st.one_of(st.none(), st.integers(1, 9)),
)
def test_every_row_once_and_the_limits_hold(lengths: list[int], budget: int, size: int | None) -> None:
    planned = [rows.tolist() for rows in plan_batches(lengths, token_budget=budget, batch_size=size)]
    assert sorted(row for rows in planned for row in rows) == list(range(len(lengths)))
    for rows in planned:
        assert len(rows) == 1 or len(rows) * max(lengths[row] for row in rows) <= budget
        assert size is None or len(rows) <= size
    longest = [max(lengths[row] for row in rows) for rows in planned]
    assert longest == sorted(longest, reverse=True)


def test_padding_is_on_the_right() -> None:
    table, lengths = pad([[5, 6, 7], [8]], fill=1)
    assert table.tolist() == [[5, 6, 7], [8, 1, 1]]
    assert lengths.tolist() == [3, 1]
    assert (table.dtype, lengths.dtype) == (np.int32, np.int32)


@pytest.mark.parametrize("fill", [0, 1])
def test_texts_of_one_length_need_no_padding(fill: int) -> None:
    table, _ = pad([[5, 6], [8, 9]], fill=fill)
    assert table.tolist() == [[5, 6], [8, 9]]
