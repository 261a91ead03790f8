"""``interlingua quality``: is the second column a translation of the first? Findings, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.inputs import two_columns
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    CalibrationFile,
    Clean,
    Encoding,
    FirstLanguage,
    Format,
    Model,
    OutputFormat,
    PairColumns,
    Precision,
    PrecisionKind,
    SecondLanguage,
)
from interlingua.cli.output import emit, emit_under, say
from interlingua.cli.watched import WatchedEncoder
from interlingua.cli.written import check_written
from interlingua.errors import OptionError
from interlingua.progress import progress_bar

if TYPE_CHECKING:
    from interlingua.quality.spool import SortedChecks
    from interlingua.texts.reading import TextPair

_CHUNK = 2048
_SHOWN = 10
_TEXT = 70


class PairFormat(StrEnum):
    """How a file of pairs is read."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    tmx = "tmx"


class SeverityName(StrEnum):
    """How grave a finding is."""

    error = "error"
    warning = "warning"
    note = "note"


class KindName(StrEnum):
    """What a finding is about."""

    meaning = "meaning"
    language = "language"
    untranslated = "untranslated"
    length = "length"
    truncated = "truncated"
    repeated = "repeated"
    damaged = "damaged"
    number = "number"
    date = "date"
    time = "time"
    unit = "unit"
    url = "url"
    email = "email"
    placeholder = "placeholder"
    escape = "escape"
    name = "name"
    negation = "negation"


