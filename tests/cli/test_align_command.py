"""``interlingua align``: files in, rows of sentences that belong together out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interlingua.texts.tmx import read_tmx

ENGLISH = ["The shop opens at nine.", "", "Dogs are not allowed. Please pay in cash.", "Thank you for your visit."]
GERMAN = [
    "Der Laden öffnet um neun Uhr.",
    "Hunde sind nicht erlaubt.",
    "Bitte zahlen Sie bar.",
    "Danke für Ihren Besuch.",
]
MODEL = ("-m", "use-multilingual-v3", "--source-lang", "en", "--target-lang", "de")
PAIRS = [("1", "1"), ("3", "2,3"), ("4", "4")]


def lines(rows: list[str]) -> str:
    return "\n".join(rows) + "\n"


@pytest.fixture
def files(write: Callable[..., str]) -> tuple[str, str]:
    return write("a.en", lines(ENGLISH)), write("a.de", lines(GERMAN))


def test_rows_are_lines_of_the_files(run: Callable[..., object], files: tuple[str, str]) -> None:
    result = run("align", *files, *MODEL)
    assert result.code == 0
    assert [(row["source_rows"], row["target_rows"]) for row in result.table] == PAIRS
    assert list(result.table[0]) == ["score", "doubtful", "source_rows", "target_rows", "cosine", "source", "target"]
    assert result.table[1]["target"] == "Hunde sind nicht erlaubt. Bitte zahlen Sie bar."
    assert "a.en, " in result.err
    assert "a.de: 3 pairs, 0 without a counterpart; " in result.err


def test_json_lines_and_a_page(run: Callable[..., object], files: tuple[str, str], tmp_path: Path) -> None:
    page, out = tmp_path / "page.html", tmp_path / "out.jsonl"
    result = run("align", *files, *MODEL, "--html", str(page), "-o", str(out))
    assert result.code == 0
    assert result.out == ""
    assert '"source_rows": [3], "target_rows": [2, 3]' in out.read_text(encoding="utf-8")
    assert "Hunde sind nicht erlaubt. Bitte zahlen Sie bar.</div>" in page.read_text(encoding="utf-8")


def test_running_text(run: Callable[..., object], write: Callable[..., str]) -> None:
    ours, theirs = write("a.txt", " ".join(ENGLISH)), write("b.txt", " ".join(GERMAN))
    result = run("align", ours, theirs, *MODEL, "--split", "-f", "jsonl")
    assert [(row["source_rows"], row["target_rows"]) for row in result.rows] == [([n], [n]) for n in range(1, 5)]


def test_a_translation_memory(run: Callable[..., object], files: tuple[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out.tmx"
    assert run("align", *files, *MODEL, "-o", str(out)).code == 0
    pairs = list(read_tmx(out))
    assert [(pair.lang_a, pair.lang_b) for pair in pairs] == [("en", "de")] * 3
    assert pairs[2].a == "Thank you for your visit."


def test_two_folders(run: Callable[..., object], tmp_path: Path) -> None:
    for folder, name, rows in (
        ("en", "x.txt", ENGLISH), ("de", "x.md", GERMAN), ("en", "sub/y.txt", ENGLISH), ("de", "sub/y.txt", GERMAN),
        ("en", "only.txt", ENGLISH), ("en", "bad.txt", ENGLISH), ("de", "bad.txt", []),
    ):  # fmt: skip
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(lines(rows), encoding="utf-8")
    out = tmp_path / "out"
    result = run("align", str(tmp_path / "en"), str(tmp_path / "de"), *MODEL, "--out", str(out))
    assert result.code == 1
    assert [(row["source"], row["target"], row["pairs"]) for row in result.table] == [
        ("sub/y.txt", "sub/y.txt", "3"),
        ("x.txt", "x.md", "3"),
    ]
    assert sorted(path.name for path in out.rglob("*.tsv")) == ["x.tsv", "y.tsv"]
    assert "1 files have no counterpart by name: only.txt" in result.err
    assert "bad.txt" in result.err
    assert "1 of the pairs could not be aligned" in result.err


def test_files_that_differ_in_their_endings_only(run: Callable[..., object], tmp_path: Path) -> None:
    for folder, names, rows in (
        ("en", ["r.md", "r.txt", "s.md", "s.txt"], ENGLISH), ("de", ["r.md", "r.txt", "s.rst"], GERMAN)
    ):  # fmt: skip
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).write_text(lines(rows), encoding="utf-8")
    out = tmp_path / "out"
    result = run("align", str(tmp_path / "en"), str(tmp_path / "de"), *MODEL, "--out", str(out))
    assert [(row["source"], row["target"]) for row in result.table] == [
        ("r.md", "r.md"), ("r.txt", "r.txt"), ("s.md", "s.rst")
    ]  # fmt: skip
    assert sorted(path.name for path in out.iterdir()) == ["r.md.tsv", "r.txt.tsv", "s.tsv"]
    assert "1 files have no counterpart by name: s.txt" in result.err


def test_a_document_whose_language_is_not_known_does_not_stop_the_others(
    run: Callable[..., object], tmp_path: Path
) -> None:
    for name, sides in (("a.txt", (ENGLISH, GERMAN)), ("b.txt", (["12", "34"], ["12", "34"]))):
        for folder, rows in zip(("en", "de"), sides, strict=True):
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_text(lines(rows), encoding="utf-8")
    folders = (str(tmp_path / "en"), str(tmp_path / "de"))
    result = run("align", *folders, "-m", "use-multilingual-v3", "-f", "tmx", "--out", str(tmp_path / "out"))
    assert result.code == 1
    assert [row["source"] for row in result.table] == ["a.txt"]
    assert "tmx names the languages, and this one was not recognised" in result.err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a.en", "missing.txt"), 1, "there is no file or folder 'missing.txt'"),
        (("a.en", "empty.txt"), 1, "empty.txt"),
        (("a.en", "latin.txt"), 1, "latin.txt"),
        (("a.en", "long.txt"), 1, "line 1 has 10,000,000 characters, too many for a sentence; give --split"),
        (("a.en", "."), 2, "give two files or two folders"),
        ((".", "."), 2, "say with --out where the alignments are to be written"),
        (("-", "-"), 2, "cannot both come from standard input"),
        (("a.en", "a.de", "--pair", "content"), 2, "--pair is for two folders"),
        (("a.en", "a.de", "--min-score", "2"), 2, "--min-score is a probability from 0 to 1"),
        (("a.en", "a.de", "-o", "a.de"), 2, "--out a.de is a file that is read or written already"),
        (("a.en", "a.de", "-o", "out.xyz"), 2, "the ending does not tell the format"),
    ],
)
def test_what_is_refused(
    run: Callable[..., object],
    files: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    folder = Path(files[0]).parent
    monkeypatch.chdir(folder)
    (folder / "empty.txt").write_text("\n\n")
    (folder / "latin.txt").write_bytes("Grüße\n".encode("latin-1"))
    (folder / "long.txt").write_text("x" * 10_000_000)
    result = run("align", *arguments, *MODEL)
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert sorted(path.name for path in folder.glob("*.xyz")) == []
