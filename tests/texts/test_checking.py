"""What may be embedded, and what looks damaged."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.errors import InputError, OptionError
from interlingua.texts.checking import TextWarning, check_texts, suspicions, warn_about

BAD = [None, float("nan"), np.float64("nan"), b"bytes", "", "  \t\n\u3000", "\u200b\ufeff\x00", "a\ud83d", 7, ["a"]]


def data_folder() -> Path:
    given = os.environ.get("INTERLINGUA_DATA")
    return Path(given) if given else Path(__file__).resolve().parents[2].parent / "shared" / "data"


def test_clean_texts_all_pass() -> None:
    checked = check_texts(["The cat", "猫", "e\u0301 \U0001f600"])
    assert checked.texts == ["The cat", "猫", "e\u0301 \U0001f600"]
    assert checked.kept.tolist() == [0, 1, 2]
    assert checked.kept.dtype == np.int64
    assert checked.problems == ()


def test_an_empty_list_is_fine() -> None:
    checked = check_texts([])
    assert (checked.texts, checked.kept.tolist(), checked.kept.dtype) == ([], [], np.int64)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "None"),
        (float("nan"), "NaN, a missing value"),
        (np.float64("nan"), "NaN, a missing value"),
        (1.5, "a float, not a text"),
        (7, "an int, not a text"),
        (b"caf\xc3\xa9", "bytes"),
        ("", "empty"),
        (" \t\u3000\n", "only white space"),
        ("\ufeff", "only invisible characters"),
        ("\u200b\u200d\x00\xad", "only invisible characters"),
        ("ab\ud83d", "a lone surrogate: U+D83D at position 2"),
    ],
)
def test_reasons(text: object, reason: str) -> None:
    checked = check_texts(["fine", text], on_invalid="skip")
    assert [(problem.row, problem.reason) for problem in checked.problems] == [(1, reason)]
    assert checked.texts == ["fine"]
    assert checked.kept.tolist() == [0]


def test_one_error_names_every_reason_its_rows_and_the_cures() -> None:
    with pytest.raises(InputError) as caught:
        check_texts(["fine", "", None, b"x", "a\ud800", ""], name="documents")
    assert str(caught.value) == (
        "documents: 5 of 6 rows cannot be embedded (rows counted from 0): rows 1, 5: empty; row 2: None; "
        'row 3: bytes (decode them first, for example with .decode("utf-8")); '
        "row 4: a lone surrogate (U+D800 at position 1). "
        'on_invalid="skip" leaves such rows out and clean=True removes lone surrogates.'
    )
    assert caught.value.rows == (1, 2, 3, 4, 5)


def test_of_many_rows_ten_are_named() -> None:
    with pytest.raises(InputError, match=r"rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … \(2,999 in all\): empty") as caught:
        check_texts([""] * 2999 + ["fine"])
    assert len(caught.value.rows) == 2999


def test_nothing_left_is_an_error_even_when_skipping() -> None:
    with pytest.raises(InputError) as caught:
        check_texts(["", None], on_invalid="skip")
    assert str(caught.value) == ("sentences: no row can be embedded (rows counted from 0): row 0: empty; row 1: None.")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ("one text", "sentences should be a list of texts, but it is a single text: put it in a list."),
        ({"a": "b"}, "a mapping: give list(….values())"),
        ({"a"}, "a set, which has no order: give sorted(…)"),
        ((text for text in "ab"), "a generator, which can be read only once: give list(…)"),
        (iter(["a"]), "a list_iterator, which can be read only once: give list(…)"),
        (b"bytes", "bytes: decode them first"),
        (None, "a NoneType: give a list of texts"),
        (np.array("zero-dimensional"), "a ndarray: give a list of texts"),
    ],
)
def test_what_is_no_list_of_texts(texts: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        check_texts(texts)  # type: ignore[arg-type]
    assert message in str(caught.value)


class Series:
    """As much of a pandas Series as matters."""

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Iterator[str]:
        return iter(["a", "b"])


@pytest.mark.parametrize(
    "texts",
    [("a", "b"), np.array(["a", "b"], dtype=object), np.array(["a", "b"]), Series(), {"x": "a", "y": "b"}.values()],
)
def test_sequences_of_other_types(texts: object) -> None:
    assert check_texts(texts).texts == ["a", "b"]  # type: ignore[arg-type]


def test_an_unknown_policy() -> None:
    with pytest.raises(OptionError, match=r'on_invalid is "error" or "skip", not \'drop\'\.'):
        check_texts(["a"], on_invalid="drop")  # type: ignore[arg-type]


@given(st.lists(st.one_of(st.sampled_from(["a", "猫", "नमस्ते", "x\u200dy", " b "]), st.sampled_from(BAD)), min_size=1))
def test_exactly_the_valid_rows_are_kept(rows: list[object]) -> None:
    valid = [row for row, text in enumerate(rows) if not any(text is bad for bad in BAD)]
    if not valid:
        with pytest.raises(InputError):
            check_texts(rows, on_invalid="skip")
        return
    checked = check_texts(rows, on_invalid="skip")
    assert checked.kept.tolist() == valid
    assert checked.texts == [rows[row] for row in valid]
    assert [problem.row for problem in checked.problems] == sorted(set(range(len(rows))) - set(valid))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_visible_text_of_any_kind_is_kept(texts: list[str]) -> None:
    assert check_texts([f"a{text}" for text in texts]).kept.tolist() == list(range(len(texts)))


def test_checking_is_fast() -> None:
    texts = ["a short sentence of plain words", "これは短い文です。"] * 100_000
    begun = time.perf_counter()
    check_texts(texts)
    # It takes 0.03 s; the bound leaves room for a busy machine and still refuses a loop in Python over each character.
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize(
    ("text", "kind", "suggestion"),
    [
        (r"a \u732b here", "escape", "a 猫 here"),
        (r"caf\xe9", "escape", "café"),
        (r"caf\xc3\xa9", "escape", "café"),
        (r"\ud83d\ude00", "escape", "😀"),
        (r"\U0001F600", "escape", "😀"),
        ("caf&eacute; au lait", "entity", "café au lait"),
        ("&#26085;&#x672c;", "entity", "日本"),
        (r"b'caf\xc3\xa9'", "bytes", "café"),
        ("b'hello'", "bytes", "hello"),
        ("CafÃ© au lait", "mojibake", "Café au lait"),
        ("itâ€™s", "mojibake", "it’s"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "mojibake", "Привет"),
        ("РџСЂРёРІРµС‚", "mojibake", "Привет"),
        ("æ—¥æœ¬", "mojibake", "日本"),
        ("lost \ufffd here", "replacement", None),
    ],
)
def test_damage_is_noticed(text: str, kind: str, suggestion: str | None) -> None:
    (found,) = suspicions(["fine", text])
    assert (found.row, found.kind, found.excerpt, found.suggestion) == (1, kind, text, suggestion)


@pytest.mark.parametrize(
    "text",
    [
        r"C:\users\xavier\udir",
        r"\\server\update\new",
        r"$\underline{x} \xi \upsilon \ubar$",
        r"^\d+\s*\w{2,}\\x$",
        r"a lone \ud83d escape",
        "AT&T, R&D; Q&A &c. &unknown; ?a=1&copy=2",
        "naïve café, déjà vu: «été» — “über”… ‚so‘ 5°",
        "Â zo a fouti",
        "gbeƒãɖeɖe",
        "Nœva Zellanda, incœ ‘l g’ha",
        "Ελληνικά «ΝΑΙ»",
        "Українська «Ґанок» її ім’я",
        "ČESKÁ REPUBLIKA – ŠŤASTNÝ",
        "print(b'abc')",
    ],
)
def test_ordinary_text_is_not_suspected(text: str) -> None:
    assert suspicions([text]) == []


def test_long_texts_are_shortened() -> None:
    (found,) = suspicions(["x" * 100 + " caf&eacute; " + "y" * 100])
    assert found.excerpt == "…xxxxxx caf&eacute; " + "y" * 21 + "…"
    assert found.suggestion == "…xxxxxx café " + "y" * 28 + "…"


def test_clean_text_does_not_import_ftfy() -> None:
    code = (
        "import sys; from interlingua.texts.checking import check_texts, suspicions; from interlingua.texts.cleaning "
        "import clean; texts = ['plain', 'déjà vu, «été»', 'Größe – naïve', '猫です。', 'Привет, мир', 'नमस्ते'];"
        "check_texts(texts); assert suspicions(texts) == []; [clean(text) for text in texts];"
        "assert 'ftfy' not in sys.modules; suspicions(['CafÃ©']); assert 'ftfy' in sys.modules"
    )
    path = str(Path(__file__).resolve().parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)


def test_the_warning_says_what_where_and_the_cure() -> None:
    found = suspicions(["fine", r"\u732b", "fine", "CafÃ©", r"\u72ac", "a\ufffd"])
    with pytest.warns(TextWarning) as caught:
        warn_about(found)
    (warning,) = caught
    assert warning.filename == __file__
    assert str(warning.message) == (
        "4 texts look damaged (rows counted from 0): literal escapes in rows 1, 4, such as “\\u732b” (meant is “猫”); "
        "text decoded in the wrong encoding in row 3, such as “CafÃ©” (meant is “Café”); "
        "U+FFFD replacement characters in row 5, such as “a\ufffd”. "
        "To cure it: clean=True repairs them before they reach the model; "
        "where characters are lost, read the source again in its own encoding."
    )


def test_on_the_command_line_the_warning_names_the_file_and_the_option() -> None:
    with pytest.warns(TextWarning) as caught:
        warn_about([replace(found, row=7) for found in suspicions([r"\u732b"])], file="a.txt")
    assert str(caught[0].message) == (
        "a.txt: 1 text looks damaged: literal escapes in row 7, such as “\\u732b” (meant is “猫”). "
        "To cure it: --clean repairs them before they reach the model."
    )


def test_the_warning_about_many_rows_names_ten() -> None:
    with pytest.warns(TextWarning, match=r"rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … \(5,000 in all\)"):
        warn_about(suspicions(["&eacute;"] * 5000))


def test_without_suspicions_there_is_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_about([])


def real_texts() -> Iterator[tuple[str, str]]:
    """The file and the text of some 370,000 sentences in more than 400 languages."""
    folder = data_folder()
    for path in sorted((folder / "sib200").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").split("\n")[1:-1]:
            yield path.stem, line.split("\t")[3]
    for path in sorted((folder / "tatoeba").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
            for text in line.split("\t"):
                yield path.stem, text
    for line in (folder / "udhr" / "paragraphs.tsv").read_text(encoding="utf-8").split("\n")[1:-1]:
        code, _, _, text = line.split("\t")
        yield code, text


# Each of these has been looked at: the texts in them that are suspected are damaged in the source.
REALLY_DAMAGED = {
    "bem_Latn", "cat_Latn", "hat_Latn", "hne_Deva", "ind_Latn", "ltz_Latn", "mar_Deva", "tgl_Latn",  # sib200
    "kea", "kng_AO",  # udhr
}  # fmt: skip


def test_no_false_alarms_on_real_text() -> None:
    if not (data_folder() / "sib200").is_dir():
        pytest.skip(f"needs the data sets in {data_folder()} (set INTERLINGUA_DATA)")
    names, texts = zip(*real_texts(), strict=True)
    assert len(texts) > 300_000
    found = suspicions(check_texts(texts).texts)
    assert {names[suspicion.row] for suspicion in found} <= REALLY_DAMAGED
    assert len(found) == 149
