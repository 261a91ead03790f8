"""Sentence alignment: strict and lax precision, recall and F1 on real and made documents, and time on a long one.

    python benchmarks/alignment.py [--model e5-small] [--vecalign DIR] [--documents N] [--long 10000]

Strict and lax are those of vecalign's score.py (Sennrich and Volk 2010): a bead is right if it is in the gold, or (lax) if some
pair of its sentences is; recall is that of beads with both sides. With --vecalign, a checkout of
github.com/thompsonb/vecalign whose extension is built (python setup.py build_ext --inplace), its aligner gets the same vectors
of Text+Berg, with all runs of sentences embedded.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from ast import literal_eval
from collections import defaultdict
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import parser, write

from interlingua.alignment.align import align
from interlingua.encoding.joint import open_encoder
from interlingua.languages import canonical
from interlingua.scoring.centring import LanguageMeans

_MADE = ("ar", "es-LA", "fr", "hi", "ru", "sw", "zh")
_LONGEST = 5
REAL = "text+berg dev"
_VECALIGN_SIZES = (4, 6)

Beads = list[tuple[list[int], list[int]]]


class Document(NamedTuple):
    """A document, its translation and the gold."""

    source: list[str]
    target: list[str]
    source_lang: str
    target_lang: str
    gold: Beads


def main() -> None:
    """Run all and write the results."""
    arguments = parser(__doc__)
    arguments.add_argument("--model", default="e5-small")
    arguments.add_argument("--vecalign", type=Path, help="a checkout of vecalign, for comparison")
    arguments.add_argument("--documents", type=int, default=24, help="of each made set, the first so many")
    arguments.add_argument("--long", type=int, default=10_000, help="sentences of the long document; 0 for none")
    given = arguments.parse_args()
    warnings.simplefilter("ignore")
    # With the embedding cache a second run, and the other aligner, do not embed again.
    encoder = open_encoder(given.model, embedding_cache=True)
    results: dict[str, Any] = {"model": encoder.name, "documents": given.documents, "sets": {}}
    for name, documents in sets(given.data, given.documents):
        started = time.perf_counter()
        found = [_beads(encoder, document) for document in documents]
        row = measures(documents, found) | {"seconds": round(time.perf_counter() - started, 1)}
        # It needs all runs of sentences embedded, which takes an hour for the made sets.
        if given.vecalign is not None and name == REAL:
            row["vecalign"] = _vecalign(given.vecalign, encoder, documents)
        results["sets"][name] = row
        print(name, row, flush=True)
    if given.vecalign is None:
        print("vecalign: left out, because --vecalign names no checkout")
    made = [row["strict_f1"] for name, row in results["sets"].items() if name != REAL]
    results["made_mean_strict_f1"] = round(float(np.mean(made)), 4)
    if given.long:
        results["long"] = _long(given.long)
        print(results["long"])
    write(f"alignment-{given.model}", results)


def sets(data: Path, most: int) -> Iterator[tuple[str, list[Document]]]:
    """Each set's name and documents, at most so many."""
    folder = data / "align_gold_defr"
    sides = [(folder / f"dev.{lang}").read_text(encoding="utf-8").splitlines() for lang in ("de", "fr")]
    gold = []
    for line in (folder / "dev.defr").read_text(encoding="utf-8").splitlines():
        source, target = (literal_eval(part.strip()) for part in line.split(":")[:2])
        gold.append((source, target))
    yield REAL, [Document(sides[0], sides[1], "de", "fr", gold)]
    for lang in _MADE:
        with (data / "align_made" / f"tico.{lang}-en.jsonl").open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines][:most]
        yield (
            f"tico {lang}-en",
            [Document(row["src"], row["tgt"], row["src_lang"], row["tgt_lang"], row["gold"]) for row in rows],
        )


def _beads(encoder: Any, document: Document) -> Beads:
    found = align(
        encoder, document.source, document.target, source_lang=document.source_lang, target_lang=document.target_lang
    )
    return [(list(bead.source), list(bead.target)) for bead in found]


def measures(documents: list[Document], found: list[Beads]) -> dict[str, float]:
    """Strict and lax precision, recall and F1 over all documents."""
    right, both = np.zeros(3), np.zeros(3)  # of what was found, of the gold: strict, lax, all
    for document, beads in zip(documents, found, strict=True):
        right += _right(document.gold, beads)
        both += _right(_two_sided(beads), _two_sided(document.gold))
    told = {}
    for at, name in enumerate(("strict", "lax")):
        precision, recall = right[at] / right[2], both[at] / both[2]
        told |= {f"{name}_precision": precision, f"{name}_recall": recall}
        told[f"{name}_f1"] = 2 * precision * recall / max(precision + recall, 1e-9)
    return {name: round(float(value), 4) for name, value in told.items()}


