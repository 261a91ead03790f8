"""``interlingua quality``: findings of a file of pairs, the worst first."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
Fails = Callable[..., str]

PAIRS = [
    ("en", "fr"),
    ("Your parcel will arrive within 5 days.", "Votre colis arrivera sous 15 jours."),
    ("We are closed on Sundays.", "Nous sommes fermés le dimanche."),
    ("Hello {name}, welcome back.", "Bonjour, bon retour."),
    ("Close the door, please.", "Das Wetter ist heute in Berlin schön und sonnig."),
    ("Thank you for your help.", ""),
]


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in PAIRS), encoding="utf-8")
    return path


def test_the_summary_and_the_worst(run: Run, pairs: Path) -> None:
    result = run("quality", str(pairs), "-m", "use")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "5 pairs, 1 of them without a finding (20%)"
    assert any(line.split() == ["number", "1", "0", "0"] for line in lines)
    assert any(line.split() == ["placeholder", "1", "0", "0"] for line in lines)
    assert "“5” in the source has no counterpart, “15” in the target has none." in result.out
    assert lines[lines.index("The worst:") + 3].lstrip().startswith("5   0.000")
    assert "We are closed" not in result.out


def test_json_lines_worst_first(run: Run, pairs: Path, tmp_path: Path) -> None:
    out = tmp_path / "findings.jsonl"
    rows = run("quality", str(pairs), "-m", "use", "-f", "jsonl", "--output", str(out)).rows
    assert rows == [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["score"] for row in rows] == sorted(row["score"] for row in rows)
    assert rows[-1]["row"] == 2
    (one,) = [row for row in rows if row["row"] == 1]
    assert one["findings"] == [
        {
            "kind": "number",
            "severity": "error",
            "message": "“5” in the source has no counterpart, “15” in the target has none.",
            "source_spans": [[31, 32]],
            "target_spans": [[26, 28]],
        }
    ]
    assert (one["source_lang"], one["target_lang"]) == ("en", "fr")


def test_tsv(run: Run, pairs: Path) -> None:
    table = run("quality", str(pairs), "-m", "use", "-f", "tsv").table
    assert len(table) == 5
    assert table[-1]["findings"] == ""


def test_only_some_kinds(run: Run, pairs: Path) -> None:
    rows = run("quality", str(pairs), "-m", "use", "-f", "jsonl", "--only", "number", "--only", "placeholder").rows
    assert sorted(finding["kind"] for row in rows for finding in row["findings"]) == ["number", "placeholder"]


def test_the_least_severity(run: Run, pairs: Path) -> None:
    rows = run("quality", str(pairs), "-m", "use", "-f", "jsonl", "--min-severity", "error").rows
    assert {finding["severity"] for row in rows for finding in row["findings"]} == {"error"}


def test_failing_below_a_score(run: Run, pairs: Path) -> None:
    result = run("quality", str(pairs), "-m", "use", "--fail-below", "0.3")
    assert result.code == 1
    assert result.err.startswith(("3 pairs have", "4 pairs have"))
    assert result.err.endswith("a score below 0.3\n")
    assert run("quality", str(pairs), "-m", "use", "--fail-below", "0").code == 0


def test_a_report(run: Run, pairs: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run("quality", str(pairs), "-m", "use", "--report", str(page), "--report-rows", "3")
    html = page.read_text(encoding="utf-8")
    assert html.count("<article>") == 3
    assert "below the 3 worst" in html
    assert '<mark class="error">{name}</mark>' in html


def test_a_translation_memory(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "memory.tmx"
    path.write_text(
        '<tmx><header srclang="en"/><body><tu><tuv xml:lang="en"><seg>Press <ph>{key}</ph> now.</seg></tuv>'
        '<tuv xml:lang="de"><seg>Jetzt drücken.</seg></tuv><tuv xml:lang="fr"><seg>Appuyez sur <ph>{key}</ph>.</seg></tuv></tu></body></tmx>',
        encoding="utf-8",
    )
    (row,) = run("quality", str(path), "-m", "use", "-f", "jsonl", "--lang-a", "en", "--lang-b", "de").rows
    assert row["findings"][0]["message"] == "Placeholder missing in the target: “{key}”."
    (row,) = run("quality", str(path), "-m", "use", "-f", "jsonl", "--lang-a", "en", "--lang-b", "fr").rows
    assert "placeholder" not in {finding["kind"] for finding in row["findings"]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fail-below", "2"], "--fail-below is a score from 0 to 1, not 2."),
        (["--prior", "0"], "prior is a share between 0 and 1, not 0.0."),
        (["--lang-a", "xx"], "'xx' is not a language code"),
        (
            ["--report", "same.x", "--output", "same.x"],
            "--report same.x is a file that is read or written already; give another name.",
        ),
        (["--only", "numbers"], "numbers"),
    ],
)
def test_wrong_usage(fails: Fails, pairs: Path, arguments: list[str], message: str) -> None:
    assert message in fails(2, "quality", str(pairs), "-m", "use", *arguments)


def test_problems_of_the_file(fails: Fails, tmp_path: Path) -> None:
    assert "no such file" in fails(1, "quality", str(tmp_path / "none.tsv"), "-m", "use")
    torn = tmp_path / "torn.tmx"
    torn.write_text('<tmx><body><tu><tuv xml:lang="en"><seg>Half', encoding="utf-8")
    out = tmp_path / "out.jsonl"
    assert "the file breaks off at line 1" in fails(1, "quality", str(torn), "-m", "use", "--output", str(out))
    assert not out.exists()
