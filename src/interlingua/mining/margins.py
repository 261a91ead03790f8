"""Margin scores, and which candidates they pick.

A cosine alone does not say whether a pair is a translation: around some sentences everything is near. The margin sets it
against the mean cosine of both sentences' k nearest (Artetxe and Schwenk 2019, "Margin-based Parallel Corpus Mining with
Multilingual Sentence Embeddings"; the names are LASER's).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from interlingua.mining.candidates import BothWays, Candidates, Flags, Floats, Ints, mean_of_nearest

Margin = Literal["ratio", "distance", "absolute"]
"""What a cosine is set against the neighbourhood's mean with: the quotient, the difference, or nothing."""

Retrieval = Literal["max", "intersection", "forward", "backward"]
"""Which candidates are pairs: each source's best, each target's best, both at once, or either."""

_LEAST = 1e-6


def margin_scores(pairs: Candidates, found: BothWays, margin: Margin, k: int) -> Floats:
    """The margin of each candidate, (c,): about 1 upwards for ``ratio``, 0 upwards for ``distance``.

    Args:
        pairs: the candidates.
        found: the nearest both ways, from which they come.
        margin: how.
        k: how many nearest the mean is over; fewer where there are not as many.
    """
    if margin == "absolute":
        return pairs.cosines
    forward, backward = mean_of_nearest(found.forward, k), mean_of_nearest(found.backward, k)
    mean = (forward[pairs.sources] + backward[pairs.targets]) / 2
    if margin == "distance":
        return pairs.cosines - mean
    # Centred vectors may have no neighbours at all that are alike: a quotient by nothing would say everything.
    result: Floats = pairs.cosines / np.maximum(mean, _LEAST)
    return result


def best_of_each(sides: Ints, scores: Floats, others: Ints, used: Flags) -> Flags:
    """Which candidates are the best of their sentence, (c,); of equal ones that with the lowest other row.

    Args:
        sides: (c,), the row of the sentence on the side that chooses.
        scores: (c,), higher is better.
        others: (c,), the row on the other side.
        used: (c,), which candidates it may choose from.
    """
    best = np.zeros(len(sides), dtype=np.bool_)
    rows = np.flatnonzero(used)
    order = rows[np.lexsort((others[rows], -scores[rows], sides[rows]))]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = sides[order[1:]] != sides[order[:-1]]
    best[order[first]] = True
    return best


def retrieved(pairs: Candidates, scores: Floats, retrieval: Retrieval) -> Flags:
    """Which candidates a way of retrieval picks, (c,).

    Args:
        pairs: the candidates.
        scores: (c,), higher is better.
        retrieval: the way.
    """
    forward = best_of_each(pairs.sources, scores, pairs.targets, pairs.forward)
    if retrieval == "forward":
        return forward
    backward = best_of_each(pairs.targets, scores, pairs.sources, pairs.backward)
    if retrieval == "backward":
        return backward
    return forward & backward if retrieval == "intersection" else forward | backward


def once_each(pairs: Candidates, scores: Floats, picked: Flags) -> Flags:
    """Of the picked candidates those that are left when each sentence is used once, the best pairs first, (c,)."""
    kept = np.zeros(len(pairs), dtype=np.bool_)
    rows = np.flatnonzero(picked)
    order = rows[np.lexsort((pairs.targets[rows], pairs.sources[rows], -scores[rows]))]
    sources, targets = set[int](), set[int]()
    for row, source, target in zip(
        order.tolist(), pairs.sources[order].tolist(), pairs.targets[order].tolist(), strict=True
    ):
        if source not in sources and target not in targets:
            sources.add(source)
            targets.add(target)
            kept[row] = True
    return kept
