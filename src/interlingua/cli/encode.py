"""``interlingua encode``: a file of texts to vectors, streamed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from interlingua.cli.inputs import Intake, read
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    Long,
    LongTexts,
    Model,
    OnInvalid,
    PromptKind,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import say
from interlingua.errors import OptionError


class VectorFormat(StrEnum):
    """How vectors are written."""

    npy = "npy"
    jsonl = "jsonl"


def encode(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The texts: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Where to write: .npy or .jsonl [default: JSON Lines on standard output].",
        ),
    ] = None,
    vector_format: Annotated[
        VectorFormat | None,
        typer.Option(
            "--format", "-f", help="How to write [default: by the ending of --out; jsonl on standard output]."
        ),
    ] = None,
    prompt: Annotated[
        PromptKind, typer.Option(help="What the texts are: compared with one another, searched for, or searched in.")
    ] = PromptKind.symmetric,
    model: Model = DEFAULT_MODEL,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    long: LongTexts = Long.truncate,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="The most texts in a batch [default: as many as measure fastest]."),
    ] = None,
    progress: Annotated[
        bool | None, typer.Option("--progress/--no-progress", help="Show progress [default: on a terminal].")
    ] = None,
    cache_dir: CacheDir = None,
) -> None:
    """Embed the texts of a file.

    A .npy file holds float32 of shape (n, d), one unit-length row a text. JSON Lines hold id, row and embedding. The file is
    read in chunks, so it may be larger than memory, and the output appears under its name only when it is complete.
    """
    from interlingua.encoding.encoder import Encoder
    from interlingua.progress import progress_bar

    out = None if out == Path("-") else out
    chosen = _format(out, vector_format)
    encoder = Encoder(model, cache_dir=cache_dir)
    intake = Intake(file, encoder.card.max_tokens, clean=clean, skip=on_invalid is OnInvalid.skip)
    records = read(file, format=read_as, text=text_column, id=id_column, lang=None, encoding=encoding)
    if file != "-" and out is not None and out.is_file() and out.samefile(file):
        raise OptionError(f"{out} is the file that is read; give --out another name.")
    call = {
        PromptKind.symmetric: encoder.encode,
        PromptKind.query: encoder.encode_query,
        PromptKind.document: encoder.encode_document,
    }[prompt]
    options: dict[str, Any] = {"long": long.value, "show_progress_bar": False}
    if batch_size is not None:
        options["batch_size"] = batch_size

    def vectors() -> Iterator[tuple[list[Any], Any]]:
        with progress_bar("Encoding", None, show=progress) as advance:
            for chunk in intake.chunks(records):
                with intake.noticing([record.row for record in chunk]):
                    embedded = call([record.text for record in chunk], **options)
                advance(len(chunk))
                yield chunk, embedded

    if chosen is VectorFormat.npy and out is not None:
        _write_npy(out, vectors(), encoder.dimension, intake)
    else:
        _write_jsonl(out, vectors())
    intake.report()


def _format(out: Path | None, given: VectorFormat | None) -> VectorFormat:
    if given is VectorFormat.npy and out is None:
        raise OptionError("A .npy file cannot go to standard output; name it with --out FILE.")
    if given is not None or out is None:
        return given or VectorFormat.jsonl
    endings = {".npy": VectorFormat.npy, ".jsonl": VectorFormat.jsonl, ".ndjson": VectorFormat.jsonl}
    if out.suffix.lower() not in endings:
        raise OptionError(f"{out}: the ending tells no format to write (.npy, .jsonl); give it: --format npy or jsonl.")
    return endings[out.suffix.lower()]


def _write_npy(out: Path, chunks: Iterator[tuple[list[Any], Any]], dimension: int, intake: Intake) -> None:
    """Rows as they come, the header (which needs their number) at the end."""
    import numpy as np

    from interlingua.texts.writing import open_atomic

    rows: list[int] = []
    with open_atomic(out, "wb") as target:
        if not target.seekable():
            raise OptionError(
                f"{out} is no file in which the number of vectors can be filled in later; write jsonl there."
            )
        target.write(_npy_header(0, dimension))
        for records, vectors in chunks:
            target.write(np.ascontiguousarray(vectors, dtype="<f4").tobytes())
            rows.extend(record.row for record in records)
        target.seek(0)
        target.write(_npy_header(len(rows), dimension))
    say(f"{out}: {_vectors(len(rows))} of {dimension} dimensions")
    # Rows can be missing: skipped ones, and the empty lines of a txt file. An older listing must not stay as it was.
    written = Path(os.path.realpath(out)) if out.is_symlink() else out
    beside = written.with_suffix(".rows.txt")
    if written.is_file() and (rows != list(range(1, len(rows) + 1)) or beside.exists()):
        with open_atomic(beside) as listing:
            listing.writelines(f"{row}\n" for row in rows)
        say(f"{beside}: the row of {intake.name} that each vector belongs to")


def _vectors(count: int) -> str:
    return f"{count:,} vector{'' if count == 1 else 's'}"


def _npy_header(rows: int, dimension: int) -> bytes:
    """A version 1.0 header of 128 bytes, whatever the number of rows: the format lets it be filled up with spaces."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {dimension}), }}"
    return b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.encode("ascii").ljust(117) + b"\n"


def _write_jsonl(out: Path | None, chunks: Iterator[tuple[list[Any], Any]]) -> None:
    from interlingua.texts.writing import open_atomic, write_rows

    rows = (
        # Nine digits hold a float32 exactly.
        {"id": record.id, "row": record.row, "embedding": [float(f"{value:.9g}") for value in vector.tolist()]}
        for records, vectors in chunks
        for record, vector in zip(records, vectors, strict=True)
    )
    if out is None:
        write_rows(rows, sys.stdout, "jsonl")
        return
    with open_atomic(out) as target:
        count = write_rows(rows, target, "jsonl")
    say(f"{out}: {_vectors(count)}")
