"""``interlingua index create|add``: files go into an index."""

from __future__ import annotations

from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from interlingua.cli.index_source import OnTheWay, Source
from interlingua.cli.indexes import (
    Folder,
    ReadDocumentsAs,
    announced,
    documents_of,
    opened,
    told_already,
)
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
from interlingua.cli.output import say
from interlingua.errors import InterlinguaError, OptionError


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
    typer.Option("--snapshot/--no-snapshot", help="Build anew what searches quickly when much has changed."),
]


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
    from interlingua.index.replacing import finish_taking_place

    path = Path(folder).expanduser()
    finish_taking_place(path)
    if (path / "manifest.json").exists():
        raise OptionError(f"{folder} is an index already; add to it with: interlingua index add {folder} FILE")
    # As in tar, the archive comes first.
    if not files and path.is_file():
        raise OptionError(f"{folder} is a file: the folder of the index comes first, then the files.")
    source = Source(read_as, text_column, id_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip)
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
    source = Source(read_as, text_column, id_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip)
    _check(files, source)
    _add(folder, files, source, snapshot=snapshot, progress=progress, cache_dir=cache_dir)


def _check(files: list[str], source: Source) -> None:
    """Refuse what cannot be read before anything is made or embedded."""
    if files.count("-") > 1:
        raise OptionError("standard input can be read only once.")
    for file in files:
        source.records(file)


def _add(
    folder: str, files: list[str], source: Source, *, snapshot: bool, progress: bool | None, cache_dir: Path | None
) -> None:
    from interlingua.progress import progress_bar, watched

    shown = watched() if progress is None else progress
    announce = announced(folder)
    with opened(folder, cache_dir) as (index, encoder), ExitStack() as bar:
        counts = [source.count(file) for file in files] if shown else []
        total = sum(count or 0 for count in counts) if counts and None not in counts else None
        coming = OnTheWay(files, source, encoder)
        advance = bar.enter_context(progress_bar("Adding", total, show=shown, unit="documents"))

        def acknowledged(count: int) -> None:
            coming.acknowledged(count)
            advance(count)

        def report(step: str, share: float) -> None:
            # Before the end the bar has the terminal.
            if coming.is_over:
                bar.close()
                announce(step, share)

        try:
            with closing(coming.documents()) as documents, told_already():
                changes = index.add(documents, snapshot=snapshot, acknowledged=acknowledged, report=report)
        except (InterlinguaError, KeyboardInterrupt) as error:
            bar.close()
            coming.say_what_stays(folder, error)
            raise
        bar.close()
        said = f"{changes.added:,} added, {changes.updated:,} updated, {changes.unchanged:,} unchanged"
        say(f"{folder}: {said}; {documents_of(len(index))} in all")
        coming.report()
