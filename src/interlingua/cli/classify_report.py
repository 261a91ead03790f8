"""An evaluation in the terminal: tables by label and by language, or rows to go on with."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from interlingua.cli.options import Format
from interlingua.cli.output import emit, emit_under

if TYPE_CHECKING:
    from interlingua.classification.curve import LearningCurve
    from interlingua.classification.evaluation import Evaluation


def print_evaluation(found: Evaluation, more: LearningCurve | None, output: Format) -> None:
    """Print all figures."""
    if output is Format.jsonl:
        facts = found.facts()
        emit([facts | ({} if more is None else {"learning_curve": more.facts()})], output)
        return
    if output is Format.tsv:
        emit(_flat(found), output)
        return
    emit(_summary(found), output)
    _under("By label", _label_rows(found))
    _under("By language", _language_rows(found))
    if more is not None:
        _under("Learning curve", _curve_rows(more))
        print(f"\n{more.sentence()}")


def _under(title: str, rows: list[dict[str, object]]) -> None:
    if rows:
        emit_under(title, rows)
        sys.stdout.flush()


def _summary(found: Evaluation) -> list[dict[str, object]]:
    how = "test set" if found.folds is None else f"cross-validation, {found.folds} folds"
    facts: dict[str, object] = {
        "tested_by": how,
        "rows": f"{found.rows:,}",
        "accuracy": _interval(found.accuracy),
        "macro_f1": _interval(found.macro_f1),
    }
    if found.calibration_error is not None:
        facts["calibration_error"] = f"{found.calibration_error:.3f}"
    if found.answers is not None:
        facts["target_precision"] = f"{found.target_precision:g}"
        facts["precision_of_answers"] = _interval(found.answers.precision)
        facts["share_answered"] = f"{found.answers.answered:.3f}"
        if found.answers.out_of_scope_answered is not None:
            facts["out_of_scope"] = (
                f"{found.answers.out_of_scope:,} rows, of which {found.answers.out_of_scope_answered:.3f} are answered"
            )
    return [{"what": name, "value": value} for name, value in facts.items()]


def _label_rows(found: Evaluation) -> list[dict[str, object]]:
    return [
        {
            "label": str(one.label),
            "precision": _figure(one.precision),
            "recall": _figure(one.recall),
            "f1": one.f1,
            "rows": one.support,
        }
        for one in found.classes
    ]


def _language_rows(found: Evaluation) -> list[dict[str, object]]:
    rows = []
    tried = any(one.unseen is not None for one in found.languages)
    for one in found.languages:
        row: dict[str, object] = {
            "lang": one.lang or "unknown",
            "rows": one.support,
            "accuracy": _interval(one.accuracy),
        }
        if tried:
            row["without_labels_in_it"] = _interval(one.unseen)
        if one.answers is not None:
            row["precision_of_answers"] = _interval(one.answers.precision)
            row["answered"] = one.answers.answered
        rows.append(row)
    return rows


def _curve_rows(more: LearningCurve) -> list[dict[str, object]]:
    return [{"examples": point.examples, "accuracy": _interval(point.accuracy)} for point in more.points]


def _flat(found: Evaluation) -> Iterator[dict[str, object]]:
    """All figures as rows of the same columns."""
    accuracy = {"accuracy": found.accuracy.value, "low": found.accuracy.low, "high": found.accuracy.high}
    empty = dict.fromkeys(("accuracy", "low", "high", "precision", "recall", "f1", "unseen", "answered"))
    answers = found.answers
    yield {
        "of": "all",
        "name": "all",
        "rows": found.rows,
        **empty,
        **accuracy,
        "f1": found.macro_f1.value,
        "precision": answers.precision.value if answers is not None and answers.precision is not None else None,
        "answered": None if answers is None else answers.answered,
    }
    for label in found.classes:
        measures = {"precision": label.precision, "recall": label.recall, "f1": label.f1}
        yield {"of": "label", "name": str(label.label), "rows": label.support, **empty, **measures}
    for one in found.languages:
        row: dict[str, object] = {"of": "language", "name": one.lang or "unknown", "rows": one.support, **empty}
        if one.accuracy is not None:
            row |= {"accuracy": one.accuracy.value, "low": one.accuracy.low, "high": one.accuracy.high}
        if one.unseen is not None:
            row["unseen"] = one.unseen.value
        if one.answers is not None:
            row["answered"] = one.answers.answered
            row["precision"] = None if one.answers.precision is None else one.answers.precision.value
        yield row


def _interval(interval: Any) -> str:
    return "–" if interval is None else f"{interval.value:.3f} ({interval.low:.3f}–{interval.high:.3f})"


def _figure(value: float | None) -> object:
    return "–" if value is None else f"{value:.3f}"
