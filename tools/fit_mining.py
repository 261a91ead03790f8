"""Fit the weights by which mining turns evidence into log-odds (``src/interlingua/mining/weights.py``).

    python tools/fit_mining.py DATA [--work DIR]

DATA is a folder with ``sib200``, ``python_docs``, ``tatoeba`` and ``tico19``. Heaps of sentences with a known share of
translations, 2 to 60 %, are made of them: SIB-200 in 27 languages with English and 24 other couples, the Python documentation in
20 couples, half of Tatoeba's languages, and TICO-19 in the 15 languages that ``mining_made`` has not, on which
``benchmarks/mining.py`` tests. Sentences that share half of their words with a translation are no examples of wrong pairs.

The weights are those of a logistic regression over all candidates, stretched to fit the best candidate of each sentence. It prints
them; they are copied by hand. DIR keeps the vectors.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from calibration_data import Embedded, Texts, python_docs, tatoeba, tico

from interlingua import Encoder, LanguageMeans
from interlingua.inspection.findings import Pair
from interlingua.languages import canonical
from interlingua.mining.candidates import BothWays, candidates
from interlingua.mining.evidence import faces_of, nearness_of, spread_of, worth_a_look
from interlingua.mining.margins import once_each
from interlingua.neighbours import nearest

SIB = [
    "deu_Latn", "fra_Latn", "spa_Latn", "rus_Cyrl", "zho_Hans", "jpn_Jpan", "kor_Hang", "arb_Arab", "hin_Deva",
    "tha_Thai", "tur_Latn", "swh_Latn", "vie_Latn", "fin_Latn", "ell_Grek", "heb_Hebr", "ind_Latn", "pol_Latn",
    "ukr_Cyrl", "ben_Beng", "tam_Taml", "pes_Arab", "yor_Latn", "nld_Latn", "ita_Latn", "por_Latn", "hun_Latn",
]  # fmt: skip
TESTED = {"ar", "en", "es", "fr", "hi", "id", "pt", "ru", "sw", "tl", "zh"}
SHARES = (0.02, 0.1, 0.33, 0.6, 0.33)
LEAST = 150
MODELS = ("e5-small", "use-multilingual-v3", "e5-small+0.3*use-multilingual-v3")
ALIKE = 0.5
SEED = 5


@dataclass(frozen=True)
class Couple:
    """Parallel sentences of two languages."""

    source: str
    a: Texts
    b: Texts


@dataclass(frozen=True)
class Examples:
    """Candidates of one made task."""

    source: str
    nearness: np.ndarray
    faces: np.ndarray
    right: np.ndarray
    single: np.ndarray


def couples(data: Path) -> Iterator[Couple]:
    """All that is fitted to."""
    columns = {}
    for name in ("eng_Latn", *SIB):
        with (data / "sib200" / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            columns[name] = {int(row["index_id"]): row["text"] for row in rows}
    ids = sorted(set.intersection(*map(set, columns.values())))
    sib = [Texts(canonical(name.replace("_", "-")), [column[id] for id in ids]) for name, column in columns.items()]
    others = list(itertools.combinations(sib[1:], 2))
    picked = np.random.default_rng(SEED).permutation(len(others))[:24]
    yield from (Couple("sib200", one, sib[0]) for one in sib[1:])
    yield from (Couple("sib200", *others[place]) for place in picked)
    docs = python_docs(data)
    yield from (Couple("python_docs", one, docs[0]) for one in docs[1:])
    yield from (Couple("python_docs", *pair) for pair in list(itertools.combinations(docs[1:], 2))[::4])
    medical = {one.lang: one for one in tico(data)}
    yield from (Couple("tico19", one, medical["en"]) for lang, one in medical.items() if lang not in TESTED)
    yield from (Couple("tatoeba", *pair) for pair in list(tatoeba(data))[::2])


def examples(
    couple: Couple, share: float, embedded: Sequence[tuple[float, Embedded]], means: LanguageMeans, seed: int
) -> Examples | None:
    """Two heaps of a couple's sentences of which a share are translations; and their candidates."""
    chance = np.random.default_rng([SEED, seed])
    both = [bool(one.strip() and other.strip()) for one, other in zip(couple.a.texts, couple.b.texts, strict=True)]
    rows = chance.permutation(np.flatnonzero(both))
    if len(rows) < LEAST:
        return None
    common = int(share * len(rows) / (2 - share))
    alone = (len(rows) - common) // 2
    heaps = [
        _different(chance.permutation(rows[: common + alone]), couple.a.texts),
        _different(chance.permutation(np.r_[rows[:common], rows[common + alone :]]), couple.b.texts),
    ]
    vectors = []
    for side, heap in zip((couple.a, couple.b), heaps, strict=True):
        joined = np.concatenate([weight * one.vectors(side.texts)[heap] for weight, one in embedded], axis=1)
        vectors.append(means.centre(joined / np.linalg.norm([weight for weight, _ in embedded]), side.lang))
    found = BothWays(nearest(*vectors, 8), nearest(vectors[1], vectors[0], 8))
    pairs = candidates(found, 4)
    nearness = nearness_of(pairs, found, spread_of(*vectors))
    good = worth_a_look(nearness)
    pairs, nearness = pairs.where(good), nearness[good]
    one, other = heaps[0][pairs.sources], heaps[1][pairs.targets]
    right = one == other
    # The English side is the same language for the true counterpart and the candidate: words can be compared.
    words = [frozenset(re.findall(r"\w+", text.casefold())) for text in couple.b.texts]
    alike = np.array([_alike(words[i], words[j]) for i, j in zip(one.tolist(), other.tolist(), strict=True)])
    faces = faces_of(
        [
            Pair(couple.a.texts[i], couple.b.texts[j], couple.a.lang, couple.b.lang)
            for i, j in zip(one.tolist(), other.tolist(), strict=True)
        ]
    )
    kept = right | (alike <= ALIKE)
    single = once_each(pairs, nearness[:, 0] - nearness[:, 1], np.ones(len(pairs), dtype=bool))
    return Examples(couple.source, nearness[kept], faces[kept], right[kept], single[kept])


