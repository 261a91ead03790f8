"""Compiling a unigram vocabulary into a file that is mapped instead of loaded.

Loading e5-small's quarter of a million pieces from JSON takes longer than all else that a short command does; one text touches
a few hundred of them. The file is a hash table of every prefix of every piece, so that walking along a text one character at a
time tells which pieces begin there: ``Vocabulary`` in ``encoding`` does the walking. Layout (little-endian): a header of int64
numbers; keys, uint64 (0: free); values, int32 (id + 1 where the prefix is a piece, 0 where it only leads on); scores, float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import CorruptModel
from interlingua.models.files import VOCABULARY_FILE
from interlingua.models.tokenizer_file import Unigram

MAGIC = 0x3156_4C49  # "ILV1"
HEADER = 8
MULTIPLIER = 0x9E37_79B9_7F4A_7C15
SHIFT = 29
SPACE = "▁"

# Free slots keep the probing short.
_LOAD = 0.6


def write_vocabulary(folder: Path, unigram: Unigram) -> None:
    """Write ``vocabulary.bin`` into ``folder``. The special pieces are left out: no text is read as one of them.

    Raises:
        CorruptModel: a piece goes across a space, which the walk word by word could not find.
    """
    pieces = unigram.pieces
    texts = [piece for piece, _ in pieces]
    across = next((text for text in texts if SPACE in text[1:] and text.strip(SPACE)), None)
    if across is not None:
        raise CorruptModel(f"The vocabulary holds {across!r}, which goes across a space.")
    excluded = np.zeros(len(texts), dtype=bool)
    excluded[[number for _, number in unigram.special()]] = True
    keys, values = _prefixes(texts, excluded)
    table_keys, table_values = _hash_table(keys, values)
    scores = np.asarray([score for _, score in pieces], dtype="<f4")
    header = np.asarray(
        [MAGIC, len(table_keys), len(texts), unigram.unknown, unigram.begin[1], unigram.end[1], 0, 0], dtype="<i8"
    )
    with (folder / VOCABULARY_FILE).open("wb") as file:
        for part in (header, table_keys.astype("<u8"), table_values.astype("<i4"), scores):
            file.write(part.tobytes())


def _prefixes(texts: Sequence[str], excluded: NDArray[np.bool_]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The hash of each prefix of each piece, once, with id + 1 where it is a piece; column by column over all pieces."""
    lengths = np.asarray([len(text) for text in texts])
    flat = np.frombuffer("".join(texts).encode("utf-32-le"), dtype="<u4")
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    hashes = np.zeros(len(texts), dtype=np.uint64)
    keys, values = [], []
    for column in range(int(lengths.max())):
        rows = np.flatnonzero((lengths > column) & ~excluded)
        mixed = (hashes[rows] ^ flat[starts[rows] + column].astype(np.uint64)) * np.uint64(MULTIPLIER)
        hashes[rows] = mixed ^ (mixed >> np.uint64(SHIFT))
        keys.append(hashes[rows])
        values.append(np.where(lengths[rows] == column + 1, rows + 1, 0))
    unique, place = np.unique(np.concatenate(keys), return_inverse=True)
    ids = np.zeros(len(unique), dtype=np.int32)
    np.maximum.at(ids, place, np.concatenate(values).astype(np.int32))
    if np.count_nonzero(ids) != np.count_nonzero(~excluded) or 0 in unique[:1]:
        raise CorruptModel("Two pieces of the vocabulary are equal, or their hashes are.")
    return unique, ids


def _hash_table(keys: NDArray[np.uint64], values: NDArray[np.int32]) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """Open addressing with linear probing; all keys that still lack a place try their next slot together."""
    size = 1 << max(4, int(np.ceil(np.log2(max(1, len(keys)) / _LOAD))))
    table_keys, table_values = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.int32)
    slots = (keys & np.uint64(size - 1)).astype(np.int64)
    waiting = np.arange(len(keys))
    while len(waiting):
        free = waiting[table_keys[slots[waiting]] == 0]
        taken, first = np.unique(slots[free], return_index=True)
        table_keys[taken], table_values[taken] = keys[free[first]], values[free[first]]
        placed = table_keys[slots[waiting]] == keys[waiting]
        waiting = waiting[~placed]
        slots[waiting] = (slots[waiting] + 1) & (size - 1)
    return table_keys, table_values
