"""``interlingua mine``: files of sentences in, pairs out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import interlingua as il
from interlingua.texts.reading import read_pairs
from interlingua.texts.tmx import read_tmx

MODEL = ("-m", "use-multilingual-v3")


@pytest.fixture
def files(write: Callable[..., str]) -> tuple[str, str]:
    """Forty sentences a side, of which 32 are on both, the second half in another order."""
    english, french = ([one.text for one in il.load_corpus(lang)] for lang in ("en", "fr"))
    return write("en.txt", "\n".join(english[:40]) + "\n"), write("fr.txt", "\n".join(french[:7:-1]) + "\n")


def right(rows: list[dict[str, str]]) -> float:
    """The share of pairs that are right: the French file begins with the last sentence."""
    return sum(int(row["source_id"]) == 49 - int(row["target_id"]) for row in rows) / len(rows)


def test_pairs_with_their_probability(run: Callable[..., object], files: tuple[str, str]) -> None:
    result = run("mine", *files, *MODEL)
    assert result.code == 0
    rows = result.table
    assert list(rows[0]) == [
        "score", "source_text", "target_text", "source_id", "target_id", "source_lang", "target_lang", "probability",
        "centred_cosine",
    ]  # fmt: skip
    assert 22 <= len(rows) <= 34
    assert right(rows) >= 0.85
    assert {(row["source_lang"], row["target_lang"]) for row in rows} == {("en", "fr")}
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert f"en.txt, fr.txt: {len(rows)} pairs (probability at least" in result.err
    assert "by the estimate" in result.err


def test_a_file_in_each_format(run: Callable[..., object], files: tuple[str, str]) -> None:
    wanted = [(row["source_text"], row["target_text"]) for row in run("mine", *files, *MODEL, "-f", "jsonl").rows]
    for name in ("pairs.tsv", "pairs.jsonl", "pairs.tmx"):
        assert run("mine", *files, *MODEL, "-o", name).code == 0
    lines = [json.loads(line) for line in Path("pairs.jsonl").read_text("utf-8").splitlines()]
    assert [(line["source_text"], line["target_text"]) for line in lines] == wanted
    assert [(pair.a, pair.b) for pair in read_tmx("pairs.tmx", lang_a="en", lang_b="fr")] == wanted
    columns = ("source_text", "target_text")
    assert [(pair.a, pair.b) for pair in read_pairs("pairs.tsv", columns=columns)] == wanted


def test_parquet(run: Callable[..., object], files: tuple[str, str]) -> None:
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    wanted = [row["source_id"] for row in run("mine", *files, *MODEL, "-f", "jsonl").rows]
    assert run("mine", *files, *MODEL, "-o", "pairs.parquet").code == 0
    assert pq.read_table("pairs.parquet").column("source_id").to_pylist() == wanted


def test_three_files_are_mined_each_with_each(
    run: Callable[..., object], files: tuple[str, str], write: Callable[..., str]
) -> None:
    german = write("de.txt", "\n".join(one.text for one in il.load_corpus("de")) + "\n")
    result = run("mine", *files, german, *MODEL, "-f", "jsonl")
    couples = {(row["source_file"], row["target_file"]) for row in result.rows}
    assert couples == {("en.txt", "fr.txt"), ("en.txt", "de.txt"), ("fr.txt", "de.txt")}
    assert run("mine", *files, german, *MODEL, "-o", "pairs.tmx").code == 2


def test_margins_and_thresholds(run: Callable[..., object], files: tuple[str, str]) -> None:
    for score in ("ratio", "distance", "absolute"):
        for retrieval in ("forward", "backward", "intersection", "max"):
            options = ("--score", score, "--retrieval", retrieval, "-f", "jsonl")
            everything = run("mine", *files, *MODEL, *options, "--threshold", "-9").rows
            scores = [row["score"] for row in everything]
            middle = scores[len(scores) // 2]
            some = run(
                "mine", *files, *MODEL, *options, "--threshold", str(middle - 1e-6)
            ).rows  # printed scores are rounded
            assert [row["score"] for row in some] == [one for one in scores if one >= middle]
            assert right(some) >= 0.85
    nothing = run("mine", *files, *MODEL, "--threshold", "2")
    assert nothing.code == 0
    assert nothing.out == ""
    assert "no pairs; about" in nothing.err


def test_what_is_left_out_is_counted(run: Callable[..., object], files: tuple[str, str]) -> None:
    text = Path(files[0]).read_text("utf-8")
    Path(files[0]).write_text(text + text.splitlines()[0].upper() + "\n12345\n+++\n", "utf-8")
    result = run("mine", *files, *MODEL)
    assert "en.txt: left out 3 of 43 sentences: no words 2, duplicate 1" in result.err
    assert "left out" not in run("mine", *files, *MODEL, "--no-filters").err


def test_a_folder_of_work_is_gone_on_with(run: Callable[..., object], files: tuple[str, str]) -> None:
    wanted = run("mine", *files, *MODEL)
    first = run("mine", *files, *MODEL, "--work", "work", "--max-memory", "1GB")
    again = run("mine", *files, *MODEL, "--work", "work")
    assert first.out == again.out == wanted.out
    refused = run("mine", *files, "-m", "e5-small", "--work", "work")
    assert refused.code == 2
    assert "begun with the model 'use-multilingual-v3', not with 'e5-small'" in refused.err
    assert refused.out == ""


def test_files_of_one_name_have_folders_of_their_own(run: Callable[..., object], tmp_path: Path) -> None:
    paths = []
    for lang in ("en", "fr", "de"):
        (tmp_path / lang).mkdir()
        paths.append(tmp_path / lang / "news.txt")
        paths[-1].write_text("\n".join(one.text for one in il.load_corpus(lang)[:12]), encoding="utf-8")
    files = [str(path) for path in paths]
    result = run("mine", *files, *MODEL[:2], "--langs", "en,fr,de", "--work", str(tmp_path / "work"))
    assert result.code == 0
    assert result.out == run("mine", *files, *MODEL[:2], "--langs", "en,fr,de").out
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == [f"{n}-news-news" for n in (1, 2, 3)]


def test_the_ensemble_leaves_out_a_model_that_does_not_know_the_language(
    run: Callable[..., object], write: Callable[..., str]
) -> None:
    hindi, english = ([one.text for one in il.load_corpus(lang)][:12] for lang in ("hi", "en"))
    result = run(
        "mine",
        write("hi.txt", "\n".join(hindi)),
        write("en.txt", "\n".join(english)),
        "-m",
        "ensemble",
        "--langs",
        "hi,en",
    )
    assert result.code == 0
    assert "e5-small alone is used" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("en.txt",), 2, "two files or more"),
        (("en.txt", "gone.txt"), 1, "gone.txt"),
        (("-", "-"), 2, "only one of the files can be standard input"),
        (("en.txt", "fr.txt", "--langs", "en"), 2, "a language for each of 2 files"),
        (("en.txt", "fr.txt", "--langs", "en,xx-yy-zz"), 2, "xx-yy-zz"),
        (("en.txt", "fr.txt", "--target-precision", "1"), 2, "above 0 and below 1"),
        (("en.txt", "fr.txt", "--threshold", "nan"), 2, "threshold is a number"),
        (("en.txt", "fr.txt", "-f", "parquet"), 2, "--out"),
        (("en.txt", "fr.txt", "-o", "pairs.doc"), 2, "the ending does not tell the format"),
        (("en.txt", "fr.txt", "--max-memory", "1GB"), 2, "--work"),
        (("en.txt", "fr.txt", "--min-size", "9", "--max-size", "3"), 2, "least size"),
        (("en.txt", "empty.txt"), 1, "empty.txt"),
        (("en.txt", "digits.txt"), 1, "digits.txt: nothing is left to be mined of 2 sentences (no words: 2)"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    run: Callable[..., object],
    files: tuple[str, str],
    write: Callable[..., str],
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    assert files
    write("empty.txt", "")
    write("digits.txt", "1\n2\n")
    result = run("mine", *arguments, *MODEL)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err
