"""How well translations are mined: F1 with the threshold that needs no labels, beside the best threshold, and beside other ways.

    python benchmarks/mining.py [--data DIR] [--work DIR] [--models NAME,NAME] [--peers DIR] [--precision exact]

Sets: ``mining_made``, TICO-19 sentences in 11 couples of languages: of about 1,750 sentences a side a third has its translation on
the other side. Each set is mined with the default settings, and re-cut to 1,000 sentences a side (fewer where there are not
enough) of which 0, 2, 10, 33 and 60 % have a translation. Per model: e5-small; use-multilingual-v3 and both together where both
languages are known to both.

- F1: of what comes out, against the gold list; and the best that any threshold gives;
- stated: the precision that mining itself estimates; true: what it is. TICO-19 says several things twice in other words, which the
  gold list does not count as translations: "near copies" are pairs whose English sides share more than half of their words.
  "true without" leaves them out;
- vectors only: the same without looking at the texts.

Other ways, on the same vectors (not centred), which need a threshold: the cosine above 0.75 (what tutorials do), mutual best by
margin ratio, and, with ``--peers``, the code of LASER (``source/mine_bitexts.py``) and of sentence-transformers
(``bitext_mining_utils.py``) from checkouts in that folder (``LASER``, ``sentence-transformers``): at 1.06 and 1.0, as their
examples have it, and at the threshold that is best for each set in hindsight.

Tatoeba: for each of XTREME's 36 languages, the share of sentences whose best English sentence by margin is the right one.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import os
import re
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np
from tatoeba import XTREME

from interlingua import LanguageMeans
from interlingua.encoding.joint import open_encoder
from interlingua.languages import canonical
from interlingua.mining.candidates import BothWays, candidates
from interlingua.mining.filters import Filters, filtered
from interlingua.mining.margins import best_of_each, margin_scores
from interlingua.mining.mine import Mined, Rules, mine_prepared
from interlingua.mining.searching import nearest_both_ways
from interlingua.mining.sentences import Sentences

BOTH = "e5-small+0.3*use-multilingual-v3"
MODELS = ("e5-small", "use-multilingual-v3", BOTH)
USE = {"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}
OVERLAPS = (0.0, 0.02, 0.1, 0.33, 0.6)
SIZE = 1000
ALIKE = 0.5
SEED = 3


@dataclass(frozen=True)
class Task:
    """Two heaps and the pairs of rows that are translations.

    Attributes:
        langs: the languages.
        texts: the sentences of both.
        gold: pairs of rows.
        english: of each sentence, in words, what it says in English.
    """

    langs: tuple[str, str]
    texts: tuple[list[str], list[str]]
    gold: frozenset[tuple[int, int]]
    english: tuple[list[frozenset[str]], list[frozenset[str]]]

    def picked(self, rows: tuple[np.ndarray, np.ndarray]) -> Task:
        """Some rows of each side."""
        places = [{int(row): place for place, row in enumerate(side)} for side in rows]
        gold = {(places[0][a], places[1][b]) for a, b in self.gold if a in places[0] and b in places[1]}
        texts, english = ([[side[row] for row in some] for side, some in zip(sides, rows, strict=True)]
                          for sides in (self.texts, self.english))  # fmt: skip
        return Task(self.langs, (texts[0], texts[1]), frozenset(gold), (english[0], english[1]))

    def near_copies(self, pair: tuple[int, int]) -> bool:
        """Whether a wrong pair says nearly the same."""
        one, other = self.english[0][pair[0]], self.english[1][pair[1]]
        return len(one & other) > ALIKE * len(one | other)


def tasks(data: Path) -> dict[str, Task]:
    """The sets of mining_made."""
    translated = _translated(data)
    found = {}
    for folder in sorted((data / "mining_made").glob("tico.*")):
        name = folder.name.removeprefix("tico.")
        files = [path.stem for path in folder.glob("*.tsv") if path.stem != "gold"]
        first = max((stem for stem in files if name.startswith(f"{stem}-")), key=len)
        stems = (first, name[len(first) + 1 :])
        sides = [
            [line.split("\t", 1) for line in (folder / f"{stem}.tsv").read_text("utf-8").splitlines()] for stem in stems
        ]
        rows = [{id: row for row, (id, _) in enumerate(side)} for side in sides]
        gold = frozenset(
            (rows[0][a], rows[1][b]) for a, b in map(str.split, (folder / "gold.tsv").read_text("utf-8").splitlines())
        )
        texts = [[text for _, text in side] for side in sides]
        words = [
            [translated[stem].get(text, frozenset()) for text in side] for stem, side in zip(stems, texts, strict=True)
        ]
        langs = [canonical(stem).partition("-")[0] for stem in stems]
        found[name] = Task((langs[0], langs[1]), (texts[0], texts[1]), gold, (words[0], words[1]))
    return found


def _translated(data: Path) -> dict[str, dict[str, frozenset[str]]]:
    tables = {}
    for path in (data / "tico19" / "text").glob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as file:
            tables[path.stem] = {
                row["id"]: row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            }
    words = {id: frozenset(re.findall(r"\w+", text.casefold())) for id, text in tables["en"].items()}
    return {stem: {text: words[id] for id, text in table.items() if id in words} for stem, table in tables.items()}


def recut(task: Task, overlap: float, seed: int) -> Task:
    """A smaller set of which a share has a translation."""
    chance = np.random.default_rng([SEED, seed])
    gold = chance.permutation(np.array(sorted(task.gold)))
    size = min(SIZE, int(len(gold) / overlap)) if overlap else SIZE
    common_ = round(overlap * size)
    kept, rest = gold[:common_], gold[common_:]
    half = len(rest) // 2
    rows = []
    for side in (0, 1):
        alone = np.setdiff1d(np.arange(len(task.texts[side])), gold[:, side])
        # Of a translation that is not wanted one side may stay.
        alone = np.r_[alone, rest[:half, 0] if side == 0 else rest[half:, 1]]
        rows.append(chance.permutation(np.r_[kept[:, side], chance.permutation(alone)[: size - common_]]))
    return task.picked((rows[0], rows[1]))


class Vectors:
    """Sentences embedded once with each model, and kept in a folder."""

    def __init__(self, work: Path, precision: str) -> None:
        self._work, self._precision = work, precision
        self._tables: dict[tuple[str, str], tuple[dict[str, int], np.ndarray]] = {}

    def known(self, model: str, lang: str, texts: Sequence[str]) -> None:
        """Embed what is to be asked for."""
        unique = sorted(set(texts))
        key = hashlib.sha256(json.dumps([model, self._precision, lang, unique]).encode()).hexdigest()[:20]
        path = self._work / f"{key}.npy"
        if not path.is_file():
            with open_encoder(model, precision=self._precision) as encoder:
                np.save(path, encoder.encode(unique, long="window"))
        self._tables[model, lang] = {text: row for row, text in enumerate(unique)}, np.load(path)

    def of(self, model: str, lang: str, texts: Sequence[str]) -> np.ndarray:
        """(n, d), not centred."""
        if model == BOTH:
            parts = np.array([1.0, 0.3], np.float32) / np.linalg.norm([1.0, 0.3])
            both = zip(parts, MODELS[:2], strict=True)
            return np.concatenate([weight * self.of(one, lang, texts) for weight, one in both], axis=1)
        rows, table = self._tables[model, lang]
        return table[[rows[text] for text in texts]]

    def sentences(self, model: str, lang: str, texts: list[str]) -> Sentences:
        """Ready to be mined, with the usual filters."""
        langs: list[str | None] = [lang] * len(texts)
        chosen = filtered(texts, langs, Filters())
        kept = [texts[row] for row in chosen.rows]
        centred = LanguageMeans.shipped(model).centre(self.of(model, lang, kept), lang).astype(np.float16)
        return Sentences(kept, [lang] * len(kept), np.array(chosen.rows), centred, chosen.dropped, model)


def quality(task: Task, found: Mined, best: float) -> dict[str, Any]:
    """What came out against the gold list."""
    pairs = [(pair.source_row, pair.target_row) for pair in found.pairs]
    right = sum(pair in task.gold for pair in pairs)
    copies = sum(task.near_copies(pair) for pair in pairs if pair not in task.gold)
    return {
        "pairs": len(pairs),
        "gold": len(task.gold),
        "right": right,
        "near_copies": copies,
        "f1": 2 * right / max(1, len(pairs) + len(task.gold)),
        "best_f1": best,
        "stated": found.precision,
        "true": right / len(pairs) if pairs else None,
        "true_without": right / (len(pairs) - copies) if len(pairs) > copies else None,
        "translations_estimated": found.translations,
    }


def best_f1(task: Task, pairs: Sequence[tuple[int, int]]) -> float:
    """Of any number of pairs from the front."""
    right = np.cumsum([pair in task.gold for pair in pairs])
    scores = 2 * right / (np.arange(1, len(pairs) + 1) + len(task.gold))
    return float(scores.max(initial=0.0))


def mined(task: Task, vectors: Vectors, model: str) -> dict[str, Any]:
    """With the defaults; and from vectors alone."""
    sides = [vectors.sentences(model, lang, texts) for lang, texts in zip(task.langs, task.texts, strict=True)]
    results = {}
    for name, texts in (("default", True), ("vectors only", False)):
        found = mine_prepared(sides[0], sides[1], Rules(look_at_texts=texts))
        everything = mine_prepared(sides[0], sides[1], Rules(look_at_texts=texts, threshold=-1.0, retrieval="max"))
        ranked = [(pair.source_row, pair.target_row) for pair in everything.pairs]
        results[name] = quality(task, found, best_f1(task, ranked))
    return results


def other_ways(task: Task, vectors: Vectors, model: str, peers: Path | None) -> dict[str, Any]:
    """What people do today, on vectors that are not centred."""
    x, y = (
        vectors.of(model, lang, texts).astype(np.float32) for lang, texts in zip(task.langs, task.texts, strict=True)
    )
    found = nearest_both_ways(x, y, advance=lambda _count: None)
    results = {"cosine above 0.75": _at(task, *_nearest_targets(found), 0.75), **_margin(task, found)}
    for name, ranked in _peers(x, y, peers).items():
        pairs, scores = ranked
        wanted = 1.06 if name == "LASER" else 1.0
        results[name] = {f"at {wanted}": _at(task, pairs, scores, wanted), "best": best_f1(task, pairs)}
    return results


def _nearest_targets(found: BothWays) -> tuple[list[tuple[int, int]], np.ndarray]:
    return list(enumerate(found.forward.rows[:, 0].tolist())), found.forward.scores[:, 0]


def _at(task: Task, pairs: Sequence[tuple[int, int]], scores: np.ndarray, threshold: float) -> float:
    kept = [pair for pair, score in zip(pairs, scores, strict=True) if score > threshold]
    return 2 * sum(pair in task.gold for pair in kept) / max(1, len(kept) + len(task.gold))


def _margin(task: Task, found: BothWays) -> dict[str, Any]:
    pairs = candidates(found, 4)
    scores = margin_scores(pairs, found, "ratio", 4)
    mutual = best_of_each(pairs.sources, scores, pairs.targets, pairs.forward)
    mutual &= best_of_each(pairs.targets, scores, pairs.sources, pairs.backward)
    rows = np.flatnonzero(mutual)
    rows = rows[np.argsort(-scores[rows], kind="stable")]
    ranked = list(zip(pairs.sources[rows].tolist(), pairs.targets[rows].tolist(), strict=True))
    return {"mutual best by margin, best threshold": best_f1(task, ranked)}


def _peers(x: np.ndarray, y: np.ndarray, peers: Path | None) -> dict[str, tuple[list[tuple[int, int]], np.ndarray]]:
    """The pairs of other tools' code, ranked, and their scores."""
    found = {}
    for name, path, nearest in (
        ("LASER", "LASER/source/mine_bitexts.py", "knnCPU"),
        (
            "sentence-transformers",
            "sentence-transformers/examples/sentence_transformer/applications/parallel-sentence-mining/bitext_mining_utils.py",
            "kNN",
        ),
    ):
        if peers is None or not (peers / path).is_file():
            continue
        os.environ.setdefault("LASER", str(peers / "LASER"))
        for stub in ("embed", "text_processing", "torch"):  # imported there, but not used by what is called
            sys.modules.setdefault(stub, types.ModuleType(stub))
            sys.modules[stub].__getattr__ = lambda _name: None  # type: ignore[method-assign]
        spec = importlib.util.spec_from_file_location(name.replace("-", "_"), peers / path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found[name] = _ranked_by(module, getattr(module, nearest), x, y)
    return found


def _ranked_by(module: Any, nearest: Any, x: np.ndarray, y: np.ndarray) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Both tools' main scripts: forward and backward bests, the highest margins first, each sentence once."""
    (x_scores, x_rows), (y_scores, y_rows) = nearest(x, y, 4), nearest(y, x, 4)
    means = x_scores.mean(axis=1), y_scores.mean(axis=1)
    ratio = lambda a, b: a / b  # noqa: E731
    forward = module.score_candidates(x, y, x_rows, *means, ratio)
    backward = module.score_candidates(y, x, y_rows, *means[::-1], ratio)
    best = x_rows[np.arange(len(x)), forward.argmax(axis=1)], y_rows[np.arange(len(y)), backward.argmax(axis=1)]
    pairs = np.r_[np.c_[np.arange(len(x)), best[0]], np.c_[best[1], np.arange(len(y))]]
    scores = np.r_[forward.max(axis=1), backward.max(axis=1)]
    ranked, kept = [], []
    used: tuple[set[int], set[int]] = set(), set()
    for place in np.argsort(-scores):
        a, b = map(int, pairs[place])
        if a not in used[0] and b not in used[1]:
            used[0].add(a)
            used[1].add(b)
            ranked.append((a, b))
            kept.append(float(scores[place]))
    return ranked, np.array(kept)


def tatoeba(data: Path, vectors: Vectors) -> dict[str, dict[str, float]]:
    """Accuracy of the best English sentence by each margin, other language to English: e5-small; and both where both know it."""
    totals: dict[str, Counter[str]] = {"e5-small": Counter(), "ensemble": Counter()}
    for code in XTREME:
        rows = [line.split("\t") for line in (data / "tatoeba" / f"{code}-eng.tsv").read_text("utf-8").splitlines()]
        texts = [row[0] for row in rows], [row[1] for row in rows]
        lang = canonical(code)
        names = lang, f"en of {lang}"
        for name, total in totals.items():
            model = BOTH if name == "ensemble" and lang in USE else "e5-small"
            means = LanguageMeans.shipped(model)
            sides = []
            for side, spoken, key in zip(texts, (lang, "en"), names, strict=True):
                for part in MODELS[:2] if model == BOTH else MODELS[:1]:
                    vectors.known(part, key, side)
                sides.append(means.centre(vectors.of(model, key, side), spoken))
            for margin, accuracy in _accuracies(sides, texts).items():
                total[margin] += accuracy / len(XTREME)
    return {name: dict(total) for name, total in totals.items()}


def _accuracies(sides: list[np.ndarray], texts: tuple[list[str], list[str]]) -> dict[str, float]:
    found = nearest_both_ways(*sides, advance=lambda _count: None)
    pairs = candidates(found, 8)
    accuracies = {}
    for margin in ("absolute", "ratio", "distance"):
        scores = margin_scores(pairs, found, margin, 4)
        best = best_of_each(pairs.sources, scores, pairs.targets, np.ones(len(pairs), bool))
        chosen = zip(pairs.sources[best].tolist(), pairs.targets[best].tolist(), strict=True)
        accuracies[margin] = 100 * sum(texts[1][a] == texts[1][b] for a, b in chosen) / len(texts[0])
    return accuracies


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-mining-benchmark")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--peers", type=Path, default=None, help="a folder with checkouts of other tools")
    parser.add_argument("--precision", default="exact", help="exact or fast [default: %(default)s]")
    parser.add_argument("--part", default="made,recut,tatoeba", help="which parts [default: all]")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    vectors = Vectors(arguments.work, arguments.precision)
    made = tasks(arguments.data)
    results: dict[str, Any] = {"precision": arguments.precision, "models": {}}
    by_lang: dict[str, set[str]] = {}
    for task in made.values():
        for lang, texts in zip(task.langs, task.texts, strict=True):
            by_lang.setdefault(lang, set()).update(texts)
    parts = arguments.part.split(",")
    if "tatoeba" in parts:
        results["tatoeba"] = tatoeba(arguments.data, vectors)
        print("tatoeba", results["tatoeba"], flush=True)
    for model in arguments.models.split(","):
        some = {name: task for name, task in made.items() if model == "e5-small" or set(task.langs) <= USE}
        for lang in {lang for task in some.values() for lang in task.langs}:
            for part in MODELS[:2] if model == BOTH else [model]:
                vectors.known(part, lang, sorted(by_lang[lang]))
        here: dict[str, Any] = {"made": {}, "recut": {}}
        for number, (name, task) in enumerate(some.items()):
            if "made" in parts:
                here["made"][name] = mined(task, vectors, model) | other_ways(task, vectors, model, arguments.peers)
            if "recut" in parts:
                for overlap in OVERLAPS:
                    cut = mined(recut(task, overlap, number), vectors, model)
                    here["recut"].setdefault(str(overlap), {})[name] = cut
        results["models"][model] = here
        _show(model, here)
    common.write("mining", results)


