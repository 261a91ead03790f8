"""What speaks for two documents being counterparts, and what it comes to.

The evidence that counts most is *shared*: how much of both texts has a translation in the other. A sentence has one if it and a
sentence of the other document are each other's nearest and probably mean the same; where they stand counts a little (a sentence
in the middle is rather in the middle of the translation). It is nearly nothing for two documents about the same thing, and most
of a text for a translation of the same version; a translation of an older version is in between.

A logistic curve makes a probability of it, of how far it stands out from the next best candidates on either side, of how alike
both are as a whole, and of the numbers, links and codes in common. Its weights are from texts made for it
(``tools/fit_documents.py``), not from the collection at hand: nothing needs labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from interlingua.alignment.document_units import Floats, Ints, Units
from interlingua.neighbours import as_floats, nearest_blocks
from interlingua.scoring.calibration import Calibration
from interlingua.types import Vectors

# How much two sentences at the opposite ends lose, in cosine.
_APART = 0.1
_BLOCK = 64
_KEPT = 128
# Without a calibration: of sentences' nearest in other documents, the share that counts as no translation, and from how many.
_CHANCE, _SAMPLED = 0.95, 400
_LEAST = 0.02
# What the best of the others usually has; it counts along where there are few or none.
_USUAL_SHARED, _USUAL_ALIKE, _USUAL_SIGNS = 0.15, 0.4, 0.05

TERMS = ("constant", "shared stands out", "alike", "alike stands out", "signs stand out")
WEIGHTS = np.array([0.45, 3.24, 0.19, 0.50, 1.28])
"""Of ``TERMS``, from ``tools/fit_documents.py``."""


class Candidates(NamedTuple):
    """Pairs of documents that may be counterparts, each once, by their left documents.

    Attributes:
        lefts: (m,).
        rights: (m,).
        alike: (m,) the cosine of the documents as a whole.
    """

    lefts: Ints
    rights: Ints
    alike: Floats


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was found of each candidate pair.

    Attributes:
        shared: (m,) the share of both texts that has a translation in the other, 0 to 1.
        alike: (m,) the cosine of the documents as a whole.
        signs: (m,) the share of numbers, links and codes in common, the rarer the more, 0 to 1.
    """

    shared: Floats
    alike: Floats
    signs: Floats


def candidates(left: Units, right: Units, count: int) -> Candidates:
    """The ``count`` nearest right documents of each left one as a whole, and the other way round."""
    there = nearest_blocks(left.whole, right.whole, count)
    back = nearest_blocks(right.whole, left.whole, count)
    lefts = np.concatenate([np.repeat(np.arange(len(left)), there.rows.shape[1]), back.rows.ravel()])
    rights = np.concatenate([there.rows.ravel(), np.repeat(np.arange(len(right)), back.rows.shape[1])])
    scores = np.concatenate([there.scores.ravel(), back.scores.ravel()])
    _, first = np.unique(lefts.astype(np.int64) * len(right) + rights, return_index=True)
    return Candidates(lefts[first], rights[first], scores[first].astype(np.float64))


def evidence(left: Units, right: Units, pairs: Candidates, calibration: Calibration | None) -> Evidence:
    """Look at candidate pairs sentence by sentence.

    Args:
        left: the left documents.
        right: the right ones.
        pairs: which to look at.
        calibration: what tells whether two sentences mean the same; None takes from the documents what is usual by chance.
    """
    shared = np.zeros(len(pairs.lefts))
    judge = _Judge(left, right, calibration)
    ours, theirs = _Opened(left), _Opened(right)
    for start in range(0, len(shared), _BLOCK):
        some = slice(start, start + _BLOCK)
        shared[some] = _shared(ours, theirs, pairs.lefts[some], pairs.rights[some], judge)
    return Evidence(shared, pairs.alike, _signs(left, right, pairs))


def probabilities(pairs: Candidates, found: Evidence, lefts: int, rights: int) -> Floats:
    """That the two documents of a pair are counterparts."""
    log_odds = terms(pairs, found, lefts, rights) @ WEIGHTS
    result: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return result


def terms(pairs: Candidates, found: Evidence, lefts: int, rights: int) -> Floats:
    """What the log-odds are a sum of: ``TERMS`` of each pair, (m, 5)."""

    def out(values: Floats, usual: float) -> Floats:
        """By how much a pair stands out from the best other one of either document, and from what is usual by chance."""
        others = np.maximum(_best_other(pairs.lefts, values, lefts), _best_other(pairs.rights, values, rights))
        return values - np.maximum(others, usual)

    level = np.log(found.shared + _LEAST)
    return np.stack(
        [
            np.ones(len(level)),
            out(level, np.log(_USUAL_SHARED + _LEAST)),
            found.alike,
            out(found.alike, _USUAL_ALIKE),
            out(found.signs, _USUAL_SIGNS),
        ],
        axis=1,
    )


