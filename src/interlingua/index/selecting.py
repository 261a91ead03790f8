"""Which passages may be found: rows of a snapshot in the forms that searches need, made once and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from interlingua.index.kinds import Rows


class Selection:
    """Some rows of a snapshot.

    Args:
        total: how many rows there are in all.
        rows: those selected, ascending.
    """

    def __init__(self, total: int, rows: Rows) -> None:
        self.total = total
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def bits(self) -> NDArray[np.uint8]:
        """A bit for each row, lowest first, as FAISS takes it."""
        return np.packbits(self._mask, bitorder="little")

    def within(self, rows: Rows) -> Selection:
        """Those that are also among other rows, which are ascending."""
        places = np.searchsorted(self.rows, rows)
        places[places == len(self.rows)] = 0
        return Selection(self.total, rows[self.rows[places] == rows] if len(self.rows) else rows[:0])

    @property
    def _mask(self) -> NDArray[np.bool_]:
        mask = np.zeros(self.total, dtype=bool)
        mask[self.rows] = True
        return mask


@dataclass(frozen=True, eq=False)
class Allowed:
    """What a filter selects at a moment.

    Attributes:
        keys: int64: the passages, ascending.
        snapshot: those that the snapshot knows and that are not gone.
        tail: which of the passages after the snapshot.
        languages: those that the snapshot knows in a language, as far as they were asked for.
    """

    keys: Rows
    snapshot: Selection
    tail: Rows
    languages: dict[tuple[str | None] | None, Selection] = field(default_factory=dict)


class LanguageRows:
    """The rows of a snapshot by language.

    Args:
        langs: the number of each row's language.
        count: how many languages there are.
    """

    def __init__(self, langs: NDArray[np.int64], count: int) -> None:
        self._order = np.argsort(langs, kind="stable")
        self._starts = np.searchsorted(langs, np.arange(count + 1), sorter=self._order)

    def rows(self, number: int) -> Rows:
        """The rows of a language, ascending."""
        found: Rows = self._order[self._starts[number] : self._starts[number + 1]]
        return found
