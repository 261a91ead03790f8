"""How a name sounds, roughly: the consonants of a word in any alphabet, so that Müller, Мюллер and मुलर can be compared.

Letters are read by their Unicode names (DEVANAGARI LETTER KA, CYRILLIC SMALL LETTER EM), which need no table for each
script. Consonants that scripts do not tell apart are one: p and b, t and d, k and g, f and v, l and r, s and z.
"""

# ruff: noqa: E501  # tables

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_CLASSES = {
    **dict.fromkeys("bpfv", "P"), **dict.fromkeys("td", "T"), **dict.fromkeys("kgqcx", "K"), **dict.fromkeys("szj", "S"),
    **dict.fromkeys("lr", "L"), **dict.fromkeys("mn", "N"),
}  # fmt: skip
_SIBILANTS = ("sh", "ch", "zh", "ts", "tz", "dz", "dj", "sch", "cz", "sz")
# Letters whose names do not begin with their sound.
_NAMED = {
    "ES": "s", "EF": "f", "EL": "l", "EM": "m", "EN": "n", "ER": "r", "HA": "h", "GHE": "g", "KA": "k", "TSE": "s", "CHE": "s",
    "SHA": "s", "SHCHA": "s", "ZHE": "s", "DZHE": "s", "AIN": "", "ALEF": "", "ALPHA": "", "ETA": "", "EPSILON": "", "IOTA": "",
    "OMICRON": "", "OMEGA": "", "UPSILON": "", "VAV": "v", "WAW": "", "YEH": "", "YOD": "", "HEH": "", "HE": "", "HAH": "", "SHIN": "s",
    "SHEEN": "s", "SEEN": "s", "TSADI": "s", "SAD": "s", "JEEM": "s", "TCHEH": "s", "TEH": "t", "THEH": "s", "THAL": "s", "FINAL": "",
    "PSI": "ps", "CHI": "k", "XI": "ks", "THETA": "t", "PHI": "f", "GIMEL": "g", "QOF": "k", "KHA": "k", "KHAH": "k", "GHAIN": "k",
    "I": "", "E": "", "YERU": "", "SOFT": "", "HARD": "", "SHORT": "", "YU": "", "YA": "", "YI": "", "YO": "", "ALEPH": "", "IE": "",
}  # fmt: skip
_GREEK_PAIRS = (("ντ", "δ"), ("μπ", "β"), ("γκ", "γ"), ("τσ", "σ"), ("τζ", "σ"), ("Ντ", "δ"), ("Μπ", "β"), ("Γκ", "γ"))
_LETTER = re.compile(r"(?:LETTER|SYLLABLE|SMALL LETTER|CAPITAL LETTER)\s+(?:SMALL |FINAL |RRA |DOTLESS )*([A-Z]+)")


@lru_cache(maxsize=50_000)
def skeleton(word: str, *, soft: bool = False) -> str:
    """Give the classes of a word's consonants: London and लंदन are both ``LNTN``. Doubles count once.

    Args:
        word: a word in any alphabet.
        soft: read c and g before e, i and y as in French.
    """
    for pair, letter in _GREEK_PAIRS:
        word = word.replace(pair, letter)
    sounds = "".join(_sound(char) for char in unicodedata.normalize("NFKD", word.casefold()))
    for sibilant in _SIBILANTS:
        sounds = sounds.replace(sibilant, "s")
    sounds = re.sub("ph", "f", re.sub("th", "t", sounds))
    if soft:
        sounds = re.sub("[cg](?=[eiy])", "s", sounds)
    classes = "".join(_CLASSES.get(char, "") for char in sounds)
    return re.sub(r"(.)\1+", r"\1", classes)


def sounds_like(name: str, words: Sequence[str], *, joined: bool = False, exactly: bool = False) -> bool:
    """Whether a name's consonants begin one of the words, or (joined) stand anywhere in them.

    Args:
        name: the name.
        words: the words of a text.
        joined: the text is written without spaces, or joins prepositions and articles to its names.
        exactly: no consonant may be lost or changed, and two are too few.
    """
    sounds = "".join(map(skeleton, words)) if joined else " " + " ".join(map(skeleton, words))
    wanted = {skeleton(name, soft=soft) for soft in (False, True)}
    if exactly:
        return any(len(one) < 2 or (len(one) > 2 and f" {one}" in sounds) for one in wanted)
    return any(_stands_in(one, sounds, "" if joined else " ") for one in wanted)


def _stands_in(wanted: str, sounds: str, before: str) -> bool:
    if len(wanted) < 2 or before + wanted in sounds:  # one consonant is too little to tell
        return True
    # One consonant may be lost or changed in a longer name.
    return len(wanted) >= 4 and any(before + wanted[:at] + wanted[at + 1 :] in sounds for at in range(len(wanted)))


@lru_cache(maxsize=20_000)
def _sound(char: str) -> str:  # noqa: PLR0911  # the kinds of scripts
    if char.isascii():
        return char
    name = unicodedata.name(char, "")
    if name.startswith("CJK") or "VOWEL SIGN" in name or unicodedata.category(char)[0] not in "LM":
        return ""
    if name.startswith("HANGUL"):
        return _jamo(name)
    if "ANUSVARA" in name or "TIPPI" in name or "CANDRABINDU" in name:
        return "n"
    found = _LETTER.search(name)
    if found is None:
        return ""
    letter = found[1]
    if letter in _NAMED:
        return _NAMED[letter]
    latin = name.startswith("LATIN")
    if latin or name.startswith(("GREEK", "ARABIC", "HEBREW", "CYRILLIC")):
        return letter[0].lower() if not latin or len(letter) == 1 else letter.lower()
    return "".join(char for char in letter.lower() if char not in "aeiou") or ""


def _jamo(name: str) -> str:
    """Give the consonants of a decomposed Hangul letter: HANGUL CHOSEONG KIYEOK."""
    letter = name.rpartition(" ")[2]
    first = {"KIYEOK": "k", "NIEUN": "n", "TIKEUT": "t", "RIEUL": "l", "MIEUM": "m", "PIEUP": "p", "SIOS": "s", "CIEUC": "s",
             "CHIEUCH": "s", "KHIEUKH": "k", "THIEUTH": "t", "PHIEUPH": "p", "SSANGSIOS": "s", "SSANGKIYEOK": "k", "SSANGTIKEUT": "t",
             "SSANGPIEUP": "p", "SSANGCIEUC": "s"}  # fmt: skip
    if letter == "IEUNG":
        return "n" if "JONGSEONG" in name else ""
    return first.get(letter, "")
