"""``interlingua align``: which sentences of a document are the translation of which of another; of two files, or two folders."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.arguments import shortened
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    Invalid,
    KeepEmbeddings,
    Models,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
)
from interlingua.cli.output import kind_by_ending
from interlingua.cli.written import check_written
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.cli.alignments import Aligning


class AlignmentFormat(StrEnum):
    """How an alignment is written."""

    tsv = "tsv"
    jsonl = "jsonl"
    tmx = "tmx"


class Pairing(StrEnum):
    """How the documents of two folders are paired."""

    name = "name"
    content = "content"


def align(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="A text file, one sentence a line; - is standard input. Or a folder of such files."
        ),
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Its translation, likewise; or the folder of the translations.")
    ],
    split: Annotated[
        bool,
        typer.Option(
            "--split", help="The files hold running text: divide it into sentences first. A line end always ends one."
        ),
    ] = False,
    source_lang: Annotated[
        str | None, typer.Option("--source-lang", metavar="CODE", help="The source's language [default: identified].")
    ] = None,
    target_lang: Annotated[
        str | None, typer.Option("--target-lang", metavar="CODE", help="The target's language [default: identified].")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="Where to write: a file [default: standard output]; for two folders a folder, which is made.",
        ),
    ] = None,
    output: Annotated[
        AlignmentFormat | None,
        typer.Option("--format", "-f", help="How to write [default: by the ending of --out, else tsv]."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="PAGE", help="Write a page to read: both texts side by side, the doubtful rows marked."
        ),
    ] = None,
    pair: Annotated[
        Pairing,
        typer.Option(
            "--pair", help="Of two folders: files of the same path and name belong together, or find out by content."
        ),
    ] = Pairing.name,
    longest: Annotated[
        int,
        typer.Option(
            "--longest",
            metavar="N",
            min=1,
            max=10,
            help="The most sentences that a row has on a side; in all it has two more at most.",
        ),
    ] = 5,
    min_score: Annotated[
        float,
        typer.Option("--min-score", metavar="P", help="Leave out rows with a lower probability than this, 0 to 1."),
    ] = 0.0,
    model: Models = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Align the sentences of a document and its translation.

    Each row of the output holds sentences that belong together: one and one, one and several, several and several, or
    one alone that has no counterpart. The score is the probability, 0 to 1, that exactly these sentences belong
    together; below 0.6 a row is marked as doubtful. source_rows and target_rows are lines of the files (with --split: sentences),
    counted from 1; empty lines are passed over. tmx leaves out what has no counterpart.
    """
    from interlingua.cli.alignments import Aligning
    from interlingua.cli.watched import WatchedEncoder
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical

    folders = _are_folders(source, target)
    _check(source, target, folders, out, html, pair, min_score)
    codes = [None if code is None else canonical(code) for code in (source_lang, target_lang)]
    written = _format(out, output, folders)
    encoder = WatchedEncoder(
        open_encoder(model, precision=precision.value, embedding_cache=embedding_cache, cache_dir=cache_dir)
    )
    aligning = Aligning(
        encoder,
        codes[0],
        codes[1],
        split,
        longest,
        min_score,
        written.value,
        encoding,
        clean,
        on_invalid is OnInvalid.skip,
        progress,
    )
    if folders:
        assert out is not None
        _folders(aligning, Path(source), Path(target), out, pair)
    else:
        aligning.files(source, target, out, html)


def _folders(aligning: Aligning, source: Path, target: Path, out: Path, pair: Pairing) -> None:
    from interlingua.cli.align_folders import align_folders
    from interlingua.cli.options import Format
    from interlingua.cli.output import emit, say

    rows, failed = align_folders(aligning, source, target, out, by_content=pair is Pairing.content)
    emit(rows, Format.tsv)
    if failed:
        say(f"error: {failed:,} of the pairs could not be aligned, or files not be read; what went wrong stands above.")
        raise typer.Exit(1)


def _are_folders(source: str, target: str) -> bool:
    """Whether both are folders; that they are the same kind of thing, and there."""
    for path in (source, target):
        if path != "-" and not os.path.exists(path):
            raise InputError(f"there is no file or folder {shortened(path)!r}.")
    kinds = [path != "-" and os.path.isdir(path) for path in (source, target)]
    if kinds[0] is not kinds[1]:
        folder = source if kinds[0] else target
        raise OptionError(f"{folder} is a folder and the other is not: give two files or two folders.")
    return kinds[0]


def _check(
    source: str, target: str, folders: bool, out: Path | None, html: Path | None, pair: Pairing, min_score: float
) -> None:
    if not 0 <= min_score <= 1:
        raise OptionError(f"--min-score is a probability from 0 to 1, not {min_score:g}.")
    if folders:
        if out is None:
            raise OptionError("for two folders, say with --out where the alignments are to be written: a folder.")
        if html is not None:
            raise OptionError("--html is for two files, but two folders were given.")
        if out.exists() and not out.is_dir():
            raise OptionError(f"--out is to be a folder, but {out} is a file.")
        return
    if pair is not Pairing.name:
        raise OptionError("--pair is for two folders, but two files were given.")
    if source == "-" and target == "-":
        raise OptionError("the source and the target cannot both come from standard input.")
    check_written({"--out": out, "--html": html}, source, target)


def _format(out: Path | None, given: AlignmentFormat | None, folders: bool) -> AlignmentFormat:
    if given is not None:
        return given
    if folders:
        return AlignmentFormat.tsv
    return kind_by_ending(out, AlignmentFormat, AlignmentFormat.tsv)
