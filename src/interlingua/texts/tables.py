"""Files as rows of named fields, whatever their format: csv, tsv and JSON Lines.

csv is RFC 4180 with quotes. tsv has no quoting: a tab always parts two fields, and a quotation mark is just that.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from interlingua.errors import InputError
from interlingua.texts.lines import Line, Source, read_lines

_LONGEST_FIELD = 1 << 28
"""Characters in one csv field; the csv module's own limit of 131,072 refuses long documents."""


class Cells(NamedTuple):
    """One row of a csv or tsv file: the line it begins at, counted from 1, and its fields."""

    line: int
    fields: list[str]


class Entry(NamedTuple):
    """One value of a JSON Lines file and the line it stands on, counted from 1."""

    line: int
    value: Any


def read_cells(source: Source) -> Iterator[Cells]:
    """Read the rows of a csv or tsv file, the header among them; empty lines are passed over.

    Raises:
        InputError: quotes are left open or misplaced; or the file cannot be read as text.
        StorageError: the file system refuses.
    """
    return _read_tsv(source) if source.format == "tsv" else _read_csv(source)


def read_entries(source: Source) -> Iterator[Entry]:
    """Read the values of a JSON Lines file; empty lines are passed over.

    Raises:
        InputError: a line is not JSON; or the file cannot be read as text.
        StorageError: the file system refuses.
    """
    for line in read_lines(source):
        if not line.text or line.text.isspace():
            continue
        try:
            # Python writes NaN and Infinity, which JSON lacks; what they stand for is a missing number.
            value = json.loads(line.text, parse_constant=lambda _: None)
        except (ValueError, RecursionError) as error:
            raise InputError(
                f"{source.name}: line {line.number} {_why_not_json(line, error)}", [line.number - 1]
            ) from None
        yield Entry(line.number, value)


def check_width(source: Source, header: Sequence[str], cells: Cells, row: int) -> None:
    """Refuse a row that has more or fewer fields than the header.

    Raises:
        InputError: it has.
    """
    if len(cells.fields) == len(header):
        return
    few = len(cells.fields) < len(header)
    hint = " (a tab inside a field cannot be written in tsv)" if source.format == "tsv" and not few else ""
    raise InputError(
        f"{source.name}: line {cells.line} has too {'few' if few else 'many'} fields: {len(cells.fields)}, "
        f"where the first row has {len(header)}{hint}.",
        [row - 1],
    )


def name_columns(source: Source, fields: Sequence[str]) -> list[str]:
    """Take a header's names: trimmed, a nameless column called by its number.

    Raises:
        InputError: two columns have one name.
    """
    names = [name.strip() or f"column {number}" for number, name in enumerate(fields, 1)]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InputError(f"{source.name}: two columns are called {name!r}; rename one.")
    return names


def _read_tsv(source: Source) -> Iterator[Cells]:
    for line in read_lines(source):
        if line.text:
            yield Cells(line.number, line.text.split("\t"))


def _read_csv(source: Source) -> Iterator[Cells]:
    # The limit is the module's, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    reader = csv.reader((line.text + "\n" * line.ended for line in read_lines(source)), strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{source.name}: {_why_not_csv(error, begins, reader.line_num)}", [begins - 1]) from None
        if fields:
            yield Cells(begins, fields)


def _why_not_csv(error: csv.Error, begins: int, line: int) -> str:
    message = str(error)
    if "unexpected end of data" in message or "field larger" in message:
        return f"a quotation mark in the row that begins on line {begins} is never closed."
    where = f"line {line}" if line <= begins else f"line {line} (in the row that begins on line {begins})"
    if "expected after" in message:
        return f'{where} has text after a closing quotation mark; a quotation mark inside quotes is written twice ("").'
    return f"{where} is not csv: {message}."


def _why_not_json(line: Line, error: Exception) -> str:
    if not line.ended and isinstance(error, json.JSONDecodeError):
        return "is not complete JSON and is the last one: the file seems cut off."
    if line.number == 1 and line.text.strip() in ("[", "{"):
        return "begins a JSON document of many lines; JSON Lines wants one object on each line."
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON: {error.msg} at character {error.pos + 1}."
    return "is not JSON that can be read: it is nested too deep or holds a number too long."
