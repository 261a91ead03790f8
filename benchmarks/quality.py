"""Translation checks: are spoiled translations told from real ones, and how many real ones are suspected?

    python benchmarks/quality.py [--data DIR] [--model NAME] [--limit N]

Real pairs of TICO-19, the Python documentation and SIB-200, English with 24 languages (those that the model knows).
In each, the target is spoiled in one way at a time: the next sentence of the same document instead; a clause dropped;
a digit changed; a name exchanged for one of another sentence; the source as it is; the same sentence in another
language; a placeholder that both have lost from the target. For each way: AUROC of real against spoiled (the same
rows), and how many are found at 1 % false alarms, the threshold being the first percentile of all real pairs of all
languages; by our score, by our probability alone, and by the bare cosine (for which also a threshold for each pair of
languages is taken). Besides: in how many spoiled rows a finding of the right kind (error or warning) names the
damage, and how often each kind of finding is raised in real pairs.
"""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import common
import numpy as np
from quality_corruptions import SOURCE, SPOILS, Row, load, names_of, with_placeholder

from interlingua import Encoder, metrics
from interlingua.quality.checking import TranslationCheck, check_translations

SEED = 11
NAMED = {
    "wrong sentence": {"meaning"},
    "dropped clause": {"meaning", "length", "truncated", "number", "name", "date"},
    "changed number": {"number", "date", "time"},
    "swapped names": {"name"},
    "untranslated copy": {"untranslated", "language"},
    "wrong language": {"language"},
    "lost placeholder": {"placeholder"},
}
LOST = "lost placeholder"
Scores = dict[str, dict[str, list[float]]]
MEASURES = ("score", "probability", "cosine")


def auroc(good: np.ndarray, bad: np.ndarray) -> float:
    """The share of pairs of a good and a bad value in which the good one is higher; ties count half."""
    return float(metrics.auroc([*good, *bad], [True] * len(good) + [False] * len(bad)))


def figures(check: TranslationCheck) -> dict[str, float]:
    return {"score": check.score, "probability": check.probability, "cosine": check.cosine}


def spoiled(rows: list[Row], seed: int) -> dict[str, list[tuple[int, str, str]]]:
    """For each way, the rows that it can be done to, with source and target."""
    names = names_of(rows)
    made: dict[str, list[tuple[int, str, str]]] = {}
    for number, (way, spoil) in enumerate(SPOILS.items()):
        rng = np.random.default_rng([seed, number])
        done = ((at, row.source, spoil(row, rng, names)) for at, row in enumerate(rows))
        made[way] = [(at, source, target) for at, source, target in done if target and target != rows[at].target]
    rng = np.random.default_rng([seed, 99])
    both = [with_placeholder(row, rng) for row in rows[::3]]
    made["kept placeholder"] = [(3 * at, good.source, good.target) for at, (good, _) in enumerate(both)]
    made[LOST] = [(3 * at, bad.source, bad.target) for at, (_, bad) in enumerate(both)]
    return made


def measure(sets: dict[str, list[Row]], encoder: Any) -> tuple[list[dict[str, Any]], dict[str, list[TranslationCheck]]]:
    """Check everything: one record for each spoiled row with its own good row's figures, and the checks of the real pairs."""
    records: list[dict[str, Any]] = []
    real: dict[str, list[TranslationCheck]] = {}
    for name, rows in sets.items():
        lang = name.rpartition("-")[2]

        def check(sources: list[str], targets: list[str], lang: str = lang) -> list[TranslationCheck]:
            return check_translations(encoder, sources, targets, source_lang=SOURCE, target_lang=lang)

        real[name] = check([row.source for row in rows], [row.target for row in rows])
        ways = spoiled(rows, SEED)
        kept = ways.pop("kept placeholder")
        kept_checks = check([source for _, source, _ in kept], [target for _, _, target in kept])
        for way, made in ways.items():
            if not made:
                continue
            checks = check([source for _, source, _ in made], [target for _, _, target in made])
            good = kept_checks if way == LOST else [real[name][at] for at, _, _ in made]
            for (_, source, target), bad, fine in zip(made, checks, good, strict=True):
                records.append(
                    {
                        "set": name,
                        "way": way,
                        "bad": figures(bad),
                        "good": figures(fine),
                        "named": any(f.kind in NAMED[way] and f.severity != "note" for f in bad.findings),
                        "source": source,
                        "target": target,
                        "check": bad,
                    }
                )
        print(name, len(rows), flush=True)
    return records, real


