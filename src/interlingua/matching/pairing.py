"""A left and a right list paired one to one: candidates from both sides, probabilities, and the best assignment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.matching.competition import Choice, crowd_of
from interlingua.matching.nearest_classes import Found, Pool, find
from interlingua.matching.one_to_one import Edges, assigned, marginals
from interlingua.matching.sides import BLOCK
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import Side

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Table(NamedTuple):
    """Candidates of left texts, best first, with their probabilities.

    Attributes:
        rows: (n, k), right rows; -1 where there are no more.
        centred: (n, k), centred cosines.
        probabilities: (n, k).
        none: (n,), the probability that nothing matches.
        matched: (n,) bool, whether the first candidate is taken.
    """

    rows: Ints
    centred: Floats
    probabilities: Floats
    none: Floats
    matched: NDArray[np.bool_]

    def part(self, start: int, stop: int) -> Table:
        """Some of the rows."""
        some = slice(start, stop)
        return Table(self.rows[some], self.centred[some], self.probabilities[some], self.none[some], self.matched[some])


class _Graph(NamedTuple):
    """Possible pairs of classes, sorted by left class, with the right row that stands for each and its centred cosine."""

    edges: Edges
    rows: Ints
    centred: Floats


def pair_up(
    left: Pool,
    right: Pool,
    k: int,
    calibration: Calibration,
    choice: Choice,
    *,
    prior: float,
    threshold: float,
    use_once: bool,
) -> Table:
    """Pair two lists one to one.

    Args:
        left: the left texts; classes are copies of one text.
        right: the right texts, in classes.
        k: how many candidates each class of either side brings.
        calibration: what makes evidence of cosines.
        choice: what makes odds of evidence.
        prior: the share of left texts that have a counterpart.
        threshold: the probability from which on pairs are wanted.
        use_once: a right class is used once; otherwise as often as it has texts, which then are copies.
    """
    graph = _graph(left, right, k, calibration, choice, prior)
    capacities = np.ones(len(right), dtype=np.int64) if use_once else right.sizes
    probabilities = marginals(graph.edges, left.sizes, capacities)
    by_row = np.argsort(left.classes, kind="stable")  # the copies of a left text in the order of their rows
    edge_of = np.empty(len(left.classes), dtype=np.int64)
    edge_of[by_row] = assigned(graph.edges, left.sizes, capacities, threshold)

    lists = _best_first(graph.edges.lefts, probabilities, len(left), k)[left.classes]
    _bring_forward(lists, edge_of)
    there = lists >= 0
    table = np.where(there, probabilities[lists], 0.0)
    rows = np.where(there, graph.rows[lists], -1)
    if not use_once:
        _deal_out(rows, edge_of, graph.edges.rights, right)
    return Table(
        rows,
        np.where(there, graph.centred[lists], -np.inf),
        table,
        np.maximum(1 - table.sum(axis=1), 0.0),
        (edge_of >= 0) & (table[:, 0] >= threshold),
    )


def _graph(left: Pool, right: Pool, k: int, calibration: Calibration, choice: Choice, prior: float) -> _Graph:
    forward = _in_blocks(left.side, left.firsts, right, k, calibration)
    # A right text that nobody has among their best would otherwise not get the left text that it is best for.
    backward = _in_blocks(right.side, np.arange(len(right.classes)), left, k, calibration)
    crowd, sizes = crowd_of(forward.evidence), left.side.sizes[left.firsts]
    a, b = forward.rows >= 0, backward.rows >= 0
    right_rows = np.concatenate([forward.rows[a], np.nonzero(b)[0]])
    lefts = np.concatenate([np.nonzero(a)[0], left.classes[backward.rows[b]]])
    rights = right.classes[right_rows]
    centred = np.concatenate([forward.centred[a], backward.centred[b]])
    evidence = np.concatenate([forward.evidence[a], backward.evidence[b]])
    # Of a pair of classes that comes several times, the best texts.
    order = np.lexsort((right_rows, -evidence, rights, lefts))
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(lefts[order]) != 0) | (np.diff(rights[order]) != 0)
    kept = order[new]
    log_odds = choice.log_odds(evidence[kept], crowd[lefts[kept]], sizes[lefts[kept]], prior)
    return _Graph(Edges(lefts[kept], rights[kept], log_odds), right_rows[kept], centred[kept])


def _in_blocks(asked: Side, rows: Ints, pool: Pool, k: int, calibration: Calibration) -> Found:
    parts = [find(asked, rows[start : start + BLOCK], pool, k, calibration) for start in range(0, len(rows), BLOCK)]
    return Found(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _best_first(lefts: Ints, probabilities: Floats, count: int, k: int) -> Ints:
    """The edges of each left node, (count, k), the most probable first; -1 where there are no more."""
    order = np.lexsort((-probabilities, lefts))
    starts = np.searchsorted(lefts[order], np.arange(count + 1))
    place = np.arange(len(order)) - starts[lefts[order]]
    result = np.full((count, k), -1, dtype=np.int64)
    kept = place < k
    result[lefts[order][kept], place[kept]] = order[kept]
    return result


def _bring_forward(lists: Ints, edge_of: Ints) -> None:
    """Put the edge that each text was given first in its list."""
    for text in np.flatnonzero((edge_of >= 0) & (lists[:, 0] != edge_of)).tolist():
        others = lists[text][lists[text] != edge_of[text]]
        lists[text] = np.concatenate([edge_of[text : text + 1], others])[: lists.shape[1]]


def _deal_out(rows: Ints, edge_of: Ints, rights: Ints, right: Pool) -> None:
    """Give the copies of a right text to those that it was given to, each its own."""
    given = np.flatnonzero(edge_of >= 0)
    classes = rights[edge_of[given]]
    for number in np.unique(classes[right.sizes[classes] > 1]).tolist():
        takers = given[classes == number]
        rows[takers, 0] = np.flatnonzero(right.classes == number)[: len(takers)]
