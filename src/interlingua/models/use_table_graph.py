"""The universal sentence encoder in three graphs around a table of words, several times as fast as in one.

Up to the first rectifier the network is linear in the tokens of a window, so what a token gives to each place of a window
depends on the token alone. ``words.onnx`` computes that for new tokens: the *row* of a token. ``windows.onnx`` takes the rows of
all tokens of a batch from the table and adds them up: that is the first step of the convolutions, and of the second step the
part that comes from the token embeddings. What is left of the second step are products with the rectified output of the first,
which is zero for 19 of 20 channels and bears rounding to bytes well. ``head.onnx`` is the rest, for each text.

A row consists of pairs of vectors of the convolutions' width: for each place in the windows (2 + 3 + 5 of them) what the token
gives there in step 1 and in step 2, then its three normalised projections (and one of them again, to make pairs). The biases
are in the place of the window's own token. Products are of bytes
with exact sums (see ``use_architecture``); in ``words.onnx`` with two planes of both factors, so that float16, in which the rows
are kept, is what bounds their precision.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from interlingua.models.files import HEAD_GRAPH, INT8_FILE, SHARED_FILE, WINDOWS_GRAPH, WORDS_GRAPH
from interlingua.models.onnx_graph import GraphWriter, Weights
from interlingua.models.use_architecture import (
    CHUNKS,
    CONVOLUTIONS,
    FINER,
    UseWeights,
    byte_product,
    joined,
    planes,
)

PLACES = sum(order for order, _ in CONVOLUTIONS)
"""The places in the windows of all three convolutions."""

PAIRS = PLACES + (len(CONVOLUTIONS) + 1) // 2
"""The pairs of vectors in a row."""

FACTS = 4
"""What is kept of a token's embedding: its sum, its sum of squares, the scale and the lowest value of its chunk."""

_WIDEST = max(order for order, _ in CONVOLUTIONS)
_FURTHEST = max(left for _, left in CONVOLUTIONS)


def write_table_graphs(folder: Path, stored: Weights, table: NDArray[np.uint8], weights: UseWeights) -> None:
    """Write the three graphs into ``folder``; see ``write_use`` for the arguments."""
    with GraphWriter("use-words", folder, file=WORDS_GRAPH, weights=stored) as graph:
        _write_words(graph, table, weights)
    with GraphWriter("use-windows", folder, file=WINDOWS_GRAPH, weights=stored) as graph:
        _write_windows(graph, table.shape[1], weights)
    with GraphWriter("use-head", folder, file=HEAD_GRAPH, weights=stored) as graph:
        _write_head(graph, weights)


def _write_words(graph: GraphWriter, table: NDArray[np.uint8], weights: UseWeights) -> None:
    raw = graph.node("Gather", [graph.weight("table", table, file=SHARED_FILE), "ids"])
    chunk = graph.node("Mod", ["ids", graph.constant(CHUNKS, "int64")])
    last = graph.constant([1])
    scale, low = (
        graph.node("Unsqueeze", [graph.node("Gather", [graph.constant(weights[name], "float32"), chunk]), last])
        for name in ("scale", "lo")
    )
    normal = _projected(graph, weights, raw, scale, low)
    width = weights["proj2"].shape[1]
    again = graph.split(normal, [width, 2 * width], axis=1)[0]
    normal_pairs = graph.node("Concat", [normal, again], axis=1)
    given = [*_contributions(graph, weights, normal), normal_pairs]
    rows = graph.node("Concat", [graph.node("Cast", [x], to=TensorProto.FLOAT16) for x in given], axis=1)
    embedded = graph.node("Add", [graph.node("Mul", [_floats(graph, raw), scale]), low])
    sums = [graph.node("ReduceSum", [x, last], keepdims=1) for x in (embedded, graph.node("Mul", [embedded, embedded]))]
    facts = graph.node("Concat", [*sums, scale, low], axis=1)
    graph.save_part(
        {"ids": ("int64", ["words"])},
        {
            "rows": ("float16", ["words", PAIRS * 2 * width]),
            "facts": ("float32", ["words", FACTS]),
            "raw": ("uint8", ["words", table.shape[1]]),
        },
        [rows, facts, raw],
    )


