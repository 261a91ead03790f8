"""Reading texts, and pairs of texts, from txt, csv, tsv and JSON Lines, row by row in constant memory."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.texts.lines import Source, find_source, read_lines
from interlingua.texts.tables import Cells, check_width, name_columns, read_cells, read_entries
from interlingua.types import Record

_T = TypeVar("_T")

_TEXT_NAMES = ("text", "sentence", "sentences", "question", "title", "content", "body", "query")
_ID_NAMES = ("id",)
_LANG_NAMES = ("lang", "language")
_PAIR_NAMES = (
    ("a", "b"),
    ("text_a", "text_b"),
    ("source", "target"),
    ("left", "right"),
    ("sentence1", "sentence2"),
)
# Short codes only: "Danish" or "no, thanks" in a first row is more likely a text.
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class TextPair:
    """Two texts that stand side by side.

    Attributes:
        a: the first text.
        b: the second text.
        row: the line (jsonl) or data row (csv, tsv) that they stood in, counted from 1.
        lang_a: the first text's language code, where the file says so.
        lang_b: the second text's.
        metadata: the other columns or fields.
    """

    a: str
    b: str
    row: int
    lang_a: str | None = None
    lang_b: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns or fields hold what; None where none does.

    Attributes:
        text: the texts.
        id: the ids.
        lang: the languages.
        lang_asked_for: the column of languages was named, so all of it must be codes.
    """

    text: str
    id: str | None
    lang: str | None
    lang_asked_for: bool

    @property
    def special(self) -> set[str | None]:
        """Those that are not metadata."""
        return {self.text, self.id, self.lang}


def read_records(  # a file has this many sides
    path: str | Path,
    *,
    format: str | None = None,
    text: str | None = None,
    id: str | None = None,
    lang: str | None = None,
    encoding: str = "utf-8",
    numbered: bool = True,
) -> Iterator[Record]:
    """Read texts one by one.

    txt has a text on each line; empty lines are passed over but counted. csv and tsv have a header. jsonl has an object
    or a bare string on each line. Without ``text`` the texts are taken from the column or field called text, sentence,
    sentences, question, title, content, body or query (the first of these that is there, in any case), or from the only
    one. Empty texts in csv, tsv and jsonl are given back as they are, and null as an empty text: ``check_texts`` judges them.

    Args:
        path: a file that ends in .txt, .csv, .tsv, .jsonl or .ndjson, perhaps with .gz after it; or ``-`` for standard
            input, which is txt unless ``format`` says otherwise.
        format: txt, csv, tsv or jsonl.
        text: the column or field of the texts.
        id: that of the ids; by default ``id``, else a text's id is its row.
        lang: that of the languages, all of them codes or empty; by default ``lang`` or ``language``, where values that are no
            codes count as unknown.
        encoding: the file's encoding.
        numbered: a text without an id gets its row as its id; otherwise an empty one.

    Returns:
        An iterator over the records. Options and the file's presence are checked at once, all else while reading.

    Raises:
        InputError: no such file, no texts in it, or something in it is not as it should be; with file and line.
        OptionError: an option that does not exist, or a column for txt, which has none.
        StorageError: no permission, or the disk failed.
    """
    source = find_source(path, format=format, encoding=encoding)
    if source.format == "txt" and (text, id, lang) != (None, None, None):
        raise OptionError(
            f"{source.name}: txt has no columns to choose; give --input-format csv, tsv or jsonl, if it is that."
        )
    wanted = {"text": text, "id": id, "lang": lang}
    readers = {"txt": _records_of_txt, "jsonl": _records_of_jsonl, "csv": _records_of_table, "tsv": _records_of_table}
    records = _not_empty(source, readers[source.format](source, wanted), "texts")
    return map(_numbered, records) if numbered else records


def read_pairs(
    path: str | Path, *, format: str | None = None, columns: tuple[str, str] | None = None, encoding: str = "utf-8"
) -> Iterator[TextPair]:
    """Read pairs of texts one by one.

    A csv or tsv file of two columns is read without a header, unless its first row is one of the usual pairs of names
    (a, b; text_a, text_b; source, target; left, right; sentence1, sentence2) or two language codes (en, fr), which then
    are the languages of the texts. A file of more columns has a header with one of these pairs, or with ``columns``.
    A jsonl file has objects with fields so called. Languages can also stand in columns called lang_a and lang_b.

    Args:
        path: a file that ends in .csv, .tsv, .jsonl or .ndjson, perhaps with .gz after it; or ``-`` for standard input.
        format: csv, tsv or jsonl; for standard input tsv unless given.
        columns: the columns or fields of the first and the second text; the file then has a header.
        encoding: the file's encoding.

    Returns:
        An iterator over the pairs. Options and the file's presence are checked at once, all else while reading.

    Raises:
        InputError: no such file, no pairs in it, or something in it is not as it should be; with file and line.
        OptionError: an option that does not exist, or a format that has no columns.
        StorageError: no permission, or the disk failed.
    """
    if format is None and str(path) == "-":
        format = "tsv"
    source = find_source(path, format=format, encoding=encoding)
    if source.format == "txt":
        raise OptionError(
            f"{source.name}: pairs need two columns, which txt has not; give --input-format csv, tsv or jsonl."
        )
    if columns is not None and (len(columns) != 2 or columns[0] == columns[1]):
        raise OptionError(f"columns is a pair of different names, not {columns!r}.")
    pairs = _pairs_of_jsonl(source, columns) if source.format == "jsonl" else _pairs_of_table(source, columns)
    return _not_empty(source, pairs, "pairs")


