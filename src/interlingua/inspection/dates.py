"""Dates: day and month exchanged, or a month's name that is another month's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from interlingua.inspection import words
from interlingua.inspection.digits import ascii_digits
from interlingua.inspection.findings import Finding, Pair, Span
from interlingua.inspection.numbers import Matched

_NUMERIC = re.compile(r"(?<!\d)(?:(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{1,2})([-/.])(\d{1,2})\6(\d{4}))(?!\d)")
_EAST = re.compile(r"(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]")

Day = tuple[int, int]
"""A month and a day."""


def check_dates(pair: Pair, matched: Matched) -> Iterator[Finding]:
    """Report a date of the source that none of the target's can be, where all the numbers are the same.

    03/04 can be read in two ways and is then taken to be either.
    """
    if any(number.text != "1" for number in (*matched.source, *matched.target)):
        return  # told with the numbers
    ours, theirs = _dates(pair.source, pair.source_lang), _dates(pair.target, pair.target_lang)
    if not ours or len(ours) != len(theirs):
        return
    left = list(theirs)
    for days, span in ours:
        same = next((date for date in left if date[0] & days), None)
        if same is not None:
            left.remove(same)
            continue
        other = next(iter(left))
        said, instead = pair.source[slice(*span)], pair.target[slice(*other[1])]
        yield Finding(
            "date",
            "error",
            f"“{said}” in the source is another day than “{instead}” in the target.",
            (span,),
            (other[1],),
        )
        return


def _dates(text: str, lang: str | None) -> list[tuple[frozenset[Day], Span]]:
    """The dates of a text, each as all the days that it can mean."""
    plain = ascii_digits(text)
    found: list[tuple[frozenset[Day], Span]] = []
    for match in _NUMERIC.finditer(plain):
        if match[1]:
            days = {(int(match[3]), int(match[4]))}
        else:
            a, b = int(match[5]), int(match[7])
            days = {(a, b), (b, a)}
        found.append((frozenset(days), match.span()))
    found.extend((frozenset({(int(m[1]), int(m[2]))}), m.span()) for m in _EAST.finditer(plain))
    named = _named(lang)
    if named is not None and any(char.isdigit() for char in plain):
        folded = words.fold(plain)
        # Folding may change lengths; places are then not to be trusted.
        if len(folded) == len(plain):
            for match in named.finditer(folded):
                day, name = (match[1], match[2]) if match[1] else (match[4], match[3])
                found.append((frozenset({(_month(name, lang), int(day))}), match.span()))
    good = [(frozenset(d for d in days if 1 <= d[0] <= 12 and 1 <= d[1] <= 31), span) for days, span in found]
    return [date for date in good if date[0]]


@lru_cache(maxsize=300)
def _named(lang: str | None) -> re.Pattern[str] | None:
    """A pattern for a day beside a month's name: groups 1 and 2, or 4 and 3."""
    names = [form for forms in words.values(lang, "month").values() for form in forms if len(form) > 2]
    if not names or lang in words.UNSPACED:
        return None
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    day = r"(?<!\d)(\d{1,2})(?!\d)"
    link = r"(?:st|nd|rd|th|er|º|ª|\.)?\s+(?:de |of |di |ta' )?"
    return re.compile(rf"{day}{link}\b({listed})|\b({listed})\w*\.?\s+{day}")


def _month(name: str, lang: str | None) -> int:
    return next(int(value) for value, forms in words.values(lang, "month").items() if name in forms)
