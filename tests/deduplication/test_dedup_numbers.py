"""Numbers in texts of any language, and when they contradict each other."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.deduplication.numbers import _IDENTIFIER, NumberGuard, contradict, numbers_of
from interlingua.deduplication.typos import Pieces, mistyped, nearly_alike
from interlingua.texts.forms import normal_form


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("no numbers", ()),
        ("room 12", ("12",)),
        ("version 3.1 and 3,1", ("3.1", "3.1")),
        ("1,234,567.50 or 1.234.567,50", ("1234567.50", "1234567.50")),
        ("1 234 567 and 1\u202f234", ("1234", "1234567")),
        ("1'000 CHF", ("1000",)),
        ("on 3.12.2020", ("12", "2020", "3")),
        ("2020-03-05 at 08:30", ("2020", "3", "30", "5", "8")),
        ("٣ غرف", ("3",)),
        ("第１２課", ("12",)),
        ("version 2.0", ("2",)),
        ("0.5 or 0", ("0", "0.5")),
        ("10² is 100", ("10", "100")),
        ("in 2019 300 people", ("2019", "300")),
        ("see Lib/stat.py, os.path", ("lib/stat.py", "os.path")),
        ("소스: Lib/stat.py를", ("lib/stat.py",)),
        ("PyObject_New(1)", ("1", "pyobject_new")),
        ("e.g. his/her U.S. and/or", ()),
        ("https://a.b/c?d=1 x@y.org", ("https://a.b/c?d=1", "x@y.org")),
    ],
)
def test_reading(text: str, numbers: tuple[str, ...]) -> None:
    assert numbers_of(text) == numbers


@given(st.text("ab1./-_@+: ", max_size=30))
def test_identifiers_are_those_of_the_plain_patterns(text: str) -> None:
    plain = re.compile(
        r"[A-Za-z]+://[!-~]+|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+\.[A-Za-z]+|[A-Za-z0-9./-]*[A-Za-z0-9]_[A-Za-z0-9_./-]*"
        r"|(?:[A-Za-z0-9-]+/)*[A-Za-z][A-Za-z0-9-]+\.[A-Za-z][A-Za-z0-9./-]*[A-Za-z0-9]"
    )
    assert _IDENTIFIER.findall(text) == [""] * len(plain.findall(text))
    assert [found[0] for found in _IDENTIFIER.finditer(text)] == plain.findall(text)


@pytest.mark.parametrize("run", ["a", "1", "f0", "a/", "a-", "a.", "0.", "a@", "a+", "ab_"])
def test_long_runs_take_no_time(run: str) -> None:
    text = f"see stat.py {run * (200_000 // len(run))} {'a' * 64}@{run * (200_000 // len(run))}"
    start = time.process_time()
    assert "stat.py" in numbers_of(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("a", "b", "same_language", "result"),
    [
        ("room 12", "room 13", True, True),
        ("Zimmer 12", "room 13", False, True),
        ("room 12", "room twelve", True, False),
        ("12 rooms", "Zimmer", False, False),
        ("version 3.1", "version 3.2", True, True),
        ("version 3.1.2", "version 3.1.3", True, True),
        ("On 3 March 2020", "2020年3月3日", False, False),
        ("3 million people", "3.000.000 Menschen", False, False),
        ("300,000 people", "30万人", False, False),
        ("room 1", "room 10", False, True),
        ("1 euro", "1000 euros", True, True),
        ("1,234.5", "1.234,5", False, False),
        ("from 3 to 5", "from 5 to 3", True, False),
        ("2 of 2", "2 of 3", True, True),
        ("see stat.py", "siehe netrc.py", False, True),
        ("see stat.py", "siehe dort", False, False),
    ],
)
def test_contradictions(a: str, b: str, same_language: bool, result: bool) -> None:
    assert contradict(numbers_of(a), numbers_of(b), same_language=same_language) is result
    assert contradict(numbers_of(b), numbers_of(a), same_language=same_language) is result
    guard = NumberGuard([a, b])
    rows = np.array([0]), np.array([1]), np.array([same_language])
    assert guard.contradictions(*rows).tolist() == [result]


@given(st.lists(st.text("0123456789., a", max_size=8), min_size=2, max_size=6), st.booleans())
def test_many_at_once_are_as_one_by_one(texts: list[str], same_language: bool) -> None:
    pairs = [(a, b) for a in range(len(texts)) for b in range(len(texts))]
    a, b = (np.array(side) for side in zip(*pairs, strict=True))
    found = NumberGuard(texts).contradictions(a, b, np.full(len(pairs), same_language))
    numbers = [numbers_of(text) for text in texts]
    assert found.tolist() == [contradict(numbers[x], numbers[y], same_language=same_language) for x, y in pairs]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("Hello  World ", "hello world", True),
        ("Caf\u00e9", "Cafe\u0301", True),
        ("\uff28\uff45\uff4c\uff4c\uff4f", "hello", True),
        ("“It’s” — so", '"it\'s" - so', True),
        ("soft\u00adware", "software", True),
        ("in Maßen", "in Massen", False),
        ("10²", "102", False),
        ("Hello, world!", "Hello world", True),
        ("Hello?", "Hello!", False),
        ("it’s", "its", True),
        ("C++", "C", False),
        ("3.5", "35", False),
        ("-5", "5", False),
        ("...", "!!", False),
        ("「はい」。", "はい", True),
        ("año", "ano", False),
    ],
)
def test_copies_but_for_case_and_spacing(a: str, b: str, same: bool) -> None:
    assert (normal_form(a) == normal_form(b)) is same


@given(st.text())
def test_the_normal_form_is_one(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ("tomorrow", "tomorow", True),
        ("tomorrow", "tommorrow", True),
        ("receive", "recieve", True),
        ("walked", "walker", False),
        ("house", "houses", False),
        ("from", "form", False),
        ("he", "she", False),
        ("angle", "angel", False),
        ("trial", "trail", False),
        ("parcel", "parcle", True),
        ("causal", "causals", False),
        ("cats9", "cat99", False),
        ("tomorrow", "tomorrow", False),
    ],
)
def test_what_can_be_a_typing_error(a: str, b: str, result: bool) -> None:
    assert mistyped(a, b) is mistyped(b, a) is result


def letters(words: Sequence[str]) -> list[int]:
    """A vocabulary that has the words tomorrow, latter and later, and single letters."""
    return [1 if word in ("tomorrow", "latter", "later") else len(word) for word in words]


def errors_in(
    texts: Sequence[str], groups: Sequence[object] | None = None, pieces: Pieces | None = letters
) -> dict[int, list[int]]:
    return nearly_alike(texts, [text.lower() for text in texts], groups or [None] * len(texts), pieces).evident


def test_typing_errors_of_rare_words() -> None:
    forms = [
        "we will meet tomorrow",
        "we will meet tomorow",
        "they will meet tomorow",
        "we will mete tomorrow",
        "meet tomorow",
    ]
    assert errors_in(forms[:2]) == errors_in(forms[1::-1]) == {1: [0]}
    assert errors_in(forms[:3]) == {1: [0]}
    assert errors_in(forms) == {}  # the error is no rare one
    assert errors_in(forms[:3], ["en", "de", "en"]) == {}
    # Each is a word; and what has a capital may be a name.
    assert errors_in(["see you later then", "see you latter then"]) == {}
    assert errors_in(["see you tomorrow then", "see you Tomorow then"]) == {}
    assert errors_in(["See you Tomorrow then", "see you tomorow then"]) == {1: [0]}
    assert errors_in([]) == {}


def likely_in(texts: Sequence[str], groups: Sequence[object] | None = None) -> list[tuple[int, int]]:
    forms = [normal_form(text) for text in texts]
    return list(nearly_alike(texts, forms, groups or [None] * len(texts), letters).likely)


def test_what_is_nearly_spelled_alike_but_no_evident_error() -> None:
    assert likely_in(["see you later then", "see you latter then"]) == [(1, 0)]
    assert likely_in(["see you later then", "see you latter then"], ["en", "de"]) == []
    assert likely_in(["see you later then", "SEE YOU LATTER THEN"]) == [(1, 0)]
    assert likely_in(["we will meet tomorrow", "we will meet tomorow"]) == []  # that is evident
    # What has a capital may be a name.
    assert likely_in(["please call Mariana now", "please call Marianna now"]) == []
    assert likely_in(["Do you speak Chinese?", "do you speak Chinese", "You speak Chinese?"]) == [(1, 0)]
    assert likely_in(["?", "??", "¿?"]) == []
    assert errors_in(["will we meet tomorrow?", "will we meet tomorow?"]) == {1: [0]}


def test_typing_errors_without_a_vocabulary() -> None:
    texts = ["we will meet tomorrow", "we will meet tomorow"]
    assert errors_in(texts, pieces=None) == {}
    assert errors_in([*texts, "tomorrow"], pieces=None) == {}
    assert errors_in([*texts, "tomorrow or tomorrow"], pieces=None) == {1: [0]}
    assert errors_in([*texts, "tomorrow or tomorrow", "tomorow"], pieces=None) == {}
    assert errors_in([*texts, "tomorrow " * 5, "tomorow"], pieces=None) == {1: [0]}
