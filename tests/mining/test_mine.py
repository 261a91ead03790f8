"""Mining from texts to pairs: with the bundled models on the demo corpus, and every kind of bad input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, JointEncoder, load_corpus
from interlingua.errors import InputError, InterlinguaError, OptionError, UnknownLanguage
from interlingua.mining.filters import NO_FILTERS
from interlingua.mining.mine import Mined, mine
from interlingua.types import TextEncoder, Vectors

ITEMS = [one.item for one in load_corpus(["en"])]
TEXTS = {
    lang: [one.text for one in load_corpus([lang])]
    for lang in ("en", "fr", "de", "es", "pt", "ru", "ja", "zh", "th", "ko", "hi", "ar")
}
# Of the 48 items a third is missing on each side: 16 are on both.
ON_BOTH = 16
WEATHER = ["It rains.", "The sun shines.", "Snow fell in the night.", "A storm is coming.", "The fog lifts."]


class Remembering:
    """An encoder that embeds each text once."""

    def __init__(self, encoder: TextEncoder) -> None:
        self._encoder, self._known = encoder, dict[str, Vectors]()
        self.name, self.dimension, self.fingerprint = encoder.name, encoder.dimension, encoder.fingerprint

    def encode(self, sentences: str | Sequence[str]) -> Vectors:
        assert not isinstance(sentences, str)
        new = [text for text in dict.fromkeys(sentences) if text not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode(new), strict=True))
        return np.array([self._known[text] for text in sentences], dtype=np.float32).reshape(-1, self.dimension)

    encode_query = encode_document = encode


@pytest.fixture(scope="module")
def small(e5: Encoder) -> Remembering:
    return Remembering(e5)


@pytest.fixture(scope="module")
def quick(use: Encoder) -> Remembering:
    return Remembering(use)


def two_heaps(source_lang: str, target_lang: str, seed: int = 0) -> tuple[list[str], list[str]]:
    """The texts of the demo corpus, mixed, without every third on either side."""
    rng = np.random.default_rng(seed)
    source = [text for at, text in enumerate(TEXTS[source_lang]) if at % 3 != 0]
    target = [text for at, text in enumerate(TEXTS[target_lang]) if at % 3 != 1]
    return [source[at] for at in rng.permutation(len(source))], [target[at] for at in rng.permutation(len(target))]


def f1(mined: Mined, source_lang: str, target_lang: str) -> float:
    right = sum(TEXTS[source_lang].index(one.source) == TEXTS[target_lang].index(one.target) for one in mined.pairs)
    return 2 * right / (len(mined.pairs) + ON_BOTH)


def found(mined: Mined) -> set[tuple[str, str]]:
    return {(one.source, one.target) for one in mined.pairs}


# Measured: from 0.88 (ar-en) to 0.97, and 0.86 to 0.91; what is wrong is about the same thing.
@pytest.mark.parametrize(("source", "target"), [("en", "fr"), ("de", "ja"), ("hi", "en"), ("ar", "en")])
@pytest.mark.parametrize("score", ["probability", "ratio"])
def test_translations_are_mined_with_e5(small: Remembering, source: str, target: str, score: Any) -> None:
    mined = mine(small, *two_heaps(source, target), source_lang=source, target_lang=target, score=score)
    assert f1(mined, source, target) > 0.82


@pytest.mark.parametrize(("source", "target"), [("en", "fr"), ("de", "ja"), ("ru", "zh"), ("th", "ko"), ("es", "pt")])
@pytest.mark.parametrize("score", ["probability", "ratio", "distance", "absolute"])
def test_translations_are_mined_with_use(quick: Remembering, source: str, target: str, score: Any) -> None:
    mined = mine(quick, *two_heaps(source, target), source_lang=source, target_lang=target, score=score)
    assert f1(mined, source, target) > 0.80
    assert mined.precision is not None
    assert mined.precision >= 0.9
    assert mined.translations == pytest.approx(ON_BOTH, abs=6)


def test_languages_are_identified(quick: Remembering) -> None:
    source, target = two_heaps("de", "ja")
    told = mine(quick, source, target, source_lang="de", target_lang="ja")
    guessed = mine(quick, source, target)
    assert guessed.pairs == told.pairs
    assert {(one.source_lang, one.target_lang) for one in guessed.pairs} == {("de", "ja")}
    each = mine(quick, source, target, source_lang=["de"] * len(source), target_lang="jpn")
    assert each.pairs == told.pairs


@pytest.mark.parametrize(("source", "target"), [("en", "fr"), ("de", "ja")])
def test_nothing_is_mined_where_nothing_is_in_common(small: Remembering, source: str, target: str) -> None:
    mined = mine(small, TEXTS[source][:24], TEXTS[target][24:], source_lang=source, target_lang=target)
    assert mined.pairs == []
    assert mined.precision is None
    assert mined.threshold == np.inf
    assert mined.translations < 1


def test_the_order_does_not_matter(use: Encoder) -> None:
    """With an encoder that does not remember: in another order texts come in other batches."""
    wanted = mine(use, *two_heaps("en", "fr"), source_lang="en", target_lang="fr")
    for seed in (1, 2):
        mined = mine(use, *two_heaps("en", "fr", seed), source_lang="en", target_lang="fr")
        assert found(mined) == found(wanted)
        assert mined.threshold == pytest.approx(wanted.threshold, abs=0.02)
        assert mined.precision == pytest.approx(wanted.precision, abs=0.01)


def test_the_order_of_many_does_not_matter(fake: FakeEncoder) -> None:
    rng = np.random.default_rng(0)
    words = ["".join(chr(97 + one) for one in rng.integers(0, 26, 6)) for _ in range(400)]
    source = [" ".join(words[at] for at in rng.integers(0, 400, 8)) for _ in range(500)]
    target = [f"{text} indeed" for text in source[:150]]
    target += [" ".join(words[at] for at in rng.integers(0, 400, 8)) for _ in range(300)]
    wanted = mine(fake, source, target, source_lang="en", target_lang="fr", filters=NO_FILTERS)
    assert len(wanted.pairs) > 100
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        mixed = [[side[at] for at in rng.permutation(len(side))] for side in (source, target)]
        mined = mine(fake, *mixed, source_lang="en", target_lang="fr", filters=NO_FILTERS)
        assert found(mined) == found(wanted)
        assert mined.threshold == pytest.approx(wanted.threshold, abs=1e-3)


def test_rows_are_those_of_what_was_given(quick: Remembering) -> None:
    source, target = two_heaps("en", "fr")
    plain = mine(quick, source, target, source_lang="en", target_lang="fr")
    source = ["12345", *source[:10], source[3].upper(), "!!!", *source[10:]]
    target = [*target[:5], "https://example.org/1", "x", *target[5:], "Это предложение написано по-русски."]
    mined = mine(quick, source, target, source_lang="en", target_lang="fr")
    assert found(mined) == found(plain)
    assert mined.dropped[0] == {"no words": 2, "duplicate": 1}
    assert mined.dropped[1] == {"not prose": 1, "too short": 1, "other language": 1}
    for one in mined.pairs:
        assert (source[one.source_row], target[one.target_row]) == (one.source, one.target)
    assert [one.score for one in mined.pairs] == sorted((one.score for one in mined.pairs), reverse=True)
    assert mined.threshold == mined.pairs[-1].score


def test_each_is_used_once_unless_asked(quick: Remembering) -> None:
    source, target = two_heaps("en", "fr")
    options: dict[str, Any] = {"source_lang": "en", "target_lang": "fr", "retrieval": "max", "threshold": 0.0}
    once = mine(quick, source, target, **options)
    assert len({one.source_row for one in once.pairs}) == len({one.target_row for one in once.pairs}) == len(once.pairs)
    often = mine(quick, source, target, one_to_one=False, **options)
    assert len(often.pairs) > len(once.pairs)
    assert found(once) <= found(often)


def test_copies_are_left_out_and_counted(quick: Remembering) -> None:
    source, target = two_heaps("en", "fr")
    copies = ["Microsoft Windows Server", "Terms of service"]
    mined = mine(
        quick, [*source, *copies], [*target, "microsoft windows server.", copies[1]], source_lang="en", target_lang="fr"
    )
    assert mined.copies == 2
    assert not {one.source for one in mined.pairs} & set(copies)
    assert len(mined.pairs) == pytest.approx(
        len(mine(quick, source, target, source_lang="en", target_lang="fr").pairs), abs=2
    )
    kept = mine(quick, [*source, *copies], [*target, *copies], source_lang="en", target_lang="fr", look_at_texts=False)
    assert kept.copies == 0
    assert {(copy, copy) for copy in copies} <= found(kept)


def test_numbers_count_where_texts_are_looked_at(quick: Remembering) -> None:
    source = [*TEXTS["en"][:20], "The ferry leaves at 14:35 from pier 7."]
    target = [*TEXTS["fr"][24:44], "Le ferry part à 17:20 du quai 3.", "Le ferry part à 14:35 du quai 7."]
    mined = mine(quick, source, target, source_lang="en", target_lang="fr", threshold=0.0)
    assert mined.pairs[0].target == target[-1]


@pytest.mark.parametrize(("count", "others"), [(1, 1), (1, 5), (5, 1), (2, 2)])
def test_tiny_heaps(quick: Remembering, count: int, others: int) -> None:
    for score in ("probability", "ratio", "distance", "absolute"):
        for retrieval in ("max", "intersection", "forward", "backward"):
            options: dict[str, Any] = {"source_lang": "en", "target_lang": "fr", "score": score, "retrieval": retrieval}
            mined = mine(quick, TEXTS["en"][:count], TEXTS["fr"][:others], threshold=-1e6, **options)
            assert (0, 0) in {(one.source_row, one.target_row) for one in mined.pairs}
            assert mine(quick, TEXTS["en"][:count], TEXTS["fr"][:others], **options).exact


@pytest.mark.parametrize(("source", "target"), [([], []), ([], WEATHER), (WEATHER, [])])
def test_an_empty_heap_has_no_pairs(fake: FakeEncoder, source: list[str], target: list[str]) -> None:
    mined = mine(fake, source, target)
    assert (mined.pairs, mined.precision, mined.recall, mined.translations) == ([], None, None, 0.0)
    assert mined.threshold == np.inf
    assert mined.exact


def test_a_model_without_means(fake: FakeEncoder) -> None:
    """What all sentences of a side have in common is taken out, where there are enough of them."""
    rng = np.random.default_rng(0)
    words = ["".join(chr(97 + one) for one in rng.integers(0, 26, 6)) for _ in range(300)]
    lines = [" ".join(words[at] for at in rng.integers(0, 300, 7)) for _ in range(90)]
    source = [f"here they always begin in this way: {line}" for line in lines[:60]]
    target = [f"and there they usually end so: {line}" for line in lines[30:]]
    mined = mine(fake, source, target, source_lang="en", target_lang="fr", filters=NO_FILTERS)
    right = [one.source_row - 30 == one.target_row for one in mined.pairs]
    assert sum(right) > 24
    assert np.mean(right) > 0.8


def test_only_models_that_know_both_languages_are_asked(e5: Encoder) -> None:
    joint = JointEncoder(["e5-small", "use-multilingual-v3"])
    source, target = TEXTS["hi"][:6], TEXTS["en"][3:9]
    options: dict[str, Any] = {"source_lang": "hi", "target_lang": "en", "threshold": -1.0}
    assert found(mine(joint, source, target, **options)) == found(mine(e5, source, target, **options))


BAD_TEXTS: list[tuple[Any, str]] = [
    (["fine words", None], "source: 1 of 2 rows cannot be embedded (rows counted from 0): row 1: None"),
    (["fine words", b"bytes"], "row 1: bytes"),
    (["fine words", float("nan")], "row 1: NaN, a missing value"),
    (["fine words", "lone \ud800"], "row 1: a lone surrogate"),
    (["", "fine words"], "row 0: empty"),
    (["fine words", " \n"], "row 1: only white space"),
    (["fine words", 7], "row 1: an int, not a text"),
    ("a text", "source should be a list of texts, but it is a single text"),
    (None, "source should be a list of texts"),
    (b"bytes", "source should be a list of texts, but it is bytes"),
    ({"a", "b"}, "source should be a list of texts, but it is a set"),
    (iter(["a"]), "which can be read only once"),
    (["12", "34"], "source: nothing is left to be mined of 2 sentences (no words: 2)."),
]


@pytest.mark.parametrize(("texts", "words"), BAD_TEXTS)
def test_bad_texts_are_refused(fake: FakeEncoder, texts: Any, words: str) -> None:
    with pytest.raises(InputError) as caught:
        mine(fake, texts, WEATHER)
    assert words in str(caught.value)
    if isinstance(texts, list):
        with pytest.raises(InputError, match=r"^target: "):
            mine(fake, WEATHER, texts)


BAD_OPTIONS: list[tuple[dict[str, Any], type[InterlinguaError], str]] = [
    ({"source_lang": ["en"]}, InputError, "There are 5 texts but 1 languages"),
    ({"target_lang": ["en"] * 6}, InputError, "There are 5 texts but 6 languages"),
    ({"source_lang": "klingon"}, UnknownLanguage, "klingon"),
    ({"target_lang": ["en", "en", "q9", "en", "en"]}, UnknownLanguage, "q9"),
    ({"score": "margin"}, OptionError, "score is one of 'probability', 'ratio', 'distance', 'absolute', not 'margin'."),
    ({"score": None}, OptionError, "not None."),
    (
        {"retrieval": "best"},
        OptionError,
        "retrieval is one of 'max', 'intersection', 'forward', 'backward', not 'best'.",
    ),
    ({"neighbours": 0}, OptionError, "neighbours is a whole number from 1 to 8, not 0."),
    ({"neighbours": 99}, OptionError, "not 99."),
    ({"neighbours": 2.0}, OptionError, "not 2.0."),
    ({"neighbours": True}, OptionError, "not True."),
    ({"target_precision": 0}, OptionError, "target_precision is a share above 0 and below 1, not 0."),
    ({"target_precision": 1}, OptionError, "not 1."),
    ({"target_precision": float("nan")}, OptionError, "not nan."),
    ({"target_precision": "0.9"}, OptionError, "not '0.9'."),
    ({"threshold": float("nan")}, OptionError, "threshold is a number, not nan."),
    ({"threshold": float("inf")}, OptionError, "threshold is a number, not inf."),
    ({"threshold": "0.5"}, OptionError, "threshold is a number, not '0.5'."),
]


@pytest.mark.parametrize(("options", "error", "words"), BAD_OPTIONS)
def test_bad_options_are_refused(
    fake: FakeEncoder, options: dict[str, Any], error: type[InterlinguaError], words: str
) -> None:
    with pytest.raises(error) as caught:
        mine(fake, WEATHER, WEATHER, **options)
    assert words in str(caught.value)
