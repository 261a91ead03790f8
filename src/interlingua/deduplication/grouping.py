"""From pairs to keepers: a text goes if a text that is kept before it says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.deduplication.deciding import Judge
from interlingua.deduplication.numbers import NumberGuard
from interlingua.neighbours import NearIndex, Pairs, as_floats, pairs_above, row_products
from interlingua.progress import Advance
from interlingua.types import Stored, Vectors

_BLOCK = 4096


class Fate(NamedTuple):
    """Why a text goes.

    Attributes:
        keeper: the text that stays for it.
        cosine: their centred cosine.
        probability: P(same meaning).
        by_spelling: whether the spelling decided: a copy, or one with a typing error.
    """

    keeper: int
    cosine: float
    probability: float
    by_spelling: bool = False


def find_keepers(
    vectors: Stored,
    keys: Sequence[object],
    judge: Judge,
    guard: NumberGuard | None,
    *,
    crowding: Vectors,
    errors: Mapping[int, Sequence[int]],
    fixed: int,
    within: bool,
    approximate: bool,
    advance: Advance,
) -> dict[int, Fate]:
    """Go through the texts in the order in which they are kept; each is compared with those kept so far.

    So what goes is always a duplicate of its keeper itself, never of a duplicate's duplicate, and no two that stay are duplicates
    (as far as an approximate index finds them). Of several keepers a text gets the one that it is most probably the same as.

    Args:
        vectors: centred, of unit length, shape (n, d), in the order of keeping.
        keys: of each text; equal keys are copies.
        judge: what says whether texts are duplicates.
        guard: what keeps texts with different numbers apart; None does not.
        crowding: half of what is taken off the cosines of each text's pairs before they are judged, shape (n,).
        errors: for some texts, those before them that they are but for a typing error.
        fixed: so many texts at the beginning stay in any case.
        within: compare the other texts among themselves, too.
        approximate: find pairs with an approximate index.
        advance: called with how many more texts are done.

    Returns:
        The texts that go, by their place in the order.
    """
    pool = _Approximate(vectors) if approximate else _Exact(vectors)
    fates: dict[int, Fate] = {}
    keepers: dict[object, int] = {}
    for place in range(fixed):
        keepers.setdefault(keys[place], place)
    pool.add(np.arange(fixed, dtype=np.int64))
    least = float(crowding.min(initial=0.0))
    for start in range(fixed, len(vectors), _BLOCK):
        end = min(start + _BLOCK, len(vectors))
        floor = judge.floor + (least + float(crowding[start:end].min())) / 2
        pairs = _candidates(vectors, pool, end, floor, _Promising(judge, crowding, start), within=within)
        found = _judged(vectors, pairs, judge, guard, crowding)
        at = 0
        for place in range(start, end):
            first = at
            while at < len(found.places) and found.places[at] == place:
                at += 1
            copied = keepers.get(keys[place])
            if copied is not None:
                fates[place] = Fate(copied, 1.0, 1.0, by_spelling=True)
                continue
            right = next((one for one in errors.get(place, ()) if one not in fates and (within or one < fixed)), None)
            if right is not None:
                fates[place] = Fate(right, 1.0, 1.0, by_spelling=True)
                continue
            fate = next((found.fate(one) for one in range(first, at) if found.keepers[one] not in fates), None)
            if fate is not None:
                fates[place] = fate
            elif within:
                keepers[keys[place]] = place
        if within:
            pool.add(np.array([place for place in range(start, end) if place not in fates], dtype=np.int64))
        advance(end - start)
    return fates


class _Judged(NamedTuple):
    """Pairs of duplicates, sorted: by the later text, then the most probable first."""

    places: list[int]
    keepers: list[int]
    cosines: list[float]
    probabilities: list[float]

    def fate(self, which: int) -> Fate:
        return Fate(self.keepers[which], self.cosines[which], self.probabilities[which])


class _Promising(NamedTuple):
    """What tells the few pairs that are worth a closer look.

    Attributes:
        judge: what knows from which score on.
        crowding: as ``find_keepers`` takes it.
        start: the place of the first query.
    """

    judge: Judge
    crowding: Vectors
    start: int

    def among(self, pairs: Pairs) -> NDArray[np.bool_]:
        places = pairs.queries + self.start
        taken_off = (self.crowding[places] + self.crowding[pairs.rows]) / 2
        return self.judge.in_question(places, pairs.rows, pairs.scores - taken_off)

    def of(self, pairs: Pairs) -> Pairs:
        """These, with the places of the queries."""
        good = self.among(pairs)
        return Pairs(pairs.queries[good] + self.start, pairs.rows[good], pairs.scores[good])


def _candidates(
    vectors: Stored, pool: _Exact | _Approximate, end: int, floor: float, promising: _Promising, *, within: bool
) -> Pairs:
    """Pairs of a text of the block and one before it, both by their place, that may be duplicates.

    The floor is that of any languages and sizes, so most pairs above it are not promising; they go before more are looked for.
    """
    block = as_floats(vectors[promising.start : end])
    pairs = [Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    pairs += [promising.of(some) for some in pool.above(block, floor, promising)]
    if within:
        inside = pairs_above(block, block, floor)
        earlier = inside.rows < inside.queries
        rows = inside.rows[earlier] + promising.start
        pairs.append(promising.of(Pairs(inside.queries[earlier], rows, inside.scores[earlier])))
    return Pairs(*(np.concatenate([one[part] for one in pairs]) for part in range(3)))


def _judged(vectors: Stored, pairs: Pairs, judge: Judge, guard: NumberGuard | None, crowding: Vectors) -> _Judged:
    places, keepers = pairs.queries, pairs.rows
    if guard is not None:
        good = ~guard.contradictions(places, keepers, judge.same_language(places, keepers))
        places, keepers = places[good], keepers[good]
    # What blocks gave differs in the last digits with their size, so it only said what is worth a closer look.
    cosines = row_products(vectors, vectors, places, keepers)
    probabilities = judge.probabilities(places, keepers, cosines - (crowding[places] + crowding[keepers]) / 2)
    good = judge.duplicates(probabilities)
    places, keepers, cosines, probabilities = places[good], keepers[good], cosines[good], probabilities[good]
    order = np.lexsort((keepers, -probabilities, places))
    return _Judged(*(part[order].tolist() for part in (places, keepers, cosines, probabilities)))


class _Exact:
    """What is kept, gone through vector by vector."""

    def __init__(self, vectors: Stored) -> None:
        self._vectors = vectors
        self._rows: list[NDArray[np.int64]] = []

    def add(self, rows: NDArray[np.int64]) -> None:
        self._rows.append(rows)

    def above(self, queries: NDArray[np.float32], floor: float, _: _Promising) -> Iterator[Pairs]:
        rows = np.concatenate([np.empty(0, np.int64), *self._rows])
        for start in range(0, len(rows), 2 * _BLOCK):
            some = rows[start : start + 2 * _BLOCK]
            pairs = pairs_above(queries, self._vectors[some], floor)
            yield Pairs(pairs.queries, some[pairs.rows], pairs.scores)


class _Approximate:
    """What is kept, in an index of cells."""

    def __init__(self, vectors: Stored) -> None:
        self._index = NearIndex(vectors)

    def add(self, rows: NDArray[np.int64]) -> None:
        self._index.add(rows)

    def above(self, queries: NDArray[np.float32], floor: float, promising: _Promising) -> Iterator[Pairs]:
        # Where the collection is crowded, thousands lie above the floor of each query: an hour of scoring for a million.
        yield self._index.above(queries, floor, promising.among)
