"""Fit the weights by which alignment scores beads (``src/interlingua/alignment/weights.py``).

    python tools/fit_alignment.py DATA [--model NAME] [--work DIR]

DATA is a folder with ``align_gold_defr`` (Text+Berg) and ``align_made``. The weights are those of a conditional random field over
all alignments: they make the gold ones as probable as can be (L-BFGS, with a small ridge). All runs of sentences that may be
beads are embedded. Of Text+Berg the whole dev file is used, of six made sets eight short documents each; Spanish and all other
documents are left to ``benchmarks/alignment.py``.

It prints the weights, which are copied by hand, and how well they do: on what they are fitted to, and on each half of Text+Berg
with weights that are fitted to everything else. DIR keeps the vectors.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from alignment import REAL, Beads, Document, measures, sets

from interlingua.alignment.alikeness import usual
from interlingua.alignment.anchors import find_anchors
from interlingua.alignment.band import Band, around
from interlingua.alignment.lattice import Lattice
from interlingua.alignment.weighing import Marks, Weigher, kinds_up_to
from interlingua.alignment.weights import BeadWeights, SkipWeights
from interlingua.alignment.windows import Windows
from interlingua.encoding.joint import open_encoder
from interlingua.scoring.centring import LanguageMeans

MADE = {"ar", "fr", "hi", "ru", "sw", "zh"}
SHORT = (1, 2, 5, 6, 8, 11, 12, 13)
LONGEST = 5
# Longer runs than the made documents have would take most of the time, and tell the least.
EMBEDDED = {REAL: LONGEST}
EMBEDDED_OF_MADE = 3
RIDGE = 0.5
STEPS = 30
KINDS = kinds_up_to(LONGEST)


@dataclass
class Example:
    """A document with its features, and their sums over the gold alignment.

    Attributes:
        document: the texts and the gold.
        band: the nodes.
        beads: the features of each kind's beads, (kinds, features, nodes).
        valid: which beads there are, (kinds, nodes).
        skips: the features of sentences left alone, of both sides.
        gold: (all features,); beads of the gold that are longer than any kind, or outside the band, are left out.
    """

    document: Document
    band: Band
    beads: np.ndarray
    valid: np.ndarray
    skips: tuple[np.ndarray, np.ndarray]
    gold: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.gold = np.zeros(self.beads.shape[1] + len(self.skips[0]))
        split = self.beads.shape[1]
        for source, target in self.document.gold:
            if source and target:
                kind = len(source), len(target)
                place = self.band.places(np.array([source[-1] + 1]), np.array([target[-1] + 1]))[0]
                if kind in KINDS and place >= 0:
                    self.gold[:split] += self.beads[KINDS.index(kind), :, place]
                continue
            for side, rows in zip(self.skips, (source, target), strict=True):
                self.gold[split:] += side[:, rows].sum(axis=1)

    def lattice(self, weights: np.ndarray) -> Lattice:
        """All beads, scored."""
        split = self.beads.shape[1]
        scores = np.where(self.valid, np.einsum("f,kfn->kn", weights[:split], self.beads), -np.inf)
        return Lattice(self.band, KINDS, scores, weights[split:] @ self.skips[0], weights[split:] @ self.skips[1])

    def loss(self, weights: np.ndarray) -> tuple[float, np.ndarray]:
        """Minus the logarithm of the gold's probability, and its gradient."""
        lattice = self.lattice(weights)
        shares, ours, theirs = lattice.posteriors()
        expected = np.concatenate(
            [np.einsum("kn,kfn->f", shares, self.beads), self.skips[0] @ ours + self.skips[1] @ theirs]
        )
        return float(lattice.log_total() - weights @ self.gold), expected - self.gold

    def found(self, weights: np.ndarray) -> Beads:
        """The best alignment."""
        return [
            (list(range(one.row - one.source, one.row)), list(range(one.column - one.target, one.column)))
            for one in self.lattice(weights).best()
        ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="e5-small", help="a model, or 'ensemble'")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-alignment")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    encoder = open_encoder(options.model, embedding_cache=options.work)
    means = LanguageMeans.shipped(encoder)
    chosen = {name: list(documents) for name, documents in _chosen(options.data, encoder)}
    examples = {
        name: [_example(encoder, means, document, EMBEDDED.get(name, EMBEDDED_OF_MADE)) for document in documents]
        for name, documents in chosen.items()
    }
    weights = fitted([one for some in examples.values() for one in some])
    print(BeadWeights(*weights[: len(BeadWeights._fields)].round(2).tolist()))
    print(SkipWeights(*weights[len(BeadWeights._fields) :].round(2).tolist()))
    for name, some in examples.items():
        _report(name, some, weights)
    halves = [_example(encoder, means, half, LONGEST) for half in _halves(chosen[REAL][0])]
    made = [one for name, some in examples.items() if name != REAL for one in some]
    for kept, other in (halves, halves[::-1]):
        _report("a held-out half of " + REAL, [kept], fitted([other, *made]))


