"""Text beyond the model's limit: cut as it says, said as it is, and fast however long."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, TextWarning, TruncationWarning, load_corpus
from interlingua.errors import InputError, OptionError

TEN_MB = 10_000_000
SHORT = "A short one."
LIMITS = {"e5-small": 512, "use-multilingual-v3": 256}


def english(words: int) -> str:
    """As many words of English, sentence after sentence."""
    all_words = " ".join(text.text for text in load_corpus(["en"])).split()
    return " ".join((all_words * (1 + words // len(all_words)))[:words])


@pytest.fixture
def cut_by_hand(encoder: Encoder) -> str:
    """The beginning of that English which is exactly as long as the model reads."""
    prefixes = [english(words) for words in range(150, 500)]
    lengths = [len(ids) for ids in encoder.token_ids(prefixes)]
    whole = [prefix for prefix, length in zip(prefixes, lengths, strict=True) if length < LIMITS[encoder.name]]
    # Fill it up with words of one token.
    missing = LIMITS[encoder.name] - len(encoder.token_ids([whole[-1]])[0])
    return whole[-1] + " the" * missing


class TestTheCut:
    def test_the_vector_is_that_of_the_text_cut_at_the_limit(self, encoder: Encoder, cut_by_hand: str) -> None:
        limit = LIMITS[encoder.name]
        long = cut_by_hand + " and then something else entirely happened" * 50
        (exact,), (ids,) = encoder.token_ids([cut_by_hand]), encoder.token_ids([long])
        assert len(exact) == len(ids) == limit
        assert ids == exact
        expected = encoder.encode(cut_by_hand)  # no warning: it just fits
        with pytest.warns(TruncationWarning):
            vector = encoder.encode(long)
        np.testing.assert_allclose(vector, expected, atol=1e-6)

    def test_one_token_too_many_is_one_too_many(self, encoder: Encoder, cut_by_hand: str) -> None:
        with pytest.warns(TruncationWarning, match="Row 0 is longer"):
            encoder.encode(cut_by_hand + " the")

    def test_the_end_token_stays(self, encoder: Encoder) -> None:
        (ids,) = encoder.token_ids([english(2000)])
        assert len(ids) == LIMITS[encoder.name]
        assert ids[-1] == encoder.token_ids([SHORT])[0][-1] == 2

    def test_other_rows_are_not_touched(self, use: Encoder) -> None:
        with pytest.warns(TruncationWarning):
            table = use.encode([SHORT, english(2000), SHORT])
        np.testing.assert_allclose(table[[0, 2]], use.encode([SHORT, SHORT]), atol=1e-6)


class TestWhatIsSaid:
    def test_rows_and_limit(self, encoder: Encoder) -> None:
        with pytest.warns(TruncationWarning) as caught:
            encoder.encode([SHORT, english(2000), SHORT, english(1500)])
        assert len(caught) == 1
        warning = caught[0].message
        assert isinstance(warning, TruncationWarning)
        assert warning.rows == (1, 3)
        assert "Rows 1, 3 are longer" in str(warning)
        assert f"{LIMITS[encoder.name]} tokens" in str(warning)
        assert caught[0].filename == __file__

    def test_many_rows_are_counted(self, use: Encoder) -> None:
        with pytest.warns(TruncationWarning, match=r"0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … \(12 in all\)") as caught:
            use.encode([english(400)] * 12)
        assert caught[0].message.rows == tuple(range(12))  # type: ignore[union-attr]

    def test_rows_are_those_of_the_input(self, use: Encoder) -> None:
        with pytest.warns(TruncationWarning, match="Row 3 is") as caught:
            encoded = use.encode([None, SHORT, "", english(1000), SHORT], on_invalid="skip")  # type: ignore[list-item]
        assert caught[0].message.rows == (3,)  # type: ignore[union-attr]
        assert encoded.kept.tolist() == [1, 3, 4]

    def test_rows_beyond_the_first_chunk(self, use: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("interlingua.encoding.encoder._CHUNK", 3)
        with pytest.warns(TruncationWarning) as caught:
            table = use.encode([SHORT, english(400), SHORT, "B", english(401), "C", "D"])
        assert caught[0].message.rows == (1, 4)  # type: ignore[union-attr]
        monkeypatch.undo()
        np.testing.assert_allclose(table[[0, 3, 6]], use.encode([SHORT, "B", "D"]), atol=1e-6)

    @pytest.mark.parametrize("method", ["encode_query", "encode_document"])
    def test_every_method_says_it(self, use: Encoder, method: str) -> None:
        with pytest.warns(TruncationWarning) as caught:
            getattr(use, method)(english(1000))
        assert caught[0].filename == __file__


class TestTheChoice:
    def test_error_refuses_with_the_rows(self, encoder: Encoder) -> None:
        with pytest.raises(InputError, match="Rows 1, 2 are longer than the") as caught:
            encoder.encode([SHORT, english(2000), english(2000)], long="error")
        assert caught.value.rows == (1, 2)
        assert "long='truncate'" in str(caught.value)

    def test_error_counts_rows_of_the_input(self, use: Encoder) -> None:
        with pytest.raises(InputError, match="Row 2 is") as caught:
            use.encode(["", SHORT, english(1000)], long="error", on_invalid="skip")
        assert caught.value.rows == (2,)

    def test_error_lets_pass_what_fits(self, use: Encoder) -> None:
        assert use.encode([SHORT], long="error").shape == (1, 512)

    def test_the_constructors_choice_holds_and_the_calls_goes_before(
        self, use: Encoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        strict = Encoder("use-multilingual-v3", long="error")
        monkeypatch.setattr(strict, "_load", use._load)
        with pytest.raises(InputError, match="longer than the 256 tokens"):
            strict.encode(english(1000))
        with pytest.warns(TruncationWarning):
            strict.encode(english(1000), long="truncate")

    @pytest.mark.parametrize("value", ["cut", "windows", "", None, True])
    def test_other_values_do_not_exist(self, use: Encoder, value: Any) -> None:
        with pytest.raises(OptionError, match='"truncate", "window" or "error"'):
            Encoder("use-multilingual-v3", long=value)
        with pytest.raises(OptionError, match='"truncate", "window" or "error"'):
            use.encode(SHORT, long=value)
        with pytest.raises(OptionError, match='"truncate", "window" or "error"'):
            use.encode([], long=value)


class TestTenMegabytes:
    @pytest.mark.parametrize(
        ("piece", "repeats"),
        [
            (english(40) + " ", 45_000),
            ("我无法登录我的账号。", TEN_MB // 30),
            ("e\u0301\u0323", TEN_MB // 5),
        ],
        ids=["words", "unbroken Chinese", "combining characters"],
    )
    def test_bounded_time_and_a_warning(self, encoder: Encoder, piece: str, repeats: int) -> None:
        text = piece * repeats
        assert len(text.encode("utf-8")) > 0.9 * TEN_MB
        encoder.load()
        begin = time.perf_counter()
        with pytest.warns(TruncationWarning) as caught:
            vector = encoder.encode(text)
        assert time.perf_counter() - begin < 5
        assert [warning.category for warning in caught] == [TruncationWarning]
        # Only the beginning counts, so 64 KB of it give the same.
        with pytest.warns(TruncationWarning):
            np.testing.assert_allclose(vector, encoder.encode(text[:65_536]), atol=1e-6)

    def test_the_tokeniser_never_sees_all_of_it(self, encoder: Encoder) -> None:
        tokenizer = encoder._load()._tokenizer  # type: ignore[attr-defined]
        for piece in ("The cat. ", "猫", "e\u0301"):
            seen, cut = tokenizer._prepare(piece * 1_000_000)
            assert cut
            # More than a model can read, and bounded.
            assert 16 * LIMITS[encoder.name] < len(seen) <= 100 * LIMITS[encoder.name]

    def test_white_space_before_a_text_is_not_the_text(self, use: Encoder) -> None:
        np.testing.assert_allclose(use.encode(" \n" * 100_000 + SHORT), use.encode(SHORT), atol=1e-6)

    @pytest.mark.parametrize("space", [" ", " \n\t\u3000"], ids=["blanks", "mixed"])
    def test_white_space_alone_is_no_text(self, use: Encoder, space: str) -> None:
        begin = time.perf_counter()
        with pytest.raises(InputError, match="only white space"):
            use.encode(space * (TEN_MB // len(space.encode())))
        assert time.perf_counter() - begin < 5

    def test_damage_is_found_in_bounded_time(self, use: Encoder) -> None:
        begin = time.perf_counter()
        with pytest.warns((TruncationWarning, TextWarning)) as caught:
            use.encode("caf&eacute; " * (TEN_MB // 12))
        assert {warning.category for warning in caught} == {TruncationWarning, TextWarning}
        assert time.perf_counter() - begin < 15
