"""``interlingua encode``: a file of texts to vectors, streamed, and gone on with after an interruption."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Generator, Iterator
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua._version import __version__
from interlingua.cli.inputs import Intake, count_rows, read
from interlingua.cli.options import (
    DEFAULT_MODEL,
    Backend,
    BackendKind,
    CacheDir,
    Clean,
    Device,
    Encoding,
    IdColumn,
    Invalid,
    KeepEmbeddings,
    Long,
    LongTexts,
    MaxMemory,
    Model,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    PromptKind,
    ReadAs,
    TextColumn,
    Threads,
    Workers,
)
from interlingua.cli.vector_files import Embedded, FileJob, is_regular, to_stream
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.encoding.encoder import Encoder
    from interlingua.progress import Advance
    from interlingua.types import Record

# The unit of what an interruption costs. Another size gives other batches, and so vectors that differ in the last digits.
_CHUNK = 8192


class VectorFormat(StrEnum):
    """How vectors are written."""

    npy = "npy"
    jsonl = "jsonl"
    parquet = "parquet"


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
            help="Where to write: .npy, .jsonl or .parquet [default: JSON Lines on standard output].",
        ),
    ] = None,
    vector_format: Annotated[
        VectorFormat | None,
        typer.Option(
            "--format", "-f", help="How to write [default: by the ending of --out; jsonl on standard output]."
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run of the same command stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Start anew, even if an interrupted run could be gone on with.")
    ] = False,
    prompt: Annotated[
        PromptKind, typer.Option(help="What the texts are: compared with one another, searched for, or searched in.")
    ] = PromptKind.symmetric,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
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
    backend: Backend = BackendKind.auto,
    device: Device = None,
    threads: Threads = None,
    workers: Workers = None,
    max_memory: MaxMemory = None,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Embed the texts of a file.

    A .npy file holds float32 of shape (n, d), one unit-length row a text. JSON Lines and Parquet hold id, row and embedding. The
    file is read in chunks, so it may be larger than memory, and the output appears under its name only when it is complete.
    Until then it grows in the folder NAME.partial; after an interruption the same command with --resume goes on from there.
    """
    from interlingua.encoding.encoder import Encoder
    from interlingua.progress import progress_bar, watched

    out = None if out == Path("-") else out
    chosen = _format(out, vector_format)
    rereadable = file != "-" and os.path.isfile(file)
    _check_resuming(file, out, resume, overwrite, rereadable)
    encoder = Encoder(
        model,
        precision=precision.value,
        backend=backend.value,
        device=device,
        threads=threads,
        workers=workers,
        max_memory=max_memory,
        embedding_cache=embedding_cache,
        cache_dir=cache_dir,
    )
    intake = Intake(file, encoder.card.max_tokens, clean=clean, skip=on_invalid is OnInvalid.skip)
    read_in = read(file, format=read_as, text=text_column, id=id_column, lang=None, encoding=encoding)
    if rereadable and out is not None:
        _check_overwriting(file, out, chosen)
    texts = (record for chunk in intake.chunks(read_in) for record in chunk)
    shown = watched() if progress is None else progress
    total = count_rows(file, format=read_as, encoding=encoding) if shown and rereadable else None
    with encoder, progress_bar("Encoding", total, show=shown, unit="rows") as advance:
        embed = partial(_embedded, encoder, intake, prompt=prompt, batch_size=batch_size, long=long, advance=advance)
        if out is None or not is_regular(out):
            to_stream(out, chosen.value, embed(texts, after=0), encoder.dimension)
        else:
            settings = {
                "--format": chosen.value,
                "--model": encoder.name,
                "--precision": precision.value,
                "--prompt": prompt.value,
                "--long": long.value,
                "--batch-size": batch_size,
                "--backend": backend.value,
                "--device": device,
                "--workers": workers,
                "fingerprint": encoder.fingerprint,
                "chunks of": _CHUNK,
                "Interlingua": __version__,
            }
            job = FileJob(out, chosen.value, intake, settings, encoder.dimension, resume, overwrite, rereadable)
            job.run(texts, embed)
    intake.report()


def _format(out: Path | None, given: VectorFormat | None) -> VectorFormat:
    if given in (VectorFormat.npy, VectorFormat.parquet) and out is None:
        raise OptionError(f"A .{given.value} file cannot go to standard output; name it with --out FILE.")
    if given is not None or out is None:
        return given or VectorFormat.jsonl
    endings = {f".{kind.value}": kind for kind in VectorFormat} | {".ndjson": VectorFormat.jsonl}
    if out.suffix.lower() not in endings:
        raise OptionError(
            f"{out}: the ending tells no format to write (.npy, .jsonl, .parquet); give it: --format npy, jsonl or parquet."
        )
    return endings[out.suffix.lower()]


def _check_overwriting(file: str, out: Path, kind: VectorFormat) -> None:
    from interlingua.encoding.unfinished import listing_of

    if out.is_file() and out.samefile(file):
        raise OptionError(f"{out} is the file that is read; give --out another name.")
    rows = listing_of(Path(os.path.realpath(out)))
    if kind is VectorFormat.npy and rows.is_file() and rows.samefile(file):
        raise OptionError(
            f"{file} is the file that is read, and the rows of the vectors in {out} would be listed there; give --out another "
            "name."
        )


def _check_resuming(file: str, out: Path | None, resume: bool, overwrite: bool, rereadable: bool) -> None:
    if not resume and not overwrite:
        return
    if resume and overwrite:
        raise OptionError("--resume goes on and --overwrite starts anew; give one of them.")
    if out is None or not is_regular(out):
        raise OptionError("--resume and --overwrite are for a file that is written; name it with --out FILE.")
    if resume and not rereadable and (file == "-" or os.path.exists(file)):
        name = "Standard input" if file == "-" else file
        raise OptionError(
            f"{name} cannot be read a second time, so --resume cannot go on with it; save it as a file first."
        )


def _embedded(
    encoder: Encoder,
    intake: Intake,
    texts: Iterator[Record],
    *,
    after: int,
    prompt: PromptKind,
    batch_size: int | None,
    long: Long,
    advance: Advance,
) -> Generator[Embedded, None, None]:
    """The texts in chunks with their vectors; ``after`` is the last row that was done before."""
    import numpy as np

    from interlingua.texts.checking import Checked

    waiting: deque[list[Record]] = deque()

    def chunks() -> Iterator[Checked]:
        while chunk := list(islice(texts, _CHUNK)):
            waiting.append(chunk)
            yield Checked([record.text for record in chunk], np.array([record.row for record in chunk]), ())

    advance(after)
    parts = encoder.embed_chunks(
        chunks(),
        prompt=prompt.value,
        batch_size=batch_size,
        windows=long is Long.window,
        refuse=intake.refuse_long if long is Long.error else None,
        advance=advance,
    )
    for part in parts:
        records = waiting.popleft()
        intake.truncated.add(part.cut)
        # The bar counts rows, so those that were passed over count too.
        advance(records[-1].row - after - len(records))
        after = records[-1].row
        yield records, part.vectors
