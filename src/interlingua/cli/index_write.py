"""``interlingua index create|add``: files go into an index."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.indexes import (
    DocumentFormat,
    Folder,
    ReadDocumentsAs,
    announced,
    documents_of,
    heard,
    opened,
    told_already,
)
from interlingua.cli.inputs import Intake, count_rows
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    LangColumn,
    Model,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    TextColumn,
)
from interlingua.cli.output import plain, say
from interlingua.errors import InterlinguaError, OptionError

if TYPE_CHECKING:
    from interlingua.types import Record


class KindName(StrEnum):
    """What searches in an index."""

    auto = "auto"
    flat = "flat"
    hnsw = "hnsw"
    ivf = "ivf"
    ivfpq = "ivfpq"


class StorageName(StrEnum):
    """How the components of vectors are kept."""

    float32 = "float32"
    float16 = "float16"


Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE",
        help="The documents: txt (one a line), csv, tsv or jsonl, also .gz; parquet; or a folder of text files; - is standard "
        "input.",
    ),
]
Snapshot = Annotated[
    bool,
    typer.Option("--snapshot/--no-snapshot", help="At the end, build anew what searches quickly if much has changed."),
]


@dataclass(frozen=True)
class _Source:
    """How the files of a command are read."""

    format: DocumentFormat | None
    text: str | None
    id: str | None
    lang: str | None
    encoding: str
    clean: bool
    skip: bool

    def records(self, file: str) -> Iterator[Record]:
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
        from interlingua.texts.documents import parquet_rows, text_files

        path = Path(file)
        if file == "-" or not path.exists():
            return None
        if path.is_dir():
            return len(text_files(path))
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


def create(
    folder: Folder,
    files: Files = None,
    kind: Annotated[
        KindName, typer.Option(help="What searches: flat is exact; auto chooses by size and memory.")
    ] = KindName.auto,
    storage: Annotated[
        StorageName, typer.Option(help="How vectors are kept; float16 takes half the room.")
    ] = StorageName.float32,
    recall: Annotated[
        float, typer.Option(metavar="SHARE", help="The share of the ten best that approximate kinds are to find.")
    ] = 0.95,
    passages: Annotated[
        bool, typer.Option("--passages/--no-passages", help="Divide documents that are longer than the model reads.")
    ] = True,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    read_as: ReadDocumentsAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Make an index in a new folder.

    The documents of files are added at once if they are given.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.index.index import Index

    path = Path(folder).expanduser()
    if (path / "manifest.json").exists():
        raise OptionError(f"{folder} is an index already; add to it with: interlingua index add {folder} FILE")
    # As in tar, the archive comes first.
    if not files and path.is_file():
        raise OptionError(f"{folder} is a file: the folder of the index comes first, then the files.")
    source = _Source(read_as, text_column, id_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip)
    _check(files or [], source)
    encoder = open_encoder(model, precision=precision.value, cache_dir=cache_dir)
    made = Index.create(folder, encoder, kind=kind.value, storage=storage.value, recall=recall, passages=passages)
    made.close()
    if not files:
        say(f"{folder}: an empty index of {encoder.name}; fill it with: interlingua index add {folder} FILE")
        return
    try:
        _add(folder, files, source, snapshot=True, progress=progress, cache_dir=cache_dir)
    except InterlinguaError:
        say(f"{folder} is made all the same; go on with: interlingua index add {folder} {' '.join(files)}")
        raise


def add(
    folder: Folder,
    files: Files = None,
    snapshot: Snapshot = True,
    read_as: ReadDocumentsAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Add the documents of files.

    A document whose id is there takes its place.
    What is there just so is passed over without being embedded, so after an interruption the same command goes on from there.
    """
    if not files:
        raise OptionError("there is nothing to add: give a file or a folder of text files, or - for standard input.")
    source = _Source(read_as, text_column, id_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip)
    _check(files, source)
    _add(folder, files, source, snapshot=snapshot, progress=progress, cache_dir=cache_dir)


def _check(files: list[str], source: _Source) -> None:
    """Refuse what cannot be read before anything is made or embedded."""
    if files.count("-") > 1:
        raise OptionError("standard input can be read only once.")
    for file in files:
        source.records(file)


def _add(
    folder: str, files: list[str], source: _Source, *, snapshot: bool, progress: bool | None, cache_dir: Path | None
) -> None:
    from interlingua.progress import progress_bar, watched

    shown = watched() if progress is None else progress
    done = 0
    with opened(folder, cache_dir) as (index, encoder):
        counts = [source.count(file) for file in files] if shown else []
        total = sum(count or 0 for count in counts) if counts and None not in counts else None
        intakes = [Intake(file, encoder.limit, clean=source.clean, skip=source.skip) for file in files]
        waiting: deque[tuple[Intake, Record]] = deque()

        def documents() -> Generator[Record]:
            for file, intake in zip(files, intakes, strict=True):
                for chunk in heard(intake.chunks(source.records(file))):
                    for record in chunk:
                        waiting.append((intake, record))
                        yield record

        with progress_bar("Adding", total, show=shown, unit="documents") as advance:

            def acknowledged(count: int) -> None:
                nonlocal done
                done += count
                for _ in range(count):
                    intake, record = waiting.popleft()
                    intake.note_cut(encoder, [(record.row, record.text)])
                encoder.cut.clear()
                advance(count)

            try:
                with closing(documents()) as read_in, told_already():
                    changes = index.add(read_in, snapshot=False, acknowledged=acknowledged)
            except (InterlinguaError, KeyboardInterrupt):
                if done:
                    say(f"{folder} keeps the first {documents_of(done)}; the same command goes on from there")
                raise
        said = f"{changes.added:,} added, {changes.updated:,} updated, {changes.unchanged:,} unchanged"
        say(f"{folder}: {said}; {documents_of(len(index))} in all")
        if snapshot:
            index.add([], snapshot=True, report=announced(folder))
    for intake in intakes:
        intake.report()
