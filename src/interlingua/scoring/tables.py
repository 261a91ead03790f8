"""Texts to centred vectors, in half precision, beyond some size in a file instead of memory."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from interlingua.errors import StorageError
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.warned import WarnedRows
from interlingua.texts.writing import writing_errors
from interlingua.types import Stored, TextEncoder, Vectors

_CHUNK = 4096
_IN_MEMORY = 1 << 28
_RESERVED = 1 << 24


def new_table(rows: int, dimension: int) -> Stored:
    """A table of float16; of more than 256 MB it lies in a file without a name, which is gone with the process.

    Raises:
        StorageError: the folder for temporary files (TMPDIR) has no room.
    """
    if rows * dimension * 2 <= _IN_MEMORY:
        return np.zeros((rows, dimension), dtype=np.float16)
    try:
        with tempfile.TemporaryFile(prefix="interlingua-") as file:
            _reserve(file, rows * dimension * 2)
            return np.memmap(file, dtype=np.float16, mode="r+", shape=(rows, dimension))
    except OSError as error:
        raise StorageError(
            f"The vectors need {rows * dimension * 2 / 1e9:.1f} GB in the folder for temporary files "
            f"({tempfile.gettempdir()}; TMPDIR names another): {error.strerror or error}."
        ) from error


def _reserve(file: IO[bytes], size: int) -> None:
    """Take the room on the disk now: where a mapped file has holes, a disk that is full kills the process as it writes to one."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # of a file system that does not know how
                raise
        else:
            return
    for start in range(0, size, _RESERVED):
        file.write(bytes(min(_RESERVED, size - start)))
    file.flush()


class GrowingTable:
    """A table that grows by blocks: in memory, and once it is large in a file without a name, which is mapped at the end.

    Args:
        dimension: the length of a vector.
        kind: float16 or float32.
        in_memory: bytes beyond which it lies in a file.
    """

    def __init__(self, dimension: int, kind: type[np.floating[Any]], in_memory: int) -> None:
        self._dimension, self._kind, self._in_memory = dimension, kind, in_memory
        self._parts: list[Stored] = [np.empty((0, dimension), dtype=kind)]
        self._file: IO[bytes] | None = None
        self._rows = 0

    def add(self, vectors: Vectors) -> None:
        """Put vectors, (n, d), at the end.

        Raises:
            StorageError: the folder for temporary files (TMPDIR) has no room.
        """
        self._rows += len(vectors)
        self._parts.append(vectors.astype(self._kind))
        size = self._rows * self._dimension * np.dtype(self._kind).itemsize
        if self._file is None and size <= self._in_memory:
            return
        with writing_errors(Path(tempfile.gettempdir())):
            self._file = self._file or tempfile.TemporaryFile(prefix="interlingua-")  # noqa: SIM115  # mapped to the end
            for part in self._parts:
                self._file.write(part.tobytes())
        self._parts = []

    def whole(self) -> Stored:
        """All of it, (n, d); nothing can be added afterwards.

        Raises:
            StorageError: as for ``add``.
        """
        if self._file is None:
            return np.concatenate(self._parts)
        with writing_errors(Path(tempfile.gettempdir())):
            self._file.flush()
            table: Stored = np.memmap(self._file, dtype=self._kind, mode="r", shape=(self._rows, self._dimension))
            self._file.close()  # the map holds what it needs, and the file is gone with it
        return table


def embed_centred(
    encoder: TextEncoder,
    texts: Sequence[str],
    langs: Sequence[str | None],
    means: LanguageMeans,
    *,
    advance: Advance,
    name: Callable[[int], int],
) -> Stored:
    """The texts' vectors less their languages' means, at unit length, float16, shape (n, d).

    Args:
        encoder: what embeds, with the symmetric prompt.
        texts: the texts, which can all be embedded.
        langs: their languages.
        means: the means of that model.
        advance: called with how many more are done.
        name: the row by which the caller knows a text, for a warning about texts that are cut.

    Warns:
        TruncationWarning: texts are longer than the model reads.
    """
    table = new_table(len(texts), encoder.dimension)
    # Rows that look damaged are told where the texts are checked.
    warned = WarnedRows(encoder.name, damage=False)
    for start in range(0, len(texts), _CHUNK):
        some = slice(start, start + _CHUNK)
        part = list(texts[some])
        with warned.block(part, lambda place, start=start: name(start + place)):  # type: ignore[misc]
            vectors = encode_whole(encoder, part)
        table[some] = means.centre(vectors, langs[some])
        advance(len(vectors))
    warned.tell()
    return table


def encode_whole(encoder: TextEncoder, texts: list[str]) -> Vectors:
    """Vectors of the symmetric prompt; our own encoders read long texts whole: two that begin alike are not alike for that."""
    from interlingua.encoding.encoder import Encoder
    from interlingua.encoding.joint import JointEncoder

    if isinstance(encoder, Encoder | JointEncoder):
        return encoder.encode(texts, long="window", show_progress_bar=False)
    return encoder.encode(texts)
