"""Which document is the translation of which: found by content, one to one, or said to have no counterpart."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, InputError, OptionError, UnknownLanguage
from interlingua.alignment import document_units
from interlingua.alignment.document_units import LanguageMeans, means_for, parts_of, read_units
from interlingua.alignment.documents import DocumentMatch, group_documents, match_documents
from interlingua.demo.corpus import load_corpus

SIZE = 6


def pages(lang: str) -> list[str]:
    """The demo corpus in one language, as eight documents of six sentences."""
    texts = [row.text for row in load_corpus() if row.lang == lang]
    return ["\n".join(texts[at : at + SIZE]) for at in range(0, len(texts), SIZE)]


def pairs(found: list[DocumentMatch]) -> list[tuple[int, int]]:
    return [(one.left, one.right) for one in found if one.left is not None and one.right is not None]


@pytest.mark.parametrize(("a", "b"), [("en", "fr"), ("de", "ja"), ("zh", "ru"), ("th", "es")])
def test_translations_are_found_whatever_the_order(use: Encoder, a: str, b: str) -> None:
    left, right = pages(a), pages(b)
    order = [5, 2, 7, 0, 3, 6, 1, 4]
    found = match_documents(use, left, [right[row] for row in order], left_langs=a, right_langs=b)
    assert pairs(found) == [(row, order.index(row)) for row in range(8)]
    assert len(found) == 8
    assert all(one.probability > 0.9 and one.shared > 0.5 for one in found)


def test_no_counterpart_on_either_side(use: Encoder) -> None:
    left, right = pages("en"), pages("fr")
    found = match_documents(use, left[:5], right[3:], left_langs="en", right_langs="fr")
    assert pairs(found) == [(3, 0), (4, 1)]
    assert [(one.left, one.right) for one in found] == [(0, None), (1, None), (2, None), (3, 0), (4, 1)] + [
        (None, row) for row in (2, 3, 4)
    ]
    alone = [one for one in found if one.left is None or one.right is None]
    assert all(one.probability < 0.5 and one.shared < 0.2 and one.nearest is not None for one in alone)


def test_versions_that_differ_and_boilerplate(use: Encoder) -> None:
    notice = {
        "en": "This page is out of date. Please help us.",
        "de": "Diese Seite ist veraltet. Bitte helfen Sie uns.",
    }
    left = [f"{notice['en']}\n{page}\n{notice['en']}" for page in pages("en")]
    # Of each page another half is there, in its order.
    right = [
        "\n".join([notice["de"], *page.splitlines()[row % 3 : row % 3 + 4]]) for row, page in enumerate(pages("de"))
    ]
    assert pairs(match_documents(use, left, right)) == [(row, row) for row in range(8)]


def test_the_order_of_sentences_tells_apart(use: Encoder) -> None:
    lines = "\n".join(pages("en")[:3]).splitlines()
    other = "\n".join(pages("it")[:3]).splitlines()
    left = ["\n".join(lines), "\n".join(lines[::-1])]
    right = ["\n".join(other[::-1]), "\n".join(other)]
    assert pairs(match_documents(use, left, right, min_probability=0.0)) == [(0, 1), (1, 0)]


def test_a_heap_of_languages_is_grouped(use: Encoder) -> None:
    heap = [(lang, row, page) for lang in ("en", "fr", "de") for row, page in enumerate(pages(lang)[:4])]
    heap = [one for one in heap if one[:2] not in {("fr", 1), ("de", 1), ("de", 2)}]
    groups = group_documents(use, [page for *_, page in heap])
    told = [[(lang, heap[row][1]) for row, lang in zip(group.rows, group.langs, strict=True)] for group in groups]
    assert told == [
        [("en", 0), ("fr", 0), ("de", 0)],
        [("en", 1)],
        [("en", 2), ("fr", 2)],
        [("en", 3), ("fr", 3), ("de", 3)],
    ]
    assert groups[1].probabilities[0] < 0.5 < min(groups[0].probabilities)


def test_any_encoder_will_do(fake: FakeEncoder) -> None:
    left, right = pages("en"), pages("en")[::-1]
    assert pairs(match_documents(fake, left, right)) == [(row, 7 - row) for row in range(8)]


def test_one_of_each_and_none_at_all(use: Encoder, fake: FakeEncoder) -> None:
    (one,) = match_documents(use, pages("en")[:1], pages("fr")[:1])
    assert (one.left, one.right) == (0, 0)
    assert pairs(match_documents(use, pages("en")[:1], pages("fr")[1:2])) == []
    assert match_documents(fake, [], []) == []
    assert match_documents(fake, ["A text."], []) == [DocumentMatch(0, None, 0.0, 0.0)]
    assert match_documents(fake, [], ["A text."]) == [DocumentMatch(None, 0, 0.0, 0.0)]
    assert group_documents(fake, []) == []


def test_every_document_once_and_whatever_is_left(fake: FakeEncoder) -> None:
    random = np.random.default_rng(2)
    words = [f"word{number}" for number in range(50)]
    left, right = ([" ".join(random.choice(words, 30)) for _ in range(count)] for count in (30, 40))
    found = match_documents(fake, left, right, left_langs="en", right_langs="de", min_probability=0.0, candidates=3)
    rows = [[one.left for one in found if one.left is not None], [one.right for one in found if one.right is not None]]
    assert rows[0] == list(range(30))
    assert sorted(rows[1]) == list(range(40))
    assert found == match_documents(
        fake, left, right, left_langs="en", right_langs="de", min_probability=0.0, candidates=3
    )


def test_long_documents_are_bounded_and_large_heaps_lie_in_a_file(
    fake: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [" ".join(f"Sentence {row} of {number} tells this." for number in range(1200)) for row in "ab"]
    none = LanguageMeans({}, np.zeros(64, dtype=np.float32))
    in_memory = read_units(fake, texts, ["en", "en"], none)
    assert np.diff(in_memory.starts).tolist() == [document_units.MOST] * 2
    assert np.linalg.norm(in_memory.vectors.astype(np.float32), axis=1) == pytest.approx(1, abs=1e-2)
    monkeypatch.setattr(document_units, "IN_MEMORY", 1000)
    in_file = read_units(fake, texts, ["en", "en"], none)
    assert isinstance(in_file.vectors, np.memmap)
    assert np.array_equal(in_file.vectors, in_memory.vectors)


def test_what_is_said_everywhere_counts_less(fake: FakeEncoder) -> None:
    texts = [
        f"Copyright 201{row}.\nOnly here, {word}." for row, word in enumerate(["apples", "pears", "plums", "figs"])
    ]
    units = read_units(fake, texts, ["en"] * 4, means_for(fake, []))
    assert parts_of(texts[0], "en") == ["Copyright 2010.", "Only here, apples."]
    for row in range(4):
        notice, own = units.weights[units.of(row)]
        assert own > 3 * notice
        assert len(units.signs[row]) == 1


def test_what_cannot_be_done_is_refused(fake: FakeEncoder) -> None:
    with pytest.raises(InputError, match="right"):
        match_documents(fake, ["A text."], ["A text.", "  "])
    with pytest.raises(InputError, match="There are 1 texts but 2 languages"):
        match_documents(fake, ["A text."], ["A text."], left_langs=["en", "de"])
    with pytest.raises(UnknownLanguage):
        match_documents(fake, ["A text."], ["A text."], left_langs="xx1")
    with pytest.raises(OptionError, match="min_probability is a probability"):
        match_documents(fake, ["A text."], ["A text."], min_probability=2)
    with pytest.raises(OptionError, match="candidates must be"):
        group_documents(fake, ["A text."], candidates=0)
