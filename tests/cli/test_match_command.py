"""``interlingua match``: files in, decisions out."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

FAQ = """id,question
reset,How do I reset my password?
invoice,Where can I find my invoice?
delete,How do I delete my account?
delivery,How long does delivery take?
"""
TICKETS = "\n".join(
    [
        "¿Cómo puedo restablecer mi contraseña?",
        "Wie lange dauert die Lieferung?",
        "Der Himmel über Berlin ist heute wolkenlos.",
    ]
)
MODEL = ("-m", "use-multilingual-v3")


@pytest.fixture
def files(write: Callable[..., str]) -> tuple[str, str]:
    return write("tickets.txt", TICKETS + "\n"), write("faq.csv", FAQ)


def test_matches_and_none(run: Callable[..., object], files: tuple[str, str]) -> None:
    result = run("match", *files, *MODEL, "-f", "jsonl")
    assert result.code == 0
    assert [(row["left_id"], row["decision"]) for row in result.rows] == [("1", "match"), ("2", "match"), ("3", "none")]
    assert [row["right_id"] for row in result.rows[:2]] == ["reset", "delivery"]
    assert list(result.rows[0]) == [
        "left_id", "left_text", "decision", "probability", "rank", "right_id", "right_text", "left_lang", "right_lang",
        "cosine", "centred_cosine",
    ]  # fmt: skip
    assert result.rows[0]["right_text"] == "How do I reset my password?"
    assert result.rows[0]["left_lang"] == "es"
    assert "tickets.txt: 2 of 3 texts match, 1 do not" in result.err
    assert "for a precision of 0.95 at a prior of 0.5); faq.csv: 2 of 4 used" in result.err


def test_the_unmatched_can_be_hidden_or_alone(run: Callable[..., object], files: tuple[str, str]) -> None:
    assert [row["left_id"] for row in run("match", *files, *MODEL, "--unmatched", "hide", "-f", "tsv").table] == [
        "1",
        "2",
    ]
    assert [row["left_id"] for row in run("match", *files, *MODEL, "--unmatched", "only", "-f", "tsv").table] == ["3"]


def test_more_candidates(run: Callable[..., object], files: tuple[str, str]) -> None:
    rows = run("match", *files, *MODEL, "-k", "2", "-f", "jsonl").rows
    assert [(row["left_id"], row["rank"]) for row in rows] == [(str(n), r) for n in (1, 2, 3) for r in (1, 2)]
    assert [row["decision"] for row in rows] == ["match", "none", "match", "none", "none", "none"]


def test_rows_of_the_same_id_are_variants(run: Callable[..., object], write: Callable[..., str]) -> None:
    faq = [
        {"id": "reset", "text": "How do I reset my password?"},
        {"id": "reset", "text": "I have forgotten my password, how can I set a new one?"},
        {"id": "delivery", "text": "How long does delivery take?"},
        {"text": "Where can I find my invoice?"},
    ]
    right = write("faq.jsonl", "".join(json.dumps(row) + "\n" for row in faq))
    left = write("tickets.txt", "¿Cómo puedo restablecer mi contraseña?\n")
    result = run("match", left, right, *MODEL, "-k", "4", "-f", "jsonl")
    assert "faq.jsonl: 3 rows have 2 ids; rows of the same id are taken as variants" in result.err
    assert sorted(row["right_id"] for row in result.rows) == ["4", "delivery", "reset"]
    assert result.rows[0]["right_id"] == "reset"
    assert result.rows[0]["decision"] == "match"


def test_one_to_one(run: Callable[..., object], write: Callable[..., str]) -> None:
    left = write("left.tsv", "name\tkey\nred leather shoes\ta\nRed leather shoes\tb\n")
    right = write("right.tsv", "produkt\tnummer\nrote Lederschuhe\t7\nblaue Wollmütze\t8\n")
    columns = (
        "--left-column",
        "name",
        "--right-column",
        "produkt",
        "--left-id-column",
        "key",
        "--right-id-column",
        "nummer",
    )
    free = run("match", left, right, *MODEL, *columns, "-f", "jsonl", "--min-probability", "0.3")
    assert [row["right_id"] for row in free.rows] == ["7", "7"]
    paired = run("match", left, right, *MODEL, *columns, "--one-to-one", "-f", "jsonl", "--min-probability", "0")
    assert sorted(row["right_id"] for row in paired.rows) == ["7", "8"]
    assert "(probability at least 0.000)" in paired.err


def test_a_table_to_read(run: Callable[..., object], files: tuple[str, str]) -> None:
    head, _, first, *_ = run("match", *files, *MODEL).out.splitlines()
    assert head.split()[:4] == ["left_id", "left_text", "decision", "probability"]
    assert "How do I reset my password?" in first


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("code", "arguments", "part"),
    [
        (1, ("tickets.txt", "nowhere.csv"), "nowhere.csv"),
        (2, ("-", "-"), "cannot both come from standard input"),
        (1, ("tickets.txt", "faq.csv", "--right-column", "answer"), "Name another: --right-column NAME"),
        (1, ("faq.csv", "tickets.txt", "--left-id-column", "key"), "Name another: --left-id-column NAME"),
        (2, ("tickets.txt", "faq.csv", "--prior", "1"), "prior is a share above 0 and below 1"),
        (2, ("tickets.txt", "faq.csv", "--left-lang", "jp"), "did you mean 'ja'"),
        (1, ("tickets.txt", "faq.csv", "--calibration", "none.json"), "none.json"),
    ],
)
def test_what_is_refused(fails: Callable[..., str], code: int, arguments: tuple[str, ...], part: str) -> None:
    assert part in fails(code, "match", *arguments, *MODEL)
