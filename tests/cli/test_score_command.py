"""``interlingua score``: translations score high and unrelated texts about 0, given as texts or as a file."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import Encoder, similarity

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

FIELDS = ["probability", "same", "centred_cosine", "cosine", "lang_a", "lang_b", "text_a", "text_b"]


@pytest.mark.parametrize("model", ["e5-small", "use"])
def test_a_translation_and_an_unrelated_text(run: Run, model: str) -> None:
    def score(a: str, b: str) -> Any:
        result = run("score", a, b, "-f", "jsonl", "-m", model)
        assert (result.code, result.err) == (0, "")
        (row,) = result.rows
        return row

    translation = score("Where can I track my parcel?", "Wo kann ich mein Paket verfolgen?")
    unrelated = score("Where can I track my parcel?", "Die Erde dreht sich einmal im Jahr um die Sonne.")
    assert list(translation) == FIELDS
    assert translation["centred_cosine"] > 0.5
    assert translation["cosine"] > 0.6
    assert abs(unrelated["centred_cosine"]) < 0.3
    assert (translation["lang_a"], translation["lang_b"]) == ("en", "de")
    equal = score("the same text", "the same text")
    assert equal["cosine"] == pytest.approx(1, abs=1e-5)
    assert equal["centred_cosine"] == pytest.approx(1, abs=1e-5)


def test_it_is_what_similarity_gives(run: Run, use: Encoder) -> None:
    a, b = "The cat sleeps.", "猫が寝ています。"
    (row,) = run("score", a, b, "-m", "use", "-f", "jsonl", "--lang-a", "eng", "--lang-b", "jpn_Jpan").rows
    found = similarity(use, a, b, lang_a="en", lang_b="ja")
    assert row["cosine"] == pytest.approx(found.cosine, abs=1e-5)
    assert row["centred_cosine"] == pytest.approx(found.centred_cosine, abs=1e-5)
    assert (row["lang_a"], row["lang_b"], row["text_a"], row["text_b"]) == ("en", "ja", a, b)


def test_the_table_and_tsv(run: Run) -> None:
    result = run("score", "The cat sleeps.", "Die Katze\tschläft.", "-m", "use")
    head, _, row = result.out.splitlines()
    assert head.split() == FIELDS
    assert row.endswith("The cat sleeps.   Die Katze schläft.")
    assert run("score", "a b", "c\td", "-m", "use", "-f", "tsv").table[0]["text_b"] == "c d"


PAIRS = [("The cat sleeps.", "Le chat dort."), ("Dinner is ready.", "La Terre tourne autour du Soleil.")]


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("a.tsv", "".join(f"{a}\t{b}\n" for a, b in PAIRS), []),
        ("a.csv", "source,target\n" + "".join(f"{a},{b}\n" for a, b in PAIRS), []),
        ("a.csv", "n,x,y\n" + "".join(f"1,{a},{b}\n" for a, b in PAIRS), ["--columns", "x,y"]),
        ("a.csv", "n,y,x\n" + "".join(f"1,{b},{a}\n" for a, b in PAIRS), ["--columns", "x, y"]),
        ("a.jsonl", "".join(json.dumps({"a": a, "b": b}) + "\n" for a, b in PAIRS), []),
        ("a.tsv", "en\tfr\n" + "".join(f"{a}\t{b}\n" for a, b in PAIRS), []),
        ("a.dat", "".join(f"{a}\t{b}\n" for a, b in PAIRS).encode("utf-16"), ["--input-format", "tsv", "--encoding", "utf-16"]),
    ],
)  # fmt: skip
def test_files(run: Run, write: Write, name: str, content: str | bytes, options: list[str]) -> None:
    result = run("score", write(name, content), "-m", "use", "-f", "jsonl", *options)
    assert (result.code, result.err) == (0, "")
    assert [(row["text_a"], row["text_b"]) for row in result.rows] == PAIRS
    assert result.rows[0]["centred_cosine"] > 0.5
    assert result.rows[1]["centred_cosine"] < 0.3


def test_standard_input(run: Run) -> None:
    result = run("score", "-", "-m", "use", "-f", "tsv", stdin=b"The cat sleeps.\tLe chat dort.\n")
    assert float(result.table[0]["centred_cosine"]) > 0.5
    rows = run(
        "score", "-", "-m", "use", "-f", "jsonl", "--input-format", "jsonl", stdin=b'{"a": "x", "b": "y"}\n'
    ).rows
    assert rows[0]["text_b"] == "y"


def test_languages_come_from_the_option_the_file_or_the_text(run: Run, write: Write) -> None:
    write("a.tsv", "eng\tfr\nchat\tchat\n")
    for options, expected in ((["--lang-b", "deu"], ("en", "de")), ([], ("en", "fr"))):
        (row,) = run("score", "a.tsv", "-m", "use", "-f", "jsonl", *options).rows
        assert (row["lang_a"], row["lang_b"]) == expected
    write("b.tsv", "Where can I track my parcel?\tWo kann ich mein Paket verfolgen?\n")
    (row,) = run("score", "b.tsv", "-m", "use", "-f", "jsonl").rows
    assert (row["lang_a"], row["lang_b"]) == ("en", "de")


def test_a_pair_with_one_bad_side_is_bad(run: Run, fails: Fails, write: Write) -> None:
    write("a.tsv", "one\tun\ntwo\t\nthree\ttrois\n")
    message = fails(1, "score", "a.tsv", "-m", "use")
    assert message == "a.tsv, row 2: empty; give --on-invalid skip to leave out such rows."
    result = run("score", "a.tsv", "-m", "use", "-f", "tsv", "--on-invalid", "skip")
    assert [row["text_a"] for row in result.table] == ["one", "three"]
    assert result.err == "warning: a.tsv: left out row 2, which cannot be embedded\n"


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("", "b", "the first text is empty."),
        ("a", "", "the second text is empty."),
        ("a", " \t", "the second text holds only white space."),
        ("\u200b", "b", "the first text holds only invisible characters."),
        (os.fsdecode(b"\xe9t\xe9"), "b", "the first text is not UTF-8: byte 0xE9 at position 0."),
        ("ok", os.fsdecode("naïf ".encode() + b"\xff"), "the second text is not UTF-8: byte 0xFF at position 5."),
        ("a\ud83d", "b", "the first text holds a lone surrogate: U+D83D at position 1."),
    ],
)
def test_texts_that_cannot_be_embedded(fails: Fails, a: str, b: str, message: str) -> None:
    assert fails(1, "score", a, b, "-m", "use") == message


def test_texts_that_look_damaged(run: Run) -> None:
    result = run("score", r"b'caf\xc3\xa9'", "CafÃ©", "-m", "use")
    assert result.code == 0
    assert result.err.splitlines() == [
        r"warning: the first text looks damaged: printed bytes, such as “b'caf\xc3\xa9'” (meant is “café”); --clean repairs it",
        "warning: the second text looks damaged: text decoded in the wrong encoding, such as “CafÃ©” (meant is “Café”); "
        "--clean repairs it",
    ]
    result = run("score", r"b'caf\xc3\xa9'", "CafÃ©", "-m", "use", "--clean", "-f", "jsonl")
    assert result.err == ""
    assert result.rows[0]["text_a"] == "café"
    assert result.rows[0]["cosine"] > 0.8
    assert run("score", "a\ufffd", "b", "-m", "use").err.endswith("such as “a\ufffd”\n"), "nothing repairs this"


def test_long_texts(run: Run, write: Write) -> None:
    long = "word " * 400
    warning = "is longer than the model's 256 tokens; what lies beyond does not count"
    assert (
        run("score", long, "short", "-m", "use", "--lang-a", "en", "--lang-b", "en").err
        == f"warning: the first text {warning}\n"
    )
    assert (
        run("score", "short", long, "-m", "use", "--lang-a", "en", "--lang-b", "en").err
        == f"warning: the second text {warning}\n"
    )
    write("a.tsv", f"a\tb\nshort\tshort\n{long}\t{long}\nshort\t{long}\n")
    assert (
        run("score", "a.tsv", "-m", "use", "--lang-a", "en", "--lang-b", "en").err
        == "warning: a.tsv: cut at the model's 256 tokens: 2 rows (2, 3)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "b", "--lang-a", "jp"], "'jp' is not a language code but a country's; did you mean 'ja'?"),
        (["a", "b", "--lang-b", "german"], "'german' is not a language code; did you mean 'de'?"),
        (["a", "b", "--columns", "x,y"], "--columns, --input-format, --encoding and --on-invalid are for a file, but two texts were given."),
        (["a", "b", "--input-format", "csv"], "--columns, --input-format, --encoding and --on-invalid are for a file, but two texts were given."),
        (["a.csv", "--columns", "x"], "--columns takes two different names with a comma between, such as source,target; not 'x'."),
        (["a.csv", "--columns", "x,x"], "--columns takes two different names with a comma between, such as source,target; not 'x,x'."),
        (["a.txt"], "a.txt: pairs need two columns, which txt has not; give --input-format csv, tsv or jsonl."),
    ],
)  # fmt: skip
def test_wrong_usage(fails: Fails, write: Write, arguments: list[str], message: str) -> None:
    write("a.csv", "n,x,y\n1,a,b\n")
    write("a.txt", "a\n")
    assert fails(2, "score", *arguments, "-m", "use") == message


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", [], "a.csv: there are no pairs in it."),
        ("n,x,y\n1,a,b\n", [], "a.csv: which two columns hold the texts? None of the usual names are there (a, b; text_a, text_b; source, target; left, right; sentence1, sentence2); there are: n, x, y. Name them: --columns A,B."),
        ("n,x,y\n1,a,b\n", ["--columns", "x,z"], "a.csv: there is no column 'z'; there are: n, x, y. Name others: --columns A,B."),
        ("a,b\nc\n", [], "a.csv: line 2 has too few fields: 1, where the first row has 2."),
        ("a,b,lang_a\nc,d,klingonisch\n", [], "a.csv: line 2: 'klingonisch' is not a language code"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(fails: Fails, write: Write, content: str, options: list[str], message: str) -> None:
    write("a.csv", content)
    assert fails(1, "score", "a.csv", "-m", "use", *options).startswith(message)


def test_one_argument_that_is_no_file(fails: Fails) -> None:
    assert fails(1, "score", "a text") == "there is no file 'a text'; to compare two texts, give both."
    shown = "a" * 60 + "…"
    assert fails(1, "score", "a" * 5000) == f"there is no file '{shown}'; to compare two texts, give both."


def test_real_pairs(run: Run, development_data: Path) -> None:
    rows = run("score", str(development_data / "tatoeba" / "jpn-eng.tsv"), "-m", "use", "-f", "jsonl").rows
    assert len(rows) == 1000
    assert sum(row["centred_cosine"] > 0.5 for row in rows) > 850


def test_a_language_that_was_not_measured_is_named(run: Run) -> None:
    result = run(
        "score", "Sawubona, unjani?", "How are you?", "-m", "use", "--lang-a", "zu", "--lang-b", "en", "-f", "jsonl"
    )
    assert result.err == (
        "note: how well use-multilingual-v3 does in zu was not measured; probabilities take a usual language's\n"
    )
    assert 0 < result.rows[0]["probability"] < 1


def test_a_matrix(run: Run, write: Write) -> None:
    write("a.txt", "How do I reset my password?\nWhere is my parcel?\n")
    write("b.txt", "¿Dónde está mi paquete?\nDas Wetter ist schön.\nWie setze ich mein Passwort zurück?\n")
    result = run("score", "a.txt", "b.txt", "--matrix", "-m", "use", "-f", "jsonl", "--plot", "m.txt")
    assert [row["text"] for row in result.rows] == ["How do I reset my password?", "Where is my parcel?"]
    first, second = (row["probability"] for row in result.rows)
    assert list(first) == ["1", "2", "3"]
    assert max(first, key=first.__getitem__) == "3"
    assert max(second, key=second.__getitem__) == "1"
    assert "Similarity of 2 × 3 texts" in Path("m.txt").read_text(encoding="utf-8")
    table = run("score", "a.txt", "--matrix", "-m", "use", "-f", "tsv").table
    assert [row["probability"] for row in table] == ["1", "2"]
    assert float(table[0]["1"]) > 0.9


def test_long_texts_in_a_matrix(run: Run, write: Write) -> None:
    long = "word " * 400
    write("a.txt", f"short\n{long}\n")
    write("b.txt", f"{long}x\nshort\n{long}\n")
    result = run("score", "a.txt", "b.txt", "--matrix", "-m", "use", "--lang-a", "en", "--lang-b", "en")
    assert result.err == (
        "warning: a.txt: cut at the model's 256 tokens: row 2\n"
        "warning: b.txt: cut at the model's 256 tokens: 2 rows (1, 3)\n"
    )
    result = run("score", "a.txt", "--matrix", "-m", "use", "--lang-a", "en", "--lang-b", "en")
    assert result.err == "warning: a.txt: cut at the model's 256 tokens: row 2\n"


def test_a_histogram_and_a_prior(run: Run, write: Write) -> None:
    write("a.tsv", "".join(f"{a}\t{b}\n" for a, b in PAIRS))
    result = run("score", "a.tsv", "-m", "use", "-f", "jsonl", "--plot", "h.svg", "--prior", "0.01")
    assert Path("h.svg").read_text(encoding="utf-8").lstrip().startswith("<svg")
    even = run("score", "a.tsv", "-m", "use", "-f", "jsonl")
    assert all(one["probability"] < other["probability"] for one, other in zip(result.rows, even.rows, strict=True))


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--prior", "0"], 2, "A prior lies between 0 and 1, not at 0.0."),
        (["--target-precision", "1"], 2, "A target precision lies between 0 and 1, not at 1.0."),
        (
            ["--calibration", "none.json"],
            1,
            "none.json: there is no such file; 'interlingua calibrate' writes calibrations.",
        ),
    ],
)
def test_shares_and_files_that_are_none(fails: Fails, options: list[str], code: int, message: str) -> None:
    assert fails(code, "score", "a", "b", "-m", "use", *options) == message


def test_a_matrix_needs_files(fails: Fails, write: Write) -> None:
    assert fails(1, "score", "a", "--matrix", "-m", "use") == (
        "there is no file 'a'; --matrix compares the texts of files."
    )
    write("a.txt", "a text\n")
    assert fails(2, "score", "a.txt", "--matrix", "--columns", "a,b", "-m", "use") == (
        "--matrix reads a file of texts on each side; --columns is for a file of pairs."
    )
