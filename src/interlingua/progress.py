"""Progress on standard error: a bar with rate and time left, only where somebody watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]

_log = logging.getLogger("interlingua")


def watched() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def progress_bar(
    description: str, total: int | None, *, show: bool | None = None, unit: str = "texts"
) -> Iterator[Advance]:
    """A progress bar; gives a function that is called with how many more are done.

    Args:
        description: what is being done.
        total: how many there are, or None where that is not known.
        show: None shows it where standard error is a terminal.
        unit: what is counted.
    """
    if not (watched() if show is None else show):
        yield lambda _count: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    # Standard output is left alone: redirected, what the program prints would go to the bar's terminal instead of its file.
    with Progress(*columns, console=Console(stderr=True), transient=False, redirect_stdout=False) as bar:
        task = bar.add_task(description, total=total, rate="")

        def advance(count: int) -> None:
            bar.advance(task, count)
            speed = bar.tasks[task].speed
            bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance


def announcer(subject: str) -> Callable[[str, float], None]:
    """A report for work of a few seconds in named steps: one line on a terminal that is written over, otherwise the log."""
    width = 0

    def report(step: str, share: float) -> None:
        nonlocal width
        line = f"{subject}: {step} ({share:.0%})"
        if not watched():
            _log.info(line)
            return
        end = "\n" if share >= 1.0 else ""
        print(f"\r{line.ljust(width)}", end=end, file=sys.stderr, flush=True)
        width = len(line)

    return report
