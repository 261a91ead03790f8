"""Make the words that the translation checks know (``src/interlingua/inspection/data/words.tsv``).

    python tools/make_quality_words.py LIBICUI18N

Numbers as words (cardinals and ordinals in all genders and cases), the words for large units (million, 万), the
months, and units of measurement in some eighty languages, all from Unicode CLDR: the spelled numbers through ICU's C
library (LIBICUI18N is its file, such as ``libicui18n.so.72``), all else through the package babel. Forms that begin
with another form of the same value are left out where the shorter one is found at the beginning of a word anyway.
"""

from __future__ import annotations

import ctypes
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

from babel import Locale, UnknownLocaleError, localedata
from babel.units import format_unit

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "inspection" / "data" / "words.tsv"
_CODES = """
    af am ar as az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id ig is it ja jv ka kk km
    kn ko ku ky lb lo lt lv mk ml mn mr ms mt my ne nl no or pa pl ps pt ro ru rw sd si sk sl so sq sr sr-Latn sv sw ta te th
    ti tl tr tk ug uk ur uz vi xh yo zh zh-Hant zu ln lg om ckb
"""
LANGUAGES = _CODES.split()
LOCALES = {"no": "nb", "tl": "fil", "sr-Latn": "sr_Latn", "zh-Hant": "zh_Hant"}
NUMBERS = [*range(101), *range(200, 1000, 100), 1000, *range(2000, 11000, 1000), 1_000_000]
UNITS = {
    "km": "length-kilometer", "m": "length-meter", "cm": "length-centimeter", "mm": "length-millimeter", "mi": "length-mile",
    "ft": "length-foot", "in": "length-inch", "yd": "length-yard", "kg": "mass-kilogram", "g": "mass-gram",
    "mg": "mass-milligram", "µg": "mass-microgram", "t": "mass-tonne", "lb": "mass-pound", "oz": "mass-ounce",
    "l": "volume-liter", "ml": "volume-milliliter", "°C": "temperature-celsius", "°F": "temperature-fahrenheit",
    "%": "concentr-percent", "ha": "area-hectare", "km²": "area-square-kilometer", "m²": "area-square-meter",
    "km/h": "speed-kilometer-per-hour", "mph": "speed-mile-per-hour",
    "kB": "digital-kilobyte", "MB": "digital-megabyte", "GB": "digital-gigabyte", "TB": "digital-terabyte",
    "year": "duration-year", "month": "duration-month", "week": "duration-week", "day": "duration-day",
    "hour": "duration-hour", "minute": "duration-minute", "second": "duration-second",
}  # fmt: skip
# What babel says where CLDR has no name: the unit's own code.
FALLBACKS = {name.partition("-")[0] for name in UNITS.values()}
_RULE_SETS, _DEFAULT_RULE_SET, _SPELLOUT = 7, 6, 5


