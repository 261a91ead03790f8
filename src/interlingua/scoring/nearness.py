"""How near a model brings the texts of any two languages: a table of what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.languages import canonical

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Nearness:
    """How near a model brings the texts of any two languages: mean centred cosines of what was measured for all languages alike.

    Attributes:
        languages: their codes, n.
        translations: of sentences and their translations, (n, n); NaN where it was not measured.
        others: of sentences and the nearest others, (n, n); NaN where it was not measured.
    """

    languages: tuple[str, ...]
    translations: Floats
    others: Floats

    @classmethod
    def unknown(cls) -> Nearness:
        """Nothing was measured."""
        return cls((), np.empty((0, 0)), np.empty((0, 0)))

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Nearness:
        """What ``facts`` gave."""
        languages = tuple(str(lang) for lang in content["languages"])
        tables = []
        for name in ("translations", "others"):
            table = np.full((len(languages), len(languages)), np.nan)
            rows, columns = np.tril_indices(len(languages))
            table[rows, columns] = [np.nan if value is None else value / 1000 for value in content[name]]
            table[columns, rows] = table[rows, columns]
            tables.append(table)
        return cls(languages, *tables)

    def facts(self) -> dict[str, Any]:
        """As plain JSON values: the lower triangles, in thousandths."""
        rows, columns = np.tril_indices(len(self.languages))
        told: dict[str, Any] = {"languages": list(self.languages)}
        for name, table in (("translations", self.translations), ("others", self.others)):
            values = table[rows, columns].tolist()
            told[name] = [None if np.isnan(value) else round(1000 * value) for value in values]
        return told

    def knows(self, lang: str | None) -> bool:
        """Whether a language was measured."""
        return self._place(lang) is not None

    def of_pair(self, a: str | None, b: str | None) -> tuple[float, float]:
        """By how much translations, and other sentences, of two languages are nearer than usual.

        Texts of one language count as of the two that the model brings nearest: they share what it does not know about them.
        """
        return self._pairs(None if a is None else canonical(a), None if b is None else canonical(b))

    @cached_property
    def _apart(self) -> tuple[Floats, Floats]:
        """Both tables without the diagonal, where a language is compared with itself."""
        same = np.eye(len(self.languages), dtype=bool)
        return np.where(same, np.nan, self.translations), np.where(same, np.nan, self.others)

    @cached_property
    def _usual(self) -> tuple[float, float]:
        translations, others = self._apart
        return float(np.nanmean(translations)), float(np.nanmean(others))

    @cached_property
    def _best(self) -> tuple[float, float]:
        translations, _ = self._apart
        place = np.unravel_index(np.nanargmax(translations), translations.shape)
        return float(translations[place]), float(self.others[place])

    def _pairs(self, a: str | None, b: str | None) -> tuple[float, float]:
        if len(self.languages) < 2:
            return 0.0, 0.0
        if a is not None and a == b:
            found = self._best
        else:
            # Of a language that was not measured: what the other one has with all.
            rows, columns = (slice(None) if place is None else [place] for place in map(self._place, (a, b)))
            parts = [table[rows][:, columns] for table in self._apart]
            whole = all(np.isfinite(part).any() for part in parts) and self._place(a) is not self._place(b)
            found = (float(np.nanmean(parts[0])), float(np.nanmean(parts[1]))) if whole else self._usual
        return found[0] - self._usual[0], found[1] - self._usual[1]

    def _place(self, lang: str | None) -> int | None:
        if lang is None:
            return None
        code = canonical(lang)
        return self._places.get(code, self._places.get(code.partition("-")[0]))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {lang: place for place, lang in enumerate(self.languages)}
