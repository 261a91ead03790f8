"""Mining spelled out over the full matrix of cosines, pair by pair: what the library's answers are held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from interlingua.mining.candidates import BothWays
from interlingua.mining.evidence import Spread, Weights
from interlingua.mining.sentences import Sentences
from interlingua.neighbours import Neighbours

Matrix = NDArray[np.float64]
Pairs = set[tuple[int, int]]

KEPT = 8


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def cosines_of(source: NDArray[np.float32], target: NDArray[np.float32]) -> Matrix:
    return (source.astype(np.float32) @ target.astype(np.float32).T).astype(np.float64)


def nearest_of(row: NDArray[np.float64], k: int) -> list[int]:
    """The k best, of equal ones the first."""
    return sorted(range(len(row)), key=lambda at: (-row[at], at))[:k]


def found_of(cosines: Matrix, k: int = KEPT) -> BothWays:
    """The nearest both ways, of equal ones the first."""

    def one_way(matrix: Matrix) -> Neighbours:
        few = min(k, matrix.shape[1])
        rows = np.array([nearest_of(row, few) for row in matrix], dtype=np.int64).reshape(len(matrix), few)
        return Neighbours(np.take_along_axis(matrix, rows, axis=1).astype(np.float32), rows)

    return BothWays(one_way(cosines), one_way(cosines.T))


def margins(cosines: Matrix, margin: str, k: int) -> Matrix:
    """Artetxe and Schwenk 2019, equations 2 and 3: margin(cos(x, y), half the mean of x's k nearest and half that of y's)."""
    n, m = cosines.shape
    result = np.empty((n, m))
    for x in range(n):
        for y in range(m):
            near_x = sorted(cosines[x, :], reverse=True)[:k]
            near_y = sorted(cosines[:, y], reverse=True)[:k]
            mean = sum(near_x) / (2 * len(near_x)) + sum(near_y) / (2 * len(near_y))
            a = cosines[x, y]
            result[x, y] = {"absolute": a, "distance": a - mean, "ratio": a / max(mean, 1e-6)}[margin]
    return result


def log_odds(cosines: Matrix, spread: Spread, weights: Weights) -> tuple[Matrix, NDArray[np.bool_]]:
    """Of vectors alone; and which pairs are nearer than the others around them."""
    n, m = cosines.shape
    result, good = np.empty((n, m)), np.empty((n, m), dtype=np.bool_)
    for x in range(n):
        for y in range(m):
            around_x = sorted((cosines[x, other] for other in range(m) if other != y), reverse=True)[:4]
            around_y = sorted((cosines[other, y] for other in range(n) if other != x), reverse=True)[:4]
            crowd = (sum(around_x) / max(1, len(around_x)) + sum(around_y) / max(1, len(around_y))) / 2
            near, crowded = ((value - spread.mean) / spread.deviation for value in (cosines[x, y], crowd))
            result[x, y] = weights.constant + weights.cosine * near + weights.crowd * crowded
            good[x, y] = cosines[x, y] > crowd
    return result, good


def best_pairs(scores: Matrix, lists: Callable[[int], list[int]]) -> Pairs:
    """For each row the best of its list, of equal ones the first."""
    return {(row, min(lists(row), key=lambda at: (-scores[row, at], at))) for row in range(len(scores)) if lists(row)}


def retrieved(cosines: Matrix, scores: Matrix, retrieval: str, k: int, good: NDArray[np.bool_] | None = None) -> Pairs:
    """The pairs of a way of retrieval, among the k nearest of each sentence."""
    usable = np.ones(cosines.shape, dtype=np.bool_) if good is None else good
    forward = best_pairs(scores, lambda x: [y for y in nearest_of(cosines[x], k) if usable[x, y]])
    turned = best_pairs(scores.T, lambda y: [x for x in nearest_of(cosines[:, y], k) if usable[x, y]])
    backward = {(x, y) for y, x in turned}
    ways = {
        "forward": forward,
        "backward": backward,
        "intersection": forward & backward,
        "max": forward | backward,
    }
    return ways[retrieval]


def used_once(pairs: Pairs, scores: Matrix) -> Pairs:
    """The best first, each sentence once."""
    kept: Pairs = set()
    for x, y in sorted(pairs, key=lambda pair: (-scores[pair], pair)):
        if all(x != one and y != other for one, other in kept):
            kept.add((x, y))
    return kept


def sentences(vectors: NDArray[np.float32], name: str = "s") -> Sentences:
    """A side of which only the vectors matter."""
    count = len(vectors)
    return Sentences(
        [f"{name} {row}" for row in range(count)],
        [None] * count,
        np.arange(count, dtype=np.int64),
        vectors.astype(np.float16),
        Counter(),
        "none",
    )
