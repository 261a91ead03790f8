"""BERT's matrix products in 8-bit integers.

``int8`` products run at about four times the float32 rate on processors with VNNI. Weights are int8 with a scale for each output
channel; activations are uint8. What is lost is kept small in four ways:

- Channels of the layer norms and of the values whose activations are large are scaled down, and the matrix behind them up
  (SmoothQuant, Xiao et al. 2022). This is free: it goes into the weights
  before and behind.
- The mean error that rounded weights make is taken from the bias (Nagel et al. 2019, bias correction).
- *exact*: activations in two planes of 8 bits (a coarse value and what is left), so little more than the weights is rounded; and
  the most sensitive matrices have a second plane as well. Where a text repeats the same few tokens, rounding errors add up instead
  of cancelling: such texts are for the graph in float32.
- *fast*: one plane, scaled for each token by its own largest value, so nothing is cut off and no token depends on another.

On x86 processors without VNNI the sums of two uint8 * int8 products saturate at 16 bits; ``fast-7bit`` keeps below that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.models.bert import Arithmetic, BertConfig, Floats
from interlingua.models.files import EXACT_INT8_GRAPH, FAST_7BIT_GRAPH, FAST_GRAPH, INT8_FILE
from interlingua.models.onnx_graph import GraphWriter

PARTS = ("qkv", "ao", "fi", "fo")
"""The four places of a layer at which activations enter matrix products."""

_SMOOTHING = 0.3
# The matrices that exact arithmetic multiplies by twice, the second time by what their rounding left: the most sensitive ones for
# their size.
_TWICE = ("v", "ao", "fo")
_LEAST_SHARE = 0.05
# The least value of GELU.
_GELU_LOW = -0.17

Bytes = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Activations:
    """What enters the matrix products of a BERT on typical text, fitted by ``tools/fit_activations.py``.

    Attributes:
        mean: for each (layer, part) the mean of each channel.
        rms: the root mean square of each channel.
    """

    mean: dict[tuple[int, str], Floats]
    rms: dict[tuple[int, str], Floats]


def read_activations(model: str, config: BertConfig) -> Activations | None:
    """Those that come with the package for a model; None where there are none for a model of its sizes."""
    with resources.as_file(resources.files("interlingua.models") / "activations" / f"{model}.npz") as path:
        archive = np.load(path, allow_pickle=False)
        if archive["mean.fo"].shape != (config.layers, config.intermediate):
            return None
        places = [(layer, part) for part in PARTS for layer in range(config.layers)]
        return Activations(
            {(layer, part): archive[f"mean.{part}"][layer].astype(np.float32) for layer, part in places},
            {(layer, part): archive[f"rms.{part}"][layer].astype(np.float32) for layer, part in places},
        )


class Quantised(NamedTuple):
    """A matrix as int8: ``values * scale`` plus an error of known mean.

    Attributes:
        values: int8, [in, out].
        scale: float32, (out,).
        rest: what rounding left, as int8 of 1/254 of the scale.
        shift: float32, (out,): what the rounding takes from the product's mean.
    """

    values: Bytes
    scale: Floats
    rest: Bytes
    shift: Floats


def quantise(matrix: Floats, divisor: Floats, mean: Floats) -> Quantised:
    """An [out, in] matrix whose input channels come divided by ``divisor``, with means ``mean`` before that."""
    scaled = matrix * divisor
    scale = np.abs(scaled).max(axis=1, keepdims=True) / np.float32(127)
    values = np.rint(scaled / scale)
    error = scaled - values * scale
    shift = (error * (mean / divisor)).sum(axis=1, dtype=np.float64).astype(np.float32)
    rest = np.rint(error / (scale / np.float32(254)))
    return Quantised(_transposed(values), scale[:, 0], _transposed(np.clip(rest, -127, 127)), shift)


def _transposed(values: Floats) -> Bytes:
    return np.ascontiguousarray(values.T.astype(np.int8))


def int8_arithmetics(
    config: BertConfig, matrix: Callable[[str], Floats], activations: Activations
) -> Iterator[tuple[str, Arithmetic]]:
    """The graph files and their arithmetics."""
    yield EXACT_INT8_GRAPH, _ExactInt8(config, matrix, activations)
    yield FAST_GRAPH, _FastInt8(config, matrix, activations)
    yield FAST_7BIT_GRAPH, _FastInt8(config, matrix, activations, 127)


class _Scaled(NamedTuple):
    """Activations divided by a (batch, length, 1) scale of each token, to be rounded to bytes with this zero point."""

    values: str
    scale: str
    zero: int


class _Int8:
    """What both share: scaled layer norms, the quantised matrices with their biases, and scales for each token."""

    def __init__(
        self, config: BertConfig, matrix: Callable[[str], Floats], activations: Activations, levels: int = 255
    ) -> None:
        self._levels = levels
        self._config = config
        self._matrix = matrix
        self._activations = activations
        # The layer norm's output is scaled for the matrix that reads it.
        self._readers = {"emb.ln": (0, "qkv")}
        for layer in range(config.layers):
            self._readers[f"l{layer}.aln"] = (layer, "fi")
            if layer + 1 < config.layers:
                self._readers[f"l{layer}.oln"] = (layer + 1, "qkv")

    def normalise(self, graph: GraphWriter, norm: str, x: str) -> str:
        """See ``Arithmetic``."""
        divisor = self._divisor(norm)
        inputs = [
            x,
            graph.weight(f"{norm}.w.int8", self._matrix(f"{norm}.w") / divisor, file=INT8_FILE),
            graph.weight(f"{norm}.b.int8", self._matrix(f"{norm}.b") / divisor, file=INT8_FILE),
        ]
        return graph.node("LayerNormalization", inputs, axis=-1, epsilon=self._config.epsilon)

    def plain(self, graph: GraphWriter, norm: str, hidden: str) -> str:
        """See ``Arithmetic``."""
        if norm not in self._readers:
            return hidden
        divisor = graph.weight(f"{norm}.divisor", self._divisor(norm), file=INT8_FILE)
        return graph.node("Mul", [hidden, divisor])

    def _smoothing(self, layer: int, part: str) -> Floats:
        """What the channels are divided by on their way into a matrix: more for large activations, less for large weights."""
        rms = self._activations.rms[layer, part]
        if part == "fo":
            return np.ones_like(rms)
        parts = part if part == "qkv" else (part,)
        largest = np.max([np.abs(self._matrix(f"l{layer}.{one}.w")).max(axis=0) for one in parts], axis=0)
        ratio = np.maximum(rms, rms.mean() * _LEAST_SHARE) / np.maximum(largest, largest.mean() * _LEAST_SHARE)
        result: Floats = ratio ** np.float32(_SMOOTHING)
        return result

    def _divisor(self, norm: str) -> Floats:
        if norm not in self._readers:
            return np.ones(self._config.hidden, dtype=np.float32)
        return self._smoothing(*self._readers[norm])

    def _norm_before(self, layer: int, part: str) -> str:
        return next(norm for norm, reader in self._readers.items() if reader == (layer, part))

    def _stored(self, graph: GraphWriter, layer: int, part: str) -> tuple[str, str]:
        """The names of a matrix's values and scales."""
        name = f"l{layer}.{part}.int8"
        made = self._quantised(layer, part)
        return graph.weight(name, made.values, file=INT8_FILE), graph.weight(
            f"{name}.scale", made.scale, file=INT8_FILE
        )

    def _bias(self, layer: int, part: str) -> Floats:
        """The bias of a matrix whose input comes divided by its smoothing."""
        bias = self._matrix(f"l{layer}.{part}.b")
        return bias / self._smoothing(layer, "ao") if part == "v" else bias

    def _quantised(self, layer: int, part: str) -> Quantised:
        place = "qkv" if part in "qkv" else part
        matrix = self._matrix(f"l{layer}.{part}.w")
        if part == "v":
            # The next matrix's smoothing: a channel of the attention's output is linear in the same channel of the values.
            matrix = matrix / self._smoothing(layer, "ao")[:, None]
        return quantise(matrix, self._smoothing(layer, place), self._activations.mean[layer, place])

    def _product(  # one node: its inputs are the arguments
        self, graph: GraphWriter, values: str, scale: float, zero: int, matrix: tuple[str, str], bias: str = ""
    ) -> str:
        stored, scales = matrix
        inputs = [values, stored, graph.constant(scale, "float32"), scales, graph.constant(zero, "uint8"), "", bias]
        return graph.node("MatMulIntegerToFloat", inputs if bias else inputs[:5], contrib=True)

    def _attention(self, graph: GraphWriter, query: str, key: str, value: str, bias: str = "") -> str:
        inputs = [query, key, value, bias, "lengths"]
        return graph.node("MultiHeadAttention", inputs, contrib=True, num_heads=self._config.heads)

    def _residual(
        self, graph: GraphWriter, layer: int, part: str, product: tuple[str, str], norm: str, hidden: str
    ) -> str:
        """What ``product`` (unscaled values, scale of each token) stands for, plus bias and residual."""
        name = f"l{layer}.{part}.int8.b"
        bias = graph.weight(name, self._corrected(layer, part), file=INT8_FILE)
        biased = graph.node("Add", [graph.node("Mul", list(product)), bias])
        return graph.node("Add", [biased, self.plain(graph, norm, hidden)])

    def _corrected(self, layer: int, part: str) -> Floats:
        return self._bias(layer, part) + self._quantised(layer, part).shift

    def _scaled(self, graph: GraphWriter, x: str) -> _Scaled:
        """Each token on a scale on which its largest value takes all levels."""
        low, high = graph.node("ReduceMin", [x], axes=[-1]), graph.node("ReduceMax", [x], axes=[-1])
        largest = graph.node("Max", [high, graph.node("Neg", [low]), graph.constant(1e-6, "float32")])
        half = self._levels // 2
        scale = graph.node("Mul", [largest, graph.constant(1 / half, "float32")])
        return _Scaled(graph.node("Mul", [x, graph.node("Reciprocal", [scale])]), scale, half + 1)

    def _scaled_gelu(self, graph: GraphWriter, x: str) -> _Scaled:
        """GELU gives little below zero: most levels are for what is above."""
        zero = self._levels // 5
        high = graph.node("Max", [graph.node("ReduceMax", [x], axes=[-1]), graph.constant(1e-6, "float32")])
        by_top = graph.node("Mul", [high, graph.constant(1 / (self._levels - zero), "float32")])
        scale = graph.node("Max", [by_top, graph.constant(-_GELU_LOW / zero, "float32")])
        return _Scaled(graph.node("Mul", [x, graph.node("Reciprocal", [scale])]), scale, zero)

    def _one_plane(self, graph: GraphWriter, layer: int, part: str, x: _Scaled) -> tuple[str, str]:
        """The product of one plane of 8 bits, still to be multiplied by the scale of each token, and that scale."""
        values = self._rounded(graph, x.values, 1.0, x.zero)
        return self._product(graph, values, 1.0, x.zero, self._stored(graph, layer, part)), x.scale

    def _rounded(self, graph: GraphWriter, x: str, scale: float, zero: int) -> str:
        return graph.node("QuantizeLinear", [x, graph.constant(scale, "float32"), graph.constant(zero, "uint8")])


