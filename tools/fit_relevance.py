"""Fit the probabilities of hits that come with the bundled models (``relevance`` in ``src/interlingua/scoring/calibrations``).

    python tools/fit_relevance.py DATA [--model NAME] [--vectors DIR]

On XQuAD-R, through ``Index``: each paragraph stands in one random language, and the paragraphs that answer half of the
questions are taken out. A logistic regression on the five best hits of each question says whether a hit is an answer. The
articles are halved: one half is fitted to, and the other tells how well it fits, also at thresholds. With ``--test-only``
nothing is written but the results in ``benchmarks/results``.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import common
from index_fairness import Data, Pool

from interlingua.index.relevance import gaps
from interlingua.metrics import auroc, expected_calibration_error
from interlingua.models.catalogue import bundled

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "scoring" / "calibrations"
BEST = 5
DRAWS = 4
THRESHOLDS = (0.25, 0.5, 0.75, 0.9)


def collected(data: Data, folder: Path) -> dict[str, np.ndarray]:
    """The best hits of all questions, over several draws, and what is known about them."""
    articles = sorted({row["paragraph_id"].split("-")[0] for row in data.sentences})
    half = {article: place % 2 for place, article in enumerate(np.random.default_rng(5).permutation(articles).tolist())}
    parts: dict[str, list[Any]] = {name: [] for name in ("score", "gap", "answer", "half", "has", "rank")}
    for draw in range(DRAWS):
        chance = np.random.default_rng([5, draw])
        paragraphs = sorted({row["paragraph_id"] for row in data.sentences})
        gone = set(chance.choice(paragraphs, len(paragraphs) // 2, replace=False).tolist())
        kept = np.array([row for row in data.kept_in(None, draw) if data.sentences[row]["paragraph_id"] not in gone])
        pool = Pool(folder / f"draw-{draw}", data, kept, "flat")
        there = set(kept.tolist())
        asked = np.arange(draw % 3, len(data.questions), 3)
        vectors, langs = data.encoder.questions[asked], [data.asked[row] for row in asked]
        found = pool.index.search_vectors(vectors, BEST, fair=True, langs=langs)
        for place, row in enumerate(asked):
            question = data.questions[row]
            scores = np.array([hit.score for hit in found[place]], dtype=np.float32)
            # Each paragraph is there in one language only, so nothing is said twice.
            gap = gaps(scores, np.eye(len(scores), dtype=bool))
            for rank, hit in enumerate(found[place]):
                values = (
                    hit.score,
                    gap[rank],
                    int(hit.id) in data.relevant[row],
                    half[question["paragraph_id"].split("-")[0]],
                    bool(data.relevant[row] & there),
                    rank,
                )
                for name, value in zip(parts, values, strict=True):
                    parts[name].append(value)
    return {name: np.array(values) for name, values in parts.items()}


def features(hits: dict[str, np.ndarray]) -> np.ndarray:
    gap = hits["gap"]
    return np.stack([np.ones(len(gap)), hits["score"], np.maximum(gap, 0), np.minimum(gap, 0)], axis=1)


def logistic(matrix: np.ndarray, labels: np.ndarray) -> np.ndarray:
    weights = np.zeros(matrix.shape[1])
    for _ in range(50):
        probability = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (probability - labels) + 1e-3 * weights
        curvature = (matrix * (probability * (1 - probability))[:, None]).T @ matrix + 1e-3 * np.eye(len(weights))
        weights = weights - np.linalg.solve(curvature, slope)
    return weights


def measured(hits: dict[str, np.ndarray], weights: np.ndarray) -> dict[str, Any]:
    """On the articles that were not fitted to."""
    probability = 1 / (1 + np.exp(-features(hits) @ weights))
    answer = hits["answer"].astype(bool)
    first = hits["rank"] == 0
    told: dict[str, Any] = {
        "hits": len(answer),
        "ece": expected_calibration_error(probability, answer),
        "ece_best_hit": expected_calibration_error(probability[first], answer[first]),
        "auroc_best_hit": auroc(probability[first], answer[first]),
        "auroc_best_hit_by_score": auroc(hits["score"][first], answer[first]),
        "at": {},
    }
    has = hits["has"].astype(bool)
    for least in THRESHOLDS:
        shown = first & (probability >= least)
        told["at"][str(least)] = {
            "precision_of_best_hit": float(answer[shown].mean()) if shown.any() else None,
            "answered_rightly": float((answer & shown)[first & has].mean()),
            "silent_where_there_is_no_answer": float((~shown)[first & ~has].mean()),
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", choices=[card.name for card in bundled()], action="append")
    parser.add_argument("--vectors", type=Path, help="keep the vectors there, for the next time")
    parser.add_argument("--test-only", action="store_true")
    arguments = parser.parse_args()
    for card in bundled():
        if arguments.model and card.name not in arguments.model:
            continue
        data = Data(arguments.data, card.name, arguments.vectors)
        with tempfile.TemporaryDirectory() as folder:
            hits = collected(data, Path(folder))
        one, other = ({name: values[hits["half"] == half] for name, values in hits.items()} for half in (0, 1))
        path = OUT / f"{card.name}.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        if not arguments.test_only:
            weights = logistic(features(one), one["answer"].astype(float))
            content["relevance"] = weights.round(4).tolist()
            path.write_text(json.dumps(content) + "\n", encoding="utf-8")
        told = measured(other, np.array(content["relevance"]))
        print(card.name, content["relevance"], json.dumps(told, indent=1), flush=True)
        common.write(
            f"relevance-{card.name}", {"model": card.name, "weights": content["relevance"], "other_articles": told}
        )


if __name__ == "__main__":
    main()
