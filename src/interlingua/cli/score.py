"""``interlingua score``: how alike two texts are, the two columns of a file, or each text of one file and each of another."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.arguments import check_argument, shortened
from interlingua.cli.inputs import Intake, WithRecords, read, two_columns
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    CalibrationFile,
    Clean,
    Encoding,
    FirstLanguage,
    Format,
    InputFormat,
    Invalid,
    Model,
    OnInvalid,
    OutputFormat,
    PairColumns,
    Precision,
    PrecisionKind,
    Prior,
    ReadPairsAs,
    SecondLanguage,
    TargetPrecision,
)
from interlingua.cli.output import emit, say
from interlingua.cli.plots import check_plot, score_plot, write_plot
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import InputError, InterlinguaError, OptionError

if TYPE_CHECKING:
    from interlingua.scoring.calibration import Calibration
    from interlingua.types import Record

# A matrix that is printed as a table has to fit on a screen.
_WIDEST = 40
_NAMED = 10


@dataclass
class _Asked:
    """What is compared, and how."""

    encoder: WatchedEncoder
    lang_a: str | None
    lang_b: str | None
    calibration: Calibration | None
    prior: float
    target_precision: float
    clean: bool
    skip: bool
    encoding: str
    read_as: InputFormat | None

    @property
    def options(self) -> dict[str, Any]:
        """What ``similarity`` takes."""
        return {"calibration": self.calibration, "prior": self.prior, "target_precision": self.target_precision}


def score(
    text_a: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help="A text; or, alone, a file of two columns (csv, tsv, jsonl; - is standard input)."
        ),
    ],
    text_b: Annotated[
        str | None, typer.Argument(metavar="OTHER", help="The text to compare it with; with --matrix both are files.")
    ] = None,
    matrix: Annotated[
        bool,
        typer.Option("--matrix", help="Compare each text of the file TEXT with each of the file OTHER (or its own)."),
    ] = False,
    lang_a: FirstLanguage = None,
    lang_b: SecondLanguage = None,
    columns: PairColumns = None,
    target_precision: TargetPrecision = 0.95,
    prior: Prior = 0.5,
    calibration: CalibrationFile = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw a histogram of the probabilities (with --matrix a map): .png, .svg, .html, .txt, or - for the terminal.",
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    output: OutputFormat = Format.table,
    read_as: ReadPairsAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Say how alike two texts are, and whether they mean the same.

    probability: that they mean the same, 0 to 1, if a share --prior of such pairs does. same: whether it is high enough that
    --target-precision of such decisions are right. centred_cosine has nearly the same scale in all pairs of languages: 0 to
    0.3 for unrelated texts, mostly more than 0.4 for translations. cosine has the model's own scale (two unrelated sentences
    have about 0.8 under e5-small). Of all of them, higher is more alike.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical, preload
    from interlingua.scoring.calibration import Calibration

    lang_a, lang_b = (None if code is None else canonical(code) for code in (lang_a, lang_b))
    check_plot(plot)
    if (
        text_b is not None
        and not matrix
        and (columns or read_as or encoding != "utf-8" or on_invalid is OnInvalid.skip)
    ):
        raise OptionError(
            "--columns, --input-format, --encoding and --on-invalid are for a file, but two texts were given."
        )
    encoder = WatchedEncoder(open_encoder(model, precision=precision.value, cache_dir=cache_dir))
    given = None if calibration is None else Calibration.load(calibration, encoder)
    skip = on_invalid is OnInvalid.skip
    asked = _Asked(encoder, lang_a, lang_b, given, prior, target_precision, clean, skip, encoding, read_as)
    if lang_a is None or lang_b is None:
        # Beside the loading of the model: the answer comes a third of a second sooner.
        threading.Thread(target=_quietly, args=(preload,), daemon=True).start()
    if matrix:
        emit(_matrix(asked, text_a, text_b, columns, output, plot), output)
        return
    rows = _file(asked, text_a, columns) if text_b is None else _texts(asked, text_a, text_b)
    if plot is not None:
        rows = score_plot(rows, _threshold(asked), plot)  # type: ignore[assignment]
    emit(rows, output)
    if output is Format.table and sys.stdout.isatty():
        _explain(asked)


def _quietly(load: Callable[[], None]) -> None:
    """What goes wrong here goes wrong again where the answer is needed, and is told there."""
    with suppress(InterlinguaError):
        load()


def _texts(asked: _Asked, a: str, b: str) -> Iterator[dict[str, object]]:
    from interlingua.scoring.similarity import similarity

    names = ("the first text", "the second text")
    a, b = (check_argument(text, name, clean=asked.clean) for text, name in zip((a, b), names, strict=True))
    found = similarity(asked.encoder, a, b, lang_a=asked.lang_a, lang_b=asked.lang_b, **asked.options)
    yield _row(found, a, b)
    asked.encoder.report(names, (a, b))
    _say_unknown(asked, {found.lang_a, found.lang_b})


def _file(asked: _Asked, path: str, columns: str | None) -> Iterator[dict[str, object]]:
    """The scores of a two-column file, in chunks: both columns go through the same checks as any text."""
    from interlingua.scoring.similarity import similarity
    from interlingua.texts.reading import read_pairs

    if path != "-" and not os.path.exists(path):  # Path.exists() raises for a name that is too long
        raise InputError(f"there is no file {shortened(path)!r}; to compare two texts, give both.")
    intake = Intake(path, asked.encoder.limit, clean=asked.clean, skip=asked.skip)
    pairs = read_pairs(
        path,
        format=None if asked.read_as is None else asked.read_as.value,
        columns=two_columns(columns),
        encoding=asked.encoding,
    )
    langs: set[str | None] = set()
    for chunk in intake.pair_chunks(pairs):
        found = similarity(
            asked.encoder,
            [pair.a for pair in chunk],
            [pair.b for pair in chunk],
            lang_a=asked.lang_a or [pair.lang_a for pair in chunk],
            lang_b=asked.lang_b or [pair.lang_b for pair in chunk],
            **asked.options,
        )
        for result, pair in zip(found, chunk, strict=True):
            langs |= {result.lang_a, result.lang_b}
            yield _row(result, pair.a, pair.b)
        intake.note_cut(asked.encoder, ((pair.row, text) for pair in chunk for text in (pair.a, pair.b)))
        asked.encoder.cut.clear()
    intake.report()
    _say_unknown(asked, langs)


def _say_unknown(asked: _Asked, langs: set[str | None]) -> None:
    """Name the languages for which probabilities are less sure; unknown ones stand in the results as such."""
    from interlingua.scoring.calibration import Calibration

    with suppress(OptionError):
        calibration = asked.calibration or Calibration.shipped(asked.encoder)
        unknown = sorted(lang for lang in langs if lang is not None and not calibration.knows(lang))
        # A calibration of one's own may have measured none.
        if unknown and calibration.nearness.languages:
            named = ", ".join(unknown[:_NAMED]) + (", …" if len(unknown) > _NAMED else "")
            say(
                f"note: how well {asked.encoder.name} does in {named} was not measured; probabilities take a usual language's"
            )


def _row(found: Any, a: str, b: str) -> dict[str, object]:
    return {
        "probability": None if found.probability is None else round(found.probability, 6),
        "same": found.same,
        "centred_cosine": round(found.centred_cosine, 6),
        "cosine": round(found.cosine, 6),
        "lang_a": found.lang_a,
        "lang_b": found.lang_b,
        "text_a": a,
        "text_b": b,
    }


def _matrix(
    asked: _Asked, first: str, second: str | None, columns: str | None, output: Format, plot: str | None
) -> Iterator[dict[str, object]]:
    """A row for each text of the first file: its probabilities (centred cosines, where there is no calibration)."""
    from interlingua.scoring.similarity import similarity_matrix

    if columns is not None:
        raise OptionError("--matrix reads a file of texts on each side; --columns is for a file of pairs.")
    a = _Texts.read(asked, first)
    b = a if second is None else _Texts.read(asked, second)
    if output is Format.table and len(b.records) > _WIDEST:
        raise OptionError(
            f"A table of {len(b.records):,} columns fits on no screen; give --format jsonl or tsv, or --plot FILE with one of them."
        )
    found = similarity_matrix(
        asked.encoder, a.texts, b.texts, lang_a=asked.lang_a or a.langs, lang_b=asked.lang_b or b.langs, **asked.options
    )
    for side in (a,) if second is None else (a, b):
        side.report(asked.encoder)
    _say_unknown(asked, {*found.langs_a, *found.langs_b})
    unit = "centred_cosine" if found.probabilities is None else "probability"
    values = found.centred_cosines if found.probabilities is None else found.probabilities
    columns_of = [record.id for record in b.records]
    for record, row in zip(a.records, values.tolist(), strict=True):
        cells = dict(zip(columns_of, (round(value, 4) for value in row), strict=True))
        if output is Format.jsonl:
            yield {"id": record.id, "text": record.text, unit: cells}
        else:
            yield {unit: record.id} | cells
    if plot is not None:
        from interlingua.reports.similarity_map import plot_similarity

        write_plot(plot_similarity(values, a.texts, b.texts, unit=unit), plot)  # type: ignore[arg-type]


@dataclass
class _Texts(WithRecords):
    """The texts of one side of a matrix."""

    intake: Intake
    records: list[Record]

    @classmethod
    def read(cls, asked: _Asked, path: str) -> _Texts:
        if path != "-" and not os.path.exists(path):
            raise InputError(f"there is no file {shortened(path)!r}; --matrix compares the texts of files.")
        intake = Intake(path, asked.encoder.limit, clean=asked.clean, skip=asked.skip)
        read_in = read(path, format=asked.read_as, text=None, id=None, lang=None, encoding=asked.encoding)
        records = [record for chunk in intake.chunks(read_in) for record in chunk]
        # Ids name the columns of the output.
        if len({record.id for record in records}) < len(records):
            raise InputError(
                f"{intake.name}: several texts have the same id, so that the columns could not be told apart."
            )
        return cls(intake, records)

    def report(self, encoder: WatchedEncoder) -> None:
        """What was left out and what was cut, once they are embedded."""
        self.intake.note_cut(encoder, ((record.row, record.text) for record in self.records))
        self.intake.report()


def _threshold(asked: _Asked) -> float | None:
    from interlingua.scoring.calibration import Calibration

    with suppress(OptionError):
        found = asked.calibration or Calibration.shipped(asked.encoder)
        return found.threshold(asked.target_precision, prior=asked.prior)
    return None


def _explain(asked: _Asked) -> None:
    from interlingua.scoring.centring import LanguageMeans

    limit = _threshold(asked)
    if limit is None:
        general = LanguageMeans.shipped(asked.encoder.name).general
        say(
            f"\nUnder {asked.encoder.name} two unrelated texts have a cosine of about {float(general @ general):.1f}, whatever "
            "they say, and a centred cosine of 0 to 0.3; equal texts have 1 in both. No calibration comes with it: see "
            "'interlingua calibrate'."
        )
        return
    say(
        f"\nprobability: that both mean the same, if {asked.prior:.0%} of such pairs do. same: from {limit:.3f} on, where "
        f"{asked.target_precision:.0%} of the decisions are right."
    )
