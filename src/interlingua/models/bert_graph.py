"""BERT as ONNX graphs built straight from its weights, with ONNX Runtime's fused operators.

Attention and bias + GELU are one operator each, so the activations go through memory fewer times than in the node-by-node graph
that exporters write. (ONNX Runtime also fuses residual + layer norm, but that operator takes seven times as long as the two.)
Text is padded on the right; attention sees ``lengths`` only. How the matrix products are computed is the arithmetic's affair:
``bert_float`` or ``bert_int8``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from onnx import TensorProto

from interlingua.models.bert import Arithmetic, BertConfig, BlockQuantized, Floats
from interlingua.models.bert_float import FloatArithmetic
from interlingua.models.bert_int8 import Activations, int8_arithmetics
from interlingua.models.files import GRAPH_FILE, SHARED_FILE
from interlingua.models.onnx_graph import GraphWriter, Weights


def write_bert(
    folder: Path,
    config: BertConfig,
    words: BlockQuantized,
    matrix: Callable[[str], Floats],
    activations: Activations | None = None,
) -> None:
    """Write the graphs of a mean-pooled BERT encoder into ``folder``.

    ``model.onnx`` computes in float32. With ``activations`` there are also ``exact-int8.onnx``, ``fast.onnx`` and
    ``fast-7bit.onnx`` (see ``bert_int8``).

    Args:
        folder: an existing folder.
        config: the sizes.
        words: the word embeddings; they stay in 4 bits, in the file and in memory.
        matrix: gives a weight by name, matrices as ``[out, in]``. Names: ``emb.pos``, ``emb.type``, ``emb.ln.w|b``; for
            layer i ``l{i}.q|k|v|ao|fi|fo.w|b``, ``l{i}.aln.w|b`` (after attention) and ``l{i}.oln.w|b`` (after the FFN).
        activations: what goes into the matrix products, for quantised arithmetic.
    """
    with Weights(folder) as weights:
        _write(folder, GRAPH_FILE, weights, config, words, matrix, FloatArithmetic(config, matrix))
        if activations is not None:
            for file, arithmetic in int8_arithmetics(config, matrix, activations):
                _write(folder, file, weights, config, words, matrix, arithmetic)


def _write(
    folder: Path,
    file: str,
    weights: Weights,
    config: BertConfig,
    words: BlockQuantized,
    matrix: Callable[[str], Floats],
    arithmetic: Arithmetic,
) -> None:
    with GraphWriter("bert", folder, file=file, weights=weights) as graph:
        hidden = _embeddings(graph, config, words, matrix, arithmetic)
        for layer in range(config.layers):
            attended = arithmetic.attended(graph, layer, hidden)
            projected = arithmetic.add_projected(graph, layer, attended, hidden)
            hidden = arithmetic.normalise(graph, f"l{layer}.aln", projected)
            transformed = arithmetic.add_transformed(graph, layer, hidden)
            hidden = arithmetic.normalise(graph, f"l{layer}.oln", transformed)
        graph.save(_mean_pool(graph, arithmetic.plain(graph, f"l{config.layers - 1}.oln", hidden)), config.hidden)


def _embeddings(
    graph: GraphWriter,
    config: BertConfig,
    words: BlockQuantized,
    matrix: Callable[[str], Floats],
    arithmetic: Arithmetic,
) -> str:
    shape = (config.vocabulary, config.hidden)
    table = graph.weight("emb.word", words.nibbles, shape=shape, file=SHARED_FILE)
    scales = graph.weight("emb.word.scale", words.scales, file=SHARED_FILE)
    block = config.hidden // words.scales.shape[1]
    # The zero point 8 is the operator's default for unsigned 4-bit values only where it is given.
    zero = np.full(-(-words.scales.size // 2), 0x88, dtype=np.uint8)
    zeros = graph.weight("emb.word.zero", zero, shape=words.scales.shape, file=SHARED_FILE)
    gathered = graph.node(
        "GatherBlockQuantized",
        [table, "ids", scales, zeros],
        contrib=True,
        gather_axis=0,
        quantize_axis=1,
        block_size=block,
    )
    # Every token is of type 0, so the type embedding is a constant that the positions carry.
    positions = graph.weight("emb.pos", matrix("emb.pos") + matrix("emb.type")[:1], file=SHARED_FILE)
    length = graph.node("Shape", ["ids"], start=1, end=2)
    used = graph.node("Slice", [positions, graph.constant([0]), length, graph.constant([0])])
    placed = graph.node("Add", [gathered, graph.node("Unsqueeze", [used, graph.constant([0])])])
    return arithmetic.normalise(graph, "emb.ln", placed)


def _mean_pool(graph: GraphWriter, hidden: str) -> str:
    """The mean over all tokens of a text, special ones included."""
    mask = graph.node("Unsqueeze", [graph.mask(hidden), graph.constant([1])])
    total = graph.node("Squeeze", [graph.node("MatMul", [mask, hidden]), graph.constant([1])])
    count = graph.node("Cast", [graph.node("Unsqueeze", ["lengths", graph.constant([1])])], to=TensorProto.FLOAT)
    return graph.node("Div", [total, count])
