"""Which texts go through the model together.

Texts of like length are padded to like length, so they are sorted; and a batch is limited in padded tokens rather than in
texts, because what it computes on should stay in the processor's cache: large batches are slower.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.tokens import Ids

TOKEN_BUDGET = 512
"""Padded tokens in a batch, unless one text alone is longer."""


def plan_batches(
    lengths: Sequence[int], *, token_budget: int = TOKEN_BUDGET, batch_size: int | None = None
) -> Iterator[NDArray[np.int64]]:
    """Rows that go together, longest first (so that the last batches, which finish the work, are the cheap ones).

    Args:
        lengths: tokens of each text, all at least 1.
        token_budget: the most padded tokens in a batch of more than one text.
        batch_size: the most texts in a batch; None leaves that to the budget.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    start = 0
    while start < len(order):
        longest = lengths[order[start]]
        count = max(1, token_budget // longest)
        if batch_size is not None:
            count = min(count, batch_size)
        yield order[start : start + count]
        start += count


def pad(ids: Sequence[Ids], fill: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Token ids side by side, filled up on the right: (batch, length) ids and (batch,) lengths."""
    lengths = np.fromiter(map(len, ids), dtype=np.int32, count=len(ids))
    table = np.full((len(ids), int(lengths.max())), fill, dtype=np.int32)
    for row, tokens in enumerate(ids):
        table[row, : len(tokens)] = tokens
    return table, lengths
