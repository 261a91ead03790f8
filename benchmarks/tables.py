"""Print the tables of docs/models.md and docs/long-texts.md from the committed results.

python benchmarks/tables.py
"""

from __future__ import annotations

import json
from typing import Any

import common


def result(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((common.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def table(header: list[str], rows: list[list[str]]) -> None:
    print("| " + " | ".join(header) + " |")
    print("|---" * len(header) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def tatoeba() -> None:
    e5, use = (result(f"tatoeba-{model}")["averages"] for model in ("e5-small", "use-multilingual-v3"))
    names = {
        "cosine": "plain cosine",
        "shipped_means": "shipped language means",
        "own_means": "each language's own mean",
    }
    rows = [
        [f"e5-small, {words}", *(f"{e5[group][kind]:.1f}" for group in ("xtreme_36", "use_14", "all_112"))]
        for kind, words in names.items()
    ]
    rows += [[f"use-multilingual-v3, {words}", "–", f"{use['use_14'][kind]:.1f}", "–"] for kind, words in names.items()]
    published = [
        "paraphrase-multilingual-MiniLM-L12-v2",
        "paraphrase-multilingual-mpnet-base-v2",
        "multilingual-e5-small",
        "multilingual-e5-base",
        "multilingual-e5-large",
        "LaBSE",
    ]
    for model in published:
        values = (e5[group].get(f"published {model}") for group in ("xtreme_36", "use_14", "all_112"))
        rows.append([f"published: {model}", *("–" if value is None else f"{value:.1f}" for value in values)])
    table(["Tatoeba, other → English, accuracy in %", "36 of XTREME", "USE's 14", "all 112"], rows)


def fairness() -> None:
    rows = []
    for model in ("e5-small", "use-multilingual-v3"):
        for way, values in result(f"fairness-{model}")["ways"].items():
            parallel, single = values["parallel"], values["single"]
            rows.append(
                [
                    f"{model}, {way}",
                    f"{parallel['mAP']:.1f} / {parallel['recall@20']:.1f} / {parallel['own_language_in_top_10']:.0f} %",
                    f"{single['MRR']:.1f} / {single['recall@20']:.1f}",
                ]
            )
    table(["XQuAD-R", "parallel: mAP / recall@20 / own", "single: MRR / recall@20"], rows)


def scale() -> None:
    rows = []
    for model, kinds in result("scale").items():
        if model == "environment":
            continue
        for kind, groups in kinds.items():
            cells = [
                f"{groups[group]['5 %']:.2f} – {groups[group]['95 %']:.2f}"
                for group in ("translations", "unrelated, two languages", "unrelated, one language")
            ]
            rows.append([f"{model}, {kind}", *cells, f"{groups['auroc']:.4f}"])
    table(["from 5 to 95 % of the pairs", "translations", "unrelated, two languages", "one language", "AUROC"], rows)


def parity() -> None:
    rows = []
    for name, values in result("parity").items():
        if name == "environment":
            continue
        parts = values if "mean_cosine" not in values else {"": values}
        for part, figures in parts.items():
            if isinstance(figures, dict):
                label = f"{name} {part}".replace("_", " ").strip()
                rows.append([label, *(str(figures[key]) for key in ("sentences", "mean_cosine", "least_cosine"))])
    table(["ours against", "sentences", "mean cosine", "least cosine"], rows)


def windows() -> None:
    rows, others = [], []
    for model in ("e5-small", "use-multilingual-v3"):
        loaded = result(f"windows-{model}")
        for way, centrings in loaded["results"]["articles"].items():
            questions = centrings["centred"]["questions"]
            rows.append([f"{model}, {way}", *(f"{figures['MRR']:.1f}" for figures in questions.values())])
        for name, ways in loaded["results"].items():
            accuracies = [
                f"{ways[long][kind]['translations']['accuracy']:.1f}"
                for kind in ("plain", "centred")
                for long in ("truncate", "window")
            ]
            others.append([f"{model}, {name}", *accuracies])
    table(["MRR in %, answer in paragraph", "1", "2", "3", "4", "5", "all"], rows)
    table(["accuracy in %", "truncate", "window", "truncate, centred", "window, centred"], others)


if __name__ == "__main__":
    windows()
    tatoeba()
    fairness()
    scale()
    parity()
