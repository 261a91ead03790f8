"""``interlingua search`` and ``interlingua demo``: the right text comes first, whatever the languages."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import Encoder, load_corpus, search
from interlingua.types import Record

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

ASKED = {
    "password-reset": "I forgot my password, what can I do?",
    "battery-life": "Wie lange hält der Akku?",
    "server-down": "الخادم معطل منذ الصباح",
    "cat-mat": "猫はどこで寝ていますか？",
    "refund": "¿Me pueden devolver el dinero?",
}


@pytest.fixture
def corpus(write: Write) -> str:
    """The demo corpus in three languages as JSON Lines, with ids, languages and topics."""
    rows = (
        {"id": text.id, "text": text.text, "lang": text.lang, "topic": text.topic}
        for text in load_corpus(("fr", "ru", "zh"))
    )
    return write("corpus.jsonl", "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def test_the_right_text_comes_first(run: Run, corpus: str) -> None:
    result = run("search", corpus, *ASKED.values(), "-k", "3", "-f", "jsonl")
    assert (result.code, result.err) == (0, "")
    assert list(result.rows[0]) == ["query", "rank", "score", "cosine", "lang", "id", "text", "metadata"]
    assert [row["rank"] for row in result.rows] == [1, 2, 3] * len(ASKED)
    for item, query in ASKED.items():
        hits = [row for row in result.rows if row["query"] == query]
        assert hits[0]["id"].startswith(f"{item}."), query
        assert hits[0]["id"].endswith(f".{hits[0]['lang']}")
        assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
        assert set(hits[0]["metadata"]) == {"topic"}


def test_it_is_what_the_library_finds(run: Run, corpus: str, use: Encoder) -> None:
    records = [Record(text.text, text.id, text.lang) for text in load_corpus(("fr", "ru", "zh"))]
    for options, arguments in (
        ([], {}),
        (["--no-fair"], {"fair": False}),
        (["--query-lang", "eng"], {"query_lang": "en"}),
    ):
        rows = run("search", corpus, "Where is my parcel?", "-m", "use", "-f", "jsonl", *options).rows
        expected = search(use, "Where is my parcel?", records, **arguments)
        assert [row["id"] for row in rows] == [hit.id for hit in expected]
        assert [row["score"] for row in rows] == pytest.approx([hit.score for hit in expected], abs=1e-5)
        assert [row["cosine"] for row in rows] == pytest.approx([hit.cosine for hit in expected], abs=1e-5)
        assert (rows[0]["score"] == rows[0]["cosine"]) == (options == ["--no-fair"])


def test_the_formats_say_the_same(run: Run, corpus: str) -> None:
    query = "How long does the battery last?"
    (hit,) = run("search", corpus, query, "-k", "1", "-m", "use", "-f", "jsonl").rows
    (row,) = run("search", corpus, query, "-k", "1", "-m", "use", "-f", "tsv").table
    assert {name: str(value) for name, value in hit.items() if name != "metadata"} == row
    head, _, line = run("search", corpus, query, "-k", "1", "-m", "use").out.splitlines()
    assert head.split() == ["rank", "score", "cosine", "lang", "id", "text"]
    assert line.split()[:5] == ["1", f"{hit['score']:.3f}", f"{hit['cosine']:.3f}", hit["lang"], hit["id"]]
    assert line.endswith(hit["text"])


def test_several_queries_have_a_table_each(run: Run, corpus: str) -> None:
    out = run("search", corpus, "first\nquery", "second", "-k", "2", "-m", "use").out
    first, second = out.strip().split("\n\n")
    assert [part.splitlines()[0] for part in (first, second)] == ["first query", "second"]
    assert len(first.splitlines()) == len(second.splitlines()) == 5


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("q.txt", "where is it\n\nsecond query\n", []),
        ("q.csv", "n,query\n1,where is it\n2,second query\n", []),
        ("q.csv", "n,wanted\n1,where is it\n2,second query\n", ["--query-column", "wanted"]),
        ("q.jsonl", '"where is it"\n{"question": "second query"}\n', []),
    ],
)
def test_queries_from_a_file(run: Run, write: Write, corpus: str, name: str, content: str, options: list[str]) -> None:
    write(name, content)
    rows = run("search", corpus, "first", "--queries", name, "-k", "1", "-m", "use", "-f", "tsv", *options).table
    assert [row["query"] for row in rows] == ["first", "where is it", "second query"]


def test_standard_input(run: Run, corpus: str) -> None:
    rows = run("search", "-", "cat", "-m", "use", "-f", "tsv", stdin=b"Der Hund\nDie Katze\n").table
    assert [(row["id"], row["text"]) for row in rows] == [("2", "Die Katze"), ("1", "Der Hund")]
    rows = run("search", corpus, "--queries", "-", "-k", "1", "-m", "use", "-f", "tsv", stdin=b"one\ntwo\n").table
    assert [row["query"] for row in rows] == ["one", "two"]


def test_k_beyond_the_number_of_documents(run: Run, write: Write) -> None:
    write("a.txt", "one\ntwo\n")
    assert len(run("search", "a.txt", "eins", "-k", "99", "-m", "use", "-f", "tsv").table) == 2


def test_columns(run: Run, write: Write) -> None:
    write("a.csv", "key,body,l\nk1,Der Hund,deu\nk2,Le chat,fra\n")
    columns = ["--text-column", "body", "--id-column", "key", "--lang-column", "l"]
    rows = run("search", "a.csv", "cat", "-m", "use", "-f", "tsv", *columns).table
    assert [(row["id"], row["lang"], row["text"]) for row in rows] == [
        ("k2", "fr", "Le chat"),
        ("k1", "de", "Der Hund"),
    ]


def test_invalid_rows(run: Run, fails: Fails, write: Write) -> None:
    write("a.csv", 'text\none\n""\n')
    write("q.csv", 'query\n""\ntwo\n')
    cure = "empty; give --on-invalid skip to leave out such rows."
    assert fails(1, "search", "a.csv", "x", "-m", "use") == f"a.csv, row 2: {cure}"
    assert fails(1, "search", "a.csv", "--queries", "q.csv", "-m", "use") == f"q.csv, row 1: {cure}"
    result = run("search", "a.csv", "--queries", "q.csv", "-m", "use", "--on-invalid", "skip", "-f", "tsv")
    assert [(row["query"], row["text"]) for row in result.table] == [("two", "one")]
    assert result.err.splitlines() == [
        "warning: q.csv: left out row 1, which cannot be embedded",
        "warning: a.csv: left out row 2, which cannot be embedded",
    ]


def test_long_and_damaged_texts_are_told_apart(run: Run, write: Write) -> None:
    long = "word " * 400
    write("a.txt", f"short\n{long}\ncaf\\u00e9\n")
    write("q.txt", f"short\n\nlonger {long}\n")
    result = run("search", "a.txt", f"longest {long}", "caf\\u00e9", "--queries", "q.txt", "-m", "use", "-f", "tsv")
    assert result.code == 0
    assert result.err.splitlines() == [
        "warning: query 2 looks damaged: literal escapes, such as “caf\\u00e9” (meant is “café”); --clean repairs it",
        "warning: a.txt: 1 text looks damaged: literal escapes in row 3, such as “caf\\u00e9” (meant is “café”). To cure it: "
        "--clean repairs them before they reach the model.",
        "warning: query 1 is longer than the model's 256 tokens; what lies beyond does not count",
        "warning: q.txt: cut at the model's 256 tokens: row 3",
        "warning: a.txt: cut at the model's 256 tokens: row 2",
    ]
    result = run("search", "a.txt", "caf\\u00e9", "-m", "use", "-f", "tsv", "--clean", "-k", "1")
    assert [(row["query"], row["text"]) for row in result.table] == [("café", "café")]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a.txt", ""], 1, "the query is empty."),
        (["a.txt", "ok", " "], 1, "query 2 holds only white space."),
        (["a.txt", "\udcff"], 1, "the query is not UTF-8: byte 0xFF at position 0."),
        (["a.txt"], 2, "there is nothing to search for: give a query, or a file of them with --queries."),
        (["-", "--queries", "-"], 2, "the documents and the queries cannot both come from standard input."),
        (["my query", "a.txt"], 2, "there is no file 'my query': the file comes first, then the queries."),
        (["a.txt", "q", "--query-column", "x"], 2, "--query-column is for a file of queries, but there is no --queries."),
        (["a.txt", "q", "--no-fair", "--query-lang", "en"], 2, "--query-lang is for centring, which --no-fair turns off."),
        (["a.txt", "--queries", "a.log"], 1, "a.log: call the file of queries .txt, .csv, .tsv or .jsonl after what it holds."),
        (["b.txt", "q"], 1, "b.txt: no such file."),
        (["a.txt", "--queries", "b.txt"], 1, "b.txt: no such file."),
        (["a.txt", "--queries", "a.csv"], 1, "a.csv: no column is called text; there are: x, y. Say which holds it: --query-column NAME."),
        (["a.csv", "q"], 1, "a.csv: no column is called text; there are: x, y. Say which holds it: --text-column NAME."),
        (["a.csv", "q", "--text-column", "x", "--lang-column", "z"], 1, "a.csv: there is no column 'z'; there are: x, y. Name another: --lang-column NAME."),
        (["a.csv", "q", "--text-column", "x", "--lang-column", "y"], 1, "a.csv: line 2: 'b' is not a language code"),
        (["a.txt", "q", "--query-lang", "cz"], 2, "'cz' is not a language code but a country's; did you mean 'cs'?"),
        (["empty.txt", "q"], 1, "empty.txt: there are no texts in it."),
    ],
)  # fmt: skip
def test_errors(fails: Fails, write: Write, arguments: list[str], code: int, message: str) -> None:
    write("a.txt", "one\ntwo\n")
    write("a.csv", "x,y\na,b\n")
    write("a.log", "one\n")
    write("empty.txt", "")
    assert fails(code, "search", *arguments, "-m", "use").startswith(message)


def test_real_questions(run: Run, development_data: Path) -> None:
    faq = development_data / "docs_letsencrypt" / "faq.jsonl"
    rows = [json.loads(line) for line in faq.read_text(encoding="utf-8").splitlines()]
    asked = [row["question"] for row in rows if row["lang"] == "en"][:5]
    result = run("search", str(faq), *asked, "-k", "1", "-m", "use", "-f", "jsonl")
    assert [row["text"] for row in result.rows] == asked


def test_the_demo_answers_its_own_questions(run: Run) -> None:
    result = run("demo", "-k", "2")
    assert result.code == 0
    tables = result.out.strip().split("\n\n")
    assert len(tables) == 5
    assert all(len(table.splitlines()) == 5 for table in tables)
    assert "I forgot my password, what can I do? [en]" in tables[0]
    assert "account" in tables[0].splitlines()[3]
    assert "Try next:" in result.err


def test_the_demo_answers_questions_of_ones_own(run: Run) -> None:
    rows = run("demo", "où est ma commande ?", "où est ma commande ?", "-k", "1", "-f", "jsonl").rows
    assert [list(row) for row in rows] == [["query", "rank", "score", "lang", "topic", "text"]] * 2
    assert rows[0] == rows[1]
    assert rows[0]["topic"] == "delivery"
    result = run("demo", "où est ma commande ?", "-k", "1", "-m", "use", "-f", "tsv")
    assert result.err == ""
    assert len(result.table) == 1


def test_demo_errors(run: Run, fails: Fails) -> None:
    assert fails(1, "demo", "") == "the question is empty."
    assert fails(1, "demo", "ok", "\udcff") == "question 2 is not UTF-8: byte 0xFF at position 0."
    damaged = run("demo", "caf\\u00e9", "-m", "use", "-k", "1").err.splitlines()[0]
    assert damaged == "warning: the question looks damaged: literal escapes, such as “caf\\u00e9” (meant is “café”)"
