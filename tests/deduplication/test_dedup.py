"""Deduplication: what goes is a duplicate of what stays, whatever the order of the texts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlingua import Encoder, FakeEncoder, LanguageMeans, load_corpus
from interlingua.deduplication import candidates, crowding, deciding, rivals
from interlingua.deduplication import dedup as module
from interlingua.deduplication.dedup import dedup
from interlingua.deduplication.result import Group
from interlingua.deduplication.rivals import Rivals
from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.neighbours import Pairs
from interlingua.texts.forms import unshouted
from interlingua.types import Vectors


class Plain:
    """A calibration for encoders without a model: the probability is the cosine, whatever the prior."""

    def __init__(self, dimension: int = 64) -> None:
        self.means = LanguageMeans({}, np.zeros(dimension, np.float32))

    def probabilities(self, cosines: Any, langs_a: Any, langs_b: Any, sizes: Any, *, prior: float) -> Any:
        assert len(cosines) == len(langs_a) == len(langs_b) == len(sizes)
        assert 0 < prior < 1
        return np.asarray(cosines, dtype=np.float64)

    def threshold(self, target_precision: float = 0.95, *, prior: float = 0.5) -> float:  # noqa: ARG002
        return 0.8


class OnACircle:
    """An encoder whose texts are angles in degrees: how near they are is known."""

    name, dimension, fingerprint = "circle", 2, "circle"

    def encode(self, sentences: Sequence[str]) -> Vectors:
        angles = np.radians([float("".join(char for char in one if char in "-.0123456789")) for one in sentences])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    encode_query = encode_document = encode


@pytest.fixture(autouse=True)
def languages_alike(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probability is the cosine in one language, too, except where a model is used."""
    if "model" not in request.fixturenames:
        monkeypatch.setattr(deciding, "_SAME_LANGUAGE", 1.0)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken off for crowding, so that angles alone decide."""
    monkeypatch.setattr(module, "corrections", lambda vectors, *_: np.zeros(len(vectors), np.float32))


def on_a_circle(texts: Sequence[str], **options: Any) -> Any:
    options = {"langs": "en", "threshold": float(np.cos(np.radians(10.5))), "guard": False} | options
    return dedup(OnACircle(), texts, calibration=Plain(2), **options)


def faked(texts: Sequence[str], **options: Any) -> Any:
    return dedup(FakeEncoder(), texts, calibration=Plain(), **({"langs": "en"} | options))


def test_what_is_kept_and_why() -> None:
    texts = [
        "A parcel was lost in Hamburg.",
        "a parcel  was lost in HAMBURG.",
        "A parcel was lost in Hamburg.",
        "A parcel was lost in  Hamburg today",
        "Something else entirely",
    ]
    result = faked(texts, keep="first", ids=list("abcde"))
    assert result.kept == (0, 4)
    assert result.texts == [texts[0], texts[4]]
    assert result.ids == ["a", "e"]
    assert [(one.row, one.keeper, one.reason, one.id, one.keeper_id) for one in result.removed] == [
        (1, 0, "normalised", "b", "a"),
        (2, 0, "exact", "c", "a"),
        (3, 0, "near", "d", "a"),
    ]
    assert [one.probability for one in result.removed[:2]] == [1.0, 1.0]
    assert 0.8 <= result.removed[2].probability < 1
    assert result.groups == [Group(0, False, (1, 2, 3))]
    assert result.counts == {"exact": 1, "normalised": 1, "typo": 0, "near": 1, "translation": 0}
    assert result.least_sure(1)[0].row == 3
    assert (result.threshold, result.approximate) == (0.8, False)


@pytest.mark.usefixtures("alone")
def test_nothing_is_removed_for_a_duplicate_of_a_duplicate() -> None:
    # 10 degrees apart are duplicates, 20 are not: of a chain every second one stays.
    chain = [f"{angle}" for angle in range(0, 100, 10)]
    result = on_a_circle(chain, keep="first")
    assert result.texts == ["0", "20", "40", "60", "80"]
    for one in result.removed:
        assert abs(float(chain[one.row]) - float(chain[one.keeper])) == 10


@pytest.mark.usefixtures("alone")
def test_the_nearest_keeper_is_named() -> None:
    result = on_a_circle(["0", "14", "8"], keep="first")
    assert [(one.row, one.keeper) for one in result.removed] == [(2, 1)]


@pytest.mark.usefixtures("alone")
def test_of_two_languages_the_nearest_belong_together() -> None:
    # 8 degrees are near enough, but in German there is a text that is nearer to the English one.
    assert on_a_circle(["0", "2", "8"], langs=["en", "de", "de"], keep="first").texts == ["0", "8"]
    assert on_a_circle(["0", "2", "8"], langs=["en", "de", "fr"], keep="first").texts == ["0"]
    assert on_a_circle(["0", "2", "8"], langs="en", keep="first").texts == ["0"]
    # Later texts are rivals, too: 9 is nearer to 14 than to 0.
    assert on_a_circle(["0", "9", "10"], langs=["en", "de", "en"], keep="first").texts == ["0", "9"]
    # Nothing is known of texts whose language is not.
    judged = Rivals(["en", "de", None, "de"])
    pairs = Pairs(np.array([1, 2, 3]), np.array([0, 0, 0]), np.ones(3, np.float32))
    judged.note(pairs, np.array([0.99, 0.9, 0.9]))
    odds = np.log(0.99 / 0.01), np.log(0.9 / 0.1)
    less = judged.less(pairs, np.array([0.99, 0.9, 0.9]))
    assert less[:2].tolist() == [0.99, 0.9]
    assert np.log(less[2] / (1 - less[2])) == pytest.approx(odds[1] - 2 * (odds[0] - odds[1]), abs=0.02)


@pytest.mark.usefixtures("alone")
def test_what_is_spelled_as_a_text_that_went_goes_with_it() -> None:
    class WithCase(OnACircle):
        def encode(self, sentences: Sequence[str]) -> Vectors:
            shifted = [str(float(one.lower().strip("x")) + 3 * one.endswith("X")) for one in sentences]
            return super().encode(shifted)

    texts = ["0x", "10x", "10X", "13x"]
    nearest = float(np.cos(np.radians(10.5)))
    found = dedup(WithCase(), texts, langs="en", threshold=nearest, calibration=Plain(2), keep="first", guard=False)
    assert [(one.row, one.keeper, one.reason) for one in found.removed] == [(1, 0, "near"), (2, 0, "near")]
    assert found.removed[0].probability == found.removed[1].probability


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 359), max_size=30), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_the_texts_does_not_matter(angles: list[int], random_: random.Random, preferred: bool) -> None:
    texts = [f"{angle}{' ' * (angle % 2)}x" for angle in angles]
    langs = [("en", "de", "fr")[angle % 3] for angle in angles]
    options: dict[str, Any] = {"prefer_langs": ["de"]} if preferred else {}
    ids = [str(number) for number in range(len(texts))]
    result = on_a_circle(texts, langs=langs, ids=ids, **options)
    order = list(range(len(texts)))
    random_.shuffle(order)
    again, in_ = [texts[row] for row in order], [langs[row] for row in order]
    shuffled = on_a_circle(again, langs=in_, ids=[ids[row] for row in order], **options)
    assert sorted(shuffled.ids) == sorted(result.ids)
    facts = [
        sorted((one.id, one.keeper_id, one.reason, one.probability, one.cosine) for one in found.removed)
        for found in (result, shuffled)
    ]
    assert facts[0] == facts[1]


@pytest.mark.usefixtures("alone")
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 359), min_size=1, max_size=40))
def test_what_stays_has_no_duplicates_and_what_goes_is_one(angles: list[int]) -> None:
    result = on_a_circle([str(angle) for angle in angles])

    def apart(a: float, b: float) -> float:
        return abs((a - b + 180) % 360 - 180)

    kept = [angles[row] for row in result.kept]
    assert all(apart(a, b) > 10 for at, a in enumerate(kept) for b in kept[:at])
    assert all(apart(angles[one.row], angles[one.keeper]) <= 10 for one in result.removed)
    assert {one.keeper for one in result.removed} <= set(result.kept)
    assert len(result.kept) + len(result.removed) == len(angles)


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{angle / 7:.3f}" for angle in random.Random(3).sample(range(2520), 300)]
    whole = on_a_circle(texts)
    monkeypatch.setattr(candidates, "_BLOCK", 7)
    assert on_a_circle(texts).removed == whole.removed


def test_pairs_are_looked_for_again_if_they_are_too_many_to_be_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(4)
    texts = [f"{angle / 7:.3f}" for angle in random_.sample(range(2520), 300)]
    langs = [random_.choice(["en", "de", "fr"]) for _ in texts]
    monkeypatch.setattr(candidates, "_BLOCK", 64)
    whole = on_a_circle(texts, langs=langs)
    assert 50 < len(whole.removed) < 290
    monkeypatch.setattr(rivals, "_REMEMBERED", 100)
    assert on_a_circle(texts, langs=langs).removed == whole.removed


def test_the_approximate_index_finds_nearly_the_same() -> None:
    random_ = np.random.default_rng(5)
    bases = random_.normal(size=(600, 32)).astype(np.float32)
    table = np.concatenate([bases, bases[:200] + 0.05 * random_.normal(size=(200, 32)).astype(np.float32)])
    table /= np.linalg.norm(table, axis=1, keepdims=True)

    class Given(OnACircle):
        dimension = 32

        def encode(self, sentences: Sequence[str]) -> Vectors:
            return table[[int(one) for one in sentences]]

    options: dict[str, Any] = {"langs": "en", "guard": False, "calibration": Plain(32), "keep": "first"}
    texts = [str(row) for row in range(len(table))]
    exact = dedup(Given(), texts, **options)
    near = dedup(Given(), texts, approximate=True, **options)
    assert [(one.row, one.keeper) for one in exact.removed] == [(600 + row, row) for row in range(200)]
    assert near.approximate
    assert len(set(near.removed) & set(exact.removed)) >= 195


def test_what_is_in_another_corpus_goes() -> None:
    texts = ["The invoice is overdue.", "A new text about cats", "a new text about CATS"]
    result = faked(texts, against=["the invoice is overdue", "The invoice is overdue.", "Unrelated matters"])
    assert result.kept == (1,)
    first, second = result.removed
    assert (first.row, first.keeper, first.reason, first.in_against) == (0, 1, "exact", True)
    assert (second.row, second.keeper, second.reason, second.in_against) == (2, 1, "normalised", False)
    assert result.groups == [Group(1, False, (2,)), Group(1, True, (0,))]
    result = faked([*texts, texts[1]], against=["The invoice is overdue."], within=False)
    assert result.kept == (1, 2, 3)


def test_numbers_that_differ_keep_texts_apart() -> None:
    texts = ["Please upgrade to version 3.1 of the server now.", "Please upgrade to version 3.2 of the server now."]
    assert len(faked(texts).removed) == 0
    assert len(faked(texts, guard=False).removed) == 1


def test_which_is_kept() -> None:
    texts = ["PLEASE RETURN THE FORM TODAY!!", "Please return the form today.", "please return the form today"]
    assert faked(texts).texts == [texts[1]]
    assert faked(texts, keep="longest").texts == [texts[0]]
    assert faked(texts, keep="first").texts == [texts[0]]
    assert faked(texts[::-1], keep="first").texts == [texts[2]]
    assert faked(texts, keep=lambda row: row).texts == [texts[2]]
    langs = ["en", "en", "de"]
    assert faked(texts, langs=langs, prefer_langs=["fr", "deu"]).texts == [texts[2]]
    assert faked(texts, langs=langs, prefer_langs="de", keep="first").texts == [texts[2]]


def test_one_text_per_language() -> None:
    texts = ["Hotel Berlin is full", "hotel berlin is full", "Hotel Berlin is full", "HOTEL BERLIN IS FULL"]
    langs = ["en", "en", "de", "de"]
    result = faked(texts, langs=langs, per_language=True)
    assert result.kept == (0, 2)
    assert [(one.row, one.keeper) for one in result.removed] == [(1, 0), (3, 2)]
    assert len(faked(texts, langs=langs).kept) == 1


def test_nothing_and_one() -> None:
    assert faked([]).texts == []
    assert faked(["one"], against=[]).texts == ["one"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"keep": "last"}, OptionError, "keep is one of 'best', 'longest', 'first', or a function"),
        ({"threshold": 1.5}, OptionError, r"threshold must be between 0 and 1, not 1\.5"),
        ({"target_precision": 0}, OptionError, "target_precision must be between 0 and 1"),
        ({"prior": -1}, OptionError, "prior must be between 0 and 1"),
        ({"ids": ["a"]}, InputError, "2 texts but 1 ids"),
        ({"langs": ["en"]}, InputError, "2 texts but 1 languages"),
        ({"prefer_langs": ["german"]}, UnknownLanguage, "did you mean 'de'"),
        ({"within": False}, InputError, "there are none"),
        ({"against": (text for text in "x")}, InputError, "against should be a list of texts"),
        ({"against": ["x", ""]}, InputError, "against: 1 of 2 rows cannot be embedded"),
        ({"keep": lambda row: row or "x"}, OptionError, "cannot be compared"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        faked(["a", "b"], **options)


def test_texts_that_cannot_be_embedded() -> None:
    with pytest.raises(InputError, match="texts: 1 of 2 rows cannot be embedded") as error:
        faked(["a", " "])
    assert error.value.rows == (1,)


@pytest.mark.parametrize("model", ["e5", "use"])
@pytest.mark.parametrize(
    ("one", "other", "typo"),
    [
        ("My parcel was lost in Hamburg.", "My parcle was lost in Hamburg.", True),
        ("I will receive it tomorrow morning", "I will recieve it tomorrow morning", True),
        ("Dear Maria, the parcel has come.", "Dear Mara, the parcel has come.", False),
        ("Dear Martina, the parcel has come.", "Dear Marina, the parcel has come.", False),
        ("The trial was long and hard.", "The trail was long and hard.", False),
        ("She keeps a dairy at home", "She keeps a diary at home", False),
    ],
)
def test_a_typing_error_is_no_other_word(
    model: str, request: pytest.FixtureRequest, one: str, other: str, typo: bool
) -> None:
    encoder: Encoder = request.getfixturevalue(model)
    for texts in ([one, other], [other, one]):
        assert dedup(encoder, texts, langs="en").counts["typo"] == typo
        assert dedup(encoder, texts, langs="en", typos=False).counts["typo"] == 0


@pytest.mark.parametrize("model", ["e5", "use"])
def test_the_demo_corpus_becomes_one_text_of_each(model: str, request: pytest.FixtureRequest) -> None:
    encoder: Encoder = request.getfixturevalue(model)
    corpus = load_corpus(["en", "de", "fr", "es"])
    result = dedup(encoder, [one.text for one in corpus], langs=[one.lang for one in corpus], prefer_langs=["en"])
    wrong = [one for one in result.removed if corpus[one.row].item != corpus[one.keeper].item]
    assert len(wrong) <= 0.05 * len(result.removed)
    # 48 sentences in four languages: 144 could go.
    assert len(result.removed) >= 115
    assert {one.reason for one in result.removed} == {"translation"}
    assert sum(corpus[row].lang == "en" for row in result.kept) == 48


def test_where_many_are_alike_more_is_asked() -> None:
    random_ = np.random.default_rng(2)
    table = random_.normal(size=(400, 32)).astype(np.float32)
    table[:200] += table[0]  # a crowd
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    told: list[int] = []
    found = crowding.corrections(table, range(400), told.append)
    assert found.shape == (400,)
    assert sum(told) == 400
    assert np.median(found[1:200]) > 0.02
    assert np.median(found[200:]) < 0
    assert (crowding.corrections(table[:5], range(5), told.append) == 0).all()


def test_the_neighbours_of_a_text_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = np.random.default_rng(3)
    table = random_.normal(size=(300, 48)).astype(np.float32)
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    monkeypatch.setattr(crowding, "_FEW", 0)
    monkeypatch.setattr(crowding, "_LARGEST", 9.0)
    products = table @ table.T - 9 * np.eye(300, dtype=np.float32)
    around = -np.sort(-products, axis=1)[:, 15:30].mean(axis=1)
    expected = 0.8 * (around - np.median(around))
    np.testing.assert_allclose(crowding.corrections(table, range(300), int), expected, atol=1e-6)
    # Copies of one text do not make it crowded around it, however many there are.
    copied = np.concatenate([table, np.repeat(table[7:8], 50, axis=0)])
    found = crowding.corrections(copied, [*range(300), *[7] * 50], int)
    np.testing.assert_allclose(found[:300] - found[0], expected - expected[0], atol=1e-6)
    assert found[300:] == pytest.approx(found[307] * np.ones(50), abs=0.01)


def test_the_neighbours_are_looked_for_in_a_sample_of_very_many(monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = np.random.default_rng(4)
    table = random_.normal(size=(3000, 8)).astype(np.float32)
    table[:1000] += 2 * table[0]
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    whole = crowding.corrections(table, range(3000), int)
    monkeypatch.setattr(crowding, "_SAMPLE", 1000)
    sampled = crowding.corrections(table, range(3000), int)
    assert np.corrcoef(whole, sampled)[0, 1] > 0.9


@pytest.mark.parametrize("model", ["use"])
def test_where_one_text_has_very_many_versions_they_still_go(model: str, request: pytest.FixtureRequest) -> None:
    encoder: Encoder = request.getfixturevalue(model)
    said = "the printer on the third floor does not print any more"
    greetings = ["Hello,", "Hi,", "Hi there,", "Good morning,", "Dear team,", "Hello everybody,", "Hey,", "Good day,"]
    ends = [".", ", please help.", ", please.", ", thanks.", ", can you help?", ". Thank you.", "!", ", many thanks."]
    versions = [f"{greeting} {said}{end}" for greeting in greetings for end in ends]
    others = [one.text for one in load_corpus(["en", "de", "fr", "es", "pl"])]
    found = dedup(encoder, [*versions, *others])
    assert sum(row < len(versions) for row in found.kept) <= 4
    assert all(one.keeper < len(versions) for one in found.removed if one.row < len(versions))


@pytest.mark.parametrize("model", ["use"])
def test_a_question_mark_is_not_all(model: str, request: pytest.FixtureRequest) -> None:
    texts = ["Do you speak Chinese?", "do you speak Chinese"]
    ways = [dedup(request.getfixturevalue(model), texts, langs="en", typos=typos) for typos in (True, False)]
    (one,), (other,) = (found.removed for found in ways)
    assert one.reason == other.reason == "near"
    # Elsewhere two texts of one language need five times the odds.
    odds = [removed.probability / (1 - removed.probability) for removed in (one, other)]
    assert odds[1] == pytest.approx(0.2 * odds[0])


def test_shouting_is_read_quietly() -> None:
    assert unshouted("PLEASE RETURN THE FORM") == "Please return the form"
    assert unshouted("NATO") == "NATO"
    assert unshouted("Call NATO") == "Call NATO"
    assert unshouted("日本 語") == "日本 語"


def test_within_a_language_more_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["The parcel was lost in Hamburg yesterday", "The parcel was lost in Hamburg today"]
    (same,) = faked(texts, threshold=0.5).removed
    monkeypatch.setattr(deciding, "_SAME_LANGUAGE", 0.2)
    (other,) = faked(texts, threshold=0.3).removed
    odds = [one.probability / (1 - one.probability) for one in (same, other)]
    assert odds[1] == pytest.approx(0.2 * odds[0])
    (translated,) = faked(texts, langs=["en", "de"], threshold=0.3).removed
    assert translated.probability == pytest.approx(same.probability)


def test_the_prior_falls_with_the_number_of_texts() -> None:
    priors = [
        deciding.decision(Plain(), count, target_precision=0.95, threshold=None, prior=None).prior  # type: ignore[arg-type]
        for count in (10, 45_000, 4_500_000)
    ]
    assert priors == pytest.approx([0.5, 0.5, 1 / 11])
