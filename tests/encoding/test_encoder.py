"""The encoder: shapes, lengths, prompts, options, and rows that do not depend on each other."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, load_corpus
from interlingua.errors import InputError, OptionError, UnknownModel
from interlingua.types import TextEncoder, Vectors

CAT = "The cat is sleeping on the mat."
THREE = [CAT, "Die Katze schläft auf der Matte.", "猫がマットの上で寝ています。"]


def of_many_lengths() -> list[str]:
    """200 texts of 2 to some 250 tokens, in all languages of the demo corpus, in no order."""
    texts = [text.text for text in load_corpus()]
    chosen = random.Random(3)
    rows = [" ".join(chosen.sample(texts, count)) for count in range(2, 17)]
    rows += [*chosen.sample(texts, 180), "a", "猫", "नमस्ते", "?", "Да"]
    chosen.shuffle(rows)
    assert len(rows) == 200
    return rows


def assert_same(ours: Vectors, theirs: Vectors) -> None:
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-5
    assert (ours * theirs).sum(axis=-1).min() >= 0.99999


class TestShapes:
    def test_a_text_gives_one_vector(self, encoder: Encoder) -> None:
        vector = encoder.encode(CAT)
        assert vector.shape == (encoder.dimension,)
        assert vector.dtype == np.float32

    def test_a_list_gives_a_table_whose_rows_are_the_texts(self, encoder: Encoder) -> None:
        table = encoder.encode(THREE)
        assert table.shape == (3, encoder.dimension)
        assert table.dtype == np.float32
        for row, text in zip(table, THREE, strict=True):
            assert_same(row, encoder.encode(text))

    def test_a_list_of_one_gives_a_table_too(self, encoder: Encoder) -> None:
        assert encoder.encode([CAT]).shape == (1, encoder.dimension)

    def test_an_empty_list_gives_an_empty_table(self, encoder: Encoder) -> None:
        for method in (encoder.encode, encoder.encode_query, encoder.encode_document):
            empty = method([])
            assert empty.shape == (0, encoder.dimension)
            assert empty.dtype == np.float32

    @pytest.mark.parametrize("kind", [tuple, np.array, lambda rows: np.array(rows, dtype=object)])
    def test_other_sequences_are_lists(self, use: Encoder, kind: Any) -> None:
        np.testing.assert_array_equal(use.encode(kind(THREE)), use.encode(THREE))

    @pytest.mark.parametrize("clean", [False, True])
    @pytest.mark.parametrize(
        ("wrong", "cure"),
        [
            ((text for text in THREE), "generator"),
            (set(THREE), "a set"),
            ({"text": CAT}, "a mapping"),
            (b"bytes", "decode them"),
            (None, "NoneType"),
            (5, "an int"),
            (np.array(CAT), "ndarray: give a list"),
        ],
        ids=["generator", "set", "mapping", "bytes", "None", "int", "array without axes"],
    )
    def test_what_is_no_list_is_refused_with_a_cure(self, use: Encoder, wrong: Any, cure: str, clean: bool) -> None:
        with pytest.raises(InputError, match=cure):
            use.encode(wrong, clean=clean)

    def test_dimensions_are_those_of_the_cards(self, e5: Encoder, use: Encoder) -> None:
        assert (e5.dimension, use.dimension) == (384, 512)
        assert (e5.name, use.name) == ("e5-small", "use-multilingual-v3")
        assert e5.fingerprint != use.fingerprint
        assert repr(e5) == "Encoder('e5-small')"

    def test_it_is_a_text_encoder(self, encoder: Encoder) -> None:
        assert isinstance(encoder, TextEncoder)


class TestLength:
    def test_vectors_have_length_1(self, encoder: Encoder) -> None:
        np.testing.assert_allclose(np.linalg.norm(encoder.encode(THREE), axis=1), 1.0, atol=1e-6)

    def test_the_models_own_length_in_the_same_direction(self, encoder: Encoder) -> None:
        raw = encoder.encode(THREE, normalize_embeddings=False)
        lengths = np.linalg.norm(raw, axis=1)
        # Both models' vectors are longer than 1: e5-small's about 5, the universal sentence encoder's about 11.
        assert lengths.min() > 3
        assert_same(raw / lengths[:, None], encoder.encode(THREE))
        single = encoder.encode(CAT, normalize_embeddings=False)
        assert np.linalg.norm(single) == pytest.approx(lengths[0], rel=1e-5)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return of_many_lengths()


@pytest.fixture
def together(encoder: Encoder, texts: list[str], known: dict[str, Vectors]) -> Vectors:
    """The vectors of all of these from one call."""
    if encoder.name not in known:
        known[encoder.name] = encoder.encode(texts)
    return known[encoder.name]


@pytest.fixture(scope="module")
def known() -> dict[str, Vectors]:
    return {}


class TestIndependence:
    def test_a_row_alone_is_the_row_among_200(self, encoder: Encoder, texts: list[str], together: Vectors) -> None:
        by_length = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for row in [*by_length[:5], *by_length[95:105], *by_length[-5:]]:
            assert_same(encoder.encode(texts[row]), together[row])

    def test_one_at_a_time(self, encoder: Encoder, texts: list[str], together: Vectors) -> None:
        assert_same(encoder.encode(texts[:100], batch_size=1), together[:100])

    @pytest.mark.parametrize("threads", [1, 4])
    def test_any_number_of_threads(
        self, encoder: Encoder, texts: list[str], together: Vectors, threads: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = Encoder(encoder.name, threads=threads)
        monkeypatch.setattr(other, "_load", encoder._load)  # the same weights: loading them again takes seconds
        assert_same(other.encode(texts[:100]), together[:100])

    def test_order_is_kept(self, use: Encoder, texts: list[str]) -> None:
        order = random.Random(4).sample(range(len(texts)), len(texts))
        assert_same(use.encode([texts[row] for row in order]), use.encode(texts)[order])

    def test_equal_texts_have_equal_vectors(self, encoder: Encoder) -> None:
        table = encoder.encode([CAT, THREE[1] * 20, CAT, THREE[2], CAT])
        np.testing.assert_allclose(table[[2, 4]], table[[0, 0]], atol=1e-6)
        assert np.abs(table[0] - table[3]).max() > 0.01

    def test_several_threads_may_share_an_encoder(self, use: Encoder, texts: list[str]) -> None:
        with ThreadPoolExecutor(4) as pool:
            tables = list(pool.map(lambda _: use.encode(texts[:40]), range(8)))
        for table in tables:
            assert_same(table, use.encode(texts[:40]))


class TestPrompts:
    def test_e5_puts_its_prompts_before_the_text(self, e5: Encoder) -> None:
        query, query_side, passage = (e5.token_ids([CAT], kind)[0] for kind in ("query", "symmetric", "document"))
        # <s> "▁que" "ry" ":" and <s> "▁passage" ":" in XLM-RoBERTa's vocabulary, and </s> at the end.
        assert query[:4] == [0, 41, 1294, 12]
        assert passage[:3] == [0, 46692, 12]
        assert query == query_side
        assert query[-1] == passage[-1] == 2
        # Without their prompts both are the same text.
        assert query[4:] == passage[3:]

    def test_e5_compares_as_it_queries_and_documents_differ(self, e5: Encoder) -> None:
        symmetric = e5.encode(THREE)
        np.testing.assert_array_equal(symmetric, e5.encode_query(THREE))
        cosines = (symmetric * e5.encode_document(THREE)).sum(axis=1)
        assert 0.8 < cosines.min() <= cosines.max() < 0.995

    def test_use_has_none(self, use: Encoder) -> None:
        assert use.token_ids([CAT], "query") == use.token_ids([CAT], "document") == use.token_ids([CAT])
        np.testing.assert_array_equal(use.encode_query(THREE), use.encode_document(THREE))


class TestOptions:
    @pytest.mark.parametrize("method", ["encode", "encode_query", "encode_document"])
    def test_an_unknown_option_is_refused_and_all_valid_ones_listed(self, use: Encoder, method: str) -> None:
        with pytest.raises(OptionError) as caught:
            getattr(use, method)(THREE, batchsize=8)
        message = str(caught.value)
        assert "'batchsize'" in message
        valid = ["batch_size", "show_progress_bar", "normalize_embeddings", "long", "clean", "on_invalid"]
        assert [name for name in valid if name not in message] == []

    @pytest.mark.parametrize("size", [0, -1, 2.5, "8"])
    def test_batch_size_is_a_number_of_texts(self, use: Encoder, size: Any) -> None:
        with pytest.raises(OptionError, match="batch_size must be"):
            use.encode(THREE, batch_size=size)

    @pytest.mark.parametrize("threads", [0, -2, 1.5, "4"])
    def test_threads_are_a_number(self, threads: Any) -> None:
        with pytest.raises(OptionError, match="threads must be"):
            Encoder(threads=threads)

    def test_numpy_numbers_are_numbers(self, use: Encoder) -> None:
        assert_same(use.encode(THREE, batch_size=np.int64(2)), use.encode(THREE))

    def test_on_invalid_is_error_or_skip(self, use: Encoder) -> None:
        with pytest.raises(OptionError, match="'ignore'"):
            use.encode(THREE, on_invalid="ignore")  # type: ignore[call-overload]

    @pytest.mark.parametrize("name", ["e5-smal", "gpt", "", None])
    def test_an_unknown_model_names_the_known_ones(self, name: Any) -> None:
        with pytest.raises(UnknownModel, match="'e5-small', 'use-multilingual-v3'"):
            Encoder(name)

    def test_a_bar_shows_when_asked_for_and_goes_to_standard_error(
        self, use: Encoder, capsys: pytest.CaptureFixture[str]
    ) -> None:
        use.encode(THREE)
        assert capsys.readouterr() == ("", "")
        use.encode(THREE, show_progress_bar=True)
        out, err = capsys.readouterr()
        assert out == ""
        assert "Encoding" in err
        assert "3/3 texts" in err


class TestErrorsWhileComputing:
    def test_an_error_in_one_batch_is_the_calls_error(self, use: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
        class Broken:
            name, token_budget = "broken", 512
            calls: Iterator[int] = iter(range(100))
            tokenize = use._load().tokenize

            def run(self, ids: Any) -> Vectors:
                if next(self.calls) == 2:
                    raise RuntimeError("no more memory")
                return np.ones((len(ids), 512), dtype=np.float32)

        monkeypatch.setattr(use, "_load", Broken)
        with pytest.raises(RuntimeError, match="no more memory"):
            use.encode(THREE * 10, batch_size=1)


def test_a_copy_loads_the_model_for_itself(use: Encoder) -> None:
    text = "A text."
    again = pickle.loads(pickle.dumps(use))
    np.testing.assert_allclose(again.encode(text), use.encode(text), atol=1e-6)
    assert again.fingerprint == use.fingerprint


@pytest.mark.parametrize("prompt", ["foo", None])
def test_a_prompt_that_is_none(use: Encoder, prompt: Any) -> None:
    with pytest.raises(OptionError, match="'symmetric', 'query', 'document'"):
        use.token_ids(["x"], prompt)