def _best_other(owners: Ints, values: Floats, count: int) -> Floats:
    """For each pair the best value of another pair of the same document; minus infinity where there is none."""
    order = np.lexsort((values, owners))
    ends = np.searchsorted(owners[order], np.arange(count), side="right") - 1
    best = np.full(count, -np.inf)
    second = np.full(count, -np.inf)
    has = np.bincount(owners, minlength=count)
    best[has > 0] = values[order[ends[has > 0]]]
    second[has > 1] = values[order[ends[has > 1] - 1]]
    result: Floats = np.where(values >= best[owners], second[owners], best[owners])
    return result


class _Judge:
    """Whether sentences that are nearest to each other mean the same."""

    def __init__(self, left: Units, right: Units, calibration: Calibration | None) -> None:
        self._calibration = calibration
        self._chance = 0.0 if calibration is not None else _chance(left, right)

    def __call__(self, cosines: Floats, langs: list[tuple[str | None, str | None]], sizes: Floats) -> Floats:
        if self._calibration is not None:
            lefts, rights = [a for a, _ in langs], [b for _, b in langs]
            return self._calibration.probabilities(cosines, lefts, rights, sizes)
        result: Floats = np.clip(2 * (cosines - self._chance) / max(1e-6, 1 - self._chance), 0.0, 1.0)
        return result


def _chance(left: Units, right: Units) -> float:
    """How near sentences of documents that have nothing to do with each other come by chance."""
    random = np.random.default_rng(1)
    best: list[float] = []
    for one, other in zip(random.integers(len(left), size=20), random.integers(len(right), size=20), strict=True):
        products = as_floats(left.vectors[left.of(one)]) @ as_floats(right.vectors[right.of(other)]).T
        best += products.max(axis=1).tolist()[: _SAMPLED // 20]
    # Some of these documents may be counterparts after all.
    return float(np.clip(np.quantile(best, _CHANCE) if len(left) * len(right) > _SAMPLED else 0.5, 0.3, 0.8))


class _Opened:
    """The documents of a side, their vectors as float32: those used lately are kept, as turning them takes half of the time."""

    def __init__(self, units: Units) -> None:
        self.units = units
        self._kept: dict[int, Vectors] = {}

    def vectors(self, document: int) -> Vectors:
        found = self._kept.get(document)
        if found is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[document] = as_floats(self.units.vectors[self.units.of(document)])
        return found


def _shared(left: _Opened, right: _Opened, lefts: Ints, rights: Ints, judge: _Judge) -> Floats:
    cosines, langs, sizes, masses, owners = [], [], [], [], []
    for place, (one, other) in enumerate(zip(lefts.tolist(), rights.tolist(), strict=True)):
        products = left.vectors(one) @ right.vectors(other).T
        near = products - _APART * np.abs(_places(products.shape[0])[:, None] - _places(products.shape[1])[None, :])
        forth, back = near.argmax(axis=1), near.argmax(axis=0)
        rows = np.flatnonzero(back[forth] == np.arange(len(forth)))
        columns = forth[rows]
        here, there = left.units.of(one), right.units.of(other)
        ours, theirs = left.units.weights[here], right.units.weights[there]
        cosines.append(products[rows, columns])
        sizes.append(np.minimum(left.units.sizes[here][rows], right.units.sizes[there][columns]))
        masses.append((ours[rows] + theirs[columns]) / (ours.sum() + theirs.sum()))
        langs += [(left.units.langs[one], right.units.langs[other])] * len(rows)
        owners.append(np.full(len(rows), place))
    likely = judge(np.concatenate(cosines).astype(np.float64), langs, np.concatenate(sizes))
    result: Floats = np.bincount(np.concatenate(owners), likely * np.concatenate(masses), len(lefts)).astype(np.float64)
    return result


def _places(count: int) -> Floats:
    result: Floats = (np.arange(count) + 0.5) / count
    return result


def _signs(left: Units, right: Units, pairs: Candidates) -> Floats:
    every = np.concatenate([*left.signs, *right.signs, np.empty(0, np.int64)])
    names, counts = np.unique(every, return_counts=True)
    rarity = np.log((len(left) + len(right) + 1) / counts)

    def worth(signs: Ints) -> float:
        return float(rarity[np.searchsorted(names, signs)].sum())

    here, there = [worth(signs) for signs in left.signs], [worth(signs) for signs in right.signs]
    found = np.zeros(len(pairs.lefts))
    for place, (one, other) in enumerate(zip(pairs.lefts.tolist(), pairs.rights.tolist(), strict=True)):
        both = np.intersect1d(left.signs[one], right.signs[other], assume_unique=True)
        # A few more that count on either side, so that one date in common is not everything.
        found[place] = worth(both) / (np.sqrt(here[one] * there[other]) + rarity.max(initial=1.0))
    return found
