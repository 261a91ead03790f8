"""Numbers written in digits of any script: found, and read as all that they can mean."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from interlingua.inspection import words
from interlingua.inspection.findings import Span

# One character for one, so that places stay as they are.
_SAME = str.maketrans({
    "٫": ".", "٬": ",", "．": ".", "：": ":", "％": "%", "٪": "%", "／": "/", "’": "'", "ʼ": "'", "·": ".",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "、": "\x1f", "،": "\x1f",
})  # fmt: skip
_TOKEN = re.compile(r"\d+(?:[.,':]\d+|(?: (?=\d{3}(?!\d)))\d{3})*")
# Between full-width digits it groups them; elsewhere it is the comma of a Chinese sentence.
_WIDE_COMMA = re.compile("(?<=[０-９])，(?=[０-９])")
_SEPARATORS = re.compile(r"[.,': ]")
_PARTS = re.compile(r"\d+")
_LETTER_BEFORE = re.compile(r"[^\W\d_]-?$")
_HAN = "零〇一二三四五六七八九十百千万亿两兩億萬"
_HAN_RUN = re.compile(f"[{_HAN}]+")
_HAN_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "兩": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_LARGE = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_FRACTIONS = re.compile("[¼½¾⅐-⅞]")
# What may stand between a number and its large unit: "more than" in Chinese.
_BETWEEN = re.compile("[ 多余餘数數]*")
_ROUNDED = 9
# Characters of a Chinese numeral. A longer run of them is none.
_LONGEST_NUMERAL = 20


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a text.

    Attributes:
        text: its digits, in ASCII, with the separators.
        span: where it stands.
        values: all that it can mean: 1.234 is one and a bit, or a thousand and more; 3 million is 3 or 3,000,000. One of more
            than 300 digits is infinite.
        code: it hangs on letters, as in H1N1 or COVID-19, so it may be part of a name.
        clock: it is a part of a time such as 3:30.
    """

    text: str
    span: Span
    values: frozenset[float]
    code: bool = False
    clock: bool = False

    @property
    def value(self) -> float:
        """The smallest value: the number without its large unit or its grouping."""
        return min(self.values)


def ascii_digits(text: str) -> str:
    """The text with the digits of all scripts as ASCII ones, and their separators; every character stays where it was."""
    text = _WIDE_COMMA.sub(",", text).translate(_SAME)
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(char)) if char > "\x7f" and char.isdecimal() else char for char in text)


def find_numbers(text: str, lang: str | None) -> list[Number]:
    """The numbers of a text, in order; marks should be blanked first.

    Args:
        text: the text.
        lang: its language, for the words of large units; None knows none but the Chinese ones.
    """
    plain = ascii_digits(text)
    found: list[Number] = []
    for match in _TOKEN.finditer(plain):
        found.extend(_read(match[0], match.start(), plain))
    found.extend(
        Number(match[0], match.span(), frozenset({round(unicodedata.numeric(match[0]), _ROUNDED)}))
        for match in _FRACTIONS.finditer(text)
    )
    return _with_units(found, plain, lang)


def spelled_values(text: str, lang: str | None) -> set[float]:
    """The values of Chinese numerals of two characters or more, and of decades and the like, that a text spells."""
    if lang is None or lang.partition("-")[0] not in ("zh", "ja", "yue"):
        return set()
    return {float(_han_value(run)) for run in _HAN_RUN.findall(text) if 1 < len(run) <= _LONGEST_NUMERAL}


def _read(token: str, start: int, text: str) -> list[Number]:
    """A token as one number, or as several where its separators are not those of one."""
    code = _LETTER_BEFORE.search(text, max(0, start - 2), start) is not None
    values = _meanings(token)
    if values is not None:
        if text[start - 1 : start] == "." and not text[max(0, start - 2) : start - 1].isalnum() and token.isdigit():
            values = (*values, round(float(f"0.{token}"), _ROUNDED))  # .08
        return [Number(token, (start, start + len(token)), frozenset(values), code=code)]
    clock = ":" in token
    return [
        Number(part[0], (start + part.start(), start + part.end()), frozenset({float(part[0])}), code, clock)
        for part in _PARTS.finditer(token)
    ]


