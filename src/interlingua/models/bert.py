"""What the modules that build BERT graphs share: sizes, weights, and the seam between the graph and its arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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


class Arithmetic(Protocol):
    """How a BERT layer's matrix products are computed. All methods add nodes to ``graph`` and return tensor names.

    ``hidden`` is what ``normalise`` gave; it may be scaled channel by channel, which ``plain`` takes back.
    """

    def normalise(self, graph: GraphWriter, norm: str, x: str) -> str:
        """The layer norm called ``norm`` of ``x``."""

    def plain(self, graph: GraphWriter, norm: str, hidden: str) -> str:
        """The values that the layer norm gives in the model's definition."""

    def attended(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """The attention's output before its projection."""

    def add_projected(self, graph: GraphWriter, layer: int, attended: str, hidden: str) -> str:
        """The attention's output projection plus the residual."""

    def add_transformed(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """The feed-forward network plus the residual."""
