"""``interlingua dedup``: a file without the rows that say the same as another one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from enum import StrEnum
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.inputs import Intake
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
from interlingua.cli.rows_kept import Rows, opened_rows
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
            help="The share of duplicates among pairs in question [default: by the number of texts].",
        ),
    ] = None,
    calibration: CalibrationFile = None,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang", metavar="CODE", help="The language of all texts [default: the file's, else identified]."
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

    _check(file, against, only_against, (out, removed, groups), (target_precision, threshold, prior))
    lang = None if lang is None else canonical(lang)
    preferred = [] if prefer_lang is None else [canonical(code.strip()) for code in prefer_lang.split(",")]
    with ExitStack() as stack:
        read = _Reading(
            read_as, text_column, id_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip, lang
        )
        own = stack.enter_context(opened_rows(file, read_as, encoding))
        other = None if against is None else stack.enter_context(opened_rows(against, None, encoding))
        encoder, shape = _opened(model, precision, embedding_cache, cache_dir, calibration)
        stack.callback(encoder.close)
        read.texts(own, encoder.card.max_tokens)
        if other is not None:
            read.texts(other, encoder.card.max_tokens)
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


def _check(
    file: str,
    against: str | None,
    only_against: bool,
    written: tuple[Path | None, ...],
    shares: tuple[float, float | None, float | None],
) -> None:
    if only_against and against is None:
        raise OptionError("--only-against compares with another file, but there is no --against.")
    if file == "-" and against == "-":
        raise OptionError("standard input can be read only once.")
    for name, share in zip(("--target-precision", "--threshold", "--prior"), shares, strict=True):
        if share is not None and not 0 < share < 1:
            raise OptionError(f"{name} is a number between 0 and 1, not {share}.")
    taken: set[str] = {os.path.realpath(name) for name in (file, against) if name is not None and name != "-"}
    for name, path in zip(("--out", "--removed", "--groups"), written, strict=True):
        if path is None:
            continue
        if path.suffix.lower() == ".gz":
            raise OptionError(f"{name} {path}: what is written is not compressed; give a name without .gz.")
        if os.path.realpath(path) in taken and (not path.exists() or path.is_file()):
            raise OptionError(f"{name} {path} is a file that is read or written already; give another name.")
        taken.add(os.path.realpath(path))


def _opened(
    model: str, precision: PrecisionKind, embedding_cache: bool, cache_dir: Path | None, calibration: Path | None
) -> tuple[Any, Calibration]:
    from interlingua.encoding.joint import open_encoder
    from interlingua.scoring.calibration import Calibration

    encoder = open_encoder(model, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache)
    # Before anything is read: there may be no calibration for the model.
    return encoder, Calibration.shipped(encoder) if calibration is None else Calibration.load(calibration, encoder)


class _Reading:
    """How the rows of the files are read."""

    def __init__(
        self,
        read_as: Any,
        text: str | None,
        id: str | None,
        lang: str | None,
        encoding: str,
        clean: bool,
        skip: bool,
        all_in: str | None,
    ) -> None:
        self._columns = {"text": text, "id": id, "lang": lang}
        self._read_as, self._encoding, self._clean, self._skip, self._all_in = read_as, encoding, clean, skip, all_in

    def texts(self, rows: Rows, limit: int) -> None:
        """Fill in the texts of a file, their languages, and what tells equal texts apart whatever their order."""
        rows.intake = Intake(rows.shown, limit, clean=self._clean, skip=self._skip)
        for chunk in rows.intake.chunks(rows.records(**self._columns)):
            for record in chunk:
                rows.texts.append(record.text)
                rows.langs.append(self._all_in or record.lang)
                rows.numbers.append(record.row)
                rows.ids.append(record.id)
                facts = json.dumps([record.id, record.metadata], sort_keys=True, default=str) if record.metadata else ""
                digest = blake2b(facts.encode("utf-8", "replace"), digest_size=8).hexdigest()
                rows.ties.append(record.id or (facts and digest))


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
