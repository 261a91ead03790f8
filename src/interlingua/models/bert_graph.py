"""BERT as an ONNX graph built straight from its weights, with ONNX Runtime's fused operators.

Attention, bias + GELU and residual + layer norm are one operator each, so the activations go through memory fewer times than in
the node-by-node graph that exporters write, at the same numbers. Text is padded on the right; attention sees ``lengths`` only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from interlingua.models.onnx_graph import GraphWriter

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BertConfig:
    """The sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    intermediate: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class BlockQuantized:
    """A matrix in 4-bit blocks along its rows: value = (nibble - 8) * scale.

    Attributes:
        nibbles: uint8, shape (rows, columns / 2); weight 2j in the low half of byte j, weight 2j + 1 in its high half.
        scales: float32, shape (rows, columns / block).
    """

    nibbles: NDArray[np.uint8]
    scales: Floats

    def dequantize(self) -> Floats:
        """The matrix as float32, shape (rows, columns)."""
        rows, half = self.nibbles.shape
        values = np.empty((rows, 2 * half), dtype=np.float32)
        values[:, 0::2] = self.nibbles & 0x0F
        values[:, 1::2] = self.nibbles >> 4
        values -= 8.0
        blocks = values.reshape(rows, self.scales.shape[1], -1)
        blocks *= self.scales[:, :, None]
        return values


def write_bert(folder: Path, config: BertConfig, words: BlockQuantized, matrix: Callable[[str], Floats]) -> None:
    """Write ``model.onnx`` and ``weights.bin`` of a mean-pooled BERT encoder into ``folder``.

    Args:
        folder: an existing folder.
        config: the sizes.
        words: the word embeddings; they stay in 4 bits, in the file and in memory.
        matrix: gives a weight by name, matrices as ``[out, in]``. Names: ``emb.pos``, ``emb.type``, ``emb.ln.w|b``; for
            layer i ``l{i}.q|k|v|ao|fi|fo.w|b``, ``l{i}.aln.w|b`` (after attention) and ``l{i}.oln.w|b`` (after the FFN).
    """
    with GraphWriter("bert", folder) as graph:
        hidden = _embeddings(graph, config, words, matrix)
        for layer in range(config.layers):
            hidden = _layer(graph, config, f"l{layer}", hidden, matrix)
        graph.save(_mean_pool(graph, hidden), config.hidden)


def _embeddings(graph: GraphWriter, config: BertConfig, words: BlockQuantized, matrix: Callable[[str], Floats]) -> str:
    shape = (config.vocabulary, config.hidden)
    table = graph.weight("emb.word", words.nibbles, shape=shape)
    scales = graph.weight("emb.word.scale", words.scales)
    block = config.hidden // words.scales.shape[1]
    # The zero point 8 is the operator's default for unsigned 4-bit values only where it is given.
    zero = np.full(-(-words.scales.size // 2), 0x88, dtype=np.uint8)
    zeros = graph.weight("emb.word.zero", zero, shape=words.scales.shape)
    gathered = graph.node(
        "GatherBlockQuantized",
        [table, "ids", scales, zeros],
        contrib=True,
        gather_axis=0,
        quantize_axis=1,
        block_size=block,
    )
    # Every token is of type 0, so the type embedding is a constant that the positions carry.
    positions = graph.weight("emb.pos", matrix("emb.pos") + matrix("emb.type")[:1])
    length = graph.node("Shape", ["ids"], start=1, end=2)
    used = graph.node("Slice", [positions, graph.constant([0]), length, graph.constant([0])])
    return graph.node(
        "SkipLayerNormalization",
        [
            gathered,
            graph.node("Unsqueeze", [used, graph.constant([0])]),
            graph.weight("emb.ln.w", matrix("emb.ln.w")),
            graph.weight("emb.ln.b", matrix("emb.ln.b")),
        ],
        contrib=True,
        epsilon=config.epsilon,
    )


def _layer(graph: GraphWriter, config: BertConfig, name: str, hidden: str, matrix: Callable[[str], Floats]) -> str:
    def vector(part: str) -> str:
        return graph.weight(f"{name}.{part}", matrix(f"{name}.{part}"))

    def transposed(part: str) -> str:
        return graph.weight(f"{name}.{part}", np.ascontiguousarray(matrix(f"{name}.{part}").T))

    qkv = np.concatenate([matrix(f"{name}.{part}.w").T for part in "qkv"], axis=1)
    bias = np.concatenate([matrix(f"{name}.{part}.b") for part in "qkv"])
    attended = graph.node(
        "Attention",
        [hidden, graph.weight(f"{name}.qkv.w", qkv), graph.weight(f"{name}.qkv.b", bias), "lengths"],
        contrib=True,
        num_heads=config.heads,
    )
    projected = graph.node("MatMul", [attended, transposed("ao.w")])
    hidden = graph.node(
        "SkipLayerNormalization",
        [projected, hidden, vector("aln.w"), vector("aln.b"), vector("ao.b")],
        contrib=True,
        epsilon=config.epsilon,
    )
    wide = graph.node("MatMul", [hidden, transposed("fi.w")])
    active = graph.node("BiasGelu", [wide, vector("fi.b")], contrib=True)
    narrow = graph.node("MatMul", [active, transposed("fo.w")])
    return graph.node(
        "SkipLayerNormalization",
        [narrow, hidden, vector("oln.w"), vector("oln.b"), vector("fo.b")],
        contrib=True,
        epsilon=config.epsilon,
    )


def _mean_pool(graph: GraphWriter, hidden: str) -> str:
    """The mean over all tokens of a text, special ones included."""
    mask = graph.node("Unsqueeze", [graph.mask(hidden), graph.constant([1])])
    total = graph.node("Squeeze", [graph.node("MatMul", [mask, hidden]), graph.constant([1])])
    count = graph.node("Cast", [graph.node("Unsqueeze", ["lengths", graph.constant([1])])], to=TensorProto.FLOAT)
    return graph.node("Div", [total, count])
