"""Where the vectors of ``interlingua encode`` go: standard output, or a file that an interruption does not cost."""

from __future__ import annotations

import os
import signal
import stat
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from interlingua.cli.inputs import Intake
from interlingua.cli.output import say
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.encoding.sinks import FileFormat
    from interlingua.encoding.unfinished import Unfinished
    from interlingua.types import Record, Vectors

Embedded = tuple[list["Record"], "Vectors"]
"""A chunk of records and their vectors."""

_TERMINATED = 143


def is_regular(out: Path) -> bool:
    """Whether this is or will be a regular file, rather than a pipe or a device."""
    try:
        return stat.S_ISREG(out.stat().st_mode) or out.is_dir()
    except OSError:  # not there yet, or not to be reached: that is told when it is written
        return True


def to_stream(out: Path | None, format: str, chunks: Iterator[Embedded], dimension: int) -> None:
    """Write to standard output (None), a pipe or a device, where nothing can be kept for later."""
    from interlingua.encoding.sinks import jsonl_rows, npy_header, npy_rows
    from interlingua.texts.writing import open_atomic, write_rows

    if format == "parquet":
        raise OptionError(f"{out} is no regular file, which Parquet needs; write jsonl there.")
    if format == "npy" and out is not None and out.is_fifo():
        raise OptionError(f"{out} is no file in which the number of vectors can be filled in later; write jsonl there.")
    if format == "npy" and out is not None:
        count = 0
        with open_atomic(out, "wb") as target:
            target.write(npy_header(0, dimension))
            for records, vectors in chunks:
                target.write(npy_rows(vectors))
                count += len(records)
            target.seek(0)
            target.write(npy_header(count, dimension))
        return
    rows = (row for records, vectors in chunks for row in jsonl_rows(records, vectors))
    if out is None:
        write_rows(rows, sys.stdout, "jsonl")
        return
    with open_atomic(out) as text:
        count = write_rows(rows, text, "jsonl")
    say(f"{out}: {_vectors(count)}")


@dataclass(frozen=True, slots=True)
class FileJob:
    """The writing of one file.

    Attributes:
        out: its name.
        format: what it holds.
        intake: where the texts come from.
        settings: what the vectors and their form depend on besides the texts, by the name of the option.
        dimension: the length d of a vector.
        resume: go on with what an interrupted run has left.
        overwrite: start anew, whatever is left.
        rereadable: whether the texts can be read again after an interruption.
    """

    out: Path
    format: FileFormat
    intake: Intake
    settings: dict[str, str | int | None]
    dimension: int
    resume: bool
    overwrite: bool
    rereadable: bool

    def run(self, texts: Iterator[Record], embed: Callable[..., Generator[Embedded, None, None]]) -> None:
        """Do it, or what is left of it, and say what was done.

        Args:
            texts: all texts, from the first.
            embed: gives chunks of the texts that it is given, in order; ``after`` is the last row before them.
        """
        from interlingua.encoding.sinks import check_pyarrow
        from interlingua.encoding.unfinished import hold

        if self.format == "parquet":
            check_pyarrow()
        with hold(self.out, resumable=self.rereadable) as work:
            if self.resume and not work.begun and self._is_finished():
                say(
                    f"{self.out}: is complete, so there is nothing to go on with; --overwrite would embed {self.intake.name} anew"
                )
                return
            work.begin(self.settings, resume=self.resume, overwrite=self.overwrite)
            self.intake.truncated.count = work.journal.cut
            self.intake.truncated.first.extend(work.journal.first_cut)
            remaining = work.remaining(texts, int(self.settings["chunks of"] or 1))
            if work.journal.complete:
                self._report(work, listed=work.deliver())
                return
            if work.journal.vectors:
                say(f"{self.out}: going on after {_vectors(work.journal.vectors)}")
            with _terminable():
                try:
                    self._write(work, embed(remaining, after=work.journal.last_row))
                except BaseException:
                    if work.left:
                        say(
                            f"{work.folder} keeps the first {_vectors(work.journal.vectors)}; the same command with --resume "
                            "goes on from there"
                        )
                    raise

    def _write(self, work: Unfinished, chunks: Generator[Embedded, None, None]) -> None:
        from interlingua.encoding.sinks import open_sink
        from interlingua.texts.writing import writing_errors

        facts = {name.lstrip("-"): str(self.settings[name]) for name in ("--model", "fingerprint", "--prompt")}
        cut = self.intake.truncated
        with writing_errors(work.target):
            sink = open_sink(self.format, work.folder, self.dimension, facts)
        with closing(sink), closing(chunks):
            for records, vectors in chunks:
                work.commit(sink, records, vectors, cut=cut.count, first_cut=cut.first)
            listed = work.finish(sink)
        self._report(work, listed=listed)

    def _report(self, work: Unfinished, *, listed: bool) -> None:
        from interlingua.encoding.unfinished import listing_of

        lines = self.format == "jsonl"
        say(f"{self.out}: {_vectors(work.journal.vectors)}{'' if lines else f' of {self.dimension} dimensions'}")
        if listed:
            beside = work.listing if self.out.is_symlink() else listing_of(self.out)
            say(f"{beside}: the row of {self.intake.name} that each vector belongs to")

    def _is_finished(self) -> bool:
        """Whether the file is there, is not older than the texts, and can be what this command gives."""
        import numpy as np

        try:
            if self.out.stat().st_mtime < os.stat(self.intake.path).st_mtime:
                return False
            if self.format != "npy":
                return True
            shape = np.load(self.out, mmap_mode="r", allow_pickle=False).shape
        except (OSError, ValueError):
            return False
        return len(shape) == 2 and shape[1] == self.dimension


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does: in order, and with a word on how to go on."""

    def end(_signal: int, _frame: Any) -> NoReturn:
        raise SystemExit(_TERMINATED)

    try:
        before = signal.signal(signal.SIGTERM, end)
    except ValueError:  # only the main thread may
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _vectors(count: int) -> str:
    return f"{count:,} vector{'' if count == 1 else 's'}"