class Speller:
    """ICU's spelled numbers of one locale, in every public rule set."""

    def __init__(self, path: str, locale: str) -> None:
        library = ctypes.CDLL(path)
        version = path.rpartition(".so.")[2].partition(".")[0]
        error = ctypes.c_int(0)
        pointer = ctypes.POINTER(ctypes.c_int)

        def function(name: str, *arguments: object) -> Callable[..., int]:
            found = getattr(library, f"{name}_{version}")
            found.argtypes = list(arguments)
            return found  # type: ignore[no-any-return]

        opened = function(
            "unum_open", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p, pointer
        )
        opened.restype = ctypes.c_void_p  # type: ignore[attr-defined]
        text = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int32, pointer)
        self._get = function("unum_getTextAttribute", ctypes.c_void_p, *text)
        self._set = function("unum_setTextAttribute", ctypes.c_void_p, *text)
        self._format = function(
            "unum_formatInt64",
            ctypes.c_void_p,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            pointer,
        )
        self._handle = opened(_SPELLOUT, None, 0, locale.encode(), None, ctypes.byref(error))

    def rule_sets(self) -> list[str]:
        """The names of the locale's sets of rules for cardinals and ordinals."""
        found = self._read(lambda buffer, size, error: self._get(self._handle, _RULE_SETS, buffer, size, error))
        return [
            name for name in found.split(";") if "cardinal" in name or "ordinal" in name or name.endswith("numbering")
        ]

    def spell(self, number: int, rules: str) -> str:
        """A number in words, by one set of rules."""
        name = rules.encode("utf-16-le")
        error = ctypes.c_int(0)
        self._set(self._handle, _DEFAULT_RULE_SET, name, len(name) // 2, ctypes.byref(error))
        return self._read(lambda buffer, size, code: self._format(self._handle, number, buffer, size, None, code))

    @staticmethod
    def _read(call: Callable[..., int]) -> str:
        error = ctypes.c_int(0)
        buffer = ctypes.create_string_buffer(20_000)
        length = call(buffer, 10_000, ctypes.byref(error))
        return buffer.raw[: 2 * length].decode("utf-16-le")


def folded(text: str) -> str:
    """Case-folded, without soft hyphens and the like; hyphens and no-break spaces as spaces."""
    text = unicodedata.normalize("NFC", text).casefold()
    text = "".join(char for char in text if unicodedata.category(char) != "Cf" or char in "\u200c\u200d")
    return " ".join(re.sub("[-\u2010-\u2013\u2212\u00a0\u202f]", " ", text).split())


def numbers(path: str, lang: str, english: dict[int, set[str]] | None) -> dict[int, set[str]]:
    speller = Speller(path, LOCALES.get(lang, lang))
    rules = speller.rule_sets()
    forms = {number: {folded(speller.spell(number, rule)) for rule in rules} for number in NUMBERS}
    forms = {n: {form for form in found if not re.search(r"\d", form)} for n, found in forms.items()}
    if english is not None and forms[7] & english[7]:
        return {}  # ICU has no rules for the language and falls back
    for number in [n for n in NUMBERS if n > 20 and n < 100 and n % 10]:
        tens, unit = forms[number // 10 * 10], forms[number % 10]
        # "forty-five" is found by its two parts.
        if any(
            t in form and u in form for form in forms[number] for t in tens for u in unit if len(u) > 1 or lang == "zh"
        ):
            del forms[number]
    return forms


def shortest(forms: set[str]) -> list[str]:
    """The forms without those that begin with another of four letters or more."""
    kept: list[str] = []
    for form in sorted(forms, key=lambda form: (len(form), form)):
        if form and not any(len(short) >= 4 and form.startswith(short) for short in kept):
            kept.append(form)
    return kept


def multipliers(locale: Locale) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for style in ("long", "short"):
        if style not in locale._data["compact_decimal_formats"]:
            continue
        for forms in locale._data["compact_decimal_formats"][style].values():
            for magnitude, pattern in forms.items():
                text = str(pattern.pattern if hasattr(pattern, "pattern") else pattern).partition(";")[0]
                zeros = len(re.search("0+", text)[0]) if re.search("0+", text) else 0  # type: ignore[index]
                word = folded(re.sub("[0¤']+", " ", text).replace("'.'", "."))
                word = word.strip(". ")
                # A single Latin letter (5 M) is left out: the number itself is compared anyway.
                if zeros and re.search(r"[^\W\d_]", word) and not (word.isascii() and len(word) == 1):
                    found.setdefault(int(magnitude) // 10 ** (zeros - 1), set()).add(word)
    return {value: forms for value, forms in found.items() if value >= 1000}


def months(locale: Locale) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in locale.months[context][width].items():
                word = folded(name).strip(". ")
                if len(word) >= 3 - (width == "wide") and not re.search(r"\d", word):
                    found.setdefault(number, set()).add(word)
    return found


def units(locale: Locale) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for unit, name in UNITS.items():
        for width in ("long", "short"):
            for amount in (1, 2, 5, 100, 1.5):
                try:
                    word = folded(re.sub(r"[\d.,٠-٩۰-۹০-৯०-९٫]+", " ", format_unit(amount, name, width, locale=locale)))
                except ValueError:
                    continue
                word = word.strip("\u200e\u200f. ")
                if word.partition(" ")[0] in FALLBACKS:
                    continue
                if len(word) > 1 or (word and not word.isascii()):
                    found.setdefault(unit, set()).add(word)
    return found


def rows(path: str) -> Iterator[tuple[str, str, object, list[str]]]:
    english = numbers(path, "en", None)
    for lang in LANGUAGES:
        spelled = english if lang == "en" else numbers(path, lang, english)
        for number, forms in spelled.items():
            yield lang, "number", number, shortest(forms)
        localedata._cache.clear()  # babel leaks names of one locale into the next
        try:
            locale = Locale.parse(LOCALES.get(lang, lang))
        except UnknownLocaleError:
            continue
        for value, forms in sorted(multipliers(locale).items()):
            yield lang, "multiplier", value, shortest(forms)
        for month, forms in months(locale).items():
            yield lang, "month", month, shortest(forms)
        for unit, forms in units(locale).items():
            yield lang, "unit", unit, shortest(forms)


def main() -> None:
    lines = [
        "\t".join((lang, kind, str(value), "|".join(forms))) for lang, kind, value, forms in rows(sys.argv[1]) if forms
    ]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text("lang\tkind\tvalue\tforms\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines):,} rows, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
