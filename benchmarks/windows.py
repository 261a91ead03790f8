"""What ``long="window"`` does to texts beyond the model's limit: is what they say found, wherever in them it stands?

    python benchmarks/windows.py [--data DIR] [--model NAME] [--backend NAME] [--precision CLASS]

*Articles* (XQuAD-R): the five paragraphs of an article as one text, 48 articles in six languages. Questions search the articles
of each other language; the result is told by the paragraph that answers. Articles search their translations. For comparison the
paragraphs are also searched one by one, where an article is as good as its best paragraph.
*Pages* (Let's Encrypt): pages beyond the limit search their translation, English from each language and back.
*Same beginnings* (Universal Declaration of Human Rights): the preamble and three articles; ten texts, which search their
translations likewise.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Encoder, LanguageMeans
from interlingua.encoding import windows

LANGUAGES = ("ar", "de", "en", "es", "hi", "zh")
DECLARATIONS = {
    "eng": "en",
    "deu_1996": "de",
    "fra": "fr",
    "spa": "es",
    "arb": "ar",
    "rus": "ru",
    "tur": "tr",
    "cmn_hans": "zh",
}
DECLARATIONS |= {"hin": "hi", "fin": "fi", "vie": "vi"}
OVERLAPS = (0, 1 / 8, 1 / 4)
FEWEST_TRANSLATED = 8


@dataclass(frozen=True)
class Text:
    """A text, its language, and what it is in any language."""

    lang: str
    item: str
    text: str


@dataclass(frozen=True)
class Question:
    """A question about one paragraph of an article."""

    lang: str
    item: str
    paragraph: int
    text: str


def tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def paragraphs(data: Path, languages: Sequence[str]) -> list[Text]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for lang in languages:
        for row in tsv(data / "xquad_r" / f"sentences.{lang}.tsv"):
            found[lang, row["paragraph_id"]].append(row["sentence"])
    return [Text(lang, item, ("" if lang == "zh" else " ").join(parts)) for (lang, item), parts in found.items()]


def articles(parts: Sequence[Text]) -> list[Text]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for part in parts:
        found[part.lang, part.item.partition("-")[0]].append(part.text)
    return [Text(lang, item, "\n".join(texts)) for (lang, item), texts in found.items()]


def questions(data: Path, languages: Sequence[str]) -> list[Question]:
    found = []
    for lang in languages:
        for line in (data / "xquad_r" / f"questions.{lang}.jsonl").open(encoding="utf-8"):
            row = json.loads(line)
            item, _, paragraph = row["paragraph_id"].partition("-")
            found.append(Question(lang, item, int(paragraph), row["question"]))
    return found


def pages(data: Path) -> list[Text]:
    rows = map(json.loads, (data / "docs_letsencrypt" / "docs.jsonl").open(encoding="utf-8"))
    chinese = {"zh-cn": "zh", "zh-tw": "zh-Hant"}
    return [Text(chinese.get(row["lang"], row["lang"]), row["doc"], "\n".join(row["paragraphs"])) for row in rows]


def declarations(data: Path, languages: Sequence[str]) -> list[Text]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in tsv(data / "udhr" / "paragraphs.tsv"):
        found[row["code"], row["section"]].append(row["text"])
    made = []
    for code, lang in DECLARATIONS.items():
        for first in range(1, 29, 3):
            sections = ["title", "preamble", *(f"art{number}" for number in range(first, first + 3))]
            lines = [line for section in sections for line in found[code, section]]
            if lang in languages:
                made.append(Text(lang, str(first), "\n".join(lines)))
    return made


def summary(ranks: Sequence[float]) -> dict[str, float]:
    values = np.asarray(ranks)
    return {
        "accuracy": round(100 * float((values == 1).mean()), 1),
        "MRR": round(100 * float((1 / values).mean()), 1),
        "mean rank": round(float(values.mean()), 2),
        "searches": len(values),
    }


def ranks_of(scores: np.ndarray, right: Sequence[int]) -> np.ndarray:
    """The rank of the right column of each row; equal scores share the mean of their ranks."""
    own = scores[np.arange(len(scores)), right][:, None]
    return 1 + (scores > own).sum(axis=1) + ((scores == own).sum(axis=1) - 1) / 2


def translations(texts: Sequence[Text], vectors: np.ndarray, long: np.ndarray) -> dict[str, float]:
    """Long texts search their translation among all texts of a language: English from each other one, and back."""
    langs = np.asarray([text.lang for text in texts])
    ranks: list[float] = []
    for other in sorted(set(langs) - {"en"}):
        for asking, searched in ((other, "en"), ("en", other)):
            pool = np.flatnonzero(langs == searched)
            column = {texts[row].item: place for place, row in enumerate(pool)}
            rows = [row for row in np.flatnonzero((langs == asking) & long) if texts[row].item in column]
            if rows and len(pool) >= FEWEST_TRANSLATED:
                scores = vectors[rows] @ vectors[pool].T
                ranks += ranks_of(scores, [column[texts[row].item] for row in rows]).tolist()
    return summary(ranks)


def answers(
    asked: Sequence[Question], queries: np.ndarray, texts: Sequence[Text], vectors: np.ndarray
) -> dict[str, dict[str, float]]:
    """Questions search the articles of each other language; an article of several texts is as good as its best."""
    query_langs, langs = (np.asarray([row.lang for row in rows]) for rows in (asked, texts))
    items = sorted({question.item for question in asked})
    by_paragraph: dict[int, list[float]] = defaultdict(list)
    for asking in sorted(set(langs)):
        rows = np.flatnonzero(query_langs == asking)
        right = [items.index(asked[row].item) for row in rows]
        for searched in sorted(set(langs) - {asking}):
            pool = np.flatnonzero(langs == searched)
            owners = np.asarray([items.index(texts[row].item.partition("-")[0]) for row in pool])
            scores = np.full((len(rows), len(items)), -1.0)
            np.maximum.at(scores.T, owners, (queries[rows] @ vectors[pool].T).T)
            for row, rank in zip(rows, ranks_of(scores, right), strict=True):
                by_paragraph[asked[row].paragraph].append(rank)
    whole = [rank for ranks in by_paragraph.values() for rank in ranks]
    named = {f"paragraph {number + 1}": summary(ranks) for number, ranks in sorted(by_paragraph.items())}
    return named | {"all": summary(whole)}


class Bench:
    """One model over the three collections.

    Args:
        encoder: the model.
        data: the folder of the collections.
    """

    def __init__(self, encoder: Encoder, data: Path) -> None:
        known = encoder.card.languages
        self.encoder = encoder
        self.languages = [lang for lang in LANGUAGES if lang in known]
        self.parts = paragraphs(data, self.languages)
        self.asked = questions(data, self.languages)
        self.collections = {
            "articles": articles(self.parts),
            "pages": [page for page in pages(data) if page.lang in known],
            "same beginnings": declarations(data, known),
        }
        self.queries = encoder.encode_query([question.text for question in self.asked])
        self.sizes: dict[str, Any] = {}

    def measure(self, name: str, long: Any) -> dict[str, Any]:
        """A collection read in one way; plain cosine and centred."""
        texts = self.collections[name]
        vectors = self.encoder.encode_document([text.text for text in texts], long=long)
        limit = self.encoder.card.max_tokens
        lengths = np.asarray([len(ids) for ids in self._whole([text.text for text in texts])])
        self.sizes[name] = {"texts": len(texts), "beyond the limit": int((lengths > limit).sum())}
        self.sizes[name]["median tokens"] = int(np.median(lengths))
        result = {}
        for way, found, queries in self._ways(texts, vectors):
            result[way] = {"translations": translations(texts, found, lengths > limit)}
            if name == "articles":
                result[way]["questions"] = answers(self.asked, queries, texts, found)
            print(name, long, way, json.dumps(result[way]), flush=True)
        return result

    def one_by_one(self) -> dict[str, Any]:
        """The articles' paragraphs searched one by one."""
        vectors = self.encoder.encode_document([part.text for part in self.parts])
        return {
            way: {"questions": answers(self.asked, queries, self.parts, found)}
            for way, found, queries in self._ways(self.parts, vectors)
        }

    def _whole(self, texts: Sequence[str]) -> list[Any]:
        """The ids that windows are cut from, for counting."""
        tokenizer = self.encoder._load()._tokenizer  # type: ignore[attr-defined]
        return [[0, *tokenizer.content(self.encoder.card.prompts.document + text), 0] for text in texts]

    def _ways(self, texts: Sequence[Text], vectors: np.ndarray) -> list[tuple[str, np.ndarray, np.ndarray]]:
        of_documents, of_queries = (LanguageMeans.shipped(self.encoder, kind) for kind in ("document", "query"))
        centred = of_documents.centre(vectors, [text.lang for text in texts])
        centred_queries = of_queries.centre(self.queries, [question.lang for question in self.asked])
        return [("plain", vectors, self.queries), ("centred", centred, centred_queries)]


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--precision", default="exact")
    arguments = parser.parse_args()
    bench = Bench(Encoder(arguments.model, backend=arguments.backend, precision=arguments.precision), arguments.data)
    results: dict[str, Any] = {}
    for name in bench.collections:
        results[name] = {long: bench.measure(name, long) for long in ("truncate", "window")}
    results["articles"]["paragraphs one by one"] = bench.one_by_one()
    shipped = windows.OVERLAP
    for overlap in OVERLAPS:
        if overlap != shipped:
            windows.OVERLAP = overlap
            results["articles"][f"window, overlap {overlap}"] = bench.measure("articles", "window")
    windows.OVERLAP = shipped
    facts = {"unit": "%", "backend": arguments.backend, "precision": arguments.precision, "overlap": shipped}
    common.write(f"windows-{arguments.model}", facts | {"collections": bench.sizes, "results": results})


if __name__ == "__main__":
    main()
