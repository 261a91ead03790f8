"""PyTorch, through sentence-transformers: any model of theirs, and the bundled transformer, on processors and GPUs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interlingua.encoding.backends.selection import Precision
from interlingua.encoding.backends.torch_model import arithmetic, check_fast, find_device, load_model, quiet
from interlingua.encoding.backends.torch_tokens import BundledReader, Reader, StaticReader, TransformerReader
from interlingua.encoding.tokens import Ids, Tokens
from interlingua.errors import CorruptModel, OutOfMemory
from interlingua.types import Vectors

# Padded tokens in a batch. A GPU wants much at once. On one core 512 are best (measured with e5-small: larger batches fall out
# of the cache), and on many the threads should have more to divide among them.
_GPU_TOKENS = 32_768
_PROCESSOR_TOKENS = 1_024
_TOO_LARGE = ("not enough memory", "can't allocate memory", "out of memory")


class TorchBackend:
    """A ``SentenceTransformer``, all of its modules, in eager mode.

    Torch divides each batch among its own threads, so one batch is computed at a time, whoever asks.

    Args:
        folder: a sentence-transformers folder.
        dimension: the length d of its vectors; longer ones are cut to that.
        max_tokens: the model's limit.
        precision: ``exact`` computes in float32; ``fast`` in half precision, on a GPU or a processor that has it.
        device: ``cpu``, ``cuda`` or ``cuda:N``; None takes a CUDA device if there is one.
        threads: how many threads torch computes with in this process; None leaves that as it is.
        tokens_from: an imported bundled model whose tokenizer is to be used instead of the folder's.

    Raises:
        MissingExtra: sentence-transformers or a package that this model needs is not installed.
        OptionError: there is no such device, it has no fast arithmetic, or the model is of a kind that cannot be run here.
        CorruptModel: the folder cannot be loaded.
        OutOfMemory: the model does not fit on the device.
    """

    name = "torch"

    def __init__(
        self,
        folder: Path,
        dimension: int,
        max_tokens: int,
        *,
        precision: Precision = "exact",
        device: str | None = None,
        threads: int | None = None,
        tokens_from: Path | None = None,
    ) -> None:
        with quiet():
            import torch
        self._device = find_device(device)
        check_fast(self._device, precision)
        self._precision = precision
        self._model = load_model(folder, self._device, precision)
        self._dimension = dimension
        actual = self._model.get_embedding_dimension() or dimension
        if actual < dimension:
            raise CorruptModel(f"{folder} makes vectors of {actual} dimensions, but its files speak of {dimension}.")
        if threads is not None and self._device.type == "cpu":
            torch.set_num_threads(threads)
        self._turn = threading.Lock()
        self._reader = self._make_reader(max_tokens, tokens_from)
        self.token_budget = _PROCESSOR_TOKENS if self._device.type == "cpu" else _GPU_TOKENS

    @property
    def description(self) -> str:
        """Where it computes, and in which numbers."""
        number = next((parameter.dtype for parameter in self._model.parameters()), "float32")
        if self._precision == "fast" and self._device.type == "cpu":
            number = "bfloat16"
        return f"torch ({self._device}, {str(number).removeprefix('torch.')})"

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:
        """See ``Backend.tokenize``."""
        return self._reader.tokenize(texts, prompt, windows=windows)

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """See ``Backend.run``."""
        import torch

        features = self._reader.features(ids)
        try:
            with self._turn, arithmetic(self._device, self._precision):
                on_device = {name: tensor.to(self._device) for name, tensor in features.items()}
                found = self._model(on_device)["sentence_embedding"][:, : self._dimension]
                vectors: Vectors = found.float().cpu().numpy()
                return vectors
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not isinstance(error, torch.OutOfMemoryError) and not _is_about_memory(error):
                raise
            told = f"{len(ids):,} texts of up to {max(map(len, ids)):,} tokens do not fit in the memory of {self._device} at once"
        # Only here is the error gone, and with it what it held on to.
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        raise OutOfMemory(f"{told}; give a smaller batch_size.")

    def _make_reader(self, max_tokens: int, tokens_from: Path | None) -> Reader:
        first = self._model[0]
        if type(first).__name__ == "StaticEmbedding":
            return StaticReader(first.tokenizer, max_tokens)
        limit = min(max_tokens, self._model.max_seq_length or max_tokens)
        if tokens_from is not None:
            return BundledReader(tokens_from, limit, first.tokenizer.pad_token_id)
        return TransformerReader(first.tokenizer, limit)


def _is_about_memory(error: Any) -> bool:
    return any(words in str(error).lower() for words in _TOO_LARGE)