def summarise(records: list[dict[str, Any]], real: dict[str, list[TranslationCheck]]) -> dict[str, Any]:
    thresholds = {
        measure_: float(np.quantile([figures(check)[measure_] for checks in real.values() for check in checks], 0.01))
        for measure_ in MEASURES
    }
    own = {name: float(np.quantile([check.cosine for check in checks], 0.01)) for name, checks in real.items()}
    ways: dict[str, Any] = {}
    for way in NAMED:
        picked = [record for record in records if record["way"] == way]
        entry: dict[str, Any] = {
            "rows": len(picked),
            "named_by_a_finding": percent([record["named"] for record in picked]),
        }
        for measure_ in MEASURES:
            good = np.array([record["good"][measure_] for record in picked])
            bad = np.array([record["bad"][measure_] for record in picked])
            # Untranslated copies are nearer to the source than any translation: the bare cosine is upside down there.
            entry[measure_] = {
                "auroc": round(auroc(good, bad), 4),
                "found_at_1_percent": percent(bad < thresholds[measure_]),
            }
        entry["cosine"]["found_at_1_percent_of_each_pair"] = percent(
            [record["bad"]["cosine"] < own[record["set"]] for record in picked]
        )
        ways[way] = entry
    alarms: dict[str, Any] = {}
    for name, checks in real.items():
        counts: Counter[str] = Counter()
        for check in checks:
            counts.update({f"{finding.kind} ({finding.severity})" for finding in check.findings})
            counts["any error"] += any(finding.severity == "error" for finding in check.findings)
            counts["any warning or error"] += any(finding.severity != "note" for finding in check.findings)
        alarms[name] = {"pairs": len(checks)} | {
            kind: round(100 * count / len(checks), 2) for kind, count in sorted(counts.items())
        }
    by_pair = {
        name: {
            way: {
                "auroc": round(auroc(*(np.array([r[side]["score"] for r in picked]) for side in ("good", "bad"))), 4),
                "rows": len(picked),
            }
            for way in NAMED
            if (picked := [r for r in records if r["way"] == way and r["set"] == name])
        }
        for name in real
    }
    return {"thresholds_at_1_percent": thresholds, "ways": ways, "false_alarms_percent": alarms, "by_pair": by_pair}


def percent(values: Any) -> float:
    return round(100 * float(np.mean(values)), 1)


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--model", default="e5-small")
    parser.add_argument("--limit", type=int, default=150, help="pairs of each set and language")
    parser.add_argument("--vectors", help="a folder to keep vectors in between runs")
    arguments = parser.parse_args()
    encoder = Encoder(arguments.model, embedding_cache=arguments.vectors)
    sets = load(arguments.data, arguments.limit, SEED)
    known = {name: rows for name, rows in sets.items() if name.rpartition("-")[2] in encoder.card.languages}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some of the real texts are damaged or too long
        records, real = measure(known, encoder)
    results = summarise(records, real)
    for way, entry in results["ways"].items():
        print(
            f"{way:18} {entry['rows']:5} rows  AUROC {entry['score']['auroc']:.4f} (cosine {entry['cosine']['auroc']:.4f})  "
            f"found {entry['score']['found_at_1_percent']} % (probability {entry['probability']['found_at_1_percent']} %, cosine "
            f"{entry['cosine']['found_at_1_percent']} %, own {entry['cosine']['found_at_1_percent_of_each_pair']} %)  named "
            f"{entry['named_by_a_finding']} %"
        )
    common.write(f"quality-{arguments.model}", {"limit": arguments.limit, "seed": SEED, **results})


if __name__ == "__main__":
    main()