def _show(model: str, results: dict[str, Any]) -> None:
    print(model)
    for name, one in results["made"].items():
        default = one["default"]
        others = {way: _short(value) for way, value in one.items() if way not in ("default", "vectors only")}
        print(f"  {name}: {_line([default])}; vectors only {100 * one['vectors only']['f1']:.1f}; {others}")
    if results["made"]:
        print("  mean:", _line([one["default"] for one in results["made"].values()]))
        print("  mean, vectors only:", _line([one["vectors only"] for one in results["made"].values()]))
    for overlap, sets in results["recut"].items():
        print(f"  {float(overlap):.0%} have a translation:", _line([one["default"] for one in sets.values()]))


def _line(found: list[dict[str, Any]]) -> str:
    def mean(key: str) -> float:
        values = [one[key] for one in found if one[key] is not None]
        return float(np.mean(values)) if values else float("nan")

    return (
        f"F1 {100 * mean('f1'):.1f} (best {100 * mean('best_f1'):.1f}), pairs {mean('pairs'):.1f} of {mean('gold'):.1f}, stated "
        f"{mean('stated'):.3f}, true {mean('true'):.3f}, without near copies {mean('true_without'):.3f}"
    )


def _short(value: Any) -> Any:
    return (
        {key: round(100 * one, 1) for key, one in value.items()} if isinstance(value, dict) else round(100 * value, 1)
    )


if __name__ == "__main__":
    main()
