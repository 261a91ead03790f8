"""What encode.py measures: one function a part, each giving figures as plain JSON values."""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import common
import numpy as np
from encode_peers import Absent, Contender, Worker, asked, contenders, started
from encode_sets import Collections, TextSet

from interlingua.encoding.measuring import percentile

REFERENCE = "st"
QUERIES = 200
WARM_QUERIES = 5
MOST_SECONDS = 12  # who would take longer for a round gets a part of its texts
COMPARED = 200  # texts of a set whose vectors are compared
MATRIX = "from interlingua.encoding.machine import matrix_rate; print(matrix_rate(repeats=8))"


class Benchmark:
    """Everything that the parts share: the contenders, the texts, a folder for both."""

    def __init__(self, arguments: argparse.Namespace, work: Path) -> None:
        self.rounds: int = arguments.rounds
        self.scale: float = arguments.scale
        self.starts: int = arguments.starts
        self.set_names: list[str] = arguments.sets.split(",")
        self.work = work
        self.collections = Collections(arguments.data)
        self.found, self.skipped = contenders(arguments, work)
        self._sets: dict[str, TextSet] = {}

    def text_set(self, name: str) -> TextSet:
        """A set by its name, made once."""
        if name not in self._sets:
            self._sets[name] = self.collections.text_set(name, self.rounds, self.scale)
        return self._sets[name]

    def file(self, name: str, texts: list[str]) -> str:
        """Texts as a file for the workers."""
        path = self.work / f"{name}.json"
        path.write_text(json.dumps(texts), encoding="utf-8")
        return str(path)

    def workers(self) -> list[Worker]:
        """A process for each contender that can be started."""
        return started(self.found, self.skipped)


def takes_part(contender: Contender, name: str) -> bool:
    """The universal sentence encoder has its own languages; sentence-transformers is measured on them too, to compare."""
    if name == "use":
        return contender.model == "use-multilingual-v3" or contender.name == REFERENCE
    return contender.model != "use-multilingual-v3"


def in_turn(workers: list[Worker], number: int) -> list[Worker]:
    """Everybody, in each round beginning with another."""
    start = number % max(1, len(workers))
    return workers[start:] + workers[:start]


def spread(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def throughput(bench: Benchmark) -> dict[str, Any]:
    rates = matrix_rates()
    workers = bench.workers()
    sets = {}
    try:
        for name in bench.set_names:
            sets[name] = throughput_of(bench, bench.text_set(name), workers)
            show(f"throughput: {name}")
    finally:
        versions = close(workers)
    result = {"float32_matrix_operations_per_second": rates, "contenders": versions, "sets": sets}
    for figures in sets.values():
        for who, measured in figures["results"].items():
            if who in ("ours-exact", "ours-openvino", "ours-torch") and figures["mean_e5_operations"]:
                needed = measured["texts_per_second"]["median"] * figures["mean_e5_operations"]
                measured["share_of_matrix_rate"] = needed / rates["all cores"]
    return result


def throughput_of(bench: Benchmark, texts: TextSet, workers: list[Worker]) -> dict[str, Any]:
    warm = bench.file("warm", texts.warm)
    files = [bench.file(f"{texts.name}-{number}", rows) for number, rows in enumerate(texts.rounds)]
    every: dict[Worker, int] = {}
    for worker in [worker for worker in workers if takes_part(worker.contender, texts.name)]:
        for _ in range(2):  # the first time warms up
            if (tried := asked(workers, bench.skipped, worker, "encode", texts=warm)) is None:
                break
            every[worker] = max(1, math.ceil(len(texts.rounds[0]) * tried["wall"] / tried["texts"] / MOST_SECONDS))
    runs: dict[Worker, list[dict[str, float]]] = {worker: [] for worker in every}
    for number, file in enumerate(files):
        for worker in in_turn([worker for worker in workers if worker in runs], number):
            spent = asked(workers, bench.skipped, worker, "encode", texts=file, every=every[worker])
            if spent is not None:
                runs[worker].append(spent)
    results = {}
    for worker, measured in runs.items():
        if worker not in workers:
            continue
        rates = [one["texts"] / one["wall"] for one in measured]
        results[worker.contender.name] = {
            "texts_a_round": measured[0]["texts"],
            "texts_per_second": spread(rates),
            "tokens_per_second": texts.mean_tokens * statistics.median(rates),
            "cpu_ms_per_text": statistics.median(1e3 * one["cpu"] / one["texts"] for one in measured),
            "rounds": measured,
        }
    tokens = [n for counts in texts.e5_tokens for n in counts]
    return {
        "texts_a_round": len(texts.rounds[0]),
        "mean_tokens": texts.mean_tokens,
        "mean_e5_operations": 0 if texts.name == "use" else statistics.mean(map(e5_operations, tokens)),
        "results": results,
        "times_as_fast": times_as_fast(results),
    }


def times_as_fast(results: dict[str, Any]) -> dict[str, dict[str, dict[str, float]]]:
    """Our rate by each peer's, round by round."""
    rates = {name: [one["texts"] / one["wall"] for one in measured["rounds"]] for name, measured in results.items()}
    ours = [name for name in rates if name.startswith("ours-")]
    return {
        mine: {
            peer: spread([a / b for a, b in zip(rates[mine], rates[peer], strict=True)])
            for peer in rates
            if peer not in ours
        }
        for mine in ours
    }


def e5_operations(tokens: int) -> float:
    """Floating-point operations of e5-small for a text, a multiply-add counted as two.

    In each of 12 layers a token goes through four matrices of 384 × 384 and two of 384 × 1536 (21.2 million weights in all)
    and meets every token twice, in the scores of attention and in the sum that they weigh, each of width 384.
    """
    weights = 12 * (4 * 384 * 384 + 2 * 384 * 1536)
    return 2 * weights * tokens + 12 * 2 * 2 * 384 * tokens**2


def matrix_rates() -> dict[str, float]:
    """NumPy's product of 2048 × 2048 float32 matrices, operations a second, on all processors and on one."""
    rates = {}
    for name, more in {"all cores": {}, "one core": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}}.items():
        environment = {**os.environ, "PYTHONPATH": str(common.ROOT / "src"), **more}
        done = subprocess.run(
            [sys.executable, "-c", MATRIX], env=environment, capture_output=True, text=True, check=True
        )
        rates[name] = float(done.stdout)
    return rates


