"""Unigram segmentation over a mapped vocabulary: the ids of SentencePiece, without loading a quarter of a million pieces."""

from __future__ import annotations

import mmap
from array import array
from pathlib import Path

from interlingua.errors import CorruptModel
from interlingua.models.vocabulary_file import HEADER, MAGIC, MULTIPLIER, SHIFT, SPACE

_BITS = (1 << 64) - 1
# Scores are logarithms of probabilities; what is not in the vocabulary is this much worse than the worst piece (SentencePiece).
_UNKNOWN_PENALTY = 10.0
_NEVER = -1e300
_WORDS_KEPT = 50_000
# Text without spaces comes as one word, which will not come again.
_LONGEST_KEPT = 32


class Vocabulary:
    """Segments normalised text into the ids of the most probable pieces (Kudo 2018, unigram language model; Viterbi).

    No piece goes across a space, so each word is segmented for itself, and frequent words are remembered.

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
        self._keys = view[start : start + slots * 8].cast("Q")
        self._values = view[start + slots * 8 : start + slots * 12].cast("i")
        self._scores = view[start + slots * 12 :].cast("f")
        self._mask = slots - 1
        self._unknown_score = min(self._scores) - _UNKNOWN_PENALTY
        self._words: dict[str, array[int]] = {}

    def ids(self, normalised: str) -> list[int]:
        """The ids of a normalised text, without those put around it."""
        found: list[int] = []
        if not normalised:
            return found
        words = self._words
        for word in normalised.split(" "):
            known = words.get(word)
            if known is None:
                known = array("i", self._segment(SPACE + word))
                if len(word) <= _LONGEST_KEPT:
                    if len(words) >= _WORDS_KEPT:
                        words.clear()
                    words[word] = known
            found.extend(known)
        return found

    def _segment(self, word: str) -> list[int]:
        """Viterbi: the best way to each place in the word, and from where and by which piece it comes."""
        keys, values, scores, mask = self._keys, self._values, self._scores, self._mask
        codes = [ord(character) for character in word]
        length = len(codes)
        best = [0.0] + [_NEVER] * length
        came_from = [0] * (length + 1)
        piece = [0] * (length + 1)
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

    def _back(self, came_from: list[int], piece: list[int]) -> list[int]:
        """The ids along the best way; unknown pieces that follow one another are one."""
        ids: list[int] = []
        place = len(piece) - 1
        while place > 0:
            if not (ids and ids[-1] == piece[place] == self._unknown):
                ids.append(piece[place])
            place = came_from[place]
        ids.reverse()
        return ids
