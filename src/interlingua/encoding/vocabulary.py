"""Unigram segmentation over a mapped vocabulary: the ids of SentencePiece, without loading a quarter of a million pieces."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator, MutableSequence, Sequence
from pathlib import Path

import numpy as np

from interlingua.encoding.segmentation import NEVER, Table, segment_together
from interlingua.errors import CorruptModel
from interlingua.models.vocabulary_file import HEADER, MAGIC, MULTIPLIER, SHIFT, SPACE

_BITS = (1 << 64) - 1
# Scores are logarithms of probabilities; what is not in the vocabulary is this much worse than the worst piece (SentencePiece).
_UNKNOWN_PENALTY = 10.0
# The arrays of segmenting together cost more than they save below this many characters, and memory above that many.
_FEW_CHARACTERS = 400
_MANY_CHARACTERS = 1 << 16
# Steps together are made for the longest word: fewer words than this, much longer than all others, are faster alone.
_TOO_FEW = 4
# Less than 2 ** 16 with the marks around the word.
_LONGEST_TOGETHER = 60_000
# A word may be a whole book without spaces. Beyond this many characters, arrays: slower than lists, a quarter of the memory.
_BOOK = 50_000


class Vocabulary:
    """Segments normalised words into the ids of the most probable pieces (Kudo 2018, unigram language model; Viterbi).

    Raises:
        CorruptModel: the file is not a compiled vocabulary.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        start = HEADER * 8
        magic, slots, pieces, self._unknown, self.begin, self.end, _, _ = view[:start].cast("q")
        if magic != MAGIC or len(view) != start + slots * 12 + pieces * 4:
            raise CorruptModel(f"{path} is not a compiled vocabulary.")
        # One element at a time, a memoryview is faster than an array; both are views of the mapped file.
        self._keys = view[start : start + slots * 8].cast("Q")
        self._values = view[start + slots * 8 : start + slots * 12].cast("i")
        self._scores = view[start + slots * 12 :].cast("f")
        self._mask = slots - 1
        keys, values, scores = np.asarray(self._keys), np.asarray(self._values), np.asarray(self._scores)
        self._unknown_score = float(scores.min()) - _UNKNOWN_PENALTY
        self._table = Table(keys, values, scores, self._unknown, self._unknown_score)

    def segment(self, words: Sequence[str]) -> list[bytes]:
        """The ids of each word, as the bytes of int32 numbers; many words together are much faster than one by one.

        Args:
            words: what stands between the spaces of normalised texts (no piece goes across a space).
        """
        if sum(map(len, words)) < _FEW_CHARACTERS:
            return [self._alone(word) for word in words]
        found: list[bytes] = []
        for block in _blocks(words):
            found.extend(self._segment_block(block))
        return found

    def _segment_block(self, words: Sequence[str]) -> list[bytes]:
        by_length = sorted(map(len, words), reverse=True)
        longest = min(2 * by_length[_TOO_FEW], _LONGEST_TOGETHER) if len(words) > _TOO_FEW else -1
        together = [word for word in words if len(word) <= longest]
        found = iter(segment_together(self._table, together) if together else ())
        return [next(found) if len(word) <= longest else self._alone(word) for word in words]

    def _alone(self, word: str) -> bytes:
        return array("i", self._segment(SPACE + word)).tobytes()

    def _segment(self, word: str) -> list[int]:
        """Viterbi: the best way to each place in the word, and from where and by which piece it comes."""
        keys, values, scores, mask = self._keys, self._values, self._scores, self._mask
        codes: Sequence[int] = [ord(character) for character in word]
        length = len(codes)
        best: MutableSequence[float] = [0.0] + [NEVER] * length
        came_from: MutableSequence[int] = [0] * (length + 1)
        piece: MutableSequence[int] = [0] * (length + 1)
        if length > _BOOK:
            codes, best = array("I", codes), array("d", best)
            came_from, piece = array("i", came_from), array("i", piece)
        for start in range(length):
            here = best[start]
            single = False
            key = 0
            for end in range(start, length):
                key = ((key ^ codes[end]) * MULTIPLIER) & _BITS
                key ^= key >> SHIFT
                slot = key & mask
                there = keys[slot]
                while there != key and there:
                    slot = (slot + 1) & mask
                    there = keys[slot]
                if not there:
                    break
                value = values[slot]
                if value:
                    score = here + scores[value - 1]
                    if score > best[end + 1]:
                        best[end + 1], came_from[end + 1], piece[end + 1] = score, start, value - 1
                    single = single or end == start
            if not single and here + self._unknown_score > best[start + 1]:
                best[start + 1], came_from[start + 1] = here + self._unknown_score, start
                piece[start + 1] = self._unknown
        return self._back(came_from, piece)

    def _back(self, came_from: Sequence[int], piece: Sequence[int]) -> list[int]:
        """The ids along the best way; unknown pieces that follow one another are one."""
        ids: list[int] = []
        place = len(piece) - 1
        while place > 0:
            if not (ids and ids[-1] == piece[place] == self._unknown):
                ids.append(piece[place])
            place = came_from[place]
        ids.reverse()
        return ids


def _blocks(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """The words in blocks of limited size; a word that is larger is a block."""
    start = characters = 0
    for place, word in enumerate(words):
        if characters + len(word) > _MANY_CHARACTERS and place > start:
            yield words[start:place]
            start, characters = place, 0
        characters += len(word)
    yield words[start:]
