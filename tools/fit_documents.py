"""Fit the weights by which document matching turns its evidence into a probability (``interlingua.alignment.document_evidence``).

    python tools/fit_documents.py DATA [--model NAME] [--cache FILE]

DATA is a folder with ``tico19``. Its documents are cut into pages of 2 to 30 segments, so that the wrong candidates of a page are
the other pages of its document. Some pages hold the same notices; of either version of a page up to half of the segments are
left out, as pages of different ages differ; up to 90 % of the right pages and 30 % of the left ones are taken away. The
weights make most likely which of the best candidates of each page are right. Printed: the weights, to be written into
``WEIGHTS``, and how well they decide, with those from the other half of the collections.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from interlingua.alignment.document_evidence import TERMS, candidates, evidence, terms
from interlingua.alignment.document_units import means_for, read_units
from interlingua.encoding.joint import open_encoder
from interlingua.scoring.calibration import Calibration
from interlingua.types import TextEncoder

LANGUAGES = {"e5-small": "en ru zh hi sw fr ar id", "use-multilingual-v3": "en ru zh fr ar"}
SPEECH = "CMU_1"
SEGMENTS = 60
COLLECTIONS = 3
RIDGE = 1e-3

Rows = np.ndarray


class Collection(NamedTuple):
    """Pages in two languages, and which page each is."""

    left: list[str]
    right: list[str]
    left_names: list[int]
    right_names: list[int]
    langs: tuple[str, str]


def segments(data: Path, langs: list[str]) -> dict[str, dict[str, list[str]]]:
    """The first segments of each document that all languages have: language, document, segments."""
    texts: dict[str, dict[str, str]] = {}
    for lang in langs:
        with (data / "tico19" / "text" / f"{lang}.tsv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            texts[lang] = {row["id"]: " ".join(row["text"].split()) for row in rows}
    by_document: dict[str, list[str]] = defaultdict(list)
    for name in texts[langs[0]]:
        document = name.split(":")[0]
        if (
            document != SPEECH
            and len(by_document[document]) < SEGMENTS
            and all(texts[lang].get(name) for lang in langs)
        ):
            by_document[document].append(name)
    return {
        lang: {document: [texts[lang][name] for name in names] for document, names in by_document.items()}
        for lang in langs
    }


def collections(texts: dict[str, dict[str, list[str]]], random: np.random.Generator) -> Iterator[Collection]:
    for a, b in combinations(texts, 2):
        for _ in range(COLLECTIONS):
            pages = list(_pages(texts[a], texts[b], random))
            size = min(len(pages), int(random.choice([4, 10, 30, 100])))
            chosen = [pages[place] for place in random.choice(len(pages), size, replace=False)]
            notices = int(random.choice([0, 0, 2, 4]))
            first = next(iter(texts[a]))
            sides: list[list[str]] = [[], []]
            names: list[list[int]] = [[], []]
            for side, lang, most in ((0, a, 0.3), (1, b, 0.9)):
                gone = random.uniform(0, most)
                for name, page in enumerate(chosen):
                    if random.uniform() < gone:
                        continue
                    left_out = random.choice([0, 0, 0.2, 0.5])
                    kept = [one for one in page[side] if random.uniform() >= left_out] or page[side][:1]
                    sides[side].append("\n".join(kept + texts[lang][first][:notices]))
                    names[side].append(name)
            if sides[0] and sides[1]:
                yield Collection(sides[0], sides[1], names[0], names[1], (a, b))


def _pages(
    a: dict[str, list[str]], b: dict[str, list[str]], random: np.random.Generator
) -> Iterator[tuple[list[str], list[str]]]:
    for document in list(a)[1:]:
        at = 0
        while at < len(a[document]):
            stop = at + int(random.choice([2, 4, 8, 12, 20, 30]))
            yield a[document][at:stop], b[document][at:stop]
            at = stop


def examples(encoder: TextEncoder, collection: Collection) -> tuple[Rows, Rows]:
    """The terms of each page's best candidate and of all right pairs, and which are right."""
    langs = [[lang] * len(side) for lang, side in zip(collection.langs, collection[:2], strict=True)]
    means = means_for(encoder, [(collection.left, langs[0]), (collection.right, langs[1])])
    left, right = (read_units(encoder, texts, codes, means) for texts, codes in zip(collection[:2], langs, strict=True))
    pairs = candidates(left, right, 10)
    found = evidence(left, right, pairs, Calibration.shipped(encoder))
    table = terms(pairs, found, len(left), len(right))
    names = np.array(collection.left_names)[pairs.lefts], np.array(collection.right_names)[pairs.rights]
    same = names[0] == names[1]
    used = same.copy()
    for owners in (pairs.lefts, pairs.rights):
        order = np.lexsort((-found.shared, owners))
        used[order[np.unique(owners[order], return_index=True)[1]]] = True
    return table[used], same[used]


def fitted(table: Rows, same: Rows) -> Rows:
    weights = np.zeros(table.shape[1])
    for _ in range(100):
        sure = 1 / (1 + np.exp(-table @ weights))
        slope = table.T @ (sure - same) / len(same) + RIDGE * weights
        curvature = (table * (sure * (1 - sure))[:, None]).T @ table / len(same) + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(curvature, slope)
        weights -= step / max(1.0, float(np.abs(step).max()) / 2)
    return weights


def told(name: str, table: Rows, same: Rows, weights: Rows) -> None:
    sure = 1 / (1 + np.exp(-table @ weights))
    yes = sure >= 0.5
    loss = -np.mean(np.log(np.where(same, sure, 1 - sure) + 1e-9))
    precision, recall = same[yes].mean(), yes[same].mean()
    print(f"{name}: {len(same):,} pairs, loss {loss:.4f}, precision {precision:.4f}, recall {recall:.4f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="e5-small", choices=list(LANGUAGES))
    parser.add_argument("--cache", help="a file that keeps the embeddings")
    options = parser.parse_args()
    encoder = open_encoder(options.model, embedding_cache=options.cache)
    fit(encoder, segments(options.data, LANGUAGES[options.model].split()))


def fit(encoder: TextEncoder, texts: dict[str, dict[str, list[str]]]) -> None:
    random = np.random.default_rng(1)
    made = [examples(encoder, collection) for collection in collections(texts, random)]
    halves = [
        (np.concatenate([table for table, _ in some]), np.concatenate([same for _, same in some]))
        for some in (made[::2], made[1::2])
    ]
    for (table, same), other in zip(halves, halves[::-1], strict=True):
        told("other half", table, same, fitted(*other))
    table, same = (np.concatenate(parts) for parts in zip(*halves, strict=True))
    weights = fitted(table, same)
    told("all", table, same, weights)
    for name, weight in zip(TERMS, weights, strict=True):
        print(f"{name:20}{weight:8.2f}")


if __name__ == "__main__":
    main()
