"""Sentences: the marks of many scripts, abbreviations, quotations; nothing lost, and time that grows with the text alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.demo.corpus import load_corpus
from interlingua.texts.sentences import LONGEST_UNMARKED, sentences


def parts(text: str, lang: str | None = None) -> list[str]:
    return [text[start:stop] for start, stop in sentences(text, lang)]


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("en", ["Mr. Smith lives in the U.S. with J. K. Brown.", "He paid 3.50 for it.", "Really?", "Yes!"]),
        ("en", ["See Fig. 3 and No. 5.", "It was 1998.", "8 people came.", "Wait ... what is that?", "Well..."]),
        ("en", ['He said "Stop."', "Then he left.", "(It was late.)", "It ended so.[1]", "Nobody minded."]),
        ("en", ["1. First do this.", "2. Then do that."]),
        ("en", ["all in small letters.", "no capitals here!", "e.g. this one."]),
        ("de", ["Am 3. Mai kam z. B. Dr. Müller.", "Im 19. Jahrhundert war das usw.", "So war es 1998.", "Gut."]),
        ("de", ["Er rief: „Halt!“", "»Ja.«", "Dann ging er.", "„Warum?“ fragte sie."]),
        ("fr", ["« Halte ! »", "Il partit.", "« Quoi ? » dit-elle.", "M. Dupont lit la p. 5.", "Qu’est-ce ?"]),
        ("es", ["¿Qué es?", "¡No!", "El Sr. Pérez vino.", "Vale..."]),
        ("pl", ["Mam np. psa.", "Zob. str. 5.", "To jest dr Nowak.", "Koniec."]),
        ("ru", ["Он жил в г. Москве.", "И т. д.", "Это так!", "Правда?"]),
        ("el", ["Τι κάνεις;", "Καλά.", "Εσύ;"]),
        ("hy", ["Ես գնացի։", "Դու եկար։"]),
        ("ar", ["كيف حالك؟", "أنا بخير.", "شكرا!"]),
        ("ur", ["آپ کیسے ہیں؟", "میں ٹھیک ہوں۔", "شکریہ۔"]),
        ("hi", ["मैं गया।", "वह आया॥", "क्या?", "हाँ।"]),
        ("am", ["ሰላም ነው።", "እንዴት ነህ፧", "ደህና፡፡"]),
        ("my", ["ကျွန်တော်သွားတယ်။", "သင်သွားပါ။"]),
        ("km", ["ខ្ញុំទៅផ្សារ។", "ថ្ងៃនេះក្តៅ៕"]),
        ("bo", ["བོད་སྐད་ཡིན།", "ཁོང་རེད།"]),
        ("th", ["สวัสดีครับ ผมชื่อจอห์น", "คุณสบายดีไหม?", "ดีครับ"]),
        ("om", ["Inni bu’e.", "Akkas ta’u."]),
    ],
)
def test_one_text_in_many_languages(lang: str, wanted: list[str]) -> None:
    between = "\n" if lang == "th" else " "
    assert parts(between.join(wanted), lang) == wanted


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("ja", ["「行きます。」と彼は言った。", "本当ですか？", "はい！", "「そう。」", "3.5キロ走った。"]),
        ("zh", ["他说：“你好。”", "然后走了。", "好吗？！", "“再见。”", "（完。）"]),
        ("zh-Hant", ["他說：「你好。」", "然後走了。"]),
    ],
)
def test_without_spaces(lang: str, wanted: list[str]) -> None:
    assert parts("".join(wanted), lang) == wanted
    assert parts(" ".join(wanted), lang) == wanted


def test_line_ends_end_sentences() -> None:
    assert parts("A title\r\n\r\n  The text. It\nends\u2028here") == ["A title", "The text.", "It", "ends", "here"]
    assert parts("") == parts(" \n\t\n") == []


def test_what_is_never_closed_swallows_nothing() -> None:
    assert parts("He said (on Monday. She left. It rained.", "en") == ["He said (on Monday.", "She left.", "It rained."]
    assert parts('A 5" pipe. Two 6" pipes. Then a rod.', "en") == ['A 5" pipe.', 'Two 6" pipes.', "Then a rod."]


def test_glued_sentences_but_no_names() -> None:
    assert parts("The schools closed.On Monday they opened.", "en") == ["The schools closed.", "On Monday they opened."]
    for text in (
        "See example.com or Example.Com today",
        "Use Node.Js and Main.Html here",
        "Call System.out.println now",
    ):
        assert len(parts(text, "en")) == 1


def test_thai_is_cut_to_a_size_at_spaces() -> None:
    text = "วันนี้อากาศดีมากครับ ผมจะไปตลาดกับเพื่อน " * 20
    found = parts(text, "th")
    assert 40 < min(map(len, found)) <= max(map(len, found)) <= LONGEST_UNMARKED
    assert " ".join(found) == text.strip()
    # Without a space there is nowhere to cut, and other scripts are not cut at all.
    assert len(parts("ก" * 1000, "th")) == len(parts("no mark in this text " * 100, "en")) == 1


def test_the_demo_corpus() -> None:
    by_lang: dict[str, list[str]] = {}
    for row in load_corpus():
        by_lang.setdefault(row.lang, []).append(row.text)
    for lang, texts in by_lang.items():
        if lang == "th":
            continue
        found = set(parts(" ".join(texts), lang))
        assert len(found & set(texts)) >= 0.85 * len(texts), lang


@given(
    st.text(alphabet=st.sampled_from(list('aB1 \n.!?…。」“”"()[]»«;|။ก\u3000é－')), max_size=60),
    st.sampled_from(["en", "ja", "th", "de", None]),
)
def test_every_visible_character_is_in_one_sentence(text: str, lang: str | None) -> None:
    spans = sentences(text, lang)
    at = 0
    for start, stop in spans:
        assert at <= start < stop
        assert not text[at:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        at = stop
    assert not text[at:].strip()


@pytest.mark.parametrize(
    "text", ['"', "(", "。", ".", "a.", "“a. ", "A. ", "'s. ", "? ! ", " . » ", "x", "ก", "กข ", ".[1]", "aaaa.Bc"]
)
def test_time_grows_with_the_text_alone(text: str) -> None:
    def taken(size: int) -> float:
        long = text * (size // len(text))
        start = time.process_time()
        sentences(long, "en")
        return time.process_time() - start

    taken(1000)
    assert taken(160_000) < 24 * taken(20_000) + 0.2
