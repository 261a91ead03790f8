"""The kinds of nearest-neighbour structures (FAISS): chosen by size, sized from the data, and tuned to a measured recall."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.types import Vectors

BuiltKind = Literal["flat", "hnsw", "ivf", "ivfpq"]
Codes = Literal["float32", "float16", "int8"]
Rows = NDArray[np.int64]
Blocks = Callable[[], Iterator[Vectors]]
"""Gives the vectors in blocks, anew at each call."""

# Up to this many, exact search takes milliseconds.
_FLAT_UP_TO = 20_000
# A graph over this share of the memory leaves too little for others.
_GRAPH_MEMORY_SHARE = 0.35
_LINKS = 32
_CONSTRUCTION = 120
_TRAINING_PER_LIST = 64
_ROTATION_ROUNDS = 10
_LEVELS = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096)
_AT = 10


class Tuned(NamedTuple):
    """What a structure was tuned to.

    Attributes:
        level: ``efSearch`` of a graph, ``nprobe`` of lists; 0 for exact search.
        recall: measured at this level, at 10 hits, against exact search.
    """

    level: int
    recall: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built.

    Attributes:
        kind: which structure.
        lists: the number of lists; 0 for others.
        bytes_per_code: of a product quantiser; 0 for others.
        codes: how a graph or lists keep vectors.
    """

    kind: BuiltKind
    lists: int = 0
    bytes_per_code: int = 0
    codes: Codes = "float32"


def _faiss() -> Any:
    """FAISS, whose type stubs do not know what its parameters take; loaded when it is first needed."""
    import faiss

    return faiss


