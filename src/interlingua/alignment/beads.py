"""What an alignment is made of."""

from __future__ import annotations

from dataclasses import dataclass

DOUBTFUL = 0.6
"""A bead with a lower probability is marked as doubtful."""


@dataclass(frozen=True, slots=True)
class Bead:
    """Sentences that are each other's translation, or sentences without one.

    Attributes:
        source: the rows of the source sentences, counted from 0, one after the other; empty where the target has no counterpart.
        target: the rows of the target sentences, likewise.
        score: the probability that this is exactly what belongs together, no more and no less, 0 to 1; higher is surer.
        cosine: how alike both texts are, a cosine centred by language, -1 to 1; None where a side is empty.
        source_text: the source sentences as one text.
        target_text: the target sentences as one text.
    """

    source: tuple[int, ...]
    target: tuple[int, ...]
    score: float
    cosine: float | None
    source_text: str
    target_text: str

    @property
    def kind(self) -> str:
        """How many sentences of each side: ``1-1``, ``2-1``, ``0-1``."""
        return f"{len(self.source)}-{len(self.target)}"

    @property
    def doubtful(self) -> bool:
        """Whether it should be looked at: its probability is below ``DOUBTFUL``."""
        return self.score < DOUBTFUL
