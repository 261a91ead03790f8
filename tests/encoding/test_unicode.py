"""One text in several Unicode forms is one text to the models."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
import pytest

from interlingua import Encoder, load_corpus
from interlingua.demo.corpus import DEMO_LANGUAGES, DemoText

# One sentence with an emoji and its own script for each that is hard somewhere; each model gets those of its languages.
SAMPLES = {
    "zh": "我无法登录我的账号。",
    "ja": "パスワードをリセットするにはどうすればいいですか？",
    "ko": "비밀번호를 어떻게 재설정하나요?",
    "th": "ฉันเข้าสู่ระบบบัญชีของฉันไม่ได้",
    "ar": "كيف يمكنني إعادة تعيين كلمة المرور؟",
    "hi": "मैं अपना पासवर्ड कैसे रीसेट करूँ?",
    "vi": "Làm thế nào để tôi đặt lại mật khẩu?",
    "el": "Πώς μπορώ να επαναφέρω τον κωδικό πρόσβασής μου;",
}


@pytest.fixture(scope="module")
def corpus() -> list[DemoText]:
    return load_corpus()


@pytest.fixture(scope="module")
def sample(corpus: list[DemoText]) -> list[DemoText]:
    """Four items in all eighteen languages."""
    items = list(dict.fromkeys(text.item for text in corpus))[::12]
    chosen = [text for text in corpus if text.item in items]
    assert len(chosen) == 4 * len(DEMO_LANGUAGES)
    return chosen


def cosines(encoder: Encoder, texts: list[str], change: Callable[[str], str]) -> np.ndarray:
    changed = [change(text) for text in texts]
    assert changed != texts
    return (encoder.encode(texts) * encoder.encode(changed)).sum(axis=1)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_composed_and_decomposed_are_one_text(encoder: Encoder, corpus: list[DemoText], form: str) -> None:
    texts = [text.text for text in corpus]
    normal = [unicodedata.normalize(form, text) for text in texts]  # type: ignore[arg-type]
    assert encoder.token_ids(normal) == encoder.token_ids(texts)


def test_decomposed_text_has_the_same_vector(encoder: Encoder, sample: list[DemoText]) -> None:
    alike = cosines(encoder, [text.text for text in sample], lambda text: unicodedata.normalize("NFD", text))
    assert alike.min() > 0.99999


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\u200f", "\u200f"),
        ("\u200e", "\u200e"),
        ("\u202b", "\u202c"),
        ("\u2067", "\u2069"),
        ("\u2068", "\u2069"),
        ("\u061c", ""),
        ("\ufeff", ""),
        ("\u200b", "\u200b"),
        (" \n", "\u3000\t"),
    ],
    ids=["RLM", "LRM", "RLE", "RLI", "FSI", "ALM", "BOM", "zero-width space", "white space"],
)
def test_what_does_not_show_around_a_text_does_not_count(
    encoder: Encoder, sample: list[DemoText], before: str, after: str
) -> None:
    texts = [text.text for text in sample[:18]]
    assert cosines(encoder, texts, lambda text: before + text + after).min() >= 0.999


@pytest.mark.parametrize("mark", ["\u00ad", "\u200e", "\u200f", "\ufeff"])
def test_nor_inside_a_word(encoder: Encoder, mark: str) -> None:
    plain = "Die Donaudampfschifffahrt ist wunderschön"
    marked = plain.replace("dampf", f"{mark}dampf{mark}").replace("schön", f"{mark}schön")
    assert encoder.encode(plain) @ encoder.encode(marked) >= 0.999


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("パスワードをリセットする", "ﾊﾟｽﾜｰﾄﾞをﾘｾｯﾄする"),
        ("ガギグゲゴ ザジズゼゾ ダヂヅデド バビブベボ ヴ", "ｶﾞｷﾞｸﾞｹﾞｺﾞ ｻﾞｼﾞｽﾞｾﾞｿﾞ ﾀﾞﾁﾞﾂﾞﾃﾞﾄﾞ ﾊﾞﾋﾞﾌﾞﾍﾞﾎﾞ ｳﾞ"),
        ("How do I reset my password?", "Ｈｏｗ　ｄｏ　Ｉ　ｒｅｓｅｔ　ｍｙ　ｐａｓｓｗｏｒｄ？"),
        ("12345 !?", "１２３４５ ！？"),
        ("office fine", "oﬃce ﬁne"),
        ("كتاب", "ﻛﺘﺎﺏ"),
    ],
    ids=["half-width kana", "voiced kana", "full-width Latin", "digits", "ligatures", "Arabic forms"],
)
def test_width_and_presentation_forms_are_their_usual_forms(encoder: Encoder, usual: str, other: str) -> None:
    assert usual != other
    assert encoder.encode(usual) @ encoder.encode(other) > 0.9999


@pytest.mark.parametrize("lang", SAMPLES)
def test_every_script_is_known_to_the_model(encoder: Encoder, lang: str) -> None:
    if lang not in encoder.card.languages:
        pytest.skip(f"{encoder.name} does not know {lang}")
    unknown = {"e5-small": 3, "use-multilingual-v3": 0}[encoder.name]
    (ids,) = encoder.token_ids([SAMPLES[lang]])
    # The universal sentence encoder has no piece for some Korean syllables.
    assert ids.count(unknown) <= (lang == "ko" and encoder.name != "e5-small")
    assert 4 < len(ids) < 40


@pytest.mark.parametrize("lang", SAMPLES)
def test_an_emoji_counts_and_is_not_everything(encoder: Encoder, lang: str) -> None:
    if lang not in encoder.card.languages:
        pytest.skip(f"{encoder.name} does not know {lang}")
    text = SAMPLES[lang]
    # A family (joined by zero-width joiners), a flag, a heart with a variation selector, a skin tone.
    for emoji in ("😀", "👨‍👩‍👧", "🇫🇷", "❤️", "👍🏽"):
        assert 0.6 < encoder.encode(text) @ encoder.encode(f"{text} {emoji}") < 0.9999


def test_e5_tells_emoji_apart(e5: Encoder) -> None:
    happy, laughing, angry = e5.encode(["I got the parcel 😀", "I got the parcel 😄", "I got the parcel 😡"])
    assert happy @ laughing > happy @ angry
    assert happy @ angry < 0.99


def test_emoji_alone_can_be_embedded(encoder: Encoder) -> None:
    for text in ("😀", "👨‍👩‍👧", "🇫🇷", "😀😀😀"):
        assert np.linalg.norm(encoder.encode(text)) == pytest.approx(1.0, abs=1e-5)


def test_more_accents_than_any_letter_has(encoder: Encoder) -> None:
    zalgo = "".join(letter + "\u0301\u0316\u0322\u0338\u0347" * 3 for letter in "The cat is here")
    vector = encoder.encode(zalgo)
    assert np.isfinite(vector).all()


def test_accents_count(encoder: Encoder) -> None:
    # Dropping them is not the same text: "hôtel" is not spelled "hotel".
    accented, plain = encoder.encode(["Où est le péché ?", "Ou est le peche ?"])
    assert accented @ plain < 0.99


def test_zero_width_joiners_spell_words_and_stay(e5: Encoder) -> None:
    joined, plain = e5.token_ids(["क्\u200dष नमस्ते", "क्ष नमस्ते"])
    assert joined != plain
