"""The precision classes: what they promise, which graph keeps it, and that wrong numbers are refused."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, load_corpus
from interlingua.encoding.backends import selection
from interlingua.encoding.backends.arithmetic import FAST_7BIT, FLOAT32, candidates, has_dot_products
from interlingua.encoding.backends.onnx import OnnxBackend
from interlingua.encoding.backends.parity import distance
from interlingua.errors import OptionError, WrongNumbers
from interlingua.models.store import ensure
from interlingua.types import Vectors

TEXTS = [text.text for text in load_corpus()][::5]
LONG = " ".join(TEXTS)[:1200]


def distances(ours: Vectors, theirs: Vectors) -> Any:
    return 1 - (ours.astype(np.float64) * theirs).sum(axis=1)


@pytest.fixture(scope="module")
def float32(e5: Encoder) -> Vectors:
    """The vectors of the float32 graph."""
    backend = OnnxBackend(ensure(e5.card), e5.card.max_tokens, arithmetic=FLOAT32)
    vectors = backend.run(backend.tokenize(TEXTS, "query: ").ids)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def fast(model_cache: Path) -> Encoder:
    return Encoder("e5-small", precision="fast", cache_dir=model_cache)


def test_exact_is_float32_within_its_promise(e5: Encoder, float32: Vectors) -> None:
    assert distances(e5.encode(TEXTS), float32).max() < 1e-4


REPEATS = [
    unit * count for unit in ("1 ", ". ", "ok ", "a", "!", "- ", "no ", "😀", "猫") for count in (5, 9, 15, 40, 120)
]


def test_exact_holds_where_rounding_errors_add_up(e5: Encoder) -> None:
    backend = OnnxBackend(ensure(e5.card), e5.card.max_tokens, arithmetic=FLOAT32)
    wanted = backend.run(backend.tokenize(REPEATS, "query: ").ids)
    found = e5.encode(REPEATS)
    assert distances(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True)).max() < 1e-4
    among = e5.encode([*TEXTS[:20], *REPEATS])
    assert distances(among[20:], found).max() < 1e-6


def test_fast_is_near_and_its_loss_is_on_the_card(fast: Encoder, float32: Vectors) -> None:
    found = distances(fast.encode(TEXTS), float32)
    assert 1e-6 < found.mean() < 2e-3
    assert found.max() < 5e-3
    assert "Tatoeba, 36 languages" in fast.card.fast_loss


def test_seven_bits_are_near_too(e5: Encoder, float32: Vectors) -> None:
    backend = OnnxBackend(ensure(e5.card), e5.card.max_tokens, arithmetic=FAST_7BIT)
    vectors = backend.run(backend.tokenize(TEXTS, "query: ").ids)
    assert distances(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), float32).max() < 5e-3


@pytest.mark.parametrize(("precision", "least"), [("exact", 0.99999), ("fast", 0.9999)])
def test_a_vector_does_not_depend_on_its_batch(precision: Any, least: float) -> None:
    encoder = Encoder("e5-small", precision=precision)
    among = encoder.encode([*TEXTS, LONG, LONG[:500]])
    for row in range(0, len(TEXTS), 20):
        assert encoder.encode(TEXTS[row]) @ among[row] >= least
    assert encoder.encode([LONG], batch_size=1)[0] @ among[len(TEXTS)] >= least


def test_the_classes_do_not_mix(e5: Encoder, fast: Encoder) -> None:
    assert e5.fingerprint != fast.fingerprint
    assert fast.card.conversion == e5.card.conversion


def test_the_graph_follows_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.encoding.backends.arithmetic.has_dot_products", lambda: False)
    assert [one.graph for one in candidates("e5-small", "exact")] == ["model.onnx"]
    assert [one.graph for one in candidates("e5-small", "fast")] == ["fast-7bit.onnx"]
    monkeypatch.setattr("interlingua.encoding.backends.arithmetic.has_dot_products", lambda: True)
    assert [one.graph for one in candidates("e5-small", "exact")] == ["exact-int8.onnx", "model.onnx"]
    assert [one.graph for one in candidates("e5-small", "fast")] == ["fast.onnx", "fast-7bit.onnx"]


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(OptionError, match='precision is "exact" or "fast", not \'half\''):
        Encoder(precision="half")  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["e5-small", "use-multilingual-v3"])
def test_the_golden_batch_is_what_the_backend_gives(model: str) -> None:
    encoder = Encoder(model)
    found = distance(encoder.card, encoder._load())
    assert found is not None
    assert found < 1e-4


class TestWrongNumbers:
    """A processor, a library or a file that makes another vector of the golden batch."""

    @staticmethod
    def spoil(monkeypatch: pytest.MonkeyPatch, *titles: str) -> None:
        run = OnnxBackend.run

        def wrong(self: OnnxBackend, ids: Any) -> Vectors:
            vectors = run(self, ids)
            if any(title in self.description for title in titles):
                vectors[0, 0] += 1.0
            return vectors

        monkeypatch.setattr(OnnxBackend, "run", wrong)

    @pytest.mark.skipif(not has_dot_products(), reason="this processor has no dot products of bytes")
    def test_another_graph_takes_over(
        self, e5: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.spoil(monkeypatch, "int8 in two planes")
        with caplog.at_level(logging.WARNING, "interlingua"):
            opened = selection.open_backend(e5.card)
        assert opened.description == "onnx (cpu, float32)"
        assert "onnx (cpu, int8 in two planes) gives wrong numbers on this machine" in caplog.text

    @pytest.mark.parametrize("precision", ["exact", "fast"])
    def test_if_none_is_right_the_model_is_refused(self, monkeypatch: pytest.MonkeyPatch, precision: Any) -> None:
        self.spoil(monkeypatch, "onnx")
        with pytest.raises(WrongNumbers, match=r"does not give the vectors of 'e5-small' on this machine .* --again"):
            Encoder("e5-small", precision=precision).encode("a")

    def test_what_is_no_number_is_wrong(self, e5: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(OnnxBackend, "run", lambda _self, ids: np.full((len(ids), 384), np.nan, dtype=np.float32))
        with pytest.raises(WrongNumbers):
            selection.open_backend(e5.card)
