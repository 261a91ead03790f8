"""``interlingua classify evaluate|explain|suggest``: how good it is, why it says what it says, what to label next."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import load_corpus

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

TRAIN = ["--head", "centroid", "-m", "use"]
TOPIC = ["--label-column", "topic"]


def jsonl(*langs: str, **more: Callable[[Any], object]) -> str:
    rows = [
        {"text": text.text, "lang": text.lang, "topic": text.topic, "item": text.item}
        | {name: value(text) for name, value in more.items()}
        for text in load_corpus(langs)
    ]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def trained(run: Run, write: Write) -> str:
    """A classifier that was trained on English rows."""
    write("en.jsonl", jsonl("en"))
    assert run("classify", "train", "en.jsonl", "-o", "c", *TOPIC, *TRAIN).code == 0
    return "c"


def test_a_test_set(run: Run, write: Write, trained: str) -> None:
    write("test.jsonl", jsonl("de", "fr"))
    result = run("classify", "evaluate", trained, "test.jsonl", *TOPIC, "-f", "jsonl")
    (facts,) = result.rows
    rows = run("classify", "predict", trained, "test.jsonl").rows
    right = [row["label"] == row["topic"] for row in rows]
    assert facts["accuracy"]["value"] == pytest.approx(sum(right) / 96, abs=1e-4)
    by_lang = {one["lang"]: one["accuracy"]["value"] for one in facts["languages"]}
    expected = {
        lang: sum(well for well, row in zip(right, rows, strict=True) if row["lang"] == lang) / 48
        for lang in ("de", "fr")
    }
    assert by_lang == pytest.approx(expected, abs=1e-4)
    assert (facts["kind"], facts["rows"], facts["folds"]) == ("test set", 96, None)
    assert sum(map(sum, facts["confusion"])) == 96


def test_tables(run: Run, write: Write, trained: str) -> None:
    write("test.jsonl", jsonl("de"))
    result = run("classify", "evaluate", trained, "test.jsonl", *TOPIC, "--target-precision", "0.8")
    lines = result.out.splitlines()
    assert lines[2].split() == ["tested_by", "test", "set"]
    assert lines[3].split() == ["rows", "48"]
    assert [line.split()[0] for line in lines[4:10]] == [
        "accuracy",
        "macro_f1",
        "calibration_error",
        "target_precision",
        "precision_of_answers",
        "share_answered",
    ]
    assert "By label" in lines
    assert "By language" in lines
    (german,) = [line.split() for line in lines if line.startswith("de ")]
    assert german[1] == "48"
    flat = run("classify", "evaluate", trained, "test.jsonl", *TOPIC, "-f", "tsv").table
    assert [row["of"] for row in flat] == ["all", *["label"] * 8, "language"]
    assert flat[1]["name"] == "account"


def test_texts_out_of_scope_in_a_test_set(run: Run, write: Write, trained: str) -> None:
    write("test.jsonl", jsonl("de") + '{"text": "zxqv wrtk plmn", "topic": "unknown"}\n' * 3)
    result = run("classify", "evaluate", trained, "test.jsonl", *TOPIC, "--target-precision", "0.9", "-f", "jsonl")
    answers = result.rows[0]["answers"]
    assert result.rows[0]["rows"] == 48
    assert (answers["out_of_scope"], answers["out_of_scope_answered"]) == (3, 0.0)


def test_labels_that_the_classifier_does_not_know(run: Run, write: Write, trained: str) -> None:
    write("test.jsonl", jsonl("de") + '{"text": "Der Mond ist voll.", "topic": "moon"}\n')
    result = run("classify", "evaluate", trained, "test.jsonl", *TOPIC, "-f", "jsonl")
    assert (
        "warning: test.jsonl: the classifier does not know 'moon'; rows with such a label count as wrong" in result.err
    )
    (moon,) = [one for one in result.rows[0]["classes"] if one["label"] == "moon"]
    assert (moon["recall"], moon["support"]) == (0.0, 1)


def test_cross_validation(run: Run, write: Write) -> None:
    planted = {5: "travel", 20: "payment", 60: "account"}
    lines = jsonl("en", "de").splitlines()
    for row, topic in planted.items():
        lines[row] = json.dumps(json.loads(lines[row]) | {"topic": topic})
    write("a.jsonl", "\n".join(lines) + "\n")
    result = run(
        *("classify", "evaluate", "a.jsonl", *TOPIC, *TRAIN, "--folds", "4", "--suspects", "s.jsonl"),
        *("--plot", "p.html", "-f", "jsonl"),
    )
    (facts,) = result.rows
    assert (facts["kind"], facts["folds"], facts["rows"]) == ("cross-validation", 4, 96)
    # What stands in both languages is known from the other one, also to who has no label in this one.
    assert all(one["unseen"]["value"] > 0.8 for one in facts["languages"])
    suspects = [json.loads(line) for line in Path("s.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({row + 1 for row in planted} & {one["row"] for one in suspects[:4]}) >= 2
    assert f"s.jsonl: {len(suspects)} of 96 rows whose label looks wrong" in result.err
    assert "picture: p.html" in result.err
    assert "a.jsonl: 96 rows, accuracy" in Path("p.html").read_text(encoding="utf-8")
    # Translations of a row give it away.
    grouped = run("classify", "evaluate", "a.jsonl", *TOPIC, *TRAIN, "--group-column", "item", "-f", "jsonl").rows[0]
    assert grouped["accuracy"]["value"] < facts["accuracy"]["value"]


def test_a_learning_curve(run: Run, write: Write) -> None:
    write("a.jsonl", jsonl("en", "de", "fr"))
    result = run(
        "classify", "evaluate", "a.jsonl", *TOPIC, *TRAIN, "--learning-curve", "--no-across-languages", "--plot", "-"
    )
    assert result.code == 0
    assert "Learning curve" in result.out
    assert "twice as many would bring about" in result.out.splitlines()[-1]
    assert "without_labels_in_it" not in result.out
    assert "most frequent mistakes" in result.err or "predicted rightly" in result.err or "accuracy" in result.err
    sizes = [
        int(line.split()[0])
        for line in result.out.split("Learning curve")[1].splitlines()
        if line.strip()[:1].isdigit()
    ]
    assert sizes == [14, 27, 54, 108]


def test_errors_in_evaluating(fails: Fails, write: Write, trained: str) -> None:
    write("a.csv", "text,topic\na b,x\nc d,y\ne f,x\ng h,y\n")
    evaluate = ["classify", "evaluate"]
    assert fails(2, *evaluate, trained) == "c is a folder; give the FILE with labelled rows to test it on after it."
    assert fails(2, *evaluate, "a", "b", "c") == "One classifier and one file are tested, not 3 things."
    assert fails(2, *evaluate, trained, "a.csv", "--learning-curve") == (
        "--learning-curve is for cross-validation; c is trained already: give the FILE alone."
    )
    assert fails(2, *evaluate, trained, "a.csv", "--head", "knn").startswith("--head is for cross-validation")
    assert fails(2, *evaluate, trained, "a.csv", "--multi-label") == (
        "The classifier gives one label a row: leave out --multi-label."
    )
    assert fails(1, *evaluate, "a.csv", *TOPIC, "-m", "use") == (
        "a.csv: There are 4 rows with labels, too few for 5 folds; 10 at least are needed."
    )
    assert fails(1, *evaluate, "a.csv", *TOPIC, "-m", "use", "--group-column", "doc") == (
        "a.csv: there is no column 'doc' to group by."
    )
    assert fails(2, *evaluate, "a.csv", *TOPIC, "--plot", "a.gif").startswith("A picture is written as")
    assert fails(2, *evaluate, "a.csv", *TOPIC, "--plot", "a.svg", "--multi-label").startswith("--plot and --suspects")
    assert (
        fails(2, *evaluate, "a.csv", *TOPIC, "--suspects", "a.csv")
        == "--suspects a.csv is a file that is read or written already; give another name."
    )
    assert fails(1, *evaluate, "a.csv", *TOPIC, "--suspects", "no/s.jsonl") == (
        "no/s.jsonl cannot be written: its folder does not exist."
    )


def test_explaining(run: Run, trained: str) -> None:
    result = run("classify", "explain", trained, "Wie kann ich mein Passwort zurücksetzen?", "-n", "2")
    lines = result.out.splitlines()
    assert lines[0] == "Wie kann ich mein Passwort zurücksetzen?"
    assert lines[1].startswith("→ account: probability ")
    assert lines[1].endswith("; language de")
    assert lines[2].split() == ["nearness", "label", "lang", "example"]
    assert lines[4].split(maxsplit=3)[1:] == ["account", "en", "How do I reset my password?"]
    assert len(lines) == 6
    (facts,) = run("classify", "explain", trained, "Wo ist mein Paket?", "-f", "jsonl", "-n", "1").rows
    assert (facts["label"], facts["lang"], facts["reason"]) == ("delivery", "de", None)
    assert facts["examples"][0]["text"] == "Where can I track my parcel?"


def test_explaining_why_there_is_no_answer(run: Run, trained: str) -> None:
    result = run("classify", "explain", trained, "zxqv wrtk plmn", "--target-precision", "0.95", "-n", "0")
    lines = result.out.splitlines()
    assert lines[1].startswith("→ unknown (at best ")
    assert lines[2].startswith("  no answer, because ")


def test_explaining_a_file(run: Run, fails: Fails, write: Write, trained: str) -> None:
    write("a.csv", "title,language\nOù est mon colis ?,fr\nWo ist mein Paket?,de\n")
    rows = run("classify", "explain", trained, "--file", "a.csv", "-f", "tsv", "-n", "2").table
    assert [(row["text"], row["label"]) for row in rows] == [
        ("Où est mon colis ?", "delivery"),
        ("Où est mon colis ?", "delivery"),
        ("Wo ist mein Paket?", "delivery"),
        ("Wo ist mein Paket?", "delivery"),
    ]
    assert fails(2, "classify", "explain", trained) == "Give texts to classify, or --file FILE."
    assert fails(2, "classify", "explain", trained, "x", "--file", "a.csv") == "Give texts to classify, or --file FILE."
    assert fails(2, "classify", "explain", trained, "x", "--text-column", "a").startswith(
        "--input-format, --text-column"
    )
    assert fails(1, "classify", "explain", trained, " ").startswith("the text holds only")


def test_suggesting(run: Run, write: Write, trained: str) -> None:
    write("pool.jsonl", jsonl("de", "fr", "es", kept=lambda text: text.kind))
    result = run("classify", "suggest", trained, "pool.jsonl", "-n", "6", "--per-language")
    given = [json.loads(line) for line in Path("pool.jsonl").read_text(encoding="utf-8").splitlines()]
    assert Counter(row["lang"] for row in result.rows) == {"de": 2, "fr": 2, "es": 2}
    for row in result.rows:
        assert {name: row[name] for name in given[0]} in given
        assert list(row)[-3:] == ["why", "best", "margin"]
        assert row["why"].startswith(f"unsure: {row['best']} or ")
    assert "pool.jsonl: chose 6 of 144 rows, in de 2, es 2, fr 2" in result.err
    again = run("classify", "suggest", trained, "pool.jsonl", "-n", "6", "--per-language")
    assert again.out == result.out


def test_suggesting_from_nothing(run: Run, fails: Fails, write: Write) -> None:
    texts = [text.text for text in load_corpus(["en"])]
    body = "".join(f'{number},"{text}",{"x" if number < 40 else ""}\n' for number, text in enumerate(texts))
    write("pool.csv", "nr,text,label\n" + body)
    result = run(
        "classify", "suggest", "--cold", "pool.csv", "-n", "3", "--label-column", "label", "-f", "csv", "-m", "use"
    )
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert len({row["nr"] for row in rows}) == 3
    assert all(int(row["nr"]) >= 40 for row in rows)
    assert list(rows[0]) == ["nr", "text", "label", "why", "lang"]
    assert "pool.csv: chose 3 of 8 rows (40 have a label already), in en 3" in result.err
    suggest = ["classify", "suggest"]
    assert fails(2, *suggest, "pool.csv") == (
        "Give a classifier's FOLDER and a FILE of rows, or --cold FILE to start without a classifier."
    )
    assert fails(2, *suggest, "--cold", "c", "pool.csv") == (
        "One file is chosen from, without a classifier with --cold; 2 things are given."
    )
    assert fails(2, *suggest, "c", "pool.csv", "-m", "use").startswith("--model and --precision are for --cold")
    assert (
        fails(1, *suggest, "--cold", "pool.csv", "-m", "use", "--label-column", "no")
        == "pool.csv: there is no column 'no'."
    )
    write("done.csv", "text,label\na b,x\n")
    assert fails(1, *suggest, "--cold", "done.csv", "-m", "use", "--label-column", "label") == (
        "done.csv: all 1 rows have a label in 'label'; there is nothing left to choose."
    )
