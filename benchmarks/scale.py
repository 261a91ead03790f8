"""On what scale are the scores? Cosine and centred cosine of translations and of unrelated sentences, on the demo corpus.

    python benchmarks/scale.py

All pairs of the 48 sentences in the languages that the model knows: pairs of the same sentence in two languages, and pairs of
two different sentences (some of which are about the same subject). Percentiles, and the AUROC that tells them apart.
"""

from __future__ import annotations

from typing import Any

import common
import numpy as np

from interlingua import Encoder, LanguageMeans, load_corpus
from interlingua.models.catalogue import bundled

PERCENTILES = (5, 50, 95)


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """The probability that a positive scores above a negative."""
    ranks = np.argsort(np.argsort(np.concatenate([negative, positive])))[len(negative) :]
    return float((ranks.sum() - len(positive) * (len(positive) - 1) / 2) / (len(positive) * len(negative)))


def describe(scores: np.ndarray, same: np.ndarray, across: np.ndarray) -> dict[str, Any]:
    groups = {
        "translations": scores[same & across],
        "unrelated, two languages": scores[~same & across],
        "unrelated, one language": scores[~same & ~across],
    }
    result: dict[str, Any] = {
        name: {f"{percent} %": round(float(np.percentile(values, percent)), 3) for percent in PERCENTILES}
        | {"mean": round(float(values.mean()), 3)}
        for name, values in groups.items()
    }
    return result | {"auroc": round(auroc(groups["translations"], groups["unrelated, two languages"]), 4)}


def main() -> None:
    common.parser(__doc__).parse_args()
    results = {}
    for card in bundled():
        encoder = Encoder(card.name)
        corpus = [item for item in load_corpus() if item.lang in card.languages]
        vectors = encoder.encode([item.text for item in corpus])
        langs = [item.lang for item in corpus]
        centred = LanguageMeans.shipped(encoder).centre(vectors, langs)
        items = np.asarray([item.item for item in corpus])
        upper = np.triu(np.ones((len(corpus), len(corpus)), dtype=bool), 1)
        same = (items[:, None] == items[None])[upper]
        across = (np.asarray(langs)[:, None] != np.asarray(langs)[None])[upper]
        results[card.name] = {
            "cosine": describe((vectors @ vectors.T)[upper], same, across),
            "centred cosine": describe((centred @ centred.T)[upper], same, across),
        }
        for kind, values in results[card.name].items():
            print(card.name, kind, values)
    common.write("scale", results)


if __name__ == "__main__":
    main()
