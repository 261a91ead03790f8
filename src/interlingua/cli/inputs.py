"""What commands read: rows in checked chunks, with problems told by file and row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlingua.cli.output import say
from interlingua.cli.watched import WatchedEncoder, cut_texts
from interlingua.errors import InputError

if TYPE_CHECKING:
    from interlingua.texts.reading import TextPair
    from interlingua.types import Record

_CHUNK = 8192
_NAMED = 10


@dataclass
class Intake:
    """How the rows of a file are taken in, and what was noticed on the way.

    Attributes:
        path: the file, ``-`` for standard input.
        limit: the model's limit in tokens.
        clean: repair texts first.
        skip: leave out rows that cannot be embedded, instead of stopping.
        skipped: the rows that were left out.
        truncated: the rows whose texts were cut at the model's limit.
        damaged: how many texts look damaged that no warning has named.
    """

    path: str
    limit: int
    clean: bool = False
    skip: bool = False
    skipped: list[int] = field(default_factory=list)
    truncated: list[int] = field(default_factory=list)
    damaged: int = 0
    _warned: bool = False

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

    def note_cut(self, encoder: WatchedEncoder, texts: Iterable[tuple[int, str]]) -> None:
        """Keep for the report which of the rows with these texts the encoder has cut."""
        if encoder.cut:
            cut = set(encoder.cut)
            self.truncated.extend(row for row, text in texts if text in cut)

    @contextmanager
    def noticing(self, rows: Sequence[int]) -> Iterator[None]:
        """Around an encode call on the texts of these rows: keeps for the report what was cut.

        Raises:
            InputError: texts are too long and are not to be cut.
        """
        try:
            with cut_texts(rows, self.truncated):
                yield
        except InputError as error:
            if not error.rows:
                raise
            # The texts are checked already, so this is about their length; the encoder counts within the call.
            named = _name_rows([rows[row] for row in error.rows])
            raise InputError(
                f"{self.name}: longer than the model's {self.limit} tokens: {named}; give --long truncate, or split them.",
                error.rows,
            ) from None

    def report(self) -> None:
        """Say on standard error what was left out, what was cut, and what else looks damaged."""
        if self.skipped:
            say(f"warning: {self.name}: left out {_name_rows(self.skipped)}, which cannot be embedded")
        if self.truncated:
            say(f"warning: {self.name}: cut at the model's {self.limit} tokens: {_name_rows(self.truncated)}")
        if self.damaged:
            say(f"warning: {self.name}: {self.damaged:,} more texts further on look damaged")

    def _chunks(self, items: Iterable[Any]) -> Iterator[list[Any]]:
        source = iter(items)
        total = 0
        while chunk := list(islice(source, _CHUNK)):
            total += len(chunk)
            yield chunk
        if len(self.skipped) == total:
            raise InputError(f"{self.name}: none of the {total:,} rows can be embedded.")

    def _bad_rows(self, rows: list[int], texts: list[str]) -> set[int]:
        """The rows that cannot be embedded; what looks damaged among the others is told in one warning."""
        from interlingua.texts.checking import find_problems, suspicions, warn_about

        problems = find_problems(texts)
        if problems and not self.skip:
            first = problems[0]
            repair = ", or --clean to repair it" if "surrogate" in first.reason and not self.clean else ""
            raise InputError(
                f"{self.name}, row {rows[first.row]}: {first.reason}; give --on-invalid skip to leave out such rows{repair}."
            )
        bad = {rows[problem.row] for problem in problems}
        self.skipped.extend(sorted(bad))
        good = [(row, text) for row, text in zip(rows, texts, strict=True) if row not in bad]
        found = suspicions([text for _, text in good])
        if self._warned:
            self.damaged += len(found)
        else:
            warn_about([replace(suspicion, row=good[suspicion.row][0]) for suspicion in found], file=self.name)
            self._warned = bool(found)
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


def _name_rows(rows: Iterable[int]) -> str:
    rows = sorted(set(rows))
    named = ", ".join(str(row) for row in rows[:_NAMED])
    if len(rows) == 1:
        return f"row {named}"
    return f"{len(rows):,} rows ({named}{', …' if len(rows) > _NAMED else ''})"
