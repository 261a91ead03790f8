"""The BERT graph against BERT written out in NumPy, one text at a time, in float64."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from interlingua.encoding.backends.arithmetic import has_dot_products
from interlingua.models.bert import BertConfig, BlockQuantized
from interlingua.models.bert_graph import write_bert
from interlingua.models.bert_int8 import Activations
from interlingua.models.e5_small import E5File, write_model

Weights = dict[str, NDArray[np.float32]]

LENGTHS = (5, 1, 24, 2, 13)


class Model:
    """A BERT of random weights, its graph on disk, and its definition."""

    def __init__(self, config: BertConfig, block: int, folder: Path, spread: float = 0.3) -> None:
        rng = np.random.default_rng(17)
        self.config = config
        nibbles = rng.integers(0, 256, (config.vocabulary, config.hidden // 2), dtype=np.uint8)
        scales = rng.uniform(-0.2, 0.2, (config.vocabulary, config.hidden // block)).astype(np.float32)
        words = BlockQuantized(nibbles, scales)
        self.words = words.dequantize()
        self.weights: Weights = {}
        self._fill(rng, spread)
        write_bert(folder, config, words, self.weights.__getitem__)
        self.session = session(folder)

    def _fill(self, rng: np.random.Generator, usual: float) -> None:
        c = self.config

        def put(name: str, *shape: int, centre: float = 0.0) -> None:
            self.weights[name] = rng.normal(centre, usual, shape).astype(np.float32)

        def norm(name: str) -> None:
            put(f"{name}.w", c.hidden, centre=1.0)
            put(f"{name}.b", c.hidden)

        put("emb.pos", c.positions, c.hidden)
        put("emb.type", c.token_types, c.hidden)
        norm("emb.ln")
        for layer in range(c.layers):
            for part in ("q", "k", "v", "ao"):
                put(f"l{layer}.{part}.w", c.hidden, c.hidden)
                put(f"l{layer}.{part}.b", c.hidden)
            put(f"l{layer}.fi.w", c.intermediate, c.hidden)
            put(f"l{layer}.fi.b", c.intermediate)
            put(f"l{layer}.fo.w", c.hidden, c.intermediate)
            put(f"l{layer}.fo.b", c.hidden)
            norm(f"l{layer}.aln")
            norm(f"l{layer}.oln")

    def expected(self, ids: list[int]) -> NDArray[np.float64]:
        """By the definition."""
        return bert(self.config, self.words, self.weights, ids)


def bert(
    config: BertConfig,
    words: NDArray[np.float32],
    weights: Weights,
    ids: list[int],
    seen: dict[tuple[int, str], list[NDArray[np.float64]]] | None = None,
) -> NDArray[np.float64]:
    """The mean of the token vectors of one text, from BERT's definition. ``seen`` gathers what enters the matrix products."""

    def note(layer: int, part: str, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if seen is not None:
            seen.setdefault((layer, part), []).append(x)
        return x

    w = {name: values.astype(np.float64) for name, values in weights.items()}

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        mean = x.mean(axis=-1, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
        normal: NDArray[np.float64] = (x - mean) / np.sqrt(variance + config.epsilon) * w[f"{name}.w"] + w[f"{name}.b"]
        return normal

    def linear(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return x @ w[f"{name}.w"].T + w[f"{name}.b"]

    erf = np.vectorize(math.erf)
    x = norm(words[ids].astype(np.float64) + w["emb.pos"][: len(ids)] + w["emb.type"][0], "emb.ln")
    size = config.hidden // config.heads
    for layer in range(config.layers):
        note(layer, "qkv", x)
        q, k, v = (linear(x, f"l{layer}.{part}") for part in "qkv")
        heads = []
        for head in range(config.heads):
            part = slice(head * size, (head + 1) * size)
            scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(size))
            heads.append(scores / scores.sum(axis=-1, keepdims=True) @ v[:, part])
        x = norm(x + linear(note(layer, "ao", np.concatenate(heads, axis=-1)), f"l{layer}.ao"), f"l{layer}.aln")
        wide = linear(note(layer, "fi", x), f"l{layer}.fi")
        active = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
        x = norm(x + linear(note(layer, "fo", active), f"l{layer}.fo"), f"l{layer}.oln")
    mean: NDArray[np.float64] = x.mean(axis=0)
    return mean


def session(folder: Path, graph: str = "model.onnx") -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(folder / graph), options, providers=["CPUExecutionProvider"])


def run(graph: ort.InferenceSession, texts: list[list[int]], *, extra: int = 0, fill: int = 1) -> NDArray[np.float32]:
    width = max(map(len, texts)) + extra
    ids = np.full((len(texts), width), fill, dtype=np.int32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
    lengths = np.array([len(text) for text in texts], dtype=np.int32)
    result: Any = graph.run(["embeddings"], {"ids": ids, "lengths": lengths})[0]
    return result  # type: ignore[no-any-return]


def texts_of(config: BertConfig) -> list[list[int]]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, config.vocabulary, length).tolist() for length in LENGTHS]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model(BertConfig(64, 2, 4, 96, 50, 32, 2, 1e-12), 32, tmp_path_factory.mktemp("bert"))