def quality(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The pairs: a file of two columns (csv, tsv, jsonl) or a translation memory (tmx), also .gz; - is standard input.",
        ),
    ],
    lang_a: FirstLanguage = None,
    lang_b: SecondLanguage = None,
    columns: PairColumns = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write all pairs as JSON Lines, the worst first."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="FILE", help="Write an HTML page of the worst pairs, with the evidence marked."
        ),
    ] = None,
    report_rows: Annotated[
        int, typer.Option("--report-rows", metavar="N", min=1, help="How many pairs the page shows at most.")
    ] = 500,
    only: Annotated[
        list[KindName] | None,
        typer.Option("--only", metavar="KIND", help="Look for this kind of finding only; can be given several times."),
    ] = None,
    min_severity: Annotated[
        SeverityName,
        typer.Option("--min-severity", help="The least severity of findings to report; the score goes by all."),
    ] = SeverityName.note,
    fail_below: Annotated[
        float | None,
        typer.Option(
            "--fail-below",
            metavar="SCORE",
            help="Exit with 1 if a pair has a lower score (0 to 1), for use in scripts.",
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    target_precision: Annotated[
        float,
        typer.Option(
            "--target-precision",
            metavar="SHARE",
            help='A meaning is an error where "not the same" is right in this share of the cases.',
        ),
    ] = 0.95,
    prior: Annotated[
        float, typer.Option("--prior", metavar="SHARE", help="The share of right translations that is to be expected.")
    ] = 0.5,
    calibration: CalibrationFile = None,
    output_format: OutputFormat = Format.table,
    read_as: Annotated[
        PairFormat | None,
        typer.Option("--input-format", help="How to read the file [default: by its ending; standard input as tsv]."),
    ] = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    cache_dir: CacheDir = None,
) -> None:
    """Check translations: what is wrong, the worst first.

    Is each target a translation of its source, whole and correct?

    Every pair gets a score from 0 to 1 (higher is better), made of the probability that both texts mean the same and
    of what is found in the texts: numbers, dates and units that differ, lost placeholders and addresses, untranslated
    or wrong-language text, and more.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.quality.checking import TranslationChecker
    from interlingua.quality.spool import SortedChecks
    from interlingua.scoring.calibration import Calibration

    _check_paths(file, output, report, fail_below)
    inner = open_encoder(model, precision=precision.value, cache_dir=cache_dir)
    encoder = WatchedEncoder(inner)
    # Before anything is read: a wrong option should not wait for the model.
    checker = TranslationChecker(
        encoder,
        source_lang=lang_a,
        target_lang=lang_b,
        calibration=None if calibration is None else Calibration.load(calibration, inner),
        prior=prior,
        target_precision=target_precision,
        kinds=None if only is None else [kind.value for kind in only],
        min_severity=min_severity.value,
    )
    pairs = _pairs(file, read_as, columns, lang_a, lang_b, encoding)
    cut = 0
    with SortedChecks() as checks:
        with progress_bar("checking", None, unit="pairs") as advance:
            while chunk := list(islice(pairs, _CHUNK)):
                for check in checker.check(_cleaned(chunk) if clean else chunk):
                    checks.add(check)
                cut += len(encoder.cut)
                encoder.cut.clear()
                advance(len(chunk))
        if cut:
            say(
                f"warning: {_name(file)}: {cut:,} texts are longer than the model's {encoder.limit} tokens; "
                "what lies beyond is in no cosine"
            )
        _write(checks, output, report, report_rows, _name(file), encoder.name)
        _show(checks, output_format)
        low = 0 if fail_below is None else checks.below(fail_below)
    if low:
        say(f"{low:,} pairs have a score below {fail_below:g}")
        raise typer.Exit(1)


def _check_paths(file: str, output: Path | None, report: Path | None, fail_below: float | None) -> None:
    if fail_below is not None and not 0 <= fail_below <= 1:
        raise OptionError(f"--fail-below is a score from 0 to 1, not {fail_below:g}.")
    check_written({"--output": output, "--report": report}, file)


def _pairs(
    file: str, read_as: PairFormat | None, columns: str | None, lang_a: str | None, lang_b: str | None, encoding: str
) -> Iterator[TextPair]:
    from interlingua.texts.reading import read_pairs
    from interlingua.texts.tmx import is_tmx, read_tmx

    if read_as is PairFormat.tmx or (read_as is None and is_tmx(file)):
        if columns is not None or encoding != "utf-8":
            raise OptionError(
                "--columns and --encoding are for tables; a TMX file says its encoding, and --lang-a and --lang-b choose."
            )
        return read_tmx(file, lang_a=lang_a, lang_b=lang_b, codes=True)
    return read_pairs(
        file, format=None if read_as is None else read_as.value, columns=two_columns(columns), encoding=encoding
    )


def _cleaned(chunk: list[TextPair]) -> list[TextPair]:
    from dataclasses import replace

    from interlingua.texts.cleaning import clean

    return [replace(pair, a=clean(pair.a), b=clean(pair.b)) for pair in chunk]


def _write(checks: SortedChecks, output: Path | None, report: Path | None, rows: int, name: str, model: str) -> None:
    from interlingua.quality.spool import as_row
    from interlingua.reports.translation_report import TranslationSummary, translation_report
    from interlingua.texts.writing import open_atomic, write_rows

    if output is not None:
        with open_atomic(output) as out:
            write_rows(map(as_row, checks.worst()), out, "jsonl")
    if report is not None:
        summary = TranslationSummary(name, model, len(checks), checks.clean, checks.counts)
        with open_atomic(report) as out:
            out.writelines(translation_report(summary, list(checks.worst(rows))))


def _show(checks: SortedChecks, output: Format) -> None:
    """The summary and the worst ten as tables; or all pairs as JSON Lines or TSV, the worst first."""
    from interlingua.inspection.findings import KINDS, SEVERITIES

    if output is not Format.table:
        from interlingua.quality.spool import as_row

        emit(map(as_row, checks.worst()) if output is Format.jsonl else map(_line, checks.worst()), output)
        return
    share = checks.clean / len(checks)
    print(f"{len(checks):,} pairs, {checks.clean:,} of them without a finding ({share:.0%})")
    found = [kind for kind in KINDS if any(checks.counts[kind, severity] for severity in SEVERITIES)]
    if found:
        emit_under(
            "Pairs with findings:",
            [
                {"kind": kind} | {f"{severity}s": checks.counts[kind, severity] for severity in SEVERITIES}
                for kind in found
            ],
        )
        emit_under(
            "The worst:",
            [_line(check, short=True) for check in checks.worst(_SHOWN) if check.findings or check.score < 0.5],
        )


def _line(check: Any, *, short: bool = False) -> dict[str, object]:
    limit = _TEXT if short else None
    findings = "; ".join(f"{finding.kind}: {finding.message}" for finding in check.findings)
    figures: dict[str, object] = {
        "row": check.row,
        "score": round(check.score, 6),
        "probability": round(check.probability, 6),
    }
    if not short:
        figures |= {
            "cosine": round(check.cosine, 6),
            "source_lang": check.source_lang,
            "target_lang": check.target_lang,
        }
    texts = {"source": _shortened(check.source, limit), "target": _shortened(check.target, limit)}
    return figures | {"findings": findings} | texts


def _shortened(text: str, limit: int | None) -> str:
    return text if limit is None or len(text) <= limit else text[: limit - 1] + "…"


def _name(file: str) -> str:
    return "standard input" if file == "-" else file
