"""The backend 'openvino': the vectors of 'onnx', on the devices that there are; and what is said where it is not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, load_corpus
from interlingua.encoding.backends import openvino as module
from interlingua.encoding.backends.openvino import OpenVinoBackend
from interlingua.errors import MissingExtra, OptionError, OutOfMemory

TEXTS = [text.text for text in load_corpus()[::13]]


@pytest.fixture(scope="module", params=["e5-small", "use-multilingual-v3"])
def both(request: pytest.FixtureRequest, model_cache: Path) -> tuple[Encoder, Encoder]:
    """A model under 'onnx' and under 'openvino'."""
    pytest.importorskip("openvino", reason="openvino is not installed: pip install 'interlingua[openvino]'")
    name = request.param
    return Encoder(name, backend="onnx", cache_dir=model_cache), Encoder(
        name, backend="openvino", cache_dir=model_cache
    )


class FakeCore:
    """OpenVINO on a machine with these devices."""

    def __init__(self, devices: list[str], capabilities: list[str]) -> None:
        self.available_devices = devices
        self._capabilities = capabilities

    def get_property(self, device: str, name: str) -> list[str]:
        assert device in self.available_devices
        assert name == "OPTIMIZATION_CAPABILITIES"
        return self._capabilities


class TestVectors:
    def test_exact_ones_are_those_of_onnx(self, both: tuple[Encoder, Encoder]) -> None:
        expected, vectors = (encoder.encode(TEXTS) for encoder in both)
        assert vectors.dtype == np.float32
        # The other side may be quantised arithmetic of the class "exact"; where both are float32 it is 0.9999998.
        assert (expected * vectors).sum(axis=1).min() > 0.9998
        assert both[0].fingerprint == both[1].fingerprint

    def test_they_are_not_normalised_and_those_of_the_graph_in_float32(self, both: tuple[Encoder, Encoder]) -> None:
        from interlingua.encoding.backends.onnx import open_session
        from interlingua.models.files import GRAPH_FILE
        from interlingua.models.store import folder_of

        encoder = both[1]
        ids = encoder.token_ids(TEXTS[:8])
        padded, lengths = module.pad(ids, 0)
        folder = folder_of(encoder.card, encoder._cache_dir)
        (expected,) = open_session(folder / GRAPH_FILE).run(["embeddings"], {"ids": padded, "lengths": lengths})
        vectors = encoder.encode(TEXTS[:8], normalize_embeddings=False)
        np.testing.assert_allclose(vectors, expected, atol=2e-5 * np.abs(expected).max())

    def test_a_text_alone_and_many(self, both: tuple[Encoder, Encoder]) -> None:
        encoder = both[1]
        together = encoder.encode(TEXTS)
        assert encoder.encode(TEXTS[3]).shape == (encoder.dimension,)
        np.testing.assert_allclose(encoder.encode(TEXTS[3]), together[3], atol=1e-6)
        np.testing.assert_allclose(encoder.encode(TEXTS[::-1], batch_size=3)[::-1], together, atol=1e-6)

    def test_the_same_ids(self, both: tuple[Encoder, Encoder]) -> None:
        assert both[0].token_ids(TEXTS, "document") == both[1].token_ids(TEXTS, "document")

    def test_windows(self, both: tuple[Encoder, Encoder]) -> None:
        long = " ".join(TEXTS * 12)
        one, other = (encoder.encode([long, "short"], long="window") for encoder in both)
        assert (one * other).sum(axis=1).min() > 0.9998

    def test_more_threads_than_requests(self, both: tuple[Encoder, Encoder]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        encoder = both[1]
        backend = encoder._load()
        ids = encoder.token_ids(TEXTS)
        expected = [backend.run([one]) for one in ids]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda one: backend.run([one]), ids))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_fast(self, both: tuple[Encoder, Encoder]) -> None:
        exact, name = both[1], both[1].name
        fast = Encoder(name, backend="openvino", precision="fast", cache_dir=exact._cache_dir)
        try:
            fast.load()
        except OptionError as error:
            pytest.skip(f"this processor has no fast arithmetic: {error}")
        assert "float16" in fast._load().description
        cosines = (fast.encode(TEXTS) * exact.encode(TEXTS)).sum(axis=1)
        # Measured on 1,000 texts: 0.99997 at least with e5-small, 0.9926 with the other model.
        assert cosines.min() > (0.9999 if name == "e5-small" else 0.98)
        assert cosines.mean() > (0.9999 if name == "e5-small" else 0.998)
        assert fast.fingerprint != exact.fingerprint

    def test_too_little_memory(self, both: tuple[Encoder, Encoder], monkeypatch: pytest.MonkeyPatch) -> None:
        class Request:
            def infer(self, *_: Any, **__: Any) -> None:
                raise RuntimeError("Exception from src/inference: std::bad_alloc")

        backend = both[1]._load()
        assert isinstance(backend, OpenVinoBackend)
        requests = module.SimpleQueue[Any]()
        requests.put(Request())
        monkeypatch.setattr(backend, "_requests", requests)
        for _ in range(2):  # the request is given back
            with pytest.raises(OutOfMemory, match="2 texts of up to 3 tokens do not fit in memory at once"):
                backend.run([[0, 5, 2], [0, 2]])


class TestDevices:
    def test_one_that_there_is_not(self, both: tuple[Encoder, Encoder]) -> None:
        encoder = Encoder(both[1].name, backend="openvino", device="cuda:7", cache_dir=both[1]._cache_dir)
        with pytest.raises(OptionError, match=r"OpenVINO finds no device 'cuda:7' here; it finds: .*CPU"):
            encoder.encode("text")

    @pytest.mark.parametrize(
        ("name", "found"),
        [(None, "CPU"), ("cpu", "CPU"), ("CPU", "CPU"), ("gpu", "GPU"), ("GPU.1", "GPU.1")],
    )
    def test_names(self, name: str | None, found: str) -> None:
        assert module._find_device(FakeCore(["CPU", "GPU.0", "GPU.1"], []), name) == found

    @pytest.mark.parametrize("name", ["GPU.2", "NPU", "", "cuda"])
    def test_names_of_none(self, name: str) -> None:
        with pytest.raises(OptionError, match=r"here; it finds: CPU, GPU\.0"):
            module._find_device(FakeCore(["CPU", "GPU.0"], []), name)

    @pytest.mark.parametrize(
        ("capabilities", "hint"),
        [(["FP32", "FP16", "BF16"], "bf16"), (["FP32", "FP16", "INT8"], "f16")],
    )
    def test_fast_arithmetic(self, capabilities: list[str], hint: str) -> None:
        assert module._fast_arithmetic(FakeCore(["CPU"], capabilities), "CPU") == hint

    def test_no_fast_arithmetic(self) -> None:
        with pytest.raises(OptionError, match="needs bfloat16 or float16 arithmetic, which CPU does not have; take"):
            module._fast_arithmetic(FakeCore(["CPU"], ["FP32", "INT8"]), "CPU")


def test_without_the_extra(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    encoder = Encoder("use-multilingual-v3", backend="openvino", cache_dir=model_cache)
    with pytest.raises(MissingExtra, match=r"run: pip install 'interlingua\[openvino\]'$") as caught:
        encoder.encode("text")
    assert caught.value.exit_code == 2
