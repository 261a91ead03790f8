"""Cleaning: what is repaired, what is removed, what stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.errors import InputError
from interlingua.texts.cleaning import clean, clean_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\u732b\u3068\u72ac", "猫と犬"),
        (r"\\u732b", "猫"),
        (r"caf\xe9", "café"),
        (r"caf\xc3\xa9", "café"),
        (r"\ud83d\ude00!", "😀!"),
        (r"\U0001F600", "😀"),
        (r"\u0026eacute;", "é"),
        ("b'caf\\xc3\\xa9\\n'", "café"),
        ('b"it\'s"', "it's"),
        (r"b'\xff'", "b'ÿ'"),
        ("&amp;amp;eacute;", "é"),
        ("&lt;b&gt; &nbsp;x", "<b> x"),
        ("CafÃ©", "Café"),
        ("Ã©tÃ© Ã  la", "été à la"),
        ("doubly: cafÃƒÂ©", "doubly: café"),
        ("M\x92Yadi", "M’Yadi"),
        ("\ud83d\ude00 a\ud83d", "😀 a"),
        ("\ufeffa\x00b\u200ec\u202ed\u2069e\xadf\u061c", "abcdef"),
        ("e\u0301", "é"),
        ("  a\r\n\tb\u3000c\u2028d\xa0e  ", "a b c d e"),
        ("", ""),
        ("\ufeff \x00", ""),
    ],
)
def test_what_is_cleaned(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "می‌خواهم",
        "क्‍ष",
        "👩‍👩‍👧",
        "🏴\U000e0067\U000e0062\U000e007f",
        "ﾊﾝｶｸ ＡＢＣ",
        "ភាសា\u200bខ្មែរ",
        r"C:\users\udir",
        r"\underline{x}",
        r"cut \ud83d",
        "AT&T &unknown; &copy",
        "Â zo a fouti",
        "lost \ufffd",
    ],
)
def test_what_stays(text: str) -> None:
    assert clean(text) == text


PIECES = st.sampled_from(
    [
        *("\\", "\\u", "u005c", "005c", "x5c", "d83d", "\\ude00", "b'", "'", '"', "&", "amp;", "#38;", "bsol;", "lt;"),
        *("Ã", "©", "Â", "â€™", "Р", "С", "é", "\x92", "\ud83d", "\ude00", "\u200e", "\xad", "\xa0", " "),
        *("e", "\u0301", "\u1100", "\u1161"),
    ]
)


@given(st.one_of(st.text(st.characters()), st.lists(PIECES).map("".join)))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@given(st.lists(PIECES).map("".join))
def test_what_is_clean_can_be_encoded_and_has_single_spaces(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert cleaned == " ".join(cleaned.split())


def test_bytes_are_refused_with_the_cure() -> None:
    with pytest.raises(InputError) as caught:
        clean(b"caf\xc3\xa9")  # type: ignore[arg-type]
    assert str(caught.value) == 'clean() takes a text, not bytes; decode it first, for example with .decode("utf-8").'


def test_clean_all_keeps_the_order() -> None:
    assert clean_all([" a ", "&eacute;", ""]) == ["a", "é", ""]


def test_clean_all_names_the_row() -> None:
    with pytest.raises(
        InputError, match=r"^Row 1 \(counted from 0\): clean\(\) takes a text, not NoneType\.$"
    ) as caught:
        clean_all(["a", None])  # type: ignore[list-item]
    assert caught.value.rows == (1,)


def test_clean_all_is_not_for_one_text() -> None:
    with pytest.raises(InputError, match="for a single text there is clean"):
        clean_all("abc")
