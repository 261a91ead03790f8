"""Exact vectors from int8 products, with float32 behind them for the few texts that need it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from interlingua.encoding.backends.arithmetic import EXACT_INT8, FLOAT32
from interlingua.encoding.backends.onnx import OnnxBackend, open_session
from interlingua.encoding.tokens import Ids
from interlingua.types import Vectors

_LEAST_TOKENS = 10
_LEAST_SHARE = 0.4


class ExactInt8Backend(OnnxBackend):
    """The graph in int8; texts that repeat the same few tokens go to the graph in float32.

    Rounding errors of different tokens cancel in the mean over a text. Where nearly all tokens are the same ("1 1 1 1 1 1"), they
    add up, beyond what exact vectors promise. The float32 graph is opened when the first such text comes.

    Args:
        folder: an imported model.
        max_tokens: the model's limit.
        ensure_float32: checks the files of the float32 graph and gives their folder.
    """

    def __init__(self, folder: Path, max_tokens: int, ensure_float32: Callable[[], Path]) -> None:
        super().__init__(folder, max_tokens, arithmetic=EXACT_INT8)
        self._ensure_float32 = ensure_float32
        self._float32: Any = None
        self._opening = threading.Lock()

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """See ``Backend.run``."""
        repeating = np.fromiter(map(_repeats, ids), dtype=bool, count=len(ids))
        if not repeating.any():
            return super().run(ids)
        order = np.argsort(repeating, kind="stable")
        plain, others = np.split(order, [len(ids) - np.count_nonzero(repeating)])
        parts = [self._computed(self._float32_session(), [ids[row] for row in others])]
        if len(plain):
            parts.insert(0, super().run([ids[row] for row in plain]))
        vectors = np.empty((len(ids), parts[0].shape[1]), dtype=np.float32)
        vectors[order] = np.concatenate(parts)
        return vectors

    def _float32_session(self) -> Any:
        with self._opening:
            if self._float32 is None:
                self._float32 = open_session(self._ensure_float32() / FLOAT32.graph)
            return self._float32


def _repeats(ids: Ids) -> bool:
    return len(ids) >= _LEAST_TOKENS and len(set(np.asarray(ids).tolist())) <= _LEAST_SHARE * len(ids)
