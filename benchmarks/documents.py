"""How well is it found out which document is the translation of which?

    python benchmarks/documents.py [--data DIR] [--model NAME] [--cache FILE]

The pages of Let's Encrypt's documentation in every two languages that have five pages or more in common, by their text alone.
They are of different ages: many differ by whole paragraphs, and "expiration-emails" was replaced by a notice of two sentences
in some languages, which counts as the same page here although nothing in it is translated. *F1*: of the pairs found, the mean
over the pairs of languages. *half*: half of the right pages, chosen at random, are taken away (three times); *none*: how many of
the left pages said to have no counterpart have none, and how many of those that have none are said to.

Peer: the mean of the sentences' vectors, as the model gives them and centred, mutual best cosine; without a threshold, and with
the one that gives the best F1, which nobody knows without labels.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from itertools import combinations
from typing import Any

import common
import numpy as np

from interlingua.alignment.document_units import means_for, parts_of
from interlingua.alignment.documents import match_documents
from interlingua.encoding.joint import open_encoder
from interlingua.languages import canonical

SHARED = 5
REPEATS = 3
THRESHOLDS = np.round(np.arange(0.70, 1.0, 0.01), 2)

Page = dict[str, Any]
Pairs = list[tuple[int, int]]


def f1(pairs: Pairs, left: list[Page], right: list[Page]) -> tuple[int, int, int]:
    """Right pairs, pairs found, pairs there are."""
    here, there = [page["doc"] for page in left], [page["doc"] for page in right]
    return sum(here[a] == there[b] for a, b in pairs), len(pairs), len(set(here) & set(there))


def mean_f1(counts: list[tuple[int, int, int]]) -> float:
    return round(100 * float(np.mean([2 * good / max(1, found + there) for good, found, there in counts])), 2)


def ours(encoder: Any, left: list[Page], right: list[Page]) -> tuple[Pairs, list[int]]:
    """The pairs, and the left pages without a counterpart."""
    found = match_documents(
        encoder,
        [page["text"] for page in left],
        [page["text"] for page in right],
        left_langs=[page["lang"] for page in left],
        right_langs=[page["lang"] for page in right],
    )
    pairs = [(one.left, one.right) for one in found if one.left is not None and one.right is not None]
    return pairs, [one.left for one in found if one.left is not None and one.right is None]


def peer(left: list[Page], right: list[Page], least: float, key: str) -> Pairs:
    cosines = np.array([page[key] for page in left]) @ np.array([page[key] for page in right]).T
    forth, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    return [(a, int(b)) for a, b in enumerate(forth) if back[b] == a and cosines[a, b] >= least]


class Kept:
    """An encoder that remembers."""

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._known: dict[str, Any] = {}
        self.name, self.dimension, self.fingerprint = encoder.name, encoder.dimension, encoder.fingerprint

    def encode(self, texts: list[str]) -> Any:
        """See ``TextEncoder``."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._encoder.encode(new), strict=True)) if new else {}
        return np.array([self._known[text] for text in texts])


def pages(data: Any, encoder: Kept) -> dict[str, list[Page]]:
    by_lang: dict[str, list[Page]] = defaultdict(list)
    means = means_for(encoder, [])
    with (data / "docs_letsencrypt" / "docs.jsonl").open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            page = {"doc": row["doc"], "lang": canonical(row["lang"]), "text": "\n".join(row["paragraphs"])}
            vectors = encoder.encode(parts_of(page["text"], page["lang"]))
            for key, some in (("mean", vectors), ("centred mean", means.centre(vectors, page["lang"]))):
                mean = some.mean(axis=0)
                page[key] = mean / np.linalg.norm(mean)
            by_lang[row["lang"]].append(page)
    return by_lang


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small", help="the model [default: e5-small]")
    parser.add_argument("--langs", nargs="+", help="only these languages")
    parser.add_argument("--cache", help="a file that keeps the embeddings")
    options = parser.parse_args()
    encoder = Kept(open_encoder(options.model, embedding_cache=options.cache))
    by_lang = pages(options.data, encoder)
    couples = [
        (a, b)
        for a, b in combinations(sorted(by_lang), 2)
        if len({page["doc"] for page in by_lang[a]} & {page["doc"] for page in by_lang[b]}) >= SHARED
        and (not options.langs or {a, b} <= set(options.langs))
    ]
    random = np.random.default_rng(1)
    whole, half, none, sizes = [], [], [], []
    start = time.perf_counter()
    for a, b in couples:
        whole.append(f1(ours(encoder, by_lang[a], by_lang[b])[0], by_lang[a], by_lang[b]))
        for _ in range(REPEATS):
            kept = np.sort(random.permutation(len(by_lang[b]))[: len(by_lang[b]) // 2])
            right = [by_lang[b][place] for place in kept]
            pairs, alone = ours(encoder, by_lang[a], right)
            names = {page["doc"] for page in right}
            without = {row for row, page in enumerate(by_lang[a]) if page["doc"] not in names}
            half.append(f1(pairs, by_lang[a], right))
            none.append((len(without & set(alone)), len(alone), len(without)))
        sizes.append(len(by_lang[a]) * len(by_lang[b]))
    seconds = time.perf_counter() - start
    good, said, there = (sum(column) for column in zip(*none, strict=True))
    total = [sum(column) for column in zip(*whole, strict=True)]
    results: dict[str, Any] = {
        "pairs of languages": len(couples),
        "pairs of pages": total[2],
        "ours": {
            "F1": mean_f1(whole),
            "precision": round(100 * total[0] / total[1], 2),
            "recall": round(100 * total[0] / total[2], 2),
            "F1, half": mean_f1(half),
            "none, precision": round(100 * good / said, 2),
            "none, recall": round(100 * good / there, 2),
        },
        "seconds for all, embedding not counted": round(seconds, 1),
    }
    for key in ("mean", "centred mean"):
        plain = [f1(peer(by_lang[a], by_lang[b], -1.0, key), by_lang[a], by_lang[b]) for a, b in couples]
        best = max(
            (mean_f1([f1(peer(by_lang[a], by_lang[b], least, key), by_lang[a], by_lang[b]) for a, b in couples]), least)
            for least in (THRESHOLDS if key == "mean" else np.round(np.arange(0.2, 0.9, 0.02), 2))
        )
        results[f"peer: {key} of vectors, mutual best cosine"] = {
            "F1": mean_f1(plain),
            "F1, best threshold": best[0],
            "threshold": float(best[1]),
        }
    print(json.dumps(results, indent=1))
    if not options.langs:
        common.write(f"documents-{encoder.name}", results)


if __name__ == "__main__":
    main()
