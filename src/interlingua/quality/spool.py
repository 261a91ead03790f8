"""Results of any number of pairs, sorted by score in bounded memory: the results on disk, their places and scores in memory."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from interlingua.inspection.findings import Finding, Severity
from interlingua.quality.checking import TranslationCheck
from interlingua.texts.writing import writing_errors


class SortedChecks:
    """Checks that are added as they come and read again from the worst on; 16 bytes of memory a pair, twice that while sorting.

    Attributes:
        counts: how many pairs have a finding of each kind and severity.
        clean: how many pairs have no finding.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Severity]] = Counter()
        self.clean = 0
        self._file = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # closed with this object
        self._scores = array("d")
        self._places = array("q")

    def __enter__(self) -> SortedChecks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk has been told of, and what is written is gone in any case
            self._file.close()

    def __len__(self) -> int:
        return len(self._scores)

    def add(self, check: TranslationCheck) -> None:
        """Take one more.

        Raises:
            StorageError: the folder for temporary files (TMPDIR) has no room.
        """
        self._places.append(self._file.tell())
        self._scores.append(check.score)
        with writing_errors(Path(tempfile.gettempdir())):
            self._file.write(json.dumps(as_row(check)).encode("ascii") + b"\n")
        self.counts.update({(finding.kind, finding.severity) for finding in check.findings})
        self.clean += not check.findings

    def below(self, score: float) -> int:
        """How many have a lower score."""
        return sum(each < score for each in self._scores)

    def worst(self, count: int | None = None) -> Iterator[TranslationCheck]:
        """From the lowest score on, in the order of the file where scores are equal; all, or so many.

        Raises:
            StorageError: as for ``add``.
        """
        with writing_errors(Path(tempfile.gettempdir())):
            self._file.flush()
        order = np.argsort(np.array(self._scores), kind="stable")
        for at in order[:count]:
            self._file.seek(self._places[at])
            yield from_row(json.loads(self._file.readline()))
        self._file.seek(0, 2)


def as_row(check: TranslationCheck) -> dict[str, Any]:
    """A check as plain JSON values."""
    return {
        "row": check.row,
        "score": round(check.score, 6),
        "probability": round(check.probability, 6),
        "cosine": round(check.cosine, 6),
        "centred_cosine": round(check.centred_cosine, 6),
        "source_lang": check.source_lang,
        "target_lang": check.target_lang,
        "source": check.source,
        "target": check.target,
        "findings": [
            {
                "kind": finding.kind,
                "severity": finding.severity,
                "message": finding.message,
                "source_spans": [list(span) for span in finding.source_spans],
                "target_spans": [list(span) for span in finding.target_spans],
            }
            for finding in check.findings
        ],
    }


def from_row(row: dict[str, Any]) -> TranslationCheck:
    """A check again from what ``as_row`` gives."""
    findings = tuple(
        Finding(
            finding["kind"],
            finding["severity"],
            finding["message"],
            tuple((start, stop) for start, stop in finding["source_spans"]),
            tuple((start, stop) for start, stop in finding["target_spans"]),
        )
        for finding in row["findings"]
    )
    return TranslationCheck(**{**row, "findings": findings})
