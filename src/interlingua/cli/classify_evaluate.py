"""``interlingua classify evaluate``: how good a classifier is, on a test set or by cross-validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.classify_options import (
    Centring,
    ClassWeight,
    ClassWeightKind,
    Head,
    HeadKind,
    OutOfScope,
    Penalty,
    WantedPrecision,
    new_classifier,
)
from interlingua.cli.classify_report import print_evaluation
from interlingua.cli.classify_rows import (
    LabelColumn,
    LabelledRows,
    LabelSeparator,
    LabelsFrom,
    Lang,
    MultiLabel,
    aim,
    check_classes,
    embedded,
    open_classifier,
    read_labelled,
)
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    Format,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    OnInvalid,
    OutputFormat,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import say
from interlingua.cli.plots import check_plot, write_plot
from interlingua.cli.whole_rows import Reading
from interlingua.cli.written import check_written
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.classification.classifier import CrossLingualClassifier
    from interlingua.classification.curve import LearningCurve
    from interlingua.classification.evaluation import Evaluation


def evaluate(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="[FOLDER] FILE",
            help="A classifier and labelled rows that it has not seen; or labelled rows alone, for cross-validation.",
        ),
    ],
    label_column: LabelColumn = None,
    multi_label: MultiLabel = False,
    label_separator: LabelSeparator = ",",
    target_precision: WantedPrecision = None,
    folds: Annotated[int, typer.Option("--folds", metavar="N", min=2, help="Cross-validation: in how many parts.")] = 5,
    group_column: Annotated[
        str | None,
        typer.Option(
            "--group-column",
            metavar="NAME",
            help="Cross-validation: rows with the same value there (translations, one document) stay together.",
        ),
    ] = None,
    across_languages: Annotated[
        bool,
        typer.Option(
            "--across-languages/--no-across-languages", help="Cross-validation: also leave out each language once."
        ),
    ] = True,
    curve: Annotated[
        bool,
        typer.Option("--learning-curve", help="Also say whether more labels would help (trains twelve times more)."),
    ] = False,
    suspects: Annotated[
        Path | None,
        typer.Option(
            "--suspects", metavar="FILE", help="Write rows whose label looks wrong, as JSON Lines, the surest first."
        ),
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option(
            "--plot",
            metavar="FILE",
            help="Draw the confusion matrix: .png, .svg, .html or .txt; - draws it in characters.",
        ),
    ] = None,
    output: OutputFormat = Format.table,
    head: Head = HeadKind.auto,
    penalty: Penalty = None,
    centring: Centring = None,
    class_weight: ClassWeight = ClassWeightKind.same,
    out_of_scope: OutOfScope = 0.2,
    lang: Lang = None,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="Cross-validation: the model [default: e5-small]."),
    ] = None,
    precision: Precision = PrecisionKind.exact,
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
    """Say how good a classifier is, for each label and each language.

    With a classifier and a FILE of rows that it has not seen these are its test; rows labelled 'unknown' there are texts that no
    label is for. With a FILE alone each row is predicted by a classifier that was trained on other rows, and where there are
    several languages also by one without an example in the row's language. Intervals hold with a probability of 95 %.
    """
    from interlingua.languages import canonical

    folder, file = _two(paths)
    check_plot(plot)
    check_written({"--suspects": suspects, "--plot": None if plot == "-" else plot}, file)
    reading = Reading(
        read_as,
        text_column,
        lang_column,
        encoding,
        clean,
        on_invalid is OnInvalid.skip,
        None if lang is None else canonical(lang),
    )
    labels_from = LabelsFrom(label_column, multi_label, label_separator)
    if multi_label and (plot is not None or suspects is not None):
        raise OptionError("--plot and --suspects are for rows with one label each, not for --multi-label.")
    more: LearningCurve | None = None
    if folder is not None:
        trains = {
            "--learning-curve": curve,
            "--group-column": group_column is not None,
            "--folds": folds != 5,
            "--no-across-languages": not across_languages,
            "--head": head is not HeadKind.auto,
            "--c": penalty is not None,
            "--centring": centring is not None,
            "--class-weight": class_weight is not ClassWeightKind.same,
            "--model": model is not None,
            "--precision": precision is not PrecisionKind.exact,
        }
        if named := [name for name, given in trains.items() if given]:
            raise OptionError(f"{named[0]} is for cross-validation; {folder} is trained already: give the FILE alone.")
        classifier, encoder = open_classifier(folder, cache_dir=cache_dir, embedding_cache=embedding_cache)
        aim(classifier, target_precision)
        found, rows = _tested(classifier, encoder, reading, file, labels_from, progress)
    else:
        from interlingua.classification.contract import need_sklearn
        from interlingua.encoding.joint import open_encoder

        need_sklearn()
        encoder = open_encoder(
            model or DEFAULT_MODEL, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache
        )
        classifier = new_classifier(encoder, head, penalty, centring, class_weight, target_precision, out_of_scope)
        found, more, rows = _validated(
            classifier, encoder, reading, file, labels_from, group_column, folds, across_languages, curve, progress
        )
    if suspects is not None:
        _write_suspects(found, rows, suspects)
    print_evaluation(found, more, output)
    if plot is not None:
        from interlingua.reports.confusion import plot_confusion

        assert found.confusion is not None
        title = f"{rows.shown}: {found.rows:,} rows, accuracy {found.accuracy.value:.3f} ({found.kind})"
        write_plot(plot_confusion(found.confusion, [str(one.label) for one in found.classes], title=title), plot)


def _two(paths: list[str]) -> tuple[str | None, str]:
    if len(paths) > 2:
        raise OptionError(f"One classifier and one file are tested, not {len(paths)} things.")
    if len(paths) == 2:
        return paths[0], paths[1]
    if Path(paths[0]).is_dir():
        raise OptionError(f"{paths[0]} is a folder; give the FILE with labelled rows to test it on after it.")
    return None, paths[0]


def _tested(
    classifier: CrossLingualClassifier,
    encoder: Any,
    reading: Reading,
    file: str,
    labels_from: LabelsFrom,
    progress: bool | None,
) -> tuple[Evaluation, LabelledRows]:
    from interlingua.classification.evaluating import evaluate_classifier
    from interlingua.scoring.similarity import languages_of

    several = classifier.trained_.kind != "one"
    if several != labels_from.multi:
        what = "several labels a row: give --multi-label" if several else "one label a row: leave out --multi-label"
        raise OptionError(f"The classifier gives {what}.")
    rows = read_labelled(reading, file, encoder.card.max_tokens, labels_from)
    known = {str(label): label for label in classifier.classes_.tolist()}
    strange = sorted(
        {one for label in rows.labels for one in (label if isinstance(label, tuple) else (label,))}
        - {*known, str(classifier.unknown)}
    )
    if strange:
        named = ", ".join(map(repr, strange[:5])) + (", …" if len(strange) > 5 else "")
        say(f"warning: {rows.shown}: the classifier does not know {named}; rows with such a label count as wrong")
    labels = [label if isinstance(label, tuple) else known.get(label, label) for label in rows.labels]
    vectors = embedded(encoder, rows.texts, show=progress)
    return evaluate_classifier(classifier, vectors, labels, langs=languages_of(rows.texts, rows.langs)), rows


def _validated(
    classifier: CrossLingualClassifier,
    encoder: Any,
    reading: Reading,
    file: str,
    labels_from: LabelsFrom,
    group_column: str | None,
    folds: int,
    across_languages: bool,
    curve: bool,
    progress: bool | None,
) -> tuple[Evaluation, LearningCurve | None, LabelledRows]:
    from interlingua.classification.curve import learning_curve
    from interlingua.classification.evaluating import cross_validate
    from interlingua.scoring.similarity import languages_of

    rows = read_labelled(reading, file, encoder.card.max_tokens, labels_from)
    check_classes(rows)
    groups = None if group_column is None else rows.values(group_column)
    langs = languages_of(rows.texts, rows.langs)
    vectors = embedded(encoder, rows.texts, show=progress)
    try:
        found = cross_validate(
            classifier,
            vectors,
            rows.labels,
            langs=langs,
            groups=groups,
            folds=folds,
            across_languages=across_languages,
            show_progress_bar=progress,
        )
        more = None
        if curve:
            more = learning_curve(
                classifier, vectors, rows.labels, langs=langs, groups=groups, show_progress_bar=progress
            )
    except InputError as error:
        raise InputError(f"{rows.shown}: {error}", error.rows) from None
    return found, more, rows


def _write_suspects(found: Evaluation, rows: LabelledRows, path: Path) -> None:
    from interlingua.classification.suspects import suspects_in
    from interlingua.texts.writing import open_atomic, write_rows

    suspects = suspects_in(found.predictions, rows.langs, rows.texts)
    with open_atomic(path) as file:
        listed = ({**one.facts(), "row": rows.records[one.row].row} for one in suspects)
        count = write_rows(listed, file, "jsonl")
    say(f"{path}: {count:,} of {len(rows.records):,} rows whose label looks wrong")
