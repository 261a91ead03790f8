"""A model file so small that it is imported in milliseconds, in the format of the real one and written here byte by byte."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from interlingua.models.card import ModelCard
from interlingua.models.catalogue import find

HIDDEN, LAYERS, HEADS, WIDE, POSITIONS, TYPES = 64, 1, 2, 128, 16, 2
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "b", "猫", "ä", "<mask>")
SCORES = (0.0, 0.0, 0.0, 0.0, -1.5, -2.25, -3.0, -4.125, -0.1, 0.0)
# The table of the real model has more rows than there are pieces.
VOCABULARY = len(PIECES) + 3
EPSILON = 1e-12


@dataclass(frozen=True)
class TinyE5:
    """A file in the format of ``e5-small-q4.bin``, and what was put into it.

    Attributes:
        data: the file.
        floats: the float32 tensors by name.
        blocks: the raw 18-byte blocks of the 4-bit tensors by name.
        shapes: the shapes of all tensors.
    """

    data: bytes
    floats: dict[str, NDArray[np.float32]]
    blocks: dict[str, bytes]
    shapes: dict[str, tuple[int, ...]]


def _layout() -> dict[str, tuple[bool, tuple[int, ...]]]:
    """Whether it has 4 bits, and the shape, of each tensor."""
    layout: dict[str, tuple[bool, tuple[int, ...]]] = {
        "emb.word": (True, (VOCABULARY, HIDDEN)),
        "emb.pos": (False, (POSITIONS, HIDDEN)),
        "emb.type": (False, (TYPES, HIDDEN)),
        "emb.ln.w": (False, (HIDDEN,)),
        "emb.ln.b": (False, (HIDDEN,)),
    }
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao"):
            layout[f"l{layer}.{part}.w"] = (True, (HIDDEN, HIDDEN))
            layout[f"l{layer}.{part}.b"] = (False, (HIDDEN,))
        layout[f"l{layer}.fi.w"], layout[f"l{layer}.fi.b"] = (True, (WIDE, HIDDEN)), (False, (WIDE,))
        layout[f"l{layer}.fo.w"], layout[f"l{layer}.fo.b"] = (True, (HIDDEN, WIDE)), (False, (HIDDEN,))
        for part in ("aln", "oln"):
            layout[f"l{layer}.{part}.w"] = layout[f"l{layer}.{part}.b"] = (False, (HIDDEN,))
    return layout


def _build(magic: bytes = b"E5S1", version: int = 1, block: int = 32, **changes: int) -> TinyE5:
    """The file; ``changes`` replace single numbers: ``pieces``, ``tensors`` (their counts), ``offset`` (added to each)."""
    rng = np.random.default_rng(5)
    head = struct.pack("<4sI", magic, version)
    head += struct.pack("<7ifi", HIDDEN, LAYERS, HEADS, WIDE, VOCABULARY, POSITIONS, TYPES, EPSILON, block)
    encoded = [piece.encode() for piece in PIECES]
    blob = b"".join(encoded)
    offsets = np.cumsum([0, *(len(piece) for piece in encoded)])
    head += struct.pack("<5iQ", changes.get("pieces", len(PIECES)), 0, 2, 1, 3, len(blob))
    head += offsets.astype("<u4").tobytes() + np.array(SCORES, dtype="<f4").tobytes() + blob
    head += struct.pack("<iI", 2, 11) + b"\xee" * 11

    layout = _layout()
    floats, blocks, raw = {}, {}, {}
    for name, (quantized, shape) in layout.items():
        count = int(np.prod(shape))
        if quantized:
            scales = rng.uniform(-0.1, 0.1, count // 32).astype("<f2")
            nibbles = rng.integers(0, 256, (count // 32, 16), dtype=np.uint8)
            raw[name] = blocks[name] = b"".join(s.tobytes() + n.tobytes() for s, n in zip(scales, nibbles, strict=True))
        else:
            floats[name] = rng.normal(1.0 if name.endswith("ln.w") else 0.0, 0.1, shape).astype(np.float32)
            raw[name] = floats[name].astype("<f4").tobytes()
    directory = sum(2 + len(name) + 1 + 4 + 8 + 8 for name in layout)
    at = len(head) + 4 + directory
    entries = struct.pack("<i", changes.get("tensors", len(layout)))
    for name, (quantized, shape) in layout.items():
        entries += struct.pack("<H", len(name)) + name.encode("ascii")
        entries += struct.pack("<BIQQ", quantized, int(np.prod(shape)), at + changes.get("offset", 0), len(raw[name]))
        at += len(raw[name])
    shapes = {name: shape for name, (_, shape) in layout.items()}
    return TinyE5(head + entries + b"".join(raw.values()), floats, blocks, shapes)


@pytest.fixture(scope="session")
def build_e5() -> Callable[..., Any]:
    return _build


@pytest.fixture(scope="session")
def tiny() -> TinyE5:
    return _build()


@pytest.fixture
def tiny_file(tiny: TinyE5, tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    path = folder / "e5-small-q4.bin"
    path.write_bytes(tiny.data)
    return path


@pytest.fixture(scope="session")
def tiny_card(tiny: TinyE5) -> ModelCard:
    """The card of e5-small, but for the tiny file."""
    card = find("e5-small")
    source = replace(card.sources[0], sha256=hashlib.sha256(tiny.data).hexdigest())
    return replace(card, sources=(source,), dimension=HIDDEN, max_tokens=POSITIONS, pins={})
