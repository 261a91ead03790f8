"""What the checks of a translation report: findings, with the evidence and where in the texts it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "meaning", "language", "untranslated", "length", "truncated", "repeated", "damaged",
    "number", "date", "time", "unit", "url", "email", "placeholder", "escape", "name", "negation",
]  # fmt: skip
"""What a finding is about."""

Severity = Literal["error", "warning", "note"]
"""``error``: hardly ever there in a good translation; ``warning``: seldom; ``note``: worth a look where others are, too."""

Span = tuple[int, int]
"""Where a piece of evidence begins and ends, in characters of the text as it was given."""

KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""The gravest first."""

_QUOTED = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a pair that speaks against its being a good translation.

    Attributes:
        kind: what it is about, one of ``KINDS``.
        severity: how much it says, one of ``SEVERITIES``.
        message: one sentence that names the evidence.
        source_spans: where the evidence stands in the source.
        target_spans: where it stands in the target.
    """

    kind: Kind
    severity: Severity
    message: str
    source_spans: tuple[Span, ...] = ()
    target_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A source and what should be its translation, with their languages where these are known.

    Attributes:
        source: the text that was translated.
        target: its translation.
        source_lang: our code of the source's language, or None.
        target_lang: that of the target's.
    """

    source: str
    target: str
    source_lang: str | None = None
    target_lang: str | None = None


def quoted(items: Sequence[str], limit: int = 4) -> str:
    """Name pieces of text in a message: ``“a”, “b” and 3 more``."""
    shown = [f"“{' '.join(item.split())[:_QUOTED]}”" for item in items[:limit]]
    more = len(items) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def is_at_least(severity: Severity, least: Severity) -> bool:
    """Whether a severity is as grave as another, or graver."""
    return SEVERITIES.index(severity) <= SEVERITIES.index(least)
