"""Vectors into files, chunk by chunk: npy, JSON Lines and Parquet. The same chunks always give the same bytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import numpy as np

from interlingua.errors import MissingExtra
from interlingua.texts.writing import write_rows
from interlingua.types import Record, Vectors

FileFormat = Literal["npy", "jsonl", "parquet"]

ROWS_FILE = "rows.txt"
OWN_FILES = ("vectors.*", "part-*.parquet", ROWS_FILE)


class Sink(Protocol):
    """Files in a folder that grow by a chunk at a time. What is already in them is kept."""

    def write(self, records: Sequence[Record], vectors: Vectors) -> None:
        """Add a chunk."""

    def sync(self) -> dict[str, int]:
        """Bring all of it to the disk; gives how many bytes of each file that is."""

    def finish(self, count: int) -> None:
        """Make the result, ``vectors.FORMAT``, out of this many vectors, and bring it to the disk."""

    def close(self) -> None:
        """Close the files; what was not brought to the disk does not matter any more."""


def open_sink(format: FileFormat, folder: Path, dimension: int, facts: Mapping[str, str]) -> Sink:
    """What writes a format.

    Args:
        format: which.
        folder: where its files are, or will be.
        dimension: the length d of a vector.
        facts: what a file should say about its vectors, if the format has a place for that.

    Raises:
        MissingExtra: the format needs a package that is not installed.
    """
    if format == "npy":
        return _NpySink(folder, dimension)
    return _JsonlSink(folder) if format == "jsonl" else _ParquetSink(folder, dimension, facts)


def npy_header(rows: int, dimension: int) -> bytes:
    """A version 1.0 header of 128 bytes, whatever the number of rows: the format lets it be filled up with spaces."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.encode("ascii").ljust(117) + b"\n"


def npy_rows(vectors: Vectors) -> memoryview:
    """Vectors as an npy file holds them, without a copy."""
    return np.ascontiguousarray(vectors, dtype="<f4").data


def jsonl_rows(records: Sequence[Record], vectors: Vectors) -> Iterator[dict[str, object]]:
    """Vectors as JSON Lines hold them."""
    for record, vector in zip(records, vectors, strict=True):
        # Nine digits hold a float32 exactly.
        yield {
            "id": record.id,
            "row": record.row,
            "embedding": [float(f"{value:.9g}") for value in vector.tolist()],
        }


class _NpySink:
    """The vectors, and beside them the row of each, for the case that rows are missing."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._dimension = dimension
        self._vectors = (folder / "vectors.npy").open("ab")
        self._rows = (folder / ROWS_FILE).open("ab")
        if not self._vectors.tell():
            self._vectors.write(npy_header(0, dimension))

    def write(self, records: Sequence[Record], vectors: Vectors) -> None:
        self._vectors.write(npy_rows(vectors))
        self._rows.write("".join(f"{record.row}\n" for record in records).encode("ascii"))

    def sync(self) -> dict[str, int]:
        return _synced(self._vectors, self._rows)

    def finish(self, count: int) -> None:
        """The header needs the number of vectors, so it is filled in now."""
        self.sync()
        with open(self._vectors.name, "r+b") as file:
            file.write(npy_header(count, self._dimension))
            _synced(file)

    def close(self) -> None:
        _closed(self._vectors, self._rows)


class _JsonlSink:
    def __init__(self, folder: Path) -> None:
        self._file = (folder / "vectors.jsonl").open("a", encoding="utf-8", newline="\n")

    def write(self, records: Sequence[Record], vectors: Vectors) -> None:
        write_rows(jsonl_rows(records, vectors), self._file, "jsonl")

    def sync(self) -> dict[str, int]:
        return _synced(self._file)

    def finish(self, count: int) -> None:  # noqa: ARG002  # lines need no header
        self.sync()

    def close(self) -> None:
        _closed(self._file)


class _ParquetSink:
    """A file for each chunk, which in the end becomes a row group of the result: Parquet has its index at the end."""

    def __init__(self, folder: Path, dimension: int, facts: Mapping[str, str]) -> None:
        check_pyarrow()
        import pyarrow as pa

        self._folder = folder
        self._dimension = dimension
        self._schema = pa.schema(
            [
                pa.field("id", pa.string(), nullable=False),
                pa.field("row", pa.int64(), nullable=False),
                pa.field("lang", pa.string()),
                pa.field(
                    "embedding", pa.list_(pa.field("element", pa.float32(), nullable=False), dimension), nullable=False
                ),
            ],
            metadata={"interlingua": json.dumps(dict(facts))},
        )
        self._sizes = {part.name: part.stat().st_size for part in self._parts()}

    def write(self, records: Sequence[Record], vectors: Vectors) -> None:
        import pyarrow as pa

        name = f"part-{len(self._sizes):06}.parquet"
        values = pa.array(np.ascontiguousarray(vectors, dtype=np.float32).ravel())
        columns = [
            pa.array([record.id for record in records], pa.string()),
            pa.array([record.row for record in records], pa.int64()),
            pa.array([record.lang for record in records], pa.string()),
            pa.FixedSizeListArray.from_arrays(values, type=self._schema.field("embedding").type),
        ]
        with self._writer(self._folder / name) as writer:
            writer.write_table(pa.Table.from_arrays(columns, schema=self._schema), row_group_size=len(records))
        self._sizes[name] = 0

    def sync(self) -> dict[str, int]:
        for name, size in self._sizes.items():
            if not size:
                with (self._folder / name).open("r+b") as file:
                    self._sizes |= _synced(file)
        return dict(self._sizes)

    def finish(self, count: int) -> None:  # noqa: ARG002  # the row groups know theirs
        import pyarrow.parquet as pq

        result = self._folder / "vectors.parquet"
        with self._writer(result) as writer:
            for part in self._parts():
                with pq.ParquetFile(part) as file:
                    table = file.read()
                writer.write_table(table, row_group_size=table.num_rows)
        with result.open("r+b") as file:
            _synced(file)

    def close(self) -> None:
        pass

    def _parts(self) -> list[Path]:
        return sorted(self._folder.glob("part-*.parquet"))

    def _writer(self, path: Path) -> Any:
        import pyarrow.parquet as pq

        # Vectors do not repeat and do not compress: trying would only cost time.
        return pq.ParquetWriter(
            path, self._schema, compression="none", use_dictionary=["lang"], write_statistics=["row"]
        )


def check_pyarrow() -> None:
    """See that what writes Parquet is installed.

    Raises:
        MissingExtra: it is not.
    """
    if find_spec("pyarrow") is None:
        raise MissingExtra(
            "Parquet needs the extra 'parquet', which is not installed; run: pip install 'interlingua[parquet]'."
        )


def _synced(*files: IO[Any]) -> dict[str, int]:
    for file in files:
        file.flush()
        os.fsync(file.fileno())
    return {Path(file.name).name: os.fstat(file.fileno()).st_size for file in files}


def _closed(*files: IO[Any]) -> None:
    for file in files:
        with suppress(OSError):  # after an error it cannot be flushed
            file.close()
