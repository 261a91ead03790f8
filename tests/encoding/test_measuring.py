"""Measuring: texts are as long as wanted and differ, rates and times are those of what is measured, a fresh process too."""

from __future__ import annotations

import random
import re
import time

import pytest

from interlingua import Encoder, InputError, InterlinguaError
from interlingua.encoding import measuring
from interlingua.encoding.machine import matrix_rate, peak_memory, this_machine
from interlingua.encoding.measuring import (
    TextMaker,
    measure_fresh_process,
    measure_latency,
    measure_rate,
    median,
    percentile,
)

WORDS = random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=9000)
DOCUMENT = ["".join(WORDS[start : start + 1 + start % 8]) for start in range(0, 9000, 9)]
LIMIT = 40


def count(texts: list[str]) -> list[int]:
    """A token a word, and two that a model adds; cut at the limit."""
    return [min(LIMIT, len(text.split()) + 2) for text in texts]


@pytest.mark.parametrize("length", [3, 10, 30])
def test_texts_are_distinct_and_as_long_as_wanted(length: int) -> None:
    texts, tokens = TextMaker([DOCUMENT, DOCUMENT[::-1]], count, limit=LIMIT).make(length, 100)
    assert len(texts) == len(set(texts)) == 100
    assert tokens == count(texts)
    assert all(abs(n - length) <= max(2, length // 10) for n in tokens)
    assert all(text == text.strip() and text for text in texts)


def test_texts_that_may_have_been_cut_are_not_taken() -> None:
    _, tokens = TextMaker([DOCUMENT], count, limit=LIMIT).make(LIMIT - 2, 50)
    assert max(tokens) < LIMIT


def test_texts_of_a_seed_are_the_same() -> None:
    def made(seed: int) -> list[str]:
        return TextMaker([DOCUMENT], count, seed=seed).make(10, 5)[0]

    assert made(1) == made(1) != made(2)


def test_text_is_cut_between_words_and_not_before_a_mark() -> None:
    for text in TextMaker([DOCUMENT], count).make(6, 50)[0]:
        assert set(text.split()) <= set(DOCUMENT)
    thai = ["น้ำดื่มสะอาดมีอยู่ทั่วไปในหมู่บ้านแห่งนี้" * 3]
    texts, _ = TextMaker([thai], lambda texts: [len(text) + 2 for text in texts]).make(12, 20)
    assert texts
    assert not any(text[0] in "\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49" for text in texts)


def test_fewer_texts_where_there_are_no_more() -> None:
    texts, tokens = TextMaker([["one", "two"]], count).make(3, 1000)
    assert 2 <= len(texts) == len(tokens) < 20
    with pytest.raises(InputError, match="no documents"):
        TextMaker([[], [""]], count)


def test_texts_in_all_languages_of_a_model(use: Encoder) -> None:
    texts, tokens = TextMaker(
        [["Where is the station?", "It is raining."], ["駅はどこですか。雨が降っています。"]],
        lambda texts: [len(ids) for ids in use.token_ids(texts)],
    ).make(8, 10)
    assert [len(ids) for ids in use.token_ids(texts)] == tokens
    assert any(text.isascii() for text in texts)
    assert any(not text.isascii() for text in texts)


def test_the_rate_is_that_of_the_work() -> None:
    given: list[list[str]] = []

    def encode(texts: list[str]) -> None:
        given.append(texts)
        time.sleep(0.002 * len(texts))

    pool = [f"text {number}" for number in range(10_000)]
    rates = measure_rate(encode, lambda count: pool[:count], rounds=3, seconds=0.05, lanes=2)
    assert len(rates) == 3
    assert all(100 < rate < 500 for rate in rates)
    rounds = given[-3:]
    assert all(len(texts) % 2 == 0 for texts in rounds)
    assert len({text for texts in rounds for text in texts}) == sum(map(len, rounds)), "each round has other texts"


def test_a_round_goes_over_few_texts_again() -> None:
    calls: list[int] = []

    def encode(texts: list[str]) -> None:
        assert len(set(texts)) == len(texts), "equal texts would be embedded once"
        calls.append(len(texts))
        time.sleep(0.001)

    rates = measure_rate(encode, lambda count: list("abc")[:count], rounds=2, seconds=0.05)
    assert calls[-4:] == [3, 3, 3, 3]
    assert max(rates) < 3000
    with pytest.raises(InputError, match="no texts"):
        measure_rate(encode, lambda _count: [], rounds=1, seconds=0.01)


def test_latency_stops_in_time_but_not_before_five() -> None:
    asked: list[str] = []
    queries = [str(number) for number in range(300)]
    assert len(measure_latency(asked.append, queries, seconds=60)) == 300
    assert asked == queries[:5] + queries
    taken = measure_latency(lambda _query: time.sleep(0.002), queries, seconds=0)
    assert len(taken) == 5
    assert min(taken) >= 0.002


def test_percentiles() -> None:
    values = [4.0, 1.0, 3.0, 2.0]
    assert [percentile(values, share) for share in (0, 0.5, 1)] == [1.0, 2.5, 4.0]
    assert percentile([7.0], 0.99) == 7.0
    assert median(values) == 2.5
    with pytest.raises(InputError, match="no values"):
        percentile([], 0.5)


def test_a_fresh_process(use: Encoder) -> None:
    use.load()
    options = {"model": use.name, "threads": 1}
    one = measure_fresh_process(options)
    more = measure_fresh_process(options, ["Where is the station?", "駅はどこですか。"])
    assert 0.1 < one.seconds < 60
    if one.peak_mib is not None and more.peak_mib is not None:
        assert 30 < one.peak_mib < 1500
        assert more.peak_mib > 30


def test_a_fresh_process_that_fails_is_told_in_its_last_words() -> None:
    with pytest.raises(InterlinguaError, match=r"^A fresh process could not embed a text: .*'nonsense'"):
        measure_fresh_process({"model": "nonsense"})


def test_the_machine() -> None:
    machine = this_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert all(re.fullmatch("[a-z0-9_]+", name) for name in machine.extensions)
    assert 1e7 < matrix_rate(128, repeats=2) < 1e14
    assert (peak_memory() or 10) > 5


def test_a_machine_that_tells_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from interlingua.encoding import machine

    missing = machine.Path(str(tmp_path)) / "missing"
    monkeypatch.setattr(machine, "_CPUINFO", missing)
    monkeypatch.setattr(machine, "_STATUS", missing)
    assert machine.this_machine().extensions == ()
    assert machine.this_machine().processor
    assert (machine.peak_memory() or 10) > 5


def test_what_the_child_runs_is_python() -> None:
    compile(measuring._CHILD, "child", "exec")
