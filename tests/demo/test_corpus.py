"""The demo corpus is what it says it is."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from collections import Counter
from importlib.resources import files

import pytest

from interlingua.demo.corpus import DEMO_LANGUAGES, DemoText, load_corpus
from interlingua.errors import UnknownLanguage

ITEMS = 48
TOPICS = {"account", "delivery", "payment", "technical", "product", "travel", "everyday", "knowledge"}
SCRIPTS = {
    "ru": {"CYRILLIC"},
    "ar": {"ARABIC"},
    "hi": {"DEVANAGARI"},
    "th": {"THAI"},
    "ko": {"HANGUL"},
    "ja": {"HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "CJK", "IDEOGRAPHIC"},
    "zh": {"CJK"},
    "el": {"GREEK"},
}
LATIN = {"LATIN"}
# How a question and a statement end, where it is not "?" and ".". Thai writes neither mark.
ENDINGS = {"ar": ("؟", "."), "hi": ("?", "।"), "ja": ("？", "。"), "zh": ("？", "。"), "el": (";", ".")}
# Words that people write in Latin letters whatever their own script.
FOREIGN = {"email"}


@pytest.fixture(scope="module")
def corpus() -> list[DemoText]:
    return load_corpus()


def scripts(text: str) -> set[str]:
    """The scripts of the letters and vowel signs of a text, words that are foreign everywhere left out."""
    kept = "".join(word for word in text.split() if word not in FOREIGN)
    return {unicodedata.name(c).split()[0] for c in kept if unicodedata.category(c)[0] in "LM"}


def test_every_item_is_there_once_in_every_language(corpus: list[DemoText]) -> None:
    assert len(corpus) == ITEMS * len(DEMO_LANGUAGES) == 864
    assert len({row.id for row in corpus}) == len(corpus)
    assert all(row.id == f"{row.item}.{row.lang}" for row in corpus)
    langs: dict[str, list[str]] = {}
    for row in corpus:
        langs.setdefault(row.item, []).append(row.lang)
    assert len(langs) == ITEMS
    assert all(tuple(found) == DEMO_LANGUAGES for found in langs.values())


def test_topic_and_kind_belong_to_the_item(corpus: list[DemoText]) -> None:
    of_item = {row.item: (row.topic, row.kind) for row in corpus}
    assert all(of_item[row.item] == (row.topic, row.kind) for row in corpus)
    assert Counter(topic for topic, _ in of_item.values()) == dict.fromkeys(TOPICS, 6)
    kinds = Counter(kind for _, kind in of_item.values())
    assert set(kinds) == {"question", "statement"}
    assert min(kinds.values()) >= 20


def test_no_two_texts_are_the_same(corpus: list[DemoText]) -> None:
    assert len({row.text.casefold() for row in corpus}) == len(corpus)


def test_texts_are_clean(corpus: list[DemoText]) -> None:
    for row in corpus:
        assert unicodedata.is_normalized("NFC", row.text), row.id
        assert row.text == row.text.strip(), row.id
        assert "  " not in row.text, row.id
        assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in row.text), row.id


@pytest.mark.parametrize("lang", DEMO_LANGUAGES)
def test_texts_are_in_the_script_of_their_language(corpus: list[DemoText], lang: str) -> None:
    allowed = SCRIPTS.get(lang, LATIN)
    for row in corpus:
        if row.lang == lang:
            found = scripts(row.text)
            assert found, row.id
            assert found <= allowed, (row.id, found)


def test_every_japanese_text_has_kana(corpus: list[DemoText]) -> None:
    assert all(scripts(row.text) & {"HIRAGANA", "KATAKANA"} for row in corpus if row.lang == "ja")


@pytest.mark.parametrize("lang", [lang for lang in DEMO_LANGUAGES if lang != "th"])
def test_questions_and_statements_end_as_their_language_ends_them(corpus: list[DemoText], lang: str) -> None:
    question, statement = ENDINGS.get(lang, ("?", "."))
    for row in corpus:
        if row.lang == lang:
            assert row.text.endswith(question if row.kind == "question" else statement), row.id


def test_the_marks_that_only_some_languages_have(corpus: list[DemoText]) -> None:
    for row in corpus:
        assert row.text.startswith("¿") == (row.lang == "es" and row.kind == "question"), row.id
        assert row.text.endswith(" ?") == (row.lang == "fr" and row.kind == "question"), row.id
        if row.lang == "th":
            assert row.text[-1] not in ".?!", row.id


def test_english_is_one_short_sentence(corpus: list[DemoText]) -> None:
    for row in corpus:
        if row.lang == "en":
            assert 5 <= len(row.text.split()) <= 14, row.id


def test_the_file_has_real_characters_and_its_keys_in_order() -> None:
    raw = files("interlingua.demo").joinpath("corpus.jsonl").read_text(encoding="utf-8")
    assert "\\u" not in raw
    assert raw.endswith("}\n")
    assert all(list(json.loads(line)) == ["id", "topic", "kind", "lang", "text"] for line in raw.splitlines())


def test_some_languages_only() -> None:
    some = load_corpus(["el", "fr", "fr"])
    assert len(some) == 2 * ITEMS
    assert [row.lang for row in some[:2]] == ["fr", "el"]
    assert some[0] == DemoText(
        id="password-reset.fr",
        item="password-reset",
        topic="account",
        kind="question",
        lang="fr",
        text="Comment puis-je réinitialiser mon mot de passe ?",
    )
    assert load_corpus("fr") == load_corpus(["fr"])
    assert load_corpus([]) == []


def test_an_unknown_language_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownLanguage, match=r"'xx', 'sv'") as caught:
        load_corpus(["en", "xx", "sv", "xx"])
    assert all(lang in str(caught.value) for lang in DEMO_LANGUAGES)


def test_texts_cannot_be_changed(corpus: list[DemoText]) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        corpus[0].text = "something else"  # type: ignore[misc]
    assert not hasattr(corpus[0], "__dict__")
