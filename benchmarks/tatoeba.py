"""Bitext retrieval on Tatoeba: for each foreign sentence, is its own English translation the nearest?

    python benchmarks/tatoeba.py [--data DIR] [--anchors FILE] [--model NAME ...] [--precision fast] [--xtreme]

All 112 languages, or XTREME's 36; accuracy in %, other language → English, with plain cosine, with the language means that come
with the package, and with each language centred on the mean of its own sentences in the set (which sees the test sentences,
though not which belongs to which). The means that come with the package were fitted on other data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import common
import numpy as np

from interlingua import Encoder, LanguageMeans, nearest
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical

# The 36 languages of XTREME's Tatoeba task (Hu et al. 2020), by the codes of the files.
XTREME = [
    "afr",
    "ara",
    "ben",
    "bul",
    "deu",
    "ell",
    "est",
    "eus",
    "fin",
    "fra",
    "heb",
    "hin",
    "hun",
    "ind",
    "ita",
    "jav",
    "jpn",
    "kat",
    "kaz",
    "kor",
    "mal",
    "mar",
    "nld",
    "pes",
    "por",
    "rus",
    "spa",
    "swh",
    "tam",
    "tel",
    "tgl",
    "tha",
    "tur",
    "urd",
    "vie",
    "cmn",
]
# Those of them that the universal sentence encoder was trained on.
USE = ["ara", "cmn", "deu", "fra", "ita", "jpn", "kor", "nld", "por", "rus", "spa", "tha", "tur", "pol"]


def accuracy(foreign: np.ndarray, english: np.ndarray) -> float:
    """Share of rows whose nearest English row is their own, in %."""
    return float(100 * (nearest(foreign, english, 1).rows[:, 0] == np.arange(len(foreign))).mean())


def evaluate(encoder: Encoder, path: Path, means: LanguageMeans) -> dict[str, Any]:
    code = path.stem.removesuffix("-eng")
    rows = [line.rstrip("\n").split("\t") for line in path.open(encoding="utf-8")]
    foreign, english = encoder.encode([row[0] for row in rows]), encoder.encode([row[1] for row in rows])
    try:
        lang = canonical(code)
    except UnknownLanguage:
        lang = None

    def own(vectors: np.ndarray) -> np.ndarray:
        return LanguageMeans.estimated(vectors, ["en"] * len(vectors)).centre(vectors, "en")

    return {
        "pairs": len(rows),
        "known": lang in encoder.card.languages,
        "cosine": round(accuracy(foreign, english), 2),
        "shipped_means": round(accuracy(means.centre(foreign, lang), means.centre(english, "en")), 2),
        "own_means": round(accuracy(own(foreign), own(english)), 2),
    }


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--anchors", type=Path, default=common.ROOT.parent / "shared" / "anchors" / "tatoeba.tsv")
    parser.add_argument("--model", action="append", help="[default: both bundled models]")
    parser.add_argument("--precision", choices=["exact", "fast"], default="exact", help="[default: exact]")
    parser.add_argument("--xtreme", action="store_true", help="only the 36 languages of XTREME's task")
    arguments = parser.parse_args()
    anchors = read_anchors(arguments.anchors)
    for model in arguments.model or ["e5-small", "use-multilingual-v3"]:
        encoder = Encoder(model, precision=arguments.precision)
        means = LanguageMeans.shipped(model)
        languages: dict[str, Any] = {}
        for path in sorted((arguments.data / "tatoeba").glob("*-eng.tsv")):
            code = path.stem.removesuffix("-eng")
            if arguments.xtreme and code not in XTREME:
                continue
            languages[code] = evaluate(encoder, path, means) | {"published": anchors.get(code, {})}
            print(code, languages[code]["cosine"], languages[code]["shipped_means"], flush=True)
        wanted = {"xtreme_36": XTREME}
        if not arguments.xtreme:
            wanted |= {"use_14": USE, "all_112": list(languages)}
        averages = {name: average(languages, codes) for name, codes in wanted.items()}
        for name, values in averages.items():
            print(model, name, values)
        name = f"tatoeba-{model}" + (f"-xtreme-{arguments.precision}" if arguments.xtreme else "")
        common.write(name, {"unit": "accuracy in %, other → English", "averages": averages, "languages": languages})


def average(languages: dict[str, Any], codes: list[str]) -> dict[str, float]:
    """The mean over languages of ours and of each published model that has all of them."""
    values = {
        kind: round(float(np.mean([languages[code][kind] for code in codes])), 2)
        for kind in ("cosine", "shipped_means", "own_means")
    }
    for name in languages[codes[0]]["published"]:
        scores = [languages[code]["published"].get(name) for code in codes]
        if all(score is not None for score in scores):
            values[f"published {name}"] = round(float(np.mean(scores)), 2)
    return values


def read_anchors(path: Path) -> dict[str, dict[str, float]]:
    """Published accuracies by language and model; empty where the file is absent."""
    if not path.is_file():
        return {}
    header, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return {
        line[0]: {
            name.removesuffix(" accuracy"): float(cell)
            for name, cell in zip(header, line, strict=False)
            if name.endswith(" accuracy") and cell.strip()
        }
        for line in lines
    }


if __name__ == "__main__":
    main()