@lru_cache(maxsize=10_000)
def _meanings(token: str) -> tuple[float, ...] | None:  # noqa: PLR0911  # the ways to read one
    groups = _SEPARATORS.split(token)
    signs = _SEPARATORS.findall(token)
    if any(len(group) > 300 for group in groups):
        return (float("inf"),)
    whole = float("".join(groups))
    if not signs:
        return (whole,)
    if ":" in signs:
        return None
    if len(signs) == 1 and signs[0] in ".,":
        decimal = round(float(f"{groups[0]}.{groups[1]}"), _ROUNDED)
        return (decimal, whole) if _is_grouped(groups) and groups[0] != "0" else (decimal,)
    if len(set(signs)) == 1 and _is_grouped(groups):
        return (whole,)
    last = signs[-1]
    if last in ".," and last not in signs[:-1] and len(set(signs[:-1])) == 1 and _is_grouped(groups[:-1]):
        return (round(float("".join(groups[:-1]) + "." + groups[-1]), _ROUNDED),)
    return None


def _is_grouped(groups: list[str]) -> bool:
    """Whether the digits are in groups of three, or as in India of two with three at the end."""
    first, *middle, last = groups
    if len(last) != 3 or not 1 <= len(first) <= 3:
        return False
    return all(len(group) == 3 for group in middle) or (len(first) <= 2 and all(len(group) == 2 for group in middle))


def _with_units(numbers: list[Number], text: str, lang: str | None) -> list[Number]:
    """The numbers with the large units behind them as further values; 3億5000万 becomes one number."""
    result: list[Number] = []
    open_end, open_unit = -1, 0.0
    for number in numbers:
        unit, length = _large_unit(text[number.span[1] : number.span[1] + 20], lang)
        values = set(number.values)
        if unit:
            values |= {round(value * unit, _ROUNDED) for value in number.values}
        gap = number.span[0] - open_end
        if result and open_unit and (gap == 0 or (gap == 1 and unit)) and open_unit > max(unit, *number.values):
            last = result[-1]
            joined = frozenset(round(a + b, _ROUNDED) for a in last.values for b in values)
            result[-1] = Number(last.text, (last.span[0], number.span[1]), joined | last.values)
        else:
            result.append(Number(number.text, number.span, frozenset(values), number.code, number.clock))
        open_end, open_unit = (number.span[1] + length, unit) if unit else (-1, 0.0)
    return result


def followed_by_large_unit(text: str, number: Number, lang: str | None) -> bool:
    """Whether a word such as million stands behind a number."""
    return _large_unit(text[number.span[1] : number.span[1] + 20], lang)[0] > 0


def _large_unit(after: str, lang: str | None) -> tuple[float, int]:
    """The large unit that a text begins with, and how long its word is."""
    folded = words.fold(after)
    start = _BETWEEN.match(folded).end()  # type: ignore[union-attr]  # it matches anything
    for form, unit in _large_units(lang):
        if folded.startswith(form, start):
            return unit, start + len(form)
    return 0.0, 0


@lru_cache(maxsize=300)
def _large_units(lang: str | None) -> tuple[tuple[str, float], ...]:
    """The words of large units, the longest first."""
    known = words.values(lang, "multiplier") or words.values("zh", "multiplier")
    listed = [(form.rstrip("*"), float(value)) for value, forms in known.items() for form in forms]
    return tuple(sorted(listed, key=lambda item: -len(item[0])))


def _han_value(run: str) -> int:
    """The value of a Chinese numeral."""
    if all(char in _HAN_DIGITS for char in run):
        return int("".join(str(_HAN_DIGITS[char]) for char in run))
    total, section, digit = 0, 0, 0
    for char in run:
        if char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        elif char in _HAN_UNITS:
            section += (digit or 1) * _HAN_UNITS[char]
            digit = 0
        else:
            total = (total + section + digit or 1) * _HAN_LARGE[char]
            section = digit = 0
    return total + section + digit