def _different(rows: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    first = dict[str, int]()
    for row in rows.tolist():
        first.setdefault(texts[row], row)
    return np.array(list(first.values()))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def fitted(columns: list[np.ndarray], right: list[np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Logistic regression: the coefficients, and the constant last."""
    table, wanted = np.concatenate(columns), np.concatenate(right).astype(np.float64)
    centre, spread = table.mean(axis=0), table.std(axis=0) + 1e-9
    scaled = np.column_stack([(table - centre) / spread, np.ones(len(table))])
    weights = weights / weights.sum()

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        t = scaled @ x
        p = 1 / (1 + np.exp(-t))
        ridge = 1e-4 * np.r_[x[:-1], 0]
        value = (weights * (np.logaddexp(0, t) - wanted * t)).sum() + ridge @ x
        return value, scaled.T @ (weights * (p - wanted)) + 2 * ridge

    found = minimize(loss, np.zeros(scaled.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    slopes = found[:-1] / spread
    return np.r_[slopes, found[-1] - slopes @ centre]


def weights(tasks: list[Examples], *, faces: bool) -> np.ndarray:
    """The weights, at a prior of 0.5 for the best candidate of each sentence; each data set counts the same."""
    counts = {name: sum(task.source == name for task in tasks) for name in {task.source for task in tasks}}
    columns = [np.column_stack([task.nearness, task.faces]) if faces else task.nearness for task in tasks]
    each = np.concatenate([np.full(len(task.right), 1 / counts[task.source] / len(task.right)) for task in tasks])
    raw = fitted(columns, [task.right for task in tasks], each)
    scores = [table @ raw[:-1] + raw[-1] for table in columns]
    best = [score[task.single][:, None] for score, task in zip(scores, tasks, strict=True)]
    right = [task.right[task.single] for task in tasks]
    each = np.concatenate(
        [np.full(len(one), 1 / counts[task.source] / len(one)) for one, task in zip(right, tasks, strict=True)]
    )
    wanted = np.concatenate(right)
    each = np.where(wanted, 0.5 / each[wanted].sum(), 0.5 / each[~wanted].sum()) * each
    slope, constant = fitted(best, right, each)
    return np.r_[slope * raw[-1] + constant, slope * raw[:-1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-fit-mining")
    arguments = parser.parse_args()
    everything: list[Examples] = []
    for model in MODELS:
        names = [part.split("*") for part in model.split("+")]
        parts = [(float(name[0]) if len(name) > 1 else 1.0, Encoder(name[-1])) for name in names]
        embedded = [(weight, Embedded(encoder, arguments.work)) for weight, encoder in parts]
        means = LanguageMeans.shipped(model)
        known = set.intersection(*({lang.partition("-")[0] for lang in encoder.card.languages} for _, encoder in parts))
        tasks = []
        for number, couple in enumerate(couples(arguments.data)):
            if {couple.a.lang.partition("-")[0], couple.b.lang.partition("-")[0]} <= known:
                made = examples(couple, SHARES[number % len(SHARES)], embedded, means, number)
                tasks += [made] if made is not None and len(made.right) else []
        everything += tasks
        _show(model, tasks)
    _show("general", everything)


def _show(name: str, tasks: list[Examples]) -> None:
    for faces in (True, False):
        found = weights(tasks, faces=faces)
        numbers = ", ".join(f"{value:.3f}" for value in [*found, *([] if faces else [0.0] * 6)])
        print(f"{name} ({len(tasks)} tasks): Weights({numbers})", flush=True)


if __name__ == "__main__":
    main()
