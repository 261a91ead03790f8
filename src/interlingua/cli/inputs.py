"""What commands read: rows in checked chunks, with problems told by file and row."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlingua.cli.output import say
from interlingua.errors import InputError
from interlingua.types import Record

if TYPE_CHECKING:
    from interlingua.texts.reading import TextPair

_CHUNK = 8192
_NAMED = 10


@dataclass
class Intake:
    """How the rows of a file are taken in, and what was noticed on the way.

    Attributes:
        path: the file, ``-`` for standard input.
        clean: repair texts first.
        skip: leave out rows that cannot be embedded, instead of stopping.
        skipped: the rows that were left out.
        truncated: the rows whose texts were cut at the model's limit.
    """

    path: str
    clean: bool = False
    skip: bool = False
    skipped: list[int] = field(default_factory=list)
    truncated: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file as a message calls it."""
        return "standard input" if self.path == "-" else self.path

    def chunks(self, records: Iterable[Record]) -> Iterator[list[Record]]:
        """The records in lists of bounded size, cleaned and checked.

        Raises:
            InputError: a row cannot be embedded and is not to be skipped, or no row can.
        """
        for raw in self._chunks(records):
            chunk = [replace(record, text=_cleaned(record.text)) for record in raw] if self.clean else raw
            bad = self._bad_rows([record.row for record in chunk], [record.text for record in chunk])
            if good := [record for record in chunk if record.row not in bad]:
                yield good

    def pair_chunks(self, pairs: Iterable[TextPair]) -> Iterator[list[TextPair]]:
        """The pairs in lists of bounded size, both sides cleaned and checked; a pair with one bad side is bad.

        Raises:
            InputError: as for ``chunks``.
        """
        for raw in self._chunks(pairs):
            chunk = [replace(pair, a=_cleaned(pair.a), b=_cleaned(pair.b)) for pair in raw] if self.clean else raw
            texts = [text for pair in chunk for text in (pair.a, pair.b)]
            bad = self._bad_rows([pair.row for pair in chunk for _ in "ab"], texts)
            if good := [pair for pair in chunk if pair.row not in bad]:
                yield good

    @contextmanager
    def noticing(self, rows: Sequence[int]) -> Iterator[None]:
        """Around an encode call on texts of these rows: keeps for the report what was cut, instead of a warning for each call."""
        from interlingua.encoding.encoder import TruncationWarning
        from interlingua.texts.checking import TextWarning

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", TextWarning)  # told already, by file row
            yield
        for warning in caught:
            message: Any = warning.message
            if isinstance(message, TruncationWarning):
                self.truncated.extend(rows[row] for row in message.rows)
            else:
                warnings.warn_explicit(message, warning.category, warning.filename, warning.lineno)

    def report(self, limit: int) -> None:
        """Say on standard error what was left out and what was cut."""
        if self.skipped:
            say(f"warning: {self.name}: left out {_name_rows(self.skipped)}, which cannot be embedded")
        if self.truncated:
            say(f"warning: {self.name}: cut at the model's {limit} tokens: {_name_rows(self.truncated)}")

    def _chunks(self, items: Iterable[Any]) -> Iterator[list[Any]]:
        source = iter(items)
        total = 0
        while chunk := list(islice(source, _CHUNK)):
            total += len(chunk)
            yield chunk
            if len(self.skipped) == total:
                raise InputError(f"{self.name}: none of the first {total:,} rows can be embedded.")

    def _bad_rows(self, rows: list[int], texts: list[str]) -> set[int]:
        """The rows that cannot be embedded; what looks damaged among the others is told in a warning."""
        from interlingua.texts.checking import find_problems, suspicions, warn_about

        problems = find_problems(texts)
        if problems and not self.skip:
            first = problems[0]
            raise InputError(
                f"{self.name}, row {rows[first.row]}: {first.reason}. Give --on-invalid skip to leave out what cannot be "
                "embedded, or --clean to repair what can be repaired."
            )
        bad = {rows[problem.row] for problem in problems}
        self.skipped.extend(sorted(bad))
        good = [(row, text) for row, text in zip(rows, texts, strict=True) if row not in bad]
        found = suspicions([text for _, text in good])
        warn_about([replace(suspicion, row=good[suspicion.row][0]) for suspicion in found], counted_from=1)
        return bad


def read(
    path: str | Path, *, format: Any, text: str | None, id: str | None, lang: str | None, encoding: str
) -> Iterator[Record]:
    """``read_records`` with the command line's option values."""
    from interlingua.texts.reading import read_records

    return read_records(
        path, format=None if format is None else format.value, text=text, id=id, lang=lang, encoding=encoding
    )


def _cleaned(text: str) -> str:
    from interlingua.texts.cleaning import clean

    return clean(text)


def _name_rows(rows: list[int]) -> str:
    named = ", ".join(str(row) for row in rows[:_NAMED])
    if len(rows) == 1:
        return f"row {named}"
    return f"{len(rows):,} rows ({named}{', …' if len(rows) > _NAMED else ''})"
