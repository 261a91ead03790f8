"""A calibration for one's own domain, or for a model that has none: from pairs, or from texts alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.metrics import CalibrationBins, auroc, brier_score, calibration_bins, expected_calibration_error
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.fitting import Examples, expected_curve, fit, spread
from interlingua.scoring.nearness import Floats, Nearness
from interlingua.scoring.similarity import Langs, Side, languages_of, made_ready
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder

LEAST_PAIRS = 30
LEAST_TEXTS = 100
# A model that no calibration comes with begins from this one's curve.
_MODEL = "e5-small"
_FOLDS = 5
_SEED = 1
_RANDOM_PAIRS = 20_000
# What the curve one begins with is worth against the pairs given, in pairs: for how steep it is and where its middle lies, and for
# what the length and the language do to them, which takes more pairs to see.
_WORTH = np.array([5.0, 1.0, 100.0, 100.0, 200.0, 200.0, 100.0, 200.0, 100.0, 200.0, 200.0])
_NEGATIVES_BLOCK = 2048


class Reliability(NamedTuple):
    """How well probabilities fit, each pair judged by a curve that has not seen it (5 folds).

    Attributes:
        ece: expected calibration error, 0 to 1; lower is better.
        brier: mean squared error of the probability; lower is better.
        auroc: how well pairs that mean the same are told from the others; 1 is best.
        bins: the pairs by their probability.
        probabilities: of the pairs and of the others that were made of them, (n,).
        same: whether they mean the same, (n,).
        weights: what each counts, (n,).
    """

    ece: float
    brier: float
    auroc: float
    bins: CalibrationBins
    probabilities: Floats
    same: NDArray[np.bool_]
    weights: Floats


def calibrate(
    encoder: TextEncoder,
    a: Sequence[str],
    b: Sequence[str],
    same: Sequence[bool] | NDArray[Any] | None = None,
    *,
    lang_a: Langs = None,
    lang_b: Langs = None,
) -> tuple[Calibration, Reliability]:
    """Fit a calibration to pairs of texts.

    Args:
        encoder: what embeds them.
        a: the first text of each pair.
        b: the second.
        same: whether they mean the same; at least 30 that do and 30 that do not. None says that all do: the others are then made of
            them, half random pairs and half nearest other texts.
        lang_a: the language of the first texts, as for ``similarity``.
        lang_b: of the second.

    Returns:
        The calibration, and how well it fits.

    Raises:
        InputError: there are too few pairs, the lists differ in length, or a text cannot be embedded.
    """
    texts = as_list(a, "a"), as_list(b, "b")
    labels = None if same is None else np.asarray(same)
    _check(len(texts[0]), len(texts[1]), labels)
    checked = [check_texts(side, name=name).texts for side, name in zip(texts, "ab", strict=True)]
    langs = [languages_of(side, given) for side, given in zip(checked, (lang_a, lang_b), strict=True)]
    base, means = _begun(encoder, checked, langs)
    left, right = (made_ready(encoder, side, codes, means) for side, codes in zip(checked, langs, strict=True))
    base = replace(base, means=means)
    if labels is None:
        examples, owners = _with_made_negatives(base, left, right)
    else:
        examples, owners = _labelled(base, left, right, labels.astype(np.float64))
    start = _moved(base, *_spread(left, right)).weights
    ridge = _WORTH / len(labels if labels is not None else left.langs)
    weights = fit(examples, towards=start, ridge=ridge)
    log_odds = replace(base, weights=weights).log_odds(examples.cosines, examples.near, examples.sizes)
    reliability = _reliability(base, examples, owners, start, ridge)
    levels, recall, fallout = expected_curve(log_odds, examples.weights)
    about = {
        "pairs": len(left.langs),
        "other pairs": "given" if labels is not None else "half random, half nearest other texts",
        "languages": sorted({lang for side in langs for lang in side if lang is not None}),
        "ece": round(reliability.ece, 4),
        "brier": round(reliability.brier, 4),
        "auroc": round(reliability.auroc, 4),
    }
    found = replace(
        base,
        model=encoder.name,
        fingerprint=encoder.fingerprint,
        weights=weights,
        levels=levels,
        recall=recall,
        fallout=fallout,
        about=about,
    )
    return found, reliability


def calibrate_on_texts(encoder: TextEncoder, texts: Sequence[str], *, langs: Langs = None) -> Calibration:
    """Fit a calibration to texts alone: how alike unrelated ones are says where the scale of the cosines begins and how wide it is.

    What translations have on that scale is taken from the calibration that comes with the model, or from that of e5-small. Pairs
    say more: ``calibrate``.

    Args:
        encoder: what embeds them.
        texts: at least 100, of the kind that will be compared.
        langs: their languages, as for ``similarity``.

    Raises:
        InputError: there are too few texts, or one cannot be embedded.
    """
    checked = check_texts(as_list(texts, "texts"), name="texts").texts
    if len(checked) < LEAST_TEXTS:
        raise InputError(f"A calibration needs at least {LEAST_TEXTS} texts, not {len(checked):,}.")
    codes = languages_of(checked, langs)
    base, means = _begun(encoder, [checked], [codes])
    side = made_ready(encoder, checked, codes, means)
    moved = _moved(base, *_spread(side, side))
    about = {"texts": len(checked), "languages": sorted({lang for lang in codes if lang is not None})}
    return replace(moved, model=encoder.name, fingerprint=encoder.fingerprint, means=means, about=about)


def _check(left: int, right: int, labels: NDArray[Any] | None) -> None:
    if left != right:
        raise InputError(f"Pairs are made of two lists of the same length, but they have {left:,} and {right:,} texts.")
    if labels is None:
        if left < LEAST_PAIRS:
            raise InputError(f"A calibration needs at least {LEAST_PAIRS} pairs, not {left:,}.")
        return
    if labels.ndim != 1:
        raise InputError("same should be a list of labels, one a pair; leave it out where all pairs mean the same.")
    if labels.shape != (left,):
        raise InputError(f"There are {left:,} pairs but {len(labels):,} labels.")
    wrong = [row for row, label in enumerate(labels.tolist()) if label not in (0, 1)]
    if wrong:
        raise InputError(
            f"Row {wrong[0]}: a label is true or false (1 or 0), not {labels.tolist()[wrong[0]]!r}.", wrong
        )
    count = int(labels.astype(bool).sum())
    if min(count, left - count) < LEAST_PAIRS:
        raise InputError(
            f"A calibration needs at least {LEAST_PAIRS} pairs that mean the same and {LEAST_PAIRS} that do not; there are "
            f"{count:,} and {left - count:,}."
        )


def _begun(
    encoder: TextEncoder, sides: Sequence[Sequence[str]], langs: Sequence[list[str | None]]
) -> tuple[Calibration, LanguageMeans]:
    """The calibration to begin with, and the means: shipped ones, else estimated from the texts."""
    try:
        base = Calibration.shipped(encoder)
    except OptionError:
        base = replace(Calibration.shipped(_MODEL), nearness=Nearness.unknown())
        try:
            return base, LanguageMeans.shipped(encoder)
        except OptionError:
            vectors = np.concatenate([encoder.encode(list(side)) for side in sides])
            return base, LanguageMeans.estimated(vectors, [lang for side in langs for lang in side])
    return base, base.means


def _spread(left: Side, right: Side) -> tuple[float, float]:
    """Where the centred cosines of random pairs lie, and how far they spread."""
    chance = np.random.default_rng(_SEED)
    rows = chance.integers(0, len(left.langs), _RANDOM_PAIRS)
    others = (rows + chance.integers(1, max(len(right.langs), 2), _RANDOM_PAIRS)) % len(right.langs)
    cosines = np.einsum("ij,ij->i", left.centred[rows], right.centred[others])
    return spread(cosines)


def _moved(base: Calibration, mean: float, deviation: float) -> Calibration:
    """A calibration for cosines whose random pairs lie there and spread so far, instead of where the base's own do."""
    there, width = base.about["random pairs"]
    scale = width / max(deviation, 1e-6)
    weights = base.weights.copy()
    for constant, slope in ((0, 1), (2, 3), (4, 5)):
        weights[constant] += weights[slope] * (there - mean * scale)
        weights[slope] *= scale
    return replace(base, weights=weights)


