"""How many texts of a collection have a duplicate at all: what is likely among many is unlikely among few."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from interlingua.deduplication.candidates import Candidates

_SAMPLE = 4096
_ROUNDS = 200

_FEW = 100
"""What so many texts show is believed by half; the other half is even odds."""


def with_duplicates(candidates: Candidates, keys: NDArray[np.int64], *, fixed: int, within: bool) -> float:
    """The share of texts that are duplicates of others, at most a half, estimated on a sample.

    Each text's best probability holds if half of the texts have a duplicate. The share that the probabilities add up to is put in
    that place, and so on until it stays (the method of Saerens, Latinne and Decaestecker, 2002, for unknown priors).

    Args:
        candidates: what judges pairs.
        keys: of each text, (n,); those with equal keys are copies, which say nothing about others.
        fixed: so many texts at the beginning are only compared with.
        within: compare the other texts among themselves, too.
    """
    _, firsts = np.unique(keys[fixed:], return_index=True)
    places = np.sort(firsts) + fixed
    places = places[np.linspace(0, len(places) - 1, min(_SAMPLE, len(places))).astype(np.int64)]
    found = candidates.best(places, np.arange(len(keys) if within else fixed, dtype=np.int64), keys)
    ratios = found / np.maximum(1 - found, 1e-9)
    share = 0.5
    for _ in range(_ROUNDS):
        odds = ratios * share / (1 - share)
        share = min(0.5, float((odds / (1 + odds)).sum() + _FEW / 2) / (len(places) + _FEW))
    return share
