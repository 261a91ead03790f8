"""Writing files whole or not at all, and rows as JSON Lines or TSV."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, Literal, NoReturn, TextIO, overload

from interlingua.errors import InputError, OptionError, StorageError

_LINE_BREAK_OR_TAB = re.compile("\r\n|[\t\n\r]")

# What a disk says when it does not take what is written; any other OSError inside the block is the caller's own.
_DISK_TROUBLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})


@overload
def open_atomic(path: str | Path, mode: Literal["w"] = "w") -> AbstractContextManager[TextIO]: ...
@overload
def open_atomic(path: str | Path, mode: Literal["wb"]) -> AbstractContextManager[BinaryIO]: ...
def open_atomic(path: str | Path, mode: str = "w") -> AbstractContextManager[Any]:
    """Open a file that appears under its name only once it is complete and on the disk.

    It is written under a temporary name in the same folder, brought to the disk, and renamed; after an error or Ctrl-C
    the temporary file is gone and an older file is as it was. What is no regular file, such as ``/dev/null`` or a pipe,
    is written to directly.

    Args:
        path: where the file is to be; the folder must exist. A symbolic link is followed.
        mode: ``w`` for text (UTF-8, lines end in a line feed) or ``wb`` for bytes.

    Returns:
        A context manager that gives the open file.

    Raises:
        OptionError: another mode.
        StorageError: no such folder, no permission, the path is a folder, or the disk is full.
    """
    if mode not in ("w", "wb"):
        raise OptionError(f'open_atomic() has the modes "w" and "wb", not {mode!r}.')
    target = Path(os.path.realpath(path))
    try:
        kind = stat.S_IFMT(target.stat().st_mode)
    except FileNotFoundError:
        kind = stat.S_IFREG
    except OSError as error:
        _refuse(error, target)
    if kind == stat.S_IFDIR:
        raise StorageError(f"{path} is a folder; give the name of a file.")
    return _written_aside(target, mode) if kind == stat.S_IFREG else _written_directly(target, mode)


def write_rows(rows: Iterable[Mapping[str, object]], out: TextIO, format: Literal["jsonl", "tsv"]) -> int:
    """Write rows as they come.

    Args:
        rows: one mapping a row. For tsv the first one's keys are the header; a row may lack some, but has no others.
        out: where to, open for text.
        format: ``jsonl``, or ``tsv``: a header, no quoting; tabs and line breaks inside values become spaces, None
            becomes an empty field.

    Returns:
        The number of rows written.

    Raises:
        InputError: a value that JSON cannot hold (NaN and infinity are such), or a column that the header lacks.
        OptionError: another format.
    """
    if format == "jsonl":
        return _write_jsonl(rows, out)
    if format == "tsv":
        return _write_tsv(rows, out)
    raise OptionError(f"Rows are written as jsonl or tsv, not {format!r}.")


@contextmanager
def writing_errors(target: Path) -> Iterator[None]:
    """Around work on files of ours: what the disk refuses becomes a StorageError about the file that is to be written."""
    try:
        yield
    except OSError as error:
        _refuse(error, target)


@contextmanager
def _written_aside(target: Path, mode: str) -> Iterator[IO[Any]]:
    temporary = None
    try:
        with _create_beside(target, mode) as file:
            temporary = Path(file.name)
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp's files are private; ours get the rights that the older file had, or that a new one would have.
        temporary.chmod(_rights(target))
        temporary.replace(target)
        temporary = None
        sync_folder(target.parent)
    except OSError as error:
        if (
            temporary is not None
            and error.errno not in _DISK_TROUBLE
            and error.filename not in _both(target, temporary)
        ):
            raise
        _refuse(error, target)
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


@contextmanager
def _written_directly(target: Path, mode: str) -> Iterator[IO[Any]]:
    try:
        with open(target, mode, **_text_options(mode)) as file:
            yield file
    except OSError as error:
        if error.errno not in _DISK_TROUBLE and error.filename != str(target):
            raise
        _refuse(error, target)


def _create_beside(target: Path, mode: str) -> IO[Any]:
    return tempfile.NamedTemporaryFile(
        mode, dir=target.parent, prefix=f".{target.name[:60]}.", suffix=".tmp", delete=False, **_text_options(mode)
    )


def _text_options(mode: str) -> dict[str, Any]:
    return {} if mode == "wb" else {"encoding": "utf-8", "newline": "\n"}


def _rights(target: Path) -> int:
    try:
        return stat.S_IMODE(target.stat().st_mode)
    except FileNotFoundError:
        # The process's mask can only be read by setting it.
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask


def check_writable(path: str | os.PathLike[str]) -> None:
    """Refuse at once what ``open_atomic`` would refuse after hours of work.

    Raises:
        StorageError: there is no such folder, it may not be written to, or the path is a folder.
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise StorageError(f"{path} is a folder; give the name of a file.")
    if not os.path.isdir(folder):
        reason = "what should be its folder is a file" if os.path.exists(folder) else "its folder does not exist"
        raise StorageError(f"{path} cannot be written: {reason}.")
    if not os.access(folder, os.W_OK | os.X_OK) and not is_device(target):
        raise StorageError(f"{path} cannot be written: no permission.")


def is_device(path: str) -> bool:
    """Whether it is there, and neither a file nor a folder: a pipe, or /dev/null."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def sync_folder(folder: Path) -> None:
    """Bring the renaming itself to the disk, where the system has a way to."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _both(target: Path, temporary: Path) -> tuple[str, str]:
    return str(target), str(temporary)


def _refuse(error: OSError, target: Path) -> NoReturn:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "the disk is full"
    elif isinstance(error, FileNotFoundError):
        reason = "its folder does not exist"
    elif isinstance(error, NotADirectoryError):
        reason = "what should be its folder is a file"
    elif isinstance(error, PermissionError):
        reason = "no permission"
    else:
        reason = error.strerror or str(error)
    raise StorageError(f"{target} cannot be written: {reason}.") from error


def _write_jsonl(rows: Iterable[Mapping[str, object]], out: TextIO) -> int:
    number = 0
    for number, row in enumerate(rows, 1):
        out.write(_json(row, number) + "\n")
    return number


def _write_tsv(rows: Iterable[Mapping[str, object]], out: TextIO) -> int:
    header: list[str] = []
    number = 0
    for number, row in enumerate(rows, 1):
        if number == 1:
            header = list(row)
            out.write("\t".join(_LINE_BREAK_OR_TAB.sub(" ", name) for name in header) + "\n")
        if other := [name for name in row if name not in header]:
            raise InputError(f"Row {number} has a column that the first row lacks: {other[0]!r}.", [number - 1])
        out.write("\t".join(_cell(row.get(name), number) for name in header) + "\n")
    return number


def _cell(value: object, row: int) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else _json(value, row)
    # Lone surrogates have no UTF-8.
    return _LINE_BREAK_OR_TAB.sub(" ", text).encode("utf-8", "replace").decode("utf-8")


def _json(value: object, row: int) -> str:
    try:
        line = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise InputError(f"Row {row} cannot be written as JSON: {error}.", [row - 1]) from None
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate; JSON can hold it as an escape
        return json.dumps(value, allow_nan=False, default=_plain)
    return line


def _plain(value: object) -> object:
    """NumPy's numbers and arrays, as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")