def _right(gold: Beads, beads: Beads) -> np.ndarray[Any, Any]:
    """How many beads are right strictly and laxly, and how many there are."""
    there = {(tuple(source), tuple(target)) for source, target in gold}
    partners: dict[int, set[int]] = defaultdict(set)
    for source, target in gold:
        for row in source:
            partners[row].update(target)
    strict = lax = 0
    different = {(tuple(source), tuple(target)) for source, target in beads if source or target}
    for source, target in different:
        exact = (source, target) in there
        strict += exact
        lax += exact or any(partners[row] & set(target) for row in source)
    return np.array([strict, lax, len(different)])


def _two_sided(beads: Beads) -> Beads:
    return [bead for bead in beads if bead[0] and bead[1]]


def _vecalign(checkout: Path, encoder: Any, documents: list[Document]) -> dict[str, Any]:
    """Its own aligner, with its defaults, on our centred vectors of all runs of sentences."""
    sys.path.insert(0, str(checkout))
    from vecalign.dp_utils import make_alignment_types, vecalign  # type: ignore[import-not-found]

    means = LanguageMeans.shipped(encoder)
    results = {}
    for size in _VECALIGN_SIZES:
        found = []
        for document in documents:
            np.random.seed(42)
            tables = [
                _runs(encoder, means, sentences, lang, size - 1)
                for sentences, lang in (
                    (document.source, document.source_lang),
                    (document.target, document.target_lang),
                )
            ]
            stack = vecalign(*tables, make_alignment_types(size), 0.2, ceil(size / 2) + 5, 300, 20_000, 100)
            found.append([(list(source), list(target)) for source, target in stack[0]["final_alignments"]])
        results[f"beads of {size}"] = measures(documents, found)
    return results


def _runs(encoder: Any, means: LanguageMeans, sentences: list[str], lang: str, longest: int) -> Any:
    vectors = np.random.default_rng(1).normal(size=(longest, len(sentences), encoder.dimension)).astype(np.float32)
    for size in range(1, min(longest, len(sentences)) + 1):
        texts = [" ".join(sentences[last - size : last]) for last in range(size, len(sentences) + 1)]
        vectors[size - 1, size - 1 :] = means.centre(encoder.encode(texts), canonical(lang))
    return vectors


class _Made:
    """Vectors of a long made document: those of a text are of what it says, with noise."""

    name, dimension, fingerprint = "made", 384, "made"

    def __init__(self, count: int) -> None:
        random = np.random.default_rng(1)
        themes = np.cumsum(random.standard_normal((count, self.dimension)), axis=0)
        themes *= 0.7 * np.sqrt(self.dimension) / np.linalg.norm(themes, axis=1, keepdims=True)
        self._contents = random.standard_normal((count, self.dimension)) + themes
        self.seconds = 0.0

    def encode(self, texts: Any) -> Any:
        """The vectors of texts that are made of words such as ``a12`` and ``b12``."""
        started = time.perf_counter()
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            said = [int(word[1:]) for word in text.split()[::13]]
            noise = np.random.default_rng([ord(text[0]), *said]).standard_normal(self.dimension)
            found[row] = self._contents[said].mean(axis=0) + 0.8 * noise
        self.seconds += time.perf_counter() - started
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    encode_query = encode_document = encode


def _long(count: int) -> dict[str, Any]:
    """Time and memory for a document of so many sentences a side; one in four is joined, or left out."""
    random, encoder = np.random.default_rng(2), _Made(2 * count)
    source: list[str] = []
    target: list[str] = []
    gold: Beads = []
    at = 0
    while min(len(source), len(target)) < count:
        a, b = ((1, 1), (1, 0), (0, 1), (1, 2), (2, 1))[random.choice(5, p=[0.76, 0.05, 0.05, 0.07, 0.07])]
        told = max(a, b)
        for side, size, letter in ((source, a, "a"), (target, b, "b")):
            groups = [[at, at + 1]] if size < told and size else [[at + step] for step in range(size)]
            side.extend(" ".join(f"{letter}{one}" + " word" * 12 for one in group) for group in groups)
        gold.append((list(range(len(source) - a, len(source))), list(range(len(target) - b, len(target)))))
        at += told
    started, computed = time.perf_counter(), time.process_time()
    found = align(encoder, source, target, source_lang="en", target_lang="fr")  # type: ignore[arg-type]
    beads = [(list(bead.source), list(bead.target)) for bead in found]
    document = Document(source, target, "en", "fr", gold)
    return {
        "sentences": [len(source), len(target)],
        "seconds_after_encoding": round(time.perf_counter() - started - encoder.seconds, 1),
        "processor_seconds": round(time.process_time() - computed, 1),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "strict_f1": measures([document], [beads])["strict_f1"],
    }


if __name__ == "__main__":
    main()
