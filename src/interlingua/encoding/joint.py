"""Several models as one encoder: their vectors side by side."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from interlingua.encoding.encoder import Encoder
from interlingua.errors import OptionError
from interlingua.models.naming import BESIDE, ENSEMBLE, SEPARATOR, parts_of, spelled
from interlingua.types import Prompt, Vectors

if TYPE_CHECKING:
    from interlingua.encoding.backends.selection import BackendName, Precision
    from interlingua.encoding.embedding_cache import EmbeddingCache
    from interlingua.encoding.options import EncodeOptions


class JointOptions(TypedDict, total=False):
    """What ``Encoder`` takes besides the model, for all models alike."""

    precision: Precision
    backend: BackendName
    threads: int | None
    cache_dir: str | os.PathLike[str] | None
    embedding_cache: bool | str | os.PathLike[str] | EmbeddingCache | None


@dataclass(frozen=True, slots=True)
class JointCard:
    """The facts of several models together.

    Attributes:
        location: how they are spelled, for ``open_encoder``.
        max_tokens: the smallest of their limits.
        precision: their precision class.
    """

    location: str
    max_tokens: int
    precision: str


class JointEncoder:
    """Two models or more as one encoder: the vectors of each at its weight, side by side, of length 1 together.

    The cosine of two such vectors is the mean of the models' cosines, weighted with the squares of the weights. Models that err
    differently are better together than either alone, at the cost of both.

    Args:
        models: as ``Encoder`` takes them, at least two.
        weights: of each, above 0; None gives the first 1 and the others 0.2.
        **options: see ``JointOptions``.

    Raises:
        UnknownModel: there is no such model.
        OptionError: fewer than two models, or not a weight for each.
    """

    def __init__(
        self, models: Sequence[str], weights: Sequence[float] | None = None, **options: Unpack[JointOptions]
    ) -> None:
        if isinstance(models, str) or len(models) < 2:
            raise OptionError(f"A joint encoder is made of two models or more, not of {models!r}.")
        weights = [1.0] + [BESIDE] * (len(models) - 1) if weights is None else list(map(float, weights))
        if len(weights) != len(models) or not all(0 < weight < np.inf for weight in weights):
            raise OptionError(f"There must be a weight above 0 for each of {len(models)} models, not {weights}.")
        self._take([Encoder(model, **options) for model in models], weights)

    def _take(self, encoders: list[Encoder], weights: list[float]) -> None:
        self._encoders = encoders
        self._weights = np.array(weights) / np.linalg.norm(weights)
        self._given = weights
        self._shortest = min(self._encoders, key=lambda one: one.card.max_tokens)
        locations = (one.card.location or one.name for one in self._encoders)
        self.card = JointCard(
            spelled(locations, weights), self._shortest.card.max_tokens, self._encoders[0].card.precision
        )

    def __repr__(self) -> str:
        return f"JointEncoder({self.name!r})"

    @property
    def name(self) -> str:
        """The names and weights: ``e5-small+0.2*use-multilingual-v3``."""
        return spelled((one.name for one in self._encoders), self._given)

    @property
    def dimension(self) -> int:
        """The length d of a vector: of all models' vectors together."""
        return sum(one.dimension for one in self._encoders)

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean comparable vectors."""
        parts = [f"{weight:.6g} {one.fingerprint}" for weight, one in zip(self._weights, self._encoders, strict=True)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def encode(self, sentences: str | Sequence[object], **options: Unpack[EncodeOptions]) -> Vectors:
        """See ``Encoder.encode``; vectors are always of length 1."""
        return self._joined(lambda one: one.encode(sentences, **options), options)

    def encode_query(self, sentences: str | Sequence[object], **options: Unpack[EncodeOptions]) -> Vectors:
        """See ``Encoder.encode_query``; vectors are always of length 1."""
        return self._joined(lambda one: one.encode_query(sentences, **options), options)

    def encode_document(self, sentences: str | Sequence[object], **options: Unpack[EncodeOptions]) -> Vectors:
        """See ``Encoder.encode_document``; vectors are always of length 1."""
        return self._joined(lambda one: one.encode_document(sentences, **options), options)

    def token_ids(self, sentences: Sequence[str], prompt: Prompt = "symmetric") -> list[list[int]]:
        """The token ids of the model that reads the fewest."""
        return self._shortest.token_ids(sentences, prompt)

    def knowing(self, langs: Iterable[str | None]) -> Encoder | JointEncoder:
        """Those of the models that know all of these languages; where none does, the one that knows the most languages.

        A model that never saw a language does not help those that did.

        Args:
            langs: language codes; None counts as known to all.

        Raises:
            UnknownLanguage: a code is none.
        """
        from interlingua.languages import canonical

        wanted = {canonical(lang).partition("-")[0] for lang in langs if lang is not None}
        known = [{lang.partition("-")[0] for lang in one.card.languages} for one in self._encoders]
        # A card that names no languages says nothing about them.
        able = [at for at, languages in enumerate(known) if not languages or wanted <= languages]
        able = able or [max(range(len(known)), key=lambda at: len(known[at]))]
        if len(able) == len(self._encoders):
            return self
        if len(able) == 1:
            return self._encoders[able[0]]
        some = copy(self)
        some._take([self._encoders[at] for at in able], [self._given[at] for at in able])
        return some

    def load(self) -> None:
        """Load all models now."""
        for one in self._encoders:
            one.load()

    def close(self) -> None:
        """See ``Encoder.close``."""
        for one in self._encoders:
            one.close()

    def _joined(self, embed: Callable[[Encoder], Vectors], options: EncodeOptions) -> Vectors:
        if not options.get("normalize_embeddings", True):
            raise OptionError("The vectors of several models are always of length 1; leave normalize_embeddings out.")
        parts = [np.float32(weight) * embed(one) for weight, one in zip(self._weights, self._encoders, strict=True)]
        joined: Vectors = np.concatenate(parts, axis=-1)
        return joined


def open_encoder(model: str | os.PathLike[str], **options: Any) -> Encoder | JointEncoder:
    """An ``Encoder``, or a ``JointEncoder`` for models with ``+`` between them.

    Args:
        model: a model as ``Encoder`` takes it, or several: ``e5-small+use-multilingual-v3``, ``e5-small+0.7*use-multilingual-v3``;
            ``ensemble`` is both bundled models.
        **options: see ``JointOptions``.

    Raises:
        UnknownModel: there is no such model.
    """
    name = os.fspath(model)
    if name == "ensemble" and not os.path.exists(name):
        name = ENSEMBLE
    if SEPARATOR not in name or os.path.exists(name):
        return Encoder(model, **options)
    models, weights = zip(*parts_of(name), strict=True)
    return JointEncoder(models, weights, **options)