def _not_empty(source: Source, items: Iterator[_T], what: str) -> Iterator[_T]:
    empty = True
    for item in items:
        empty = False
        yield item
    if empty:
        raise InputError(f"{source.name}: there are no {what} in it.")


def _records_of_txt(source: Source, wanted: Mapping[str, str | None]) -> Iterator[Record]:  # noqa: ARG001
    for line in read_lines(source):
        if line.text and not line.text.isspace():
            yield Record(line.text, id="", row=line.number)


def _records_of_table(source: Source, wanted: Mapping[str, str | None]) -> Iterator[Record]:
    rows = read_cells(source)
    first = next(rows, None)
    if first is None:
        return
    header = name_columns(source, first.fields)
    columns = choose_columns(source, header, wanted, f"{source.name}: ")
    for row, cells in enumerate(rows, 1):
        check_width(source, header, cells, row)
        yield make_record(source, dict(zip(header, cells.fields, strict=True)), columns, row, cells.line)


def _records_of_jsonl(source: Source, wanted: Mapping[str, str | None]) -> Iterator[Record]:
    for line, value in read_entries(source):
        where = f"{source.name}: line {line}"
        if isinstance(value, str):
            yield Record(value, id="", row=line)
            continue
        if not isinstance(value, dict):
            raise InputError(f"{where} holds neither an object nor a string.", [line - 1])
        # Objects need not have the same fields, so each is asked anew.
        columns = choose_columns(source, list(value), wanted, f"{where}: ", row=line)
        yield make_record(source, value, columns, line, line)


def choose_columns(
    source: Source, names: Sequence[str], wanted: Mapping[str, str | None], where: str, row: int | None = None
) -> Columns:
    """Find the text, id and language columns among the names, as asked for or by their usual names.

    Args:
        source: what is read, for messages.
        names: the columns of a table or the fields of an object.
        wanted: the names asked for, under ``text``, ``id`` and ``lang``; None for the usual ones.
        where: how a message begins.
        row: the row of the object, counted from 1.

    Raises:
        InputError: a name is not there, or none is usual for a text.
    """
    rows = () if row is None else (row - 1,)
    kind = "field" if source.format == "jsonl" else "column"
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    for role, name in wanted.items():
        # A field may be missing in one object of many; only the text has to be in each.
        if name is not None and name not in names and (kind == "column" or role == "text"):
            raise InputError(f"{where}there is no {kind} {name!r}; {listed}. Name another: --{role}-column NAME.", rows)
    text = wanted["text"] or _first_of(_TEXT_NAMES, names)
    id_ = wanted["id"] or _first_of(_ID_NAMES, names)
    lang = wanted["lang"] or _first_of(_LANG_NAMES, names)
    if len(names) == 1 and kind == "column":
        other = next((sign for sign in (";", "\t", "|") if sign in names[0]), None)
        if text is None and other is not None:
            raise InputError(
                f"{where}its columns seem to be separated by {other!r}; save it with commas (.csv) or tabs (.tsv), or give "
                "--input-format tsv where they are tabs.",
                rows,
            )
    if text is None and len(names) == 1 and kind == "column":
        text = names[0]
    if text is None:
        raise InputError(f"{where}no {kind} is called text; {listed}. Say which holds it: --text-column NAME.", rows)
    return Columns(text, id_ if id_ != text else None, lang if lang != text else None, wanted["lang"] is not None)


def _first_of(usual: Sequence[str], names: Sequence[str]) -> str | None:
    by_folded = {name.casefold(): name for name in reversed(names)}
    return next((by_folded[name] for name in usual if name in by_folded), None)


def make_record(source: Source, values: Mapping[str, Any], columns: Columns, row: int, line: int) -> Record:
    """A row as a Record; without an id where it has none."""
    text = _text(source, values[columns.text], columns.text, row, line)
    id_ = values.get(columns.id) if columns.id is not None else None
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    if id_ is not None and not isinstance(id_, str):
        raise InputError(
            f"{source.name}: line {line}: the id is {_kind(id_)}, not a string or a whole number.", [row - 1]
        )
    value = values.get(columns.lang) if columns.lang is not None else None
    lang = _language(source, value, row, line) if columns.lang_asked_for else _perhaps_language(value)
    metadata = {name: value for name, value in values.items() if name not in columns.special}
    return Record(text, id_ or "", lang, row, metadata)


def _numbered(record: Record) -> Record:
    return record if record.id else replace(record, id=str(record.row))


