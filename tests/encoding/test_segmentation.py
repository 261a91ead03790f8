"""Words segmented together get the pieces that each gets alone, and those that ``tokenizers`` gives."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua import Encoder, load_corpus
from interlingua.encoding import vocabulary as module
from interlingua.encoding.vocabulary import Vocabulary
from interlingua.models.files import VOCABULARY_FILE
from interlingua.models.store import folder_of
from interlingua.models.tokenizer_file import Unigram, nmt_nfkc
from interlingua.models.vocabulary_file import write_vocabulary

ALPHABETS = [
    "ab",
    "ph",
    "etaoinshr'-.",
    "的是不了在人有我他这",
    "あいうのをカキクー",
    "กขคะาำิ็่",
    "비밀번호를가나다",
    "ابتةنلمو",
    "кирлицаё",
    "▁a",
    "\U00010330\U00010331\U00016800",  # Gothic and Bamum: in no vocabulary
    "\U0001f600\U0001f468\u200d\U0001f469\ufe0f",
    "\x00\x01\ue000é",
]
words = st.lists(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" "), min_size=1, max_size=12),
        st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(letters, min_size=1, max_size=40)),
    ),
    min_size=1,
    max_size=30,
)

# All ways to segment a word of these characters have the same score.
TIES = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0), ("a", -2.0), ("b", -2.0), ("ab", -4.0), ("▁a", -6.0)]
TIES += [("ba", -4.0), ("aba", -6.0), ("▁ab", -8.0), ("bab", -6.0), ("aa", -4.0)]


@pytest.fixture(scope="module", params=["e5", "use"])
def vocabulary(request: pytest.FixtureRequest, model_cache: Path) -> Vocabulary:
    """Each bundled vocabulary."""
    encoder: Encoder = request.getfixturevalue(request.param)
    encoder.load()
    return Vocabulary(folder_of(encoder.card, model_cache) / VOCABULARY_FILE)


@pytest.fixture(scope="module")
def ties(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """A vocabulary in which nearly every word has several best ways."""
    folder = tmp_path_factory.mktemp("ties")
    write_vocabulary(
        folder, Unigram(TIES, unknown=2, begin=("<s>", 0), end=("</s>", 1), others=(), normalizer=nmt_nfkc())
    )
    return Vocabulary(folder / VOCABULARY_FILE)


def alone(vocabulary: Vocabulary, words: list[str]) -> list[bytes]:
    return [vocabulary._alone(word) for word in words]


def numbers(ids: bytes) -> list[int]:
    return np.frombuffer(ids, dtype=np.int32).tolist()


@settings(deadline=None, max_examples=150)
@given(words=words)
def test_together_is_as_alone(vocabulary: Vocabulary, words: list[str]) -> None:
    assert vocabulary._segment_block(words) == alone(vocabulary, words)


@settings(deadline=None, max_examples=150)
@given(words=st.lists(st.text("abx", min_size=1, max_size=20), min_size=1, max_size=20))
def test_of_equal_ways_the_same_stays(ties: Vocabulary, words: list[str]) -> None:
    assert ties._segment_block(words) == alone(ties, words)


def test_known_answers_with_ties(ties: Vocabulary) -> None:
    # Into each place leads the piece that begins earliest.
    expected = {"ab": [10], "abab": [7, 11], "aa": [3, 12], "xx": [3, 2], "axxb": [7, 2, 5], "bax": [3, 8, 2]}
    assert [numbers(ids) for ids in ties._segment_block(list(expected))] == list(expected.values())
    assert [numbers(ids) for ids in alone(ties, list(expected))] == list(expected.values())


def test_many_random_words(vocabulary: Vocabulary) -> None:
    rng = random.Random(20)
    many = ["".join(rng.choices(rng.choice(ALPHABETS), k=rng.choice([1, 2, 5, 17, 60, 300]))) for _ in range(2000)]
    assert vocabulary.segment(many) == alone(vocabulary, many)


def test_all_words_of_the_demo_corpus(vocabulary: Vocabulary) -> None:
    many = [word for item in load_corpus() for word in item.text.split()]
    assert vocabulary.segment(many) == alone(vocabulary, many)


def test_the_size_of_the_blocks_does_not_matter(vocabulary: Vocabulary, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [word for item in load_corpus() for word in item.text.split()][:300]
    whole = vocabulary.segment(many)
    monkeypatch.setattr(module, "_MANY_CHARACTERS", 50)
    assert vocabulary.segment(many) == whole


@pytest.mark.parametrize("place", [0, 20, 40])
def test_a_word_as_long_as_a_book_among_short_ones(vocabulary: Vocabulary, place: int) -> None:
    many = ["short", "语言"] * 20
    many.insert(place, "我无法登录我的账号。" * 8_000)
    assert vocabulary.segment(many) == alone(vocabulary, many)


@pytest.mark.parametrize("length", [15, 16, 17, 700])
@pytest.mark.parametrize("character", list("aа的ก가▁-0\U00010330\u0301"))
def test_runs_of_one_character(vocabulary: Vocabulary, character: str, length: int) -> None:
    many = [character * length] * 10
    assert vocabulary._segment_block(many) == alone(vocabulary, many)


def test_no_words(vocabulary: Vocabulary) -> None:
    assert vocabulary.segment([]) == []
