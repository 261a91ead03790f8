"""``interlingua bench``: what it prints is all there, and its numbers are possible ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from interlingua import Encoder
from interlingua.cli import bench
from interlingua.encoding import machine, measuring

Run = Callable[..., Any]


@pytest.fixture
def quick(use: Encoder, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A model that is fast, two rounds, a small matrix; fresh processes are only asked for."""
    use.load()
    started: list[dict[str, Any]] = []

    def fresh(options: dict[str, Any], texts: list[str] = []) -> measuring.Fresh:  # noqa: B006
        json.dumps(options)
        started.append({**options, "texts": texts})
        return measuring.Fresh(0.25 + len(started), 150.0 + len(texts))

    monkeypatch.setattr(bench, "_ROUNDS", 2)
    monkeypatch.setattr(bench, "_LENGTHS", (5, 50, 500))
    monkeypatch.setattr(bench, "_MOST_TEXTS", 100)
    monkeypatch.setattr(measuring, "measure_fresh_process", fresh)
    monkeypatch.setattr(machine, "matrix_rate", lambda: 123e9)
    return started


@pytest.mark.usefixtures("quick")
def test_every_measurement_is_there_and_possible(run: Run, use: Encoder) -> None:
    result = run("bench", "-m", "use", "--seconds", "1", "-f", "jsonl", "--threads", "1")
    assert (result.code, result.err) == (0, "")
    host, model, five, fifty, query, start, memory = result.rows
    assert (host["measure"], host["float32_gflops"], host["cores"] >= 1) == ("machine", 123.0, True)
    assert list(host) == ["measure", "processor", "cores", "extensions", "float32_gflops"]
    named = {"model": "use-multilingual-v3", "precision": "exact", "backend": use.backend, "threads": 1}
    assert model == {"measure": "model", **named}
    for row, tokens in ((five, 5), (fifty, 50)):
        assert (row["measure"], row["tokens"]) == ("throughput", tokens)
        assert abs(row["mean_tokens"] - tokens) <= max(2, tokens / 10)
        assert 0 < row["least"] <= row["texts_per_second"] <= row["most"]
        assert row["tokens_per_second"] == pytest.approx(row["texts_per_second"] * row["mean_tokens"], rel=0.02)
    assert (query["measure"], query["queries"] >= 5) == ("one query", True)
    assert 0 < query["p50_ms"] <= query["p99_ms"] < 10_000
    assert start == {"measure": "cold start", "starts": 5, "seconds": 3.25, "least": 1.25, "most": 5.25}
    assert memory["mib_one_text"] == 150.0
    assert memory["mib_many_texts"] == 150.0 + memory["texts"] > 150.0


def test_the_table(run: Run, quick: list[dict[str, Any]]) -> None:
    result = run("bench", "-m", "use", "--seconds", "1", "--precision", "fast", "--threads", "2")
    assert (result.code, result.err) == (0, "")
    first, title, head, _, *rows = [line for line in result.out.splitlines() if line]
    assert first.endswith(", 123 GFLOP/s in float32 matrices")
    assert re.fullmatch(r"use-multilingual-v3, fast, onnx \(.+\), 2 threads", title)
    assert head.split() == ["tokens", "texts/s", "range", "tokens/s"]
    assert re.fullmatch(r" *5 +[\d,.]+ +[\d,.]+ – [\d,.]+ +[\d,]+", rows[0])
    assert [row.split("   ")[0] for row in rows[4:]] == [
        "one query, median",
        "one query, 99 of 100",
        "cold start",
        "peak memory",
        "peak memory",
    ]
    assert "3.25 s" in rows[6]
    named = {"model": "use", "precision": "fast", "backend": "auto", "threads": 2}
    assert quick[0] == {**named, "device": None, "cache_dir": None, "texts": []}


@pytest.mark.parametrize(
    "arguments",
    [["--precision", "half"], ["--backend", "jax"], ["--threads", "0"], ["--seconds", "0"], ["--format", "tsv"]],
)
def test_values_that_do_not_exist(fails: Callable[..., str], arguments: list[str]) -> None:
    assert arguments[0] in fails(2, "bench", *arguments)


def test_a_real_run(run: Run, use: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    use.load()
    monkeypatch.setattr(bench, "_LENGTHS", (15,))
    monkeypatch.setattr(bench, "_STARTS", 1)
    rows = run("bench", "-m", "use", "--seconds", "1", "-f", "jsonl").rows
    start = next(row for row in rows if row["measure"] == "cold start")
    assert 0.1 < start["seconds"] < 60
    assert rows[0]["float32_gflops"] > 0.1
