"""The table of words: what ``words.onnx`` has computed for tokens, kept for the next batches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

# New words that are computed at once: all of a batch would take a hundred megabytes, and this many are no slower.
_AT_ONCE = 64
# How much of the table is cleared when it is full.
_CLEARED = 1 / 8


_KINDS = (np.float16, np.float32, np.uint8)
# The last use of a slot that is not to be cleared: the zero of slot 0, and slots that are free already.
_NEVER_CLEARED = np.iinfo(np.int64).max


class Known(NamedTuple):
    """What is known of tokens, one in a row each.

    Attributes:
        rows: what they give to the places of windows.
        facts: numbers about their embeddings.
        raw: the embeddings' bytes.
    """

    rows: NDArray[np.float16]
    facts: NDArray[np.float32]
    raw: NDArray[np.uint8]


class Words(NamedTuple):
    """What is known of the tokens of a batch.

    Attributes:
        known: by slot; slot 0 is zero.
        slots: int32, shape (tokens,): the slot of each token.
    """

    known: Known
    slots: NDArray[np.int32]


class WordTable:
    """Rows of tokens, the most used ones kept. Safe to use from several threads.

    A row depends on its token alone, so what is in the table changes no result. Memory is taken as the table fills. A slot goes
    to another token only when no batch at work may read it; where that cannot be, because the batches at work need more tokens
    than the table has slots, a batch gets rows of its own.

    Args:
        compute: gives what is to be known of distinct token ids.
        widths: of the arrays that it gives.
        capacity: the slots.
    """

    def __init__(self, compute: Callable[[Numbers], Known], widths: Sequence[int], capacity: int) -> None:
        self._compute = compute
        self._lock = threading.Lock()
        # Memory that was never written takes none.
        self._known = Known(*(np.empty((capacity, width), kind) for width, kind in zip(widths, _KINDS, strict=True)))
        for array in self._known:
            array[0] = 0
        # By token; grows with the largest one seen.
        self._slot_of = np.full(0, -1, dtype=np.int32)
        # Of each slot: its token, how often it was used (halved at each clearing), the last batch that used it.
        self._token = np.full(capacity, -1, dtype=np.int64)
        self._uses = np.zeros(capacity, dtype=np.float32)
        self._last = np.full(capacity, _NEVER_CLEARED, dtype=np.int64)
        self._free = np.arange(1, capacity, dtype=np.int32)
        self._batches = 0
        self._at_work: set[int] = set()

    @contextmanager
    def words(self, ids: Numbers, *, keep: bool = True) -> Iterator[Words]:
        """The words of a batch, ids of shape (tokens,); they stay at their slots until the context is left.

        With ``keep`` False the table does not take in new words: for a single text that would cost more than it saves.
        """
        with self._lock:
            self._batches += 1
            batch = self._batches
            self._at_work.add(batch)
        try:
            yield self._found(batch, ids, keep)
        finally:
            with self._lock:
                self._at_work.remove(batch)

    def _found(self, batch: int, ids: Numbers, keep: bool) -> Words:
        """The table with all words of the batch in it; rows apart if it has too little room now, or is to stay as it is."""
        with self._lock:
            beyond = int(ids.max()) + 1 - len(self._slot_of)
            if beyond > 0:
                self._slot_of = np.pad(self._slot_of, (0, beyond + len(self._slot_of)), constant_values=-1)
            slots = self._slot_of[ids]
            absent = slots < 0
            missing = np.unique(ids[absent]) if absent.any() else ids[:0]
            held = slots[~absent]
            # A batch that came later may have been here first; what it reads must not look older.
            self._last[held] = np.maximum(self._last[held], batch)
            new = self._reserved(batch, len(missing)) if keep or not len(missing) else None
        if new is None:
            return self._apart(ids, slots, missing)
        if len(missing):
            self._add(missing, new)
            slots[absent] = new[np.searchsorted(missing, ids[absent])]
        with self._lock:
            np.add.at(self._uses, slots, 1)
        return Words(self._known, slots)

    def _add(self, missing: Numbers, new: NDArray[np.int32]) -> None:
        # Not under the lock, so that others go on. Two batches that lack the same word both compute it, to the same row.
        try:
            for start in range(0, len(new), _AT_ONCE):
                some = slice(start, start + _AT_ONCE)
                found = self._compute(missing[some])
                self._known.rows[new[some]] = found.rows
                self._known.facts[new[some]] = found.facts
                self._known.raw[new[some]] = found.raw
        except BaseException:
            with self._lock:
                self._release(new)
            raise
        with self._lock:
            self._token[new], self._slot_of[missing] = missing, new

    def _reserved(self, batch: int, count: int) -> NDArray[np.int32] | None:
        """Free slots for a batch; clears little used ones if need be."""
        if len(self._free) < count and not self._cleared(count - len(self._free)):
            return None
        new, self._free = self._free[:count], self._free[count:]
        self._last[new] = batch
        return new

    def _cleared(self, count: int) -> bool:
        """Make at least so many slots free. False if batches at work may read too many of them."""
        idle = np.flatnonzero(self._last < min(self._at_work))
        if len(idle) < count:
            return False
        count = min(len(idle), max(count, int(len(self._last) * _CLEARED)))
        least = idle[np.argpartition(self._uses[idle], count - 1)[:count]].astype(np.int32)
        tokens = self._token[least]
        # Another slot may have the word by now.
        tokens = tokens[self._slot_of[tokens] == least]
        self._slot_of[tokens] = -1
        self._uses *= 0.5
        self._release(least)
        return True

    def _release(self, slots: NDArray[np.int32]) -> None:
        self._uses[slots] = 0
        self._last[slots] = _NEVER_CLEARED
        self._free = np.concatenate([self._free, slots])

    def _apart(self, ids: Numbers, slots: NDArray[np.int32], missing: Numbers) -> Words:
        """Rows for one batch only: zero, computed ones, and copies of those in the table, whose slots the batch has marked."""
        absent = slots < 0
        held, copies = np.unique(slots[~absent], return_inverse=True)
        computed = [self._compute(missing[start : start + _AT_ONCE]) for start in range(0, len(missing), _AT_ONCE)]
        arrays = (
            np.concatenate([table[:1], *parts, table[held]])
            for table, *parts in zip(self._known, *computed, strict=True)
        )
        places = np.empty_like(slots)
        places[absent] = 1 + np.searchsorted(missing, ids[absent])
        places[~absent] = 1 + len(missing) + copies
        return Words(Known(*arrays), places)