def _labelled(base: Calibration, left: Side, right: Side, same: Floats) -> tuple[Examples, NDArray[np.int64]]:
    rows = np.arange(len(same))
    weights = np.where(same == 1, 0.5 / same.sum(), 0.5 / (1 - same).sum())
    return _examples(base, left, right, rows, rows, same, weights), rows


def _with_made_negatives(base: Calibration, left: Side, right: Side) -> tuple[Examples, NDArray[np.int64]]:
    """The pairs, random pairs, and each text's nearest other one."""
    count = len(left.langs)
    rows = np.arange(count)
    random = (rows + np.random.default_rng(_SEED).integers(1, count, count)) % count
    nearest = np.empty(count, dtype=np.int64)
    for start in range(0, count, _NEGATIVES_BLOCK):
        block = slice(start, start + _NEGATIVES_BLOCK)
        scores = left.centred[block] @ right.centred.T
        # What equals its own counterpart is no other text.
        alike = right.centred[block] @ right.centred.T > 0.999
        scores[alike] = -2.0
        scores[np.arange(len(scores)), rows[block]] = -2.0
        nearest[block] = scores.argmax(axis=1)
    owners = np.concatenate([rows, rows, rows])
    same = np.repeat([1.0, 0.0, 0.0], count)
    weights = np.repeat([0.5, 0.25, 0.25], count) / count
    return _examples(base, left, right, owners, np.concatenate([rows, random, nearest]), same, weights), owners


def _examples(
    base: Calibration,
    left: Side,
    right: Side,
    rows: NDArray[np.int64],
    others: NDArray[np.int64],
    same: Floats,
    weights: Floats,
) -> Examples:
    return Examples(
        np.einsum("ij,ij->i", left.centred[rows], right.centred[others]),
        np.array([base.nearness.of_pair(left.langs[a], right.langs[b]) for a, b in zip(rows, others, strict=True)]).T,
        np.minimum(left.sizes[rows], right.sizes[others]),
        same,
        weights,
    )


def _reliability(
    base: Calibration, examples: Examples, owners: NDArray[np.int64], start: Floats, ridge: Floats
) -> Reliability:
    fold = np.random.default_rng(_SEED).permutation(int(owners.max()) + 1)[owners] % _FOLDS
    probabilities = np.zeros(len(owners))
    for number in range(_FOLDS):
        seen, held = examples.some(fold != number), examples.some(fold == number)
        curve_of = replace(base, weights=fit(seen, towards=start, ridge=ridge * _FOLDS / (_FOLDS - 1)))
        probabilities[fold == number] = base.from_log_odds(curve_of.log_odds(held.cosines, held.near, held.sizes))
    same = examples.same.astype(bool)
    return Reliability(
        expected_calibration_error(probabilities, same, weights=examples.weights),
        brier_score(probabilities, same, weights=examples.weights),
        auroc(probabilities, same),
        calibration_bins(probabilities, same, weights=examples.weights),
        probabilities,
        same,
        examples.weights,
    )
