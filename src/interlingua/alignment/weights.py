"""What the evidence about beads counts, fitted by ``tools/fit_alignment.py``.

The weights are those of a conditional random field over all alignments (``lattice.py``), fitted to documents in seven pairs of
languages.
"""

from __future__ import annotations

from typing import NamedTuple

from interlingua.models.naming import parts_of


class BeadWeights(NamedTuple):
    """What the features of a bead with both sides count; alike is on the documents' scale (see ``alikeness.py``).

    Attributes:
        alike: how alike both texts are.
        low: by how much less than 0.6 that is.
        beside: how alike each text is to the sentences beside its counterpart, on average.
        less: how much more alike it is than it would be without one of its outer sentences.
        more: how much more alike it would be with one more sentence.
        size: the logarithm of the shorter text's length, over that of a usual sentence.
        sized: that, times alike.
        length: by how many standard deviations the lengths differ.
        torn: how many marks (names, numbers, cognates) it leaves in sentences beside it.
        open: at how many of its two ends the sentence goes on.
        one_one: it is one sentence and one.
        one_two: one and two.
        one_many: one and more.
        one_more: for each sentence of one and more, beyond four in all.
        many: it is several sentences and several.
        many_more: for each of these, beyond four in all.
    """

    alike: float
    low: float
    beside: float
    less: float
    more: float
    size: float
    sized: float
    length: float
    torn: float
    open: float
    one_one: float
    one_two: float
    one_many: float
    one_more: float
    many: float
    many_more: float


class SkipWeights(NamedTuple):
    """What the features of a sentence without a counterpart count.

    Attributes:
        one: that it is one.
        size: the logarithm of its length over that of a usual sentence.
        torn: how many marks it has in common with sentences of the other side.
        open: it goes on in the next sentence.
        near: how alike the sentence nearest to it is.
        sized: that, times the size.
    """

    one: float
    size: float
    torn: float
    open: float
    near: float
    sized: float


class Weights(NamedTuple):
    """Those of beads and of sentences left alone."""

    beads: BeadWeights
    skips: SkipWeights


GENERAL = Weights(
    BeadWeights(4.81, -1.39, -2.08, 0.85, -2.91, -2.38, 4.07, -1.75, -0.83, -1.4, 1.59, 0.73, 0.37, -1.2, -1.83, -0.13),
    SkipWeights(-1.4, -0.37, -0.29, -0.8, -1.11, 1.74),
)
"""Fitted with vectors of e5-small; they serve any model."""


TOGETHER = Weights(
    BeadWeights(
        4.8, -0.84, -1.54, 1.62, -3.46, -2.29, 3.83, -1.43, -0.75, -1.32, 1.19, 0.41, 0.19, -0.85, -1.49, -0.02
    ),
    SkipWeights(-1.04, -0.26, -0.33, -0.71, -1.4, 1.74),
)
"""Fitted with vectors of both bundled models side by side."""


def weights_of(model: str) -> Weights:
    """The weights for a model by its name."""
    together = {name for name, _ in parts_of(model)} == {"e5-small", "use-multilingual-v3"}
    return TOGETHER if together else GENERAL
