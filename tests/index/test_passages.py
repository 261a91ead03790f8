"""Passages: whole sentences, exact offsets, nothing lost, nothing longer than the model reads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder
from interlingua.index.index import Index
from interlingua.index.passages import split
from interlingua.types import Vectors


class Words(FakeEncoder):
    """An encoder that reads at most so many words, or characters where there are no spaces."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.card = SimpleNamespace(max_tokens=limit, location="", precision="exact")
        self.read: list[str] = []

    def token_ids(self, sentences: Sequence[str], _prompt: str = "symmetric") -> list[list[int]]:
        counted = [len(text.split()) if " " in text else len(text) for text in sentences]
        return [[0] * min(self.card.max_tokens, count + 3) for count in counted]

    def encode_document(self, sentences: Sequence[str]) -> Vectors:
        self.read += sentences
        return super().encode(sentences)


TEXT = " ".join(f"Sentence {number} tells how much it is, namely {number}." for number in range(60))


def assert_covers(text: str, passages: list[tuple[int, int]]) -> None:
    seen = np.zeros(len(text), dtype=bool)
    for start, stop in passages:
        assert 0 <= start < stop <= len(text)
        seen[start:stop] = True
    assert not "".join(one for one, there in zip(text, seen, strict=True) if not there).strip()
    assert passages == sorted(set(passages))


def test_sentences_stay_whole_and_the_last_is_told_again() -> None:
    passages = split(TEXT, "en", Words(40), 30)
    assert_covers(TEXT, passages)
    parts = [TEXT[start:stop] for start, stop in passages]
    assert all(part.startswith("Sentence ") and part.endswith(".") for part in parts)
    assert all(len(part.split()) <= 30 for part in parts)
    for (_, stop), (start, _) in pairwise(passages):
        assert TEXT[start:stop].count("Sentence") == 1
    assert passages == split(TEXT, "en", Words(40), 30)


def test_what_fits_stays_whole() -> None:
    assert split(TEXT, "en", FakeEncoder()) == [(0, len(TEXT))]
    assert split(TEXT, "en", Words(2000)) == [(0, len(TEXT))]
    assert split("short", "en", Words(40)) == [(0, 5)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "今天天气很好。你去哪里？我们去公园吧！" * 30),
        ("ja", "「はい。」と彼は言った。明日は雨です。" * 30),
        ("th", "สวัสดีครับ ผมชื่อจอห์น วันนี้อากาศดีมากครับ " * 40),
        ("km", "ខ្ញុំទៅផ្សារ។ ថ្ងៃនេះក្តៅ។ " * 40),
        ("hi", "यह एक वाक्य है। वह दूसरा है॥ " * 40),
        ("en", "no marks at all and no capitals " * 100),
        ("en", "line\nanother line\n\n  a paragraph  \r\n" * 60),
        (None, "x" * 3000),
        (None, "é́̂" * 900),
        ("de", "Das ist z. B. am 3. Mai so. Dr. Müller kam. 😀 Gut! " * 40),
    ],
)
def test_every_script(lang: str | None, text: str) -> None:
    encoder = Words(64)
    passages = split(text, lang, encoder)
    assert len(passages) > 1
    assert_covers(text, passages)
    parts = [text[start:stop] for start, stop in passages]
    assert max(len(ids) for ids in encoder.token_ids(parts)) < 64
    assert all(part == part.strip() for part in parts)


def test_abbreviations_end_no_sentence() -> None:
    text = "Das gilt z. B. für Dr. Müller am 3. Mai dort. " * 30
    parts = [text[start:stop] for start, stop in split(text, "de", Words(40), 30)]
    assert all(part.startswith("Das gilt") and part.endswith("Mai dort.") for part in parts)


def test_the_model_reads_every_passage_whole(e5: Encoder) -> None:
    for lang, text in (("en", TEXT * 4), ("zh", "今天天气很好，我们去公园。" * 150), ("th", "วันนี้อากาศดีมากครับ" * 150)):
        passages = split(text, lang, e5)
        assert len(passages) > 2
        assert_covers(text, passages)
        lengths = [len(ids) for ids in e5.token_ids([text[start:stop] for start, stop in passages], "document")]
        assert max(lengths) < e5.card.max_tokens


def test_hits_are_passages(tmp_path: Path) -> None:
    encoder = Words(40)
    index = Index.create(tmp_path / "index", encoder)
    long = TEXT.replace("Sentence 31 ", "Marmalade 31 ")
    index.add([{"id": "long", "text": long, "lang": "en"}, {"id": "short", "text": "Just a line.", "lang": "en"}])
    assert len(encoder.read) == index.info().passages > 2
    wanted = next(text for text in encoder.read if "Marmalade" in text)
    hits = index.search(wanted, 5, fair=False)
    assert [hit.id for hit in hits] == ["long", "short"]
    assert hits[0].text == wanted == long[hits[0].start : hits[0].stop]
    assert hits[0].score == pytest.approx(1.0, abs=1e-5)
    assert (hits[1].text, hits[1].start, hits[1].stop) == ("Just a line.", None, None)
    every = index.search(wanted, 100, fair=False, group=False)
    assert len(every) == index.info().passages
    assert len({(hit.id, hit.start) for hit in every}) == len(every)
    assert [hit.score for hit in every] == sorted((hit.score for hit in every), reverse=True)


def test_an_index_without_passages(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index", Words(40), passages=False)
    index.add([{"id": "long", "text": TEXT, "lang": "en"}])
    assert index.info().passages == 1
