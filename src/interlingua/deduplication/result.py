"""What deduplication gives back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Reason = Literal["exact", "normalised", "typo", "near", "translation"]
"""Why a text was removed: it is the keeper's copy; it is one but for case, spacing, punctuation or Unicode form, or but for a
typing error in one word; it says the same in the same
language (or one of the languages is unknown); it says the same in another language."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A text that was removed.

    Attributes:
        row: its row among the texts, counted from 0.
        keeper: the row of the text that is kept for it: among the texts, or with ``in_against`` among those compared against.
        reason: why; see ``Reason``.
        probability: P(both say the same) at the result's prior; 1.0 where the spelling decided (the first three reasons).
        cosine: of the vectors, centred by language; 1.0 where the spelling decided.
        in_against: whether the keeper is one of the texts compared against.
        id: its id, where ids were given.
        keeper_id: the keeper's, where they were given and the keeper is not in ``against``.
    """

    row: int
    keeper: int
    reason: Reason
    probability: float
    cosine: float
    in_against: bool = False
    id: str | None = None
    keeper_id: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A kept text and what was removed for it.

    Attributes:
        keeper: its row.
        in_against: whether it is one of the texts compared against.
        members: the rows removed, ascending.
    """

    keeper: int
    in_against: bool
    members: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Deduplicated:
    """Which texts are kept, and why the others are not.

    Attributes:
        kept: the rows kept, ascending.
        removed: the others, ascending by row.
        texts: the texts kept, in the order given.
        ids: their ids, where ids were given; else empty.
        prior: the share of duplicates among the pairs in question that the probabilities are based on.
        threshold: the probability from which on a text counted as a duplicate.
        approximate: whether pairs were found by an approximate index, which may miss some.
    """

    kept: tuple[int, ...]
    removed: tuple[Removed, ...]
    texts: list[str] = field(repr=False)
    ids: list[str] = field(repr=False)
    prior: float
    threshold: float
    approximate: bool

    @cached_property
    def groups(self) -> list[Group]:
        """Each keeper with what was removed for it; texts without duplicates are in none. Keepers of ``against`` come last."""
        members: dict[tuple[bool, int], list[int]] = {}
        for one in self.removed:
            members.setdefault((one.in_against, one.keeper), []).append(one.row)
        return [Group(keeper, outside, tuple(rows)) for (outside, keeper), rows in sorted(members.items())]

    @cached_property
    def counts(self) -> dict[Reason, int]:
        """How many were removed for each reason."""
        found: dict[Reason, int] = {"exact": 0, "normalised": 0, "typo": 0, "near": 0, "translation": 0}
        for one in self.removed:
            found[one.reason] += 1
        return found

    def least_sure(self, n: int = 10) -> Sequence[Removed]:
        """Those removed with the lowest probabilities: what to look at before trusting the rest."""
        return sorted(self.removed, key=lambda one: (one.probability, one.row))[:n]
