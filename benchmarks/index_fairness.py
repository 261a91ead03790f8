"""Fairness between languages in the index, on XQuAD-R through ``Index``: plain, fair, and fair with diverse.

    python benchmarks/index_fairness.py [--data DIR] [--model NAME] [--kind KIND] [--vectors DIR]

The tasks of ``fairness.py`` (*parallel*: all six versions of the answer are relevant; *single*: each paragraph stands in one random
language), and *one language*: question and answers in the same. Then indexes in which each article stands in one language, so that
languages have their own subjects: with means estimated from the index, from 300 translations of such sentences in each language, or
from 300 of Tatoeba's. Then indexes that centring could harm: 100 documents, 98 % in one language, all in one; in these the answer
counts in any language, per language of the question. The means are those that the index estimates. The questions' languages are
given, and in one row left to be found.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
from fairness import LANGUAGES, SEED, load

from interlingua.encoding.joint import open_encoder
from interlingua.index.index import Index
from interlingua.scoring.similarity import languages_of

K = 200
BATCH = 256
TATOEBA = {"ar": "ara", "de": "deu", "es": "spa", "hi": "hin", "zh": "cmn"}
TRANSLATIONS = 300
DRAWS = 3
WAYS: dict[str, dict[str, Any]] = {
    "plain": {"fair": False},
    "fair": {"fair": True},
    "fair, diverse": {"fair": True, "diverse": True},
}


class Remembered:
    """An encoder that embeds each text once."""

    def __init__(self, name: str, sentences: list[str], questions: list[str], folder: Path | None) -> None:
        self._encoder = open_encoder(name)
        self.name, self.fingerprint, self.dimension = (
            self._encoder.name,
            self._encoder.fingerprint,
            self._encoder.dimension,
        )
        self.card = self._encoder.card
        self.questions = self._kept(folder, "q", questions, self._encoder.encode_query)
        pool = self._kept(folder, "pool", sentences, self._encoder.encode_document)
        self._documents = dict(zip(sentences, pool, strict=True))

    def _kept(self, folder: Path | None, part: str, texts: list[str], encode: Any) -> np.ndarray:
        path = None if folder is None else folder / f"{self.name}.{part}.npy"
        if path is not None and path.is_file():
            return np.load(path)
        vectors: np.ndarray = encode(texts)
        if path is not None:
            np.save(path, vectors)
        return vectors

    def encode_document(self, texts: list[str], **_: Any) -> np.ndarray:
        """The vectors of sentences, and of other texts."""
        new = [text for text in texts if text not in self._documents]
        if new:
            self._documents |= zip(new, self._encoder.encode_document(new), strict=True)
        return np.stack([self._documents[text] for text in texts])

    encode = encode_document

    def encode_query(self, texts: list[str], **options: Any) -> np.ndarray:
        """The vectors of other questions."""
        return self._encoder.encode_query(texts, **options)


class Pool:
    """An index of some of the sentences, and what is found in it for the questions."""

    def __init__(self, folder: Path, data: Data, rows: np.ndarray, kind: Any) -> None:
        self.data, self.rows = data, rows
        self.index = Index.create(folder, data.encoder, kind=kind, passages=False)
        self.index.add(
            {"id": str(row), "text": data.sentences[row]["sentence"], "lang": data.sentences[row]["lang"]}
            for row in rows
        )
        self.index.compact()

    def ranked(self, asked: np.ndarray, langs: Any, **options: Any) -> tuple[list[np.ndarray], float]:
        """The rows found for some questions, best first, and the seconds that it took."""
        found: list[np.ndarray] = []
        started = time.perf_counter()
        for at in range(0, len(asked), BATCH):
            part = asked[at : at + BATCH]
            some = self.index.search_vectors(
                self.data.encoder.questions[part], K, langs=[langs[row] for row in part], **options
            )
            found += [np.array([int(hit.id) for hit in hits], dtype=np.int64) for hits in some]
        return found, time.perf_counter() - started


class Data:
    """XQuAD-R, and which sentences answer which question."""

    def __init__(self, folder: Path, model: str, vectors: Path | None) -> None:
        self.sentences, self.questions = load(folder)
        self.langs = np.asarray([row["lang"] for row in self.sentences])
        self.asked = [row["lang"] for row in self.questions]
        place = {(row["lang"], row["sentence_id"]): row_ for row_, row in enumerate(self.sentences)}
        self.own = np.array([place[row["lang"], row["sentence_id"]] for row in self.questions])
        relevant: dict[str, set[int]] = {}
        for question, row in zip(self.questions, self.own, strict=True):
            relevant.setdefault(question["id"], set()).add(int(row))
        self.relevant = [relevant[row["id"]] for row in self.questions]
        texts = [row["question"] for row in self.questions]
        self.found = languages_of(texts, None)
        self.encoder = Remembered(model, [row["sentence"] for row in self.sentences], texts, vectors)

    def kept_in(self, chance: dict[str, float] | None, seed: int, *, articles: bool = False) -> np.ndarray:
        """The sentences of all paragraphs, each paragraph (or article) in one language, drawn with these chances, or all alike."""
        generator = np.random.default_rng(seed)
        parts = [row["paragraph_id"].split("-")[0] if articles else row["paragraph_id"] for row in self.sentences]
        names = sorted(set(parts))
        drawn = generator.choice(LANGUAGES, len(names), p=list(chance.values()) if chance else None)
        kept = dict(zip(names, drawn, strict=True))
        return np.flatnonzero([kept[part] == row["lang"] for part, row in zip(parts, self.sentences, strict=True)])


def mean(values: Any) -> float:
    return round(100 * float(np.mean(values)), 1)


def parallel(pool: Pool, langs: Any, options: dict[str, Any]) -> dict[str, float]:
    data = pool.data
    precision, recall, own = [], [], []
    found, seconds = pool.ranked(np.arange(len(data.questions)), langs, **options)
    for row, ranked in enumerate(found):
        ranks = np.flatnonzero(np.isin(ranked, list(data.relevant[row]))) + 1
        precision.append((np.arange(1, len(ranks) + 1) / ranks).sum() / len(data.relevant[row]))
        recall.append((ranks <= 20).sum() / len(data.relevant[row]))
        own.append((data.langs[ranked[:10]] == data.asked[row]).mean())
    by_language = {
        lang: mean([value for value, asked in zip(precision, data.asked, strict=True) if asked == lang])
        for lang in LANGUAGES
    }
    return {
        "mAP": mean(precision),
        "recall@20": mean(recall),
        "own_language_in_top_10": mean(own),
        "mAP_by_query_language": by_language,
        "ms_per_query": round(1000 * seconds / len(found), 2),
    }


def answers(pool: Pool, langs: Any, options: dict[str, Any], questions: Any = None) -> dict[str, Any]:
    """Where the first right answer in the pool stands."""
    data, there = pool.data, set(pool.rows.tolist())
    candidates = range(len(data.questions)) if questions is None else questions
    asked = np.array([row for row in candidates if data.relevant[row] & there])
    found, _ = pool.ranked(asked, langs, **options)
    ranks = []
    for row, ranked in zip(asked, found, strict=True):
        places = np.flatnonzero(np.isin(ranked, list(data.relevant[row])))
        ranks.append(places[0] + 1 if len(places) else np.inf)
    reciprocal = 1 / np.array(ranks)
    by_language = {
        lang: mean(reciprocal[[data.asked[row] == lang for row in asked]])
        for lang in LANGUAGES
        if any(data.asked[row] == lang for row in asked)
    }
    return {
        "MRR": mean(reciprocal),
        "recall@20": mean(np.array(ranks) <= 20),
        "questions": len(asked),
        "MRR_by_query_language": by_language,
    }


def one_language(pool: Pool, options: dict[str, Any]) -> float:
    """Questions and answers in one language, all indexed together and the language a filter."""
    data, found = pool.data, []
    for lang in LANGUAGES:
        asked = np.flatnonzero([one == lang for one in data.asked])
        ranked, _ = pool.ranked(asked, data.asked, where={"lang": lang}, **options)
        for row, one in zip(asked, ranked, strict=True):
            place = np.flatnonzero(one == data.own[row])
            found.append(1 / (place[0] + 1) if len(place) else 0.0)
    return mean(found)


def harmed(data: Data, folder: Path, kind: Any) -> dict[str, Any]:
    """Indexes with few documents or hardly any of other languages."""
    lopsided = {lang: 0.98 if lang == "en" else 0.02 / (len(LANGUAGES) - 1) for lang in LANGUAGES}
    pools = {
        "100 documents": np.sort(np.random.default_rng(0).permutation(data.kept_in(None, SEED))[:100]),
        "98 % English": data.kept_in(lopsided, 1),
        "English only": np.flatnonzero(data.langs == "en"),
        "Chinese only": np.flatnonzero(data.langs == "zh"),
    }
    results: dict[str, Any] = {}
    for name, rows in pools.items():
        pool = Pool(folder / name.replace(" ", "-"), data, rows, kind)
        results[name] = {way: answers(pool, data.asked, WAYS[way]) for way in ("plain", "fair")}
        print(
            name,
            {way: one["MRR_by_query_language"] | {"": one["MRR"]} for way, one in results[name].items()},
            flush=True,
        )
    return results


def own_subjects(data: Data, folder: Path, kind: Any, tatoeba: Path) -> dict[str, Any]:
    """Each article in one language only, so that means take subjects for languages; then means from translations."""
    ways = ("plain", "fair", "fair, their translations", "fair, other translations")
    results: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    sentences = {(row["lang"], row["sentence_id"]): row["sentence"] for row in data.sentences}
    ids = sorted({id_ for _, id_ in sentences})
    picked = [ids[place] for place in np.random.default_rng(SEED).choice(len(ids), TRANSLATIONS, replace=False)]
    for seed in range(DRAWS):
        pool = Pool(folder / f"subjects-{seed}", data, data.kept_in(None, seed, articles=True), kind)
        results["plain"].append(answers(pool, data.asked, WAYS["plain"]))
        results["fair"].append(answers(pool, data.asked, WAYS["fair"]))
        for lang in TATOEBA:
            own = [
                (sentences[lang, id_], sentences["en", id_])
                for id_ in picked
                if {(lang, id_), ("en", id_)} <= sentences.keys()
            ]
            pool.index.fit_means(*map(list, zip(*own, strict=True)), lang_a=lang, lang_b="en")
        results["fair, their translations"].append(answers(pool, data.asked, WAYS["fair"]))
        pool.index.forget_means()
        for lang, code in TATOEBA.items():
            rows = (tatoeba / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines()[:TRANSLATIONS]
            texts, english = zip(*(row.split("\t")[:2] for row in rows), strict=True)
            pool.index.fit_means(texts, english, lang_a=lang, lang_b="en")
        results["fair, other translations"].append(answers(pool, data.asked, WAYS["fair"]))
    found = {
        way: {name: round(float(np.mean([one[name] for one in each])), 1) for name in ("MRR", "recall@20")}
        for way, each in results.items()
    }
    print("own subjects", found, flush=True)
    return found


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    parser.add_argument("--kind", default="flat", help="the kind of index [default: flat]")
    parser.add_argument("--vectors", type=Path, help="keep the vectors there, for the next time")
    arguments = parser.parse_args()
    data = Data(arguments.data, arguments.model, arguments.vectors)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        everything = Pool(folder / "parallel", data, np.arange(len(data.sentences)), arguments.kind)
        mixed = Pool(folder / "single", data, data.kept_in(None, SEED), arguments.kind)
        ways = [(name, data.asked, options) for name, options in WAYS.items()]
        ways.append(("fair, language found", data.found, WAYS["fair"]))
        ways.append(("fair, language unknown", [None] * len(data.found), WAYS["fair"]))
        for name, langs, options in ways:
            results[name] = {
                "parallel": parallel(everything, langs, options),
                "single": answers(mixed, langs, options),
            }
            if langs is data.asked:
                results[name]["one_language_MRR"] = one_language(everything, options)
            print(name, results[name], flush=True)
        subjects = own_subjects(data, folder, arguments.kind, arguments.data / "tatoeba")
        others = harmed(data, folder, arguments.kind)
    right = mean([one == given for one, given in zip(data.found, data.asked, strict=True)])
    suffix = "" if arguments.kind == "flat" else f"-{arguments.kind}"
    common.write(
        f"index-fairness-{arguments.model}{suffix}",
        {
            "unit": "%",
            "kind": arguments.kind,
            "languages_found": right,
            "ways": results,
            "own_subjects": subjects,
            "other_indexes": others,
        },
    )


if __name__ == "__main__":
    main()
