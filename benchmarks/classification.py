"""Classification: trained in one language, tested in others; few examples; abstention; speed. Beside plain logistic regression.

    python benchmarks/classification.py [--model e5-small] [--work DIR] [--part sib,xsid,…]

- sib: SIB-200 (7 topics), trained on the English train rows (701), tested on the dev rows (99) of every language; and trained
  on five languages. Beside it scikit-learn's LogisticRegression on the same vectors, with C=1 (its default) and C=10.
- xsid: xSID (16 intents), trained on its English training requests, tested on the test rows of each language and dialect.
- banking: Banking77 (77 intents), with all training rows and with 10 of each class (mean of five draws).
- abstention: texts of two other sets mixed in, one for four in scope; precision and share answered at a wanted precision of 0.95.
- examples: SIB-200 and Banking77 with 1 to 50 examples of a class and each head (mean of three draws).
- zero_shot: SIB-200 by the names of the topics, and by descriptions.
- speed: training on 10,000 examples; what predicting adds to encoding; a cold start of the command.

Languages are identified from each text by itself; nothing is told. Vectors are kept in ``--work``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
from classification_data import TWELVE, Labelled, Sets, joined
from sklearn.linear_model import LogisticRegression

from interlingua import CrossLingualClassifier, Encoder
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical

PARTS = ("sib", "xsid", "banking", "abstention", "examples", "zero_shot", "speed")
FIVE = ("en", "fr", "zh", "ar", "sw")
XSID = (
    "en",
    "ar",
    "da",
    "de",
    "id",
    "it",
    "ja",
    "kk",
    "lt",
    "nl",
    "no",
    "sr",
    "tr",
    "zh",
    "de-ba",
    "de-muc",
    "de-st",
    "gsw",
    "nap",
)
TOPICS = {
    "entertainment": ["films, music, theatre and celebrities", "She sang at the festival and won an award for her film."],
    "geography": ["countries, rivers, islands and mountains", "The island lies north of the mainland; its capital is a port."],
    "health": ["illness, medicine, hospitals and nutrition", "The patients were treated for the virus in hospital."],
    "politics": ["government, elections, law and war", "The president signed the law after the vote in parliament."],
    "science/technology": ["science, research, computers and space", "Scientists found that the particles move faster."],
    "sports": ["sports, games, athletes and competitions", "The team won the match and the championship."],
    "travel": ["travel, tourism, hotels and transport", "Visitors can take a bus from the airport to the hotel."],
}  # fmt: skip


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-classification")
    parser.add_argument("--part", default=",".join(PARTS))
    options = parser.parse_args()
    encoder = Encoder(options.model)
    sets = Sets(options.data, options.work, encoder)
    path = common.RESULTS / f"classification-{options.model}.json"
    results: dict[str, Any] = {}
    if path.exists():
        import json

        results = {name: found for name, found in json.loads(path.read_text()).items() if name != "environment"}
    for part in options.part.split(","):
        results[part] = globals()[f"measure_{part}"](sets, encoder)
        print(part, shown(results[part]), flush=True)
    common.write(f"classification-{options.model}", results)


def shown(found: Any) -> str:
    return str(found)[:3000]


def trained(encoder: Encoder, rows: Labelled, **parameters: Any) -> CrossLingualClassifier:
    return CrossLingualClassifier(encoder, **parameters).fit(rows.vectors, rows.labels, langs=rows.langs)


def accuracy(model: CrossLingualClassifier, rows: Labelled) -> float:
    return percent(model.predict(rows.vectors, langs=rows.langs) == np.array(rows.labels))


def plain(rows: Labelled, tests: dict[str, Labelled], penalty: float) -> dict[str, float]:
    model = LogisticRegression(C=penalty, max_iter=1000).fit(rows.vectors, rows.labels)
    return {name: percent(model.predict(test.vectors) == np.array(test.labels)) for name, test in tests.items()}


def percent(right: np.ndarray) -> float:
    return round(100 * float(np.mean(right)), 2)


def compared(encoder: Encoder, rows: Labelled, tests: dict[str, Labelled]) -> dict[str, Any]:
    """Accuracy by language: ours, and plain logistic regression's."""
    model = trained(encoder, rows)
    found = {"ours": {name: accuracy(model, test) for name, test in tests.items()}}
    found |= {f"plain C={penalty}": plain(rows, tests, penalty) for penalty in (1, 10)}
    return {"chosen": model.trained_.about, **found}


