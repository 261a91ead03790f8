"""Which script a text is written in, from its letters' Unicode names."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import lru_cache

# The beginning of a text says what script it is in; the rest of a large file need not be read for it.
SAMPLE = 3000

# ISO 15924 by the first word of a letter's Unicode name, which is its script (where it is a width, the second word is).
# Unicode names never change, and need no table of code point ranges here.
_BY_NAME = {
    "LATIN": "Latn", "CYRILLIC": "Cyrl", "GREEK": "Grek", "COPTIC": "Copt", "ARMENIAN": "Armn", "GEORGIAN": "Geor",
    "ARABIC": "Arab", "HEBREW": "Hebr", "SYRIAC": "Syrc", "THAANA": "Thaa", "NKO": "Nkoo", "ADLAM": "Adlm",
    "ETHIOPIC": "Ethi", "TIFINAGH": "Tfng", "VAI": "Vaii", "BAMUM": "Bamu",
    "DEVANAGARI": "Deva", "BENGALI": "Beng", "GURMUKHI": "Guru", "GUJARATI": "Gujr", "ORIYA": "Orya", "TAMIL": "Taml",
    "TELUGU": "Telu", "KANNADA": "Knda", "MALAYALAM": "Mlym", "SINHALA": "Sinh", "TIBETAN": "Tibt", "MEETEI": "Mtei",
    "OL": "Olck", "CHAKMA": "Cakm", "GRANTHA": "Gran", "NEWA": "Newa",
    "THAI": "Thai", "LAO": "Laoo", "KHMER": "Khmr", "MYANMAR": "Mymr", "JAVANESE": "Java", "BALINESE": "Bali",
    "SUNDANESE": "Sund", "BUGINESE": "Bugi", "CHAM": "Cham", "BATAK": "Batk",
    "CJK": "Hani", "HIRAGANA": "Hira", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana", "HANGUL": "Hang",
    "BOPOMOFO": "Bopo", "YI": "Yiii", "LISU": "Lisu", "MONGOLIAN": "Mong", "CANADIAN": "Cans", "CHEROKEE": "Cher",
}  # fmt: skip
_WIDTHS = ("FULLWIDTH", "HALFWIDTH")

# A Japanese text is at least this part kana, even in headlines. Less is a quotation or a brand in a Chinese text.
_LEAST_KANA = 0.05


def script_of(text: str) -> str | None:
    """Give the ISO 15924 code of the script that most letters of a text are in, or None for a text without letters.

    Chinese characters with kana are ``Jpan``, without ``Hani`` (a few kana in a long text are a quotation); Korean is
    ``Hang``. Only the first 3,000 characters are looked at.
    """
    counts = count_scripts(text)
    return counts.most_common(1)[0][0] if counts else None


def count_scripts(text: str) -> Counter[str]:
    """Count the letters of each script in the first 3,000 characters; kana and Chinese characters together, if both."""
    counts: Counter[str] = Counter()
    for char, count in Counter(text[:SAMPLE]).items():
        script = _script_of_letter(char)
        if script:
            counts[script] += count
    kana = counts.pop("Hira", 0) + counts.pop("Kana", 0)
    if kana:
        han = counts["Hani"]
        counts["Jpan" if kana >= _LEAST_KANA * (kana + han) else "Hani"] += kana
        if "Jpan" in counts:
            counts["Jpan"] += counts.pop("Hani", 0)
    return counts


@lru_cache(maxsize=8192)
def _script_of_letter(char: str) -> str | None:
    if not char.isalpha():
        return None
    first, _, rest = unicodedata.name(char, "").partition(" ")
    return _BY_NAME.get(rest.partition(" ")[0] if first in _WIDTHS else first)