def _text(source: Source, value: object, name: str, row: int, line: int) -> str:
    # null is to jsonl what an empty field is to csv: a missing text, for the caller to skip or to refuse.
    return "" if value is None else _string(source, value, name, row, line)


def _string(source: Source, value: object, name: str, row: int, line: int) -> str:
    if isinstance(value, str):
        return value
    raise InputError(f"{source.name}: line {line}: {name!r} is {_kind(value)}, not a string.", [row - 1])


def _kind(value: object) -> str:
    """What JSON calls a value."""
    if value is None:
        return "null"
    kinds = ((bool, "true or false"), (int | float, "a number"), (list, "an array"), (dict, "an object"))
    return next((words for kind, words in kinds if isinstance(value, kind)), "a string")


def _perhaps_language(value: object) -> str | None:
    """The code in a column that is merely called lang or language: it may hold names, or anything else."""
    from interlingua.languages import canonical

    try:
        return canonical(value.strip()) if isinstance(value, str) and value.strip() else None
    except UnknownLanguage:
        return None


def _language(source: Source, value: object, row: int, line: int) -> str | None:
    from interlingua.languages import canonical

    if value is None or value == "":
        return None
    try:
        return canonical(_string(source, value, "language", row, line).strip())
    except UnknownLanguage as error:
        raise InputError(f"{source.name}: line {line}: {error}", [row - 1]) from None


def _pairs_of_table(source: Source, columns: tuple[str, str] | None) -> Iterator[TextPair]:
    rows = read_cells(source)
    first = next(rows, None)
    if first is None:
        return
    names = [name.strip() for name in first.fields]
    pair = columns or _pair_of(names) or _codes_of(tuple(names))
    if pair is None and len(names) == 2:
        yield from _pairs_without_header(source, first, rows)
        return
    header = name_columns(source, first.fields)
    pair = _present(source, pair, header, f"{source.name}: ")
    for row, cells in enumerate(rows, 1):
        check_width(source, header, cells, row)
        yield _pair(source, dict(zip(header, cells.fields, strict=True)), pair, row, cells.line)


def _pairs_without_header(source: Source, first: Cells, rows: Iterator[Cells]) -> Iterator[TextPair]:
    yield TextPair(first.fields[0], first.fields[1], 1)
    for row, cells in enumerate(rows, 2):
        check_width(source, first.fields, cells, row)
        yield TextPair(cells.fields[0], cells.fields[1], row)


def _pairs_of_jsonl(source: Source, columns: tuple[str, str] | None) -> Iterator[TextPair]:
    for line, value in read_entries(source):
        where = f"{source.name}: line {line}: "
        if not isinstance(value, dict):
            raise InputError(f"{where}a pair is an object with two texts, not {_kind(value)}.", [line - 1])
        names = list(value)
        pair = _present(source, columns or _pair_of(names) or _codes_of(tuple(names)), names, where, line)
        yield _pair(source, value, pair, line, line)


def _pair_of(names: Sequence[str]) -> tuple[str, str] | None:
    """The first usual pair of names that is there, in any case."""
    by_folded = {name.casefold(): name for name in reversed(names)}
    for a, b in _PAIR_NAMES:
        if a in by_folded and b in by_folded:
            return by_folded[a], by_folded[b]
    return None


@lru_cache(maxsize=64)
def _codes_of(names: tuple[str, ...]) -> tuple[str, str] | None:
    """The names, if they are exactly two different language codes."""
    from interlingua.languages import canonical

    if len(names) != 2 or not all(_LANGUAGE_CODE.fullmatch(name) for name in names):
        return None
    try:
        different = canonical(names[0]) != canonical(names[1])
    except UnknownLanguage:
        return None
    return (names[0], names[1]) if different else None


def _present(
    source: Source, pair: tuple[str, str] | None, names: Sequence[str], where: str, row: int | None = None
) -> tuple[str, str]:
    rows = () if row is None else (row - 1,)
    kind = "field" if source.format == "jsonl" else "column"
    listed = f"there are: {', '.join(names)}" if names else "there are none"
    if pair is None:
        usual = "; ".join(f"{a}, {b}" for a, b in _PAIR_NAMES)
        raise InputError(
            f"{where}which two {kind}s hold the texts? None of the usual names are there ({usual}); {listed}. "
            "Name them: --columns A,B.",
            rows,
        )
    for name in pair:
        if name not in names:
            raise InputError(f"{where}there is no {kind} {name!r}; {listed}. Name others: --columns A,B.", rows)
    return pair


def _pair(source: Source, values: Mapping[str, Any], pair: tuple[str, str], row: int, line: int) -> TextPair:
    a, b = (_text(source, values[name], name, row, line) for name in pair)
    # The names of the two can be codes, which then say the languages; else two more columns may, row by row.
    said = _codes_of(pair) or (values.get("lang_a"), values.get("lang_b"))
    lang_a, lang_b = (_language(source, code, row, line) for code in said)
    metadata = {name: value for name, value in values.items() if name not in (*pair, "lang_a", "lang_b")}
    return TextPair(a, b, row, lang_a, lang_b, metadata)