def _floats(graph: GraphWriter, x: str) -> str:
    return graph.node("Cast", [x], to=TensorProto.FLOAT)


def _projected(graph: GraphWriter, weights: UseWeights, raw: str, scale: str, low: str) -> str:
    """The normalised inputs of the three convolutions. The table's bytes are a factor as they are."""
    matrix = joined(weights, "proj")
    made = planes(matrix)
    coarse = byte_product(graph, raw, 1.0, 0, "words.proj", made.coarse, made.scale)
    fine = byte_product(graph, raw, 1.0, 0, "words.proj.fine", made.fine, made.scale / np.float32(FINER))
    product = graph.node("Mul", [graph.node("Add", [coarse, fine]), scale])
    # embedding = scale * raw + low, so the lowest value goes with the sums of the matrix's columns.
    sums = graph.constant(matrix.astype(np.float64).sum(axis=0, keepdims=True), "float32")
    shift = graph.node("Add", [graph.node("Mul", [low, sums]), graph.constant(joined(weights, "proj_b"), "float32")])
    x = graph.node("Add", [product, shift])
    gain, bias = (graph.constant(joined(weights, stem), "float32") for stem in ("ln_g", "ln_b"))
    return graph.node("LayerNormalization", [x, gain, bias], axis=-1, epsilon=float(weights["eps"]))


def _contributions(graph: GraphWriter, weights: UseWeights, normal: str) -> list[str]:
    """What tokens give to the places of each convolution's windows, in steps 1 and 2."""
    width = weights["proj2"].shape[1]
    gain, shift = joined(weights, "ln_g"), joined(weights, "ln_b")
    # Of n normalised numbers none can be beyond the square root of n - 1.
    most = float((np.abs(gain) * np.sqrt(len(gain) - 1) + np.abs(shift)).max())
    scale = float(np.float32(most / 127))
    step, middle = graph.constant(scale, "float32"), graph.constant(128, "uint8")
    coarse = graph.node("QuantizeLinear", [normal, step, middle])
    left_over = graph.node("Sub", [normal, graph.node("DequantizeLinear", [coarse, step, middle])])
    fine = graph.node("QuantizeLinear", [left_over, graph.constant(scale / FINER, "float32"), middle])
    sizes = [width] * len(CONVOLUTIONS)
    given = []
    for (order, left), high, low in zip(
        CONVOLUTIONS, graph.split(coarse, sizes), graph.split(fine, sizes), strict=True
    ):
        name = f"words.w_{order}"
        made = planes(_by_place(weights[f"w1_{order}"], weights[f"w2_{order}"], order))
        own = np.zeros((order, 2 * width), dtype=np.float32)
        own[left] = np.concatenate([weights[f"b1_{order}"], weights[f"b2_{order}"]])
        bias = graph.weight(f"{name}.b", own.ravel(), file=INT8_FILE)
        large = byte_product(graph, high, scale, 128, name, made.coarse, made.scale, bias)
        # fine * coarse and coarse * fine have the same step, so they are one product.
        both = graph.node("Concat", [low, high], axis=1)
        crossed = np.concatenate([made.coarse, made.fine])
        small = byte_product(graph, both, scale / FINER, 128, f"{name}.fine", crossed, made.scale)
        given.append(graph.node("Add", [large, small]))
    return given


def _by_place(first: NDArray[np.float32], second: NDArray[np.float32], order: int) -> NDArray[np.float32]:
    """The matrices of both steps, [order * width, width] each, as [width, order * 2 * width]: for each place, both of them."""
    pairs = [np.concatenate(pair, axis=1) for pair in zip(np.split(first, order), np.split(second, order), strict=True)]
    return np.concatenate(pairs, axis=1)


