"""What the commands of ``interlingua classify`` share: labelled rows, embedding with progress, an opened classifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.inputs import Noted, WithRecords
from interlingua.cli.output import say
from interlingua.cli.watched import cut_texts
from interlingua.cli.whole_rows import Reading
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.classification.classifier import CrossLingualClassifier
    from interlingua.types import Record, Vectors

USUAL_LABELS = ("label", "labels", "intent", "category", "topic", "class")

_CHUNK = 512

Folder = Annotated[str, typer.Argument(metavar="FOLDER", help="A classifier that 'classify train' made.")]
LabelColumn = Annotated[
    str | None,
    typer.Option(
        "--label-column", metavar="NAME", help="The column with the label [default: label, intent, topic, …]."
    ),
]
MultiLabel = Annotated[
    bool, typer.Option("--multi-label", help="A row may have several labels: parted by a sign, or a list in jsonl.")
]
LabelSeparator = Annotated[
    str, typer.Option("--label-separator", metavar="SIGN", help="With --multi-label: what stands between labels.")
]
Lang = Annotated[
    str | None,
    typer.Option("--lang", metavar="CODE", help="The language of all texts [default: the file's, else identified]."),
]


@dataclass(frozen=True)
class LabelsFrom:
    """Where the labels of rows stand.

    Attributes:
        column: the column's name; None takes a usual one.
        multi: a row may have several.
        separator: what stands between them.
    """

    column: str | None
    multi: bool
    separator: str

    def named(self, shown: str, records: Sequence[Record]) -> str:
        """The column.

        Raises:
            InputError: there is none.
        """
        names = {name: None for record in records for name in record.metadata}
        listed = f"there are: {', '.join(names)}" if names else "there are none"
        if self.column is not None:
            if self.column in names:
                return self.column
            raise InputError(
                f"{shown}: there is no column {self.column!r}; {listed}. Name another: --label-column NAME."
            )
        by_folded = {name.casefold(): name for name in reversed(list(names))}
        found = next((by_folded[usual] for usual in USUAL_LABELS if usual in by_folded), None)
        if found is None:
            raise InputError(f"{shown}: no column is called label; {listed}. Say which holds it: --label-column NAME.")
        return found

    def label(self, shown: str, row: int, value: object) -> Any:
        """The label, or the labels, of a row; None where it has none."""
        if self.multi:
            parts = value if isinstance(value, list) else _told(value).split(self.separator)
            return tuple(sorted({_told(part) for part in parts} - {""}))
        if isinstance(value, list):
            raise InputError(f"{shown}, row {row}: the label is a list; give --multi-label.", [row - 1])
        if isinstance(value, dict):
            raise InputError(f"{shown}, row {row}: the label is an object, not a text.", [row - 1])
        return _told(value) or None


@dataclass(frozen=True)
class LabelledRows(WithRecords):
    """The rows of a file with their labels.

    Attributes:
        shown: what messages call the file.
        records: the rows, their whole content in ``metadata``.
        labels: a label, or with several a tuple, for each.
    """

    shown: str
    records: list[Record]
    labels: list[Any]

    def values(self, column: str) -> list[str]:
        """What stands in another column, as text.

        Raises:
            InputError: there is no such column.
        """
        if not any(column in record.metadata for record in self.records):
            raise InputError(f"{self.shown}: there is no column {column!r} to group by.")
        return [_told(record.metadata.get(column)) or f"row {record.row}" for record in self.records]


def read_labelled(reading: Reading, path: str, limit: int, labels_from: LabelsFrom) -> LabelledRows:
    """Read all rows of a file and their labels.

    Raises:
        InputError: no such file, no such column, or rows without a label (unless such rows are to be skipped).
        OptionError: no sign between labels.
    """
    if labels_from.multi and not labels_from.separator:
        raise OptionError("--label-separator is empty; give the sign that stands between labels.")
    if reading.format(path) == "txt":
        raise InputError(
            f"{'standard input' if path == '-' else path}: txt has no column for labels; csv, tsv and jsonl have."
        )
    intake = reading.intake(path, limit)
    records = [record for chunk in reading.chunks(path, intake) for record in chunk]
    column = labels_from.named(intake.name, records)
    labels = [labels_from.label(intake.name, record.row, record.metadata.get(column)) for record in records]
    without = Noted()
    without.add(record.row for record, label in zip(records, labels, strict=True) if label is None)
    if without.count == len(records):
        raise InputError(f"{intake.name}: no row has a label in {column!r}.")
    if without.count and not reading.skip:
        has = "has" if without.count == 1 else "have"
        raise InputError(
            f"{intake.name}: {without} {has} no label in {column!r}; label them, or give --on-invalid skip to leave them out.",
            [row - 1 for row in without.first],
        )
    if without.count:
        say(f"warning: {intake.name}: left out {without} without a label")
    intake.report()
    kept = [(record, label) for record, label in zip(records, labels, strict=True) if label is not None]
    return LabelledRows(intake.name, [record for record, _ in kept], [label for _, label in kept])


def check_classes(rows: LabelledRows) -> None:
    """Refuse what nothing can be learned from, and warn of labels with one example.

    Raises:
        InputError: fewer than two labels.
    """
    counts: dict[str, int] = {}
    for label in rows.labels:
        for one in label if isinstance(label, tuple) else (label,):
            counts[one] = counts.get(one, 0) + 1
    if len(counts) < 2:
        what = f"have the label {next(iter(counts))!r}" if counts else "are without a label"
        raise InputError(
            f"{rows.shown}: all {len(rows.labels):,} rows {what}; a classifier tells two labels apart at least."
        )
    if single := sorted(label for label, count in counts.items() if count == 1):
        named = ", ".join(map(repr, single[:5])) + (", …" if len(single) > 5 else "")
        said = f"the label {named} has" if len(single) == 1 else f"{len(single):,} labels ({named}) have"
        say(f"warning: {rows.shown}: {said} a single example, which cannot be both learned from and tested on")


def embedded(encoder: Any, texts: Sequence[str], *, show: bool | None) -> Vectors:
    """Vectors of texts, (n, d), with a progress bar; long texts are read whole."""
    import numpy as np

    from interlingua.progress import progress_bar
    from interlingua.scoring.tables import encode_whole

    found = np.empty((len(texts), encoder.dimension), dtype=np.float32)
    with progress_bar("Embedding", len(texts), show=show) as advance:
        for start in range(0, len(texts), _CHUNK):
            some = list(texts[start : start + _CHUNK])
            with cut_texts(some, []):
                found[start : start + _CHUNK] = encode_whole(encoder, some)
            advance(len(some))
    return found


def open_classifier(
    folder: str, *, cache_dir: Path | None, embedding_cache: bool = False
) -> tuple[CrossLingualClassifier, Any]:
    """A classifier with its encoder.

    Raises:
        InputError: there is none in the folder.
        CorruptModel: it is damaged.
        WrongModel: this version's model is another than it was trained with.
    """
    from interlingua.classification.classifier import CrossLingualClassifier
    from interlingua.classification.saving import opening
    from interlingua.encoding.joint import open_encoder

    model, precision = opening(folder)
    options: dict[str, Any] = {} if precision is None else {"precision": precision}
    encoder = open_encoder(model, cache_dir=cache_dir, embedding_cache=embedding_cache, **options)
    return CrossLingualClassifier.load(folder, encoder), encoder


def aim(classifier: CrossLingualClassifier, target_precision: float | None, unknown: str | None = None) -> None:
    """Set when the classifier abstains, and what it says then.

    Raises:
        OptionError: a precision that is none or cannot be had, or an ``unknown`` that is a label.
    """
    if target_precision is not None:
        if not 0 < target_precision < 1:
            raise OptionError(f"--target-precision is a number between 0 and 1, not {target_precision}.")
        classifier.set_params(target_precision=target_precision)
    if unknown is not None:
        classifier.set_params(unknown=unknown)
    wanted, trained = classifier.target_precision, classifier.trained_
    if wanted is None:
        if unknown is not None:
            raise OptionError("--unknown is for answers that are held back; give --target-precision.")
        return
    if classifier.unknown in trained.classes.tolist():
        raise OptionError(f"{classifier.unknown!r} is one of the labels; set --unknown to something else.")
    if trained.confidence is None if trained.kind == "one" else trained.label_curve is None:
        raise OptionError(
            "When to abstain was not learned, so --target-precision cannot be kept: train with at least two examples a label."
        )


def label_of(value: Any) -> Any:
    """A label, or several, as a value of a row."""
    return [str(one) for one in value] if isinstance(value, tuple) else str(value)


def _told(value: object) -> str:
    """A label as text: what JSON calls true is called so."""
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value).strip()
