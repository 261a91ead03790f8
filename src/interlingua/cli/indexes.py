"""What the commands on an index share: its folder, its options, how it is opened."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from interlingua.cli.watched import WatchedEncoder

if TYPE_CHECKING:
    from interlingua.index.index import Index

_T = TypeVar("_T")

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="The folder of the index.")]
Where = Annotated[
    str | None,
    typer.Option(
        "--where",
        metavar="FILTER",
        help="Only documents that a filter selects, such as 'lang = de and year >= 2020'.",
    ),
]


class DocumentFormat(StrEnum):
    """How a file of documents is read."""

    txt = "txt"
    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"


ReadDocumentsAs = Annotated[
    DocumentFormat | None,
    typer.Option("--input-format", help="How to read the file [default: by its ending; standard input as txt]."),
]


@contextmanager
def opened(folder: str, cache_dir: Path | None) -> Iterator[tuple[Index, WatchedEncoder]]:
    """An index with the encoder that it was made with, whose cut texts are told by the command."""
    from interlingua.encoding.joint import open_encoder
    from interlingua.index.index import Index
    from interlingua.index.replacing import standing_manifest

    made = standing_manifest(Path(folder).expanduser())
    encoder = WatchedEncoder(open_encoder(made.model, precision=made.precision, cache_dir=cache_dir))
    with Index.open(folder, encoder) as index:
        yield index, encoder


@contextmanager
def told_already() -> Iterator[None]:
    """Around calls that would warn once more about damage that the command has told by file and row."""
    from interlingua.texts.checking import TextWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextWarning)
        yield


def heard(items: Iterator[_T]) -> Iterator[_T]:
    """The items of an iterator whose own warnings about damage shall be shown, though ``told_already`` is around its reader."""
    from interlingua.texts.checking import TextWarning

    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("default", TextWarning)
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def announced(folder: str) -> Callable[[str, float], None]:
    """Tells what is being done to a snapshot, on a terminal."""
    from interlingua.progress import announcer

    return announcer(folder)


def asked_directly() -> bool:
    """Whether somebody sits at a terminal who can answer."""
    ask = getattr(sys.stdin, "isatty", None)
    return ask is not None and bool(ask()) and sys.stderr.isatty()


def documents_of(count: int) -> str:
    """A number of documents in words."""
    return f"{count:,} document{'' if count == 1 else 's'}"
