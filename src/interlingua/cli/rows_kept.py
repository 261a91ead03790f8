"""A file whose rows are read once for what they say and once more to be copied as they are."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlingua.cli.inputs import Intake
from interlingua.errors import InputError, InterlinguaError

if TYPE_CHECKING:
    from interlingua.texts.lines import Source
    from interlingua.types import Record


@dataclass
class Rows:
    """The rows of a file.

    Attributes:
        source: the file.
        shown: what messages call it.
        intake: how its rows were taken in.
        texts: their texts, without the rows that were left out.
        langs: their languages, None where the file does not say.
        ids: their ids, empty where there are none.
        numbers: the row (line, or data row of csv and tsv) of each, counted from 1.
        ties: what tells equal texts apart, whatever their order.
    """

    source: Source
    shown: str
    intake: Intake | None = None
    texts: list[str] = field(default_factory=list)
    langs: list[str | None] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    ties: list[str] = field(default_factory=list)

    def records(self, *, text: str | None, id: str | None, lang: str | None) -> Iterator[Record]:
        """All rows, read for what they say."""
        from interlingua.texts.reading import read_records

        assert self.source.path is not None
        with self._named():
            yield from read_records(
                self.source.path,
                format=self.source.format,
                text=text,
                id=id,
                lang=lang,
                encoding=self.source.encoding,
                numbered=False,
            )

    def names(self) -> list[str]:
        """What the columns of a table are called, or the fields of the first object; nothing where there are none."""
        from interlingua.texts.tables import name_columns, read_cells, read_entries

        with self._named():
            if self.source.format in ("csv", "tsv"):
                header = next(read_cells(self.source), None)
                return [] if header is None else name_columns(self.source, header.fields)
            if self.source.format == "jsonl":
                first = next((entry.value for entry in read_entries(self.source) if isinstance(entry.value, dict)), {})
                return list(first)
        return []

    def kept_lines(self, kept: set[int]) -> Iterator[str]:
        """The lines of a table's header and of the rows kept, as they are, with line feeds.

        Args:
            kept: which of the texts stay.
        """
        from interlingua.texts.lines import read_lines

        wanted = {self.numbers[row] for row in kept}
        starts = self._row_starts()
        row, following = -1, next(starts, None)
        for line in read_lines(self.source):
            while following is not None and following[1] <= line.number:
                row, following = following[0], next(starts, None)
            # The header is row 0. Between the rows of a table there may be empty lines; within quotes they belong to a row.
            if (row == 0 or row in wanted) and (line.text or self.source.format == "csv"):
                yield line.text + "\n"

    def described(self, row: int) -> dict[str, object]:
        """A row in a list of rows removed."""
        facts: dict[str, object] = {"row": self.numbers[row]}
        if self.ids[row]:
            facts["id"] = self.ids[row]
        if self.langs[row]:
            facts["lang"] = self.langs[row]
        return {**facts, "text": self.texts[row]}

    def _row_starts(self) -> Iterator[tuple[int, int]]:
        """Each row and the line that it begins on."""
        from interlingua.texts.lines import read_lines
        from interlingua.texts.tables import read_cells

        if self.source.format in ("txt", "jsonl"):
            return ((line.number, line.number) for line in read_lines(self.source))
        return ((row, cells.line) for row, cells in enumerate(read_cells(self.source)))

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors call standard input by its name, not by that of its copy."""
        try:
            yield
        except InterlinguaError as error:
            if self.source.name == self.shown:
                raise
            rows = {"rows": error.rows} if isinstance(error, InputError) else {}
            raise type(error)(str(error).replace(self.source.name, self.shown), **rows) from None


@dataclass(frozen=True)
class Reading:
    """How the rows of a file are read.

    Attributes:
        columns: the columns or fields of the ``text``, the ``id`` and the language (``lang``); None for the usual names.
        all_in: the language of all texts; None takes the file's.
        limit: the model's limit in tokens.
        clean: repair texts first.
        skip: leave out rows that cannot be embedded, instead of stopping.
        text_option: the option that names the column of the texts.
    """

    columns: Mapping[str, str | None]
    all_in: str | None
    limit: int
    clean: bool
    skip: bool
    text_option: str = "--text-column"

    def of_another_file(self, rows: Rows, text: str | None, all_in: str | None) -> Reading:
        """The same for the file that is compared against: where it lacks a column, its usual names count.

        Args:
            rows: the other file.
            text: the column or field of its texts, if that was named.
            all_in: the language of all its texts.
        """
        names = rows.names()
        columns = {role: name if name in names else None for role, name in self.columns.items()}
        return replace(
            self, columns={**columns, "text": text or columns["text"]}, all_in=all_in, text_option="--against-column"
        )

    def take_in(self, rows: Rows) -> None:
        """Fill in the texts of a file, their languages, and what tells equal texts apart whatever their order.

        Raises:
            InputError: a row cannot be embedded and is not to be skipped, or something in the file is not as it should be.
        """
        rows.intake = Intake(rows.shown, self.limit, clean=self.clean, skip=self.skip)
        try:
            for chunk in rows.intake.chunks(rows.records(**self.columns)):
                for record in chunk:
                    rows.texts.append(record.text)
                    rows.langs.append(self.all_in or record.lang)
                    rows.numbers.append(record.row)
                    rows.ids.append(record.id)
                    rows.ties.append(_tie(record))
        except InputError as error:
            raise InputError(str(error).replace("--text-column", self.text_option), error.rows) from None


def _tie(record: Record) -> str:
    """The id and the other columns of a row; nothing where it has none."""
    if not record.id and not record.metadata:
        return ""
    facts = json.dumps(record.metadata, sort_keys=True, default=str)
    return f"{record.id}\0{blake2b(facts.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"


@contextmanager
def opened_rows(path: str, read_as: Any, encoding: str) -> Iterator[Rows]:
    """A file that can be read twice; of standard input a copy is made, which is gone at the end.

    Raises:
        InputError: there is no such file, or its format cannot be told.
        OptionError: there is no such encoding.
    """
    from interlingua.texts.lines import find_source
    from interlingua.texts.writing import writing_errors

    format = None if read_as is None else read_as.value
    source = find_source(path, format=format, encoding=encoding)
    if path != "-":
        yield Rows(source, source.name)
        return
    if sys.stdin is None:
        raise InputError("standard input is closed.")
    with tempfile.TemporaryDirectory(prefix="interlingua-") as folder:
        copy = Path(folder) / f"stdin.{source.format}"
        with writing_errors(Path(tempfile.gettempdir())), copy.open("wb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target)
        yield Rows(find_source(copy, format=source.format, encoding=encoding), "standard input")
