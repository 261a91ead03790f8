"""One-to-one matching: probabilities under the condition that nothing is used twice, and the best assignment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.matching.assignment import assign

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROUNDS = 100
_CONVERGED = 1e-4
_LARGEST = 30.0
"""Log-odds count as at most this: the arithmetic stays finite."""

_FORCED = -60.0
"""What being alone is worth where every pair is wanted, however improbable."""


class Edges(NamedTuple):
    """Pairs that are possible.

    Attributes:
        lefts: (m,), the left node.
        rights: (m,), the right node.
        log_odds: (m,), of the pair against both being alone.
    """

    lefts: Ints
    rights: Ints
    log_odds: Floats


def marginals(edges: Edges, left_copies: Ints, right_copies: Ints) -> Floats:
    """The probability of each pair in a random one-to-one matching that weighs the product of its pairs' odds.

    Belief propagation on the monomer-dimer model (Bayati, Gamarnik, Katz, Nair and Tetali 2007): exact where the graph is a
    tree; the probabilities of a node's pairs never add up to more than 1.

    Args:
        edges: the pairs, each once.
        left_copies: (n_left,), for how many equal texts a left node stands.
        right_copies: (n_right,), likewise.

    Returns:
        (m,): that a left node's text is paired with one of the right node's, any copy for any copy.
    """
    odds = np.exp(np.clip(edges.log_odds, -_LARGEST, _LARGEST))
    lefts, rights = edges.lefts, edges.rights
    of_left, of_right = left_copies[lefts], right_copies[rights]
    # The message of a node over an edge: how likely the node is free if that edge were not there. Copies of a node send the
    # same messages, so they are counted instead of being drawn.
    from_right = np.ones(len(odds))
    from_left = np.ones(len(odds))
    for _ in range(_ROUNDS):
        before = from_right
        from_left = _damped(from_left, _free(lefts, odds * from_right, of_right, len(left_copies)))
        from_right = _damped(from_right, _free(rights, odds * from_left, of_left, len(right_copies)))
        if np.abs(from_right - before).max(initial=0.0) < _CONVERGED:
            break
    totals = np.bincount(lefts, odds * from_right * of_right, len(left_copies))
    one_copy = odds * from_right / (1 + totals[lefts])
    # That one left copy gets one right copy; that it gets any of them, or that any equal left text does, answers the same.
    result: Floats = np.minimum(one_copy * of_right * of_left, 1.0)
    return result


def _free(nodes: Ints, flows: Floats, copies: Ints, count: int) -> Floats:
    others = np.bincount(nodes, flows * copies, count)[nodes] - flows
    result: Floats = 1 / (1 + np.maximum(others, 0.0))
    return result


def _damped(before: Floats, now: Floats) -> Floats:
    # Undamped, messages swing between an upper and a lower bound; the geometric middle settles quickly.
    result: Floats = np.sqrt(before * now)
    return result


def assigned(edges: Edges, left_copies: Ints, right_copies: Ints, threshold: float) -> Ints:
    """The edge that each left text gets, -1 where it stays alone: the assignment of largest total log-odds.

    Args:
        edges: the pairs.
        left_copies: (n_left,), how many texts each left node stands for.
        right_copies: (n_right,), how many left texts each right node takes.
        threshold: the probability from which on pairs are wanted. Below 0.5 it also is the probability of a pair that is as
            good as none.

    Returns:
        (sum of left_copies,): for the copies of left node 0, then those of 1, and so on.
    """
    # A threshold above one half asks for surer pairs, not for another assignment.
    alone = 0.0 if threshold >= 0.5 else _FORCED if threshold <= 0.0 else np.log(threshold / (1 - threshold))
    order = np.argsort(edges.lefts, kind="stable")
    lefts, rights = edges.lefts[order], edges.rights[order]
    starts = np.searchsorted(lefts, np.arange(len(left_copies) + 1))
    node_of = np.repeat(np.arange(len(left_copies)), left_copies)
    degree = np.diff(starts)[node_of]
    # Each copy has the edges of its node.
    copy = np.repeat(np.arange(len(node_of)), degree)
    within = np.arange(len(copy)) - np.repeat(np.cumsum(degree) - degree, degree)
    edge = starts[node_of][copy] + within
    weights = np.clip(edges.log_odds[order][edge], -_LARGEST, _LARGEST) - alone
    chosen = assign(copy, rights[edge], weights, len(node_of), right_copies)
    result = np.full(len(node_of), -1, dtype=np.int64)
    given = chosen[copy] == rights[edge]
    result[copy[given]] = order[edge[given]]
    return result
