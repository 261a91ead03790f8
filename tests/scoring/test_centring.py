"""Language means, on arrays whose answers are known and as they come with the models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from interlingua import LanguageMeans
from interlingua.errors import InputError, OptionError
from interlingua.types import Prompt, Vectors

KNOWN = LanguageMeans(
    {"de": np.array([1.0, 0.0], np.float32), "sr": np.array([0.0, 2.0], np.float32)},
    np.array([0.5, 1.0], np.float32),
)


def floats(*rows: Any) -> Vectors:
    return np.array(rows, dtype=np.float32)


class TestMean:
    def test_of_a_known_language(self) -> None:
        assert KNOWN.mean("de").tolist() == [1.0, 0.0]

    def test_of_a_language_in_an_unusual_script_is_the_languages(self) -> None:
        assert KNOWN.mean("sr-Latn").tolist() == [0.0, 2.0]

    @pytest.mark.parametrize("lang", ["fr", "uz-Cyrl", None])
    def test_of_any_other_is_the_general_one(self, lang: str | None) -> None:
        assert KNOWN.mean(lang).tolist() == [0.5, 1.0]

    def test_a_script_of_its_own_goes_before_the_language(self) -> None:
        means = LanguageMeans({"zh": floats(1, 0), "zh-Hant": floats(0, 1)}, floats(0, 0))
        assert means.mean("zh-Hant").tolist() == [0.0, 1.0]


class TestCentre:
    def test_each_row_by_its_language_and_back_to_length_1(self) -> None:
        vectors = floats([4, 4], [3, 6], [0.5, 3])
        centred = KNOWN.centre(vectors, ["de", "sr-Latn", None])
        np.testing.assert_allclose(centred, floats([0.6, 0.8], [0.6, 0.8], [0, 1]), atol=1e-6)
        assert centred.dtype == np.float32
        assert vectors.tolist() == [[4, 4], [3, 6], [0.5, 3]]  # untouched

    @pytest.mark.parametrize(("lang", "expected"), [("de", [[0, 1], [1, 0]]), (None, [[0.6, 0.8], [1, 0]])])
    def test_one_language_for_all(self, lang: str | None, expected: Any) -> None:
        vectors = floats([1, 2], [3, 0]) if lang else floats([1.1, 1.8], [3.5, 1])
        np.testing.assert_allclose(KNOWN.centre(vectors, lang), floats(*expected), atol=1e-6)

    @pytest.mark.parametrize("langs", ["de", ["de"]])
    def test_a_single_vector(self, langs: Any) -> None:
        centred = KNOWN.centre(np.array([4, 4], np.float32), langs)
        assert centred.shape == (2,)
        np.testing.assert_allclose(centred, [0.6, 0.8], atol=1e-6)

    def test_a_single_vector_of_no_known_language(self) -> None:
        np.testing.assert_allclose(KNOWN.centre(np.array([0.5, 3], np.float32), None), [0, 1], atol=1e-6)

    def test_a_vector_that_is_its_mean_is_alike_to_nothing(self) -> None:
        assert KNOWN.centre(floats([1, 0], [1, 3]), "de").tolist() == [[0, 0], [0, 1]]
        assert KNOWN.centre(np.array([1, 0], np.float32), "de").tolist() == [0, 0]

    def test_no_vectors(self) -> None:
        for langs in ([], "de", None):
            assert KNOWN.centre(np.empty((0, 2), np.float32), langs).shape == (0, 2)

    def test_doubles_become_singles(self) -> None:
        for langs in ("de", ["de", None]):
            assert KNOWN.centre(np.array([[4.0, 4.0], [5.0, 1.0]]), langs).dtype == np.float32

    @pytest.mark.parametrize(
        ("vectors", "langs"),
        [(floats([1, 2], [3, 4]), ["de"]), (floats([1, 2]), []), (np.array([1, 2], np.float32), ["de", "sr"])],
    )
    def test_there_must_be_a_language_for_each_row(self, vectors: Vectors, langs: list[str]) -> None:
        with pytest.raises(InputError, match="give one language a vector"):
            KNOWN.centre(vectors, langs)


class TestEstimated:
    def test_means_are_those_of_the_rows(self) -> None:
        means = LanguageMeans.estimated(floats([1, 0], [3, 0], [0, 6], [9, 9]), ["de", "de", "fr", None])
        assert {lang: mean.tolist() for lang, mean in means.means.items()} == {"de": [2, 0], "fr": [0, 6]}
        # Each language counts alike, however many texts it has; rows of no known language count only where all are.
        assert means.general.tolist() == [1, 3]
        assert means.general.dtype == np.float32

    def test_without_languages_there_is_only_the_general_mean(self) -> None:
        means = LanguageMeans.estimated(floats([1, 0], [3, 4]), [None, None])
        assert means.means == {}
        assert means.general.tolist() == [2, 2]

    def test_centred_with_their_own_means_they_have_none(self) -> None:
        vectors = np.random.default_rng(1).normal(2, 1, (40, 5)).astype(np.float32)
        langs = ["de", "fr"] * 20
        means = LanguageMeans.estimated(vectors, langs)
        for first, lang in enumerate(("de", "fr")):
            np.testing.assert_allclose((vectors[first::2] - means.mean(lang)).mean(axis=0), 0, atol=1e-6)

    def test_many_vectors_in_half_precision_have_the_same_means(self) -> None:
        vectors = np.random.default_rng(2).normal(0.1, 1, (40_000, 3)).astype(np.float16)
        langs = ["de"] * 25_000 + ["fr"] * 15_000
        means = LanguageMeans.estimated(vectors, langs)
        np.testing.assert_allclose(means.mean("de"), vectors[:25_000].astype(np.float64).mean(axis=0), atol=1e-7)
        np.testing.assert_allclose(means.mean("fr"), vectors[25_000:].astype(np.float64).mean(axis=0), atol=1e-7)

    def test_what_cannot_be_estimated(self) -> None:
        with pytest.raises(InputError, match="from vectors of the shape"):
            LanguageMeans.estimated(np.empty((0, 2), np.float32), [])
        with pytest.raises(InputError, match="2 vectors but 1 languages"):
            LanguageMeans.estimated(floats([1, 2], [3, 4]), ["de"])


class TestUpdated:
    def test_the_mean_moves_by_the_number_of_texts(self) -> None:
        vectors = floats(*[[3, 4]] * 100, *[[0, 0]] * 50)
        means = KNOWN.updated(vectors, ["de"] * 100 + ["sr"] * 50)
        np.testing.assert_allclose(means.mean("de"), [2, 2], atol=1e-6)  # half way: 100 against 100
        np.testing.assert_allclose(means.mean("sr"), [0, 2 * 100 / 150], atol=1e-6)
        np.testing.assert_array_equal(means.general, KNOWN.general)
        assert KNOWN.mean("de").tolist() == [1, 0]  # the old ones are as they were

    def test_the_weight_of_the_old_mean_can_be_chosen(self) -> None:
        means = KNOWN.updated(floats([4, 0], [4, 0]), ["de", "de"], prior_texts=1)
        np.testing.assert_allclose(means.mean("de"), [3, 0], atol=1e-6)
        np.testing.assert_allclose(KNOWN.updated(floats([4, 0]), ["de"], prior_texts=0).mean("de"), [4, 0], atol=1e-6)

    def test_a_new_language_begins_from_what_stood_in_for_it(self) -> None:
        means = KNOWN.updated(floats([1.5, 3], [1, 4]), ["fr", "sr-Latn"], prior_texts=1)
        np.testing.assert_allclose(means.mean("fr"), [1, 2], atol=1e-6)
        np.testing.assert_allclose(means.mean("sr-Latn"), [0.5, 3], atol=1e-6)
        assert means.mean("sr").tolist() == [0, 2]

    def test_rows_of_no_known_language_change_nothing(self) -> None:
        means = KNOWN.updated(floats([9, 9]), [None])
        assert {lang: mean.tolist() for lang, mean in means.means.items()} == {"de": [1, 0], "sr": [0, 2]}
        assert means.updated(np.empty((0, 2), np.float32), []).mean("de").tolist() == [1, 0]

    def test_there_must_be_a_language_for_each_row(self) -> None:
        with pytest.raises(InputError, match="1 vectors but 2 languages"):
            KNOWN.updated(floats([1, 2]), ["de", "de"])


class TestShipped:
    @pytest.mark.parametrize("prompt", ["symmetric", "query", "document"])
    @pytest.mark.parametrize(("model", "dimension", "least"), [("e5-small", 384, 90), ("use-multilingual-v3", 512, 16)])
    def test_every_model_and_prompt_has_them(self, model: str, dimension: int, least: int, prompt: Prompt) -> None:
        means = LanguageMeans.shipped(model, prompt)
        assert len(means.means) >= least
        assert {mean.shape for mean in means.means.values()} == {means.general.shape} == {(dimension,)}
        assert {mean.dtype for mean in means.means.values()} == {means.general.dtype} == {np.dtype(np.float32)}
        # Means of unit vectors are shorter than 1, and every language has another.
        assert all(0.05 < np.linalg.norm(mean) < 1 for mean in means.means.values())
        table = np.array(list(means.means.values()))
        np.testing.assert_allclose(means.general, table.mean(axis=0), atol=1e-6)
        apart = np.linalg.norm(table[:, None] - table[None], axis=-1) + np.eye(len(table))
        assert apart.min() > 0.01

    def test_e5s_prompts_have_means_of_their_own(self) -> None:
        query, symmetric, document = (
            LanguageMeans.shipped("e5-small", kind).mean("en") for kind in ("query", "symmetric", "document")
        )
        np.testing.assert_array_equal(query, symmetric)
        assert np.linalg.norm(query - document) > 0.05

    @pytest.mark.parametrize("model", ["e5-small", "use-multilingual-v3"])
    def test_the_demo_languages_that_a_model_knows_have_one(self, model: str) -> None:
        langs = {"en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr", "ru", "ar", "th", "ko", "ja", "zh"}
        assert langs <= set(LanguageMeans.shipped(model).means)
        if model == "e5-small":
            assert {"vi", "hi", "el"} <= set(LanguageMeans.shipped(model).means)

    def test_unusual_scripts_and_unknown_languages_fall_back(self) -> None:
        means = LanguageMeans.shipped("e5-small")
        np.testing.assert_array_equal(means.mean("sr-Latn"), means.mean("sr"))
        np.testing.assert_array_equal(means.mean("tlh"), means.general)
        np.testing.assert_array_equal(means.mean(None), means.general)

    @pytest.mark.parametrize("model", ["fake", "gpt", ""])
    def test_other_models_have_none(self, model: str) -> None:
        with pytest.raises(OptionError, match=r"LanguageMeans\.estimated"):
            LanguageMeans.shipped(model)

    def test_there_are_three_prompts(self) -> None:
        with pytest.raises(OptionError, match="'symmetric', 'query', 'document'"):
            LanguageMeans.shipped("e5-small", "passage")  # type: ignore[arg-type]
