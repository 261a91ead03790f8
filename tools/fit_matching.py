"""Fit the numbers by which matching turns pair evidence into the odds of a choice (``interlingua.matching.competition``).

    python tools/fit_matching.py DATA [--models NAME,NAME] [--work DIR]

DATA is a folder with ``tico19``, ``python_docs`` and ``tatoeba``. Lists of 1 to 600 sentences in one language are matched with
their translations, of which half are taken away; the numbers make the outcomes (this candidate, or none) most likely, for each
model and for all together. Of TICO-19 and the Python documentation those languages count that the calibrations were fitted to.
Sentences of Tatoeba whose translation was taken away do not count where the best candidate shares most words with it. Printed,
for several restricted forms: the numbers, to be written into ``CHOICES`` and ``GENERAL``; how likely the outcomes are (mean
negative log-likelihood); and the calibration error of the best candidate's probability, set by set.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

from calibration_data import Embedded, Texts, python_docs, tatoeba, tico
from fit_calibration import FITTED
from scipy.optimize import minimize

from interlingua import Encoder
from interlingua.matching.competition import NEIGHBOURS, Choice, crowd_of, one_sided
from interlingua.matching.nearest_classes import Pool, find
from interlingua.metrics import expected_calibration_error
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import Side
from interlingua.scoring.sizes import text_size

REPEATS = {1: 60, 4: 20, 20: 8, 60: 4, 200: 2, 600: 1}
"""Lists of each size, for each pair of languages."""

COUPLES = 14
SHARED = 0.6
NEUTRAL = {"constant": 0.0, "slope": 1.0, "crowding": 0.0, "length": 0.0}
FORMS = (("constant",), ("constant", "slope"), ("constant", "slope", "crowding"), tuple(NEUTRAL))


class Cases(NamedTuple):
    """Left texts with their candidates.

    Attributes:
        evidence: (n, 10), -inf where there is no candidate.
        right: (n,), the column of the right candidate; -1 where it is not there.
        sizes: (n,), ``text_size``.
    """

    evidence: np.ndarray
    right: np.ndarray
    sizes: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--models", default=",".join(FITTED))
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-calibration")
    arguments = parser.parse_args()
    sets = {}
    for name in arguments.models.split(","):
        embedded, calibration = Embedded(Encoder(name), arguments.work), Calibration.shipped(name)
        for source, couples in sources(arguments.data, name).items():
            found = [case for a, b in couples for case in cases(embedded, calibration, a, b)]
            sets[name, source] = Cases(*(np.concatenate(columns) for columns in zip(*found, strict=True)))
    models = arguments.models.split(",")
    for form in FORMS:
        for chosen in [*([model] for model in models), models]:
            fitted = fit([these for (model, _), these in sets.items() if model in chosen], form)
            print(" and ".join(chosen), {name: round(getattr(fitted, name), 2) for name in form})
            for name, these in sets.items():
                best = chances(fitted, these)[0][:, 0]
                error = expected_calibration_error(best, these.right == 0)
                print(f"    {' '.join(name)}: likelihood {loss(fitted, these):.4f}, calibration error {error:.3f}")


def sources(data: Path, model: str) -> dict[str, list[tuple[Texts, Texts]]]:
    """Pairs of languages of each set."""
    known = Calibration.shipped(model).nearness.languages
    found = {"tatoeba": [(a, b) for a, b in tatoeba(data) if a.lang in known]}
    for source, sides in (("tico19", tico(data)), ("python_docs", python_docs(data))):
        couples = list(itertools.permutations([side for side in sides if side.lang in FITTED[model]], 2))
        picked = np.random.default_rng(5).permutation(len(couples))[:COUPLES]
        found[source] = [couples[place] for place in picked]
    return found


def cases(embedded: Embedded, calibration: Calibration, a: Texts, b: Texts) -> Iterator[Cases]:
    """Lists of all sizes, drawn at random."""
    rows = np.array([row for row in range(len(a.texts)) if a.texts[row].strip() and b.texts[row].strip()])
    left, right = (_side(embedded, side) for side in (a, b))
    words = [set(text.casefold().split()) for text in b.texts]
    chance = np.random.default_rng(3)
    for size, times in REPEATS.items():
        half = (size + 1) // 2
        for _ in range(times if len(rows) >= size + half else 0):
            picked = chance.permutation(rows)
            # Half of those that ask have their answer among the candidates.
            pool, asking = picked[:size], np.concatenate([picked[:half], picked[size : size + half]])
            found = find(left, asking, Pool(_some(right, pool), np.arange(size)), NEIGHBOURS, calibration)
            evidence = np.full((len(asking), NEIGHBOURS), -np.inf)
            evidence[:, : found.evidence.shape[1]] = found.evidence
            hit = pool[found.rows] == asking[:, None]
            column = np.where(hit.any(axis=1), hit.argmax(axis=1), -1)
            best = pool[found.rows[:, 0]]
            fair = (column == 0) | ~np.array([_alike(words[x], words[y]) for x, y in zip(asking, best, strict=True)])
            yield Cases(evidence[fair], column[fair], left.sizes[asking][fair])


def _side(embedded: Embedded, texts: Texts) -> Side:
    vectors = embedded.vectors(texts.texts)
    sizes = np.array([text_size(text) for text in texts.texts], dtype=np.float64)
    return Side(vectors, embedded.means.centre(vectors, texts.lang), [texts.lang] * len(vectors), sizes)


def _some(side: Side, rows: np.ndarray) -> Side:
    return Side(side.vectors[rows], side.centred[rows], [side.langs[row] for row in rows], side.sizes[rows])


def _alike(a: set[str], b: set[str]) -> bool:
    return len(a & b) >= SHARED * max(min(len(a), len(b)), 1)


def fit(sets: list[Cases], form: tuple[str, ...]) -> Choice:
    """The numbers of a form that make the outcomes most likely; every set counts the same."""
    found = minimize(
        lambda values: sum(loss(Choice(**NEUTRAL | dict(zip(form, values, strict=True))), these) for these in sets),
        [NEUTRAL[name] for name in form],
        method="BFGS",
        options={"maxiter": 60},
    )
    return Choice(**NEUTRAL | dict(zip(form, found.x.tolist(), strict=True)))


def chances(choice: Choice, these: Cases) -> tuple[np.ndarray, np.ndarray]:
    """The probabilities of the candidates and of none."""
    crowd = crowd_of(these.evidence)[:, None]
    return one_sided(choice.log_odds(these.evidence, crowd, these.sizes[:, None], 0.5))


def loss(choice: Choice, these: Cases) -> float:
    """The mean negative log-likelihood of the outcomes."""
    chosen, none = chances(choice, these)
    told = np.where(these.right >= 0, chosen[np.arange(len(chosen)), np.maximum(these.right, 0)], none)
    return float(-np.log(np.maximum(told, 1e-12)).mean())


if __name__ == "__main__":
    main()
