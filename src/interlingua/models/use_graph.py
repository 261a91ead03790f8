"""The convolutional universal sentence encoder (multilingual, version 3) as an ONNX graph.

Token embeddings, three residual n-gram convolutions of orders 2, 3 and 5, layer norm, the sum of the tokens over the square
root of their number, a small residual network, tanh. Architecture: Yang et al. 2019, "Multilingual Universal Sentence
Encoder for Semantic Retrieval" (arXiv 1907.04307). A convolution is a matrix product over shifted copies; what lies outside a
text is zero, so a text's vector does not depend on the padding beside it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from interlingua.models.files import SHARED_FILE
from interlingua.models.onnx_graph import GraphWriter, Weights
from interlingua.models.use_architecture import CHUNKS, CONVOLUTIONS, UseWeights, joined
from interlingua.models.use_table_graph import write_table_graphs


def write_use(folder: Path, table: NDArray[np.uint8], weights: UseWeights) -> None:
    """Write the encoder's graphs and their weights into ``folder``: ``model.onnx`` and the graphs around a table of words.

    Args:
        folder: an existing folder.
        table: the token embeddings, 8 bits each, shape (vocabulary, 512); row i belongs to chunk i mod 17.
        weights: the other weights by the names of the source, matrices as ``[in, out]``; ``scale`` and ``lo`` per chunk.
    """
    with Weights(folder) as stored:
        with GraphWriter("use", folder, weights=stored) as graph:
            _write(graph, table, weights)
        write_table_graphs(folder, stored, table, weights)


def _write(graph: GraphWriter, table: NDArray[np.uint8], weights: UseWeights) -> None:
    epsilon = float(weights["eps"])
    embedded = _embeddings(graph, table, weights)
    column = graph.node("Unsqueeze", [graph.mask(embedded), graph.constant([2])])
    projected = _projections(graph, weights, embedded, epsilon)
    branches = [
        _convolution(graph, weights, order, left, branch, column)
        for (order, left), branch in zip(CONVOLUTIONS, projected, strict=True)
    ]
    features = graph.node("Concat", [embedded, *branches], axis=-1)
    gain, bias = graph.weight("features.ln_g", weights["ln_g"]), graph.weight("features.ln_b", weights["ln_b"])
    features = graph.node("LayerNormalization", [features, gain, bias], axis=-1, epsilon=epsilon)
    graph.save(_head(graph, weights, _sum_over_root(graph, weights, features, column)), weights["d3"].shape[1])


def _embeddings(graph: GraphWriter, table: NDArray[np.uint8], weights: UseWeights) -> str:
    rows = graph.node(
        "Cast", [graph.node("Gather", [graph.weight("table", table, file=SHARED_FILE), "ids"])], to=TensorProto.FLOAT
    )
    chunk = graph.node("Mod", ["ids", graph.constant(CHUNKS, "int32")])
    last = graph.constant([2])
    scale = graph.node("Unsqueeze", [graph.node("Gather", [graph.constant(weights["scale"], "float32"), chunk]), last])
    low = graph.node("Unsqueeze", [graph.node("Gather", [graph.constant(weights["lo"], "float32"), chunk]), last])
    return graph.node("Add", [graph.node("Mul", [rows, scale]), low])


def _projections(graph: GraphWriter, weights: UseWeights, embedded: str, epsilon: float) -> list[str]:
    """The inputs of the three convolutions: one product and one layer norm over all of them together, then cut apart."""
    proj, proj_b, ln_g, ln_b = (
        graph.weight(stem, joined(weights, stem)) for stem in ("proj", "proj_b", "ln_g", "ln_b")
    )
    x = graph.node("Add", [graph.node("MatMul", [embedded, proj]), proj_b])
    x = graph.node("LayerNormalization", [x, ln_g, ln_b], axis=-1, epsilon=epsilon)
    width = weights["proj2"].shape[1]
    bounds = [(index * width, (index + 1) * width) for index in range(len(CONVOLUTIONS))]
    last = graph.constant([2])
    return [graph.node("Slice", [x, graph.constant([a]), graph.constant([b]), last]) for a, b in bounds]


def _affine(graph: GraphWriter, weights: UseWeights, matrix: str, bias: str, x: str) -> str:
    product = graph.node("MatMul", [x, graph.weight(matrix, weights[matrix])])
    return graph.node("Add", [product, graph.weight(bias, weights[bias])])


def _convolution(graph: GraphWriter, weights: UseWeights, order: int, left: int, x: str, column: str) -> str:
    for step in (1, 2):
        # Zero at the padding, so that a window over a text's end sees nothing there.
        x = graph.node("Mul", [x, column])
        windows = _windows(graph, x, order, left)
        active = graph.node("Relu", [_affine(graph, weights, f"w{step}_{order}", f"b{step}_{order}", windows)])
        x = graph.node("Add", [active, x])
    return x


def _windows(graph: GraphWriter, x: str, order: int, left: int) -> str:
    """(batch, length, c) → (batch, length, order * c): each token beside its neighbours."""
    padded = graph.node("Pad", [x, graph.constant([0, left, 0, 0, order - 1 - left, 0])])
    length = graph.node("Shape", [x], start=1, end=2)
    slices = []
    for shift in range(order):
        start = graph.constant([shift])
        end = graph.node("Add", [length, start])
        slices.append(graph.node("Slice", [padded, start, end, graph.constant([1])]))
    return graph.node("Concat", slices, axis=-1)


def _sum_over_root(graph: GraphWriter, weights: UseWeights, features: str, column: str) -> str:
    """Project, sum over the tokens, divide by the square root of their number (the sum first: it commutes and is cheaper)."""
    mask = graph.node("Transpose", [column], perm=[0, 2, 1])
    total = graph.node("Squeeze", [graph.node("MatMul", [mask, features]), graph.constant([1])])
    count = graph.node("Cast", [graph.node("Unsqueeze", ["lengths", graph.constant([1])])], to=TensorProto.FLOAT)
    projected = graph.node("MatMul", [total, graph.weight("cnn_W", weights["cnn_W"])])
    bias = graph.node("Mul", [count, graph.weight("cnn_b", weights["cnn_b"])])
    return graph.node("Div", [graph.node("Add", [projected, bias]), graph.node("Sqrt", [count])])


def _head(graph: GraphWriter, weights: UseWeights, mean: str) -> str:
    def times(x: str, name: str) -> str:
        return graph.node("MatMul", [x, graph.weight(name, weights[name])])

    first = graph.node("Relu", [times(mean, "d0")])
    second = graph.node("Relu", [graph.node("Add", [times(mean, "p1"), times(first, "d1")])])
    third = graph.node("Relu", [times(second, "d2")])
    return graph.node("Tanh", [graph.node("Add", [times(second, "p3"), times(third, "d3")])])
