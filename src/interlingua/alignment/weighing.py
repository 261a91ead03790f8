"""What speaks for and against each bead within a band, weighed: a score in log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.alikeness import Scale, cosines
from interlingua.alignment.band import Band, Ints
from interlingua.alignment.lattice import Lattice
from interlingua.alignment.traces import kept, shared_marks, unfinished
from interlingua.alignment.weights import GENERAL, BeadWeights, Weights
from interlingua.alignment.windows import Windows
from interlingua.types import Vectors

Floats = NDArray[np.float64]

# The spread of the logarithm of lengths: of languages, and of short texts (see ``inspection/lengths.py``).
_SPREAD, _SHORT_SPREAD = 0.04, 0.9
_LARGEST_Z = 4.0
_MOST_TORN = 6.0
_LOW = 0.6
_SHORTEST, _USUAL, _LONGEST = 5.0, 60.0, 400.0
_NOTHING = -9.0


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is seen of a text and its counterpart without a model.

    Attributes:
        shared: the number of marks of each pair of sentences, of either side, at the node after them: two of shape (nodes,).
        in_source: the sum of each source sentence's marks in the band, (n,).
        in_target: of each target sentence's, (m,).
        open_source: which source sentences go on in the next, (n,).
        open_target: which target sentences do, (m,).
    """

    shared: tuple[Vectors, Vectors]
    in_source: Floats
    in_target: Floats
    open_source: NDArray[np.bool_]
    open_target: NDArray[np.bool_]

    @classmethod
    def of(cls, source: Sequence[str], target: Sequence[str], band: Band) -> Marks:
        """Look at the sentences of both sides."""
        ours, theirs = shared_marks(source, target, band)
        in_source = np.bincount(band.rows, ours, minlength=len(source) + 1)[1:].astype(np.float64)
        in_target = np.bincount(band.columns, theirs, minlength=len(target) + 1)[1:].astype(np.float64)
        return cls((ours, theirs), in_source, in_target, unfinished(source), unfinished(target))


