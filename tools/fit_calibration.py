"""Fit the calibrations that come with the bundled models (``src/interlingua/scoring/calibrations``).

    python tools/fit_calibration.py DATA [--model NAME] [--work DIR]

DATA is a folder with ``tico19``, ``python_docs``, ``xsid``, ``udhr`` and ``sib200``. The curve is fitted to pairs of TICO-19 and
of the Python documentation (for e5-small also of xSID) in some languages (FITTED); the others are held back, for
``benchmarks/calibration.py``. How near the model
brings any two languages is measured on the articles of the Universal Declaration of Human Rights and on sentences of SIB-200
(FLORES-200).
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from calibration_data import Embedded, Pairs, Texts, python_docs, requests, tico

from interlingua import Encoder, LanguageMeans
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical
from interlingua.models.catalogue import bundled
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.fitting import Examples, curve, fit, spread
from interlingua.scoring.nearness import Nearness

Sets = dict[str, Callable[[Path], list[Texts]]]

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "scoring" / "calibrations"
FITTED = {
    "e5-small": {"am", "ar", "en", "es", "fr", "hi", "id", "ja", "ru", "sw", "ta", "tr", "zh"},
    "use-multilingual-v3": {"ar", "en", "es", "ja", "ru", "zh"},
}
# Under e5-small short texts in the tone of everyday life are nearer to each other than those of a manual, whatever they say.
SETS = {
    "e5-small": {"python_docs": python_docs, "tico19": tico, "xsid": requests},
    "use-multilingual-v3": {"python_docs": python_docs, "tico19": tico},
}
SENTENCES = 120
LEAST = 300
_ARTICLE = 600


def sib(data: Path, wanted: set[str]) -> list[Texts]:
    """The same sentences in each language."""
    found = {}
    for path in sorted((data / "sib200").glob("*_*.tsv")):
        lang = _code(path.stem)
        if lang in wanted and lang not in found:
            rows = sorted(_tsv(path), key=lambda row: int(row["index_id"]))
            picked = np.sort(np.random.default_rng(3).permutation(len(rows))[:SENTENCES])
            found[lang] = Texts(lang, [rows[place]["text"] for place in picked])
    return list(found.values())


def udhr(data: Path, wanted: set[str]) -> list[Texts]:
    """The beginnings of the thirty articles in each language."""
    articles: dict[str, dict[str, list[str]]] = {}
    for row in _tsv(data / "udhr" / "paragraphs.tsv"):
        articles.setdefault(row["code"], {}).setdefault(row["section"], []).append(row["text"])
    found: dict[str, Texts] = {}
    for line in (data / "udhr" / "languages.jsonl").open(encoding="utf-8"):
        told = json.loads(line)
        lang, sections = _code(told["bcp47"]), articles.get(told["code"], {})
        texts = [" ".join(sections.get(f"art{number}", []))[:_ARTICLE] for number in range(1, 31)]
        if lang in wanted and lang not in found and all(texts):
            found[lang] = Texts(lang, texts)
    return list(found.values())


def nearness(embedded: Embedded, sets: list[list[Texts]]) -> Nearness:
    """The mean cosines of translations, and of the nearest others, over the sets that have both languages."""
    languages = sorted({side.lang for sides in sets for side in sides})
    tables, counts = np.zeros((2, len(languages), len(languages))), np.zeros((len(languages), len(languages)))
    for sides in sets:
        places = [languages.index(side.lang) for side in sides]
        vectors = [embedded.means.centre(embedded.vectors(side.texts), side.lang) for side in sides]
        for (one, left), (two, right) in itertools.product(zip(places, vectors, strict=True), repeat=2):
            cosines = left @ right.T
            tables[0, one, two] += cosines.diagonal().mean()
            np.fill_diagonal(cosines, -1.0)
            tables[1, one, two] += (cosines.max(axis=0).mean() + cosines.max(axis=1).mean()) / 2
            counts[one, two] += 1
    with np.errstate(invalid="ignore"):
        return Nearness(tuple(languages), *(tables / counts))


def pairs(embedded: Embedded, data: Path, languages: set[str], sets: Sets) -> list[Pairs]:
    """The pairs of all couples of the languages that have enough sentences in common."""
    found = []
    for source, sides in sets.items():
        for a, b in itertools.combinations([side for side in sides(data) if side.lang in languages], 2):
            both = sum(bool(one.strip() and two.strip()) for one, two in zip(a.texts, b.texts, strict=True))
            if both >= LEAST:
                found.append(embedded.pairs(source, a, b))
    return found


def random_pairs(found: list[Pairs]) -> tuple[float, float]:
    """Where the centred cosines of random pairs lie, and how far they spread."""
    return spread(np.concatenate([one.cosines[one.kinds == 1] for one in found]))


def examples(found: list[Pairs], calibration: Calibration) -> Examples:
    """All of them: each set with the same weight, and in it each couple of languages."""
    couples = Counter(one.source for one in found)
    return Examples(
        np.concatenate([one.cosines for one in found]),
        np.concatenate([np.tile(calibration.nearness.of_pair(*one.langs), (len(one.same), 1)) for one in found]).T,
        np.concatenate([one.sizes for one in found]),
        np.concatenate([one.same for one in found]),
        np.concatenate([one.weights / couples[one.source] for one in found]),
    )


def fitted(encoder: Encoder, data: Path, work: Path) -> Calibration:
    """The calibration of a model."""
    means = LanguageMeans.shipped(encoder)
    embedded = Embedded(encoder, work, means)
    wanted = set(encoder.card.languages) & set(means.means)
    table = nearness(embedded, [sib(data, wanted), udhr(data, wanted)])
    none = np.zeros(0)
    bare = Calibration(encoder.name, "", means, none, table, none, none, none, {})
    used = FITTED[encoder.name]
    chosen = pairs(embedded, data, used, SETS[encoder.name])
    known = examples(chosen, bare)
    weights = fit(known)
    log_odds = replace(bare, weights=weights).log_odds(known.cosines, known.near, known.sizes)
    levels, recall, fallout = curve(log_odds, known.same, known.weights)
    about = {
        "sets": list(SETS[encoder.name]),
        "curve": f"{len(chosen)} pairs of languages, {len(known.same):,} pairs of texts",
        "languages": sorted(used),
        "nearness": "Universal Declaration of Human Rights; SIB-200",
        "random pairs": [round(value, 4) for value in random_pairs(chosen)],
        "other pairs": "half random, half nearest among 1,000 to 2,000 sentences of the collection",
    }
    return Calibration(encoder.name, "", means, weights, table, levels, recall, fallout, about)


def _code(code: str) -> str:
    try:
        return canonical(code)
    except UnknownLanguage:
        return ""


def _tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", choices=[card.name for card in bundled()], action="append")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-calibration")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    for card in bundled():
        if arguments.model and card.name not in arguments.model:
            continue
        found = fitted(Encoder(card.name), arguments.data, arguments.work)
        path = OUT / f"{card.name}.json"
        # What fit_relevance.py has added stays.
        earlier = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        kept = {name: earlier[name] for name in ("relevance", "matching") if name in earlier}
        path.write_text(json.dumps(found.facts() | kept) + "\n", encoding="utf-8")
        print(f"{path}: {path.stat().st_size:,} bytes; weights {found.weights.round(2).tolist()}", flush=True)


if __name__ == "__main__":
    main()