def _chosen(data: Path, encoder: Any) -> Iterator[tuple[str, list[Document]]]:
    for name, documents in sets(data, max(SHORT) + 1):
        lang = documents[0].source_lang
        if name == REAL:
            yield name, documents
        elif lang in MADE and (not hasattr(encoder, "knowing") or encoder.knowing({lang, "en"}) is encoder):
            yield name, [documents[number] for number in SHORT]


def _halves(document: Document) -> list[Document]:
    """Both halves of a document, divided between two beads of the gold."""
    middle = len(document.gold) // 2
    parts = []
    for gold in (document.gold[:middle], document.gold[middle:]):
        sides = [[row for bead in gold for row in bead[side]] for side in (0, 1)]
        first = [min(rows) for rows in sides]
        texts = [
            given[min(rows) : max(rows) + 1]
            for given, rows in zip((document.source, document.target), sides, strict=True)
        ]
        moved = [([row - first[0] for row in one], [row - first[1] for row in other]) for one, other in gold]
        parts.append(document._replace(source=texts[0], target=texts[1], gold=moved))
    return parts


def _example(encoder: Any, means: LanguageMeans, document: Document, longest: int) -> Example:
    sides = []
    for sentences, lang in ((document.source, document.source_lang), (document.target, document.target_lang)):
        windows = Windows(sentences, means.centre(encoder.encode(sentences), lang), LONGEST)
        runs = [(size, last) for size in range(2, longest + 1) for last in range(size - 1, len(sentences))]
        if runs:
            windows.put(runs, means.centre(encoder.encode([windows.text(*run) for run in runs]), lang))
        sides.append(windows)
    source, target = sides
    anchors = find_anchors(source.vectors[0], target.vectors[0])
    band = around(anchors, len(document.source), len(document.target))
    marks = Marks.of(document.source, document.target, band)
    weigher = Weigher(band, KINDS, source, target, usual(anchors, source, target), marks)
    beads = np.stack([weigher.features(kind) for kind in KINDS])
    valid = np.stack([weigher.valid(kind) for kind in KINDS])
    return Example(document, band, beads * valid[:, None], valid, weigher.skip_features())


def fitted(examples: list[Example]) -> np.ndarray:
    """The weights, those of beads first."""

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        parts = [one.loss(weights) for one in examples]
        value = sum(part[0] for part in parts) + RIDGE * float(weights @ weights) / 2
        return value, np.sum([part[1] for part in parts], axis=0) + RIDGE * weights

    return minimize(loss, np.zeros(len(examples[0].gold)), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x


def _report(name: str, examples: list[Example], weights: np.ndarray) -> None:
    found = measures([one.document for one in examples], [one.found(weights) for one in examples])
    print(f"{name}: strict F1 {found['strict_f1']:.4f}, lax {found['lax_f1']:.4f}", flush=True)


if __name__ == "__main__":
    main()
