"""A calibration of one's own: from labelled pairs, from translations, from texts alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from interlingua import Calibration, Encoder, FakeEncoder, calibrate, calibrate_on_texts, load_corpus, similarity
from interlingua.errors import InputError


def corpus(lang: str) -> list[str]:
    return [text.text for text in load_corpus(lang)]


@pytest.fixture(scope="module")
def pairs() -> tuple[list[str], list[str], np.ndarray]:
    """96 pairs of English and French, every other one a translation."""
    english, french = corpus("en"), corpus("fr")
    return english * 2, french + french[5:] + french[:5], np.repeat([True, False], len(english))


class TestPairs:
    def test_labelled(self, use: Encoder, pairs: Any) -> None:
        found, fit = calibrate(use, *pairs, lang_a="en", lang_b="fr")
        assert fit.auroc > 0.99
        assert fit.ece < 0.08
        assert found.about["languages"] == ["en", "fr"]
        assert found.about["other pairs"] == "given"
        assert fit.probabilities.shape == fit.same.shape == fit.weights.shape == (len(pairs[0]),)
        values = [
            result.probability
            for result in similarity(use, pairs[0], pairs[1], lang_a="en", lang_b="fr", calibration=found)
        ]
        assert np.mean(values[:48]) > 0.9
        assert np.mean(values[48:]) < 0.1

    def test_translations_alone(self, use: Encoder) -> None:
        found, fit = calibrate(use, corpus("en"), corpus("de"), lang_a="en", lang_b="de")
        assert fit.auroc > 0.99
        assert len(fit.same) == 3 * len(corpus("en"))
        assert fit.weights[fit.same].sum() == pytest.approx(0.5)
        assert found.about["other pairs"] == "half random, half nearest other texts"

    def test_the_order_of_folds_is_fixed(self, use: Encoder, pairs: Any) -> None:
        one, two = (calibrate(use, *pairs, lang_a="en", lang_b="fr")[0] for _ in range(2))
        np.testing.assert_array_equal(one.weights, two.weights)

    def test_a_model_that_has_none(self, fake: FakeEncoder) -> None:
        # The fake encoder knows words, so equal words are what means the same.
        one = [f"word{row} other{row} third{row}" for row in range(120)]
        two = [f"{text} more" for text in one]
        found, fit = calibrate(fake, one, two, lang_a="en", lang_b="en")
        assert fit.auroc > 0.99
        assert found.fingerprint == fake.fingerprint
        assert list(found.means.means) == ["en"]
        alike, unlike = similarity(fake, one[:2], [two[0], two[3]], lang_a="en", lang_b="en", calibration=found)
        assert alike.probability is not None
        assert unlike.probability is not None
        assert alike.probability > 0.8
        assert unlike.probability < 0.2

    @pytest.mark.parametrize(
        ("count", "labels", "message"),
        [
            (29, None, r"A calibration needs at least 30 pairs, not 29\."),
            (
                70,
                [1] * 50 + [0] * 20,
                r"at least 30 pairs that mean the same and 30 that do not; there are 50 and 20\.",
            ),
            (70, [1] * 69, r"There are 70 pairs but 69 labels\."),
            (70, True, r"same should be a list of labels, one a pair"),
            (70, [[1]] * 70, r"same should be a list of labels, one a pair"),
            (70, [1] * 69 + [2], r"Row 69: a label is true or false \(1 or 0\), not 2\."),
        ],
    )
    def test_what_is_not_enough(self, fake: FakeEncoder, count: int, labels: Any, message: str) -> None:
        texts = [f"text {row}" for row in range(count)]
        with pytest.raises(InputError, match=message):
            calibrate(fake, texts, texts, labels)

    def test_lists_of_different_lengths(self, fake: FakeEncoder) -> None:
        with pytest.raises(InputError, match=r"they have 40 and 41 texts\."):
            calibrate(fake, ["a"] * 40, ["a"] * 41)


class TestTexts:
    def test_they_move_the_curve(self, use: Encoder) -> None:
        texts = [text for lang in ("en", "de", "fr") for text in corpus(lang)]
        found = calibrate_on_texts(use, texts, langs=[lang for lang in ("en", "de", "fr") for _ in range(48)])
        shipped = Calibration.shipped(use)
        assert found.about == {"texts": 144, "languages": ["de", "en", "fr"]}
        # The corpus is made of the same kind of sentences as any text: the curve hardly moves.
        assert found.weights[1] == pytest.approx(shipped.weights[1], rel=0.35)
        pair = ("Where is my parcel?", "Wo ist mein Paket?")
        one, two = (similarity(use, *pair, calibration=each).probability for each in (found, shipped))
        assert one == pytest.approx(two, abs=0.15)

    def test_too_few(self, fake: FakeEncoder) -> None:
        with pytest.raises(InputError, match=r"A calibration needs at least 100 texts, not 99\."):
            calibrate_on_texts(fake, ["a b"] * 99)
