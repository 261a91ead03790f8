"""What speaks for a pair: how near it is beside others, and what its texts show."""

from __future__ import annotations

import naive_mining as naive
import numpy as np
import pytest

from interlingua.inspection.findings import Pair
from interlingua.mining.candidates import candidates
from interlingua.mining.evidence import Spread, Weights, faces_of, nearness_of, spread_of, worth_a_look

WEIGHTS = Weights(1.0, 2.0, -3.0, 0.5, 0.25, 4.0, 5.0, -6.0, -7.0)
LENGTH, SQUARED, NUMBERS, LARGE, LONE, OTHER = range(6)


def face(source: str, target: str, source_lang: str | None = "en", target_lang: str | None = "de") -> np.ndarray:
    return faces_of([Pair(source, target, source_lang, target_lang)])[0]


def test_log_odds_are_a_weighted_sum() -> None:
    nearness = np.array([[1.0, 0.5], [0.0, 2.0]])
    faces = np.array([[2.0, 4.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 2.0, 1.0]])
    assert WEIGHTS.log_odds(nearness, None).tolist() == [1.5, -5.0]
    assert WEIGHTS.log_odds(nearness, faces).tolist() == [1.5 + 1 + 1 + 4 + 5, -5.0 - 12 - 7]
    assert WEIGHTS.log_odds(np.empty((0, 2)), np.empty((0, 6))).tolist() == []


def test_the_spread_of_few_sentences_is_mostly_the_usual_one() -> None:
    one = naive.unit(np.ones((1, 4), dtype=np.float32))
    usual = spread_of(one, one)
    # The only pair may be a translation, so nothing is known.
    assert (usual.mean, usual.deviation) == (pytest.approx(0.03), pytest.approx(0.10))
    few = spread_of(np.repeat(one, 2, axis=0), np.repeat(one, 3, axis=0))
    # Four pairs with a cosine of 1 beside 400 with one of 0.03.
    assert few.mean == pytest.approx((4 + 400 * 0.03) / 404)
    mean = few.mean
    assert few.deviation == pytest.approx(np.sqrt((4 * (1 - mean) ** 2 + 400 * 0.01) / 404))


def test_the_spread_of_many_is_their_own() -> None:
    rng = np.random.default_rng(0)
    source, target = (naive.unit(rng.normal(size=(300, 64))) for _ in range(2))
    spread = spread_of(source, target)
    assert spread.mean == pytest.approx(0.0, abs=0.004)
    assert spread.deviation == pytest.approx(1 / 8, abs=0.004)


def test_translations_do_not_widen_the_spread() -> None:
    rng = np.random.default_rng(0)
    source, other = (naive.unit(rng.normal(size=(120, 64))) for _ in range(2))
    apart, same = spread_of(source, other), spread_of(source, source)
    assert same.deviation == pytest.approx(apart.deviation, abs=0.01)
    assert same.mean == pytest.approx(apart.mean, abs=0.01)
    # With them the deviation would be larger by a fifth.
    cosines = naive.cosines_of(source, source)
    assert same.deviation < 0.85 * cosines.std()


def test_the_spread_does_not_depend_on_the_order() -> None:
    rng = np.random.default_rng(0)
    # One half is about something else: how many of it were picked by their place would depend on the order.
    vectors = rng.normal(size=(600, 16))
    vectors[::2] += 1.0
    source, target = naive.unit(vectors), naive.unit(rng.normal(size=(400, 16)) + 0.3)
    spread = spread_of(source, target)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        mixed = spread_of(rng.permutation(source), rng.permutation(target))
        assert (mixed.mean, mixed.deviation) == (pytest.approx(spread.mean), pytest.approx(spread.deviation))


