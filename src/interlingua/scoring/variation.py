"""By what texts and their translations vary under a model: what a classifier should listen to, and what it will meet.

Within-class covariance normalisation (Hatch et al., 2006, in speaker recognition) ignores what varies between the sessions of one
speaker; here it is what varies between the translations of one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError, UnknownModel
from interlingua.languages import canonical
from interlingua.models.catalogue import find
from interlingua.models.naming import parts_of
from interlingua.types import TextEncoder, Vectors

Floats = NDArray[np.float64]

# Much of what translation changes depends on the text and does no harm: drawn at random, so much of it costs a classifier about as
# much as real translations do (SIB-200 and TICO-19, English to fr, zh, ar, hi and sw).
_HARM = 0.6


@dataclass(frozen=True, eq=False)
class Variation:
    """The variation of a model's vectors that are centred by language and of unit length.

    Attributes:
        content: (d, d), the covariance of what texts say.
        changes: (d, d), the covariance of what translation changes, with a trace of 1.
        kept: for each language the mean cosine of English sentences and their translations.
    """

    content: Floats
    changes: Floats
    kept: Mapping[str, float]

    @classmethod
    def shipped(cls, model: str | TextEncoder) -> Variation:
        """What comes with a bundled model.

        Raises:
            OptionError: nothing does.
        """
        return _shipped(model if isinstance(model, str) else model.name)

    @classmethod
    def _read(cls, name: str) -> Variation:
        parts = parts_of(name)
        if len(parts) > 1:
            return cls._side_by_side([(cls.shipped(part), weight) for part, weight in parts])
        with suppress(UnknownModel):
            name = find(name).name
        file = resources.files("interlingua.scoring") / "variations" / f"{name}.npz"
        if not file.is_file():
            raise OptionError(f"No variation was measured for a model {name!r}.")
        with resources.as_file(file) as path, np.load(path, allow_pickle=False) as archive:
            tables = [
                _symmetric(archive[key], scale)
                for key, scale in zip(("changes", "content"), archive["scales"].tolist(), strict=True)
            ]
            kept = {str(lang): float(one) for lang, one in zip(archive["languages"], archive["kept"], strict=True)}
        return cls(tables[1], tables[0], kept)

    @classmethod
    def _side_by_side(cls, parts: list[tuple[Variation, float]]) -> Variation:
        """Of the vectors of a ``JointEncoder``; how its parts vary together is left out."""
        weights = np.array([weight for _, weight in parts]) ** 2
        weights /= weights.sum()
        sizes = [len(one.content) for one, _ in parts]
        content, changes = np.zeros((2, sum(sizes), sum(sizes)))
        start = 0
        for (one, _), weight, size in zip(parts, weights, sizes, strict=True):
            block = slice(start, start + size)
            content[block, block], changes[block, block] = weight * one.content, weight * one.changes
            start += size
        known = set.intersection(*(set(one.kept) for one, _ in parts))
        kept = {
            lang: float(sum(weight * one.kept[lang] for (one, _), weight in zip(parts, weights, strict=True)))
            for lang in sorted(known)
        }
        return cls(content, changes, kept)

    @cached_property
    def usual(self) -> float:
        """What translations keep in a language in the middle of those that were measured."""
        return float(np.median(list(self.kept.values())))

    def keeps(self, lang: str | None) -> float:
        """What a translation into a language keeps of an English sentence's vector, 0 to 1; of one not measured, little."""
        if lang is None:
            return self.usual
        code = canonical(lang)
        if code == "en":
            return 1.0
        found = self.kept.get(code, self.kept.get(code.partition("-")[0]))
        # Languages that nobody gave us translations of are rather ones that the model knows little of.
        return self.lowest if found is None else found

    @cached_property
    def lowest(self) -> float:
        """What is kept in a language that the model hardly knows."""
        return float(np.quantile(list(self.kept.values()), 0.1))

    def quieting(self, ridge: float) -> Vectors:
        """A matrix, (d, d) float32, symmetric: features times it vary little by what translation changes.

        Args:
            ridge: how much of every direction is kept whatever its changes, in terms of the mean direction.
        """
        values, directions = self._directions
        scaled = directions * (np.maximum(values * len(values), 0) + ridge) ** -0.5
        found: Vectors = (scaled @ directions.T).astype(np.float32)
        return found

    def translated(self, vectors: Vectors, langs: list[str | None], generator: np.random.Generator) -> Vectors:
        """What the centred vectors of English texts could be if the texts stood in other languages.

        Args:
            vectors: (n, d) centred by their language, of unit length.
            langs: the language that each is to stand in, n.
            generator: for what is drawn.

        Returns:
            (n, d) float32, centred, of unit length.
        """
        kept = np.array([self.keeps(lang) for lang in langs])[:, None]
        rest = generator.standard_normal(vectors.shape) @ self._root.T
        moved = kept * vectors + _HARM * np.sqrt(1 - kept**2) * rest
        found: Vectors = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
        return found

    def drawn(self, number: int, generator: np.random.Generator) -> Vectors:
        """Centred vectors such as texts about anything have, (number, d) float32, of unit length."""
        found = generator.standard_normal((number, len(self.content))) @ self._content_root.T
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)

    @cached_property
    def _root(self) -> Floats:
        values, directions = self._directions
        found: Floats = directions * np.sqrt(np.maximum(values, 0))
        return found

    @cached_property
    def _content_root(self) -> Floats:
        values, directions = np.linalg.eigh(self.content)
        found: Floats = directions * np.sqrt(np.maximum(values, 0))
        return found

    @cached_property
    def _directions(self) -> tuple[Floats, Floats]:
        values, directions = np.linalg.eigh(self.changes)
        return values, directions


@lru_cache(maxsize=4)
def _shipped(name: str) -> Variation:
    """Read once: cross-validation asks for it again and again."""
    return Variation._read(name)


def _symmetric(lower: NDArray[Any], scale: float) -> Floats:
    size = int((np.sqrt(8 * len(lower) + 1) - 1) / 2)
    rows, columns = np.tril_indices(size)
    table = np.empty((size, size))
    table[rows, columns] = table[columns, rows] = lower.astype(np.float64) * scale
    return table
