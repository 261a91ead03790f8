"""Reading documents for an index: what ``reading`` reads, and also Parquet, folders of text files, and changes to documents."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from interlingua.errors import InputError, MissingExtra, OptionError, StorageError, UnknownLanguage
from interlingua.texts.lines import Source, find_source, read_lines
from interlingua.texts.reading import choose_columns, make_record, read_records
from interlingua.texts.tables import check_width, name_columns, read_cells, read_entries
from interlingua.types import Record

FORMATS = ("txt", "csv", "tsv", "jsonl", "parquet")
TEXT_ENDINGS = (".txt", ".text", ".md", ".markdown", ".rst", ".adoc")
"""What a file ends in that is read in a folder."""

_ROWS = 1024
_PARQUET = ".parquet"

LeftOut = Callable[[str], None]
"""Called with a sentence about a file that is left out."""


class Change(NamedTuple):
    """What shall be different in a document.

    Attributes:
        row: where it stood: the line (jsonl) or data row (csv, tsv), counted from 1.
        fields: ``id`` and what changes: ``text``, ``lang`` and metadata; None takes a field away. A field by one of these three
            names stands below ``metadata``.
    """

    row: int
    fields: dict[str, Any]


def read_documents(
    path: str | Path,
    *,
    format: str | None = None,
    text: str | None = None,
    id: str | None = None,
    lang: str | None = None,
    encoding: str = "utf-8",
    left_out: LeftOut | None = None,
) -> Iterator[Record]:
    """Read documents one by one from a file, or from a folder of text files.

    Of a folder each text file is a document, folders in it included; its path in the folder is its id. Hidden files and those that
    do not end in one of ``TEXT_ENDINGS`` are passed over. A field ``metadata`` that holds an object is taken as the fields in it;
    ``vectors``, as an export has them, and empty cells and fields beside these are left away.

    Args:
        path: a file as ``read_records`` reads it, one that ends in .parquet, or a folder.
        format: txt, csv, tsv, jsonl or parquet; by default what the path ends in.
        text: the column or field of the texts.
        id: that of the ids; a document without one has an empty one.
        lang: that of the languages.
        encoding: the encoding of the file, or of all files of a folder.
        left_out: told of files of a folder that cannot be read; None raises an error for the first.

    Returns:
        An iterator over the records.

    Raises:
        InputError: as for ``read_records``.
        OptionError: an option that does not exist, or columns where there are none.
        MissingExtra: Parquet needs a package that is not installed.
        StorageError: no permission, or the disk failed.
    """
    file = Path(path)
    if str(path) != "-" and file.is_dir():
        if format is not None or (text, id, lang) != (None, None, None):
            raise OptionError(
                f"{path} is a folder, of which each text file is a document: it has no format and no columns."
            )
        return _records_of_folder(file, encoding, left_out)
    if format == "parquet" or (format is None and file.suffix.lower() == _PARQUET):
        return map(_tidied, _records_of_parquet(file, {"text": text, "id": id, "lang": lang}))
    # For the message about an ending that tells nothing.
    find_source(path, format=format, encoding=encoding, others=("parquet",))
    records = read_records(path, format=format, text=text, id=id, lang=lang, encoding=encoding, numbered=False)
    return map(_tidied, records)


def read_changes(
    path: str | Path,
    *,
    format: str | None = None,
    text: str | None = None,
    id: str | None = None,
    lang: str | None = None,
    encoding: str = "utf-8",
) -> Iterator[Change]:
    """Read changes to documents: rows with an id and the fields that shall be different.

    Args:
        path: a csv, tsv or jsonl file. An empty cell of a table changes nothing; null in jsonl takes a field away.
        format: csv, tsv or jsonl; by default what the path ends in.
        text: the column or field of new texts; by default ``text``.
        id: that of the ids; by default ``id``.
        lang: that of the languages; by default ``lang`` or ``language``.
        encoding: the file's encoding.

    Returns:
        An iterator over the changes.

    Raises:
        InputError: no such file, a row without an id, or something else is not as it should be.
        OptionError: a format that has no columns.
    """
    source = find_source(path, format=format, encoding=encoding)
    if source.format == "txt":
        raise OptionError(f"{source.name}: changes are rows with an id, which txt has not; give csv, tsv or jsonl.")
    wanted = {"text": text, "id": id, "lang": lang}
    return _changes(source, wanted)


def _changes(source: Source, wanted: Mapping[str, str | None]) -> Iterator[Change]:
    for row, line, values in _rows(source):
        by_folded = {name.casefold(): name for name in reversed(list(values))}
        names = {
            "id": wanted["id"] or by_folded.get("id"),
            "text": wanted["text"] or by_folded.get("text"),
            "lang": wanted["lang"] or by_folded.get("lang") or by_folded.get("language"),
        }
        where = f"{source.name}: line {line}"
        id_ = values.get(names["id"] or "")
        if id_ in (None, "") or not isinstance(id_, str | int):
            raise InputError(f"{where} has no id; say which column or field holds it: --id-column NAME.", [row - 1])
        fields = _fields({name: value for name, value in values.items() if name not in names.values()})
        for role in ("text", "lang"):
            name = names[role]
            if name is not None and name in values:
                fields[role] = values[name]
        if isinstance(fields.get("lang"), str):
            fields["lang"] = _code(fields["lang"], where, row)
        if "text" in fields and not isinstance(fields["text"], str):
            raise InputError(f"{where}: {names['text']!r} is not a string.", [row - 1])
        yield Change(row, {"id": str(id_), **fields})


def _fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with those that stand below ``metadata``; such as are called like what is the document's own stay there."""
    fields = dict(values)
    if isinstance(fields.get("metadata"), Mapping):
        fields |= fields.pop("metadata")
    own = {name: fields.pop(name) for name in ("id", "text", "lang") if name in fields}
    return fields | ({"metadata": own} if own else {})


