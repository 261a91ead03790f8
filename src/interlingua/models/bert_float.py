"""BERT's matrix products in float32."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from interlingua.models.bert import BertConfig, Floats
from interlingua.models.files import SHARED_FILE
from interlingua.models.onnx_graph import GraphWriter


class FloatArithmetic:
    """See ``Arithmetic``."""

    def __init__(self, config: BertConfig, matrix: Callable[[str], Floats]) -> None:
        self._config = config
        self._matrix = matrix

    def normalise(self, graph: GraphWriter, norm: str, x: str) -> str:
        """See ``Arithmetic``."""
        inputs = [x, self._vector(graph, f"{norm}.w"), self._vector(graph, f"{norm}.b")]
        return graph.node("LayerNormalization", inputs, axis=-1, epsilon=self._config.epsilon)

    def plain(self, graph: GraphWriter, norm: str, hidden: str) -> str:  # noqa: ARG002
        """See ``Arithmetic``."""
        return hidden

    def attended(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        matrix = np.concatenate([self._matrix(f"l{layer}.{part}.w").T for part in "qkv"], axis=1)
        bias = np.concatenate([self._matrix(f"l{layer}.{part}.b") for part in "qkv"])
        inputs = [
            hidden,
            graph.weight(f"l{layer}.qkv.w", matrix),
            graph.weight(f"l{layer}.qkv.b", bias, file=SHARED_FILE),
            "lengths",
        ]
        return graph.node("Attention", inputs, contrib=True, num_heads=self._config.heads)

    def add_projected(self, graph: GraphWriter, layer: int, attended: str, hidden: str) -> str:
        """See ``Arithmetic``."""
        return self._residual(graph, self._product(graph, attended, f"l{layer}.ao"), f"l{layer}.ao.b", hidden)

    def add_transformed(self, graph: GraphWriter, layer: int, hidden: str) -> str:
        """See ``Arithmetic``."""
        wide = self._product(graph, hidden, f"l{layer}.fi")
        active = graph.node("BiasGelu", [wide, self._vector(graph, f"l{layer}.fi.b")], contrib=True)
        return self._residual(graph, self._product(graph, active, f"l{layer}.fo"), f"l{layer}.fo.b", hidden)

    def _residual(self, graph: GraphWriter, x: str, bias: str, hidden: str) -> str:
        return graph.node("Add", [graph.node("Add", [x, self._vector(graph, bias)]), hidden])

    def _product(self, graph: GraphWriter, x: str, name: str) -> str:
        matrix = graph.weight(f"{name}.w", np.ascontiguousarray(self._matrix(f"{name}.w").T))
        return graph.node("MatMul", [x, matrix])

    def _vector(self, graph: GraphWriter, name: str) -> str:
        return graph.weight(name, self._matrix(name), file=SHARED_FILE)
