"""The other engines of index.py, with the parameters of our graph, on one thread: rates at two recalls, build time, memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from index_data import BLOCK, QUERIES, Data

from interlingua.index import kinds

K = 10
LEVELS = [8, 12, 16, 24, 32, 40, 48, 56, 64, 80, 96, 128, 160, 192, 256, 384, 512, 768, 1024, 1536, 2048, 4096]
WANTED = (0.95, 0.99)
KINDS = ("questions", "documents")


def measure(data: Data, work: Path, count: int, engines: list[str]) -> dict[str, Any]:
    """Those of the engines that are installed."""
    results: dict[str, Any] = {}
    for name, package, run in (
        ("hnswlib", "hnswlib", _hnswlib),
        ("usearch", "usearch", _usearch),
        ("lancedb", "lancedb", _lancedb),
    ):
        if name not in engines:
            continue
        if find_spec(package) is None:
            results[name] = {"skipped": "not installed"}
            continue
        began = time.perf_counter()
        try:
            search, facts = run(data, work, count)
            results[name] = {"version": version(package), "build_seconds": time.perf_counter() - began} | facts
            results[name]["at_recall"] = {kind: _at_recall(search, data, count, kind) for kind in KINDS}
        except Exception as error:  # who fails shall not cost the others their figures
            results[name] = {"failed": str(error).splitlines()[0]}
        print(f"done: {name}", flush=True)
    return results


Search = Callable[[np.ndarray, int], np.ndarray]
"""The rows found for one question, (1, d), at a level."""


def _at_recall(search: Search, data: Data, count: int, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    exact, queries = data.nearest(count, kind=kind), data.asked(kind)
    levels = iter(LEVELS)
    for wanted in WANTED:
        for level in levels:
            rows, times = [], []
            for at in range(QUERIES):
                began = time.perf_counter()
                rows.append(search(queries[at : at + 1], level))
                times.append(time.perf_counter() - began)
            recall = float(np.mean([len(set(a) & set(b)) / K for a, b in zip(rows, exact.tolist(), strict=True)]))
            if recall >= wanted:
                found[str(wanted)] = {"level": level, "recall": recall, "per_second": 1 / float(np.mean(times))}
                break
    return found


def _hnswlib(data: Data, _work: Path, count: int) -> tuple[Search, dict[str, Any]]:
    import hnswlib

    vectors = data.vectors(count)
    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(max_elements=count, ef_construction=kinds._CONSTRUCTION, M=kinds._LINKS)
    for start in range(0, count, BLOCK):
        index.add_items(vectors[start : start + BLOCK].astype(np.float32))
    index.set_num_threads(1)

    def search(query: np.ndarray, level: int) -> np.ndarray:
        index.set_ef(level)
        return index.knn_query(query, k=K)[0][0].tolist()

    return search, {}


def _usearch(data: Data, _work: Path, count: int) -> tuple[Search, dict[str, Any]]:
    from usearch.index import Index

    vectors = data.vectors(count)
    index = Index(
        ndim=vectors.shape[1],
        metric="ip",
        dtype="f32",
        connectivity=kinds._LINKS,
        expansion_add=kinds._CONSTRUCTION,
    )
    for start in range(0, count, BLOCK):
        block = vectors[start : start + BLOCK].astype(np.float32)
        index.add(np.arange(start, start + len(block)), block)

    def search(query: np.ndarray, level: int) -> np.ndarray:
        index.expansion_search = level
        return index.search(query[0], K, threads=1).keys.tolist()

    return search, {}


def _lancedb(data: Data, work: Path, count: int) -> tuple[Search, dict[str, Any]]:
    import shutil

    import lancedb
    import pyarrow as pa

    folder = work / f"lancedb-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    vectors = data.vectors(count)
    schema = pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("vector", pa.list_(pa.float32(), vectors.shape[1])),
            pa.field("text", pa.string()),
        ]
    )

    def batches() -> Any:
        for start in range(0, count, BLOCK):
            block = np.ascontiguousarray(vectors[start : start + BLOCK], dtype=np.float32)
            rows = range(start, start + len(block))
            yield pa.record_batch(
                [
                    pa.array(rows, pa.int64()),
                    pa.FixedSizeListArray.from_arrays(pa.array(block.ravel()), vectors.shape[1]),
                    pa.array([data.document(row)["text"] for row in rows], pa.string()),
                ],
                schema=schema,
            )

    table = lancedb.connect(folder).create_table("texts", batches(), schema=schema)
    table.create_index(metric="dot", index_type="IVF_HNSW_SQ", m=kinds._LINKS, ef_construction=kinds._CONSTRUCTION)

    def search(query: np.ndarray, level: int) -> np.ndarray:
        # Candidates are compared exactly, as in ours; the texts come along.
        found = table.search(query[0]).metric("dot").ef(max(level, 3 * K)).nprobes(20).refine_factor(3).limit(K)
        return found.select(["id", "text"]).to_arrow()["id"].to_pylist()

    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return search, {"bytes": size}
