"""What commands read: rows in checked chunks, with problems told by file and row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from interlingua.cli.output import say
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.texts.reading import TextPair
    from interlingua.types import Record

_CHUNK = 8192
_NAMED = 10
_BLOCK = 1 << 20


class WithRecords:
    """What holds the rows of a file.

    Attributes:
        records: the rows.
    """

    records: list[Record]

    @property
    def texts(self) -> list[str]:
        """Their texts."""
        return [record.text for record in self.records]

    @property
    def langs(self) -> list[str | None]:
        """Their languages as far as the file says."""
        return [record.lang for record in self.records]


@dataclass
class Noted:
    """Rows for a report, in constant memory: how many, and the first ten.

    Attributes:
        count: how many different rows.
        first: the first of them.
    """

    count: int = 0
    first: list[int] = field(default_factory=list)
    _last: int = 0

    def add(self, rows: Iterable[int]) -> None:
        """Note rows, which come in ascending order; one may come several times."""
        for row in rows:
            if row > self._last:
                self.count += 1
                self._last = row
                if len(self.first) < _NAMED:
                    self.first.append(row)

    def __str__(self) -> str:
        named = ", ".join(map(str, self.first))
        return f"row {named}" if self.count == 1 else f"{self.count:,} rows ({named}{', …' * (self.count > _NAMED)})"


@dataclass
class Intake:
    """How the rows of a file are taken in, and what was noticed on the way.

    Attributes:
        path: the file, ``-`` for standard input.
        limit: the model's limit in tokens.
        clean: repair texts first.
        skip: leave out rows that cannot be embedded, instead of stopping.
        refusal: says why a row cannot be taken, whatever its text is; None if it can.
        skipped: the rows that were left out.
        truncated: the rows whose texts were cut at the model's limit.
        damaged: how many texts look damaged that no warning has named.
    """

    path: str
    limit: int
    clean: bool = False
    skip: bool = False
    refusal: Callable[[Any], str | None] | None = None
    skipped: Noted = field(default_factory=Noted)
    truncated: Noted = field(default_factory=Noted)
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
            refused = {} if self.refusal is None else {at: self.refusal(record) for at, record in enumerate(chunk)}
            bad = self._bad_rows([record.row for record in chunk], [record.text for record in chunk], refused)
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
            self.truncated.add(row for row, text in texts if text in cut)

    def refuse_long(self, rows: Iterable[int]) -> NoReturn:
        """For rows that are longer than the model's limit and are not to be cut.

        Raises:
            InputError: always.
        """
        named = Noted()
        named.add(rows)
        raise InputError(
            f"{self.name}: longer than the model's {self.limit} tokens: {named}; give --long truncate or --long window, or "
            "split them."
        )

    def report(self) -> None:
        """Say on standard error what was left out, what was cut, and what else looks damaged."""
        if self.skipped.count:
            say(f"warning: {self.name}: left out {self.skipped}, which cannot be embedded")
        if self.truncated.count:
            say(f"warning: {self.name}: cut at the model's {self.limit} tokens: {self.truncated}")
        if self.damaged:
            say(f"warning: {self.name}: {self.damaged:,} more texts further on look damaged")

    def _chunks(self, items: Iterable[Any]) -> Iterator[list[Any]]:
        from interlingua.index.items import chunked

        total = 0
        for chunk in chunked(items, _CHUNK, _characters):
            total += len(chunk)
            yield chunk
        if self.skipped.count == total:
            raise InputError(f"{self.name}: none of the {total:,} rows can be embedded.")

    def _bad_rows(self, rows: list[int], texts: list[str], refused: Mapping[int, str | None] | None = None) -> set[int]:
        """The rows that cannot be taken; what looks damaged among the others is told in one warning."""
        from interlingua.texts.checking import find_problems, suspicions, warn_about

        reasons = {at: reason for at, reason in (refused or {}).items() if reason is not None}
        reasons |= {problem.row: problem.reason for problem in find_problems(texts)}
        if reasons and not self.skip:
            first = min(reasons)
            repair = ", or --clean to repair it" if "surrogate" in reasons[first] and not self.clean else ""
            raise InputError(
                f"{self.name}, row {rows[first]}: {reasons[first]}; give --on-invalid skip to leave out such rows{repair}."
            )
        bad = {rows[at] for at in reasons}
        self.skipped.add(sorted(bad))
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


def two_columns(columns: str | None) -> tuple[str, str] | None:
    """The names that --columns gives."""
    if columns is None:
        return None
    names = [name.strip() for name in columns.split(",")]
    if len(names) != 2 or not all(names) or names[0] == names[1]:
        raise OptionError(
            f"--columns takes two different names with a comma between, such as source,target; not {columns!r}."
        )
    return names[0], names[1]


def read_queries(intake: Intake, path: str, column: str | None, encoding: str) -> Iterator[Record]:
    """The queries of a file, checked, and cleaned if wanted; one on each line, or those of a column."""
    try:
        records = read(path, format=None, text=column, id=None, lang=None, encoding=encoding)
        for chunk in intake.chunks(records):
            yield from chunk
    except (InputError, OptionError) as error:
        # What reads the documents, too, names their options; the queries' format has none, only the file's ending.
        message = str(error).replace("--text-column", "--query-column")
        if "--input-format" in message:
            message = f"{intake.name}: call the file of queries .txt, .csv, .tsv or .jsonl after what it holds."
        raise type(error)(message) from None


def count_rows(path: str | Path, *, format: Any, encoding: str) -> int | None:
    """The last row of a file, or None where that cannot be told without parsing or decompressing it. A second for a gigabyte.

    The file is not checked: this is for a progress display.
    """
    from interlingua.texts.lines import find_source

    source = find_source(path, format=None if format is None else format.value, encoding=encoding)
    if source.path is None or source.compressed or not source.path.is_file() or "\n".encode(source.encoding) != b"\n":
        return None
    lines, block = 0, b""
    try:
        with source.path.open("rb") as file:
            while more := file.read(_BLOCK):
                if source.format == "csv" and b'"' in more:  # a field in quotes may have several lines
                    return None
                lines, block = lines + more.count(b"\n"), more
    except OSError:
        return None
    lines += bool(block) and not block.endswith(b"\n")
    return lines - 1 if source.format in ("csv", "tsv") and lines else lines


def _characters(item: Record | TextPair) -> int:
    return len(getattr(item, "text", "")) + len(getattr(item, "a", "")) + len(getattr(item, "b", ""))


def _cleaned(text: str) -> str:
    from interlingua.texts.cleaning import clean

    return clean(text)
