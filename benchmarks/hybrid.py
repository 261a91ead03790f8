"""Keywords beside vectors on XQuAD-R: what they find, and what they cost where questions and answers share no words.

    python benchmarks/hybrid.py [--data DIR] [--model NAME]

*same*: questions and sentences in one language. *across*: each paragraph stands in one random language only, so that most questions
are in another language than their answers. *exact*: names and numbers that one sentence of that pool has, asked bare and in a
question in a random language ("What do you know about …?"). MRR, and how often the sentence is among the first ten.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import common
import fairness
import numpy as np

from interlingua import Encoder
from interlingua.index.index import Index
from interlingua.texts.terms import terms

QUESTIONS = {
    "ar": "ماذا تعرف عن {}؟",
    "de": "Was weißt du über {}?",
    "en": "What do you know about {}?",
    "es": "¿Qué sabes de {}?",
    "hi": "आप {} के बारे में क्या जानते हैं?",
    "zh": "关于{}你知道什么？",
}
WAYS = {"plain": {"fair": False}, "fair": {"fair": True}}
NAME = re.compile(r"(?<=[a-zñáéíóú,] )[A-Z][A-Za-z]+|\d[\d.,]*\d")
EXACT = 300


def name_of(row: dict[str, str]) -> str:
    return f"{row['lang']} {row['sentence_id']}"


def mean_ranks(index: Index, queries: list[str], langs: list[str], wanted: list[str]) -> dict[str, Any]:
    """MRR and success@10, with and without keywords."""
    results: dict[str, Any] = {}
    for way, options in WAYS.items():
        for hybrid in (False, True):
            started = time.perf_counter()
            found = index.search(queries, 100, query_lang=langs, hybrid=hybrid, **options)
            seconds = time.perf_counter() - started
            ranks = [
                next((rank for rank, hit in enumerate(hits, 1) if hit.id == id_), 0)
                for hits, id_ in zip(found, wanted, strict=True)
            ]
            results[f"{way}, hybrid" if hybrid else way] = {
                "MRR": round(100 * float(np.mean([1 / rank if rank else 0 for rank in ranks])), 1),
                "success@10": round(100 * float(np.mean([0 < rank <= 10 for rank in ranks])), 1),
                "ms_a_query": round(1000 * seconds / len(queries), 2),
            }
    return results


def made(folder: Path, encoder: Encoder, rows: list[dict[str, str]]) -> Index:
    index = Index.create(folder, encoder, kind="flat", passages=False)
    index.add([{"id": name_of(row), "text": row["sentence"], "lang": row["lang"]} for row in rows])
    return index


def exact(rows: list[dict[str, str]], generator: Any) -> list[tuple[str, str, str]]:
    """Names and numbers that stand in one sentence only, a language to ask in, and the sentence."""
    counts: dict[str, int] = {}
    for row in rows:
        for term in set(terms(row["sentence"])):
            counts[term] = counts.get(term, 0) + 1
    found = [
        (word, name_of(row))
        for row in rows
        if row["lang"] != "de"
        for word in NAME.findall(row["sentence"])
        if counts.get(terms(word)[0]) == 1
    ]
    picked = generator.choice(len(found), EXACT, replace=False)
    return [(found[at][0], str(generator.choice(list(QUESTIONS))), found[at][1]) for at in picked]


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    arguments = parser.parse_args()
    sentences, questions = fairness.load(arguments.data)
    encoder = Encoder(arguments.model)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for lang in fairness.LANGUAGES:
            asked = [row for row in questions if row["lang"] == lang]
            index = made(Path(folder) / lang, encoder, [row for row in sentences if row["lang"] == lang])
            wanted = [f"{lang} {row['sentence_id']}" for row in asked]
            results[f"same, {lang}"] = mean_ranks(
                index, [row["question"] for row in asked], [lang] * len(asked), wanted
            )
        generator = np.random.default_rng(fairness.SEED)
        paragraphs = sorted({row["paragraph_id"] for row in sentences})
        kept = dict(zip(paragraphs, generator.choice(fairness.LANGUAGES, len(paragraphs)).tolist(), strict=True))
        pool = [row for row in sentences if kept[row["paragraph_id"]] == row["lang"]]
        answers = {row["id"]: name_of(row) for row in questions if kept[row["paragraph_id"]] == row["lang"]}
        index = made(Path(folder) / "mixed", encoder, pool)
        results["across"] = mean_ranks(
            index,
            [row["question"] for row in questions],
            [row["lang"] for row in questions],
            [answers[row["id"]] for row in questions],
        )
        needles = exact(pool, generator)
        langs, wanted = [lang for _, lang, _ in needles], [id_ for *_, id_ in needles]
        results["exact, bare"] = mean_ranks(index, [word for word, *_ in needles], langs, wanted)
        asked_in = [QUESTIONS[lang].format(word) for word, lang, _ in needles]
        results["exact, in a question"] = mean_ranks(index, asked_in, langs, wanted)
    for name, found in results.items():
        print(name, {way: (one["MRR"], one["success@10"]) for way, one in found.items()})
    common.write("hybrid", {"model": encoder.name, "results": results})


if __name__ == "__main__":
    main()
