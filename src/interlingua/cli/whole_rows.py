"""Rows that go out as they came, with something added: csv, tsv and JSON Lines in, any of these out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from interlingua.cli.inputs import Intake
from interlingua.cli.options import InputFormat
from interlingua.errors import InputError

if TYPE_CHECKING:
    from interlingua.texts.lines import Source
    from interlingua.types import Record


class RowFormat(StrEnum):
    """How rows are written."""

    jsonl = "jsonl"
    csv = "csv"
    tsv = "tsv"


@dataclass(frozen=True)
class Reading:
    """How the rows of a file are read.

    Attributes:
        read_as: the file's format; None goes by its ending.
        text: the column of the texts.
        lang: that of the languages.
        encoding: the file's encoding.
        clean: repair texts before they are embedded; the row itself stays as it was.
        skip: leave out what cannot be embedded.
        all_in: the language of all rows, if that is given.
    """

    read_as: InputFormat | None
    text: str | None
    lang: str | None
    encoding: str
    clean: bool
    skip: bool
    all_in: str | None = None

    def chunks(self, path: str, intake: Intake) -> Iterator[list[Record]]:
        """Checked records; ``metadata`` is the whole row as it came, the text among it.

        Raises:
            InputError: no such file, no rows, or something in it is not as it should be.
            OptionError: a column for txt.
        """
        for chunk in intake.chunks(self._records(path)):
            yield [replace(record, lang=self.all_in or record.lang) for record in chunk]

    def format(self, path: str) -> str:
        """The file's format.

        Raises:
            InputError: no such file, or the format cannot be told.
        """
        return self._source(path).format

    def intake(self, path: str, limit: int) -> Intake:
        """What keeps account of the rows."""
        return Intake(path, limit, clean=self.clean, skip=self.skip)

    def _records(self, path: str) -> Iterator[Record]:
        source = self._source(path)
        if source.format == "txt":
            from interlingua.texts.reading import read_records

            records = read_records(
                path, format="txt", text=self.text, lang=self.lang, encoding=self.encoding, numbered=False
            )
            return (replace(record, metadata={"text": record.text}) for record in records)
        rows = self._objects(source) if source.format == "jsonl" else self._table(source)
        return _some(source.name, rows)

    def _source(self, path: str) -> Source:
        from interlingua.texts.lines import find_source

        return find_source(path, format=None if self.read_as is None else self.read_as.value, encoding=self.encoding)

    def _table(self, source: Source) -> Iterator[Record]:
        from interlingua.texts.reading import choose_columns, make_record
        from interlingua.texts.tables import check_width, name_columns, read_cells

        rows = read_cells(source)
        first = next(rows, None)
        if first is None:
            return
        header = name_columns(source, first.fields)
        columns = choose_columns(source, header, self._wanted, f"{source.name}: ")
        for row, cells in enumerate(rows, 1):
            check_width(source, header, cells, row)
            values = dict(zip(header, cells.fields, strict=True))
            yield replace(make_record(source, values, columns, row, cells.line), metadata=values)

    def _objects(self, source: Source) -> Iterator[Record]:
        from interlingua.texts.reading import choose_columns, make_record
        from interlingua.texts.tables import read_entries
        from interlingua.types import Record

        for line, value in read_entries(source):
            where = f"{source.name}: line {line}"
            if isinstance(value, str):
                yield Record(value, id="", row=line, metadata={"text": value})
                continue
            if not isinstance(value, dict):
                raise InputError(f"{where} holds neither an object nor a string.", [line - 1])
            columns = choose_columns(source, list(value), self._wanted, f"{where}: ", row=line)
            yield replace(make_record(source, value, columns, line, line), metadata=value)

    @property
    def _wanted(self) -> Mapping[str, str | None]:
        return {"text": self.text, "id": None, "lang": self.lang}


def _some(name: str, records: Iterator[Record]) -> Iterator[Record]:
    empty = True
    for record in records:
        empty = False
        yield record
    if empty:
        raise InputError(f"{name}: there are no texts in it.")


class Added:
    """New columns beside those of the rows, under names that no row has.

    Args:
        names: what they are called where that is free.
        prefix: what stands before them; None takes nothing, or ``predicted_`` where the first row has one of the names.
        shown: what messages call the file.
    """

    def __init__(self, names: Sequence[str], prefix: str | None, shown: str) -> None:
        self._names, self._prefix, self._shown = names, prefix, shown

    def to(self, record: Record, values: Mapping[str, object]) -> dict[str, object]:
        """The row with the new columns.

        Raises:
            InputError: it has a column of such a name already.
        """
        if self._prefix is None:
            self._prefix = "predicted_" if any(name in record.metadata for name in self._names) else ""
        found = dict(record.metadata)
        for name, value in values.items():
            called = self._prefix + name
            if called in found:
                raise InputError(
                    f"{self._shown}, row {record.row}: there is a column {called!r} already; give the new ones another "
                    "beginning with --prefix.",
                    [record.row - 1],
                )
            found[called] = value
        return found


def write_as(rows: Iterable[Mapping[str, object]], out: TextIO, kind: RowFormat) -> int:
    """Write rows as they come; of csv and tsv the first one's keys are the header.

    Raises:
        InputError: a row has a column that the first one lacks, or a value that JSON cannot hold.
    """
    from interlingua.texts.writing import write_rows

    if kind is not RowFormat.csv:
        return write_rows(rows, out, "jsonl" if kind is RowFormat.jsonl else "tsv")
    header: list[str] = []
    number = 0
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(rows, 1):
        if number == 1:
            header = list(row)
            writer.writerow(header)
        if other := [name for name in row if name not in header]:
            raise InputError(f"Row {number} has a column that the first row lacks: {other[0]!r}.", [number - 1])
        writer.writerow([_cell(row.get(name)) for name in header])
    return number


def _cell(value: object) -> object:
    if value is None or isinstance(value, str):
        # Lone surrogates have no UTF-8.
        return "" if value is None else value.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(value, ensure_ascii=False)


def write_to(
    out: Path | None, stdout: TextIO, kind: RowFormat, rows: Callable[[], Iterable[Mapping[str, object]]]
) -> int:
    """Write to a file that appears only when it is complete, or to standard output as rows come."""
    from interlingua.texts.writing import open_atomic

    if out is None:
        return write_as(rows(), stdout, kind)
    with open_atomic(out) as file:
        return write_as(rows(), file, kind)
