"""What an encoder warns of, told once by the caller's rows, however many blocks the texts were embedded in."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from interlingua.encoding.reporting import warn_caller
from interlingua.encoding.truncation import TruncationWarning
from interlingua.texts.checking import Suspicion, TextWarning, suspicions, warn_about

_NAMED = 10


class WarnedRows:
    """The rows of one list of texts that an encoder cuts, and those that look damaged.

    Args:
        model: the encoder's name.
        side: what the caller calls the list; nothing where there is only one.
        damage: tell of texts that look damaged; where that is told otherwise, it is not.
    """

    def __init__(self, model: str, side: str = "", *, damage: bool = True) -> None:
        self._model, self._before, self._damage = model, f"{side}: " if side else "", damage
        self._cut: list[int] = []
        self._damaged: list[Suspicion] = []

    @contextmanager
    def block(self, texts: Sequence[str], row: Callable[[int], int]) -> Iterator[None]:
        """Around the embedding of some texts; other warnings pass.

        Args:
            texts: the texts.
            row: by which row the caller knows the text at a place among them.
        """
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        for warning in caught:
            if isinstance(warning.message, TruncationWarning):
                self._cut.extend(map(row, warning.message.rows))
            elif not issubclass(warning.category, TextWarning):
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
            elif self._damage:
                self._damaged.extend(replace(found, row=row(found.row)) for found in suspicions(texts))

    def tell(self) -> None:
        """Warn at the caller's line of what was found.

        Warns:
            TruncationWarning: texts are longer than the model reads.
            TextWarning: texts look damaged.
        """
        if self._damaged:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                warn_about(self._damaged)
            warn_caller(TextWarning(f"{self._before}{caught[0].message}"))
        if self._cut:
            rows = sorted(self._cut)
            named = ", ".join(map(str, rows[:_NAMED])) + (f", … ({len(rows):,} in all)" if len(rows) > _NAMED else "")
            which = f"row {named} is" if len(rows) == 1 else f"rows {named} are"
            begin = f"{self._before}{which}" if self._before else which.capitalize()
            warn_caller(
                TruncationWarning(
                    f"{begin} longer than {self._model!r} reads (rows counted from 0). What lies beyond is not compared.",
                    rows,
                )
            )
