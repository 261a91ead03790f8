"""What a classifier will meet beyond its training examples: the same texts in other languages, and texts about other things.

Neither needs any text: both are drawn from what was measured of a model's vectors (``scoring.variation``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.heads import Floats
from interlingua.classification.space import Langs
from interlingua.errors import OptionError
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.variation import Variation
from interlingua.types import TextEncoder

# How often a short text's language is not recognised.
_UNRECOGNISED = 0.05


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to rehearse with.

    Attributes:
        vectors: (n, d), as a model could have given them.
        langs: their languages as far as they are recognised, n.
    """

    vectors: NDArray[Any]
    langs: list[str | None]


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """Draws rows under one model.

    Attributes:
        means: of its languages.
        variation: of its vectors.
    """

    means: LanguageMeans
    variation: Variation

    @classmethod
    def shipped(cls, encoder: TextEncoder) -> Rehearsal | None:
        """With what comes with a model; None where either does not."""
        try:
            return cls(LanguageMeans.shipped(encoder), Variation.shipped(encoder))
        except OptionError:
            return None

    def translated(self, vectors: NDArray[Any], langs: Langs, generator: np.random.Generator) -> Rows:
        """Each row once, in a language drawn from all that were measured."""
        centred = self.means.centre(vectors, langs)
        lengths = self._lengths(vectors, langs)
        drawn = self._languages(len(vectors), generator)
        return self._placed(self.variation.translated(centred, drawn, generator), drawn, lengths, generator)

    def unrelated(self, number: int, vectors: NDArray[Any], langs: Langs, generator: np.random.Generator) -> Rows:
        """Texts about anything in any language, as far from their means as the given vectors are."""
        drawn = self._languages(number, generator)
        lengths = generator.choice(self._lengths(vectors, langs), number)
        return self._placed(self.variation.drawn(number, generator), drawn, lengths, generator)

    def _languages(self, number: int, generator: np.random.Generator) -> list[str | None]:
        known = sorted(self.variation.kept)
        return [known[place] for place in generator.integers(len(known), size=number)]

    def _lengths(self, vectors: NDArray[Any], langs: Langs) -> Floats:
        taken = [None] * len(vectors) if langs is None else langs
        means = {lang: self.means.mean(lang) for lang in set(taken)}
        away = np.asarray(vectors, dtype=np.float64) - np.array([means[lang] for lang in taken])
        found: Floats = np.linalg.norm(away, axis=1)
        return found

    def _placed(
        self, centred: NDArray[Any], langs: list[str | None], lengths: Floats, generator: np.random.Generator
    ) -> Rows:
        """Centred vectors put back to where their languages are."""
        raw = centred * lengths[:, None] + np.array([self.means.mean(lang) for lang in langs])
        raw /= np.linalg.norm(raw, axis=1, keepdims=True)
        lost = generator.random(len(langs)) < _UNRECOGNISED
        seen = [None if gone else lang for lang, gone in zip(langs, lost, strict=True)]
        return Rows(raw.astype(np.float32), seen)
