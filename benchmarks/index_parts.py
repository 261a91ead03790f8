"""The parts of index.py that measure Interlingua's index."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from index_data import QUERIES, Data, Stored
from index_peers import KINDS, LEVELS, WANTED

from interlingua.index import building, kinds
from interlingua.index.index import Index

K = 10
ROUNDS = 5
SHARES = {"50 %": 5000, "10 %": 1000, "1 %": 100, "0.01 %": 1}
READERS = 8
CHANGED = 2000


class Parts:
    """What is measured on an index of one size.

    Args:
        data: the development data.
        work: where vectors and indexes are kept.
        count: how many documents.
        storage: how the index keeps vectors.
        memory: choose the kind as on a machine of so many GiB; None takes this one's.
        keep: build the snapshot of the documents that an earlier run has added.
    """

    def __init__(
        self, data: Path, work: Path, count: int, storage: str, memory: float | None = None, keep: bool = False
    ) -> None:
        self.data = Data(data, work)
        self.work = work
        self.count = count
        self.storage: Any = storage
        self.memory = memory
        self.keep = keep
        self.folder = work / f"index-{count}"

    def measure(self, part: str, engines: list[str]) -> dict[str, Any]:
        """One of the parts by its name; of ``peers`` these."""
        if part == "peers":
            from index_peers import measure

            return measure(self.data, self.work, self.count, engines)
        found: dict[str, Any] = getattr(self, part)()
        return found

    @property
    def encoder(self) -> Stored:
        """Reads vectors from the file."""
        return Stored(self.data.vectors(self.count))

    def build(self) -> dict[str, Any]:
        """Add all documents, then the snapshot."""
        import shutil

        encoder = self.encoder
        self.data.nearest(self.count)
        before, own = _peak(), _Own()
        rate = None
        if self.memory is not None:
            size = int(self.memory * 2**30)
            building.memory_bytes = lambda: size
        if self.keep:
            index = Index.open(self.folder, encoder)  # type: ignore[arg-type]
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            index = Index.create(self.folder, encoder, storage=self.storage)  # type: ignore[arg-type]
            seconds = -time.perf_counter()
            index.add((self.data.document(row) for row in range(self.count)), snapshot=False)  # type: ignore[misc]
            rate = self.count / (seconds + time.perf_counter())
        added = _peak()
        built = -time.perf_counter()
        index.compact()
        built += time.perf_counter()
        info = index.info()
        assert info.snapshot is not None
        parts = {path.name: path.stat().st_size for path in index._view.snapshot.folder.iterdir()}  # type: ignore[union-attr]
        return {
            "documents_per_second": rate,
            "snapshot_seconds": built,
            "kind": info.snapshot.plan.kind,
            "storage": self.storage,
            "bytes": info.bytes,
            "snapshot_bytes": parts,
            "recall_measured_at_build": {"plain": info.snapshot.plain, "fair": info.snapshot.fair},
            "memory_mib": {"before": before, "adding": added, "snapshot": _peak(), "own_most": own.most()},
        }

    def search(self) -> dict[str, Any]:
        """Rates and recall, beside FAISS on the same file."""
        before = _resident()
        seconds = -time.perf_counter()
        index = Index.open(self.folder, self.encoder)  # type: ignore[arg-type]
        index.search_vectors(self.data.queries[:1], K, fair=True, langs=self.data.query_langs[:1])
        index.search_vectors(self.data.queries[:1], K)
        seconds += time.perf_counter()
        results: dict[str, Any] = {"open_and_first_two_searches_seconds": seconds}
        kinds._faiss().omp_set_num_threads(1)
        results |= _rates(index, self.data)
        results["recall"] = {
            "plain": _recall(self._found(index), self.data.nearest(self.count)),
            "fair": _recall(self._found(index, fair=True), self._nearest_fair(index)),
        }
        results["at_recall"] = self._at_recall(index)
        return results | {"memory_mib": {"before": before, "peak": _peak()}}

    def _found(self, index: Index, **options: Any) -> np.ndarray:
        if options.get("fair"):
            options["langs"] = self.data.query_langs
        return _ids(index.search_vectors(self.data.queries, K, **options))

    def _nearest_fair(self, index: Index) -> np.ndarray:
        """What an exact fair search finds: the index's own, made to look at all."""
        with _exact():
            return self._found(index, fair=True)

    def _at_recall(self, index: Index) -> dict[str, Any]:
        """The lowest level at which plain search reaches a recall, and one query at a time at that level: ours, and FAISS alone."""
        known = index._seen(lambda view: view).snapshot
        assert known is not None
        facts, found = known.facts, {}
        if facts.plan.kind == "flat":
            return {}
        for kind in KINDS:
            exact, queries = self.data.nearest(self.count, kind=kind), self.data.asked(kind)
            levels, found[kind] = iter(LEVELS), {}
            for wanted in WANTED:
                for level in levels:
                    known.facts = replace(facts, plain=kinds.Tuned(level, 0.0))
                    # By ids: the rows of a snapshot are others after changes.
                    if (recall := _recall(_ids(index.search_vectors(queries, K)), exact)) < wanted:
                        known.facts = facts
                        continue
                    ours = _single(lambda at, queries=queries: index.search_vectors(queries[at : at + 1], K))
                    known.facts = facts
                    alone = _single(
                        lambda at, queries=queries, level=level: kinds.run(
                            known.plain, facts.plan.kind, queries[at : at + 1], K, level
                        )
                    )
                    found[kind][str(wanted)] = {
                        "level": level,
                        "recall": recall,
                        "per_second": 1 / ours["mean"],
                        "faiss_per_second": 1 / alone["mean"],
                    }
                    break
        return found

    def filters(self) -> dict[str, Any]:
        """Recall and time of filtered search, one question at a time."""
        kinds._faiss().omp_set_num_threads(1)
        index = Index.open(self.folder, self.encoder)  # type: ignore[arg-type]
        results: dict[str, Any] = {}
        for name, below in SHARES.items():
            where = f"share < {below}"
            first = -time.perf_counter()
            index.search_vectors(self.data.queries[:1], K, where=where)
            first += time.perf_counter()
            ways = {}
            for way in (False, True):
                found = self._found(index, where=where, fair=way)
                with _exact():
                    exact = self._found(index, where=where, fair=way)
                ways["fair" if way else "plain"] = {"recall": _recall(found, exact), "full": float((found >= 0).mean())}
            options: dict[str, Any] = {"where": where}
            times = _single(
                lambda at, options=options: index.search_vectors(self.data.queries[at : at + 1], K, **options)
            )
            results[name] = ways | {"first_ms": 1000 * first, "p50_ms": 1000 * times["p50"]}
        return results

    def readers(self) -> dict[str, Any]:
        """The memory of processes that have searched, with each page counted in parts by how many share it."""
        code = (
            "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from index_parts import Parts; "
            "Parts(*map(Path, sys.argv[2:4]), int(sys.argv[4]), sys.argv[5]).read()"
        )
        command = [sys.executable, "-c", code, str(Path(__file__).parent), ".", str(self.work), str(self.count)]
        children = [
            subprocess.Popen([*command, self.storage], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(READERS)
        ]
        for child in children:
            assert child.stdout is not None
            child.stdout.readline()
        shared = [_rollup(child.pid) for child in children]
        for child in children:
            child.communicate("\n")
        return {
            "readers": READERS,
            "resident_mib_each": float(np.mean([one["Rss"] for one in shared])),
            "proportional_mib_all": sum(one["Pss"] for one in shared),
            "own_mib_each": float(np.mean([one["Private_Dirty"] for one in shared])),
        }

    def read(self) -> None:
        """One of the readers."""
        index = Index.open(self.folder, self.encoder)  # type: ignore[arg-type]
        for fair in (False, True):
            self._found(index, fair=fair)
        print("ready", flush=True)
        sys.stdin.readline()

    def changes(self) -> dict[str, Any]:
        """Documents changed, deleted and added again in one call each, and one at a time."""
        index = Index.open(self.folder, self.encoder)  # type: ignore[arg-type]
        ids = [str(row) for row in np.random.default_rng(0).choice(self.count, CHANGED, replace=False)]
        documents = [self.data.document(int(id_)) for id_ in ids]
        results = {
            "metadata_per_second": CHANGED / _timed(lambda: index.update([{"id": id_, "seen": True} for id_ in ids])),
            "delete_per_second": CHANGED / _timed(lambda: index.delete(ids)),
            "add_per_second": CHANGED / _timed(lambda: index.add(documents, snapshot=False)),  # type: ignore[arg-type]
            "add_one_ms": 1000 * _timed(lambda: [index.add([one], snapshot=False) for one in documents[:100]]) / 100,  # type: ignore[list-item]
        }
        changed = [{**one, "text": f"{i} {one['text']}"} for i, one in enumerate(documents[:100])]
        results["update_one_ms"] = 1000 * _timed(lambda: [index.update([one]) for one in changed]) / 100
        results["search_after_ms"] = (
            1000 * _single(lambda at: index.search_vectors(self.data.queries[at : at + 1], K))["p50"]
        )
        results["restored_seconds"] = _timed(lambda: index.update(documents[:100]))  # type: ignore[arg-type]
        return results


def _ids(hits: list[list[Any]]) -> np.ndarray:
    return np.array([[int(hit.id) for hit in one] + [-1] * (K - len(one)) for one in hits])


def _rates(index: Index, data: Data) -> dict[str, Any]:
    """One question at a time and 100 at once, plain, fair, and FAISS alone; medians over alternating rounds."""
    view = index._seen(lambda view: view)
    known = view.snapshot
    assert known is not None
    plan, level = known.facts.plan, known.facts.plain.level
    ways: dict[str, Callable[[int, int], Any]] = {
        "plain": lambda at, many: index.search_vectors(data.queries[at : at + many], K),
        "fair": lambda at, many: index.search_vectors(
            data.queries[at : at + many], K, fair=True, langs=data.query_langs[at : at + many]
        ),
        "faiss": lambda at, many: kinds.run(known.plain, plan.kind, data.queries[at : at + many], K, level),
    }
    single: dict[str, list[float]] = {name: [] for name in ways}
    batch: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name in list(ways)[turn % 3 :] + list(ways)[: turn % 3]:
            run = ways[name]
            single[name].append(_single(lambda at, run=run: run(at, 1))["p50"])
            batch[name].append(_timed(lambda run=run: [run(at, 100) for at in range(0, QUERIES, 100)]) / QUERIES)
    return {
        "single_p50_ms": {name: 1000 * float(np.median(times)) for name, times in single.items()},
        "batch_of_100_ms_a_query": {name: 1000 * float(np.median(times)) for name, times in batch.items()},
        "batch_over_faiss": _ratio(batch, "plain", "faiss"),
        "single_over_faiss_ms": [
            1000 * value for value in _spread(np.subtract(single["plain"], single["faiss"]).tolist())
        ],
        "fair_over_plain": {"single": _ratio(single, "fair", "plain"), "batch": _ratio(batch, "fair", "plain")},
    }


def _ratio(times: dict[str, list[float]], one: str, other: str) -> list[float]:
    return _spread([a / b for a, b in zip(times[one], times[other], strict=True)])


def _spread(values: list[float]) -> list[float]:
    """Median, least and most."""
    return [float(np.median(values)), min(values), max(values)]


def _single(run: Callable[[int], Any]) -> dict[str, float]:
    times = np.array([_timed(lambda at=at: run(at)) for at in range(QUERIES)])
    return {"p50": float(np.median(times)), "mean": float(times.mean())}


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _recall(found: np.ndarray, exact: np.ndarray) -> float:
    """The share of what exact search finds that was found."""
    wanted = sum(int((row >= 0).sum()) for row in exact)
    return sum(len(set(a) & set(b[b >= 0])) for a, b in zip(found, exact, strict=True)) / max(wanted, 1)


@contextlib.contextmanager
def _exact() -> Iterator[None]:
    """Let searches look at all that may be found."""
    before = kinds.run

    def nothing(_index: Any, _kind: Any, queries: Any, k: int, *_rest: Any) -> Any:
        # What finds too few makes the search look at all.
        return np.zeros((len(queries), k), np.float32), np.full((len(queries), k), -1)

    kinds.run = nothing  # type: ignore[assignment]
    try:
        yield
    finally:
        kinds.run = before


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


class _Own:
    """The most memory of the process's own, in MiB: what is resident without pages of files, looked at ten times a second."""

    def __init__(self) -> None:
        self._most = 0.0
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            self._most = max(self._most, int(lines["RssAnon"].split()[0]) / 1024)

    def most(self) -> float:
        self._ended.set()
        self._watch.join()
        return self._most


def _peak() -> float:
    return _status("VmHWM:")


def _resident() -> float:
    return _status("VmRSS:")


def _rollup(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}


assert os.name == "posix", "memory is read from /proc"
