"""``Encoder.stream``: a generator in, chunks out, with the numbers of the whole."""

from __future__ import annotations

import itertools
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from interlingua import Encoded, Encoder, TextWarning, TruncationWarning
from interlingua.errors import InputError, OptionError

TEXTS = [
    "The cat sleeps.",
    "Die Katze schläft.",
    "猫が寝ています。",
    "القطة نائمة.",
    "แมวกำลังนอน",
    "Dinner is ready.",
    "Hi",
]
LONG = "word " * 400


def joined(chunks: Iterator[Encoded]) -> tuple[Any, list[int]]:
    found = list(chunks)
    return np.concatenate([chunk.vectors for chunk in found]), [row for chunk in found for row in chunk.kept.tolist()]


@pytest.mark.parametrize("prompt", ["symmetric", "query", "document"])
def test_the_vectors_are_those_of_encode(encoder: Encoder, prompt: Any) -> None:
    whole = {"symmetric": encoder.encode, "query": encoder.encode_query, "document": encoder.encode_document}[prompt]
    chunks = list(encoder.stream((text for text in TEXTS), prompt=prompt, chunk_size=3))
    assert [len(chunk.vectors) for chunk in chunks] == [3, 3, 1]
    assert [chunk.kept.tolist() for chunk in chunks] == [[0, 1, 2], [3, 4, 5], [6]]
    assert all(chunk.vectors.dtype == np.float32 for chunk in chunks)
    np.testing.assert_allclose(np.concatenate([chunk.vectors for chunk in chunks]), whole(TEXTS), atol=1e-5)


def test_a_chunk_depends_on_its_own_texts_alone(use: Encoder) -> None:
    chunks = [chunk.vectors for chunk in use.stream(iter(TEXTS), chunk_size=3)]
    later = [chunk.vectors for chunk in use.stream(iter(TEXTS[3:]), chunk_size=3)]
    assert [chunk.tobytes() for chunk in chunks[1:]] == [chunk.tobytes() for chunk in later]


def test_it_reads_one_chunk_ahead_and_keeps_none(use: Encoder) -> None:
    class Text(str):
        __slots__ = ("__weakref__",)

    read: list[weakref.ref[Text]] = []

    def texts() -> Iterator[str]:
        for number in itertools.count():
            text = Text(f"Number {number}")
            read.append(weakref.ref(text))
            yield text

    chunks = use.stream(texts(), chunk_size=10)
    assert read == []  # nothing is read, and no model loaded, before the first chunk is asked for
    for number in range(1, 12):
        assert next(chunks).kept[0] == 10 * (number - 1)
        assert len(read) <= 10 * (number + 1)
        assert sum(text() is not None for text in read) <= 40
    chunks.close()  # type: ignore[attr-defined]


def test_any_iterable(use: Encoder) -> None:
    expected = use.encode(["a", "b"])
    for texts in (["a", "b"], ("a", "b"), iter(["a", "b"]), np.array(["a", "b"]), {"a": 1, "b": 2}.keys()):
        np.testing.assert_allclose(joined(use.stream(texts))[0], expected, atol=1e-6)
    assert list(use.stream([])) == []
    assert list(use.stream(iter([]), on_invalid="skip")) == []


@pytest.mark.parametrize("sentences", ["a text", b"bytes", {"a": 1}, {"a", "b"}, 7, None])
def test_what_is_no_stream_of_texts(use: Encoder, sentences: Any) -> None:
    with pytest.raises(InputError, match="sentences should be a list of texts, but it is"):
        use.stream(sentences)


def test_rows_kept_are_counted_from_the_beginning(use: Encoder) -> None:
    rows = ["a", None, "b", "", " ", "\u200b", "c", "d", float("nan")]
    vectors, kept = joined(use.stream(iter(rows), chunk_size=3, on_invalid="skip"))
    assert kept == [0, 2, 6, 7]  # the second chunk has nothing to keep and is left out
    np.testing.assert_allclose(vectors, use.encode(["a", "b", "c", "d"]), atol=1e-6)


def test_a_bad_row_stops_it_before_its_chunk(use: Encoder) -> None:
    chunks = use.stream(iter(["a", "b", "c", "d", "e", ""]), chunk_size=2)
    assert next(chunks).kept.tolist() == [0, 1]
    with pytest.raises(InputError, match=r"row 5 cannot be embedded \(rows counted from 0\): empty") as caught:
        list(chunks)
    assert caught.value.rows == (5,)
    with pytest.raises(InputError, match=r"none of the 5 rows can be embedded; the last, row 4: None\.$"):
        list(use.stream(["", " ", "", "", None], chunk_size=2, on_invalid="skip"))


def test_cut_texts_are_told_chunk_by_chunk(use: Encoder) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(use.stream(iter(["", "a", LONG, "b", "c", LONG, LONG]), chunk_size=3, on_invalid="skip"))
    assert [warning.category for warning in caught] == [TruncationWarning] * 3
    assert [warning.message.rows for warning in caught] == [(2,), (5,), (6,)]  # type: ignore[union-attr]
    assert all(warning.filename == __file__ for warning in caught)


def test_too_long_texts_can_be_refused(use: Encoder) -> None:
    chunks = use.stream(["a", "b", "c", LONG], chunk_size=2, long="error")
    assert next(chunks).kept.tolist() == [0, 1]
    with pytest.raises(InputError, match="Row 3 is longer than the 256 tokens") as caught:
        next(chunks)
    assert caught.value.rows == (3,)


def test_damaged_texts_are_told_and_repaired(use: Encoder) -> None:
    with pytest.warns(TextWarning, match="literal escapes in row 3") as caught:
        list(use.stream(["a", "b", "c", "caf\\u00e9"], chunk_size=2))
    assert caught[0].filename == __file__
    vectors, _ = joined(use.stream(["a", "b", "c", "caf\\u00e9"], chunk_size=2, clean=True))
    np.testing.assert_allclose(vectors[3], use.encode("café"), atol=1e-6)


def test_options(use: Encoder) -> None:
    long_vectors, _ = joined(use.stream(TEXTS, normalize_embeddings=False))
    np.testing.assert_allclose(long_vectors, use.encode(TEXTS, normalize_embeddings=False), atol=1e-5)
    done: list[int] = []
    list(use.stream(TEXTS, chunk_size=3, batch_size=1, advance=done.append))
    assert sum(done) == len(TEXTS)


def test_a_progress_bar(use: Encoder, capsys: pytest.CaptureFixture[str]) -> None:
    list(use.stream(TEXTS, show_progress_bar=True))
    assert "7/? texts" in capsys.readouterr().err
    list(use.stream(TEXTS, show_progress_bar=True, advance=lambda _count: None))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prompt": "question"}, "prompt is one of 'symmetric', 'query', 'document', not 'question'"),
        ({"chunk_size": 0}, "chunk_size must be a whole number and at least 1, not 0"),
        ({"chunk_size": 2.5}, "chunk_size must be a whole number"),
        ({"on_invalid": "drop"}, 'on_invalid is "error" or "skip", not \'drop\''),
        ({"batch_size": 0}, "batch_size must be"),
        ({"long": "cut"}, "long is "),
        ({"batchsize": 3}, "no option 'batchsize'"),
    ],
)
def test_options_that_do_not_exist_are_told_at_once(use: Encoder, options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        use.stream(TEXTS, **options)
