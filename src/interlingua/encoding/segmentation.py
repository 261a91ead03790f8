"""Unigram segmentation of many words at once, with NumPy: the same steps in the same order as for one word.

All words stand in one array of code points, each with a mark behind it, so that every place between two characters of every
word has a number of its own: that of the character behind it. A piece leads from one place to another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from interlingua.models.vocabulary_file import MULTIPLIER, SHIFT, SPACE

NEVER = -1e300
"""Worse than any way through a word."""

# No character has this code, so no piece goes across it.
_END_OF_WORD = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Table:
    """A compiled vocabulary: a hash table of the prefixes of all pieces, and the pieces' scores.

    Attributes:
        keys: the hash of the prefix in each slot, 0 where the slot is free.
        values: id + 1 where the prefix is a piece, 0 where it only leads on.
        scores: the logarithm of each piece's probability.
        unknown: the id of the unknown piece.
        unknown_score: the score of a character that is no piece.
    """

    keys: NDArray[np.uint64]
    values: NDArray[np.int32]
    scores: NDArray[np.float32]
    unknown: int
    unknown_score: float

    def slots_of(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The slot where each key stands, and whether it stands there at all."""
        mask = np.int64(len(self.keys) - 1)
        slots = keys.view(np.int64) & mask
        there = self.keys[slots]
        searching = np.flatnonzero((there != keys) & (there != 0))
        while len(searching):
            slots[searching] = (slots[searching] + 1) & mask
            there[searching] = other = self.keys[slots[searching]]
            searching = searching[(other != keys[searching]) & (other != 0)]
        return slots, there != 0


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Each piece that can be read somewhere in the words, ordered by its place in its word."""

    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    number: NDArray[np.int32]
    score: NDArray[np.float64]
    bounds: list[int]  # The pieces that begin at the n-th character of a word are bounds[n] to bounds[n + 1].


def segment_together(table: Table, words: Sequence[str]) -> list[bytes]:
    """The ids of the most probable pieces of each word, as the bytes of int32 numbers.

    Costs a fixed time for each character of the longest word, so words of very different length do not belong together.

    Args:
        table: the vocabulary.
        words: at least one, without the mark of the space before them, each shorter than 65,535 characters.
    """
    lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words)) + 1
    ends = np.cumsum(lengths + 1) - 1
    begins = ends - lengths
    # What stands between two words is overwritten below.
    flat = "".join([SPACE, f" {SPACE}".join(words), " "])
    codes = np.frombuffer(flat.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    codes[ends] = _END_OF_WORD
    pieces = _read_pieces(table, codes, begins, lengths)
    way = _best_ways(pieces, begins, len(codes))
    return _ids_along(way, pieces, begins, ends, table.unknown)


def _read_pieces(
    table: Table, codes: NDArray[np.uint64], begins: NDArray[np.int64], lengths: NDArray[np.int64]
) -> _Pieces:
    """Walk on from every character at once, one character a round, as long as what was walked is a prefix."""
    inside = np.ones(len(codes), dtype=np.bool_)
    inside[begins + lengths] = False
    walking = np.flatnonzero(inside)
    keys = np.zeros(len(walking), dtype=np.uint64)
    begin, end, number, score = [], [], [], []
    length = 0
    while len(walking):
        keys = (keys ^ codes[walking + length]) * np.uint64(MULTIPLIER)
        keys ^= keys >> np.uint64(SHIFT)
        length += 1
        slots, found = table.slots_of(keys)
        values = np.where(found, table.values[slots], 0)
        # Every character is a piece: if not of the vocabulary, then an unknown one.
        read = np.flatnonzero(values) if length > 1 else np.arange(len(values))
        ids = values[read] - 1
        scores = table.scores[ids].astype(np.float64)
        if length == 1:
            missing = ids < 0
            ids[missing], scores[missing] = table.unknown, table.unknown_score
        begin.append(walking[read])
        end.append(walking[read] + length)
        number.append(ids)
        score.append(scores)
        walking, keys = walking[found], keys[found]
    columns = (np.concatenate(begin), np.concatenate(end), np.concatenate(number), np.concatenate(score))
    places = (np.arange(len(codes)) - np.repeat(begins, lengths + 1)).astype(np.uint16)
    place = places[columns[0]]
    order = np.argsort(place, kind="stable")  # of 16-bit numbers: a radix sort
    bounds = [0, *np.cumsum(np.bincount(place)).tolist()]
    return _Pieces(columns[0][order], columns[1][order], columns[2][order], columns[3][order], bounds)


def _best_ways(pieces: _Pieces, begins: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """The piece by which the best way comes to each place (Viterbi).

    One step a character of the longest word, for all words together: when a step is made, the best way to the places where it
    begins is known. Within a step no two pieces lead to the same place, and of equal ways the first found stays.
    """
    best = np.full(places, NEVER)
    best[begins] = 0.0
    way = np.zeros(places, dtype=np.int64)
    for start, stop in pairwise(pieces.bounds):
        end = pieces.end[start:stop]
        score = best[pieces.begin[start:stop]] + pieces.score[start:stop]
        better = np.flatnonzero(score > best[end])
        end = end[better]
        best[end] = score[better]
        way[end] = better + start
    return way


def _ids_along(
    way: NDArray[np.int64], pieces: _Pieces, begins: NDArray[np.int64], ends: NDArray[np.int64], unknown: int
) -> list[bytes]:
    """The ids along the best way of each word; unknown pieces that follow one another are one."""
    at_begin, on_way = np.zeros(len(way), dtype=np.bool_), np.zeros(len(way), dtype=np.bool_)
    at_begin[begins] = True
    at = ends
    while len(at):
        on_way[at] = True
        at = pieces.begin[way[at]]
        at = at[~at_begin[at]]
    passed = np.flatnonzero(on_way)
    ids = pieces.number[way[passed]]
    known = ids != unknown
    keep = known | np.concatenate([[True], known[:-1]])
    keep[np.searchsorted(passed, begins)] = True
    data = ids[keep].tobytes()
    bounds = [0, *(4 * np.searchsorted(passed[keep], ends, side="right")).tolist()]
    return [data[start:stop] for start, stop in pairwise(bounds)]
