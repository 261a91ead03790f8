"""``interlingua classify train``: from labelled rows, or from the names of labels, to a classifier in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
from interlingua.cli.classify_rows import (
    LabelColumn,
    LabelSeparator,
    LabelsFrom,
    Lang,
    MultiLabel,
    check_classes,
    embedded,
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
    Model,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import emit, say
from interlingua.cli.whole_rows import Reading
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.classification.classifier import CrossLingualClassifier

_NAMED = 8


def train(
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Rows with labels: csv, tsv or jsonl, also .gz; - is standard input."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Where the classifier goes; an older one is replaced."),
    ] = None,
    label_column: LabelColumn = None,
    labels: Annotated[
        str | None,
        typer.Option(
            "--labels",
            metavar="NAMES",
            help="Without FILE: the labels with commas between, or a file with a label, a tab and a description on each line.",
        ),
    ] = None,
    multi_label: MultiLabel = False,
    label_separator: LabelSeparator = ",",
    head: Head = HeadKind.auto,
    penalty: Penalty = None,
    centring: Centring = None,
    class_weight: ClassWeight = ClassWeightKind.same,
    target_precision: WantedPrecision = None,
    out_of_scope: OutOfScope = 0.2,
    no_texts: Annotated[
        bool, typer.Option("--no-texts", help="Do not keep the training texts, which 'classify explain' shows.")
    ] = False,
    lang: Lang = None,
    model: Model = DEFAULT_MODEL,
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
    """Train a classifier, which then classifies texts in any language.

    The head, the penalty and whether languages are centred are chosen by cross-validation where they are not given. Training
    needs scikit-learn (pip install 'interlingua[sklearn]'), the other commands of classify mostly do without.
    """
    from interlingua.languages import canonical

    if out is None:
        raise OptionError("Where shall the classifier go? Give --out FOLDER.")
    if (file is None) == (labels is None):
        raise OptionError("Give a FILE of labelled rows, or --labels to do without one.")
    lang = None if lang is None else canonical(lang)
    _check_folder(out)
    if labels is not None:
        given = (label_column, multi_label, penalty, centring, target_precision)
        if (
            head is not HeadKind.auto
            or class_weight is not ClassWeightKind.same
            or any(one not in (None, False) for one in given)
        ):
            raise OptionError("--labels learns from no examples; the other options of training go with a FILE.")
        described = described_labels(labels)
        classifier = _from_labels(described, model, precision, embedding_cache, cache_dir, lang)
    else:
        assert file is not None
        reading = Reading(read_as, text_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip, lang)
        encoder = _opened(model, precision, embedding_cache, cache_dir)
        new = new_classifier(encoder, head, penalty, centring, class_weight, target_precision, out_of_scope)
        labels_from = LabelsFrom(label_column, multi_label, label_separator)
        classifier = _from_rows(new, encoder, reading, file, labels_from, progress)
    classifier.save(out, keep_texts=not no_texts)
    emit(_summary(classifier), Format.table)
    say(f"written: {out}; classify texts with: interlingua classify predict {out} FILE")


def described_labels(given: str) -> dict[str, list[str]] | list[str]:
    """The labels of --labels: names, or the descriptions in a file.

    Raises:
        InputError: a line of the file without a label, or fewer than two labels.
    """
    path = Path(given)
    if "," not in given and path.is_file():
        from interlingua.texts.lines import find_source, read_lines

        found: dict[str, list[str]] = {}
        for line in read_lines(find_source(path, format="txt", encoding="utf-8")):
            if not line.text.strip():
                continue
            label, _, description = (part.strip() for part in line.text.partition("\t"))
            if not label:
                raise InputError(f"{given}, line {line.number}: there is no label before the tab.", [line.number - 1])
            found.setdefault(label, []).append(description or label.replace("_", " "))
        if len(found) < 2:
            raise InputError(
                f"{given}: there are fewer than two labels in it (a label, a tab and a description on each line)."
            )
        return found
    if "," not in given:
        raise InputError(f"--labels {given}: that is one label, and no file of this name is there; give two at least.")
    names = [name.strip() for name in given.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise OptionError(f"--labels takes different names with commas between, not {given!r}.")
    return names


def _check_folder(out: Path) -> None:
    from interlingua.errors import StorageError

    if out.is_file():
        raise StorageError(f"{out} is a file; give the name of a folder.")
    if not out.absolute().parent.is_dir():
        raise StorageError(f"{out} cannot be written: its folder does not exist.")


def _opened(model: str, precision: PrecisionKind, embedding_cache: bool, cache_dir: Path | None) -> Any:
    from interlingua.encoding.joint import open_encoder

    return open_encoder(model, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache)


def _from_labels(
    labels: Mapping[str, list[str]] | list[str],
    model: str,
    precision: PrecisionKind,
    embedding_cache: bool,
    cache_dir: Path | None,
    lang: str | None,
) -> CrossLingualClassifier:
    from interlingua.classification.classifier import CrossLingualClassifier

    encoder = _opened(model, precision, embedding_cache, cache_dir)
    return CrossLingualClassifier.zero_shot(labels, encoder, langs=lang)


def _from_rows(
    classifier: CrossLingualClassifier,
    encoder: Any,
    reading: Reading,
    file: str,
    labels_from: LabelsFrom,
    progress: bool | None,
) -> CrossLingualClassifier:
    from interlingua.classification.contract import need_sklearn
    from interlingua.scoring.similarity import languages_of

    need_sklearn()
    rows = read_labelled(reading, file, encoder.card.max_tokens, labels_from)
    check_classes(rows)
    texts = rows.texts
    langs = languages_of(texts, rows.langs)
    classifier.fit(embedded(encoder, texts, show=progress), rows.labels, langs=langs)
    # Trained on vectors, for the progress bar's sake; the texts behind them are known all the same.
    kept = [texts[row] for row in classifier.trained_.example_rows.tolist()]
    classifier.trained_ = replace(classifier.trained_, texts=kept)
    return classifier


def _summary(classifier: CrossLingualClassifier) -> list[dict[str, object]]:
    about, trained = classifier.trained_.about, classifier.trained_
    facts: dict[str, object] = {}
    if about.get("zero_shot"):
        facts["examples"] = "none"
    else:
        facts["rows"] = f"{about['rows']:,}"
    facts["labels"] = _listed(about["classes"])
    if about.get("languages"):
        facts["languages"] = _listed(about["languages"])
    facts["head"] = trained.head.name
    facts["centring"] = {"language": "by language", "general": "one mean for all", "none": "none"}[
        trained.space.centring
    ]
    if about.get("C") is not None and trained.head.name in ("logistic", "blend"):
        facts["C"] = f"{about['C']:g}"
    if about.get("accuracy") is not None:
        facts["accuracy_on_held_out_rows"] = f"{about['accuracy']:.3f}"
    if classifier.target_precision is not None and trained.confidence is not None:
        limit = trained.confidence.threshold(classifier.target_precision)
        facts["answers_from_confidence"] = (
            f"{limit:.3f}" if limit <= 1 else "never: the wanted precision was not reached"
        )
    return [{"what": name, "value": value} for name, value in facts.items()]


def _listed(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda one: -one[1])
    said = ", ".join(f"{name} {count:,}" if count else str(name) for name, count in most[:_NAMED])
    return f"{len(most):,}: {said}{', …' if len(most) > _NAMED else ''}"
