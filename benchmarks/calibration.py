"""Are the probabilities right, and does one threshold give the precision that was asked for, in all languages?

    python benchmarks/calibration.py [--data DIR] [--model NAME ...] [--work DIR]

Pairs of texts of couples of languages: translations, random pairs, and the nearest other sentences (half of the weight on
translations; see ``calibration_data.py``). ``fitted`` are couples of languages that the curve was fitted to; ``held back`` such of
the same collections with languages that it has not seen (English apart, which is in most couples); ``tatoeba`` is another
collection: short sentences of 36 languages with English; ``stsb``: grades of 0 to 5 by people, "same" from 4, in one language and
across two, at its own share of such pairs. Figures:

- ECE: expected calibration error, ten bins of equal weight; for each couple, and for all pairs of a set together;
- precision of the decisions at the threshold for 0.95, at priors of 0.5, 0.1 and 0.01, over the couples;
- the same for one threshold on the cosine, as tutorials have it: the one that gives 0.95 on the fitted couples together.
"""

from __future__ import annotations

import csv
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import common
import numpy as np
from calibration_data import Embedded, Pairs, python_docs, tatoeba, tico

from interlingua import Encoder
from interlingua.metrics import expected_calibration_error
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.sizes import text_size

PRECISION = 0.95
PRIORS = (0.5, 0.1, 0.01)
LEAST = 300
STSB = ("de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru", "zh")
SAME = 4.0


def sets(embedded: Embedded, data: Path, known: set[str], fitted: set[str]) -> dict[str, list[Pairs]]:
    """The couples of languages by set."""
    found: dict[str, list[Pairs]] = {"fitted": [], "held back": [], "tatoeba": []}
    for source, sides in (("python_docs", python_docs(data)), ("tico19", tico(data))):
        for a, b in itertools.combinations([side for side in sides if side.lang in known], 2):
            new = {a.lang, b.lang} - {"en"}
            name = "held back" if not new & fitted else "fitted" if new <= fitted else ""
            both = sum(bool(one.strip() and two.strip()) for one, two in zip(a.texts, b.texts, strict=True))
            if name and both >= LEAST:
                found[name].append(embedded.pairs(source, a, b))
    for a, b in tatoeba(data):
        if a.lang in known:
            found["tatoeba"].append(embedded.pairs("tatoeba", a, b))
    return found


