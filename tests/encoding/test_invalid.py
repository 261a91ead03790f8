"""What cannot be embedded, what looks damaged, and what ``on_invalid`` and ``clean`` do about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from interlingua import Encoded, Encoder, TextWarning
from interlingua.errors import InputError

INVALID = {
    "None": (None, "None"),
    "NaN": (float("nan"), "NaN"),
    "number": (7, "an int"),
    "list": (["a"], "a list"),
    "bytes": (b"cat", "bytes"),
    "surrogate": ("cat\ud83d", "lone surrogate: U+D83D at position 3"),
    "empty": ("", "empty"),
    "white space": (" \t\n\u3000", "only white space"),
    "zero width": ("\u200b\u200d\ufeff", "only invisible characters"),
    "bidi marks": ("\u202b\u2067\u200f", "only invisible characters"),
}


@pytest.mark.parametrize("kind", INVALID)
@pytest.mark.parametrize("method", ["encode", "encode_query", "encode_document"])
def test_an_invalid_row_is_named(use: Encoder, kind: str, method: str) -> None:
    value, reason = INVALID[kind]
    with pytest.raises(InputError) as caught:
        getattr(use, method)(["The cat", "The dog", value, "The cow"])
    assert caught.value.rows == (2,)
    assert "1 of 4 rows cannot be embedded" in str(caught.value)
    assert "row 2" in str(caught.value)
    assert reason.partition(":")[0] in str(caught.value)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "a\udc00"])
def test_a_single_invalid_text(use: Encoder, text: str) -> None:
    with pytest.raises(InputError) as caught:
        use.encode(text)
    assert caught.value.rows == (0,)


def test_skipping_keeps_the_rest_and_says_which(encoder: Encoder) -> None:
    rows: list[Any] = ["The cat", *(value for value, _ in INVALID.values()), "The dog"]
    encoded = encoder.encode(rows, on_invalid="skip")
    assert isinstance(encoded, Encoded)
    vectors, kept = encoded
    assert kept.tolist() == [0, len(rows) - 1]
    assert kept.dtype == np.int64
    np.testing.assert_allclose(vectors, encoder.encode(["The cat", "The dog"]), atol=1e-6)


@pytest.mark.parametrize("method", ["encode", "encode_query", "encode_document"])
def test_skipping_gives_the_same_type_where_nothing_is_skipped(use: Encoder, method: str) -> None:
    encoded = getattr(use, method)(["The cat"], on_invalid="skip")
    assert isinstance(encoded, Encoded)
    assert (encoded.vectors.shape, encoded.kept.tolist()) == ((1, 512), [0])
    empty = getattr(use, method)([], on_invalid="skip")
    assert (empty.vectors.shape, empty.kept.tolist()) == ((0, 512), [])
    single = getattr(use, method)("The cat", on_invalid="skip")
    assert (single.vectors.shape, single.kept.tolist()) == ((1, 512), [0])


@pytest.mark.parametrize("on_invalid", ["error", "skip"])
def test_a_list_without_one_valid_row_is_an_error(use: Encoder, on_invalid: Any) -> None:
    with pytest.raises(InputError, match="no row can be embedded") as caught:
        use.encode([value for value, _ in INVALID.values()], on_invalid=on_invalid)
    assert caught.value.rows == tuple(range(len(INVALID)))


# What was meant, and how it arrives.
DAMAGED = {
    "mojibake": ("Die Katze schläft", "Die Katze schlÃ¤ft"),
    "escapes": ("猫が寝ています", "\\u732b\\u304c\\u5bdd\\u3066\\u3044\\u307e\\u3059"),
    "entities": ("Où est le café ?", "O&ugrave; est le caf&eacute; ?"),
    "bytes": ("café", "b'caf\\xc3\\xa9'"),
    "surrogate pairs": ("I like it 😀", "I like it \\ud83d\\ude00"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_clean_repairs_before_embedding(encoder: Encoder, kind: str) -> None:
    meant, damaged = DAMAGED[kind]
    expected = encoder.encode(meant)
    # No warning, and the vector of what was meant.
    np.testing.assert_allclose(encoder.encode(damaged, clean=True), expected, atol=1e-6)
    np.testing.assert_allclose(encoder.encode([damaged], clean=True)[0], expected, atol=1e-6)
    with pytest.warns(TextWarning):
        as_it_is = encoder.encode(damaged)
    assert as_it_is @ expected < 0.99


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_warned_of_by_row(use: Encoder, kind: str) -> None:
    meant, damaged = DAMAGED[kind]
    with pytest.warns(TextWarning, match="row 2") as caught:
        use.encode([meant, None, damaged], on_invalid="skip")  # type: ignore[list-item]
    assert len(caught) == 1
    assert "clean=True" in str(caught[0].message)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("method", ["encode_query", "encode_document"])
def test_every_method_warns_where_it_is_called(use: Encoder, method: str) -> None:
    with pytest.warns(TextWarning, match="row 0") as caught:
        getattr(use, method)(DAMAGED["mojibake"][1])
    assert caught[0].filename == __file__


def test_clean_takes_lone_surrogates_out(use: Encoder) -> None:
    np.testing.assert_allclose(use.encode("The cat\ud83d", clean=True), use.encode("The cat"), atol=1e-6)


def test_clean_leaves_invalid_rows_to_the_check(use: Encoder) -> None:
    with pytest.raises(InputError) as caught:
        use.encode(["The cat", None, "\x01\ufeff"], clean=True)  # type: ignore[list-item]
    assert caught.value.rows == (1, 2)
    encoded = use.encode(["The cat", None, "schlÃ¤ft"], clean=True, on_invalid="skip")  # type: ignore[list-item]
    assert encoded.kept.tolist() == [0, 2]
    np.testing.assert_allclose(encoded.vectors, use.encode(["The cat", "schläft"]), atol=1e-6)
