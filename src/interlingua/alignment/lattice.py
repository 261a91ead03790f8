"""All alignments within a band: the best one, and how probable each bead is among all.

An alignment is a path of beads from node (0, 0) to (n, m); its score is the sum of its beads' scores, which are log-odds up to a
constant. The sum over all paths (forward and backward, as in a conditional random field) gives each bead's posterior
probability. Everything goes row by row: time and memory grow with the number of nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.band import Band

Floats = NDArray[np.float64]


class Step(NamedTuple):
    """A bead in a path.

    Attributes:
        row: how many source sentences are done after it.
        column: how many target sentences.
        source: how many source sentences it has.
        target: how many target sentences.
        place: its end's node in the flat arrays.
    """

    row: int
    column: int
    source: int
    target: int
    place: int


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Scored beads.

    Attributes:
        band: which nodes there are.
        kinds: the sizes of beads with both sides, (source, target) sentences.
        scores: of the bead of each kind that ends at each node, (kinds, nodes); -inf where there is none.
        skip_source: the score of leaving a source sentence alone, (n,).
        skip_target: of leaving a target sentence alone, (m,).
    """

    band: Band
    kinds: tuple[tuple[int, int], ...]
    scores: Floats
    skip_source: Floats
    skip_target: Floats

    def best(self) -> list[Step]:
        """The alignment with the largest score."""
        band = self.band
        totals = np.full(band.size, -np.inf)
        came = np.zeros(band.size, dtype=np.int8)  # a kind; then the skips
        before = np.concatenate([[0.0], np.cumsum(self.skip_target)])
        down, right = len(self.kinds), len(self.kinds) + 1
        for row in range(len(band.lows)):
            here = slice(int(band.starts[row]), int(band.starts[row + 1]))
            table = self._arrivals(totals, row)
            kind = table.argmax(axis=0)
            value = table[kind, np.arange(table.shape[1])]
            offset = before[band.lows[row] : band.highs[row]]
            # Compared before the offset is added again, whose rounding would make differences where there are none.
            reached = np.maximum.accumulate(value - offset)
            came[here] = np.where(reached > value - offset, right, kind)
            totals[here] = reached + offset
        return self._traced(came, down, right)

    def log_total(self) -> float:
        """The logarithm of the sum over all alignments of e to the score."""
        return float(self._forward()[-1])

    def posteriors(self) -> tuple[Floats, Floats, Floats]:
        """How probable each bead is among all alignments.

        Returns:
            That of each bead with two sides, shape (kinds, nodes); of each source sentence left alone, (n,); of each target
            sentence left alone, (m,).
        """
        forward, backward = self._forward(), self._backward()
        whole = forward[-1]
        band, found = self.band, np.zeros(self.scores.shape)
        for kind, (a, b) in enumerate(self.kinds):
            begins = band.shifted(-a, -b)
            ends = np.flatnonzero(np.isfinite(self.scores[kind]) & (begins >= 0))
            begins = begins[ends]
            found[kind, ends] = np.exp(forward[begins] + self.scores[kind, ends] + backward[ends] - whole)
        nodes = np.arange(band.size)
        alone = []
        for (a, b), skips in (((1, 0), self.skip_source), ((0, 1), self.skip_target)):
            begins = band.shifted(-a, -b)
            ends, begins = nodes[begins >= 0], begins[begins >= 0]
            rows = (band.rows if a else band.columns)[ends] - 1
            shares = np.exp(forward[begins] + skips[rows] + backward[ends] - whole)
            alone.append(np.bincount(rows, shares, minlength=len(skips)).astype(np.float64))
        return found, alone[0], alone[1]

    def _arrivals(self, totals: Floats, row: int) -> Floats:
        """The totals with which beads of each kind, and skips of a source sentence, arrive at a row: (kinds + 1, columns)."""
        band = self.band
        low, high, start = int(band.lows[row]), int(band.highs[row]), int(band.starts[row])
        table = np.full((len(self.kinds) + 1, high - low), -np.inf)
        for at, (a, b) in enumerate((*self.kinds, (1, 0))):
            if row < a:
                continue
            above = row - a
            first, last = max(low, int(band.lows[above]) + b), min(high, int(band.highs[above]) + b)
            if first >= last:
                continue
            begin = int(band.starts[above]) + first - b - int(band.lows[above])
            score = self.skip_source[row - 1] if b == 0 else self.scores[at, start + first - low : start + last - low]
            table[at, first - low : last - low] = totals[begin : begin + last - first] + score
        if row == 0 and low == 0:
            table[-1, 0] = 0.0
        return table

    def _forward(self) -> Floats:
        band = self.band
        totals = np.full(band.size, -np.inf)
        before = np.concatenate([[0.0], np.cumsum(self.skip_target)])
        for row in range(len(band.lows)):
            value = _summed(self._arrivals(totals, row))
            offset = before[band.lows[row] : band.highs[row]]
            totals[band.starts[row] : band.starts[row + 1]] = np.logaddexp.accumulate(value - offset) + offset
        return totals

    def _backward(self) -> Floats:
        band = self.band
        totals = np.full(band.size, -np.inf)
        before = np.concatenate([[0.0], np.cumsum(self.skip_target)])
        last_row = len(band.lows) - 1
        for row in range(last_row, -1, -1):
            low, high = int(band.lows[row]), int(band.highs[row])
            table = np.full((len(self.kinds) + 1, high - low), -np.inf)
            for at, (a, b) in enumerate((*self.kinds, (1, 0))):
                below = row + a
                if below > last_row:
                    continue
                first, last = max(low, int(band.lows[below]) - b), min(high, int(band.highs[below]) - b)
                if first >= last:
                    continue
                begin = int(band.starts[below]) + first + b - int(band.lows[below])
                ends = slice(begin, begin + last - first)
                score = self.skip_source[row] if b == 0 else self.scores[at, ends]
                table[at, first - low : last - low] = totals[ends] + score
            if row == last_row:
                table[-1, -1] = 0.0
            offset = -before[low:high]
            value = (_summed(table) - offset)[::-1]
            totals[band.starts[row] : band.starts[row + 1]] = np.logaddexp.accumulate(value)[::-1] + offset
        return totals

    def _traced(self, came: NDArray[np.int8], down: int, right: int) -> list[Step]:
        band = self.band
        row, column = len(band.lows) - 1, int(band.highs[-1]) - 1
        steps = []
        while row or column:
            place = int(band.starts[row]) + column - int(band.lows[row])
            kind = int(came[place])
            a, b = (1, 0) if kind == down else (0, 1) if kind == right else self.kinds[kind]
            steps.append(Step(row, column, a, b, place))
            row, column = row - a, column - b
        return steps[::-1]


def _summed(table: Floats) -> Floats:
    """The logarithm of the sum of exponentials over the first axis."""
    top = table.max(axis=0)
    finite = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        summed: Floats = np.log(np.exp(table - finite).sum(axis=0)) + finite
    return summed
