"""Labels as they are given, and as what a head is trained on."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError

Kind = Literal["one", "indicator", "sets"]
"""One label a row; a matrix of 0 and 1; or a collection of labels for each row."""


@dataclass(frozen=True, eq=False)
class Targets:
    """The labels of n rows.

    Attributes:
        classes: (c,) the distinct labels, sorted.
        belongs: (n, c) bool.
        kind: how they were given.
    """

    classes: NDArray[Any]
    belongs: NDArray[np.bool_]
    kind: Kind

    @classmethod
    def of(cls, labels: Any) -> Targets:
        """Read the labels.

        Raises:
            InputError: a label is missing, or there are fewer than two classes.
            ValueError: they are not labels of classes (scikit-learn's message).
        """
        if _are_sets(labels):
            return cls._of_sets(labels)
        from sklearn.utils.multiclass import check_classification_targets, type_of_target
        from sklearn.utils.validation import column_or_1d

        given = np.asarray(labels)
        _refuse_missing(given)
        with warnings.catch_warnings():
            # Many classes of few examples each are usual here.
            warnings.filterwarnings("ignore", message="The number of unique classes is greater than")
            check_classification_targets(given)
            several = type_of_target(given) == "multilabel-indicator"
        if several:
            return cls(np.arange(given.shape[1]), given.astype(bool), "indicator")
        flat = column_or_1d(given, warn=True)
        classes, places = np.unique(flat, return_inverse=True)
        return cls(classes, places[:, None] == np.arange(len(classes)), "one")

    @classmethod
    def _of_sets(cls, labels: Sequence[Iterable[object]]) -> Targets:
        rows = [sorted({str(label) for label in row}) for row in labels]
        classes = sorted({label for row in rows for label in row})
        if not classes:
            raise InputError("No row has a label; give each row the labels that it has.")
        place = {label: number for number, label in enumerate(classes)}
        belongs = np.zeros((len(rows), len(classes)), dtype=bool)
        for number, row in enumerate(rows):
            belongs[number, [place[label] for label in row]] = True
        return cls(np.array(classes), belongs, "sets")

    def __len__(self) -> int:
        return len(self.belongs)

    @property
    def single(self) -> bool:
        """Whether each row has one label."""
        return self.kind == "one"

    def places(self) -> NDArray[np.int64]:
        """The class of each row that has one label, (n,)."""
        return np.asarray(self.belongs.argmax(axis=1), dtype=np.int64)

    def some(self, rows: NDArray[np.integer[Any]]) -> Targets:
        """Those of some rows; the classes stay."""
        return Targets(self.classes, self.belongs[rows], self.kind)


def _are_sets(labels: Any) -> bool:
    """Whether rows have lists, tuples or sets of labels (and are no matrix of numbers)."""
    if isinstance(labels, np.ndarray) and labels.dtype != object:
        return False
    rows = list(labels) if isinstance(labels, list | tuple | np.ndarray) else []
    if not rows or not all(isinstance(row, list | tuple | set | frozenset) for row in rows):
        return False
    return any(isinstance(label, str) for row in rows for label in row) or any(not row for row in rows)


def _refuse_missing(labels: NDArray[Any]) -> None:
    """Missing labels have many faces, and none of them is a class."""
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        row = int(np.flatnonzero(~np.isfinite(labels.reshape(len(labels), -1)).all(axis=1))[0])
        raise InputError(f"Input y contains NaN or infinity: row {row} (counted from 0) has no label.", [row])
    if labels.ndim != 1 or labels.dtype.kind != "O":
        return
    missing = [row for row, label in enumerate(labels) if label is None or label != label]  # noqa: PLR0124  # NaN
    if missing:
        raise InputError(f"Input y contains NaN or None: row {missing[0]} (counted from 0) has no label.", missing)
