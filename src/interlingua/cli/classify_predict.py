"""``interlingua classify predict``: a label for each row of a file, streamed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.classify_options import WantedPrecision
from interlingua.cli.classify_rows import Folder, Lang, aim, label_of, open_classifier
from interlingua.cli.inputs import Intake, count_rows
from interlingua.cli.options import (
    CacheDir,
    Clean,
    Encoding,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    OnInvalid,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import kind_by_ending
from interlingua.cli.watched import cut_texts
from interlingua.cli.whole_rows import Added, Reading, RowFormat, write_to
from interlingua.cli.written import check_written

if TYPE_CHECKING:
    from interlingua.progress import Advance
    from interlingua.types import Record

_CHUNK = 1024
_NEW = ("label", "probability", "confidence", "second", "lang")

RowsOut = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", metavar="FILE", help="Where to write: .jsonl, .csv or .tsv [default: standard output]."
    ),
]
RowsFormat = Annotated[
    RowFormat | None,
    typer.Option("--format", "-f", help="How to write [default: by the ending of --out; jsonl on standard output]."),
]
Prefix = Annotated[
    str | None,
    typer.Option(
        "--prefix",
        metavar="TEXT",
        help="What the new columns' names begin with [default: nothing; predicted_ where the rows have such columns].",
    ),
]


def predict(
    folder: Folder,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The texts: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    out: RowsOut = None,
    row_format: RowsFormat = None,
    target_precision: WantedPrecision = None,
    unknown: Annotated[
        str | None,
        typer.Option("--unknown", metavar="TEXT", help="What is said instead of an answer [default: unknown]."),
    ] = None,
    prefix: Prefix = None,
    lang: Lang = None,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Label the rows of a file.

    Rows go out as they came in, with label, probability (of the most probable label among the labels), confidence (the
    probability that it is right, text that no label is for reckoned with), second (the next probable label) and lang. The file is
    read in chunks, so it may be larger than memory. With --target-precision the label is 'unknown' where it would be wrong too
    often.
    """
    from interlingua.languages import canonical
    from interlingua.progress import progress_bar, watched

    kind = row_format or kind_by_ending(out, RowFormat, RowFormat.jsonl)
    check_written({"--out": out}, file)
    reading = Reading(
        read_as,
        text_column,
        lang_column,
        encoding,
        clean,
        on_invalid is OnInvalid.skip,
        None if lang is None else canonical(lang),
    )
    classifier, encoder = open_classifier(folder, cache_dir=cache_dir, embedding_cache=embedding_cache)
    aim(classifier, target_precision, unknown)
    intake = reading.intake(file, encoder.card.max_tokens)
    shown = watched() if progress is None else progress
    total = count_rows(file, format=read_as, encoding=encoding) if shown and file != "-" else None
    with progress_bar("Classifying", total, show=shown, unit="rows") as advance:
        write_to(out, sys.stdout, kind, lambda: _predicted(classifier, reading, intake, prefix, kind, advance))
    intake.report()


def _predicted(
    classifier: Any, reading: Reading, intake: Intake, prefix: str | None, kind: RowFormat, advance: Advance
) -> Iterator[dict[str, object]]:
    added = Added(_NEW[:-1], prefix, intake.name)
    for chunk in _chunks(record for records in reading.chunks(intake.path, intake) for record in records):
        texts = [record.text for record in chunk]
        # Texts are read whole, and damaged ones are told by row already.
        with cut_texts(texts, []):
            decisions = classifier.decide(texts, langs=[record.lang for record in chunk])
        for record, decision in zip(chunk, decisions, strict=True):
            new = {
                "label": _shown(decision.label, kind),
                "probability": round(decision.probability, 4),
                "confidence": None if decision.confidence is None else round(decision.confidence, 4),
                "second": None if decision.second is None else str(decision.second),
            }
            # A row that says its language keeps it as it wrote it.
            if not any(name.casefold() in ("lang", "language") for name in record.metadata):
                new["lang"] = decision.lang
            yield added.to(record, new)
        advance(len(chunk))


def _shown(label: Any, kind: RowFormat) -> Any:
    told = label_of(label)
    return ",".join(told) if isinstance(told, list) and kind is not RowFormat.jsonl else told


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, _CHUNK)):
        yield chunk
