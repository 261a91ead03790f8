"""Which of an imported model's graphs suits a precision class on this machine's processor."""

from __future__ import annotations

from dataclasses import dataclass

from interlingua.encoding.machine import this_machine
from interlingua.models.files import (
    EXACT_INT8_GRAPH,
    FAST_7BIT_GRAPH,
    FAST_GRAPH,
    GRAPH_FILE,
    HEAD_GRAPH,
    INT8_FILE,
    NORMALIZER_FILE,
    SHARED_FILE,
    VOCABULARY_FILE,
    WEIGHTS_FILE,
    WINDOWS_GRAPH,
    WORDS_GRAPH,
)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """One of a model's graphs.

    Attributes:
        title: what it computes in.
        graph: its file.
        weights: the files that it takes its weights from.
    """

    title: str
    graph: str
    weights: tuple[str, ...]

    @property
    def files(self) -> frozenset[str]:
        """All files that a backend needs for it."""
        return frozenset((self.graph, *self.weights, VOCABULARY_FILE, NORMALIZER_FILE))


FLOAT32 = Arithmetic("float32", GRAPH_FILE, (SHARED_FILE, WEIGHTS_FILE))
EXACT_INT8 = Arithmetic("int8 in two planes", EXACT_INT8_GRAPH, (SHARED_FILE, INT8_FILE))
FAST_INT8 = Arithmetic("int8", FAST_GRAPH, (SHARED_FILE, INT8_FILE))
WORD_TABLE = Arithmetic("int8 and a table of words", WORDS_GRAPH, (WINDOWS_GRAPH, HEAD_GRAPH, SHARED_FILE, INT8_FILE))
FAST_7BIT = Arithmetic("int8, 7 bits", FAST_7BIT_GRAPH, (SHARED_FILE, INT8_FILE))

# Dot products of bytes with 32-bit sums; without them, x86 processors add pairs in 16 bits, which saturate.
_DOT_PRODUCTS = {"avx512_vnni", "avx_vnni"}


def has_dot_products() -> bool:
    """Whether the processor multiplies bytes about four times as fast as float32 numbers, without saturating."""
    return bool(_DOT_PRODUCTS.intersection(this_machine().extensions))


def candidates(model: str, precision: str) -> tuple[Arithmetic, ...]:
    """The graphs of a bundled model for a precision class on this machine, the fastest first."""
    if model != "e5-small":
        # Its table of words is fast and exact at once.
        return (WORD_TABLE, FLOAT32) if has_dot_products() else (FLOAT32,)
    if precision == "fast":
        return (FAST_INT8, FAST_7BIT) if has_dot_products() else (FAST_7BIT,)
    return (EXACT_INT8, FLOAT32) if has_dot_products() else (FLOAT32,)
