"""Results on standard output: a table to read, or JSON Lines or TSV to go on with; everything else goes to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence

from interlingua.cli.options import Format

# A table that is not on a terminal is not folded: no text is lost to a file or a pipe.
_UNFOLDED = 100_000


def emit(rows: Iterable[Mapping[str, object]], output: Format) -> None:
    """Print rows; they all have the same keys. JSON Lines and TSV are streamed."""
    if output is Format.table:
        _table(list(rows))
        return
    from interlingua.texts.writing import write_rows

    write_rows(rows, sys.stdout, "jsonl" if output is Format.jsonl else "tsv")


def say(message: str) -> None:
    """A remark on standard error."""
    print(message, file=sys.stderr)


def _table(rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, value in rows[0].items():
        numeric = isinstance(value, int | float)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=name != "text", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console(width=None if terminal else _UNFOLDED, highlight=False).print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    return " ".join(str(value).split())
