"""Which pairs of texts are worth judging: those that lie so near that they may be duplicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.deduplication.deciding import Judge
from interlingua.deduplication.numbers import NumberGuard
from interlingua.neighbours import NearIndex, Pairs, as_floats, joined, pairs_above, row_products
from interlingua.neighbours.near_index import Wanted
from interlingua.types import Stored, Vectors

# Texts that are compared with those before them at once.
_BLOCK = 4096


class Candidates:
    """Pairs of a text and one before it that may be duplicates, block by block.

    Args:
        vectors: centred, of unit length, shape (n, d).
        judge: what knows from which cosine on.
        guard: what keeps texts with different numbers apart; None does not.
        crowding: half of what is taken off the cosines of each text's pairs before they are judged, shape (n,).
        likely: the later and the earlier text of pairs that are nearly spelled alike, ascending; they are judged as such.
        within: compare the texts of a block among themselves, too.
        approximate: find pairs with an approximate index.
    """

    def __init__(
        self,
        vectors: Stored,
        judge: Judge,
        guard: NumberGuard | None,
        crowding: Vectors,
        likely: Sequence[tuple[int, int]],
        *,
        within: bool,
        approximate: bool,
    ) -> None:
        self._vectors, self._judge, self._guard = vectors, judge, guard
        self._crowding, self._within = crowding, within
        # Both of a pair have a say in how near they have to be.
        self._shares = ((judge.floors + crowding) / 2).astype(np.float32)
        self._likely = np.array(likely, dtype=np.int64).reshape(-1, 2).T
        self._pool = _Approximate(vectors) if approximate else _Exact(vectors)

    def add(self, places: NDArray[np.int64]) -> None:
        """Compare later blocks with these texts."""
        self._pool.add(places)

    def judged(self, start: int, end: int) -> tuple[Pairs, NDArray[np.float64]]:
        """The pairs of a block, with their cosines, and the probabilities that they are duplicates.

        Args:
            start: the place of the first text of the block.
            end: the place after its last.
        """
        pairs = self._near(start, end)
        places, others = pairs.queries, pairs.rows
        good = self._possible(places, others)
        # What blocks gave differs in the last digits with their size, so it only said what is worth a closer look.
        first = self._duplicates(places[good], others[good])
        second = self._duplicates(*self._spelled(start, end), alike=True)
        return joined([first[0], second[0]]), np.concatenate([first[1], second[1]])

    def _possible(self, places: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which pairs do not contradict each other."""
        if self._guard is None:
            return np.ones(len(places), dtype=bool)
        return ~self._guard.contradictions(places, others, self._judge.same_language(places, others))

    def _duplicates(
        self, places: NDArray[np.int64], others: NDArray[np.int64], *, alike: bool = False
    ) -> tuple[Pairs, NDArray[np.float64]]:
        cosines = row_products(self._vectors, self._vectors, places, others)
        less = cosines - self._taken_off(places, others)
        probabilities = self._judge.probabilities(places, others, less, alike=alike)
        good = self._judge.duplicates(probabilities)
        return Pairs(places[good], others[good], cosines[good]), probabilities[good]

    def _spelled(self, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The pairs of a block that are nearly spelled alike."""
        later, earlier = self._likely
        some = slice(*np.searchsorted(later, [start, end]))
        return later[some], earlier[some]

    def best(
        self, places: NDArray[np.int64], others: NDArray[np.int64], keys: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """For some texts the largest probability with one of the others, (n,); 0 where none is likely.

        Args:
            places: the texts.
            others: what they are compared with.
            keys: of all texts: those with equal keys are not compared.
        """
        best = np.zeros(len(places), dtype=np.float64)
        pool = _Exact(self._vectors)
        pool.add(others)
        for start in range(0, len(places), _BLOCK):
            some = places[start : start + _BLOCK]
            for pairs in pool.above(as_floats(self._vectors[some]), self._shares[some], self._shares):
                which, a, b = pairs.queries, some[pairs.queries], pairs.rows
                good = (keys[a] != keys[b]) & self._judge.in_question(a, b, pairs.scores - self._taken_off(a, b))
                good[good] = self._possible(a[good], b[good])
                which, a, b = which[good], a[good], b[good]
                cosines = row_products(self._vectors, self._vectors, a, b) - self._taken_off(a, b)
                np.maximum.at(best, which + start, self._judge.probabilities(a, b, cosines))
        return best

    def _near(self, start: int, end: int) -> Pairs:
        block, own = as_floats(self._vectors[start:end]), self._shares[start:end]

        def promising(pairs: Pairs) -> NDArray[np.bool_]:
            places = pairs.queries + start
            cosines = pairs.scores - self._taken_off(places, pairs.rows)
            return self._judge.in_question(places, pairs.rows, cosines)

        parts = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
        for found in self._pool.above(block, own, self._shares, promising):
            # The shares are those of any language beside the text's own, so most of these are not promising.
            parts.append(_some(found, promising(found)))
        if self._within:
            inside = pairs_above(block, block, (own, own))
            inside = _some(inside, inside.rows < inside.queries)
            inside = inside._replace(rows=inside.rows + start)
            parts.append(_some(inside, promising(inside)))
        found = joined(parts)
        return found._replace(queries=found.queries + start)

    def _taken_off(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Vectors:
        return (self._crowding[a] + self._crowding[b]) / np.float32(2)


def blocks(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The first place of each block, and the place after its last."""
    for first in range(start, end, _BLOCK):
        yield first, min(first + _BLOCK, end)


def _some(pairs: Pairs, which: NDArray[np.bool_]) -> Pairs:
    return Pairs(pairs.queries[which], pairs.rows[which], pairs.scores[which])


class _Exact:
    """Texts to compare with, gone through vector by vector."""

    def __init__(self, vectors: Stored) -> None:
        self._vectors = vectors
        self._rows: list[NDArray[np.int64]] = []

    def add(self, rows: NDArray[np.int64]) -> None:
        self._rows.append(rows)

    def above(self, queries: Vectors, own: Vectors, shares: Vectors, _: Wanted | None = None) -> Iterator[Pairs]:
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        for start in range(0, len(rows), 2 * _BLOCK):
            some = rows[start : start + 2 * _BLOCK]
            pairs = pairs_above(queries, self._vectors[some], (own, shares[some]))
            yield Pairs(pairs.queries, some[pairs.rows], pairs.scores)


class _Approximate:
    """Texts to compare with, in an index of cells."""

    def __init__(self, vectors: Stored) -> None:
        self._index = NearIndex(vectors)

    def add(self, rows: NDArray[np.int64]) -> None:
        self._index.add(rows)

    def above(self, queries: Vectors, own: Vectors, shares: Vectors, promising: Wanted) -> Iterator[Pairs]:
        # Where the collection is crowded, thousands lie above the floor of each query: an hour of scoring for a million.
        yield self._index.above(queries, own + shares.min(), promising)
