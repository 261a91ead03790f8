"""The encoder without a model."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua import FakeEncoder
from interlingua.errors import InputError
from interlingua.types import TextEncoder


def test_it_is_a_text_encoder(fake: FakeEncoder) -> None:
    assert isinstance(fake, TextEncoder)
    assert not isinstance(object(), TextEncoder)


def test_its_vectors_never_change() -> None:
    # Stored indexes and other tests' expectations are built on these values.
    golden = [0.801879, 0.267204, 0.267204, 0.0, 0.0, -0.267204, -0.267204, 0.267204]
    vector = FakeEncoder(8).encode("The cat")
    np.testing.assert_allclose(vector, golden, atol=1e-5)


def test_shapes_are_those_of_every_encoder(fake: FakeEncoder) -> None:
    assert fake.encode("a").shape == (64,)
    assert fake.encode(["a", "b"]).shape == (2, 64)
    assert fake.encode([]).shape == (0, 64)
    assert fake.encode([]).dtype == fake.encode("a").dtype == np.float32
    assert FakeEncoder(8).encode("a").shape == (8,)
    assert (FakeEncoder(8).fingerprint, fake.fingerprint, fake.name) == ("fake-8", "fake-64", "fake")


def test_length_1_and_the_same_for_all_three_methods(fake: FakeEncoder) -> None:
    texts = ["The cat", "猫", "x"]
    table = fake.encode(texts)
    np.testing.assert_allclose(np.linalg.norm(table, axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(table, fake.encode_query(texts))
    np.testing.assert_array_equal(table, fake.encode_document(texts))


def test_texts_that_share_letters_are_nearer(fake: FakeEncoder) -> None:
    cat, cats, dog = fake.encode(["the black cat", "the black cats", "my dog barks"])
    assert cat @ cats > 0.8
    assert cat @ dog < 0.3


def test_case_and_width_do_not_count(fake: FakeEncoder) -> None:
    np.testing.assert_array_equal(fake.encode("The CAT"), fake.encode("the cat"))
    np.testing.assert_array_equal(fake.encode("ｃａｔ"), fake.encode("cat"))


def test_it_refuses_what_every_encoder_refuses(fake: FakeEncoder) -> None:
    with pytest.raises(InputError) as caught:
        fake.encode(["fine", "", None])  # type: ignore[list-item]
    assert caught.value.rows == (1, 2)
