"""The table of words: its rows are those of their tokens, whoever clears it and however little room there is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from interlingua.encoding.backends.use_words import Known, Words, WordTable

WIDTHS = (3, 2, 4)


class Computed:
    """Rows that tell their token, and how many were asked for at a time."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []

    def __call__(self, ids: Any) -> Known:
        self.asked.append(ids.tolist())
        kinds = (np.float16, np.float32, np.uint8)
        return Known(
            *(np.repeat(ids[:, None], width, axis=1).astype(kind) for width, kind in zip(WIDTHS, kinds, strict=True))
        )


def tokens_in(words: Words) -> list[int]:
    """Which tokens the rows of a batch belong to, as all three arrays tell it; slot 0 is zero."""
    told = [array[words.slots][:, 0].tolist() for array in words.known]
    assert told[0] == told[1] == told[2]
    assert not any(array[0].any() for array in words.known)
    return [int(token) for token in told[0]]


@contextmanager
def holds(table: WordTable, ids: list[int], *, keep: bool = True) -> Iterator[Words]:
    """The words of a batch, right when they are given and still right when they are left."""
    with table.words(np.array(ids), keep=keep) as words:
        assert tokens_in(words) == ids
        yield words
        assert tokens_in(words) == ids


def test_a_word_is_computed_once() -> None:
    compute = Computed()
    table = WordTable(compute, WIDTHS, 16)
    for ids in ([5, 7, 5], [7, 9], [9, 5, 7, 7]):
        with holds(table, ids):
            pass
    assert compute.asked == [[5, 7], [9]]


def test_the_least_used_go_when_it_is_full() -> None:
    compute = Computed()
    table = WordTable(compute, WIDTHS, 5)
    for ids in ([1, 1, 1, 2, 3, 3, 4, 4], [5]):
        with holds(table, ids):
            pass
    compute.asked.clear()
    with holds(table, [1, 3, 4, 5]):
        pass
    assert compute.asked == []
    with holds(table, [2]):
        pass
    assert compute.asked == [[2]]


def test_what_a_batch_reads_is_not_cleared() -> None:
    compute = Computed()
    table = WordTable(compute, WIDTHS, 5)
    with holds(table, [1, 2, 3]), holds(table, [4, 5]) as apart:
        assert apart.known.rows is not table._known.rows, "one slot is free, and none may be cleared"
    with holds(table, [4, 5]) as words:
        assert words.known.rows is table._known.rows


def test_one_that_comes_late_to_the_table_does_not_take_a_later_ones_mark() -> None:
    """The first batch gets its number, the second does all its looking up, then the first looks up the same words."""
    table = WordTable(Computed(), WIDTHS, 5)
    with holds(table, [1, 2, 3, 4]):
        pass
    first = WordTable.words.__wrapped__(table, np.array([1, 2, 3, 4]))  # type: ignore[attr-defined]
    found, begun, go_on = table._found, threading.Event(), threading.Event()

    def waiting(*arguments: Any) -> Words:
        begun.set()
        assert go_on.wait(30)
        return found(*arguments)

    table._found = waiting  # type: ignore[method-assign]
    late = threading.Thread(target=next, args=(first,))
    late.start()
    assert begun.wait(30)
    table._found = found  # type: ignore[method-assign]
    with holds(table, [1, 2, 3, 4]):
        go_on.set()
        late.join(30)
        first.close()
        with holds(table, [5, 6, 7]):  # the first batch has gone; the second one's words must stay
            pass


def test_many_threads_with_little_room() -> None:
    table = WordTable(Computed(), WIDTHS, 40)
    wrong: list[BaseException] = []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        try:
            for _ in range(300):
                ids = (rng.zipf(1.4, size=int(rng.integers(1, 30))) % 120).tolist()
                with holds(table, ids, keep=bool(rng.integers(0, 4))):
                    pass
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_batch_with_more_words_than_slots_gets_rows_of_its_own() -> None:
    compute = Computed()
    table = WordTable(compute, WIDTHS, 5)
    with holds(table, [1, 2]):
        pass
    compute.asked.clear()
    with holds(table, [*range(200), 3, 0]) as words:
        assert len(words.known.rows) == 201
    assert [token for some in compute.asked for token in some] == [0, *range(3, 200)], "1 and 2 are copied"
    assert max(map(len, compute.asked)) == 64


def test_a_single_text_takes_no_slots() -> None:
    compute = Computed()
    table = WordTable(compute, WIDTHS, 16)
    with holds(table, [1, 2]):
        pass
    for _ in range(2):
        with holds(table, [3, 1, 3], keep=False):
            pass
    with holds(table, [2, 1], keep=False) as words:
        assert words.known.rows is table._known.rows
    assert compute.asked == [[1, 2], [3], [3]]


def test_what_could_not_be_computed_leaves_its_slots() -> None:
    compute = Computed()
    fails = [True]

    def sometimes(ids: Any) -> Known:
        if fails.pop():
            raise MemoryError
        return compute(ids)

    table = WordTable(sometimes, WIDTHS, 4)
    for _ in range(2):
        try:
            with table.words(np.array([1, 2, 3])) as words:
                assert tokens_in(words) == [1, 2, 3]
                assert words.known.rows is table._known.rows
        except MemoryError:
            fails[:] = [False]
    assert compute.asked == [[1, 2, 3]]