class Weigher:
    """Features of the beads in a band.

    Args:
        band: which nodes there are.
        kinds: the sizes of beads with both sides.
        source: the runs of source sentences.
        target: of target sentences.
        scale: what is usual in the two documents.
        marks: what is seen without a model.
    """

    def __init__(
        self,
        band: Band,
        kinds: tuple[tuple[int, int], ...],
        source: Windows,
        target: Windows,
        scale: Scale,
        marks: Marks,
    ) -> None:
        self.band, self.kinds = band, kinds
        self._source, self._target, self._scale, self._marks = source, target, scale, marks
        self._rows, self._columns = band.rows, band.columns
        self._alike = {
            kind: (found - scale.other) / scale.gap for kind, found in cosines(band, kinds, source, target).items()
        }
        self._places: dict[tuple[int, int], Ints] = {}
        self._kept = [kept(shares, kinds, band) for shares in marks.shared]

    def valid(self, kind: tuple[int, int]) -> NDArray[np.bool_]:
        """At which nodes a bead of a kind can end, (nodes,)."""
        found: NDArray[np.bool_] = np.isfinite(self._alike[kind])
        return found

    def features(self, kind: tuple[int, int]) -> Vectors:
        """The features of the beads of a kind, in the order of ``BeadWeights``: (features, nodes)."""
        a, b = kind
        alike = np.where(self.valid(kind), self._alike[kind], 0.0)
        sizes_a = np.maximum(self._source.sizes[a - 1], 1.0)[np.maximum(self._rows - 1, 0)]
        sizes_b = np.maximum(self._target.sizes[b - 1], 1.0)[np.maximum(self._columns - 1, 0)]
        shorter = np.minimum(sizes_a, sizes_b)
        size = np.log(np.clip(shorter, _SHORTEST, _LONGEST) / _USUAL)
        spread = np.sqrt(_SPREAD + _SHORT_SPREAD / shorter)
        length = np.minimum(np.abs(np.log(sizes_b / sizes_a) - self._scale.ratio) / spread, _LARGEST_Z)
        less, more = self._compared(alike, kind)
        found = np.zeros((len(BeadWeights._fields), self.band.size), dtype=np.float32)
        found[:-6] = (
            alike,
            np.maximum(_LOW - alike, 0.0),
            self._beside(kind),
            less,
            more,
            size,
            size * alike,
            length,
            np.minimum(self._torn(kind), _MOST_TORN),
            self._open(self._marks.open_source, self._rows) + self._open(self._marks.open_target, self._columns),
        )
        found[-6:] = np.array(_kind_features(a, b))[:, None]
        return found

    def skip_features(self) -> tuple[Floats, Floats]:
        """The features of sentences without counterparts, in the order of ``SkipWeights``: (features, n) and (features, m)."""
        alike = np.nan_to_num(self._alike[1, 1], nan=-1.0)
        sides = []
        for places, windows, marks, unfinished_ in (
            (self._rows, self._source, self._marks.in_source, self._marks.open_source),
            (self._columns, self._target, self._marks.in_target, self._marks.open_target),
        ):
            near = np.full(len(marks) + 1, -1.0)
            np.maximum.at(near, places, alike)
            size = np.log(np.clip(windows.sizes[0], _SHORTEST, _LONGEST) / _USUAL)
            torn = np.minimum(marks, _MOST_TORN)
            sides.append(np.stack([np.ones(len(marks)), size, torn, unfinished_, near[1:], near[1:] * size]))
        return sides[0], sides[1]

    def lattice(self, weights: Weights = GENERAL) -> Lattice:
        """All beads with their scores."""
        beads, skips = np.array(weights.beads, dtype=np.float32), np.array(weights.skips)
        scores = np.full((len(self.kinds), self.band.size), -np.inf)
        for at, kind in enumerate(self.kinds):
            good = self.valid(kind)
            scores[at, good] = (beads @ self.features(kind))[good]
        ours, theirs = self.skip_features()
        return Lattice(self.band, self.kinds, scores, skips @ ours, skips @ theirs)

    def _at(self, kind: tuple[int, int], down: int, right: int, otherwise: float) -> Vectors:
        """How alike the texts of the beads of a kind are that end so many rows down and columns to the right."""
        places = self._places.get((down, right))
        if places is None:
            places = self.band.shifted(down, right)
            if abs(down) + abs(right) <= 1:  # they are asked for again and again
                self._places[down, right] = places
        found = np.where(places >= 0, self._alike[kind][places], np.nan)
        return np.nan_to_num(found, nan=otherwise).astype(np.float32)

    def _beside(self, kind: tuple[int, int]) -> Vectors:
        a, b = kind
        # Where there is no sentence, 0 stands in, which is what is usual of neighbours.
        looks = [
            self._at((a, 1), 0, 1, 0.0),
            self._at((a, 1), 0, -b, 0.0),
            self._at((1, b), 1, 0, 0.0),
            self._at((1, b), -a, 0, 0.0),
        ]
        result: Vectors = np.mean(looks, axis=0)
        return result

    def _compared(self, alike: Vectors, kind: tuple[int, int]) -> tuple[Vectors, Vectors]:
        """How much more alike a bead is than the best with a sentence less, and the best with a sentence more than it."""
        a, b = kind
        smaller = [
            self._at(part, *end, _NOTHING)
            for part, end in (
                ((a - 1, b), (0, 0)),
                ((a - 1, b), (-1, 0)),
                ((a, b - 1), (0, 0)),
                ((a, b - 1), (0, -1)),
            )
            if part in self._alike
        ]
        larger = [
            self._at(whole, *end, _NOTHING)
            for whole, end in (
                ((a + 1, b), (0, 0)),
                ((a + 1, b), (1, 0)),
                ((a, b + 1), (0, 0)),
                ((a, b + 1), (0, 1)),
            )
            if whole in self._alike
        ]
        return _difference(alike, _largest(smaller, alike), 1), _difference(alike, _largest(larger, alike), -1)

    def _torn(self, kind: tuple[int, int]) -> Floats:
        a, b = kind
        (ours, theirs), marks = self._kept, self._marks
        left = _run_sums(marks.in_source, a, self._rows) - ours[kind]
        right = _run_sums(marks.in_target, b, self._columns) - theirs[kind]
        result: Floats = left + right
        return result

    @staticmethod
    def _open(unfinished_: NDArray[np.bool_], places: Ints) -> Vectors:
        result: Vectors = np.concatenate([[False], unfinished_])[places].astype(np.float32)
        return result


def kinds_up_to(longest: int) -> tuple[tuple[int, int], ...]:
    """The sizes of beads with both sides: up to ``longest`` sentences on a side, and two more in all."""
    sides = range(1, longest + 1)
    return tuple((a, b) for a in sides for b in sides if a + b <= longest + 2)


def _kind_features(a: int, b: int) -> tuple[float, ...]:
    total, single = a + b, min(a, b) == 1
    return (
        float(total == 2),
        float(total == 3),
        float(total > 3 and single),
        (total - 4.0) * (total > 4 and single),
        float(not single),
        (total - 4.0) * (not single),
    )


def _largest(tables: list[Vectors], like: Vectors) -> Vectors:
    return np.maximum.reduce(tables) if tables else np.full_like(like, _NOTHING)


def _difference(alike: Vectors, other: Vectors, sign: int) -> Vectors:
    result: Vectors = np.where(other > _NOTHING + 1, np.clip(sign * (alike - other), -1.0, 1.0), 0.0)
    return result


def _run_sums(values: Floats, length: int, ends: Ints) -> Floats:
    """The sums of runs of values that end before each of ``ends``; 0 where they would begin before the first."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    result: Floats = np.where(ends >= length, sums[ends] - sums[np.maximum(ends - length, 0)], 0.0)
    return result