def _rows(source: Source) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Row, line and fields; empty cells of a table are not there."""
    if source.format == "jsonl":
        for line, value in read_entries(source):
            if not isinstance(value, dict):
                raise InputError(f"{source.name}: line {line} does not hold an object with an id.", [line - 1])
            yield line, line, value
        return
    rows = read_cells(source)
    first = next(rows, None)
    if first is None:
        return
    header = name_columns(source, first.fields)
    for row, cells in enumerate(rows, 1):
        check_width(source, header, cells, row)
        yield row, cells.line, {name: cell for name, cell in zip(header, cells.fields, strict=True) if cell != ""}


def _code(value: str, where: str, row: int) -> str | None:
    from interlingua.languages import canonical

    try:
        return canonical(value.strip()) if value.strip() else None
    except UnknownLanguage as error:
        raise InputError(f"{where}: {error}", [row - 1]) from None


def _tidied(record: Record) -> Record:
    metadata = {name: value for name, value in record.metadata.items() if value is not None and value != ""}
    if _are_vectors(metadata.get("vectors")):
        # As export writes them; who adds the document embeds it.
        del metadata["vectors"]
    if isinstance(metadata.get("metadata"), Mapping):
        # As search and export write it: all of it is meant, what is empty, too.
        metadata |= metadata.pop("metadata")
    return replace(record, metadata=metadata)


def _are_vectors(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return all(isinstance(row, list) and row and all(isinstance(one, float) for one in row) for row in value)


# ---------------------------------------------------------------------------------------------- folders


def text_files(folder: Path) -> list[Path]:
    """The text files in a folder and below it, by name; hidden ones are passed over."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in TEXT_ENDINGS
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _records_of_folder(folder: Path, encoding: str, left_out: LeftOut | None) -> Iterator[Record]:
    files = text_files(folder)
    if not files:
        known = ", ".join(TEXT_ENDINGS)
        raise InputError(f"{folder}: there are no text files in this folder ({known}).")
    return _records_of_files(folder, files, encoding, left_out)


def _records_of_files(folder: Path, files: list[Path], encoding: str, left_out: LeftOut | None) -> Iterator[Record]:
    for row, path in enumerate(files, 1):
        try:
            source = find_source(path, format="txt", encoding=encoding)
            content = "\n".join(line.text for line in read_lines(source)).strip("\n")
            if not content or content.isspace():
                raise InputError(f"{path}: the file is empty.")
        except InputError as error:
            if left_out is None:
                raise
            left_out(str(error))
            continue
        yield Record(content, path.relative_to(folder).as_posix(), None, row)


# ---------------------------------------------------------------------------------------------- Parquet


def _records_of_parquet(path: Path, wanted: Mapping[str, str | None]) -> Iterator[Record]:
    if find_spec("pyarrow") is None:
        raise MissingExtra(
            "Parquet needs the extra 'parquet', which is not installed; run: pip install 'interlingua[parquet]'."
        )
    # For its messages: the columns of Parquet are those of a table.
    source = replace(find_source(path, format="jsonl", encoding="utf-8"), format="csv")
    return _rows_of_parquet(path, source, wanted)


def _rows_of_parquet(path: Path, source: Source, wanted: Mapping[str, str | None]) -> Iterator[Record]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        file = pq.ParquetFile(path)
        columns = choose_columns(source, file.schema_arrow.names, wanted, f"{path}: ")
        for batch in file.iter_batches(batch_size=_ROWS):
            for values in batch.to_pylist():
                row += 1
                yield make_record(source, {name: _plain(value) for name, value in values.items()}, columns, row, row)
    except pa.ArrowException as error:
        said = str(error).splitlines()[0].rstrip(".")
        raise InputError(f"{path}: this is no Parquet file that can be read: {said}.") from None
    except OSError as error:
        raise StorageError(f"{path}: it cannot be read: {error.strerror or error}.") from None
    if not row:
        raise InputError(f"{path}: there are no texts in it.")


def parquet_rows(path: Path) -> int | None:
    """The number of rows of a Parquet file; None where it cannot be told."""
    if find_spec("pyarrow") is None:
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return None


def _plain(value: Any) -> Any:
    """A value of Parquet as JSON can hold it."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    value = float(value) if isinstance(value, Decimal) else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, bytes | datetime.timedelta) else value
