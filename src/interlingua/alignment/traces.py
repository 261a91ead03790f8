"""What can be seen of a translation without a model: words and numbers that both texts have, and sentences that are cut off.

Names, numbers and cognates stand on both sides. A bead that leaves one of them in a sentence beside its counterpart tears it apart;
where a sentence goes on in the next line, as in text that was split wrongly, no bead should end.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.band import Band
from interlingua.types import Vectors

Floats = NDArray[np.float64]

_WORD = re.compile(r"\d+|[^\W\d_]+")
# Words count by their beginnings: "Expedition" is "expédition", "Kangchendzönga" not "Kanchenjunga".
_STEM = 5
_LEAST_LETTERS = 4
# What stands in more places nearby does not tell where its counterpart is.
_MOST_PLACES = 3
_OPEN_END = re.compile(r"[:;,(\[{\-–—/&]\s*$")
_GOES_ON = re.compile(r"\s*[,;:.)\]}!?%=]")


def marks_of(sentence: str) -> set[str]:
    """What a translation may have in common with a sentence: numbers, and the beginnings of words without accents."""
    text = "".join(char for char in unicodedata.normalize("NFKD", sentence) if not unicodedata.combining(char))
    found = set()
    for word in _WORD.findall(text.casefold()):
        if word[0].isdigit() or not word[0].isalpha():
            number = "".join(str(unicodedata.digit(char, 0)) for char in word).lstrip("0")
            found.add(number or "0")
        elif len(word) >= _LEAST_LETTERS:
            found.add(word[:_STEM])
    return found


def unfinished(sentences: Sequence[str]) -> NDArray[np.bool_]:
    """Which sentences go on in the next: they end in the middle, or the next begins there; (n,)."""
    found = np.zeros(len(sentences), dtype=bool)
    for row, sentence in enumerate(sentences[:-1]):
        follows = sentences[row + 1].lstrip()
        found[row] = bool(_OPEN_END.search(sentence) or _GOES_ON.match(follows) or follows[:1].islower())
    return found


def shared_marks(source: Sequence[str], target: Sequence[str], band: Band) -> tuple[Vectors, Vectors]:
    """How many of a sentence's marks another has, each shared between all places nearby that have it.

    Returns:
        Of the two sentences before each node, (nodes,) each: the shares of the source sentence's marks, and of the target's. Over
        the band each mark of a source sentence sums to 1 in the first, each of a target sentence in the second.
    """
    ours, theirs = np.zeros(band.size, dtype=np.float32), np.zeros(band.size, dtype=np.float32)
    places: dict[str, list[int]] = {}
    for column, sentence in enumerate(target, 1):
        for mark in marks_of(sentence):
            places.setdefault(mark, []).append(column)
    rows: dict[str, list[int]] = {}
    for row, sentence in enumerate(source, 1):
        low, high, start = int(band.lows[row]), int(band.highs[row]), int(band.starts[row])
        for mark in marks_of(sentence):
            if mark not in places:
                continue
            rows.setdefault(mark, []).append(row)
            near = _within(places[mark], low, high)
            if 0 < len(near) <= _MOST_PLACES:
                for column in near:
                    ours[start + column - low] += 1 / len(near)
    _spread(rows, places, band, theirs)
    return ours, theirs


def _spread(rows: dict[str, list[int]], places: dict[str, list[int]], band: Band, theirs: Vectors) -> None:
    # The rows whose band has a column lie together, because lows and highs never fall.
    for mark, found in rows.items():
        for column in places[mark]:
            first = int(np.searchsorted(band.highs, column, side="right"))
            last = int(np.searchsorted(band.lows, column, side="right"))
            near = _within(found, first, last)
            if 0 < len(near) <= _MOST_PLACES:
                for row in near:
                    theirs[int(band.starts[row]) + column - int(band.lows[row])] += 1 / len(near)


def _within(sorted_places: list[int], low: int, high: int) -> list[int]:
    return sorted_places[bisect_left(sorted_places, low) : bisect_left(sorted_places, high)]


def kept(shares: Vectors, kinds: Sequence[tuple[int, int]], band: Band) -> dict[tuple[int, int], Vectors]:
    """The sum of shares over all pairs of sentences in the bead of each kind that ends at each node."""
    found: dict[tuple[int, int], Vectors] = {}
    widest = max(b for _, b in kinds)
    line = shares.copy()
    for b in range(1, widest + 1):
        if b > 1:
            line = line + _at(shares, band, 0, 1 - b)
        total = line
        for a in range(1, 1 + max((a for a, width in kinds if width == b), default=0)):
            if a > 1:
                total = line + _at(total, band, -1, 0)
            found[a, b] = total
    return found


def _at(values: Vectors, band: Band, down: int, right: int) -> Vectors:
    places = band.shifted(down, right)
    result: Vectors = np.where(places >= 0, values[places], 0.0).astype(np.float32)
    return result