def agreement(bench: Benchmark) -> dict[str, Any]:
    """Cosines with the vectors of sentence-transformers on torch."""
    workers = [worker for worker in bench.workers() if worker.contender.model == "e5-small"]
    sets: dict[str, Any] = {}
    try:
        if REFERENCE not in [worker.contender.name for worker in workers]:
            raise SystemExit("The part agreement needs sentence-transformers; give --python-st.")
        for name in (name for name in bench.set_names if name != "use"):
            texts = bench.text_set(name).rounds[0][:COMPARED]
            file = bench.file("compared", texts)
            vectors = {}
            for worker in list(workers):
                keep = str(bench.work / "vectors.npy")
                if asked(workers, bench.skipped, worker, "encode", texts=file, keep=keep) is not None:
                    vectors[worker.contender.name] = np.load(keep).astype(np.float64)
            reference = vectors.pop(REFERENCE)
            sets[name] = {who: agreeing(theirs, reference) for who, theirs in vectors.items()}
            show(f"agreement: {name}")
    finally:
        versions = close(workers)
    return {"reference": "sentence-transformers on torch, float32", "contenders": versions, "sets": sets}


def agreeing(vectors: Any, reference: Any) -> dict[str, float]:
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(reference, axis=1)
    cosines = (vectors * reference).sum(axis=1) / lengths
    return {"texts": len(cosines), "mean_cosine": float(cosines.mean()), "least_cosine": float(cosines.min())}


def latency(bench: Benchmark) -> dict[str, Any]:
    """One query at a time: different short sentences, in blocks that the contenders take in turn."""
    short, others = bench.text_set("short"), bench.text_set("use")
    workers = bench.workers()
    taken: dict[Worker, list[float]] = {worker: [] for worker in workers}
    block = max(1, QUERIES // bench.rounds)
    try:
        for number in range(bench.rounds):
            for worker in in_turn(workers, number):
                texts = others if worker.contender.model == "use-multilingual-v3" else short
                # The first ones warm up after the others' turns, and are not counted.
                file = bench.file("queries", texts.warm[:WARM_QUERIES] + texts.rounds[number][:block])
                found = asked(workers, bench.skipped, worker, "queries", texts=file)
                taken[worker] += found["seconds"][WARM_QUERIES:] if found else []
    finally:
        versions = close(workers)
    show("latency")
    milliseconds = {
        worker.contender.name: {
            "queries": len(seconds),
            "p50_ms": 1e3 * percentile(seconds, 0.5),
            "p99_ms": 1e3 * percentile(seconds, 0.99),
        }
        for worker, seconds in taken.items()
        if seconds
    }
    return {"contenders": versions, "results": milliseconds}


def cold(bench: Benchmark) -> dict[str, Any]:
    """Fresh processes, from their start to the first vector, all files in the system's cache."""
    seconds: dict[str, list[float]] = {}
    versions: dict[str, Any] = {}
    present = list(bench.found)
    for number in range(bench.starts + 1):
        for contender in list(present):
            try:
                worker = Worker(contender)
            except Absent as reason:
                bench.skipped[contender.name] = str(reason)
                present.remove(contender)
                continue
            if number:  # the first time brings the files into the cache
                seconds.setdefault(contender.name, []).append(worker.first_seconds)
            versions.update(close([worker]))
    show("cold")
    return {
        "starts": bench.starts,
        "contenders": versions,
        "results": {who: spread(all_) for who, all_ in seconds.items()},
    }


def memory(bench: Benchmark) -> dict[str, Any]:
    """The most memory resident: after one text, and after a round of the real mix (USE: of its own set)."""
    results: dict[str, Any] = {}
    versions: dict[str, Any] = {}
    for contender in bench.found:
        name = "use" if contender.model == "use-multilingual-v3" else "real"
        texts = bench.text_set(name).rounds[0]
        try:
            worker = Worker(contender)
            first = worker.ask("memory")["peak_mib"]
            worker.ask("encode", texts=bench.file("memory", texts))
            most = worker.ask("memory")["peak_mib"]
        except Absent as reason:
            bench.skipped[contender.name] = str(reason)
            continue
        versions.update(close([worker]))
        results[contender.name] = {"one_text_mib": first, "texts": len(texts), "set": name, "set_mib": most}
    show("memory")
    return {"contenders": versions, "results": results}


def close(workers: list[Worker]) -> dict[str, dict[str, str]]:
    """End the processes; gives the versions of what they used."""
    for worker in workers:
        worker.close()
    return {worker.contender.name: worker.packages for worker in workers}


def show(done: str) -> None:
    print(f"done: {done}", file=sys.stderr, flush=True)


PARTS = {"throughput": throughput, "agreement": agreement, "latency": latency, "cold": cold, "memory": memory}
