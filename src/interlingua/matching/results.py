"""What matching finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A right text that may match a left one.

    Attributes:
        row: its row in the right list, counted from 0.
        probability: that it is the right one among all of the right list, 0 to 1.
        cosine: of the two vectors as the model gives them, -1 to 1.
        centred_cosine: of the vectors less their languages' means, -1 to 1.
        lang: its language, given or identified; None where unknown.
    """

    row: int
    probability: float
    cosine: float
    centred_cosine: float
    lang: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """What was found for one left text.

    Attributes:
        row: its row in the left list, counted from 0.
        matched: whether its best candidate is probable enough to be taken. In a one-to-one matching: and given to it.
        candidates: the most probable right texts, best first, at most ``top_k``; also where nothing matches.
        none_probability: that nothing in the right list matches, 0 to 1.
        lang: its language, given or identified; None where unknown.
    """

    row: int
    matched: bool
    candidates: tuple[Candidate, ...]
    none_probability: float
    lang: str | None

    @property
    def right(self) -> int | None:
        """The row of the right text that it matches, or None where nothing matches."""
        return self.candidates[0].row if self.matched else None

    @property
    def probability(self) -> float:
        """Of the best candidate; 0 where there is none."""
        return self.candidates[0].probability if self.candidates else 0.0
