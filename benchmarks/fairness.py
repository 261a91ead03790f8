"""Cross-lingual search on XQuAD-R: does centring put answers before sentences in the question's own language?

    python benchmarks/fairness.py [--data DIR] [--model NAME]

Six languages in one pool. Two tasks: *parallel*, all versions of the answer are relevant (mAP, recall@20, share of the top ten
in the question's own language; fair is 16.7 %); *single*, each paragraph stands in one random language only, as in most real
indexes (MRR, recall@20). Plain cosine, the means that come with the package, those drawn towards the pool's, the pool's own.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Encoder, LanguageMeans, nearest

LANGUAGES = ("ar", "de", "en", "es", "hi", "zh")
SEED = 7


def load(data: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    sentences, questions = [], []
    for lang in LANGUAGES:
        with (data / "xquad_r" / f"sentences.{lang}.tsv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            sentences.extend({**row, "lang": lang} for row in rows)
        lines = (data / "xquad_r" / f"questions.{lang}.jsonl").open(encoding="utf-8")
        questions.extend({**json.loads(line), "lang": lang} for line in lines)
    return sentences, questions


def parallel(scores_of: Any, sentences: list[dict[str, str]], questions: list[dict[str, Any]]) -> dict[str, float]:
    """All six versions of the answer are relevant."""
    place = {(row["lang"], row["sentence_id"]): index for index, row in enumerate(sentences)}
    relevant: dict[str, set[int]] = {}
    for question in questions:
        relevant.setdefault(question["id"], set()).add(place[question["lang"], question["sentence_id"]])
    langs = np.asarray([row["lang"] for row in sentences])
    order = scores_of(np.ones(len(sentences), dtype=bool))
    precision, recall, own = [], [], []
    for question, ranked in zip(questions, order, strict=True):
        wanted = relevant[question["id"]]
        hits = np.isin(ranked, list(wanted))
        ranks = np.flatnonzero(hits) + 1
        precision.append((np.arange(1, len(ranks) + 1) / ranks).sum() / len(wanted))
        recall.append(hits[:20].sum() / len(wanted))
        own.append((langs[ranked[:10]] == question["lang"]).mean())
    return {
        "mAP": round(100 * float(np.mean(precision)), 1),
        "recall@20": round(100 * float(np.mean(recall)), 1),
        "own_language_in_top_10": round(100 * float(np.mean(own)), 1),
    }


def single(scores_of: Any, sentences: list[dict[str, str]], questions: list[dict[str, Any]]) -> dict[str, float]:
    """Each paragraph is kept in one random language."""
    generator = np.random.default_rng(SEED)
    paragraphs = sorted({row["paragraph_id"] for row in sentences})
    kept_in = dict(zip(paragraphs, generator.choice(LANGUAGES, len(paragraphs)), strict=True))
    kept = np.asarray([kept_in[row["paragraph_id"]] == row["lang"] for row in sentences])
    place = {(row["lang"], row["sentence_id"]): index for index, row in enumerate(sentences)}
    answer = {
        question["id"]: place[question["lang"], question["sentence_id"]]
        for question in questions
        if kept_in[question["paragraph_id"]] == question["lang"]
    }
    reciprocal, recall = [], []
    for question, ranked in zip(questions, scores_of(kept), strict=True):
        found = np.flatnonzero(ranked == answer[question["id"]])
        reciprocal.append(1 / (found[0] + 1) if len(found) else 0.0)
        recall.append(len(found) and found[0] < 20)
    return {"MRR": round(100 * float(np.mean(reciprocal)), 1), "recall@20": round(100 * float(np.mean(recall)), 1)}


def ranking(queries: np.ndarray, pool: np.ndarray) -> Any:
    """A function from the rows kept to the 1,000 best rows of each query."""

    def ranked(kept: np.ndarray) -> np.ndarray:
        rows = np.flatnonzero(kept)
        return rows[nearest(queries, pool[rows], 1000).rows]

    return ranked


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    arguments = parser.parse_args()
    sentences, questions = load(arguments.data)
    encoder = Encoder(arguments.model)
    pool = encoder.encode_document([row["sentence"] for row in sentences])
    queries = encoder.encode_query([row["question"] for row in questions])
    pool_langs, query_langs = [row["lang"] for row in sentences], [row["lang"] for row in questions]
    shipped_pool = LanguageMeans.shipped(encoder.name, "document")
    shipped_queries = LanguageMeans.shipped(encoder.name, "query")
    own = LanguageMeans.estimated(pool, pool_langs)
    mixed = shipped_pool.updated(pool, pool_langs)
    ways = {
        "plain": (queries, pool),
        "shipped means": (shipped_queries.centre(queries, query_langs), shipped_pool.centre(pool, pool_langs)),
        "shipped means, pool's drawn towards its own": (
            shipped_queries.centre(queries, query_langs),
            mixed.centre(pool, pool_langs),
        ),
        "the pool's own means for both": (own.centre(queries, query_langs), own.centre(pool, pool_langs)),
        "own means of each side": (
            LanguageMeans.estimated(queries, query_langs).centre(queries, query_langs),
            own.centre(pool, pool_langs),
        ),
    }
    results = {}
    for name, (asked, searched) in ways.items():
        ranked = ranking(asked, searched)
        results[name] = {
            "parallel": parallel(ranked, sentences, questions),
            "single": single(ranked, sentences, questions),
        }
        print(name, results[name], flush=True)
    common.write(f"fairness-{arguments.model}", {"unit": "%", "sentences": len(sentences), "ways": results})


if __name__ == "__main__":
    main()
