"""Numbers, dates and times on both sides: matched whatever their digits and separators, and what is left over reported."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from interlingua.inspection import words
from interlingua.inspection.digits import Number, ascii_digits, find_numbers, spelled_values
from interlingua.inspection.findings import Finding, Kind, Pair, Severity, quoted

SMALL = 12
"""Up to here a number is often spelled, or said without one: once, both, a pair."""

_LARGEST_SPELLED = 20
# A unit of time, or no number at all, as often as a number.
_AMBIGUOUS = frozenset(
    {"second", "no", "none", "null", "nil", "neuf", "sei", "six", "nie", "un", "uno", "on", "dos", "hat", "fem", "sex"}
)

# How many years other calendars' years are off ours.
_CALENDARS = {"th": (543,), "ja": (-2018, -1988, -1925), "ne": (57, 56), "fa": (-621, -622), "ps": (-621, -622)}
_HALF_DAY = re.compile(
    r"\b[ap]\.?\s?m\b|\bnoon\b|\bafternoon\b|\bevening\b"
    r"|下午|午後|오후|晚上|بعد الظهر|مساء|nachmittags|abends|de la tarde|de la noche"
    r"|da tarde|da noite|de l'après-midi|du soir|del pomeriggio|вечера|дня|दोपहर|शाम|บ่าย|chiều|sore|malam|öğleden sonra",
    re.IGNORECASE,
)
_ROMAN = ((100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
# "the 1940s" is 20世纪40年代 in Chinese, and a century is written in digits, words or Roman numerals.
_CENTURY = re.compile(r"(?:1[4-9]|20)\d0(?:['’]?s\b|年代|-х|-ті|er\b|대)")
_DATE_PARTS = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,4}\s?[年月日년월일]")


@dataclass(frozen=True, slots=True)
class Matched:
    """The numbers of both sides.

    Attributes:
        pairs: those that say the same.
        source: those of the source without a counterpart in the target, in digits or words.
        target: those of the target without one in the source.
        spelled: how many one side has in words, or says without a number.
        orphans: numbers that the source has in words and the target nowhere, where the target has other numbers too many.
    """

    pairs: tuple[tuple[Number, Number], ...]
    source: tuple[Number, ...]
    target: tuple[Number, ...]
    spelled: int
    orphans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Text:
    """A text in the forms in which numbers are looked for in it."""

    plain: str
    folded: str
    lang: str | None
    spelled: frozenset[float]

    @classmethod
    def of(cls, text: str, lang: str | None) -> _Text:
        return cls(text, words.fold(text), lang, frozenset(spelled_values(text, lang)))

    def says(self, kind: str, value: str) -> bool:
        return words.says(self.folded, self.lang, kind, value)


def match_numbers(pair: Pair, source_text: str, target_text: str) -> Matched:
    """Match the numbers of both sides.

    Args:
        pair: the texts as given, and their languages.
        source_text: the source with its marks blanked.
        target_text: the target with its marks blanked.
    """
    ours = find_numbers(source_text, pair.source_lang)
    theirs = find_numbers(target_text, pair.target_lang)
    if not ours and not theirs:
        return Matched((), (), (), 0)
    half_day = _HALF_DAY.search(pair.source) is not None or _HALF_DAY.search(pair.target) is not None
    offsets = _offsets(pair.source_lang, pair.target_lang)
    pairs: list[tuple[Number, Number]] = []
    for equal in (_same_text, _same_value, lambda a, b: _may_be_same(a, b, half_day, offsets)):
        for number in list(ours):
            other = next((candidate for candidate in theirs if equal(number, candidate)), None)
            if other is not None:
                pairs.append((number, other))
                ours.remove(number)
                theirs.remove(other)
    pairs += _match_clocks(ours, theirs) + [(a, b) for b, a in _match_clocks(theirs, ours)]
    before = len(ours) + len(theirs)
    here, there = _Text.of(source_text, pair.source_lang), _Text.of(target_text, pair.target_lang)
    ours = [number for number in ours if not _is_said(number, there, here)]
    theirs = [number for number in theirs if not _is_said(number, here, there)]
    if not any(map(_counts, ours)) and any(map(_counts, theirs)):
        orphans = _orphans(here, there, theirs, find_numbers(target_text, pair.target_lang))
        said = before - len(ours) - len(theirs)
        return Matched(tuple(pairs), tuple(ours), tuple(theirs), said, orphans)
    return Matched(tuple(pairs), tuple(ours), tuple(theirs), before - len(ours) - len(theirs))


def check_numbers(pair: Pair, matched: Matched) -> Iterator[Finding]:
    """Report the numbers that have no counterpart."""
    paired = {value for couple in matched.pairs for number in couple for value in number.values}
    source = [number for number in matched.source if _counts(number)]
    target = [number for number in matched.target if _counts(number)]
    if bool(source) != bool(target):
        # A 3 that became a 1.
        source, target = source or list(matched.source), target or list(matched.target)
    if source and target:
        here = f"{_listed(source)} in the source {_has(source)} no counterpart"
        spoken = f"{here}, {_listed(target)} in the target {_has(target)} none"
        # A repetition more or less, on one side, is a matter of style.
        repeated = all(number.values & paired for number in source) or all(number.values & paired for number in target)
        grave: Severity = "warning" if repeated and max(n.value for n in (*source, *target)) <= SMALL else "error"
        yield _finding(pair, source, target, grave, spoken)
        return
    left = source or target
    new = [number for number in left if not number.values & paired]
    if not new:
        return
    side = "source" if source else "target"
    other = "target" if source else "source"
    spoken = f"{_listed(new)} in the {side} {_has(new)} no counterpart in the {other}"
    plain = all(number.code or (number.value <= SMALL and number.text.isdigit()) for number in new)
    severity: Severity = "note" if plain else "warning"
    if matched.orphans:
        severity = "error"
        spoken = f"{_listed(new)} in the target {_has(new)} no counterpart in the source, nor has its {quoted(matched.orphans)} one"
    yield _finding(pair, new if source else [], [] if source else new, severity, spoken)


def _finding(pair: Pair, source: list[Number], target: list[Number], severity: Severity, spoken: str) -> Finding:
    kind: Kind = "number"
    if any(number.clock for number in (*source, *target)):
        kind = "time"
    elif _in_date(pair.source, source) or _in_date(pair.target, target):
        kind = "date"
    return Finding(
        kind,
        severity,
        spoken[0].upper() + spoken[1:] + ".",
        tuple(n.span for n in source),
        tuple(n.span for n in target),
    )


def _in_date(text: str, numbers: list[Number]) -> bool:
    if not numbers:
        return False
    dates = [match.span() for match in _DATE_PARTS.finditer(ascii_digits(text))]
    return any(start <= number.span[0] < stop for number in numbers for start, stop in dates)


def _counts(number: Number) -> bool:
    """One is an article, too: by itself it says nothing, beside another number that is left over it does."""
    return number.text != "1"


def _listed(numbers: list[Number]) -> str:
    return quoted([number.text for number in numbers])


def _has(numbers: list[Number]) -> str:
    return "has" if len(numbers) == 1 else "have"


def _same_text(a: Number, b: Number) -> bool:
    return a.text == b.text


def _same_value(a: Number, b: Number) -> bool:
    return not a.values.isdisjoint(b.values)


def _may_be_same(a: Number, b: Number, half_day: bool, offsets: tuple[int, ...]) -> bool:
    """Years without their century or in another calendar, hours of half a day, 0.5 and 50 %."""
    x, y = a.value, b.value
    if {x, y} == {0.5, 50.0}:
        return True
    if half_day and abs(x - y) == 12 and max(x, y) < 24:
        return True
    low, high = min(x, y), max(x, y)
    if 1000 <= high < 3000 and low < 100 and high % 100 == low and len(a.text) + len(b.text) == 6:
        return True
    return any(y - x == offset for offset in offsets) and low > 0


def _offsets(source: str | None, target: str | None) -> tuple[int, ...]:
    """What to add to a year of the source's calendar for the target's."""
    there = _CALENDARS.get((target or "").partition("-")[0], ())
    back = _CALENDARS.get((source or "").partition("-")[0], ())
    return (*there, *(-offset for offset in back))


def _match_clocks(ours: list[Number], theirs: list[Number]) -> list[tuple[Number, Number]]:
    """Hours and minutes of one side (11:29) that are one number on the other (11.29); they are taken out of both lists."""
    found = []
    for hours, minutes in list(pairwise(ours)):
        if hours.clock and minutes.clock:
            other = next(
                (n for n in theirs if n.text in (f"{hours.text}.{minutes.text}", f"{hours.text}{minutes.text}")), None
            )
            if other is not None and hours in ours and minutes in ours:
                found.append((hours, other))
                ours.remove(hours)
                ours.remove(minutes)
                theirs.remove(other)
    return found


def _is_said(number: Number, there: _Text, here: _Text) -> bool:  # noqa: PLR0911  # the ways to say a number
    """Whether the other side says a number in words, Roman numerals or a month's name."""
    if number.values & there.spelled:
        return True
    if number.text == "1" and number.values == {1.0}:
        return False  # told with the others
    if not number.text.isdigit() and number.value > 1:
        # 1.4 is no word, but 3,000 and 0.5 are.
        return any(value >= SMALL and _in_words(value, there) for value in number.values)
    if number.text in ("1.0", "0.0"):
        return False
    for value in filter(math.isfinite, number.values):
        if _in_words(value, there):
            return True
        if value != int(value):
            continue
        # "3 March" beside "3月": the month is said in digits there and by name here.
        if 1 <= value <= 12 and there.says("month", f"{value:g}") and not here.says("month", f"{value:g}"):
            return True
        if 1 < value <= 100 and _roman_pattern(int(value)).search(there.plain):
            return True
        if 14 <= value <= 21 and _CENTURY.search(there.plain):
            return True
    return False


