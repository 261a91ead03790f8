"""What goes between tokenising and computing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[int] | NDArray[np.int32]
"""The token ids of one item."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The items that the model reads: one for each text, or several for a long text in windows.

    Attributes:
        ids: the token ids of each item.
        truncated: the texts that were cut at the limit, counted from 0.
        owners: int64, shape (items,): the text that each item belongs to, in ascending order; None where item i is text i.
        weights: float32, shape (items,): how much each item counts in its text's vector; None with ``owners`` None.
    """

    ids: Sequence[Ids]
    truncated: Sequence[int] = field(default_factory=list)
    owners: NDArray[np.int64] | None = None
    weights: NDArray[np.float32] | None = None