def ece(probability: np.ndarray, same: np.ndarray, weights: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal weight."""
    return expected_calibration_error(probability, same, bins=10, weights=weights)


def at_prior(pairs: Pairs, prior: float) -> np.ndarray:
    """The weights at another share of translations."""
    return pairs.weights * np.where(pairs.same == 1, prior / 0.5, (1 - prior) / 0.5)


def precision(chosen: np.ndarray, pairs: Pairs, prior: float) -> float:
    """The share of translations among the chosen pairs."""
    weights = at_prior(pairs, prior) * chosen
    return float((weights * pairs.same).sum() / max(weights.sum(), 1e-300))


def cosine_threshold(fitted: list[Pairs], prior: float) -> float:
    """The lowest cosine from which on 95 % of the fitted pairs, taken together, are translations."""
    cosines = np.concatenate([one.bare for one in fitted])
    weights = np.concatenate([at_prior(one, prior) for one in fitted])
    same = np.concatenate([one.same for one in fitted])
    order = np.argsort(-cosines)
    reached = np.cumsum((weights * same)[order]) / np.cumsum(weights[order]) >= PRECISION
    return float(cosines[order][np.flatnonzero(reached)[-1]])


def measured(found: dict[str, list[Pairs]], calibration: Calibration) -> dict[str, Any]:
    """The figures of all sets."""
    results: dict[str, Any] = {}
    limits = {
        prior: (calibration.threshold(PRECISION, prior=prior), cosine_threshold(found["fitted"], prior))
        for prior in PRIORS
    }
    for name, couples in found.items():
        told = [_couple(one, calibration, limits) for one in couples]
        everything = [
            np.concatenate(parts)
            for parts in zip(*((_probability(one, calibration), one.same, one.weights) for one in couples), strict=True)
        ]
        results[name] = {
            "couples": len(couples),
            "ece_together": ece(*everything),
            "ece_mean": float(np.mean([one["ece"] for one in told])),
            "ece_worst": max((one["ece"], one["couple"]) for one in told),
            "within_0.03": float(np.mean([one["ece"] <= 0.03 for one in told])),
            "precision": {
                str(prior): {
                    way: _spread([one["precision"][str(prior)][way] for one in told]) for way in ("ours", "cosine")
                }
                for prior in PRIORS
            },
            "recall": {
                str(prior): {
                    way: _spread([one["recall"][str(prior)][way] for one in told]) for way in ("ours", "cosine")
                }
                for prior in PRIORS
            },
            "each": told,
        }
    return results


def _probability(pairs: Pairs, calibration: Calibration) -> np.ndarray:
    a, b = ([lang] * len(pairs.same) for lang in pairs.langs)
    return calibration.probabilities(pairs.cosines, a, b, pairs.sizes)


def _couple(pairs: Pairs, calibration: Calibration, limits: dict[float, tuple[float, float]]) -> dict[str, Any]:
    probability = _probability(pairs, calibration)
    odds = np.log(probability / (1 - probability))
    told: dict[str, Any] = {
        "couple": f"{pairs.source} {'-'.join(pairs.langs)}",
        "pairs": len(pairs.same),
        "ece": ece(probability, pairs.same, pairs.weights),
    }
    told["precision"], told["recall"] = {}, {}
    for prior, (limit, cosine) in limits.items():
        chosen = {"ours": calibration.from_log_odds(odds, prior) >= limit, "cosine": pairs.bare >= cosine}
        told["precision"][str(prior)] = {way: precision(rows, pairs, prior) for way, rows in chosen.items()}
        told["recall"][str(prior)] = {way: float(rows[pairs.same == 1].mean()) for way, rows in chosen.items()}
    return told


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "mean": float(np.mean(values)),
        "least": min(values),
        "most": max(values),
        "within_0.93_0.97": float(np.mean([0.93 <= value <= 0.97 for value in values])),
    }


def graded(embedded: Embedded, data: Path, calibration: Calibration, known: set[str]) -> dict[str, Any]:
    """STS benchmark, test: calibration at its share of pairs with a grade of 4 or more, in one language and across two."""
    sides, same = {}, np.zeros(0)
    for lang in STSB:
        if lang in known:
            rows = list(
                csv.DictReader(
                    (data / "stsb_multi_mt" / f"{lang}.test.tsv").open(encoding="utf-8"),
                    delimiter="\t",
                    quoting=csv.QUOTE_NONE,
                )
            )
            same = np.array([float(row["score"]) >= SAME for row in rows])
            texts = [[row[name] for row in rows] for name in ("sentence1", "sentence2")]
            sides[lang] = [
                (embedded.means.centre(embedded.vectors(part), lang), np.array([text_size(text) for text in part]))
                for part in texts
            ]
    prior = float(same.mean())
    results: dict[str, Any] = {"share_of_same": prior}
    for name, couples in (
        ("one language", [(lang, lang) for lang in sides]),
        ("across", list(itertools.permutations(sides, 2))),
    ):
        errors = []
        for a, b in couples:
            (one, long), (two, short) = sides[a][0], sides[b][1]
            probability = calibration.probabilities(
                (one * two).sum(axis=1), [a] * len(same), [b] * len(same), np.minimum(long, short), prior=prior
            )
            errors.append(ece(probability, same, np.ones(len(same))))
        results[name] = {"couples": len(couples), "ece_mean": float(np.mean(errors)), "ece_worst": max(errors)}
    return results


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", action="append")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-calibration")
    arguments = parser.parse_args()
    for model in arguments.model or ["e5-small", "use"]:
        encoder = Encoder(model)
        calibration = Calibration.shipped(encoder)
        embedded = Embedded(encoder, arguments.work, calibration.means)
        known = set(encoder.card.languages)
        found = sets(embedded, arguments.data, known, set(calibration.about["languages"]))
        results = measured(found, calibration) | {"stsb": graded(embedded, arguments.data, calibration, known)}
        for name, part in results.items():
            print(encoder.name, name, {key: value for key, value in part.items() if key != "each"})
        common.write(f"calibration-{encoder.name}", {"model": encoder.name, **results})
        _tell(encoder.name, results)


def _tell(model: str, results: dict[str, Any]) -> None:
    """Write how well it fits into the calibration itself, for ``interlingua models show``."""
    path = common.ROOT / "src" / "interlingua" / "scoring" / "calibrations" / f"{model}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["about"]["calibration error"] = {
        "fitted": round(results["fitted"]["ece_together"], 3),
        "other languages": round(results["held back"]["ece_together"], 3),
        "another collection (Tatoeba)": round(results["tatoeba"]["ece_together"], 3),
    }
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
