"""Reading pairs: when there is a header, which columns, which languages."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from interlingua.errors import InputError, OptionError
from interlingua.texts.reading import TextPair, read_pairs


def write(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    return path


def test_two_columns_have_no_header(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", "Hallo\tHello\nja\tyes\n")
    assert list(read_pairs(path)) == [TextPair("Hallo", "Hello", 1), TextPair("ja", "yes", 2)]


@pytest.mark.parametrize(
    "header", ["a,b", "Text_A,TEXT_B", "source,target", "left,right", "sentence1,sentence2", "target,source"]
)
def test_usual_names_are_a_header(tmp_path: Path, header: str) -> None:
    (pair,) = read_pairs(write(tmp_path, "a.csv", f"{header}\nx,y\n"))
    assert (pair.a, pair.b) == (("y", "x") if header == "target,source" else ("x", "y"))
    assert (pair.row, pair.lang_a, pair.lang_b) == (1, None, None)


def test_language_codes_are_a_header_and_say_the_languages(tmp_path: Path) -> None:
    assert list(read_pairs(write(tmp_path, "a.tsv", "eng\tfr\ncat\tchat\n"))) == [
        TextPair("cat", "chat", 1, "en", "fr")
    ]


@pytest.mark.parametrize("first", ["en\teng", "Danish\tFrench", "en\tx1", "hello\tfr"])
def test_what_only_resembles_language_codes_is_text(tmp_path: Path, first: str) -> None:
    pairs = read_pairs(write(tmp_path, "a.tsv", f"{first}\nx\ty\n"))
    assert [(pair.a, pair.b) for pair in pairs] == [tuple(first.split("\t")), ("x", "y")]


def test_more_columns_are_metadata(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "n,left,right,lang_a,lang_b\n1,x,y,deu,\n")
    assert list(read_pairs(path)) == [TextPair("x", "y", 1, "de", None, {"n": "1"})]


def test_columns_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "de,n,en\nja,1,yes\n")
    assert list(read_pairs(path, columns=("en", "de"))) == [TextPair("yes", "ja", 1, "en", "de", {"n": "1"})]
    path = write(tmp_path, "b.tsv", "Frage\tAntwort\nx\ty\n")
    assert list(read_pairs(path, columns=("Frage", "Antwort"))) == [TextPair("x", "y", 1)]


def test_jsonl(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"a": "x", "b": "y", "n": 1}\n{"de": "ja", "en": "yes"}\n')
    assert list(read_pairs(path)) == [TextPair("x", "y", 1, None, None, {"n": 1}), TextPair("ja", "yes", 2, "de", "en")]


def test_standard_input_is_tsv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"x\ty\n")))
    assert list(read_pairs("-")) == [TextPair("x", "y", 1)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.tsv", "\n", "a.tsv: there are no pairs in it."),
        ("a.tsv", "a\tb\n", "a.tsv: there are no pairs in it."),
        ("a.tsv", "x\ty\nz\n", "a.tsv: line 2 has too few fields: 1, where the first row has 2."),
        (
            "a.tsv",
            "one\n",
            "a.tsv: which two columns hold the texts? None of the usual names are there (a, b; text_a, text_b; "
            "source, target; left, right; sentence1, sentence2); there are: one. Name them: --columns A,B.",
        ),
        ("a.jsonl", '["x", "y"]\n', "a.jsonl: line 1: a pair is an object with two texts, not an array."),
        ("a.jsonl", '{"a": "x", "b": 1}\n', "a.jsonl: line 1: 'b' is a number, not a string."),
    ],
)
def test_what_is_wrong_in_a_file(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_pairs(write(tmp_path, name, content)))
    assert str(caught.value).endswith(message)


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "x,y\n1,2\n")
    with pytest.raises(InputError, match=r"there is no column 'z'; there are: x, y\. Name others: --columns A,B\."):
        list(read_pairs(path, columns=("x", "z")))


def test_options_that_make_no_sense(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="pairs need two columns, which txt has not"):
        read_pairs(write(tmp_path, "a.txt", "x\n"))
    with pytest.raises(OptionError, match="columns is a pair of different names"):
        read_pairs(write(tmp_path, "a.csv", "x,y\n"), columns=("x", "x"))
