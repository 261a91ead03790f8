"""A snapshot on its way: the documents' vectors are read, structures built over them, and tuned to the recall wanted."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from interlingua.index import kinds
from interlingua.index.documents import Documents
from interlingua.index.fairness import Estimate, fair_scores, inverse_lengths, unit
from interlingua.index.kinds import Plan, Rows, Tuned
from interlingua.index.manifest import Manifest, flush_folder
from interlingua.index.snapshot import (
    DIGEST,
    FACTS,
    FOLDER,
    FORMAT,
    Facts,
    Report,
    Snapshot,
    is_lossy,
    refined_factor,
    sha256,
    top,
)
from interlingua.types import Vectors

_BLOCK = 16_384
_SAMPLE = 400
_AT = 10


def build(folder: Path, manifest: Manifest, documents: Documents, report: Report) -> Snapshot:
    """Make a snapshot of all passages, and put it in its place beside older ones.

    Raises:
        CorruptIndex: the documents are damaged.
        OSError: the disk refuses.
    """
    above = folder / FOLDER
    above.mkdir(exist_ok=True)
    with suppress(OSError):
        for left in above.glob(".*"):
            shutil.rmtree(left, ignore_errors=True)
    partial = above / f".{os.getpid()}.partial"
    partial.mkdir()
    try:
        facts = _Builder(partial, manifest, documents, report).run()
        content = json.dumps(asdict(facts), indent=1).encode() + b"\n"
        digest = hashlib.sha256(content).hexdigest().encode()
        (partial / FACTS).write_bytes(content + DIGEST + digest + b"\n")
        for path in partial.iterdir():
            _flush(path)
        # Later ones are the last in the order of the names.
        stem = f"{facts.sequence:014d}"
        number = len(list(above.glob(f"{stem}.*")))
        while (above / f"{stem}.{number:04d}").exists():
            number += 1
        final = above / f"{stem}.{number:04d}"
        partial.rename(final)
        flush_folder(above)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Snapshot(final, facts)


class _Builder:
    """One snapshot on its way."""

    def __init__(self, folder: Path, manifest: Manifest, documents: Documents, report: Report) -> None:
        self._folder = folder
        self._manifest = manifest
        self._documents = documents
        self._report = report

    def run(self) -> Facts:
        """Write all files, and give the facts about them."""
        manifest = self._manifest
        self._collect()
        self._fairness.save(self._folder / "means.npz")
        self._table = self._fairness.table(self._languages)
        self._save_inverse()
        plan = kinds.choose(manifest.kind, self._count, manifest.dimension, manifest.storage, memory_bytes())
        plain, fair = self._structures(plan)
        if plan.kind in ("flat", "hnsw"):
            (self._folder / "vectors.npy").unlink()
        files = {path.name: (path.stat().st_size, sha256(path)) for path in sorted(self._folder.iterdir())}
        return Facts(
            FORMAT,
            manifest.fingerprint,
            manifest.dimension,
            manifest.storage,
            self._sequence,
            self._last_key,
            self._mark,
            self._count,
            tuple(self._languages),
            plan,
            plain,
            fair,
            files,
            self._documents.lineage(),
        )

    def _collect(self) -> None:
        """The vectors into a file, and the rest into arrays, of one moment."""
        dimension, dtype = self._manifest.dimension, np.dtype("<f4" if self._manifest.storage == "float32" else "<f2")
        estimate = Estimate(dimension)
        numbers: dict[str | None, int] = {}
        keys, owners, langs = [], [], []
        path = self._folder / "vectors.npy"
        with self._documents.consistent(), path.open("wb") as file:
            self._sequence = self._documents.sequence()
            self._count = self._documents.passages()
            self._last_key = self._documents.last_key()
            self._mark = self._documents.last_mark()
            pairs = self._documents.pairs()
            # Written and not mapped: a full disk is an error in a write, and the end of the process in a map.
            shape = (max(self._count, 1), dimension)
            header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            last = 0
            while len((tail := self._documents.after(last, limit=_BLOCK)).keys):
                last = int(tail.keys[-1])
                file.write(tail.vectors.astype(dtype).tobytes())
                estimate.add(tail.vectors, tail.langs)
                keys.append(tail.keys)
                owners.append(tail.numbers)
                langs.append(np.array([numbers.setdefault(lang, len(numbers)) for lang in tail.langs], dtype=np.int64))
                self._report("reading the vectors", sum(map(len, keys)) / max(self._count, 1))
            if not self._count:
                # What is empty cannot be mapped.
                file.write(np.zeros(shape, dtype=dtype).tobytes())
        self._held = np.load(path, mmap_mode="r")[: self._count]
        self._languages = list(numbers) or [None]
        self._langs = np.concatenate(langs) if langs else np.empty(0, dtype=np.int64)
        for name, parts in (("keys", keys), ("numbers", owners)):
            np.save(self._folder / f"{name}.npy", np.concatenate(parts) if parts else np.empty(0, dtype=np.int64))
        np.save(self._folder / "langs.npy", self._langs)
        self._fairness = estimate.fairness(self._manifest.model, pairs)

    def _save_inverse(self) -> None:
        inverse = [
            inverse_lengths(block, self._table, self._langs[at : at + len(block)]) for at, block in self._blocks_from()
        ]
        self._inverse = np.concatenate(inverse) if inverse else np.empty(0, dtype=np.float32)
        np.save(self._folder / "inverse.npy", self._inverse)

    def _blocks_from(self) -> Iterator[tuple[int, Vectors]]:
        for at in range(0, self._count, _BLOCK):
            yield at, self._held[at : at + _BLOCK].astype(np.float32)

    def _blocks(self) -> Iterator[Vectors]:
        for _, block in self._blocks_from():
            yield block

    def _centred(self) -> Iterator[Vectors]:
        for at, block in self._blocks_from():
            rows = slice(at, at + len(block))
            yield (block - self._table[self._langs[rows]]) * self._inverse[rows, None]

    def _structures(self, plan: Plan) -> tuple[Tuned, Tuned]:
        """Build and tune what searches."""
        dimension = self._manifest.dimension
        plain = kinds.build(plan, self._blocks, self._count, dimension, self._advance("building"))
        kinds.write(plain, self._folder / "plain.faiss")
        if plan.kind == "flat":
            return Tuned(0, 1.0), Tuned(0, 1.0)
        queries, langs = self._sampled()
        target = self._manifest.recall
        tuned = kinds.tune(plain, plan.kind, queries, self._exact(queries), target, self._refined(plan, plain, queries))
        del plain
        small = Plan(plan.kind, plan.lists, plan.bytes_per_code, "int8" if plan.kind == "hnsw" else plan.codes)
        fair = kinds.build(small, self._centred, self._count, dimension, self._advance("building for fair search"))
        kinds.write(fair, self._folder / "fair.faiss")
        centred = self._fairness.asked(queries, langs)
        exact = self._exact(centred, fair=True)
        fair_tuned = kinds.tune(fair, plan.kind, centred, exact, target, self._refined(small, fair, centred, fair=True))
        return tuned, fair_tuned

    def _advance(self, what: str) -> Callable[[int], None]:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            self._report(what, done / max(self._count, 1))

        return advance

    def _sampled(self) -> tuple[Vectors, list[str | None]]:
        """Vectors that lie as questions do: in the middle of two documents, moved by what sets questions apart from documents.

        Found by comparing with real questions: a graph over 100,000 texts in 40 languages needs the same ``efSearch`` for both to
        reach a recall of 0.95. Documents themselves, or what is nearer to one, need an eighth of it.
        """
        generator = np.random.default_rng(0)
        rows, others = (generator.integers(0, self._count, min(_SAMPLE, self._count)) for _ in range(2))
        middle = unit(self._held[rows].astype(np.float32) + self._held[others].astype(np.float32))
        langs = [self._languages[self._langs[row]] for row in rows]
        fairness = self._fairness
        shifts = np.stack([fairness.queries.mean(lang) - fairness.documents.mean(lang) for lang in langs])
        return unit(middle + shifts), langs

    def _exact(self, queries: Vectors, *, fair: bool = False) -> Rows:
        best = np.full((len(queries), 0), 0.0, dtype=np.float32)
        rows = np.zeros((len(queries), 0), dtype=np.int64)
        for at, block in self._blocks_from():
            scores = queries @ block.T
            if fair:
                there = slice(at, at + len(block))
                scores = fair_scores(scores, queries, self._table, self._langs[there], self._inverse[there])
            picked = top(scores, _AT)
            best = np.concatenate([best, np.take_along_axis(scores, picked, 1)], axis=1)
            rows = np.concatenate([rows, picked + at], axis=1)
            kept = top(best, _AT)
            best, rows = np.take_along_axis(best, kept, 1), np.take_along_axis(rows, kept, 1)
        return rows

    def _refined(self, plan: Plan, index: Any, queries: Vectors, *, fair: bool = False) -> Callable[[int], Rows] | None:
        """Search as it will be: candidates from a lossy structure are scored exactly."""
        if not is_lossy(plan):
            return None

        def search(level: int) -> Rows:
            _, rows = kinds.run(index, plan.kind, queries, _AT * refined_factor(plan), level)
            found = np.zeros((len(queries), _AT), dtype=np.int64)
            for place, (query, picked) in enumerate(zip(queries, rows, strict=True)):
                known = np.sort(picked[picked >= 0])
                scores = (self._held[known].astype(np.float32) @ query)[None]
                if fair:
                    scores = fair_scores(scores, query[None], self._table, self._langs[known], self._inverse[known])
                order = np.argsort(-scores[0], kind="stable")[:_AT]
                found[place, : len(order)] = known[order]
            return found

        return search


def memory_bytes() -> int | None:
    """The machine's memory, where the system tells."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
