"""The files whose documents go into an index: how they are read, and what is said of them on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from interlingua.cli.indexes import DocumentFormat, documents_of, heard
from interlingua.cli.inputs import Intake, count_rows
from interlingua.cli.output import plain, say
from interlingua.errors import InterlinguaError

if TYPE_CHECKING:
    from interlingua.cli.watched import WatchedEncoder
    from interlingua.types import Record


@dataclass(frozen=True)
class Source:
    """How the files of a command are read."""

    format: DocumentFormat | None
    text: str | None
    id: str | None
    lang: str | None
    encoding: str
    clean: bool
    skip: bool

    def records(self, file: str) -> Iterator[Record]:
        """The documents of a file, one by one."""
        from interlingua.texts.documents import read_documents

        return read_documents(
            file,
            format=None if self.format is None else self.format.value,
            text=self.text,
            id=self.id,
            lang=self.lang,
            encoding=self.encoding,
            left_out=(lambda sentence: say(f"warning: left out {plain(sentence)}")) if self.skip else None,
        )

    def count(self, file: str) -> int | None:
        """How many documents a file has; None where that cannot be told before it is read."""
        from interlingua.texts.documents import parquet_rows, text_files

        path = Path(file)
        if file != "-" and path.is_dir():
            return len(text_files(path))
        # A pipe would be read to its end for it.
        if file == "-" or not path.is_file():
            return None
        if self.format is DocumentFormat.parquet or path.suffix.lower() == ".parquet":
            return parquet_rows(path)
        return count_rows(path, format=self.format, encoding=self.encoding) or self._counted(path)

    def _counted(self, path: Path) -> int | None:
        """Rows of what has to be parsed or decompressed for that: a small part of the time that embedding takes."""
        from interlingua.texts.lines import find_source, read_lines
        from interlingua.texts.tables import read_cells

        try:
            source = find_source(
                path, format=None if self.format is None else self.format.value, encoding=self.encoding
            )
            if source.format == "csv":
                return max(sum(1 for _ in read_cells(source)) - 1, 0)
            return sum(1 for _ in read_lines(source)) - (source.format == "tsv")
        except InterlinguaError:  # told when the file is read in earnest
            return None


class OnTheWay:
    """The documents of files on their way into an index, and what is said of them.

    Attributes:
        done: how many are on the disk.
    """

    def __init__(self, files: list[str], source: Source, encoder: WatchedEncoder) -> None:
        from interlingua.index.items import refusal

        self._files = files
        self._source = source
        self._encoder = encoder
        self._intakes = [
            Intake(file, encoder.limit, clean=source.clean, skip=source.skip, refusal=refusal) for file in files
        ]
        # Read, and not yet on the disk.
        self._waiting: deque[tuple[Intake, Record]] = deque()
        self._all_read = False
        self.done = 0

    @property
    def is_over(self) -> bool:
        """Whether all are on the disk."""
        return self._all_read and not self._waiting

    def documents(self) -> Generator[Record]:
        """All documents, checked."""
        for file, intake in zip(self._files, self._intakes, strict=True):
            for chunk in heard(intake.chunks(self._source.records(file))):
                for record in chunk:
                    self._waiting.append((intake, record))
                    yield record
        self._all_read = True

    def acknowledged(self, count: int) -> None:
        """So many more are on the disk."""
        self.done += count
        for _ in range(count):
            intake, record = self._waiting.popleft()
            intake.note_cut(self._encoder, [(record.row, record.text)])
        self._encoder.cut.clear()

    def report(self) -> None:
        """Say what was left out or cut."""
        for intake in self._intakes:
            intake.report()

    def say_what_stays(self, folder: str, error: BaseException) -> None:
        """After an error or an interruption."""
        if not self.is_over:
            if self.done:
                say(f"{folder} keeps the first {documents_of(self.done)}; the same command goes on from there")
            return
        if isinstance(error, KeyboardInterrupt):
            say(f"{folder} has all documents; make what searches quickly with: interlingua index compact {folder}")
        self.report()
