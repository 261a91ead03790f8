"""``interlingua dedup``: a file without the rows that say the same as another one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    CalibrationFile,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    Model,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TargetPrecision,
    TextColumn,
)
from interlingua.cli.output import say
from interlingua.cli.rows_kept import Reading, Rows, opened_rows
from interlingua.cli.written import check_written
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.deduplication.result import Deduplicated
    from interlingua.scoring.calibration import Calibration


class KeepName(StrEnum):
    """Which of several duplicates is kept."""

    best = "best"
    longest = "longest"
    first = "first"


def dedup(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The texts: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="FILE", help="Another file: what is in it is removed from the first."),
    ] = None,
    against_column: Annotated[
        str | None,
        typer.Option(
            "--against-column",
            metavar="NAME",
            help="The column or field of --against with the text [default: that of --text-column, else text, sentence, …].",
        ),
    ] = None,
    against_lang: Annotated[
        str | None,
        typer.Option(
            "--against-lang",
            metavar="CODE",
            help="The language of all texts of --against [default: the file's, else identified].",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Where the rows kept go [default: standard output]."),
    ] = None,
    removed: Annotated[
        Path | None,
        typer.Option(
            "--removed", metavar="FILE", help="Write the rows removed, with keeper and reason, as JSON Lines."
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option("--groups", metavar="FILE", help="Write each keeper with what was removed for it, as JSON Lines."),
    ] = None,
    keep: Annotated[
        KeepName,
        typer.Option(
            help="What is kept: best: neither damaged nor in capitals, and of these the longest; longest; first."
        ),
    ] = KeepName.best,
    prefer_lang: Annotated[
        str | None,
        typer.Option(
            "--prefer-lang", metavar="CODE,CODE", help="Languages whose texts are kept before others, best first."
        ),
    ] = None,
    keep_per_language: Annotated[
        bool, typer.Option("--keep-per-language", help="Remove only duplicates in the same language.")
    ] = False,
    only_against: Annotated[
        bool, typer.Option("--only-against", help="Compare the texts only with --against, not among themselves.")
    ] = False,
    guard: Annotated[
        bool,
        typer.Option("--guard/--no-guard", help="Keep texts apart whose numbers or identifiers contradict each other."),
    ] = True,
    typos: Annotated[
        bool,
        typer.Option(
            "--typos/--no-typos",
            help="Remove what is a copy but for an evident typing error in one word, whatever its vector.",
        ),
    ] = True,
    target_precision: TargetPrecision = 0.95,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="P", help="Remove from this probability on [default: by --target-precision]."
        ),
    ] = None,
    prior: Annotated[
        float | None,
        typer.Option(
            "--prior",
            metavar="P",
            help="The share of duplicates among pairs in question [default: by how many texts there are, and how many have one].",
        ),
    ] = None,
    calibration: CalibrationFile = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang", metavar="CODE", help="The language of all texts of FILE [default: the file's, else identified]."
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Remove rows that say the same as another, in any language.

    Rows go out as they came in, with all their columns. What is removed is a copy of a row that is kept, a copy but for case,
    spacing, punctuation or a typing error, or says the same with a high probability. The result does not depend on the order of
    the rows, unless --keep first asks for it. Files appear under their names only when they are complete.
    """
    from interlingua.languages import canonical

    _check_against(file, against, only_against, against_column or against_lang)
    _check(file, against, (out, removed, groups), (target_precision, threshold, prior))
    lang, against_lang = (None if code is None else canonical(code) for code in (lang, against_lang))
    preferred = [] if prefer_lang is None else [canonical(code.strip()) for code in prefer_lang.split(",")]
    with ExitStack() as stack:
        own = stack.enter_context(opened_rows(file, read_as, encoding))
        other = None if against is None else stack.enter_context(opened_rows(against, None, encoding))
        encoder, shape = _opened(model, precision, embedding_cache, cache_dir, calibration)
        stack.callback(encoder.close)
        columns = {"text": text_column, "id": id_column, "lang": lang_column}
        reading = Reading(columns, lang, encoder.card.max_tokens, clean, on_invalid is OnInvalid.skip)
        reading.take_in(own)
        if other is not None:
            reading.of_another_file(other, against_column, against_lang).take_in(other)
        from interlingua.deduplication.dedup import dedup as run

        result = run(
            encoder,
            own.texts,
            ids=own.ties if any(own.ties) else None,
            langs=own.langs,
            against=None if other is None else other.texts,
            against_langs=None if other is None else other.langs,
            within=not only_against,
            keep=keep.value,
            prefer_langs=preferred,
            per_language=keep_per_language,
            guard=guard,
            typos=typos,
            target_precision=target_precision,
            threshold=threshold,
            prior=prior,
            calibration=shape,
            show_progress_bar=progress,
        )
        _write(result, own, other, out, removed, groups)
        for rows in (own, other):
            if rows is not None and rows.intake is not None:
                rows.intake.report()
    _summarise(result, own)


