"""Whether a target is as long as a translation into its language would be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from interlingua.inspection.findings import Finding, Pair

# Measured on TICO-19 and Tatoeba: the spread of a sentence's length falls with its own length, down to the languages' own.
_SHORT_SCATTER = 0.9
# The deviations hold the scatter of short sentences, too.
_NARROWER = 0.6
_LATIN = re.compile(r"[A-Za-z0-9_.]{2,}")
_UNKNOWN = (0.0, 0.25)
_LEAST_DEVIATION = 0.08
_WARNING, _ERROR = 4.5, 7.0
_LEAST_CHARACTERS = 12


def length_z(pair: Pair) -> float | None:
    """How many standard deviations the target is longer (shorter: negative) than a translation would be; None for an empty side.

    The logarithm of the ratio of the two lengths, in characters, less what it is on average for the two languages.
    """
    a, b = len("".join(pair.source.split())), len("".join(pair.target.split()))
    if not a or not b:
        return None
    # Names and code that are written alike on both sides are as long in both: they say nothing about the rest.
    alike = sum(map(len, set(_LATIN.findall(pair.source)) & set(_LATIN.findall(pair.target))))
    if 0 < alike < min(a, b) and _language(pair.source_lang)[0] - _language(pair.target_lang)[0]:
        a, b = a - alike, b - alike
    (mean_a, spread_a), (mean_b, spread_b) = _language(pair.source_lang), _language(pair.target_lang)
    expected = mean_b - mean_a
    # In letters of English, so that ten Chinese characters are not taken for a short text.
    size = min(a * math.exp(-mean_a), b * math.exp(-mean_b))
    spread = max(math.hypot(spread_a, spread_b), _LEAST_DEVIATION)
    return (math.log(b / a) - expected) / math.sqrt(_NARROWER * spread**2 + _SHORT_SCATTER / size)


def check_length(pair: Pair, z: float | None) -> Iterator[Finding]:
    """Report a target that is much longer or shorter than a translation would be."""
    if z is None or abs(z) < _WARNING or max(len(pair.source), len(pair.target)) < _LEAST_CHARACTERS:
        return
    expected = round(len(pair.source) * math.exp(_language(pair.target_lang)[0] - _language(pair.source_lang)[0]))
    word = "long" if z > 0 else "short"
    yield Finding(
        "length",
        "error" if abs(z) >= _ERROR else "warning",
        f"The target is too {word}: {len(pair.target):,} characters, where about {expected:,} are to be expected.",
    )


def _language(lang: str | None) -> tuple[float, float]:
    table = _table()
    if lang is None:
        return _UNKNOWN
    return table.get(lang) or table.get(lang.partition("-")[0]) or _UNKNOWN


@cache
def _table() -> dict[str, tuple[float, float]]:
    """The mean logarithm of a language's length over English, and its deviation; see ``tools/fit_translation_lengths.py``."""
    lines = (Path(__file__).parent / "data" / "lengths.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {lang: (float(mean), float(spread)) for lang, mean, spread in (line.split("\t") for line in lines)}
