"""From pairs to keepers: a text goes if a text that is kept before it says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.deduplication.candidates import Candidates, blocks
from interlingua.deduplication.deciding import Judge
from interlingua.deduplication.rivals import Remembered, Rivals
from interlingua.neighbours import Pairs
from interlingua.progress import Advance


class Fate(NamedTuple):
    """Why a text goes.

    Attributes:
        keeper: the text that stays for it.
        cosine: their centred cosine, or that of texts that are spelled as they are.
        probability: P(same meaning), likewise.
        by_spelling: whether the spelling decided: a copy of the keeper, or one with a typing error.
    """

    keeper: int
    cosine: float
    probability: float
    by_spelling: bool = False


def find_keepers(
    candidates: Candidates | Remembered,
    keys: Sequence[object],
    judge: Judge,
    rivals: Rivals,
    *,
    errors: Mapping[int, Sequence[int]],
    fixed: int,
    within: bool,
    advance: Advance,
) -> dict[int, Fate]:
    """Go through the texts in the order in which they are kept; each is compared with those kept so far.

    So what goes is always a duplicate of its keeper itself, never of a duplicate's duplicate; only spelling carries over: what is a
    duplicate of a keeper's copy is one of the keeper, and a copy of what went goes with it. Of several keepers a text gets the one
    that it is most probably the same as.

    Args:
        candidates: what finds pairs; the texts that are kept are added to it.
        keys: of each text; equal keys are copies.
        judge: what says whether texts are duplicates.
        rivals: what else texts may be duplicates of.
        errors: for some texts, those before them that they are but for a typing error.
        fixed: so many texts at the beginning stay in any case.
        within: compare the other texts among themselves, too.
        advance: called with how many more texts are done.

    Returns:
        The texts that go, by their place in the order.
    """
    fates: dict[int, Fate] = {}
    spelled: dict[object, int] = {}
    for place in range(fixed):
        spelled.setdefault(keys[place], place)
    candidates.add(np.arange(fixed, dtype=np.int64))
    for start, end in blocks(fixed, len(keys)):
        found = _decided(*candidates.judged(start, end), judge, rivals)
        at = 0
        for place in range(start, end):
            first = at
            while at < len(found.places) and found.places[at] == place:
                at += 1
            alike = [one for one in (spelled.get(keys[place]), *errors.get(place, ())) if one is not None]
            fate = _as_spelled([one for one in alike if within or one < fixed], fates)
            if fate is None:
                fate = next(filter(None, (found.fate(one, fates) for one in range(first, at))), None)
            if fate is not None:
                fates[place] = fate
            if within:
                spelled.setdefault(keys[place], place)
        if within:
            candidates.add(np.array([place for place in range(start, end) if _speaks(place, fates)], dtype=np.int64))
        advance(end - start)
    return fates


def _as_spelled(alike: Sequence[int], fates: Mapping[int, Fate]) -> Fate | None:
    """The fate of a text that is spelled like others before it: the first of them that stays, or what one of them went for."""
    staying = next((one for one in alike if one not in fates), None)
    if staying is not None:
        return Fate(staying, 1.0, 1.0, by_spelling=True)
    return fates[alike[0]]._replace(by_spelling=False) if alike else None


def _speaks(place: int, fates: Mapping[int, Fate]) -> bool:
    """Whether a text stays, or is a copy of one that stays: it may be the one without the typing error."""
    return place not in fates or fates[place].by_spelling


class _Decided(NamedTuple):
    """Pairs of duplicates, sorted: by the later text, then the most probable first."""

    places: list[int]
    keepers: list[int]
    cosines: list[float]
    probabilities: list[float]

    def fate(self, which: int, fates: Mapping[int, Fate]) -> Fate | None:
        """Of the later text of a pair; None if the other one went."""
        other = self.keepers[which]
        if not _speaks(other, fates):
            return None
        keeper = fates[other].keeper if other in fates else other
        return Fate(keeper, self.cosines[which], self.probabilities[which])


def _decided(pairs: Pairs, probabilities: NDArray[np.float64], judge: Judge, rivals: Rivals) -> _Decided:
    probabilities = rivals.less(pairs, probabilities)
    good = judge.duplicates(probabilities)
    parts = (pairs.queries[good], pairs.rows[good], pairs.scores[good], probabilities[good])
    order = np.lexsort((parts[1], -parts[3], parts[0]))
    return _Decided(*(part[order].tolist() for part in parts))
