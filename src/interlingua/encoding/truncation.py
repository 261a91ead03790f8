"""Texts beyond the model's limit: what is said of them."""

from __future__ import annotations

from collections.abc import Sequence

from interlingua.errors import InputError
from interlingua.models.card import ModelCard

_ROWS_NAMED = 10


class TruncationWarning(UserWarning):
    """Texts were longer than the model's limit and their ends were cut off.

    Attributes:
        rows: which ones, counted from 0 in the call's input.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


def refuse_long(rows: Sequence[int], card: ModelCard) -> None:
    """Raises InputError."""
    raise InputError(f"{_too_long(rows, card)} Give long='truncate' or long='window', or split them.", rows=rows)


def cut_off(rows: Sequence[int], card: ModelCard) -> TruncationWarning:
    """The warning for texts that were cut."""
    return TruncationWarning(
        f"{_too_long(rows, card)} What lies beyond is not in their vectors; long='window' reads all.", rows
    )


def _too_long(rows: Sequence[int], card: ModelCard) -> str:
    named = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    more = f", … ({len(rows):,} in all)" if len(rows) > _ROWS_NAMED else ""
    which = f"Row {named} is" if len(rows) == 1 else f"Rows {named}{more} are"
    return f"{which} longer than the {card.max_tokens} tokens that {card.name!r} reads (rows counted from 0)."
