"""Comparing texts pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from interlingua import (
    Calibration,
    Encoder,
    FakeEncoder,
    LanguageMeans,
    Similarity,
    similarity,
    similarity_matrix,
)
from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.scoring.similarity import languages_of, row_cosines

ENGLISH = ["The cat is sleeping on the mat.", "How do I reset my password?"]
GERMAN = ["Die Katze schläft auf der Matte.", "Wie kann ich mein Passwort zurücksetzen?"]
NO_MEANS = LanguageMeans({}, np.zeros(64, np.float32))


class TestTypes:
    def test_two_texts_give_one(self, fake: FakeEncoder) -> None:
        found = similarity(fake, ENGLISH[0], GERMAN[0], means=NO_MEANS)
        assert isinstance(found, Similarity)
        assert (found.lang_a, found.lang_b) == ("en", "de")
        assert type(found.cosine) is type(found.centred_cosine) is float

    def test_two_lists_give_a_list(self, fake: FakeEncoder) -> None:
        found = similarity(fake, ENGLISH, GERMAN, means=NO_MEANS)
        assert found == [similarity(fake, a, b, means=NO_MEANS) for a, b in zip(ENGLISH, GERMAN, strict=True)]
        assert similarity(fake, ENGLISH[:1], GERMAN[:1], means=NO_MEANS) == found[:1]
        assert similarity(fake, [], [], means=NO_MEANS) == []


class TestFigures:
    def test_cosines_are_those_of_the_vectors(self, fake: FakeEncoder) -> None:
        (found,) = similarity(fake, ENGLISH[:1], GERMAN[:1], means=NO_MEANS)
        assert found.cosine == pytest.approx(float(fake.encode(ENGLISH[0]) @ fake.encode(GERMAN[0])), abs=1e-6)
        assert found.centred_cosine == pytest.approx(found.cosine, abs=1e-6)  # nothing was taken out

    def test_each_side_is_centred_on_its_own_language(self, fake: FakeEncoder) -> None:
        a, b = fake.encode(ENGLISH[0]), fake.encode(GERMAN[0])
        rng = np.random.default_rng(5)
        en, de = rng.normal(0, 0.1, (2, 64)).astype(np.float32)
        means = LanguageMeans({"en": en, "de": de}, np.zeros(64, np.float32))
        one, two = a - en, b - de
        found = similarity(fake, ENGLISH[0], GERMAN[0], lang_a="en", lang_b="de", means=means)
        expected = float(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
        assert found.centred_cosine == pytest.approx(expected, abs=1e-5)
        swapped = similarity(fake, ENGLISH[0], GERMAN[0], lang_a="de", lang_b="en", means=means)
        assert abs(swapped.centred_cosine - expected) > 0.01

    def test_a_text_is_wholly_alike_to_itself(self, use: Encoder) -> None:
        found = similarity(use, ENGLISH[0], ENGLISH[0])
        assert found.cosine == pytest.approx(1, abs=1e-6)
        assert found.centred_cosine == pytest.approx(1, abs=1e-6)
        assert max(found.cosine, found.centred_cosine) <= 1.0

    def test_sides_can_be_swapped(self, use: Encoder) -> None:
        there, back = similarity(use, ENGLISH, GERMAN), similarity(use, GERMAN, ENGLISH)
        for one, other in zip(there, back, strict=True):
            assert one.cosine == pytest.approx(other.cosine, abs=1e-6)
            assert one.centred_cosine == pytest.approx(other.centred_cosine, abs=1e-6)
            assert (one.lang_a, one.lang_b) == (other.lang_b, other.lang_a)

    def test_the_cosine_never_leaves_its_range(self) -> None:
        rows = np.random.default_rng(0).normal(size=(200, 300)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        assert row_cosines(rows, rows).max() <= 1.0
        assert row_cosines(rows, -rows).min() >= -1.0

    def test_the_shipped_means_and_calibration_are_taken(self, use: Encoder) -> None:
        bare = similarity(use, ENGLISH[0], GERMAN[0], means=LanguageMeans.shipped("use-multilingual-v3"))
        found = similarity(use, ENGLISH[0], GERMAN[0])
        assert (bare.probability, bare.same) == (None, None)
        assert (found.cosine, found.centred_cosine) == (bare.cosine, bare.centred_cosine)
        assert found == similarity(use, ENGLISH[0], GERMAN[0], calibration=Calibration.shipped("use"))
        assert found.probability is not None

    def test_means_or_a_calibration(self, use: Encoder) -> None:
        with pytest.raises(OptionError, match="give means or a calibration, not both"):
            similarity(use, "a", "b", means=NO_MEANS, calibration=Calibration.shipped("use"))

    def test_the_decision_is_by_the_wanted_precision_and_the_prior(self, use: Encoder) -> None:
        pair = ("How do I reset my password?", "Wie kann ich mein Passwort zurücksetzen?")
        found = similarity(use, *pair)
        assert found.same is True
        rare = similarity(use, *pair, prior=0.001)
        assert rare.probability is not None
        assert found.probability is not None
        odds = found.probability / (1 - found.probability)
        assert rare.probability == pytest.approx(odds / (odds + 999))
        assert similarity(use, *pair, prior=0.001, target_precision=0.999).same is False

    def test_a_matrix_is_all_pairs(self, use: Encoder) -> None:
        table = similarity_matrix(use, ENGLISH, [*GERMAN, ENGLISH[0]])
        assert table.probabilities is not None
        assert table.same is not None
        assert table.probabilities.shape == (2, 3)
        assert (table.langs_a, table.langs_b) == (["en", "en"], ["de", "de", "en"])
        for row, column in np.ndindex(2, 3):
            one = similarity(use, ENGLISH[row], [*GERMAN, ENGLISH[0]][column])
            assert table.cosines[row, column] == pytest.approx(one.cosine, abs=1e-5)
            assert table.centred_cosines[row, column] == pytest.approx(one.centred_cosine, abs=1e-5)
            assert table.probabilities[row, column] == pytest.approx(one.probability, abs=1e-4)
            assert table.same[row, column] == one.same
        itself = similarity_matrix(use, ENGLISH)
        np.testing.assert_allclose(np.diag(itself.cosines), 1, atol=1e-5)
        np.testing.assert_allclose(itself.cosines, itself.cosines.T, atol=1e-6)

    def test_a_matrix_without_a_calibration(self, fake: FakeEncoder) -> None:
        table = similarity_matrix(fake, ENGLISH, GERMAN, means=NO_MEANS)
        assert (table.probabilities, table.threshold, table.same) == (None, None, None)

    def test_the_means_of_the_pairs_own_language_count(self, e5: Encoder) -> None:
        right = similarity(e5, ENGLISH[0], GERMAN[0], lang_a="en", lang_b="de")
        wrong = similarity(e5, ENGLISH[0], GERMAN[0], lang_a="en", lang_b="th")
        assert right.cosine == pytest.approx(wrong.cosine, abs=1e-6)
        assert right.centred_cosine > wrong.centred_cosine + 0.05


class TestLanguages:
    def test_they_are_identified(self) -> None:
        assert languages_of([*GERMAN, "猫が寝ています。"], None) == ["de", "de", "ja"]

    def test_one_given_for_all(self, fake: FakeEncoder) -> None:
        found = similarity(fake, ENGLISH, GERMAN, lang_a="eng_Latn", lang_b="nl", means=NO_MEANS)
        assert [(pair.lang_a, pair.lang_b) for pair in found] == [("en", "nl")] * 2

    def test_one_given_for_each_and_the_missing_ones_identified(self, fake: FakeEncoder) -> None:
        found = similarity(fake, ENGLISH, GERMAN, lang_b=["nld", None], means=NO_MEANS)
        assert [(pair.lang_a, pair.lang_b) for pair in found] == [("en", "nl"), ("en", "de")]

    def test_what_cannot_be_identified_is_none(self, fake: FakeEncoder) -> None:
        assert similarity(fake, "12345", "2 + 2 = 4", means=NO_MEANS).lang_a is None

    @pytest.mark.parametrize("langs", ["xx-nope", ["de", "klingonisch"]])
    def test_no_code_is_an_error(self, fake: FakeEncoder, langs: Any) -> None:
        with pytest.raises(UnknownLanguage):
            similarity(fake, ENGLISH, GERMAN, lang_b=langs, means=NO_MEANS)

    @pytest.mark.parametrize("langs", [[], ["de"], ["de", "de", "de"]])
    def test_as_many_as_texts(self, fake: FakeEncoder, langs: list[str]) -> None:
        with pytest.raises(InputError, match=f"2 texts but {len(langs)} languages"):
            similarity(fake, ENGLISH, GERMAN, lang_b=langs, means=NO_MEANS)


class TestRefusals:
    def test_lists_of_different_length(self, fake: FakeEncoder) -> None:
        with pytest.raises(InputError, match="2 and 1 texts"):
            similarity(fake, ENGLISH, GERMAN[:1], means=NO_MEANS)

    def test_a_text_and_a_list(self, fake: FakeEncoder) -> None:
        with pytest.raises(InputError, match="not one of each"):
            similarity(fake, ENGLISH[0], GERMAN, means=NO_MEANS)  # type: ignore[call-overload]
        with pytest.raises(InputError, match="not one of each"):
            similarity(fake, ENGLISH, GERMAN[0], means=NO_MEANS)  # type: ignore[call-overload]

    def test_an_invalid_text_is_named_with_its_side(self, fake: FakeEncoder) -> None:
        with pytest.raises(InputError, match=r"b: 1 of 2 rows.*row 1: None") as caught:
            similarity(fake, ENGLISH, [GERMAN[0], None], means=NO_MEANS)  # type: ignore[list-item]
        assert caught.value.rows == (1,)
        with pytest.raises(InputError, match=r"a: no row.*row 0: only white space"):
            similarity(fake, " ", GERMAN[0], means=NO_MEANS)

    def test_a_model_without_means_needs_some(self, fake: FakeEncoder) -> None:
        with pytest.raises(OptionError, match=r"LanguageMeans\.estimated"):
            similarity(fake, *ENGLISH)