def test_nearness_counts_in_spreads() -> None:
    cosines = np.array([[0.8, 0.4, 0.2], [0.3, 0.1, 0.6]])
    found = naive.found_of(cosines)
    pairs = candidates(found, 1)
    nearness = nearness_of(pairs, found, Spread(0.1, 0.2))
    near = dict(zip(zip(pairs.sources.tolist(), pairs.targets.tolist(), strict=True), nearness.tolist(), strict=True))
    # (0.8 - 0.1) / 0.2; the others around are 0.4 and 0.2, and 0.3.
    assert near[0, 0] == pytest.approx([3.5, (0.3 - 0.1) / 0.2])
    assert near[1, 2] == pytest.approx([2.5, ((0.3 + 0.1) / 2 / 2 + 0.2 / 2 - 0.1) / 0.2])
    assert worth_a_look(np.array([[1.0, 0.5], [0.5, 1.0], [1.0, 1.0]])).tolist() == [True, False, False]


def test_numbers_that_both_have() -> None:
    assert face("We sold 7 bikes.", "Wir haben 7 Räder verkauft.")[NUMBERS:].tolist() == [1, 0, 0, 0]
    assert face("We sold 47 bikes.", "Wir haben 47 Räder verkauft.")[NUMBERS:].tolist() == [1, 1, 0, 0]
    assert face("It costs 1,250.50 dollars.", "Es kostet 1.250,50 Dollar.")[NUMBERS:].tolist() == [1, 1, 0, 0]
    # No more than three count.
    many = "10 20 30 40 50 apples"
    assert face(many, "10 20 30 40 50 Äpfel")[NUMBERS:].tolist() == [3, 3, 0, 0]
    assert face("Order 25 pens.", "请订购25支笔。", "en", "zh")[NUMBERS:].tolist() == [1, 1, 0, 0]


def test_numbers_that_differ() -> None:
    assert face("We sold 47 bikes.", "Wir haben 48 Räder verkauft.")[NUMBERS:].tolist() == [0, 0, 2, 1]
    assert face("We sold 47 bikes.", "Wir haben Räder verkauft.")[NUMBERS:].tolist() == [0, 0, 1, 0]
    assert face("We sold bikes.", "Wir haben 48 Räder verkauft.")[NUMBERS:].tolist() == [0, 0, 1, 0]
    assert face("We sold 47 bikes in 2019.", "2019 haben wir 48 Räder verkauft.")[NUMBERS:].tolist() == [1, 1, 2, 1]
    # No more than four count.
    assert face("11 22 33 44 apples", "55 66 77 Äpfel")[NUMBERS:].tolist() == [0, 0, 4, 1]


def test_numbers_that_are_spelled_are_there() -> None:
    assert face("She has 3 children.", "Sie hat drei Kinder.")[NUMBERS:].tolist() == [0, 0, 0, 0]
    assert face("She has three children.", "Elle a 3 enfants.", "en", "fr")[NUMBERS:].tolist() == [0, 0, 0, 0]


def test_numbers_in_addresses_do_not_count() -> None:
    source, target = "See https://a.example/2019/47 for more.", "Mehr unter https://a.example/de."
    assert face(source, target)[NUMBERS:].tolist() == [0, 0, 0, 0]


def test_lengths() -> None:
    source = "The train to the coast leaves from the second platform at noon."
    usual = face(source, "Der Zug an die Meeresküste fährt am Mittag vom zweiten Bahnsteig ab.")
    assert usual[LENGTH] < 1
    assert usual[SQUARED] == pytest.approx(usual[LENGTH] ** 2)
    far = face(source, "Ja.")
    assert far[LENGTH] > 3
    assert far[SQUARED] == pytest.approx(min(far[LENGTH] ** 2, 25))
    most = face(source * 3, "Ja. ")
    assert (most[LENGTH], most[SQUARED]) == (6.0, 25.0)
    # Chinese says the same with a third of the characters.
    assert face(source, "去海边的火车中午从二号站台出发。", "en", "zh")[LENGTH] < 1.5


def test_faces_of_none_and_of_unknown_languages() -> None:
    assert faces_of([]).shape == (0, 6)
    assert face("We sold 47 bikes.", "Wir haben 47 Räder verkauft.", None, None)[NUMBERS:].tolist() == [1, 1, 0, 0]