def test_one_padded_batch(model: Model) -> None:
    texts = texts_of(model.config)
    expected = np.array([model.expected(text) for text in texts])
    got = run(model.session, texts)
    assert got.dtype == np.float32
    assert got.shape == (len(texts), 64)
    assert float(np.abs(got - expected).max()) < 1e-5
    # The comparison would notice a difference: the texts are far apart.
    assert float(np.abs(expected[0] - expected[1]).max()) > 0.1


@pytest.mark.parametrize(
    ("config", "block"),
    [
        # An odd number of rows and of blocks a row: the 4-bit zero points do not fill whole bytes.
        (BertConfig(96, 1, 2, 64, 51, 32, 1, 1e-12), 32),
        # An epsilon that is felt, and a single head.
        (BertConfig(64, 1, 1, 64, 40, 32, 3, 0.5), 32),
        (BertConfig(32, 3, 8, 128, 40, 24, 2, 1e-5), 16),
    ],
    ids=["odd", "epsilon", "layers"],
)
def test_other_sizes(config: BertConfig, block: int, tmp_path: Path) -> None:
    model = Model(config, block, tmp_path)
    texts = texts_of(config)
    expected = np.array([model.expected(text) for text in texts])
    assert float(np.abs(run(model.session, texts) - expected).max()) < 1e-5


def test_a_text_does_not_see_what_is_beside_it(model: Model) -> None:
    texts = texts_of(model.config)
    together = run(model.session, texts)
    for row, text in enumerate(texts):
        assert float(np.abs(run(model.session, [text])[0] - together[row]).max()) < 2e-6
    assert float(np.abs(run(model.session, texts, extra=7) - together).max()) < 2e-6


def test_what_stands_at_the_padding_does_not_matter(model: Model) -> None:
    texts = texts_of(model.config)
    np.testing.assert_array_equal(run(model.session, texts, fill=0), run(model.session, texts, fill=49))


def test_the_order_of_tokens_matters(model: Model) -> None:
    forward, backward = run(model.session, [[5, 6, 7, 8], [8, 7, 6, 5]])
    assert float(np.abs(forward - backward).max()) > 1e-3


def test_a_whole_text_at_the_last_position(model: Model) -> None:
    text = [number % 50 for number in range(model.config.positions)]
    assert float(np.abs(run(model.session, [text])[0] - model.expected(text)).max()) < 1e-5


