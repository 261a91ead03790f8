"""The one-to-one assignment of largest total weight on a sparse graph, exactly."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def assign(lefts: Ints, rights: Ints, weights: Floats, n_left: int, capacities: Ints) -> Ints:
    """Give each left node at most one right node so that the sum of the weights is as large as can be.

    Successive shortest augmenting paths with potentials (Jonker and Volgenant 1987, on a sparse graph). Each left node can
    also stay alone, at weight 0, so a search ends close to where it begins, and edges of weight 0 or less are never used.
    Among assignments of the same weight the order of the nodes decides.

    Args:
        lefts: (m,), the left node of each edge. An edge comes once.
        rights: (m,), its right node.
        weights: (m,), what it is worth.
        n_left: how many left nodes there are.
        capacities: (n_right,), how many left nodes a right node takes.

    Returns:
        (n_left,): the right node of each, or -1.
    """
    used = np.flatnonzero(weights > 0)
    used = used[np.lexsort((rights[used], -weights[used], lefts[used]))]
    starts = np.searchsorted(lefts[used], np.arange(n_left + 1))
    graph = _Graph(starts.tolist(), rights[used].tolist(), (-weights[used]).tolist(), capacities.tolist())
    # Who gets its best at once needs no search; who comes later may still push it aside.
    for left in range(n_left):
        if graph.starts[left] < graph.starts[left + 1]:
            graph.place(left)
    return np.array(graph.right_of, dtype=np.int64)


class _Graph:
    """The assignment so far, with the prices of right nodes that prove it best.

    Prices are at most 0, and 0 where a right node has room left.
    """

    def __init__(self, starts: list[int], rights: list[int], costs: list[float], capacities: list[int]) -> None:
        self.starts = starts
        self.rights = rights
        self.costs = costs
        self.capacities = capacities
        self.price = [0.0] * len(capacities)
        self.right_of = [-1] * (len(starts) - 1)
        self.edge_cost = [0.0] * (len(starts) - 1)
        """The cost of the edge that each left node has; 0 where it is alone."""
        self.holders: dict[int, list[int]] = {}

    def place(self, left: int) -> None:
        """Bring one more left node in: the cheapest way ends at a right node with room, or with somebody left alone."""
        best, leaver = 0.0, left  # staying alone costs 0
        room = -1
        distance: dict[int, float] = {}
        came_from: dict[int, tuple[int, float]] = {}
        done: dict[int, float] = {}
        queue: list[tuple[float, int]] = []
        self._reach(left, 0.0, done, distance, came_from, queue)
        while queue:
            length, right = heapq.heappop(queue)
            if length >= best:
                break
            if right in done:
                continue
            done[right] = length
            holders = self.holders.get(right, ())
            if len(holders) < self.capacities[right]:
                best, room = length, right
                break
            for holder in holders:
                # Its reduced cost of the edge it has is 0, so leaving that costs minus its own potential.
                potential = self.edge_cost[holder] - self.price[right]
                if length - potential < best:
                    best, leaver, room = length - potential, holder, -1
                self._reach(holder, length - potential, done, distance, came_from, queue)
        for right, length in done.items():
            if length < best:
                self.price[right] += length - best
        self._flip(left, leaver, room, came_from)

    def _reach(
        self,
        left: int,
        base: float,
        done: dict[int, float],
        distance: dict[int, float],
        came_from: dict[int, tuple[int, float]],
        queue: list[tuple[float, int]],
    ) -> None:
        for edge in range(self.starts[left], self.starts[left + 1]):
            right, cost = self.rights[edge], self.costs[edge]
            if right in done:  # rounding could make a way back to it look shorter
                continue
            length = base + cost - self.price[right]
            if length < distance.get(right, np.inf):
                distance[right] = length
                came_from[right] = (left, cost)
                heapq.heappush(queue, (length, right))

    def _flip(self, left: int, leaver: int, room: int, came_from: dict[int, tuple[int, float]]) -> None:
        """Move everybody along the path that ends where there is room, or at who is left alone."""
        if room < 0:
            if leaver == left:
                return
            room = self.right_of[leaver]
            self.holders[room].remove(leaver)
            self.right_of[leaver], self.edge_cost[leaver] = -1, 0.0
        while True:
            mover, cost = came_from[room]
            before = self.right_of[mover]
            self.holders.setdefault(room, []).append(mover)
            self.right_of[mover], self.edge_cost[mover] = room, cost
            if mover == left:
                return
            self.holders[before].remove(mover)
            room = before
