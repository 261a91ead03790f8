"""How many pairs have which score, and where the line between "same" and "different" is drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import InputError, OptionError
from interlingua.metrics import decision_quality
from interlingua.reports.chart import Plane
from interlingua.reports.drawing import DIFFERENT, FAINT, MARK, SAME, Box, Drawing, Line, Shape, Words
from interlingua.reports.labels import folded, one_line, shortened, text_width
from interlingua.reports.page import Table
from interlingua.reports.picture import Picture, wide
from interlingua.reports.scales import (
    Floats,
    Unit,
    checked_scores,
    checked_threshold,
    counted,
    ends,
    figure,
    named,
    ticks,
)

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_LINES = 20

Counts = NDArray[np.int64]


@dataclass(frozen=True, repr=False, eq=False)
class ScoreHistogram(Picture):
    """A histogram of scores: made by ``plot_scores``.

    Attributes:
        scores: shape (n,).
        labels: which pairs are known to mean the same, (n,); None where that is not known.
        unit: what the scores are.
        threshold: from this score on a pair is decided to be the same; None draws no line.
        bins: how many bars.
        log: whether the heights of the bars are on a logarithmic scale.
        title: what stands above it.
    """

    scores: Floats
    labels: NDArray[np.bool_] | None
    unit: Unit
    threshold: float | None
    bins: int
    log: bool
    title: str

    def binned(self, bins: int) -> tuple[Floats, list[tuple[str, str, Counts]]]:
        """The edges of so many bins, and for each kind of pairs its name, its colour and its counts."""
        edges = np.linspace(*ends(self.scores, self.unit, self.threshold), bins + 1)
        if self.labels is None:
            kinds = [("all pairs", SAME, self.scores)]
        else:
            kinds = [("different", DIFFERENT, self.scores[~self.labels]), ("same", SAME, self.scores[self.labels])]
        return edges, [(name, colour, np.histogram(scores, edges)[0]) for name, colour, scores in kinds]

    @property
    def findings(self) -> str:
        """What the threshold does: how many pairs reach it and, where that is known, how many of them rightly."""
        total = len(self.scores)
        if self.threshold is None:
            return counted(total)
        above = self.scores >= self.threshold
        said = f"{above.sum():,} of {counted(total)} ({above.mean():.1%}) at or above {figure(self.threshold)}"
        if self.labels is None:
            return said
        quality = decision_quality(above, self.labels)
        shares = (("precision", quality.precision), ("recall", quality.recall))
        return said + "".join(f", {name} {share:.3f}" for name, share in shares if not math.isnan(share))

    def drawing(self) -> Drawing:
        """Bars side by side over an axis of scores, with the threshold as a dashed line."""
        width, height, above = 760, 440, 104
        edges, kinds = self.binned(self.bins)
        most = max(int(counts.max()) for _, _, counts in kinds)
        y_ticks = _count_ticks(most, self.log)
        top = max(self.height(most), y_ticks[-1][0])
        left = 46 + max(text_width(label, 11) for _, label in y_ticks)
        plane = Plane(
            left, above, width - left - 24, height - above - 56, (float(edges[0]), float(edges[-1])), (0, top * 1.02)
        )
        shapes: list[Shape] = [
            Words(16, 22, shortened(self.title, 76), 15, bold=True),
            Words(16, 44, self.findings, 12, colour=FAINT),
            *plane.axes(
                ticks(*plane.x_range, 10), y_ticks, named(self.unit), "pairs" + (" (logarithmic)" if self.log else "")
            ),
            *self.bars(plane, edges, kinds),
            *self.line(plane),
        ]
        if self.labels is not None:
            shapes += _legend(kinds)
        return Drawing(width, height, self.title, tuple(shapes))

    def bars(self, plane: Plane, edges: Floats, kinds: list[tuple[str, str, Counts]]) -> Iterator[Shape]:
        """The bars; those of two kinds are seen through each other."""
        opacity = 0.65 if len(kinds) > 1 else 0.9
        for name, colour, counts in kinds:
            for low, high, count in zip(edges[:-1], edges[1:], counts.tolist(), strict=True):
                if count:
                    x, y = plane.x(low), plane.y(self.height(count))
                    hint = f"{figure(low)} to {figure(high)}: {count:,} {name}"
                    wide_enough = max(plane.x(high) - x - 1, 1)
                    yield Box(x + 0.5, y, wide_enough, plane.bottom - y, colour, opacity, hint=hint)

    def line(self, plane: Plane) -> Iterator[Shape]:
        """The threshold; its name stands on the side where there is room."""
        if self.threshold is None or not plane.x_range[0] <= self.threshold <= plane.x_range[1]:
            return
        x = plane.x(self.threshold)
        yield Line(x, plane.top - 8, x, plane.bottom, MARK, 2, dashed=True)
        at_left = x > plane.left + plane.width / 2
        yield Words(
            x + (-6 if at_left else 6),
            plane.top - 4,
            f"threshold {figure(self.threshold)}",
            11,
            "end" if at_left else "start",
            MARK,
        )

    def height(self, count: float) -> float:
        """How high a bar is."""
        return math.log10(1 + count) if self.log else float(count)

    def table(self) -> Table:
        """The counts."""
        edges, kinds = self.binned(self.bins)
        rows = [
            (float(low), float(high), *map(int, counts))
            for low, high, *counts in zip(edges[:-1], edges[1:], *(counts for _, _, counts in kinds), strict=True)
        ]
        return Table(self.findings, ("from", "to", *(name for name, _, _ in kinds)), rows)

    def text(self, width: int | None = None) -> str:
        """See ``Picture.text``: a bar for each of 20 ranges; where labels are known, ``█`` is the same and ``░`` different."""
        return "\n".join(_text(self, wide(width)))


def plot_scores(
    scores: ArrayLike,
    labels: ArrayLike | None = None,
    *,
    threshold: float | None = None,
    unit: Unit = "probability",
    bins: int = 40,
    log: bool = False,
    title: str | None = None,
) -> ScoreHistogram:
    """Draw how many pairs have which score, with the threshold of the decision.

    Args:
        scores: shape (n,).
        labels: True (or 1) for pairs that are known to mean the same, (n,); the bars then have two colours.
        threshold: pairs from this score on are decided to be the same; None draws no line.
        unit: what the scores are: ``probability`` (of the same meaning), ``centred_cosine`` or ``cosine``.
        bins: how many bars.
        log: draws the bars' heights on a logarithmic scale, where few pairs stand beside very many.
        title: what stands above the picture.

    Returns:
        A picture: ``save("….png")`` (or .svg, .html, .txt), ``print`` it, or look at it in a notebook.

    Raises:
        InputError: no scores, values that are no such scores, or not as many labels.
        OptionError: an unknown unit, or fewer than one bin.
    """
    checked = checked_scores(scores, unit, 1)
    if not 1 <= bins <= 500:
        raise OptionError(f"A histogram has 1 to 500 bins, not {bins}.")
    said = one_line(title) if title is not None else "Scores of pairs"
    return ScoreHistogram(
        checked, checked_labels(labels, len(checked)), unit, checked_threshold(threshold), bins, log, said
    )


def checked_labels(labels: ArrayLike | None, rows: int) -> NDArray[np.bool_] | None:
    """Which pairs are the same.

    Raises:
        InputError: not as many labels as scores, or others than booleans, 0 and 1.
    """
    if labels is None:
        return None
    array = np.asarray(labels)
    if array.shape != (rows,):
        raise InputError(
            f"There are {rows:,} scores, but the labels have the shape {array.shape}; give one label a score."
        )
    if array.dtype != bool and not (np.issubdtype(array.dtype, np.number) and np.isin(array, (0, 1)).all()):
        raise InputError("The labels must be booleans, or 0 and 1.")
    return array.astype(bool)


def _count_ticks(most: int, log: bool) -> list[tuple[float, str]]:
    if log:
        powers = [0, *(10**power for power in range(math.ceil(math.log10(most + 1)) + 1))]
        return [(math.log10(1 + count), f"{count:,}") for count in powers]
    return [(tick, f"{tick:,.0f}") for tick in ticks(0, max(most, 1)) if tick == int(tick)]


def _legend(kinds: list[tuple[str, str, Counts]]) -> Iterator[Shape]:
    x = 16.0
    for name, colour, counts in reversed(kinds):
        label = f"{name} ({counts.sum():,})"
        yield Box(x, 61, 12, 12, colour, 0.65)
        yield Words(x + 18, 67, label, 12)
        x += 18 + text_width(label, 12) + 16


def _text(plot: ScoreHistogram, width: int) -> Iterator[str]:
    edges, kinds = plot.binned(_LINES)
    total = np.sum([counts for _, _, counts in kinds], axis=0)
    digits = max(len(f"{int(total.max()):,}"), 5)
    room = max(width - 12 - digits - 1, 4)
    highest = plot.height(int(total.max()))
    yield from folded(plot.title, width)
    yield from folded(f"{named(plot.unit)}; {plot.findings}", width)
    if len(kinds) > 1:
        marked = zip("░█", kinds, strict=True)
        yield from folded("; ".join(f"{mark} {name}: {counts.sum():,}" for mark, (name, _, counts) in marked), width)
    yield ""
    line = f"{'─' * (8 + digits)} threshold {figure(plot.threshold)}" if plot.threshold is not None else ""
    for at, low in enumerate(edges[:-1]):
        if line and plot.threshold <= low + 1e-9:
            yield line  # the line names its lower end, so the threshold stands where it belongs among them
            line = ""
        length = room * plot.height(int(total[at])) / highest
        parts = [int(counts[at]) for _, _, counts in reversed(kinds)]
        bar = _bar(length) if len(parts) == 1 else _two(length, parts)
        yield f"{low:5.2f} │{int(total[at]):>{digits},} {bar}".rstrip()
    if line:
        yield line


def _bar(length: float) -> str:
    whole = int(length)
    return "█" * whole + _EIGHTHS[int((length - whole) * 8)].strip() or ("▏" if length else "")


def _two(length: float, parts: list[int]) -> str:
    """Both kinds in one bar; each that there is shows at least one block."""
    same, different = parts
    if not same + different:
        return ""
    whole = max(round(length), (same > 0) + (different > 0))
    first = min(max(round(whole * same / (same + different)), int(same > 0)), whole - int(different > 0))
    return "█" * first + "░" * (whole - first)
