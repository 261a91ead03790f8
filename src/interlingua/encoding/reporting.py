"""How what happens deep inside reaches the caller: rows by their names, warnings with the caller's line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RowsOf = Callable[[NDArray[np.int64]], Sequence[int]]
"""What the caller calls texts that are known here by their position."""

_ROWS_NAMED = 10
_PACKAGE = str(Path(__file__).parent.parent)


def named_rows(rows: Sequence[int]) -> str:
    """``row 3 (counted from 0)`` or ``rows 3, 4, … (512 in all, counted from 0)``, to stand in a sentence."""
    named = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    if len(rows) == 1:
        return f"row {named} (counted from 0)"
    return f"rows {named}{f', … ({len(rows):,} in all, ' if len(rows) > _ROWS_NAMED else ' ('}counted from 0)"


def warn_caller(warning: Warning) -> None:
    """Warn at the line that called this package, however many calls lie between."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(warning, stacklevel=level)
