"""How long should the passages of long documents be?

    python benchmarks/passages.py [--data DIR] [--model NAME]

The 48 articles of XQuAD-R, of about 800 tokens each, in English, German and Chinese, divided into passages of different sizes,
and at their own paragraphs. Questions in each language are asked of the articles in the same language, and of the English ones.
*document*: MRR of the article, ranked by its best passage. *sentence*: how often the sentence with the answer stands in
one of the best passages, as many as make about 600 tokens (what a reader or a language model is given), in any article.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import common
import fairness
import numpy as np

from interlingua import Encoder
from interlingua.index.passages import split

LANGUAGES = ("en", "de", "zh")
SIZES = (48, 96, 144, 192, 256, 384, 500)
READ = 600

Article = dict[str, Any]
Spans = list[tuple[int, int]]


def articles(sentences: list[dict[str, str]], lang: str) -> dict[str, Article]:
    """The text of each article, and where its sentences and paragraphs stand."""
    made: dict[str, Article] = {}
    for row in sentences:
        if row["lang"] != lang:
            continue
        one = made.setdefault(row["sentence_id"][:2], {"text": "", "sentences": {}, "paragraphs": {}})
        paragraph = row["paragraph_id"]
        if one["text"]:
            one["text"] += " " if paragraph in one["paragraphs"] else "\n\n"
        start = len(one["text"])
        one["text"] += row["sentence"]
        stop = len(one["text"])
        one["sentences"][row["sentence_id"]] = (start, stop)
        one["paragraphs"][paragraph] = (one["paragraphs"].get(paragraph, (start, 0))[0], stop)
    return made


def measured(
    encoder: Encoder,
    texts: dict[str, Article],
    questions: list[dict[str, Any]],
    queries: Any,
    cut: Callable[[Article], Spans],
) -> dict[str, float]:
    owners, spans, parts = [], [], []
    for name, one in texts.items():
        for start, stop in cut(one):
            owners.append(name)
            spans.append((start, stop))
            parts.append(one["text"][start:stop])
    lengths = [len(ids) for ids in encoder.token_ids(parts, "document")]
    best = max(1, round(READ / float(np.mean(lengths))))
    order = np.argsort(-(queries @ encoder.encode_document(parts).T), axis=1, kind="stable")
    reciprocal, held = [], []
    for question, ranked in zip(questions, order, strict=True):
        wanted = question["sentence_id"][:2]
        names = list(dict.fromkeys(owners[place] for place in ranked))
        reciprocal.append(1 / (names.index(wanted) + 1))
        start, stop = texts[wanted]["sentences"][question["sentence_id"]]
        held.append(
            any(owners[at] == wanted and spans[at][0] <= start and spans[at][1] >= stop for at in ranked[:best])
        )
    return {
        "passages": len(parts),
        "tokens": round(float(np.mean(lengths)), 1),
        "document": round(100 * float(np.mean(reciprocal)), 1),
        "sentence": round(100 * float(np.mean(held)), 1),
    }


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    arguments = parser.parse_args()
    sentences, asked = fairness.load(arguments.data)
    encoder = Encoder(arguments.model)
    results: dict[str, Any] = {}
    for lang in LANGUAGES:
        questions = [row for row in asked if row["lang"] == lang]
        queries = encoder.encode_query([row["question"] for row in questions])
        for pool in dict.fromkeys((lang, "en")):
            texts = articles(sentences, pool)
            ways: dict[str, Callable[[Article], Spans]] = {
                str(size): lambda one, size=size, pool=pool: split(one["text"], pool, encoder, size) for size in SIZES
            }
            ways["paragraphs"] = lambda one: list(one["paragraphs"].values())
            for name, cut in ways.items():
                found = measured(encoder, texts, questions, queries, cut)
                results.setdefault(f"{lang} in {pool}", {})[name] = found
                print(f"{lang} in {pool}", name, found, flush=True)
    common.write("passages", {"model": encoder.name, "results": results})


if __name__ == "__main__":
    main()
