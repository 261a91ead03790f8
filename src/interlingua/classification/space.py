"""How vectors become the features that heads work on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.heads import Floats
from interlingua.scoring.centring import LanguageMeans
from interlingua.types import Vectors

Centring = Literal["language", "general", "none"]
"""What is taken out of a vector: its language's mean, the mean over languages, or nothing."""

Langs = Sequence[str | None] | None


@dataclass(frozen=True, eq=False)
class Space:
    """From vectors to features.

    Attributes:
        centring: what is taken out of the vectors.
        means: the means for that; None with ``none``.
        matrix: (d, d), what the centred vectors are multiplied by, after which they get unit length; None leaves them.
        middle: (d,), the mean of the training features before they were scaled.
        scale: what features are divided by, so that their squared length is 1 on average in training.
    """

    centring: Centring
    means: LanguageMeans | None = None
    matrix: Vectors | None = None
    middle: Floats | None = None
    scale: float = 1.0

    def fitted(self, vectors: NDArray[np.floating[Any]], langs: Langs) -> Space:
        """The same, with the middle and the scale of these vectors."""
        raw = self._raw(vectors, langs)
        middle = raw.mean(axis=0)
        spread = float(np.sqrt(((raw - middle) ** 2).sum(axis=1).mean()))
        return replace(self, middle=middle, scale=spread or 1.0)

    def features(self, vectors: NDArray[np.floating[Any]], langs: Langs) -> Floats:
        """(n, d) float64, each row by itself."""
        raw = self._raw(vectors, langs)
        found: Floats = (raw if self.middle is None else raw - self.middle) / self.scale
        return found

    def _raw(self, vectors: NDArray[np.floating[Any]], langs: Langs) -> Floats:
        centred: NDArray[Any] = vectors
        if self.means is not None:
            # Without languages for the rows the general mean is the best there is.
            centred = self.means.centre(vectors, langs if self.centring == "language" else None)
        if self.matrix is not None:
            turned = centred @ self.matrix
            lengths = np.linalg.norm(turned, axis=1, keepdims=True)
            centred = np.divide(turned, lengths, out=np.zeros_like(turned), where=lengths > 0)
        return np.asarray(centred, dtype=np.float64)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Its arrays, for a file."""
        found: dict[str, NDArray[Any]] = {"scale": np.array(self.scale)}
        if self.middle is not None:
            found["middle"] = self.middle
        if self.matrix is not None:
            found["matrix"] = self.matrix
        if self.means is not None:
            found["means"] = np.array(list(self.means.means.values()), dtype=np.float32)
            found["mean_languages"] = np.array(list(self.means.means))
            found["general"] = self.means.general
        return found

    @classmethod
    def of(cls, centring: Centring, arrays: Mapping[str, NDArray[Any]]) -> Space:
        """What ``arrays`` gave, as a space again.

        Raises:
            KeyError: an array is missing.
        """
        means = None
        if "general" in arrays:
            languages = [str(lang) for lang in arrays["mean_languages"]]
            means = LanguageMeans(dict(zip(languages, arrays["means"], strict=True)), arrays["general"])
        return cls(centring, means, arrays.get("matrix"), arrays.get("middle"), float(arrays["scale"]))
