"""Files of arrays that show whether they are whole and whose they are.

The arrays stand one after another in NumPy's own format, so that the first can be mapped (``numpy.load``); then a seal: 16 bytes
by which it is known, 16 of the key that the writer gave, and 16 of a hash (BLAKE2b) over all before. A file that was torn,
changed, or copied from elsewhere has no seal that fits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import StorageError
from interlingua.texts.writing import open_atomic
from interlingua.types import Stored

KEY = 16
"""The length of a key in bytes."""

_MARK = b"interlingua.seal"
_SEAL = len(_MARK) + 2 * KEY
_CHUNK = 1 << 20

Array = NDArray[Any]


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.blake2b(digest_size=KEY)

    def write(self, data: bytes) -> int:
        self._hash.update(data)
        return self._file.write(data)

    def seal(self, key: bytes) -> None:
        self.write(_MARK + key)
        self._file.write(self._hash.digest())


def write_sealed(path: Path, key: bytes, arrays: Iterable[Array]) -> None:
    """Write arrays and a seal; the file appears whole or not at all.

    Args:
        path: where to; its folder exists.
        key: ``KEY`` bytes, by which the file is known again.
        arrays: what.

    Raises:
        StorageError: the disk does not take it.
    """
    with open_atomic(path, "wb") as file:
        out = _Hashed(file)
        for array in arrays:
            np.lib.format.write_array(out, array, allow_pickle=False)
        out.seal(key)


def write_table(path: Path, key: bytes, shape: tuple[int, int], blocks: Iterable[Stored]) -> None:
    """Write one table of float16 whose rows come in blocks, and a seal; only a block is in memory at a time.

    Args:
        path: where to; its folder exists.
        key: ``KEY`` bytes.
        shape: of the whole.
        blocks: its rows.

    Raises:
        StorageError: the disk does not take it.
    """
    with open_atomic(path, "wb") as file:
        out = _Hashed(file)
        header = {"descr": "<f2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)
        for block in blocks:
            out.write(np.ascontiguousarray(block, dtype="<f2").tobytes())
        out.seal(key)


def is_sealed(path: Path, key: bytes) -> bool:
    """Whether there is a file as it was written, under this key; it is read once from end to end."""
    try:
        with open(path, "rb") as file:
            left = path.stat().st_size - KEY
            file.seek(max(0, left + KEY - _SEAL))
            if file.read(_SEAL - KEY) != _MARK + key:
                return False
            file.seek(0)
            digest = hashlib.blake2b(digest_size=KEY)
            while left > 0 and (chunk := file.read(min(_CHUNK, left))):
                digest.update(chunk)
                left -= len(chunk)
            return left == 0 and file.read() == digest.digest()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}.") from error


def read_sealed(path: Path, count: int) -> Sequence[Array]:
    """The first arrays of a file, in memory."""
    with open(path, "rb") as file:
        return [np.lib.format.read_array(file, allow_pickle=False) for _ in range(count)]


def mapped(path: Path) -> Stored:
    """The first array of a file, mapped."""
    table: Stored = np.load(path, mmap_mode="r", allow_pickle=False)
    return table