def _after_fork() -> None:
    """In a child process OpenMP would wait for threads that only the parent has."""
    faiss = sys.modules.get("faiss")
    if faiss is not None:
        faiss.omp_set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def choose(kind: str, count: int, dimension: int, codes: Codes, memory: int | None) -> Plan:
    """The plan for so many vectors; ``auto`` takes exact search, a graph, or compressed lists.

    Args:
        kind: a kind, or ``auto``.
        count: how many vectors.
        dimension: their length.
        codes: how they are kept.
        memory: the machine's memory in bytes, if known.
    """
    if kind == "auto":
        component = 4 if codes == "float32" else 2
        # Two graphs: one over the vectors, one over the centred vectors.
        graphs = count * (dimension * (component + 1) + 2 * _LINKS * 2 * 4)
        fits = memory is None or graphs < _GRAPH_MEMORY_SHARE * memory
        kind = "flat" if count <= _FLAT_UP_TO else "hnsw" if fits else "ivfpq"
    if kind != "flat" and count < 1000:
        # Too few to train anything, and exact search takes microseconds.
        kind = "flat"
    if kind in ("ivf", "ivfpq"):
        lists = 2 ** round(math.log2(max(4.0 * math.sqrt(count), 16)))
        lists = max(16, min(lists, count // 39))
        return Plan("ivf" if kind == "ivf" else "ivfpq", lists, _code_bytes(dimension) if kind == "ivfpq" else 0, codes)
    return Plan("flat" if kind == "flat" else "hnsw", codes=codes)


def _code_bytes(dimension: int) -> int:
    """As many sub-quantisers as go into the dimension, about one for 6 components."""
    return next(parts for parts in range(dimension // 6, 0, -1) if dimension % parts == 0)


def build(plan: Plan, blocks: Blocks, count: int, dimension: int, advance: Callable[[int], None]) -> Any:
    """The FAISS index of the vectors that ``blocks`` gives, in its order."""
    faiss = _faiss()
    index = faiss.index_factory(dimension, _factory(plan, dimension), faiss.METRIC_INNER_PRODUCT)
    if plan.kind == "hnsw":
        index.hnsw.efConstruction = _CONSTRUCTION
    if plan.kind == "ivfpq":
        # Each round trains a quantiser anew; after the first ten hardly anything changes.
        faiss.downcast_VectorTransform(index.chain.at(0)).niter = _ROTATION_ROUNDS
    if not index.is_trained:
        index.train(_sample(blocks, count, dimension, max(plan.lists * _TRAINING_PER_LIST, 20_000)))
    for block in blocks():
        index.add(np.ascontiguousarray(block, dtype=np.float32))
        advance(len(block))
    return index


def _factory(plan: Plan, dimension: int) -> str:
    quantiser = {"float32": "Flat", "float16": "SQfp16", "int8": "SQ8"}[plan.codes]
    if plan.kind == "flat":
        return quantiser
    if plan.kind == "hnsw":
        return f"HNSW{_LINKS},{quantiser}" if plan.codes != "float32" else f"HNSW{_LINKS}"
    # Lists are chosen exactly: a graph over their centres gives only some of the nearest ones, however many are asked for, and
    # among five million documents recall ended at 0.7.
    coarse = f"IVF{plan.lists}"
    if plan.kind == "ivf":
        return f"{coarse},{quantiser}"
    # np: without the training for polysemous codes, which takes minutes and which this search does not use.
    return f"OPQ{plan.bytes_per_code}_{dimension},{coarse},PQ{plan.bytes_per_code}x8np"


def _sample(blocks: Blocks, count: int, dimension: int, wanted: int) -> Vectors:
    """About so many vectors from all over."""
    share = min(1.0, wanted / max(count, 1))
    generator = np.random.default_rng(0)
    parts = [block[generator.random(len(block)) < share] for block in blocks()]
    found = np.concatenate(parts) if parts else np.empty((0, dimension), dtype=np.float32)
    return np.ascontiguousarray(found, dtype=np.float32)


def write(index: Any, path: Path) -> None:
    """Write a FAISS index.

    Raises:
        OSError: the disk refuses. (FAISS itself does not look whether its last bytes were written.)
    """
    faiss = _faiss()
    refused: list[OSError] = []
    with path.open("wb") as file:

        def put(part: bytes) -> int:
            try:
                file.write(part)
            except OSError as error:
                refused.append(error)
                raise
            return len(part)

        try:
            faiss.write_index(index, faiss.PyCallbackIOWriter(put, 1 << 20))
        except RuntimeError:
            if refused:
                raise refused[0] from None
            raise


def read(path: Path) -> Any:
    """A FAISS index whose codes and links are mapped, so that all processes on a machine share one copy."""
    faiss = _faiss()
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)


def stored_vectors(index: Any, dimension: int, codes: Codes) -> NDArray[Any] | None:
    """A view of the vectors in a flat structure or a graph, (n, d); None for lists."""
    faiss = _faiss()
    held = faiss.downcast_index(getattr(index, "storage", index))
    if not isinstance(held, faiss.IndexFlatCodes):
        return None
    flat: NDArray[np.uint8] = faiss.rev_swig_ptr(held.codes.data(), held.codes.size())
    if codes == "int8":
        return None
    return flat.view("<f4" if codes == "float32" else "<f2").reshape(-1, dimension)


def run(index: Any, kind: BuiltKind, queries: Vectors, k: int, level: int, allowed: Any = None) -> tuple[Vectors, Rows]:
    """The k best rows of each query, best first; where fewer are found, rows are -1.

    Args:
        index: what ``read`` gave.
        kind: its kind.
        queries: float32, (n, d).
        k: how many.
        level: ``efSearch`` or ``nprobe``.
        allowed: uint8, a bit for each row (lowest first): which rows may be found; None for all.
    """
    faiss = _faiss()
    chosen = None if allowed is None else faiss.IDSelectorBitmap(allowed)
    parameters: Any
    if kind == "flat":
        parameters = faiss.SearchParameters(sel=chosen) if chosen is not None else None
    elif kind == "hnsw":
        parameters = faiss.SearchParametersHNSW(sel=chosen, efSearch=max(level, k))
    else:
        parameters = faiss.SearchParametersIVF(sel=chosen, nprobe=level)
        if kind == "ivfpq":
            parameters = faiss.SearchParametersPreTransform(index_params=parameters)
    scores, rows = index.search(queries, k, params=parameters) if parameters is not None else index.search(queries, k)
    return scores, rows


def tune(
    index: Any,
    kind: BuiltKind,
    queries: Vectors,
    exact: Rows,
    target: float,
    search: Callable[[int], Rows] | None = None,
) -> Tuned:
    """The lowest level at which the structure finds the wanted share of what exact search finds.

    Args:
        index: the structure.
        kind: its kind.
        queries: float32, (n, d).
        exact: (n, 10), the rows that exact search finds.
        target: the wanted recall, 0 to 1.
        search: gives the rows found at a level, where that is more than ``run``.
    """
    if kind == "flat":
        return Tuned(0, 1.0)
    search = search or (lambda level: run(index, kind, queries, exact.shape[1], level)[1])
    tuned = Tuned(0, 0.0)
    for level in _LEVELS:
        if kind != "hnsw" and level > _lists(index):
            break
        tuned = Tuned(level, recall(search(level), exact))
        if tuned.recall >= target:
            break
    return tuned


def _lists(index: Any) -> int:
    faiss = _faiss()
    return int(faiss.extract_index_ivf(index).nlist)


def recall(found: Rows, exact: Rows) -> float:
    """The share of the exact rows that were found."""
    hits = sum(len(np.intersect1d(a, b)) for a, b in zip(found[:, : exact.shape[1]], exact, strict=True))
    return hits / max(exact.size, 1)
