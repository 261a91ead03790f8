"""``interlingua calibrate``: from one's own pairs, or texts, to probabilities that hold in one's own domain."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from interlingua.cli.inputs import Intake, read, two_columns
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    FirstLanguage,
    Format,
    InputFormat,
    Invalid,
    LangColumn,
    Model,
    OnInvalid,
    PairColumns,
    Precision,
    PrecisionKind,
    ReadPairsAs,
    SecondLanguage,
    TextColumn,
)
from interlingua.cli.output import emit, say
from interlingua.cli.plots import check_plot, write_plot
from interlingua.cli.watched import WatchedEncoder
from interlingua.cli.written import check_written
from interlingua.errors import InputError, OptionError

_LABELS = ("same", "label", "match", "duplicate")
_TRUE, _FALSE = {"1", "true", "yes"}, {"0", "false", "no"}
_PRIORS = (0.5, 0.1, 0.01)


def calibrate(
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Pairs (csv, tsv, jsonl; - is standard input); or with --texts, texts."),
    ],
    out: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where the calibration is written (JSON).")
    ],
    columns: PairColumns = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            "--label-column",
            metavar="NAME",
            help="Whether a pair means the same (1, true, yes; 0, false, no), or its grade [default: same, label, …; "
            "without one all pairs mean the same, and others are made of them].",
        ),
    ] = None,
    same_from: Annotated[
        float | None, typer.Option("--same-from", metavar="GRADE", help="From which grade on a pair means the same.")
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="The file holds texts and no pairs; less is learned from them.")
    ] = False,
    text_column: TextColumn = None,
    lang_column: LangColumn = None,
    lang_a: FirstLanguage = None,
    lang_b: SecondLanguage = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot", metavar="FILE", help="Draw how well the probabilities fit: .png, .svg, .html, .txt, or -."
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    read_as: ReadPairsAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Fit the probabilities to your own texts, or to another model.

    Those of score, match, dedup and quality, which take what is written with --calibration. A hundred pairs are enough to
    begin with, labelled or not; at least 30 that mean the same, and with labels as many that do not. The table says how well
    the probabilities fit, each pair judged without having been seen.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical

    lang_a, lang_b = (None if code is None else canonical(code) for code in (lang_a, lang_b))
    check_plot(plot)
    _check_options(texts, columns, label_column, same_from, (text_column, lang_column), lang_b, plot)
    check_written({"--out": out, "--plot": None if plot == "-" else plot}, file)
    encoder = WatchedEncoder(open_encoder(model, precision=precision.value, cache_dir=cache_dir))
    intake = Intake(file, encoder.limit, clean=clean, skip=on_invalid is OnInvalid.skip)
    if texts:
        found, rows = _from_texts(encoder, intake, read_as, text_column, lang_column, encoding, lang_a)
    else:
        found, rows = _from_pairs(
            encoder, intake, read_as, columns, encoding, (lang_a, lang_b), (label_column, same_from), plot
        )
    found.save(out)
    emit(rows, Format.table)
    emit(_thresholds(found), Format.table)
    say(f"written: {out}; give it to score, match, dedup or quality with --calibration")


def _check_options(
    texts: bool,
    columns: str | None,
    label_column: str | None,
    same_from: float | None,
    of_texts: tuple[str | None, str | None],
    lang_b: str | None,
    plot: str | None,
) -> None:
    if texts and (columns or label_column or same_from is not None or lang_b or plot):
        raise OptionError("--columns, --label-column, --same-from, --lang-b and --plot are for pairs, not for --texts.")
    if not texts and any(of_texts):
        raise OptionError("--text-column and --lang-column go with --texts; the texts of pairs are named by --columns.")


def _from_texts(
    encoder: WatchedEncoder,
    intake: Intake,
    read_as: InputFormat | None,
    text_column: str | None,
    lang_column: str | None,
    encoding: str,
    lang: str | None,
) -> tuple[Any, list[dict[str, object]]]:
    from interlingua.scoring.calibrating import calibrate_on_texts

    read_in = read(intake.path, format=read_as, text=text_column, id=None, lang=lang_column, encoding=encoding)
    records = [record for chunk in intake.chunks(read_in) for record in chunk]
    found = calibrate_on_texts(
        encoder, [record.text for record in records], langs=lang or [record.lang for record in records]
    )
    intake.note_cut(encoder, ((record.row, record.text) for record in records))
    intake.report()
    return found, [{"texts": len(records), "languages": ", ".join(found.about["languages"])}]


def _from_pairs(
    encoder: WatchedEncoder,
    intake: Intake,
    read_as: InputFormat | None,
    columns: str | None,
    encoding: str,
    langs: tuple[str | None, str | None],
    label: tuple[str | None, float | None],
    plot: str | None,
) -> tuple[Any, list[dict[str, object]]]:
    from interlingua.scoring.calibrating import calibrate
    from interlingua.texts.reading import read_pairs

    read_in = read_pairs(
        intake.path, format=None if read_as is None else read_as.value, columns=two_columns(columns), encoding=encoding
    )
    pairs = [pair for chunk in intake.pair_chunks(read_in) for pair in chunk]
    same = _labels(intake.name, pairs, *label)
    found, fit = calibrate(
        encoder,
        [pair.a for pair in pairs],
        [pair.b for pair in pairs],
        same,
        lang_a=langs[0] or [pair.lang_a for pair in pairs],
        lang_b=langs[1] or [pair.lang_b for pair in pairs],
    )
    intake.note_cut(encoder, ((pair.row, text) for pair in pairs for text in (pair.a, pair.b)))
    intake.report()
    if plot is not None:
        from interlingua.reports.reliability import plot_calibration

        write_plot(plot_calibration(fit.probabilities, fit.same, weights=fit.weights), plot)
    row = {
        "pairs": len(pairs),
        "same": len(pairs) if same is None else sum(same),
        "calibration_error": fit.ece,
        "brier_score": fit.brier,
        "auroc": fit.auroc,
        "languages": ", ".join(found.about["languages"]),
    }
    return found, [row]


def _labels(name: str, pairs: Iterable[Any], column: str | None, same_from: float | None) -> list[bool] | None:
    """Whether each pair means the same, from the column named or one that is usually called so; None without one."""
    pairs = list(pairs)
    if column is None:
        there = {field.casefold(): field for pair in pairs[:1] for field in pair.metadata}
        column = next((there[usual] for usual in _LABELS if usual in there), None)
    if column is None:
        if same_from is not None:
            raise OptionError("--same-from needs the column of the grades: --label-column NAME.")
        return None
    return [_label(name, pair.row, column, pair.metadata.get(column), same_from) for pair in pairs]


def _label(name: str, row: int, column: str, value: object, same_from: float | None) -> bool:
    said = str(value).strip().casefold()
    if same_from is not None:
        try:
            grade = float(said)
        except ValueError:
            grade = math.nan
        if math.isnan(grade):
            raise InputError(f"{name}, row {row}: {column!r} holds {value!r}, which is no grade.", [row - 1])
        return grade >= same_from
    if said in _TRUE | _FALSE:
        return said in _TRUE
    raise InputError(
        f"{name}, row {row}: {column!r} holds {value!r}, not 1 or 0 (true or false, yes or no); for grades give --same-from.",
        [row - 1],
    )


def _thresholds(found: Any) -> list[dict[str, object]]:
    rows = []
    for prior in _PRIORS:
        for target in (0.9, 0.95, 0.99):
            limit = found.threshold(target, prior=prior)
            rows.append(
                {
                    "prior": prior,
                    "target_precision": target,
                    "probability_from": limit,
                    "share_of_same_found": found.precision_at(limit, prior=prior)[1],
                }
            )
    return rows
