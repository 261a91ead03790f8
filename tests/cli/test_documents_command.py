"""``interlingua documents``: folders and files in, pairs or groups out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interlingua.cli.documents import with_languages_of_paths
from interlingua.demo.corpus import load_corpus
from interlingua.types import Record

MODEL = ("-m", "use-multilingual-v3")
SIZE = 6


def pages(lang: str) -> list[str]:
    texts = [row.text for row in load_corpus() if row.lang == lang]
    return ["\n".join(texts[at : at + SIZE]) for at in range(0, len(texts), SIZE)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four English pages; of two of them there is a French one, of one a German one; one German page is alone."""
    made = {
        "en/alpha.md": pages("en")[0],
        "en/beta.md": pages("en")[1],
        "en/gamma.txt": pages("en")[2],
        "en/delta.txt": pages("en")[3],
        "fr/un.md": pages("fr")[2],
        "fr/deux.md": pages("fr")[0],
        "de/eins.md": pages("de")[0],
        "de/zwei.md": pages("de")[7],
    }
    for name, text in made.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "docs"


def test_two_folders(run: Callable[..., object], tree: Path) -> None:
    result = run("documents", f"{tree}/en", f"{tree}/fr", *MODEL, "-f", "jsonl")
    assert result.code == 0
    assert [(row["left"], row["right"]) for row in result.rows] == [
        ("alpha.md", "deux.md"),
        ("beta.md", None),
        ("delta.txt", None),
        ("gamma.txt", "un.md"),
    ]
    assert list(result.rows[0]) == ["left", "right", "probability", "shared", "nearest"]
    assert result.rows[0]["probability"] > 0.9
    assert result.rows[0]["nearest"] is None
    assert result.rows[1]["nearest"] in ("deux.md", "un.md")
    assert f"2 pairs; 2 of 4 documents in {tree}/en have no counterpart; 0 of 2 documents in {tree}/fr" in result.err


def test_pairs_only(run: Callable[..., object], tree: Path) -> None:
    rows = run("documents", f"{tree}/en", f"{tree}/fr", *MODEL, "-f", "tsv", "--no-unmatched").table
    assert [(row["left"], row["right"]) for row in rows] == [("alpha.md", "deux.md"), ("gamma.txt", "un.md")]


def test_a_tree_of_many_languages(run: Callable[..., object], tree: Path) -> None:
    result = run("documents", str(tree), *MODEL, "-f", "jsonl")
    groups: dict[int, list[tuple[str, str]]] = {}
    for row in result.rows:
        groups.setdefault(row["group"], []).append((row["lang"], row["id"]))
    assert sorted(map(sorted, groups.values())) == [
        [("de", "de/eins.md"), ("en", "en/alpha.md"), ("fr", "fr/deux.md")],
        [("de", "de/zwei.md")],
        [("en", "en/beta.md")],
        [("en", "en/delta.txt")],
        [("en", "en/gamma.txt"), ("fr", "fr/un.md")],
    ]
    assert {row["documents"] for row in result.rows} == {1, 2, 3}
    assert "2 groups; 3 of 8 documents have no counterpart (en 4, de 2, fr 2)" in result.err
    assert len(run("documents", str(tree), *MODEL, "-f", "jsonl", "--no-unmatched").rows) == 5


def test_files_with_a_document_a_row(run: Callable[..., object], write: Callable[..., str]) -> None:
    left = write("left.csv", "id,text\n" + "".join(f'p{row},"{pages("en")[row]}"\n' for row in range(3)))
    right = write(
        "right.tsv", "name\tbody\n" + "".join(f"q{row}\t{' '.join(pages('es')[row].split())}\n" for row in (2, 0))
    )
    assert run("documents", left, right, *MODEL, "--id-column", "name").code == 1  # which the first has not
    right = write(
        "right.tsv", "id\ttext\n" + "".join(f"q{row}\t{' '.join(pages('es')[row].split())}\n" for row in (2, 0))
    )
    rows = run("documents", left, right, *MODEL, "-f", "jsonl", "--right-lang", "es").rows
    assert [(row["left"], row["right"]) for row in rows] == [("p0", "q0"), ("p1", None), ("p2", "q2")]


@pytest.mark.parametrize(
    ("paths", "langs"),
    [
        (["en/a.md", "fr/a.md", "readme.md"], ["en", "fr", None]),
        (["docs/pt-BR/a.md", "docs/zh-TW/a.md"], ["pt", "zh-Hant"]),
        (["a.en.md", "a.de.md", "b.de.md"], ["en", "de", "de"]),
        (["a_en.txt", "a_fr.txt", "b_new.txt"], ["en", "fr", None]),
        (["en.txt", "deu.txt"], ["en", "de"]),
        # One folder may be called anything.
        (["is/a.md", "is/b.md"], [None, None]),
        (["about.md", "contact.md"], [None, None]),
    ],
)
def test_languages_that_paths_name(paths: list[str], langs: list[str | None]) -> None:
    found = with_languages_of_paths([Record("text", path) for path in paths])
    assert [record.lang for record in found] == langs


def test_what_cannot_be_done_is_refused(fails: Callable[..., str], write: Callable[..., str], tree: Path) -> None:
    assert "cannot both come from standard input" in fails(2, "documents", "-", "-")
    assert "--right-lang is for the documents of RIGHT" in fails(2, "documents", str(tree), "--right-lang", "fr")
    assert "min_probability is a probability" in fails(2, "documents", str(tree), "--min-probability", "3")
    assert "nowhere" in fails(1, "documents", "nowhere", str(tree))
    write("docs/en/empty.md", "")
    assert "the file is empty" in fails(1, "documents", str(tree))
