"""Numbers, large units, months and units of measurement as words, by language.

``data/words.tsv`` is made from Unicode CLDR by ``tools/make_quality_words.py``; ``data/more_words.tsv`` adds by hand
what people write beside it (half, twice, per cent) and languages that CLDR does not spell; there a form with ``*``
may have letters on both sides.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from pathlib import Path

_HYPHENS = re.compile("[-\u2010-\u2013\u2212\u00a0\u202f\u00ad]")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")

# Vowel signs and diacritics belong to their word, which Python's \\w does not say.
_SIGNS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08d3-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    + "".join(
        f"{chr(block + 0x01)}-{chr(block + 0x03)}{chr(block + 0x3C)}-{chr(block + 0x57)}"
        for block in range(0x0980, 0x0E00, 0x80)
    )
    + "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u1056-\u1059\u17b4-\u17d3\u200c\u200d"
)
WORD = re.compile(rf"[^\W\d_](?:[^\W\d_]|['’]|[{_SIGNS}])*")
"""A word, with its vowel signs and apostrophes."""

UNSPACED = frozenset({"zh", "zh-Hant", "yue", "wuu", "ja", "th", "lo", "km", "my", "bo", "dz"})
"""Languages that are written without spaces between words."""

# Languages whose words grow at both ends or run together, so that a form may stand inside a word.
_JOINED_LANGUAGES = """
    ar fa ur ps ckb he tr az uz kk ky tk ug fi et hu ko ka eu ta te ml kn si mr sw zu xh ln lg rw so om am ti de nl
    is
"""
_JOINED = frozenset(_JOINED_LANGUAGES.split())
_SUFFIXED = 4
"""From this length on a form may have an ending in any language, and stand inside a word in the languages above."""


def fold(text: str) -> str:
    """A text as words are searched in it: case-folded, composed, hyphens and no-break spaces as spaces."""
    return _INVISIBLE.sub("", _HYPHENS.sub(" ", unicodedata.normalize("NFC", text).casefold()))


def forms(lang: str | None, kind: str, value: str) -> tuple[str, ...]:
    """The words of a language for a value; none where we know none."""
    return _table().get(_base(lang), {}).get((kind, value), ())


def values(lang: str | None, kind: str) -> dict[str, tuple[str, ...]]:
    """All values of a kind with their words, in a language."""
    return _by_kind(_base(lang), kind)


def knows(lang: str | None, kind: str) -> bool:
    """Whether we know words of this kind in a language."""
    return bool(_by_kind(_base(lang), kind))


def says(folded: str, lang: str | None, kind: str, value: str) -> bool:
    """Whether a text, folded, holds a word for the value."""
    pattern = _pattern(_base(lang), kind, value)
    return pattern is not None and pattern.search(folded) is not None


def find(folded: str, lang: str | None, kind: str, value: str) -> tuple[int, int] | None:
    """Where a text, folded, holds a word for the value."""
    pattern = _pattern(_base(lang), kind, value)
    found = pattern.search(folded) if pattern is not None else None
    return None if found is None else found.span()


def form_pattern(form: str, lang: str) -> str:
    """A regular expression for one form in a folded text."""
    inside = form.endswith("*")
    form = form.rstrip("*")
    escaped = re.escape(form).replace(r"\ ", r"\s?" if lang in UNSPACED else r"\s+")
    # One-letter unit names and Han numerals differ: the latter have no word boundaries around them.
    if lang in UNSPACED and not form.isascii():
        return escaped
    if inside and len(form) >= 3:
        return escaped
    if len(form) >= _SUFFIXED:
        return escaped if lang in _JOINED else rf"(?<!\w){escaped}"
    return rf"(?<![^\W\d_]){escaped}" if inside else rf"(?<![^\W\d_]){escaped}(?!\w)"


def _base(lang: str | None) -> str:
    if lang is None:
        return ""
    return lang if lang in _table() else lang.partition("-")[0]


@lru_cache(maxsize=20_000)
def _pattern(lang: str, kind: str, value: str) -> re.Pattern[str] | None:
    known = forms(lang or None, kind, value)
    return re.compile("|".join(form_pattern(form, lang) for form in known)) if known else None


@cache
def _by_kind(lang: str, kind: str) -> dict[str, tuple[str, ...]]:
    return {value: found for (sort, value), found in _table().get(lang, {}).items() if sort == kind}


@cache
def _table() -> dict[str, dict[tuple[str, str], tuple[str, ...]]]:
    gathered: dict[str, dict[tuple[str, str], dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
    for name in ("words.tsv", "more_words.tsv"):
        text = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8")
        for line in text.splitlines()[1:]:
            lang, kind, value, listed = line.split("\t")
            gathered[lang][kind, value].update(dict.fromkeys(listed.split("|")))
    return {lang: {key: tuple(found) for key, found in table.items()} for lang, table in gathered.items()}