def _in_words(value: float, there: _Text) -> bool:
    if not math.isfinite(value):  # hundreds of digits
        return False
    name = f"{value:g}" if value < 100_000 else str(int(value))
    return there.says("number", name) or (20 < value < 100 and _composed(int(value), there.folded, there.lang))


def _orphans(here: _Text, there: _Text, left: list[Number], theirs: list[Number]) -> tuple[str, ...]:
    """The small numbers that the source has in words (not one, which is an article) and the target neither so nor in digits."""
    if not words.knows(there.lang, "number"):
        return ()
    if all(number.value > _LARGEST_SPELLED for number in left):
        return ()
    digits = {value for number in theirs for value in number.values}
    found = []
    for value in (0, *range(2, 11)):
        place = words.find(here.folded, here.lang, "number", str(value))
        if place is None or here.folded[slice(*place)] in _AMBIGUOUS:
            continue
        if value not in digits and value not in there.spelled and not there.says("number", str(value)):
            found.append(here.folded[slice(*place)])
    return tuple(found)


def _composed(value: int, folded: str, lang: str | None) -> bool:
    """Whether the tens and the ones stand in the text: forty-five."""
    tens, ones = value // 10 * 10, value % 10
    if not ones:
        return False
    return words.says(folded, lang, "number", str(tens)) and any(
        form.rstrip("*") in folded for form in words.forms(lang, "number", str(ones))
    )


@lru_cache(maxsize=128)
def _roman_pattern(value: int) -> re.Pattern[str]:
    numeral = _roman(value)
    # XXIe, XX-го: an ordinal's ending; a single letter is more likely a name.
    return re.compile(
        rf"(?<!\w){numeral}(?:[^\W\d_A-Z]{{1,3}})?(?!\w)" if len(numeral) > 1 else rf"(?<!\w){numeral}(?!\w)"
    )


def _roman(value: int) -> str:
    written = ""
    for unit, sign in _ROMAN:
        while value >= unit:
            written += sign
            value -= unit
    return written
