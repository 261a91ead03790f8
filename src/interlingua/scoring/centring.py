"""Centring: taking each language's mean out of its vectors, so that they differ by what they say.

A multilingual model leaves a trace of the language in each vector. It makes texts of one language look alike, whatever they
say, and puts documents in the query's own language first. The trace is nearly a constant of each language, so the mean of the
language's vectors removes most of it. The means of both bundled models come with the package, for each prompt; others can be
estimated from one's own texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError, UnknownModel
from interlingua.languages import canonical
from interlingua.models.catalogue import find
from interlingua.models.naming import parts_of
from interlingua.types import Prompt, Stored, TextEncoder, Vectors

Floats = NDArray[np.float64]

_BLOCK = 16_384

_PRIOR_TEXTS = 100
"""How many texts of a language the shipped mean is worth against one's own (``LanguageMeans.updated``)."""


@dataclass(frozen=True, eq=False)
class LanguageMeans:
    """The mean vector of each language under one model and one prompt.

    Attributes:
        means: (d,) float32 by language code.
        general: (d,) float32, the mean over languages: it stands in for a language that has none.
    """

    means: Mapping[str, Vectors]
    general: Vectors

    @classmethod
    def shipped(cls, model: str | TextEncoder, prompt: Prompt = "symmetric") -> LanguageMeans:
        """The means that come with a bundled model.

        Args:
            model: the encoder, or its model's name.
            prompt: what the vectors were made as: by ``encode``, ``encode_query`` or ``encode_document``. The means of one do
                not fit the vectors of another.

        Raises:
            OptionError: none are shipped for that model, or there is no such prompt.
        """
        name = model if isinstance(model, str) else model.name
        parts = parts_of(name)
        if len(parts) > 1:
            return cls._side_by_side([(cls.shipped(part, prompt), weight) for part, weight in parts])
        with suppress(UnknownModel):
            name = find(name).name
        if prompt not in get_args(Prompt):
            raise OptionError(f"prompt is one of {', '.join(map(repr, get_args(Prompt)))}, not {prompt!r}.")
        file = resources.files("interlingua.scoring") / "means" / f"{name}.npz"
        if not file.is_file():
            raise OptionError(
                f"No language means come with a model {name!r}; estimate them with LanguageMeans.estimated."
            )
        with resources.as_file(file) as path, np.load(path, allow_pickle=False) as archive:
            table = archive[prompt if prompt in archive else "symmetric"].astype(np.float32)
            languages = [str(code) for code in archive["languages"]]
        return cls(dict(zip(languages, table, strict=True)), table.mean(axis=0))

    @classmethod
    def _side_by_side(cls, parts: Sequence[tuple[LanguageMeans, float]]) -> LanguageMeans:
        """The means of a ``JointEncoder``, whose vectors are those of several models side by side at their weights."""
        lengths = np.array([weight for _, weight in parts])
        weights = (lengths / np.linalg.norm(lengths)).astype(np.float32)

        def joined(mean: Callable[[LanguageMeans], Vectors]) -> Vectors:
            return np.concatenate(
                [weight * mean(means) for (means, _), weight in zip(parts, weights, strict=True)]
            ).astype(np.float32)

        languages = dict.fromkeys(lang for means, _ in parts for lang in means.means)
        return cls(
            {lang: joined(lambda means, lang=lang: means.mean(lang)) for lang in languages},  # type: ignore[misc]
            joined(lambda means: means.general),
        )

    @classmethod
    def estimated(cls, vectors: Stored, langs: Sequence[str | None] | str) -> LanguageMeans:
        """The means of the given vectors, language by language; rows without a language count only for the general mean.

        Args:
            vectors: (n, d), n at least 1; they may be mapped from a file, and are read in blocks.
            langs: the language code of each row (None where unknown), or one for all.

        Raises:
            InputError: there are no vectors, or not as many languages as vectors.
        """
        vectors = np.asanyarray(vectors)
        if vectors.ndim != 2 or not len(vectors):
            raise InputError(f"Means are estimated from vectors of the shape (n, d), not {vectors.shape}.")
        langs = [langs] * len(vectors) if isinstance(langs, str) else langs
        _check_rows(vectors, langs)
        sums: dict[str | None, Floats] = {}
        counts: Counter[str | None] = Counter()
        for start in range(0, len(vectors), _BLOCK):
            block = np.asarray(vectors[start : start + _BLOCK], dtype=np.float32)
            for lang, picked in _rows_by_language(langs[start : start + _BLOCK]).items():
                sums[lang] = sums.get(lang, 0) + block[picked].sum(axis=0, dtype=np.float64)
                counts[lang] += len(picked)
        means = {lang: (total / counts[lang]).astype(np.float32) for lang, total in sums.items() if lang is not None}
        general = np.mean(list(means.values()), axis=0) if means else sums[None] / counts[None]
        return cls(means, np.asarray(general, dtype=np.float32))

    @classmethod
    def nothing(cls, dimension: int) -> LanguageMeans:
        """Means that take nothing out."""
        return cls({}, np.zeros(dimension, dtype=np.float32))

    def updated(
        self, vectors: Vectors, langs: Sequence[str | None] | str, *, prior_texts: int = _PRIOR_TEXTS
    ) -> LanguageMeans:
        """These means drawn towards those of the given vectors, the more the more vectors a language has.

        With n vectors of a language, their mean weighs n and the present one ``prior_texts``.

        Args:
            vectors: (n, d).
            langs: the language code of each row, or None.
            prior_texts: how many texts the present means are worth.

        Raises:
            InputError: there are not as many languages as vectors.
        """
        vectors = self._fitting(vectors)
        langs = [langs] * len(vectors) if isinstance(langs, str) else langs
        _check_rows(vectors, langs)
        means = dict(self.means)
        for lang, picked in _rows_by_language(langs).items():
            if lang is not None:
                total = vectors[picked].sum(axis=0) + prior_texts * self.mean(lang)
                means[lang] = (total / (len(picked) + prior_texts)).astype(np.float32)
        return LanguageMeans(means, self.general)

    def mean(self, lang: str | None) -> Vectors:
        """The mean of a language, shape (d,).

        A language in an unusual script (``sr-Latn``) that has none takes the language's; one that is not known, or None, the
        general one.

        Raises:
            UnknownLanguage: ``lang`` is no language code.
        """
        if lang is None:
            return self.general
        code = canonical(lang)
        found = self.means.get(code)
        if found is None:
            found = self.means.get(code.partition("-")[0], self.general)
        return found

    def centre(self, vectors: Vectors, langs: Sequence[str | None] | str | None) -> Vectors:
        """The vectors less their languages' means, at unit length again.

        Args:
            vectors: (n, d), or (d,) with one language.
            langs: the language code of each row (None where unknown), or one for all.

        Returns:
            Float32 of the shape of ``vectors``.

        Raises:
            InputError: there are not as many languages as vectors, or the vectors are not of these means' model.
            UnknownLanguage: there is a code that is none.
        """
        vectors = self._fitting(vectors)
        if langs is None or isinstance(langs, str):
            return unit(vectors - self.mean(langs))
        _check_rows(np.atleast_2d(vectors), langs)
        if vectors.ndim == 1:
            return unit(vectors - self.mean(langs[0]))
        centred = np.empty(vectors.shape, dtype=np.float32)
        for lang, picked in _rows_by_language(langs).items():
            centred[picked] = vectors[picked] - self.mean(lang)
        return unit(centred)

    def _fitting(self, vectors: Vectors) -> Vectors:
        vectors = np.asarray(vectors, dtype=np.float32)
        if vectors.ndim not in (1, 2) or vectors.shape[-1] != len(self.general):
            raise InputError(
                f"The means have {len(self.general)} dimensions and the vectors the shape {vectors.shape}: are they from the "
                "same model?"
            )
        return vectors


def shipped_means(model: str | TextEncoder, prompt: Prompt = "symmetric") -> LanguageMeans | None:
    """The means that come with a model, if any do."""
    try:
        return LanguageMeans.shipped(model, prompt)
    except OptionError:
        return None


def unit(vectors: Vectors) -> Vectors:
    """The vectors at unit length, of the shape given; zero stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    # A vector that is its language's mean says nothing: it stays zero and is alike to nothing.
    result: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return result


def _rows_by_language(langs: Sequence[str | None]) -> dict[str | None, list[int]]:
    rows: dict[str | None, list[int]] = {}
    for row, lang in enumerate(langs):
        rows.setdefault(lang if lang is None else canonical(lang), []).append(row)
    return rows


def _check_rows(vectors: Vectors, langs: Sequence[str | None]) -> None:
    if len(vectors) != len(langs):
        raise InputError(
            f"There are {len(vectors):,} vectors but {len(langs):,} languages; give one language a vector."
        )
