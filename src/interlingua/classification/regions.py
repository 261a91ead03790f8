"""As many regions of the space as rows are wanted: weighted k-means."""

from __future__ import annotations

import numpy as np

from interlingua.classification.heads import Floats, Ints

_ROUNDS = 20


def regions(points: Floats, weights: Floats, count: int, seed: int) -> Ints:
    """Divide points into regions with small weighted squared distances to their means.

    Lloyd's algorithm from the starts of k-means++ (Arthur and Vassilvitskii, 2007).

    Args:
        points: (n, d).
        weights: (n,), at least 0 and some above.
        count: how many regions, at most n.
        seed: of the starts.

    Returns:
        (n,), the region of each point; a region may be empty.
    """
    centres = points[_starts(points, weights, count, np.random.default_rng(seed))]
    found = np.full(len(points), -1)
    for _ in range(_ROUNDS):
        squares = (centres**2).sum(axis=1) - 2 * points @ centres.T
        nearest = squares.argmin(axis=1)
        if np.array_equal(nearest, found):
            break
        found = nearest
        belongs = (found[:, None] == np.arange(count)) * weights[:, None]
        mass = belongs.sum(axis=0)
        filled = mass > 0
        centres[filled] = (belongs.T @ points)[filled] / mass[filled, None]
    return found


def _starts(points: Floats, weights: Floats, count: int, generator: np.random.Generator) -> list[int]:
    """Points far from each other, those with more weight rather; each the best of a few that are drawn."""
    chosen = [int(generator.choice(len(points), p=weights / weights.sum()))]
    squares = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    tries = 2 + int(np.log(count))
    for _ in range(count - 1):
        odds = squares * weights
        total = odds.sum()
        # Where all is taken or the same, any will do.
        drawn = generator.choice(len(points), tries, p=odds / total if total > 0 else None)
        left = [np.minimum(squares, ((points - points[one]) ** 2).sum(axis=1)) for one in drawn]
        best = int(np.argmin([weights @ one for one in left]))
        chosen.append(int(drawn[best]))
        squares = left[best]
    return chosen
