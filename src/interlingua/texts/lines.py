"""Files as decoded lines: opening, decompressing, decoding, and saying exactly where that fails."""

from __future__ import annotations

import codecs
import gzip
import io
import sys
import zlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, NoReturn, cast

from interlingua.errors import InputError, OptionError, StorageError

Format = Literal["txt", "csv", "tsv", "jsonl"]
FORMATS: tuple[Format, ...] = ("txt", "csv", "tsv", "jsonl")

_ENDINGS: dict[str, Format] = {".txt": "txt", ".csv": "csv", ".tsv": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl"}

# The longer mark first: the UTF-32 one begins like the UTF-16 one.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARIES = (
    (b"\x1f\x8b", "gzip-compressed: give it the ending .gz"),
    (b"PK\x03\x04", "a ZIP archive or an Excel file: save the table as csv or tsv"),
    (b"PAR1", "a Parquet file: save the table as csv, tsv or jsonl"),
    (b"%PDF", "a PDF: take the text out first"),
)


class Line(NamedTuple):
    """One line: its number counted from 1, its text without the line end, and whether it had a line end."""

    number: int
    text: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read, or standard input.

    Attributes:
        path: where it is; None for standard input.
        name: what messages call it.
        format: what it holds.
        encoding: how it is encoded.
        compressed: whether it is gzip.
    """

    path: Path | None
    name: str
    format: Format
    encoding: str
    compressed: bool


def find_source(path: str | Path, *, format: str | None, encoding: str, others: Sequence[str] = ()) -> Source:
    """Work out what a path stands for, before anything is read.

    Args:
        path: a file, or ``-`` for standard input.
        format: one of ``FORMATS``; None goes by the file's ending (txt for standard input).
        encoding: the name of an encoding.
        others: formats that the caller reads by other means, for the message.

    Returns:
        The source.

    Raises:
        InputError: there is no such file, it is a folder, or its ending says nothing about the format.
        OptionError: no such format or encoding.
    """
    if format is not None and format not in FORMATS:
        raise OptionError(f"There is no format {format!r}; there are {', '.join(FORMATS)}.")
    try:
        codec = codecs.lookup(encoding).name
        "".encode(codec)  # there are codecs, such as base64, that are for bytes
    except LookupError:
        raise OptionError(f"There is no encoding {encoding!r}; try utf-8, utf-16 or cp1252.") from None
    # A byte order mark is taken off anyhow.
    codec = "utf-8" if codec == "utf-8-sig" else codec
    if str(path) == "-":
        return Source(None, "standard input", format or "txt", codec, compressed=False)
    path = Path(path)
    _check_is_file(path)
    endings = [ending.lower() for ending in path.suffixes]
    compressed = endings[-1:] == [".gz"]
    ending = "".join(endings[:-1][-1:] if compressed else endings[-1:])
    if format is None and ending not in _ENDINGS:
        known = ", ".join([*_ENDINGS, *(f".{other}" for other in others)])
        raise InputError(
            f"{path}: the ending does not tell the format ({known}, or one of these and .gz); "
            f"give it with --input-format: {', '.join([*FORMATS, *others])}."
        )
    return Source(path, str(path), format or _ENDINGS[ending], codec, compressed)


def read_lines(source: Source) -> Iterator[Line]:
    """Read a source line by line, in constant memory.

    Lines end in a line feed, alone or after a carriage return; a byte order mark is taken off.

    Args:
        source: what to read.

    Yields:
        Every line, empty ones too.

    Raises:
        InputError: it does not decode, is binary, or is torn gzip; the message says where.
        StorageError: no permission to read it, or the disk failed.
    """
    # Where a line feed is the byte 0x0A, cutting into lines first gives the exact place of an error.
    decode = _decoded_lines if "\n".encode(source.encoding) == b"\n" else _wrapped_lines
    with open_bytes(source) as stream, closing(decode(stream, source)) as texts:
        for number, text in enumerate(texts, 1):
            if "\0" in text:
                raise InputError(
                    f"{source.name}: line {number} holds a NUL byte, so this is no text file.", [number - 1]
                )
            line = text.removeprefix("\ufeff") if number == 1 else text
            ended = line.endswith("\n")
            yield Line(number, line.removesuffix("\n").removesuffix("\r"), ended)


def _check_is_file(path: Path) -> None:
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder; give a file.")
        path.stat()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file.") from None
    except OSError as error:
        _refuse(error, str(path))


@contextmanager
def open_bytes(source: Source) -> Iterator[BinaryIO]:
    """Open a source for reading; whatever the file system or gzip raises meanwhile becomes one of our errors."""
    try:
        if source.path is None:
            if sys.stdin is None:
                raise InputError("standard input is closed.")
            yield cast("BinaryIO", sys.stdin.buffer)  # not ours to close
        elif source.compressed:
            with gzip.open(source.path, "rb") as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            with source.path.open("rb") as stream:
                yield stream
    except (EOFError, zlib.error):
        raise InputError(f"{source.name}: the gzip data breaks off or is damaged; the file seems cut off.") from None
    except gzip.BadGzipFile as error:
        no_gzip = str(error).startswith("Not a gzipped file")
        what = "is not gzip, although the name ends in .gz" if no_gzip else "is damaged gzip: its checksum is wrong"
        raise InputError(f"{source.name}: this {what}.") from None
    except OSError as error:
        _refuse(error, source.name)


def _refuse(error: OSError, name: str) -> NoReturn:
    if isinstance(error, PermissionError):
        raise StorageError(f"{name}: no permission to read it.") from None
    raise StorageError(f"{name}: it cannot be read: {error.strerror or error}.") from None


def _decoded_lines(stream: BinaryIO, source: Source) -> Generator[str, None, None]:
    offset = 0
    for number, raw in enumerate(stream, 1):
        if number == 1:
            _check_beginning(raw, source)
        try:
            text = raw.decode(source.encoding)
        except UnicodeDecodeError as error:
            where = f"line {number}, byte {offset + error.start} (0x{raw[error.start]:02X})"
            raise InputError(f"{source.name}: {_not_decodable(source, where)}", [number - 1]) from None
        offset += len(raw)
        yield text


def _wrapped_lines(stream: BinaryIO, source: Source) -> Generator[str, None, None]:
    wrapper = io.TextIOWrapper(stream, encoding=source.encoding, newline="\n")
    number = 0
    try:
        for number, text in enumerate(wrapper, 1):  # noqa: B007  # the last number is wanted
            yield text
    except UnicodeError:
        raise InputError(f"{source.name}: {_not_decodable(source, f'after line {number}')}", [number]) from None
    finally:
        wrapper.detach()  # or the stream, perhaps standard input, would be closed with the wrapper


def _check_beginning(raw: bytes, source: Source) -> None:
    """Recognise what is no text in the wanted encoding by its first bytes."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            raise InputError(
                f"{source.name}: its byte order mark says {encoding}, not {source.encoding}; "
                f"give --encoding {encoding}.",
                [0],
            )
    for magic, what in _BINARIES:
        if raw.startswith(magic):
            raise InputError(f"{source.name}: this is {what}.", [0])


def _not_decodable(source: Source, where: str) -> str:
    guess = "cp1252" if source.encoding == "utf-8" else "utf-8"
    return f"{where}, is not {source.encoding}; give the file's own encoding, for example --encoding {guess}."
