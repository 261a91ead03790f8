"""The vectors of index.py: real ones, and as many more as are wanted that lie as real ones do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from tatoeba import XTREME

from interlingua import Encoder
from interlingua.languages import canonical

SEED = 1
REAL = 100_000
QUERIES = 500
BLOCK = 50_000
# How far a made vector lies from the real one that it is made of, in the difference of two vectors of its language.
_MOVED = 0.5
MARK = " №"


def texts_of(data: Path) -> tuple[list[str], list[str]]:
    """Distinct real texts in many languages, and their languages: XQuAD-R, TICO-19, the Python documentation, Tatoeba."""
    found: dict[str, str] = {}
    for path in sorted((data / "xquad_r").glob("sentences.*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            found.setdefault(line.split("\t")[2], path.name.split(".")[1])
    for path in sorted((data / "tico19" / "text").glob("*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            found.setdefault(line.split("\t")[-1], canonical(path.stem))
    for path in sorted((data / "python_docs").glob("en-*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            found.setdefault(line.split("\t")[-1], canonical(path.stem.removeprefix("en-")))
    for code in XTREME:
        for line in (data / "tatoeba" / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines():
            found.setdefault(line.split("\t")[0], canonical(code))
    texts = [text for text in found if 10 <= len(text) <= 2000]
    picked = np.sort(np.random.default_rng(SEED).permutation(len(texts))[:REAL])
    return [texts[row] for row in picked], [found[texts[row]] for row in picked]


class Data:
    """Documents and queries, embedded once and kept in a folder.

    Args:
        data: the development data.
        work: where vectors are kept.
    """

    def __init__(self, data: Path, work: Path) -> None:
        self._work = work
        if not (work / "real.json").is_file():
            self._embed(data)
        told = json.loads((work / "real.json").read_text(encoding="utf-8"))
        self.texts: list[str] = told["texts"]
        self.langs: list[str] = told["langs"]
        self.query_langs: list[str] = told["query_langs"]
        self.real = np.load(work / "real.npy", mmap_mode="r")
        self.queries = np.load(work / "queries.npy")

    def _embed(self, data: Path) -> None:
        encoder = Encoder("e5-small", precision="fast")
        texts, langs = texts_of(data)
        np.save(self._work / "real.npy", encoder.encode_document(texts, show_progress_bar=True))
        asked = [
            (json.loads(line)["question"], path.name.split(".")[1])
            for path in sorted((data / "xquad_r").glob("questions.*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        picked = np.random.default_rng(SEED).permutation(len(asked))[:QUERIES]
        np.save(self._work / "queries.npy", encoder.encode_query([asked[row][0] for row in picked]))
        told = {"texts": texts, "langs": langs, "query_langs": [asked[row][1] for row in picked]}
        (self._work / "real.json").write_text(json.dumps(told), encoding="utf-8")

    def vectors(self, count: int) -> np.ndarray:
        """(count, 384): the real ones first; float16 beyond a million, so that they find room. Mapped."""
        path = self._work / f"vectors-{count}.npy"
        if not path.is_file():
            kind = np.float32 if count <= 1_000_000 else np.float16
            out = np.lib.format.open_memmap(path.with_suffix(".partial"), "w+", kind, (count, self.real.shape[1]))
            for start, block in self._blocks(count):
                out[start : start + len(block)] = block
            out.flush()
            path.with_suffix(".partial").rename(path)
        return np.load(path, mmap_mode="r")

    def _blocks(self, count: int) -> Iterator[tuple[int, np.ndarray]]:
        """Real vectors, then such moved by the difference of two others of their language: the noise has its directions."""
        numbers = {lang: place for place, lang in enumerate(dict.fromkeys(self.langs))}
        places = np.array([numbers[lang] for lang in self.langs])
        order = np.argsort(places, kind="stable")
        firsts = np.searchsorted(places[order], np.arange(len(numbers)))
        sizes = np.bincount(places)
        for start in range(0, count, BLOCK):
            rows = np.arange(start, min(start + BLOCK, count)) % len(self.real)
            block = self.real[rows]
            if start >= len(self.real):
                chance = np.random.default_rng([SEED, start])
                one, other = (
                    order[firsts[places[rows]] + (chance.random(len(rows)) * sizes[places[rows]]).astype(np.int64)]
                    for _ in range(2)
                )
                block = block + _MOVED * (self.real[one] - self.real[other])
                block /= np.linalg.norm(block, axis=1, keepdims=True)
            yield start, block

    def asked(self, kind: str) -> np.ndarray:
        """(queries, 384): the questions, or as many ``documents`` that are in no index and lie as those in it do."""
        if kind == "questions":
            return self.queries
        chance = np.random.default_rng(SEED)
        rows = chance.integers(0, len(self.real), QUERIES)
        found = np.stack([self.real[row] + _MOVED * np.subtract(*self._of_its_language(row, chance)) for row in rows])
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def _of_its_language(self, row: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        others = [place for place, lang in enumerate(self.langs) if lang == self.langs[row]]
        return self.real[chance.choice(others)], self.real[chance.choice(others)]

    def nearest(self, count: int, k: int = 10, kind: str = "questions") -> np.ndarray:
        """(queries, k): the rows that exact search finds among ``vectors(count)``."""
        path = self._work / f"nearest-{kind}-{count}.npy"
        if not path.is_file():
            vectors, queries = self.vectors(count), self.asked(kind)
            best, rows = np.empty((QUERIES, 0), np.float32), np.empty((QUERIES, 0), np.int64)
            for start in range(0, count, BLOCK):
                scores = queries @ vectors[start : start + BLOCK].astype(np.float32).T
                picked = np.argpartition(-scores, k, axis=1)[:, :k]
                best = np.concatenate([best, np.take_along_axis(scores, picked, 1)], axis=1)
                rows = np.concatenate([rows, picked + start], axis=1)
                kept = np.argsort(-best, axis=1, kind="stable")[:, :k]
                best, rows = np.take_along_axis(best, kept, 1), np.take_along_axis(rows, kept, 1)
            np.save(path, rows)
        return np.load(path)

    def document(self, row: int) -> dict[str, object]:
        """A document whose text tells its row to ``Stored``."""
        real = row % len(self.texts)
        return {
            "id": str(row),
            "text": f"{self.texts[real]}{MARK}{row}",
            "lang": self.langs[real],
            "share": row * 7919 % 10_000,
        }


class Stored:
    """An encoder that has embedded everything before: it reads a text's row at its end."""

    name = "e5-small"
    fingerprint = "vectors of the benchmark"

    def __init__(self, vectors: np.ndarray) -> None:
        self.dimension = vectors.shape[1]
        self._vectors = vectors

    def encode_document(self, texts: list[str], **_: object) -> np.ndarray:
        """The rows that the texts tell."""
        found = self._vectors[[int(text.rpartition(MARK)[2]) for text in texts]].astype(np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    encode = encode_query = encode_document