def measure_sib(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    tests = {code: sets.sib(code, "dev") for code in sets.sib_codes()}
    covered = [code for code in tests if lang_of(code) in set(encoder.card.languages)]
    twelve = [
        code for lang, code in TWELVE.items() if lang in set(encoder.card.languages) or encoder.name == "e5-small"
    ]
    found = {}
    five = [lang for lang in FIVE if TWELVE[lang] in twelve]
    for name, langs in (("English", ["en"]), (f"five languages ({', '.join(five)})", five)):
        one = compared(encoder, joined([sets.sib(TWELVE[lang], "train") for lang in langs]), tests)
        for who in ("ours", "plain C=1", "plain C=10"):
            scores = one[who]
            one[f"{who}: means"] = {
                "the twelve" if len(twelve) == 12 else "those of the twelve that it knows": mean(scores, twelve),
                f"{len(covered)} that the model knows": mean(scores, covered),
                f"all {len(tests)}": mean(scores, list(tests)),
            }
        found[name] = one
    return found


def mean(scores: dict[str, float], names: list[str]) -> float:
    return round(float(np.mean([scores[name] for name in names])), 2)


def lang_of(code: str) -> str | None:
    try:
        return canonical(code.replace("_", "-"))
    except UnknownLanguage:
        return None


def measure_xsid(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    tests = {lang: sets.xsid(lang) for lang in XSID}
    found = compared(encoder, sets.xsid_train(), tests)
    for who in ("ours", "plain C=1", "plain C=10"):
        found[f"{who}: mean"] = mean(found[who], list(tests))
    return found


def measure_banking(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    train, test = sets.banking("train"), {"test": sets.banking("test")}
    found: dict[str, Any] = {"all 10,003": compared(encoder, train, test)}
    draws = [compared(encoder, train.few(10, seed), test) for seed in range(5)]
    found["10 of each class, mean of 5 draws"] = {
        who: round(float(np.mean([draw[who]["test"] for draw in draws])), 2)
        for who in ("ours", "plain C=1", "plain C=10")
    }
    return found


def measure_abstention(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    sib = {lang: sets.sib(code, "dev") for lang, code in TWELVE.items()}
    xsid = {lang: sets.xsid(lang) for lang in XSID}
    banking = {"en": sets.banking("test")}
    english = sets.xsid_train().few(100, 0)
    cases = {
        "sib200": (sets.sib(TWELVE["en"], "train"), sib, [banking["en"], xsid["de"], xsid["zh"], xsid["en"]]),
        "xsid, at most 100 of a class": (english, xsid, [banking["en"], sib["en"], sib["zh"], sib["ar"]]),
        "banking77": (sets.banking("train"), banking, [xsid["en"], xsid["de"], sib["en"], sib["zh"]]),
    }
    found = {}
    for name, (train, tests, strangers) in cases.items():
        model = trained(encoder, train, target_precision=0.95)
        outside = [model.predict(rows.vectors, langs=rows.langs) for rows in strangers]
        answered_outside = float(np.mean(np.concatenate(outside) != "unknown"))
        by_language = {lang: abstained(model, test, answered_outside) for lang, test in tests.items()}
        found[name] = {
            "strangers answered": round(100 * answered_outside, 2),
            "mean precision": round(float(np.mean([one["precision"] for one in by_language.values()])), 2),
            "mean answered": round(float(np.mean([one["answered"] for one in by_language.values()])), 2),
            "by language": by_language,
        }
    return found


def abstained(model: CrossLingualClassifier, rows: Labelled, answered_outside: float) -> dict[str, float]:
    """Precision with one stranger for four texts in scope, and the share of the texts in scope that is answered."""
    predicted = model.predict(rows.vectors, langs=rows.langs)
    answered = predicted != "unknown"
    right = (predicted == np.array(rows.labels)).sum()
    strangers = 0.25 * len(rows.labels) * answered_outside
    return {
        "precision": round(100 * float(right / max(answered.sum() + strangers, 1e-9)), 2),
        "precision without strangers": round(100 * float(right / max(answered.sum(), 1)), 2),
        "answered": percent(answered),
    }


def measure_examples(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tests = joined([sets.sib(code, "dev") for code in TWELVE.values()])
    for name, train, test in (
        ("sib200, mean over twelve languages", sets.sib(TWELVE["en"], "train"), tests),
        ("banking77", sets.banking("train"), sets.banking("test")),
    ):
        for number in (1, 3, 5, 10, 20, 50):
            for head in ("auto", "logistic", "blend", "knn", "centroid"):
                scores = [accuracy(trained(encoder, train.few(number, seed), head=head), test) for seed in range(3)]
                found.setdefault(name, {}).setdefault(head, {})[number] = round(float(np.mean(scores)), 2)
    return found


def measure_zero_shot(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    found = {}
    for name, labels in (("names", sorted(TOPICS)), ("descriptions", TOPICS)):
        model = CrossLingualClassifier.zero_shot(labels, encoder, langs="en")
        scores = {lang: accuracy(model, sets.sib(code, "dev")) for lang, code in TWELVE.items()}
        found[name] = {"mean": mean(scores, list(scores)), **scores}
    return found


def measure_speed(sets: Sets, encoder: Encoder) -> dict[str, Any]:
    train, test = sets.banking("train"), sets.banking("test")
    began = time.perf_counter()
    model = trained(encoder, train)
    training = time.perf_counter() - began
    began = time.perf_counter()
    model.predict(test.vectors, langs=test.langs)
    predicting = time.perf_counter() - began
    texts = Path(sets._data, "banking77_en", "test.tsv").read_text(encoding="utf-8").splitlines()[1:1001]
    texts = [line.split("\t")[1] for line in texts]
    encoder.encode(texts[:50])
    began = time.perf_counter()
    encoder.encode(texts)
    encoding = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model")
        command = [sys.executable, "-m", "interlingua", "classify", "predict", str(Path(folder) / "model"), "-"]
        cold = []
        for _ in range(3):
            began = time.perf_counter()
            subprocess.run(command, input="Where is my new card?\n", text=True, check=True, capture_output=True)
            cold.append(time.perf_counter() - began)
    return {
        "training on 10,003 examples of 77 classes, s": round(training, 2),
        "encoding, ms a text": round(1000 * encoding / len(texts), 3),
        "predicting, ms a text": round(1000 * predicting / len(test.labels), 3),
        "predicting, % of encoding": round(100 * predicting / len(test.labels) / (encoding / len(texts)), 2),
        "cold start of the command, s": round(min(cold), 2),
    }


if __name__ == "__main__":
    main()
