"""The universal sentence encoder on the CPU, around a table of words (see ``models/use_table_graph.py``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.backends.arithmetic import WORD_TABLE
from interlingua.encoding.backends.onnx import OnnxBackend, is_out_of_memory, open_session
from interlingua.encoding.backends.use_words import Known, Numbers, WordTable
from interlingua.encoding.tokens import Ids
from interlingua.errors import OutOfMemory
from interlingua.models.files import HEAD_GRAPH, WINDOWS_GRAPH
from interlingua.types import Vectors

# The convolutions' windows reach over two tokens on either side; these are the places in them, convolution by convolution, and
# the token's own for what is its own.
_REACH = 2
_PLACES = np.array([2, 3, 1, 2, 3, 0, 1, 2, 3, 4, 2, 2])
_PAIRS = np.arange(len(_PLACES), dtype=np.int32)
# Padded tokens that go through the windows at once: what is computed on them stays in the processor's cache.
_BLOCK = 256
# Padded tokens that are looked up in the table, and whose texts go through the head, at once: few large products.
_GROUP = 2048
# Slots of the table. One takes 14 kB, once it is used. With twice as many a quarter fewer words are missed, at little gain in time.
_CAPACITY = 3072


class UseBackend(OnnxBackend):
    """Three sessions and one table of words, shared by all threads.

    A vector does not depend on what the table holds: the same batch gives the same bytes at any time.

    Args:
        folder: an imported model.
        max_tokens: the model's limit.
        capacity: the slots of the table.
    """

    token_budget = _GROUP

    def __init__(self, folder: Path, max_tokens: int, *, capacity: int = _CAPACITY) -> None:
        super().__init__(folder, max_tokens, arithmetic=WORD_TABLE)
        self._windows, self._head = (open_session(folder / graph) for graph in (WINDOWS_GRAPH, HEAD_GRAPH))
        widths = [output.shape[1] for output in self._session.get_outputs()]
        self._width = self._windows.get_inputs()[0].shape[1]
        self._table = WordTable(self._compute, widths, capacity)

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """See ``Backend.run``."""
        try:
            parts = [self._embedded(ids[start:end]) for start, end in _cut([len(text) for text in ids], _GROUP)]
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        else:
            return parts[0] if len(parts) == 1 else np.concatenate(parts)
        raise OutOfMemory(f"{len(ids):,} texts of up to {max(map(len, ids)):,} tokens do not fit in memory at once.")

    def _compute(self, ids: Numbers) -> Known:
        return Known(*self._session.run(Known._fields, {"ids": ids}))

    def _embedded(self, ids: Sequence[Ids]) -> Vectors:
        lengths = np.fromiter(map(len, ids), dtype=np.int64, count=len(ids))
        flat = np.concatenate(ids).astype(np.int64)
        ends = np.cumsum(lengths)
        sums = []
        with self._table.words(flat, keep=len(ids) > 1) as words:
            for start, end in _cut(lengths.tolist(), _BLOCK):
                tokens = slice(ends[start] - lengths[start], ends[end - 1])
                sums.append(self._summed(words.known, words.slots[tokens], lengths[start:end]))
        inputs = {"sums": np.concatenate(sums), "lengths": lengths[:, None].astype(np.float32)}
        result: Vectors = self._head.run(["embeddings"], inputs)[0]
        return result

    def _summed(self, known: Known, slots: NDArray[np.int32], lengths: Numbers) -> Any:
        """The sums over the tokens of each text, of a block of texts that are padded to the longest."""
        count, longest = len(lengths), int(lengths.max())
        real = np.arange(longest) < lengths[:, None]
        wide = np.zeros((count, longest + 2 * _REACH), dtype=np.int32)
        wide[:, _REACH : _REACH + longest][real] = slots
        places = wide.ravel()[_around(count, longest)] * np.int32(len(_PLACES)) + _PAIRS
        if not real.all():
            # At the padding nothing may be seen, or its neighbours would see it.
            places *= real[..., None]
        inputs = {
            "rows": known.rows.reshape(-1, self._width),
            "facts": known.facts,
            "raw": known.raw,
            "slots": wide[:, _REACH : _REACH + longest],
            "mask": real[..., None].astype(np.float32),
            "places": places,
            "near": _near(count, longest),
        }
        return self._windows.run(["sums"], inputs)[0]


def _cut(lengths: Sequence[int], limit: int) -> Iterator[tuple[int, int]]:
    """Where texts are cut into runs of at most so many padded tokens, or of one text."""
    start = longest = 0
    for end, length in enumerate(lengths):
        longest = max(longest, length)
        if end > start and (end + 1 - start) * longest > limit:
            yield start, end
            start, longest = end, length
    yield start, len(lengths)


@lru_cache(maxsize=128)
def _around(count: int, length: int) -> NDArray[np.int32]:
    """(batch, length, 12): where each place is in the texts with their margins, all in one row."""
    width = length + 2 * _REACH
    starts = np.arange(count)[:, None, None] * width
    around: NDArray[np.int64] = starts + np.arange(length)[:, None] + _PLACES
    return around.astype(np.int32)


@lru_cache(maxsize=128)
def _near(count: int, length: int) -> NDArray[np.int32]:
    """(tokens, 5): the neighbours of each token among the padded tokens; one past the last for what lies outside its text."""
    places = np.arange(length)[:, None] + np.arange(-_REACH, _REACH + 1)
    inside = (places >= 0) & (places < length)
    starts = np.arange(count)[:, None, None] * length
    near: NDArray[np.int64] = np.where(inside, starts + places, count * length)
    return near.reshape(count * length, -1).astype(np.int32)
