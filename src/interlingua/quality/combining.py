"""One score from the probability and the findings.

The score is a sum of evidence in logits, put through the logistic function: the probability's, less what each finding
weighs, less what an unusual length weighs, plus what numbers and names in common weigh where nothing is an error. The
weights are set by hand, from how often each finding is there in real translations and in spoiled ones
(``benchmarks/quality.py``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlingua.inspection.findings import Finding, Kind, Severity

_MOST = 5.0
"""The most logits that a probability is worth: however sure the vectors are, a wrong number is seen."""

_WEIGHTS: dict[tuple[Kind, Severity], float] = {
    ("number", "error"): 10.0, ("date", "error"): 10.0, ("time", "error"): 8.0, ("unit", "error"): 7.0,
    ("number", "warning"): 4.0, ("date", "warning"): 4.0, ("time", "warning"): 4.0, ("unit", "warning"): 2.5,
    ("number", "note"): 1.5, ("date", "note"): 1.5, ("time", "note"): 0.5, ("unit", "note"): 0.5,
    ("placeholder", "error"): 11.0, ("url", "error"): 8.0, ("email", "error"): 8.0,
    ("url", "warning"): 5.0, ("email", "warning"): 5.0, ("escape", "warning"): 3.0, ("escape", "note"): 0.5,
    ("untranslated", "error"): 12.0, ("untranslated", "warning"): 4.0, ("untranslated", "note"): 1.0,
    ("language", "error"): 11.0, ("repeated", "error"): 8.0, ("repeated", "warning"): 3.0,
    ("damaged", "error"): 7.0, ("damaged", "warning"): 3.0,
    ("truncated", "error"): 5.0, ("truncated", "warning"): 2.5, ("truncated", "note"): 0.4,
    ("name", "warning"): 2.5, ("name", "note"): 0.8, ("negation", "note"): 0.7,
    ("length", "error"): 1.0, ("length", "warning"): 0.5,
}  # fmt: skip
_LENGTH, _LENGTH_FREE, _LENGTH_MOST = 0.35, 1.0, 4.5
_COMMON, _COMMON_MOST = 0.5, 1.5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a score is made of.

    Attributes:
        probability: P(same meaning), 0 to 1.
        length_z: how unusual the target's length is, in standard deviations; None where unknown.
        common: how many numbers of two digits or more, marks and names both sides have.
        findings: what was found.
    """

    probability: float
    length_z: float | None
    common: int
    findings: Sequence[Finding]


def quality_score(evidence: Evidence) -> float:
    """The score, 0 to 1, higher is better; 0.5 is where as much speaks for a good translation as against it."""
    p = min(max(evidence.probability, 1e-12), 1 - 1e-12)
    # Squashed, not cut, so that the order of sure pairs stays.
    logit = _MOST * math.tanh(math.log(p / (1 - p)) / _MOST)
    z = abs(evidence.length_z or 0.0)
    logit -= min(_LENGTH_MOST, _LENGTH * max(0.0, z - _LENGTH_FREE) ** 2)
    if not any(finding.severity == "error" for finding in evidence.findings):
        logit += min(_COMMON_MOST, _COMMON * evidence.common)
    logit -= sum(_WEIGHTS.get((finding.kind, finding.severity), 0.0) for finding in evidence.findings)
    return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))
