"""ONNX Runtime on the CPU."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.types import Vectors


class OnnxBackend:
    """One session over the imported graph, shared by all threads: one copy of the weights.

    Each run is single-threaded. Two short runs side by side beat one run on two cores, which would have to meet after every
    operator.
    """

    def __init__(self, graph: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Errors reach the user as exceptions; warnings about the machine do not concern them.
        options.log_severity_level = 3
        # The graph is written with fused operators: there is nothing left to optimise, and looking costs start-up time.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        # Buffers of one batch's shape are of no use to the next.
        options.enable_mem_pattern = False
        self._session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])

    def run(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> Vectors:
        """See ``Backend.run``."""
        result: Vectors = self._session.run(["embeddings"], {"ids": ids, "lengths": lengths})[0]
        return result
