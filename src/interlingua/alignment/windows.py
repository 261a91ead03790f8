"""Runs of consecutive sentences of one side, and their vectors: estimated from the sentences' vectors, or embedded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.joining import joined
from interlingua.scoring.centring import unit
from interlingua.scoring.sizes import text_size
from interlingua.types import Vectors

Floats = NDArray[np.float64]


class Windows:
    """The runs of 1 to ``longest`` sentences of a text.

    Args:
        sentences: the text.
        vectors: centred vectors of the sentences, (n, d).
        longest: how many sentences a run has at most.

    Attributes:
        vectors: of the run of a + 1 sentences that ends with sentence i, (longest, n, d) float32 of unit length; zero where a run
            would begin before the text.
        sizes: ``text_size`` of each, (longest, n).
    """

    def __init__(self, sentences: Sequence[str], vectors: Vectors, longest: int) -> None:
        count = len(sentences)
        self._sentences = sentences
        singles = np.array([text_size(sentence) for sentence in sentences], dtype=np.float64).reshape(count)
        self.sizes = np.zeros((longest, count))
        self.vectors: Vectors = np.zeros((longest, *vectors.shape), dtype=np.float32)
        self.vectors[0], self.sizes[0] = vectors, singles
        weighted = vectors * singles[:, None].astype(np.float32)
        total = weighted.copy()
        for more in range(1, longest):
            # A run of several says about what its sentences say, each as much as it is long.
            total = total[1:] + weighted[: max(0, count - more)]
            self.vectors[more, more:] = unit(total)
            self.sizes[more, more:] = self.sizes[more - 1, more:] + singles[: max(0, count - more)]

    def text(self, size: int, last: int) -> str:
        """The text of the run of ``size`` sentences that ends with sentence ``last``."""
        return joined(self._sentences[last - size + 1 : last + 1])

    def put(self, wanted: Iterable[tuple[int, int]], vectors: Vectors) -> None:
        """Take over the vectors of runs (size, last sentence) that were embedded, centred and in the same order."""
        for (size, last), vector in zip(wanted, vectors, strict=True):
            self.vectors[size - 1, last] = vector