def test_from_the_file_to_the_vectors(tiny: Any, tiny_file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    write_model(tiny_file, folder)
    file = E5File(tiny_file)
    weights = {name: file.matrix(name) for name in tiny.shapes if name != "emb.word"}
    words = file.quantized("emb.word", file.config.hidden).dequantize()
    texts = [[0, 5, 6, 2], [0, 2], [0, 7, 7, 8, 3, 5, 12, 11, 2]]
    expected = np.array([bert(file.config, words, weights, text) for text in texts])
    assert float(np.abs(run(session(folder), texts) - expected).max()) < 1e-5


def test_the_word_table_stays_in_four_bits(model: Model, tmp_path: Path) -> None:
    nibbles = np.zeros((4096, 32), dtype=np.uint8)
    words = BlockQuantized(nibbles, np.ones((4096, 2), dtype=np.float32))
    config = BertConfig(64, 1, 4, 96, 4096, 32, 2, 1e-12)
    write_bert(tmp_path, config, words, model.weights.__getitem__)
    # As float32 it alone would be 1 MiB, and the rest is small.
    assert (tmp_path / "shared.bin").stat().st_size < 2 * 4096 * 64
    assert (tmp_path / "model.onnx").stat().st_size < 20_000


def test_an_error_halfway_leaves_no_file_open(model: Model, tmp_path: Path) -> None:
    config = BertConfig(64, 1, 4, 96, 1, 32, 2, 1e-12)
    words = BlockQuantized(np.zeros((1, 32), dtype=np.uint8), np.ones((1, 2), dtype=np.float32))

    def matrix(name: str) -> NDArray[np.float32]:
        if name == "l0.fi.w":
            raise KeyboardInterrupt
        return model.weights[name]

    with pytest.raises(KeyboardInterrupt):
        write_bert(tmp_path, config, words, matrix)
    assert not (tmp_path / "model.onnx").exists()
    (tmp_path / "weights.bin").unlink()
    (tmp_path / "shared.bin").unlink()


@pytest.fixture(scope="module")
def quantised(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path]:
    """A model large enough for its rounding errors to average out, with its int8 graphs."""
    folder = tmp_path_factory.mktemp("int8")
    model = Model(BertConfig(128, 3, 4, 256, 50, 32, 2, 1e-12), 32, folder, spread=0.08)
    seen: dict[tuple[int, str], list[NDArray[np.float64]]] = {}
    rng = np.random.default_rng(8)
    for _ in range(20):
        bert(model.config, model.words, model.weights, rng.integers(0, 50, 12).tolist(), seen)
    gathered = {place: np.concatenate(found).astype(np.float32) for place, found in seen.items()}
    activations = Activations(
        {place: x.mean(axis=0) for place, x in gathered.items()},
        {place: np.sqrt((x**2).mean(axis=0)) for place, x in gathered.items()},
    )
    nibbles = np.random.default_rng(17).integers(0, 256, (50, 64), dtype=np.uint8)
    write_bert(folder, model.config, rebuilt(model, nibbles), model.weights.__getitem__, activations)
    return model, folder


def rebuilt(model: Model, nibbles: NDArray[np.uint8]) -> BlockQuantized:
    """The word table of a model with the given nibbles, which the same seed made."""
    rng = np.random.default_rng(17)
    rng.integers(0, 256, (model.config.vocabulary, model.config.hidden // 2), dtype=np.uint8)
    scales = rng.uniform(-0.2, 0.2, (model.config.vocabulary, model.config.hidden // 32)).astype(np.float32)
    return BlockQuantized(nibbles, scales)


# On processors without dot products of bytes the sums of the 8-bit graphs saturate: there only the 7-bit one is ever used.
needs_dot_products = pytest.mark.skipif(not has_dot_products(), reason="this processor has no dot products of bytes")
INT8_GRAPHS = [
    pytest.param("exact-int8.onnx", 3e-4, marks=needs_dot_products),
    pytest.param("fast.onnx", 2e-3, marks=needs_dot_products),
    pytest.param("fast-7bit.onnx", 6e-3),
]


@pytest.mark.parametrize(("graph", "most"), INT8_GRAPHS)
class TestInt8:
    def test_it_is_near_the_definition(self, quantised: tuple[Model, Path], graph: str, most: float) -> None:
        model, folder = quantised
        texts = texts_of(model.config)
        got = run(session(folder, graph), texts).astype(np.float64)
        for row, text in zip(got, texts, strict=True):
            expected = model.expected(text)
            cosine = row @ expected / np.linalg.norm(row) / np.linalg.norm(expected)
            # A distance of 0 would mean that nothing is quantised.
            assert 1e-9 < 1 - cosine < most

    def test_a_text_does_not_see_what_is_beside_it(
        self, quantised: tuple[Model, Path], graph: str, most: float
    ) -> None:
        model, folder = quantised
        texts, opened = texts_of(model.config), session(folder, graph)
        together = run(opened, texts, extra=3)
        for row, text in enumerate(texts):
            assert float(np.abs(run(opened, [text])[0] - together[row]).max()) < most / 20
