"""Rows written as Parquet, in groups, so that not all are in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

_GROUP = 50_000


def write_parquet(rows: Iterator[Mapping[str, object]], path: Path) -> int:
    """Write rows as a Parquet file that appears once it is whole.

    Args:
        rows: they all have the same columns, of strings (or None) and floats.
        path: where.

    Returns:
        The number of rows.

    Raises:
        MissingExtra: Parquet needs a package that is not installed.
        StorageError: the file cannot be written.
    """
    from interlingua.encoding.sinks import check_pyarrow
    from interlingua.texts.writing import open_atomic

    check_pyarrow()
    import pyarrow as pa
    import pyarrow.parquet as pq

    count = 0
    writer: Any = None
    with open_atomic(path, "wb") as file:
        while group := list(islice(rows, _GROUP)):
            table = pa.table({name: _column(pa, [row[name] for row in group]) for name in group[0]})
            writer = writer or pq.ParquetWriter(file, table.schema)
            writer.write_table(table)
            count += len(group)
        if writer is None:
            pq.write_table(pa.table({"score": pa.array([], pa.float64())}), file)
        else:
            writer.close()
    return count


def _column(pa: Any, values: list[object]) -> Any:
    return pa.array(values, pa.float64() if isinstance(values[0], float) else pa.string())
