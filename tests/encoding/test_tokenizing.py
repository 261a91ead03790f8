"""Taking texts apart at spaces changes no id: they are those of each text normalised and segmented whole."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interlingua import Encoder, load_corpus
from interlingua.encoding import tokenizing as module
from interlingua.encoding import word_cache
from interlingua.encoding.tokenizing import TextTokenizer
from interlingua.encoding.word_cache import WordCache
from interlingua.models.store import folder_of

NO_LIMIT = 10**9
# What the tokenizers' own library gives: e5-small, then use-multilingual-v3.
KNOWN = {
    "How do I change my password?": [
        [0, 11249, 54, 87, 15549, 759, 78506, 32, 2],
        [1, 1348, 61, 33, 1350, 179, 11007, 21, 2],
    ],
    "Wie ändere ich mein Passwort?": [
        [0, 4887, 6, 46371, 13, 654, 8172, 231305, 32, 2],
        [1, 2534, 6, 38806, 22, 242, 2959, 12157, 20525, 21, 2],
    ],
    "我无法登录我的账号。": [
        [0, 13129, 17989, 151347, 6688, 207920, 30, 2],
        [1, 325, 10967, 2976, 7058, 1372, 12917, 1436, 27, 2],
    ],
    "パスワードを忘れました。": [
        [0, 6, 191806, 181593, 6465, 30, 2],
        [1, 6, 17911, 26684, 153, 4429, 1108, 628, 27, 2],
    ],
    "ฉันลืมรหัสผ่านของฉัน": [
        [0, 59334, 121081, 214557, 119945, 2],
        [1, 6, 47893, 116570, 50278, 12823, 669, 47893, 2],
    ],
    "비밀번호를 잊어버렸어요.": [
        [0, 6, 144702, 688, 6, 157461, 2211, 15164, 91967, 38736, 5, 2],
        [1, 90255, 82725, 882, 6, 0, 3403, 14592, 65229, 3403, 13475, 8, 2],
    ],
    "لقد نسيت كلمة المرور.": [
        [0, 45869, 51498, 4982, 75104, 186487, 5, 2],
        [1, 72955, 7219, 115145, 70264, 31289, 14735, 8, 2],
    ],
    "pphpphpph": [[0, 915, 3958, 3958, 11727, 2], [1, 255, 2095, 2095, 8747, 2]],
    "\U00010330\U00010331 x \U0001f600\U0001f600": [
        [0, 6, 248246, 3, 1022, 21119, 244218, 2],
        [1, 6, 0, 257, 6, 0, 2],
    ],
}
# Spaces of all kinds, marks, joiners, letters that lean on their neighbours, forms that normalising takes apart.
ODD = " \t\n\r\x1c\x85\xa0\u1680\u2028\u3000\xad\u200b\u200c\u200d\u200e\u0300\u0301\u0308\u0323\u0340\u0341"
ODD += "\u0600\u06dd\u0d4e\u0e33\u0e01\uff76\uff9e\uff9f\u1100\u1161\u11a8\u0915\u0940\u094d\u0958\xa8\xb4\ufb01\u3300\u2460\u1e9b"
ODD += "\U0001f1e6\U0001f3fb\U0001f468\ufe0f\ue000\x00ax▁"
PROMPTS = ["", "query: ", "e", " ", "é ", "a  ", "\u0600 "]

odd_texts = st.text(st.sampled_from(ODD + "   "), max_size=12)
any_texts = st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.just(" ")), max_size=20)


@pytest.fixture(scope="module", params=["e5", "use"])
def model(request: pytest.FixtureRequest) -> str:
    """Each bundled model."""
    return str(request.param)


@pytest.fixture(scope="module")
def tokenizer(model: str, request: pytest.FixtureRequest, model_cache: Path) -> TextTokenizer:
    encoder: Encoder = request.getfixturevalue(model)
    encoder.load()
    return TextTokenizer(folder_of(encoder.card, model_cache), NO_LIMIT)


def whole(tokenizer: TextTokenizer, text: str, prompt: str) -> list[int]:
    """The ids of one text that is nowhere taken apart before it is normalised."""
    normal = tokenizer._normalise(prompt + tokenizer._prepare(text)[0])
    words = normal.split(" ") if normal else []
    ids = [number for word in words for number in memoryview(tokenizer._vocabulary._alone(word)).cast("i")]
    return [tokenizer._vocabulary.begin, *ids, tokenizer._vocabulary.end]


def test_known_answers(tokenizer: TextTokenizer, model: str) -> None:
    expected = [ids[model == "use"] for ids in KNOWN.values()]
    assert tokenizer.tokenize(list(KNOWN), "").ids == expected
    # Many at once are segmented in another way.
    assert tokenizer.tokenize(list(KNOWN) * 50, "").ids == expected * 50
    fresh = [f"{'x' * place} {text}" for place in range(1, 40) for text in KNOWN]
    assert [ids[-3:] for ids in tokenizer.tokenize(fresh, "").ids] == [ids[-3:] for ids in expected] * 39


@settings(deadline=None, max_examples=300)
@given(texts=st.lists(st.one_of(odd_texts, any_texts), min_size=1, max_size=8), prompt=st.sampled_from(PROMPTS))
@example(
    texts=["", " ", "a \u1680", "\u1680 a", "\u1680 b \u1680", "\u0340\u0301 a", "a \u0340\u0301", "\u0600 \u0308"],
    prompt="",
)
def test_odd_texts(tokenizer: TextTokenizer, texts: list[str], prompt: str) -> None:
    assert tokenizer.tokenize(texts, prompt).ids == [whole(tokenizer, text, prompt) for text in texts]


def test_words_of_all_languages_side_by_side(tokenizer: TextTokenizer) -> None:
    rng = random.Random(8)
    words = [word for item in load_corpus() for word in item.text.split()]
    words += ["", "\u200e", "\u0301a", "\u0600", "\u1680", "ｶﾞ", "ﾞ", "e\u0301", "\U0001f468\u200d"]
    texts = [" ".join(rng.choices(words, k=rng.randrange(1, 10))) for _ in range(3000)]
    assert tokenizer.tokenize(texts, "query: ").ids == [whole(tokenizer, text, "query: ") for text in texts]


def test_every_character_of_the_first_plane_beside_spaces(tokenizer: TextTokenizer) -> None:
    characters = [chr(code) for code in range(0x20, 0x10000, 7) if not 0xD800 <= code < 0xE000]
    texts = [f"{character} a{character} {character}b {character}" for character in characters]
    assert tokenizer.tokenize(texts, "").ids == [whole(tokenizer, text, "") for text in texts]


def test_blocks_change_nothing(tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [item.text for item in load_corpus()]
    expected = tokenizer.tokenize(texts, "")
    monkeypatch.setattr(module, "_BLOCK_CHARACTERS", 100)
    assert tokenizer.tokenize(texts, "") == expected


def test_rows_cut_in_several_blocks(tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "limit", 8)
    monkeypatch.setattr(module, "_BLOCK_CHARACTERS", 20)
    texts = ["short", "word " * 10, "short", " " * 1000 + "short", "word " * 1000]
    tokens = tokenizer.tokenize(texts, "")
    assert tokens.truncated == [1, 4]
    assert tokens.ids[0] == tokens.ids[2] == tokens.ids[3]
    assert tokens.ids[1] == tokens.ids[4]
    assert len(tokens.ids[1]) == 8


def test_forgetting_changes_nothing(tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [item.text for item in load_corpus()]
    expected = tokenizer.tokenize(texts, "").ids
    monkeypatch.setattr(word_cache, "_GENERATION", 7)
    assert [tokenizer.tokenize(texts[:20], "").ids for _ in range(3)] == [expected[:20]] * 3
    assert tokenizer.tokenize(texts, "").ids == expected


def test_threads_may_share_a_tokenizer(tokenizer: TextTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [item.text for item in load_corpus()]
    expected = tokenizer.tokenize(texts, "").ids
    monkeypatch.setattr(word_cache, "_GENERATION", 50)
    found: list[list[list[int]]] = []
    threads = [
        threading.Thread(target=lambda: found.extend(tokenizer.tokenize(texts, "").ids for _ in range(10)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 40


class TestWordCache:
    def test_what_is_met_again_is_remembered(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(word_cache, "_GENERATION", 10)
        cache = WordCache()
        cache.add({"often": b"1", "once": b"2"})
        for number in range(100):
            cache.add({str(number): b"3"})
            assert cache.find(["often", "never"]) == {"often": b"1"}
            assert len(cache) <= 20
        assert cache.find(["once"]) == {}

    def test_long_words_are_not_kept(self) -> None:
        cache = WordCache()
        cache.add({"x" * 32: b"1", "x" * 33: b"2"})
        assert list(cache.find(["x" * 32, "x" * 33])) == ["x" * 32]
