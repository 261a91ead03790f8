"""ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from interlingua.encoding.backends.arithmetic import FLOAT32, Arithmetic
from interlingua.encoding.batching import TOKEN_BUDGET, pad
from interlingua.encoding.tokenizing import TextTokenizer
from interlingua.encoding.tokens import Ids, Tokens
from interlingua.encoding.windows import tokenize_in_windows
from interlingua.errors import OutOfMemory
from interlingua.types import Vectors

_TOO_LITTLE_MEMORY = ("Failed to allocate memory", "bad_alloc", "bad allocation")


class OnnxBackend:
    """One session over the imported graph, shared by all threads: one copy of the weights.

    Each run is single-threaded. Two short runs side by side beat one run on two cores, which would have to meet after every
    operator.

    Args:
        folder: an imported model.
        max_tokens: the model's limit.
        arithmetic: which of the model's graphs.
    """

    name = "onnx"
    token_budget = TOKEN_BUDGET

    def __init__(self, folder: Path, max_tokens: int, *, arithmetic: Arithmetic = FLOAT32) -> None:
        self.description = f"onnx (cpu, {arithmetic.title})"
        with ThreadPoolExecutor(2) as pool:
            tokenizer = pool.submit(TextTokenizer, folder, max_tokens)
            session = pool.submit(open_session, folder / arithmetic.graph)
            self._tokenizer, self._session = tokenizer.result(), session.result()

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:
        """See ``Backend.tokenize``."""
        if windows:
            return tokenize_in_windows(self._tokenizer, texts, prompt)
        found = self._tokenizer.tokenize(texts, prompt)
        return Tokens(found.ids, found.truncated)

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """See ``Backend.run``."""
        return self._computed(self._session, ids)

    def _computed(self, session: Any, ids: Sequence[Ids]) -> Vectors:
        padded, lengths = pad(ids, self._tokenizer.fill)
        try:
            result: Vectors = session.run(["embeddings"], {"ids": padded, "lengths": lengths})[0]
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        else:
            return result
        # Only here is the error gone, and with it what it held on to.
        raise OutOfMemory(f"{len(ids):,} texts of up to {padded.shape[1]:,} tokens do not fit in memory at once.")


def is_out_of_memory(error: Exception) -> bool:
    """Whether the runtime refused for want of memory; it has a class for each status, but none for this."""
    return any(words in str(error) for words in _TOO_LITTLE_MEMORY)


def open_session(graph: Path) -> Any:
    """A single-threaded session over a graph of ours."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Errors reach the user as exceptions, or are dealt with; warnings about the machine do not concern them.
    options.log_severity_level = 4
    # The graph is written with fused operators: there is nothing left to optimise, and looking costs start-up time.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    # Buffers of one batch's shape are of no use to the next.
    options.enable_mem_pattern = False
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