def _check_against(file: str, against: str | None, only_against: bool, about_it: str | None) -> None:
    if only_against and against is None:
        raise OptionError("--only-against compares with another file, but there is no --against.")
    if about_it and against is None:
        raise OptionError("--against-column and --against-lang are about another file, but there is no --against.")
    if file == "-" and against == "-":
        raise OptionError("standard input can be read only once.")


def _check(
    file: str,
    against: str | None,
    written: tuple[Path | None, ...],
    shares: tuple[float, float | None, float | None],
) -> None:
    for name, share in zip(("--target-precision", "--threshold", "--prior"), shares, strict=True):
        if share is not None and not 0 < share < 1:
            raise OptionError(f"{name} is a number between 0 and 1, not {share}.")
    check_written(dict(zip(("--out", "--removed", "--groups"), written, strict=True)), file, against)


def _opened(
    model: str, precision: PrecisionKind, embedding_cache: bool, cache_dir: Path | None, calibration: Path | None
) -> tuple[Any, Calibration]:
    from interlingua.encoding.joint import open_encoder
    from interlingua.scoring.calibration import Calibration

    encoder = open_encoder(model, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache)
    # Before anything is read: there may be no calibration for the model.
    return encoder, Calibration.shipped(encoder) if calibration is None else Calibration.load(calibration, encoder)


def _write(
    result: Deduplicated, own: Rows, other: Rows | None, out: Path | None, removed: Path | None, groups: Path | None
) -> None:
    """All files, and standard output last: an error before it leaves nothing that looks complete."""
    from interlingua.texts.writing import open_atomic, write_rows

    with ExitStack() as stack:
        for path, rows in ((removed, _removed_rows(result, own, other)), (groups, _group_rows(result, own, other))):
            if path is not None:
                write_rows(rows, stack.enter_context(open_atomic(path)), "jsonl")
        lines = own.kept_lines(set(result.kept))
        if out is not None:
            stack.enter_context(open_atomic(out)).writelines(lines)
        else:
            sys.stdout.writelines(lines)


def _removed_rows(result: Deduplicated, own: Rows, other: Rows | None) -> Iterator[dict[str, object]]:
    for one in result.removed:
        source = other if one.in_against and other is not None else own
        yield {
            **own.described(one.row),
            "reason": one.reason,
            "probability": round(one.probability, 6),
            "cosine": round(one.cosine, 6),
            "keeper": {**source.described(one.keeper), **({"file": source.shown} if one.in_against else {})},
        }


def _group_rows(result: Deduplicated, own: Rows, other: Rows | None) -> Iterator[dict[str, object]]:
    why = {one.row: one for one in result.removed}
    for group in result.groups:
        source = other if group.in_against and other is not None else own
        yield {
            "keeper": {**source.described(group.keeper), **({"file": source.shown} if group.in_against else {})},
            "removed": [
                {
                    **own.described(row),
                    "reason": why[row].reason,
                    "probability": round(why[row].probability, 6),
                }
                for row in group.members
            ],
        }


def _summarise(result: Deduplicated, own: Rows) -> None:
    named = {
        "exact": ("exact copy", "exact copies"),
        "normalised": ("copy but for case and punctuation", "copies but for case and punctuation"),
        "typo": ("copy but for a typing error", "copies but for typing errors"),
        "near": ("near-duplicate", "near-duplicates"),
        "translation": ("translation", "translations"),
    }
    parts = [f"{count:,} {named[reason][count != 1]}" for reason, count in result.counts.items() if count]
    total = len(own.texts)
    say(
        f"{own.shown}: kept {len(result.kept):,} of {total:,} rows; removed {len(result.removed):,}"
        f"{': ' if parts else ''}{', '.join(parts)}"
    )
    if parts:
        say(f"(duplicates from a probability of {result.threshold:.2g} on, at a prior of {result.prior:.2g})")
    if result.approximate:
        say("(pairs were found by an approximate index, which misses a few)")
