"""From a centred cosine to the probability that two texts mean the same.

How near translations lie depends on the languages (under e5-small an English sentence and its Spanish translation have a
centred cosine of 0.8, Amharic ones of 0.5) and on the length of the texts. A logistic curve takes both into account: its
steepness and its middle depend on the length, and on how near the model brings translations, and other sentences, of the two
languages to each other. Probabilities are stated for a prior, the share of pairs that mean the same among those that are judged;
the others are, half and half, random pairs and nearest other sentences of the same collection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError, StorageError, UnknownModel, WrongModel
from interlingua.models.catalogue import find
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.nearness import Floats, Nearness
from interlingua.types import TextEncoder

FORMAT = 1
TERMS = 11
# Outside of these sizes what was learned does not hold: shorter and longer texts count as these.
_SHORTEST, _USUAL, _LONGEST = 8.0, 60.0, 400.0
_FARTHEST = 30.0
# Pairs of a matrix whose terms are in memory together.
_AT_ONCE = 1 << 18
# Where curves are held that would rise too little.
_MIDDLE, _LEAST_SLOPE = 0.6, 4.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """What makes probabilities of the centred cosines of one model.

    Attributes:
        model: the model's short name.
        fingerprint: of the encoder that it was fitted with; empty for those that come with the package, which hold for both
            precision classes.
        means: the language means that the cosines are centred with.
        weights: of the terms of ``terms``, shape (11,).
        nearness: how near the model brings the texts of any two languages.
        levels: log-odds at prior 0.5, ascending, shape (m,).
        recall: the share of pairs that mean the same at each level or above, shape (m,).
        fallout: the share of the other pairs there, shape (m,).
        about: what it was fitted on, and how well it fits.
    """

    model: str
    fingerprint: str
    means: LanguageMeans
    weights: Floats
    nearness: Nearness
    levels: Floats
    recall: Floats
    fallout: Floats
    about: Mapping[str, Any]

    @classmethod
    def shipped(cls, model: str | TextEncoder) -> Calibration:
        """The calibration that comes with a bundled model.

        Raises:
            OptionError: none does.
        """
        name = model if isinstance(model, str) else model.name
        content = shipped_facts(name)
        if content is None:
            raise OptionError(
                f"No calibration comes with a model {name!r}; fit one to pairs of your own with 'interlingua calibrate', and "
                "give it with --calibration (calibration=)."
            )
        return cls._of(content, LanguageMeans.shipped(name))

    @classmethod
    def load(cls, path: str | Path, encoder: TextEncoder) -> Calibration:
        """One that ``save`` or ``interlingua calibrate`` wrote.

        Args:
            path: the file.
            encoder: what the texts will be embedded with.

        Raises:
            InputError: there is no such file, or it is none of a calibration.
            StorageError: it cannot be read.
            WrongModel: it was fitted to the vectors of another model or precision class.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            if not isinstance(content, dict) or content.get("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT}")
            vectors = {lang: np.array(mean, dtype=np.float32) for lang, mean in content["means"].items()}
            found = cls._of(content, LanguageMeans(vectors, np.array(content["general"], dtype=np.float32)))
        except FileNotFoundError:
            raise InputError(f"{path}: there is no such file; 'interlingua calibrate' writes calibrations.") from None
        # Broken JSON and UTF-8 are ValueErrors.
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"{path} is no calibration that this version reads ({error}); fit it anew.") from None
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error.strerror}.") from None
        if found.fingerprint != encoder.fingerprint:
            raise WrongModel(
                f"{path} was fitted to {found.model} (fingerprint {found.fingerprint}), but the texts are embedded with "
                f"{encoder.name} ({encoder.fingerprint}); take that model and precision, or fit it anew."
            )
        return found

    @classmethod
    def _of(cls, content: Mapping[str, Any], means: LanguageMeans) -> Calibration:
        weights, curve = np.array(content["weights"], dtype=np.float64), content["curve"]
        levels, recall, fallout = (np.array(curve[name], dtype=np.float64) for name in ("levels", "recall", "fallout"))
        numbers = (weights, levels, recall, fallout)
        if weights.shape != (TERMS,) or not len(levels) == len(recall) == len(fallout) > 1:
            raise ValueError("its tables have another shape")
        if not all(np.isfinite(part).all() for part in numbers):
            raise ValueError("it holds numbers that are none")
        nearness, about = Nearness.of(content["nearness"]), dict(content["about"])
        return cls(content["model"], content["fingerprint"], means, weights, nearness, levels, recall, fallout, about)

    def save(self, path: str | Path) -> None:
        """Write it, with its means, as a JSON file that ``load`` reads.

        Raises:
            StorageError: the disk refuses.
        """
        from interlingua.texts.writing import open_atomic

        content = self.facts() | {
            "means": {lang: _rounded(mean) for lang, mean in self.means.means.items()},
            "general": _rounded(self.means.general),
        }
        with open_atomic(path) as file:
            file.write(json.dumps(content) + "\n")

    def facts(self) -> dict[str, Any]:
        """All but the means, as plain JSON values."""
        return {
            "format": FORMAT,
            "model": self.model,
            "fingerprint": self.fingerprint,
            "about": dict(self.about),
            "weights": [float(value) for value in self.weights],
            "nearness": self.nearness.facts(),
            "curve": {
                "levels": self.levels.round(3).tolist(),
                "recall": [float(f"{value:.4g}") for value in self.recall],
                "fallout": [float(f"{value:.4g}") for value in self.fallout],
            },
        }

    def knows(self, lang: str | None) -> bool:
        """Whether it was measured how near the model brings a language to others; otherwise it counts as a usual one."""
        return self.nearness.knows(lang)

    def probabilities(
        self,
        cosines: NDArray[np.floating[Any]],
        langs_a: Sequence[str | None],
        langs_b: Sequence[str | None],
        sizes: NDArray[np.floating[Any]],
        *,
        prior: float = 0.5,
    ) -> Floats:
        """P(same meaning) of n pairs.

        Args:
            cosines: centred with ``means``, (n,).
            langs_a: the language of the first text of each pair; None where unknown.
            langs_b: of the second.
            sizes: ``text_size`` of the shorter text of each pair, (n,).
            prior: the share of pairs that mean the same among those that are judged.

        Returns:
            Shape (n,), 0 to 1.

        Raises:
            OptionError: the prior is not between 0 and 1.
        """
        pairs = list(zip(langs_a, langs_b, strict=True))
        known = {pair: self.nearness.of_pair(*pair) for pair in dict.fromkeys(pairs)}
        near = np.array([known[pair] for pair in pairs], dtype=np.float64).reshape(-1, 2).T
        return self.from_log_odds(self.log_odds(cosines, near, sizes), prior)

    def matrix(
        self,
        cosines: NDArray[np.floating[Any]],
        langs_a: Sequence[str | None],
        langs_b: Sequence[str | None],
        sizes_a: Floats,
        sizes_b: Floats,
        *,
        prior: float = 0.5,
    ) -> Floats:
        """P(same meaning) of each of n texts with each of m, shape (n, m); see ``probabilities``."""
        firsts, seconds = (sorted(set(langs), key=str) for langs in (langs_a, langs_b))
        near = [self.nearness.of_pair(a, b) for a in firsts for b in seconds]
        table = np.array(near, dtype=np.float64).reshape(len(firsts), len(seconds), 2).transpose(2, 0, 1)
        rows, columns = (
            np.array([codes.index(lang) for lang in langs], dtype=np.int64)
            for codes, langs in ((firsts, langs_a), (seconds, langs_b))
        )
        found = np.empty(np.shape(cosines), dtype=np.float64)
        block = max(1, _AT_ONCE // max(1, len(columns)))
        for start in range(0, len(rows), block):
            some = slice(start, start + block)
            sizes = np.minimum(sizes_a[some, None], sizes_b[None, :])
            log_odds = self.log_odds(cosines[some], table[:, rows[some]][:, :, columns], sizes)
            found[some] = self.from_log_odds(log_odds, prior)
        return found

    def log_odds(self, cosines: NDArray[np.floating[Any]], near: Floats, sizes: NDArray[np.floating[Any]]) -> Floats:
        """The log-odds of "same" against "other" at prior 0.5, of the shape of ``cosines``.

        Args:
            cosines: centred.
            near: what ``Nearness.of_pair`` gives, of the shape of ``cosines`` with 2 before it.
            sizes: ``text_size`` of the shorter text.
        """
        at_middle, at_end = (
            sum(weight * term for weight, term in zip(self.weights, terms(part, near, sizes), strict=True))
            for part in (np.full(np.shape(cosines), _MIDDLE), np.ones(np.shape(cosines)))
        )
        # More alike is never less probable, whatever was learned of very short texts in far languages.
        slope = np.maximum((np.asarray(at_end) - at_middle) / (1 - _MIDDLE), _LEAST_SLOPE)
        found: Floats = at_middle + slope * (np.asarray(cosines, dtype=np.float64) - _MIDDLE)
        return np.clip(found, -_FARTHEST, _FARTHEST)

    @staticmethod
    def from_log_odds(log_odds: Floats, prior: float = 0.5) -> Floats:
        """The probability at a prior, of log-odds at prior 0.5."""
        found: Floats = 1 / (1 + np.exp(-(log_odds + prior_log_odds(prior))))
        return found

    def threshold(self, target_precision: float = 0.95, *, prior: float = 0.5) -> float:
        """The lowest probability (at that prior) from which on decisions for "same" are right in the wanted share of cases.

        Args:
            target_precision: the wanted share.
            prior: the share of pairs that mean the same among those that are judged.

        Raises:
            OptionError: one of the two is not between 0 and 1.
        """
        if not 0 < target_precision < 1:
            raise OptionError(f"A target precision lies between 0 and 1, not at {target_precision}.")
        shift = prior_log_odds(prior)
        same, other = prior * self.recall, (1 - prior) * self.fallout
        precision = same / np.maximum(same + other, 1e-300)
        reached = np.flatnonzero((precision >= target_precision) & (self.recall > 0))
        # Beyond the last pair that was seen nothing is known but that the odds go on to rise.
        level = self.levels[reached[0]] if len(reached) else max(self.levels[-1], np.log(99.0) - shift)
        return float(self.from_log_odds(np.array(level), prior))

    def precision_at(self, probability: float, *, prior: float = 0.5) -> tuple[float, float]:
        """The share of right decisions among pairs at or above a probability, and the share of all "same" pairs that they are."""
        with np.errstate(divide="ignore"):
            level = float(np.log(probability) - np.log1p(-probability)) - prior_log_odds(prior)
        same, other = (float(np.interp(level, self.levels, curve)) for curve in (self.recall, self.fallout))
        return prior * same / max(prior * same + (1 - prior) * other, 1e-300), same


@dataclass(frozen=True, slots=True)
class Relevance:
    """What makes a probability of a hit's score in an index (see ``index.relevance``).

    Attributes:
        weights: of 1, of the score, and of how far it stands out, above and below.
    """

    weights: tuple[float, float, float, float]

    @classmethod
    def shipped(cls, model: str) -> Relevance:
        """What comes with a bundled model.

        Raises:
            OptionError: nothing does.
        """
        content = shipped_facts(model)
        if content is None or "relevance" not in content:
            raise OptionError(f"No probabilities of hits come with a model {model!r}; give a least score instead.")
        return cls(tuple(content["relevance"]))


@cache
def shipped_facts(name: str) -> dict[str, Any] | None:
    """What is written about a bundled model; None for others."""
    with suppress(UnknownModel):
        name = find(name).name
    file = resources.files("interlingua.scoring") / "calibrations" / f"{name}.json"
    if not file.is_file():
        return None
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content


def terms(cosines: NDArray[np.floating[Any]], near: Floats, sizes: NDArray[np.floating[Any]]) -> list[Floats]:
    """What the log-odds are a weighted sum of."""
    cosine = np.asarray(cosines, dtype=np.float64)
    length = np.log(np.clip(sizes, _SHORTEST, _LONGEST) / _USUAL)
    one, (translations, others) = np.ones_like(cosine), near
    return [
        one,
        cosine,
        one * length,
        cosine * length,
        one * length**2,
        cosine * length**2,
        one * translations,
        one * translations * length,
        one * others,
        one * others * length,
        cosine * (translations - others),
    ]


def prior_log_odds(prior: float) -> float:
    """The log-odds of a prior.

    Raises:
        OptionError: it is not between 0 and 1.
    """
    if not 0 < prior < 1:
        raise OptionError(f"A prior lies between 0 and 1, not at {prior}.")
    return float(np.log(prior / (1 - prior)))


def _rounded(mean: NDArray[np.float32]) -> list[float]:
    return [float(f"{value:.6g}") for value in mean.tolist()]