class _Planes(NamedTuple):
    """An activation as ``scale * (coarse - zero) + scale / 254 * (fine - 128)``."""

    coarse: str
    fine: str
    scale: float
    zero: int


class _ExactInt8(_Int8):
    """See ``Arithmetic``: activations in two planes, but for queries and keys; they bear rounding best."""

    def attended(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        x = self._scaled(graph, hidden)
        query, key = (self._compared(graph, layer, part, x) for part in "qk")
        planes = self._planes_of_norm(graph, self._norm_before(layer, "qkv"), hidden)
        return self._attention(graph, query, key, self._linear(graph, layer, "v", planes))

    def add_projected(self, graph: GraphWriter, layer: int, attended: str, hidden: str) -> str:
        """See ``Arithmetic``."""
        norm = self._norm_before(layer, "qkv")
        return self._exact_residual(graph, layer, "ao", self._scaled(graph, attended), norm, hidden)

    def add_transformed(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        wide = self._linear(graph, layer, "fi", self._planes_of_norm(graph, f"l{layer}.aln", hidden))
        x = self._scaled_gelu(graph, graph.node("Gelu", [wide], contrib=True))
        return self._exact_residual(graph, layer, "fo", x, f"l{layer}.aln", hidden)

    def _compared(self, graph: GraphWriter, layer: int, part: str, x: _Scaled) -> str:
        product = graph.node("Mul", list(self._one_plane(graph, layer, part, x)))
        bias = graph.weight(f"l{layer}.{part}.int8.b", self._corrected(layer, part), file=INT8_FILE)
        return graph.node("Add", [product, bias])

    def _exact_residual(self, graph: GraphWriter, layer: int, part: str, x: _Scaled, norm: str, hidden: str) -> str:
        """What ``_residual`` gives, from two planes."""
        product = self._linear(graph, layer, part, self._planes(graph, x.values, 1.0, x.zero), biased=False)
        bias = graph.weight(f"l{layer}.{part}.int8.exact.b", self._bias(layer, part), file=INT8_FILE)
        biased = graph.node("Add", [graph.node("Mul", [product, x.scale]), bias])
        return graph.node("Add", [biased, self.plain(graph, norm, hidden)])

    def _planes_of_norm(self, graph: GraphWriter, norm: str, x: str) -> _Planes:
        """Of n normalised numbers none can be beyond the square root of n, so a fixed range suffices."""
        divisor, most = self._divisor(norm), np.sqrt(self._config.hidden)
        gain, bias = np.abs(self._matrix(f"{norm}.w") / divisor), self._matrix(f"{norm}.b") / divisor
        low, high = float((bias - most * gain).min()), float((bias + most * gain).max())
        scale = float(np.float32((high - low) / 254))
        return self._planes(graph, x, scale, round(-low / scale))

    def _planes(self, graph: GraphWriter, x: str, scale: float, zero: int) -> _Planes:
        coarse = self._rounded(graph, x, scale, zero)
        inputs = [coarse, graph.constant(scale, "float32"), graph.constant(zero, "uint8")]
        left = graph.node("Sub", [x, graph.node("DequantizeLinear", inputs)])
        return _Planes(coarse, self._rounded(graph, left, scale / 254, 128), scale, zero)

    def _linear(self, graph: GraphWriter, layer: int, part: str, x: _Planes, *, biased: bool = True) -> str:
        matrix, name, bias = self._stored(graph, layer, part), f"l{layer}.{part}.int8", ""
        if part not in _TWICE:
            bias = graph.weight(f"{name}.b", self._corrected(layer, part), file=INT8_FILE)
            return self._both(graph, x, matrix, bias)
        made = self._quantised(layer, part)
        if biased:
            bias = graph.weight(f"{name}.exact.b", self._bias(layer, part), file=INT8_FILE)
        rest = (
            graph.weight(f"{name}.rest", made.rest, file=INT8_FILE),
            graph.weight(f"{name}.rest.scale", made.scale / np.float32(254), file=INT8_FILE),
        )
        left = self._product(graph, x.coarse, x.scale, x.zero, rest)
        return graph.node("Add", [self._both(graph, x, matrix, bias), left])

    def _both(self, graph: GraphWriter, x: _Planes, matrix: tuple[str, str], bias: str = "") -> str:
        coarse = self._product(graph, x.coarse, x.scale, x.zero, matrix, bias)
        return graph.node("Add", [coarse, self._product(graph, x.fine, x.scale / 254, 128, matrix)])


class _FastInt8(_Int8):
    """See ``Arithmetic``: activations in one plane."""

    def attended(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        x = self._scaled(graph, hidden)
        query, key, value = (graph.node("Mul", list(self._one_plane(graph, layer, part, x))) for part in "qkv")
        bias = np.concatenate([self._corrected(layer, part) for part in "qkv"])
        return self._attention(graph, query, key, value, graph.weight(f"l{layer}.qkv.int8.b", bias, file=INT8_FILE))

    def add_projected(self, graph: GraphWriter, layer: int, attended: str, hidden: str) -> str:
        """See ``Arithmetic``."""
        product = self._one_plane(graph, layer, "ao", self._scaled(graph, attended))
        return self._residual(graph, layer, "ao", product, self._norm_before(layer, "qkv"), hidden)

    def add_transformed(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        wide = graph.node("Mul", list(self._one_plane(graph, layer, "fi", self._scaled(graph, hidden))))
        bias = graph.weight(f"l{layer}.fi.int8.b", self._corrected(layer, "fi"), file=INT8_FILE)
        active = graph.node("FastGelu", [wide, bias], contrib=True)
        product = self._one_plane(graph, layer, "fo", self._scaled_gelu(graph, active))
        return self._residual(graph, layer, "fo", product, f"l{layer}.aln", hidden)
