"""Long texts read whole: which windows, how they are weighed, and what their vectors are."""

from __future__ import annotations

import time
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua import Encoder, TruncationWarning, load_corpus
from interlingua.encoding.backends import Backend
from interlingua.encoding.windows import OVERLAP, pieces, shares, tokenize_in_windows, windows

LIMITS = {"e5-small": 512, "use-multilingual-v3": 256}
PROMPT_TOKENS = {"e5-small": 3, "use-multilingual-v3": 0}


def english(words: int, start: int = 0) -> str:
    """As many words of English, sentence after sentence."""
    all_words = " ".join(text.text for text in load_corpus(["en"])).split()
    return " ".join((all_words * (2 + (start + words) // len(all_words)))[start : start + words])


def backend_of(encoder: Encoder) -> Backend:
    return encoder._load()


class TestWindows:
    def test_a_text_that_fits_is_one_window(self) -> None:
        assert windows(10, 10, 0.25).tolist() == [[0, 10]]
        assert windows(0, 10, 0.25).tolist() == [[0, 0]]

    def test_one_token_too_many_makes_two_windows_of_half_the_length(self) -> None:
        assert windows(17, 16, 0.25).tolist() == [[0, 11], [6, 17]]

    def test_windows_of_a_long_text(self) -> None:
        assert windows(100, 40, 0.25).tolist() == [[0, 40], [30, 70], [60, 100]]
        assert windows(101, 40, 0.25).tolist() == [[0, 33], [22, 55], [45, 78], [68, 101]]
        assert windows(100, 40, 0.0).tolist() == [[0, 34], [33, 67], [66, 100]]

    @given(st.integers(0, 5000), st.integers(2, 600), st.sampled_from([0.0, 0.125, 0.25, 0.4]))
    def test_they_cover_the_text_and_overlap_and_fit(self, count: int, room: int, overlap: float) -> None:
        spans = windows(count, room, overlap)
        starts, ends = spans.T
        assert (starts[0], ends[-1]) == (0, count)
        assert (ends - starts <= room).all()
        assert len(set((ends - starts).tolist())) == 1
        assert (ends[:-1] - starts[1:] >= int(overlap * room)).all()
        assert (np.diff(starts) > 0).all()
        if len(spans) > 1:
            # As few as there can be: one fewer could not cover it.
            common = int(overlap * room)
            assert (len(spans) - 1) * (room - common) + common < count

    @given(st.integers(1, 5000), st.integers(16, 600))
    def test_each_token_counts_once(self, count: int, room: int) -> None:
        spans = windows(count, room, 0.25)
        counted = np.zeros(count)
        share = np.zeros(count)
        for (start, end), weight in zip(spans.tolist(), shares(spans), strict=True):
            counted[start:end] += 1
            share[start:end] += weight
        assert shares(spans).sum() == pytest.approx(1)
        by_hand = [(1 / counted[start:end]).sum() / count for start, end in spans.tolist()]
        np.testing.assert_allclose(shares(spans), by_hand)

    def test_shares_in_numbers(self) -> None:
        assert shares(np.array([[0, 40], [30, 70], [60, 100]])).tolist() == [0.35, 0.3, 0.35]
        assert shares(np.array([[0, 7]])).tolist() == [1.0]


class TestPieces:
    def test_cut_at_spaces(self) -> None:
        assert list(pieces("one two three", 9)) == ["one two", " three"]
        assert list(pieces("short", 9)) == ["short"]

    def test_where_there_are_none_between_characters(self) -> None:
        assert list(pieces("0123456789abcdef", 10)) == ["0123456789", "abcdef"]
        assert list(pieces("012345678e\u0301\u0323xyz", 10)) == ["012345678", "e\u0301\u0323xyz"]

    @given(st.text(alphabet="ab \u0301猫ﾞ", max_size=400), st.integers(1, 50))
    def test_nothing_is_lost(self, text: str, size: int) -> None:
        found = list(pieces(text, size))
        assert "".join(found) == text
        assert max(map(len, found)) <= size


class TestTokens:
    def test_items_of_a_long_text(self, encoder: Encoder) -> None:
        backend, limit = backend_of(encoder), LIMITS[encoder.name]
        prompt, head = encoder.card.prompts.symmetric, PROMPT_TOKENS[encoder.name]
        text = english(2000)
        tokens = backend.tokenize(["short", text, "brief"], prompt, windows=True)
        assert tokens.owners is not None
        assert tokens.weights is not None
        assert len(tokens.truncated) == 0
        number = len(tokens.ids) - 2
        assert tokens.owners.tolist() == [0, *[1] * number, 2]
        assert tokens.weights[[0, -1]].tolist() == [1.0, 1.0]
        assert tokens.weights[1:-1].sum() == pytest.approx(1)
        short, *windows_of_text, brief = [list(ids) for ids in tokens.ids]
        assert [short, brief] == [list(ids) for ids in backend.tokenize(["short", "brief"], prompt).ids]
        # The same beginning and end as a short text's, and between them all of the text.
        begin, end = short[: 1 + head], short[-1]
        lengths = {len(ids) for ids in windows_of_text}
        assert len(lengths) == 1
        assert 0.8 * limit < max(lengths) <= limit
        content = backend._tokenizer.content(text).tolist()  # type: ignore[attr-defined]
        room = limit - len(begin) - 1
        for ids, (start, stop) in zip(windows_of_text, windows(len(content), room, OVERLAP).tolist(), strict=True):
            assert ids == [*begin, *content[start:stop], end]

    def test_texts_that_fit_are_not_touched(self, encoder: Encoder) -> None:
        texts = ["short", english(100), "日本語", ""]
        prompt = encoder.card.prompts.document
        one, other = (backend_of(encoder).tokenize(texts, prompt, windows=wanted) for wanted in (True, False))
        assert one.ids == other.ids
        assert one.owners is None

    def test_pieces_give_the_ids_of_the_whole(self, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
        tokenizer = backend_of(encoder)._tokenizer  # type: ignore[attr-defined]
        text = english(3000)
        whole = tokenize_in_windows(tokenizer, [text], "")
        monkeypatch.setattr(pieces, "__defaults__", (500,))
        assert [list(ids) for ids in tokenize_in_windows(tokenizer, [text], "").ids] == [list(i) for i in whole.ids]


class TestVectors:
    def test_within_the_limit_they_are_those_of_truncate_to_the_last_bit(self, encoder: Encoder) -> None:
        texts = [text.text for text in load_corpus()[::40]] + [english(100)]
        assert encoder.encode(texts, long="window").tobytes() == encoder.encode(texts).tobytes()
        assert encoder.encode(texts[0], long="window").tobytes() == encoder.encode(texts[0]).tobytes()

    def test_the_weighted_mean_of_the_windows(self, encoder: Encoder) -> None:
        backend = backend_of(encoder)
        text = english(1200)
        tokens = backend.tokenize([text], encoder.card.prompts.query, windows=True)
        assert tokens.weights is not None
        each = np.concatenate([backend.run([ids]) for ids in tokens.ids])
        mean = (each * tokens.weights[:, None]).sum(axis=0)
        np.testing.assert_allclose(encoder.encode_query(text, long="window"), mean / np.linalg.norm(mean), atol=2e-6)
        raw = encoder.encode_query(text, long="window", normalize_embeddings=False)
        np.testing.assert_allclose(raw, mean, atol=1e-5)

    def test_a_vector_does_not_depend_on_what_else_is_in_the_call(self, use: Encoder) -> None:
        texts = [english(40), english(700), english(10, 60), english(2000, 300), english(700), english(300, 9)]
        together = use.encode(texts, long="window")
        for text, vector in zip(texts, together, strict=True):
            np.testing.assert_allclose(use.encode(text, long="window"), vector, atol=2e-6)
        np.testing.assert_allclose(use.encode(texts[::-1], long="window", batch_size=1)[::-1], together, atol=2e-6)

    def test_no_warning_and_no_error(self, use: Encoder) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            encoded = use.encode(["", english(1000)], long="window", on_invalid="skip")
        assert encoded.kept.tolist() == [1]
        np.testing.assert_allclose(np.linalg.norm(encoded.vectors, axis=1), 1, atol=1e-6)

    def test_the_constructors_choice(self) -> None:
        reader = Encoder("use-multilingual-v3", long="window")
        text = english(600)
        assert not np.allclose(reader.encode(text), reader.encode(english(600)[: len(text) // 2]))
        with pytest.warns(TruncationWarning):
            reader.encode(text, long="truncate")

    def test_what_stands_at_the_end_is_found(self, use: Encoder) -> None:
        beginning = english(300)
        ends = ["The cat sleeps on the warm roof. ", "Interest rates will rise again in spring. "]
        texts = [f"{beginning} {end * 20}" for end in ends]
        questions = use.encode_query(["Where does my pet rest?", "What does the central bank do?"])
        with pytest.warns(TruncationWarning):
            cut = questions @ use.encode_document(texts).T
        assert cut[0, 0] == pytest.approx(cut[0, 1], abs=1e-6)
        scores = questions @ use.encode_document(texts, long="window").T
        assert scores[0, 0] > scores[0, 1] + 0.05
        assert scores[1, 1] > scores[1, 0] + 0.05


class TestVeryLongTexts:
    @pytest.mark.parametrize(
        ("piece", "number"),
        [("the quick brown fox jumps. ", 370_000), ("我无法登录我的账号。", 50_000), ("e\u0301\u0323", 300_000)],
        ids=["10 MB of words", "1.5 MB without spaces", "1.5 MB of combining characters"],
    )
    def test_tokenised_whole_in_bounded_time(self, use: Encoder, piece: str, number: int) -> None:
        backend = backend_of(use)
        begin = time.perf_counter()
        tokens = backend.tokenize([piece * number], "", windows=True)
        # Measured: about a second each.
        assert time.perf_counter() - begin < 30
        count = len(backend._tokenizer.content(piece * number))  # type: ignore[attr-defined]
        assert count >= 2 * number
        # Two of the 256 places are the special tokens'. As many windows as the text needs with an eighth in common, no more.
        room, common = 254, 31
        covered = np.arange(1, count) * (room - common) + common
        assert len(tokens.ids) == 1 + int((covered < count).sum())
        assert {len(ids) for ids in tokens.ids} <= {256, 255}