def _write_windows(graph: GraphWriter, embedding: int, weights: UseWeights) -> None:
    width = weights["proj2"].shape[1]
    facts = graph.node("Gather", ["facts", "slots"])
    total, squares, scale, low = graph.split(facts, [1] * FACTS)
    places = graph.split("places", [*(order for order, _ in CONVOLUTIONS), PAIRS - PLACES])
    last = graph.constant([2])
    zero = graph.constant(np.zeros((1, width)), "uint8")
    normal = _floats(graph, graph.node("Gather", ["rows", places.pop()]))
    normal = graph.node("Reshape", [normal, graph.constant([0, 0, -1])])
    normals = graph.split(normal, [width] * (len(CONVOLUTIONS) + 1))
    outputs = []
    for (order, left), place, normal in zip(CONVOLUTIONS, places, normals, strict=False):
        given = graph.node("ReduceSum", [_floats(graph, graph.node("Gather", ["rows", place])), last], keepdims=0)
        first, second = graph.split(given, [width, width])
        first = graph.node("Relu", [first])
        product = _window_product(graph, weights, order, left, first, zero)
        active = graph.node("Relu", [graph.node("Add", [product, second])])
        x = graph.node("Add", [graph.node("Add", [active, first]), normal])
        outputs.append(x)
        total = graph.node("Add", [total, graph.node("ReduceSum", [x, last], keepdims=1)])
        square = graph.node("Mul", [x, x])
        squares = graph.node("Add", [squares, graph.node("ReduceSum", [square, last], keepdims=1)])
    features = embedding + len(CONVOLUTIONS) * width
    mean, weight = _normalising(graph, weights, total, squares, features)
    raw = _floats(graph, graph.node("Gather", ["raw", "slots"]))
    sums = [_weighted_sum(graph, graph.node("Mul", [weight, scale]), raw)]
    sums += [_weighted_sum(graph, weight, x) for x in outputs]
    sums += [_weighted_sum(graph, weight, graph.node("Concat", [low, mean], axis=2))]
    pooled = graph.node("Squeeze", [graph.node("Concat", sums, axis=2), graph.constant([1])])
    graph.save_part(
        {
            "rows": ("float16", ["pairs", 2 * width]),
            "facts": ("float32", ["slots", FACTS]),
            "raw": ("uint8", ["slots", embedding]),
            "slots": ("int32", ["batch", "length"]),
            "mask": ("float32", ["batch", "length", 1]),
            "places": ("int32", ["batch", "length", PAIRS]),
            "near": ("int32", ["tokens", _WIDEST]),
        },
        {"sums": ("float32", ["batch", features + 2])},
        [pooled],
    )


def _window_product(graph: GraphWriter, weights: UseWeights, order: int, left: int, x: str, zero: str) -> str:
    """What the rectified output of step 1 gives in step 2. A text's largest value sets its step, so no text sees another."""
    width = weights["proj2"].shape[1]
    largest = graph.node("ReduceMax", [x], axes=[1, 2], keepdims=0)
    scale = graph.node("Mul", [largest, graph.constant(1 / 255, "float32")])
    scale = graph.node("Max", [scale, graph.constant(1e-6, "float32")])
    zeros = graph.node("Expand", [graph.constant([0], "uint8"), graph.node("Shape", [scale])])
    values = graph.node("QuantizeLinear", [x, scale, zeros], axis=0)
    flat = graph.node("Reshape", [values, graph.constant([-1, width])])
    start, end = (graph.constant([n]) for n in (_FURTHEST - left, _FURTHEST - left + order))
    near = graph.node("Slice", ["near", start, end, graph.constant([1])])
    windows = graph.node("Gather", [graph.node("Concat", [flat, zero], axis=0), near])
    windows = graph.node("Reshape", [windows, graph.constant([-1, order * width])])
    made = planes(weights[f"w2_{order}"])
    product = byte_product(graph, windows, 1.0, 0, f"windows.w2_{order}", made.coarse, made.scale)
    product = graph.node("Reshape", [product, graph.node("Shape", [x])])
    return graph.node("Mul", [product, graph.node("Unsqueeze", [scale, graph.constant([1, 2])])])


