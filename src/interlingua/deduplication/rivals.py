"""Rivals: of two texts in different languages each should be about the nearest to the other in its language.

In a large collection a text in one language lies near several in another that speak of the same matter, and at most one or a few
of these say the same. So a pair counts the less, the more clearly either of the two is a duplicate of another text in the other's
language.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.deduplication.candidates import Candidates, blocks
from interlingua.neighbours import Pairs
from interlingua.progress import Advance

_PENALTY = 2.0
"""What a pair's log-odds lose for each by which a rival's are higher.

Measured with benchmarks/dedup.py's texts: from 1 to 4 about the same.
"""

_NOTHING = -99.0

# Pairs, of 28 bytes.
_REMEMBERED = 10_000_000


class Rivals:
    """For each text the log-odds of its best pair with a text in each other language.

    Args:
        langs: the languages of the texts; None where unknown.
    """

    def __init__(self, langs: Sequence[str | None]) -> None:
        codes = {lang: code for code, lang in enumerate(sorted({lang for lang in langs if lang is not None}))}
        self._langs = np.array([-1 if lang is None else codes[lang] for lang in langs], dtype=np.int32)
        # Only what is likely is noted, so this is below all.
        self._best = np.full((len(langs), len(codes)), _NOTHING, dtype=np.float16)

    @property
    def possible(self) -> bool:
        """Whether there are texts in several languages."""
        return self._best.shape[1] > 1

    def note(self, pairs: Pairs, probabilities: NDArray[np.float64]) -> None:
        """Take pairs into account."""
        some = self._concerned(pairs)
        a, b, values = pairs.queries[some], pairs.rows[some], _log_odds(probabilities[some])
        np.maximum.at(self._best, (a, self._langs[b]), values.astype(np.float16))
        np.maximum.at(self._best, (b, self._langs[a]), values.astype(np.float16))

    def less(self, pairs: Pairs, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probabilities of pairs, less for their rivals."""
        some = self._concerned(pairs)
        a, b, values = pairs.queries[some], pairs.rows[some], _log_odds(probabilities[some])
        behind = np.maximum(self._best[a, self._langs[b]] - values, 0) + np.maximum(
            self._best[b, self._langs[a]] - values, 0
        )
        result = probabilities.copy()
        # Where there is no rival the probability stays as it is, to the last digit. Numbers of two bytes are that rough.
        result[some] = np.where(behind > 0.02, 1 / (1 + np.exp(_PENALTY * behind - values)), probabilities[some])
        return result

    def _concerned(self, pairs: Pairs) -> NDArray[np.bool_]:
        a, b = self._langs[pairs.queries], self._langs[pairs.rows]
        result: NDArray[np.bool_] = (a >= 0) & (b >= 0) & (a != b)
        return result


class Remembered:
    """The pairs of each block, as they were found: the later search among what is kept would find no others."""

    def __init__(self) -> None:
        self._blocks: dict[int, tuple[Pairs, NDArray[np.float64]]] = {}
        self.count = 0

    def put(self, start: int, pairs: Pairs, probabilities: NDArray[np.float64]) -> None:
        """Remember the pairs of the block that begins there."""
        self._blocks[start] = pairs, probabilities
        self.count += len(probabilities)

    def add(self, places: NDArray[np.int64]) -> None:
        """See ``Candidates.add``: the pairs are there already."""

    def judged(self, start: int, end: int) -> tuple[Pairs, NDArray[np.float64]]:  # noqa: ARG002
        """See ``Candidates.judged``; once for each block."""
        return self._blocks.pop(start)


def find_rivals(
    candidates: Candidates, rivals: Rivals, count: int, *, fixed: int, within: bool, advance: Advance
) -> Remembered | None:
    """Compare all texts with all before them.

    Args:
        candidates: what finds pairs; texts are added to it.
        rivals: what takes note of them.
        count: the number of texts.
        fixed: so many texts at the beginning are not compared with each other.
        within: compare the other texts among themselves, too.
        advance: called with how many more texts are done.

    Returns:
        The pairs that were found; None if they are too many to be remembered.
    """
    remembered: Remembered | None = Remembered()
    candidates.add(np.arange(fixed, dtype=np.int64))
    for start, end in blocks(fixed, count):
        found = candidates.judged(start, end)
        rivals.note(*found)
        if remembered is not None:
            remembered.put(start, *found)
            remembered = remembered if remembered.count <= _REMEMBERED else None
        if within:
            candidates.add(np.arange(start, end, dtype=np.int64))
        advance(end - start)
    return remembered


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    some = np.clip(probabilities, 1e-6, 1 - 1e-6)
    found: NDArray[np.float64] = np.log(some) - np.log1p(-some)
    return found
