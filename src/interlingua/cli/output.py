"""Results on standard output: a table to read, or JSON Lines or TSV to go on with; everything else goes to standard error."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from interlingua.cli.options import Format
from interlingua.errors import OptionError

_Kind = TypeVar("_Kind", bound=StrEnum)

# A table that is not on a terminal is not folded: no text is lost to a file or a pipe. Only the line below its head is
# cut, which would be as long as the longest text.
_UNFOLDED = 100_000
_RULE = 80
_NARROWEST = 60

# What would drive a terminal, or turn its writing direction around, instead of being shown.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def emit(rows: Iterable[Mapping[str, object]], output: Format) -> None:
    """Print rows; they all have the same keys. JSON Lines and TSV are streamed."""
    if output is Format.table:
        _table(list(rows))
        return
    from interlingua.texts.writing import write_rows

    write_rows(rows, sys.stdout, "jsonl" if output is Format.jsonl else "tsv")


def kind_by_ending(out: Path | None, kinds: Iterable[_Kind], default: _Kind) -> _Kind:
    """The format of a file by its ending; ``default`` where nothing is written to a file.

    Raises:
        OptionError: the ending is that of none.
    """
    if out is None:
        return default
    endings = {f".{kind.value}": kind for kind in kinds}
    found = endings.get(out.suffix.lower())
    if found is None:
        known = ", ".join(endings)
        raise OptionError(
            f"--out {out}: the ending does not tell the format; end it in one of {known}, or give --format."
        )
    return found


def emit_under(title: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Print one table of several, after an empty line, under its title."""
    print(f"\n{plain(title)}", flush=True)
    emit(rows, Format.table)


def say(message: str) -> None:
    """A remark on standard error."""
    print(message, file=sys.stderr)


def plain(text: str) -> str:
    """A text on one line, with control characters spelled out."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), " ".join(text.split()))


def _table(rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, value in rows[0].items():
        numeric = isinstance(value, int | float)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    if sys.stdout.isatty():
        # Rich leaves whole columns out where a terminal is too narrow for them; better that it breaks the lines.
        Console(width=max(Console().width, _NARROWEST), highlight=False).print(table)
        return
    console = Console(width=_UNFOLDED, highlight=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line[:_RULE] if set(line) == {"─"} else line.rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3f}"
    return plain(str(value))
