"""What the graphs of the universal sentence encoder have in common: its convolutions, and weights as planes of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.models.files import INT8_FILE
from interlingua.models.onnx_graph import GraphWriter

UseWeights = Mapping[str, NDArray[Any]]
"""The weights by the names of the source, matrices as ``[in, out]``; ``scale`` and ``lo`` per chunk of the table."""

CONVOLUTIONS = ((2, 0), (3, 1), (5, 2))
"""(order, tokens to the left) of the three convolutions."""

CHUNKS = 17
"""Row i of the token embeddings belongs to chunk i mod 17, which has its own scale and lowest value."""

# A plane of int8 holds -127 to 127; what rounding leaves of a step, at most half of it, is held in steps of 1/254 of it.
_LARGEST = 127
FINER = 254


def joined(weights: UseWeights, stem: str) -> NDArray[np.float32]:
    """The three convolutions' weights of one kind, side by side."""
    return np.concatenate([weights[f"{stem}{order}"] for order, _ in CONVOLUTIONS], axis=-1)


class Planes(NamedTuple):
    """A matrix as ``scale * coarse + scale / 254 * fine``, a scale for each output channel.

    Attributes:
        coarse: int8, [in, out].
        fine: int8, [in, out]: what rounding left.
        scale: float32, (out,).
    """

    coarse: NDArray[np.int8]
    fine: NDArray[np.int8]
    scale: NDArray[np.float32]


def planes(matrix: NDArray[np.float32]) -> Planes:
    """The two planes of an [in, out] matrix."""
    tiny = np.float32(1e-30)
    scale = np.maximum(np.abs(matrix).max(axis=0), tiny) / np.float32(_LARGEST)
    coarse = np.rint(matrix / scale)
    fine = np.clip(np.rint((matrix - coarse * scale) / (scale / np.float32(FINER))), -_LARGEST, _LARGEST)
    return Planes(coarse.astype(np.int8), fine.astype(np.int8), scale)


def byte_product(
    graph: GraphWriter,
    x: str,
    scale: float,
    zero: int,
    name: str,
    values: NDArray[np.int8],
    steps: NDArray[np.float32],
    bias: str = "",
) -> str:
    """``scale * (x - zero) @ (values * steps) + bias`` with uint8 ``x``; the sums are exact."""
    inputs = [
        x,
        graph.weight(name, values, file=INT8_FILE),
        graph.constant(scale, "float32"),
        graph.weight(f"{name}.scale", steps, file=INT8_FILE),
        graph.constant(zero, "uint8"),
        graph.constant(0, "int8"),
    ]
    return graph.node("MatMulIntegerToFloat", [*inputs, bias] if bias else inputs, contrib=True)
