"""Measures of rankings: for each query the ids found, best first, against the ids that are right."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.metrics.checks import Floats


def recalls_at_k(ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int) -> Floats:
    """For each query the share of its relevant ids that are among its first k; shape (n,). The mean is recall@k.

    With one relevant id a query and k = 1 this is accuracy@1.

    Raises:
        InputError: lists of other lengths, a query without relevant ids, an id twice in a ranking.
        OptionError: k is less than 1.
    """
    _check_k(k)
    return np.array([found[:k].sum() / wanted for found, wanted in _found(ranked, relevant)])


def recall_at_k(ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int) -> float:
    """The mean of ``recalls_at_k``: 0 to 1."""
    return float(recalls_at_k(ranked, relevant, k).mean())


def reciprocal_ranks(
    ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int | None = None
) -> Floats:
    """For each query 1 / the rank (from 1) of its first relevant id, 0 where none is among the first k; shape (n,).

    The mean is the mean reciprocal rank (Voorhees, TREC-8 question answering track, 1999).

    Raises:
        InputError, OptionError: as for ``recalls_at_k``.
    """
    _check_k(k)
    return np.array([1 / (found[:k].argmax() + 1) if found[:k].any() else 0.0 for found, _ in _found(ranked, relevant)])


def mean_reciprocal_rank(
    ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int | None = None
) -> float:
    """The mean of ``reciprocal_ranks``: 0 to 1."""
    return float(reciprocal_ranks(ranked, relevant, k).mean())


def average_precisions(
    ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int | None = None
) -> Floats:
    """For each query the mean, over its relevant ids, of the precision at the rank of each; shape (n,).

    Relevant ids that were not found (among the first k) count 0. The mean is mAP (Buckley and Voorhees, "Evaluating
    evaluation measure stability", SIGIR 2000).

    Raises:
        InputError, OptionError: as for ``recalls_at_k``.
    """
    _check_k(k)
    values = []
    for found, wanted in _found(ranked, relevant):
        ranks = np.flatnonzero(found[:k]) + 1
        values.append(float((np.arange(1, len(ranks) + 1) / ranks).sum()) / wanted)
    return np.array(values)


def mean_average_precision(
    ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]], k: int | None = None
) -> float:
    """The mean of ``average_precisions``: 0 to 1."""
    return float(average_precisions(ranked, relevant, k).mean())


def _found(
    ranked: Sequence[Sequence[Hashable]], relevant: Sequence[Collection[Hashable]]
) -> list[tuple[NDArray[np.bool_], int]]:
    """For each query which of the ranked ids are relevant, and how many are relevant in all."""
    if len(ranked) != len(relevant) or not len(ranked):
        raise InputError(
            f"One ranking and one set of relevant ids a query are needed, not {len(ranked):,} and {len(relevant):,}."
        )
    pairs = []
    for row, (ids, right) in enumerate(zip(ranked, relevant, strict=True)):
        wanted = frozenset(right)
        if not wanted:
            raise InputError(f"Query {row + 1:,} has no relevant id, so nothing can be said about it.", [row])
        if len(set(ids)) != len(ids):
            raise InputError(f"An id stands twice in the ranking of query {row + 1:,}.", [row])
        pairs.append((np.array([one in wanted for one in ids], dtype=bool), len(wanted)))
    return pairs


def _check_k(k: int | None) -> None:
    if k is not None and k < 1:
        raise OptionError(f"k must be 1 at least, not {k}.")