def _normalising(graph: GraphWriter, weights: UseWeights, total: str, squares: str, features: int) -> tuple[str, str]:
    """The mean of each token's features, and by what they are to be multiplied: 1 / deviation, and 0 at the padding."""
    share = graph.constant(1 / features, "float32")
    mean, power = graph.node("Mul", [total, share]), graph.node("Mul", [squares, share])
    variance = graph.node("Sub", [power, graph.node("Mul", [mean, mean])])
    deviation = graph.node("Sqrt", [graph.node("Add", [variance, graph.constant(float(weights["eps"]), "float32")])])
    return mean, graph.node("Div", ["mask", deviation])


def _weighted_sum(graph: GraphWriter, weight: str, x: str) -> str:
    """(batch, length, 1) and (batch, length, c) → (batch, 1, c): the sum over the tokens."""
    row = graph.node("Reshape", [weight, graph.constant([0, 1, -1])])
    return graph.node("MatMul", [row, x])


def _write_head(graph: GraphWriter, weights: UseWeights) -> None:
    """Layer norm and projection of the summed features (both are linear by now), then the residual network."""
    gain, matrix = weights["ln_g"].astype(np.float64)[:, None], weights["cnn_W"].astype(np.float64)
    scaled = gain * matrix
    embedding = len(scaled) - len(CONVOLUTIONS) * weights["proj2"].shape[1]
    # Nothing but products lies between the sums and the first layer's two matrices, so they are one matrix.
    onward = np.concatenate([weights["d0"], weights["p1"]], axis=1).astype(np.float64)
    # The lowest values of the embeddings' chunks are in every channel of an embedding, a token's mean in all features.
    low_and_mean = np.stack([scaled[:embedding].sum(axis=0), -scaled.sum(axis=0)])
    bias = weights["ln_b"].astype(np.float64) @ matrix + weights["cnn_b"]
    features, rest = graph.split("sums", [len(scaled), 2])
    product = graph.node("MatMul", [features, _stored(graph, "head.first", scaled @ onward)])
    product = graph.node(
        "Add", [product, graph.node("MatMul", [rest, graph.constant(low_and_mean @ onward, "float32")])]
    )
    product = graph.node("Add", [product, graph.node("Mul", ["lengths", graph.constant(bias @ onward, "float32")])])
    product = graph.node("Div", [product, graph.node("Sqrt", ["lengths"])])
    first, direct = graph.split(product, [weights[name].shape[1] for name in ("d0", "p1")])
    inner = graph.node("MatMul", [graph.node("Relu", [first]), _stored(graph, "head.d1", weights["d1"])])
    second = graph.node("Relu", [graph.node("Add", [direct, inner])])
    last = np.concatenate([weights["d2"], weights["p3"]], axis=1)
    product = graph.node("MatMul", [second, _stored(graph, "head.last", last)])
    third, direct = graph.split(product, [weights[name].shape[1] for name in ("d2", "p3")])
    inner = graph.node("MatMul", [graph.node("Relu", [third]), _stored(graph, "head.d3", weights["d3"])])
    result = graph.node("Tanh", [graph.node("Add", [direct, inner])])
    graph.save_part(
        {"sums": ("float32", ["batch", len(scaled) + 2]), "lengths": ("float32", ["batch", 1])},
        {"embeddings": ("float32", ["batch", weights["d3"].shape[1]])},
        [result],
    )


def _stored(graph: GraphWriter, name: str, matrix: NDArray[np.floating]) -> str:
    return graph.weight(name, matrix.astype(np.float32), file=INT8_FILE)
