"""Which labels are taken for which: a confusion matrix as a map of coloured cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.errors import InputError
from interlingua.reports.drawing import FAINT, MARK, Box, Drawing, Raster, Shape, Words, colour_code, colours, ink_on
from interlingua.reports.labels import checked_labels, folded, one_line, shortened, text_width
from interlingua.reports.labels import columns as width_of
from interlingua.reports.page import Table
from interlingua.reports.picture import Picture, wide

MOST = 1000
"""A picture has at most so many labels."""

_SIDE = 900
_CELL = 44
_WITH_FIGURES = 24
_MOST_HINTS = 10_000
_LABEL_HEIGHT = 13
_TITLE = 90
_SHADES = " ░▒▓█"
_FIGURE = 6
_MISTAKES = 10


@dataclass(frozen=True, repr=False, eq=False)
class ConfusionMap(Picture):
    """A confusion matrix as a map: made by ``plot_confusion``.

    Attributes:
        counts: (c, c): rows of a label (row) that were predicted as a label (column).
        labels: the labels.
        title: what stands above it.
    """

    counts: NDArray[np.int64]
    labels: tuple[str, ...]
    title: str

    @property
    def shares(self) -> NDArray[np.float64]:
        """Of each label's rows the share predicted as each label, (c, c); 0 for a label without rows."""
        totals = self.counts.sum(axis=1, keepdims=True)
        found: NDArray[np.float64] = self.counts / np.maximum(totals, 1)
        return found

    def drawing(self) -> Drawing:
        """The cells, coloured by share of the row's label, and the labels."""
        return _Layout(self).drawing()

    def table(self) -> Table:
        """The mistakes, the most frequent first."""
        rows = [(self.labels[true], self.labels[said], count, share) for true, said, count, share in mistakes(self)]
        return Table(
            "Mistakes, the most frequent first", ("label", "predicted", "rows", "share of the label's rows"), rows
        )

    def text(self, width: int | None = None) -> str:
        """See ``Picture.text``. Of many labels only the diagonal's figures and the most frequent mistakes are told."""
        return "\n".join(_text(self, wide(width)))


def plot_confusion(counts: ArrayLike, labels: Sequence[str], *, title: str | None = None) -> ConfusionMap:
    """Draw which labels are taken for which.

    Args:
        counts: (c, c): how many rows of a label (row) were predicted as a label (column), at most 1,000 labels.
        labels: their names, in that order.
        title: what stands above the picture.

    Returns:
        A picture: ``save("….png")`` (or .svg, .html, .txt), ``print`` it, or look at it in a notebook.

    Raises:
        InputError: a matrix that is not square, holds something else than counts, or is too large; labels that do not fit it.
    """
    given = np.asarray(counts)
    if given.ndim != 2 or given.shape[0] != given.shape[1] or not len(given):
        raise InputError(f"A confusion matrix has as many rows as columns; this one has the shape {given.shape}.")
    if given.dtype.kind not in "iub" or (given.dtype.kind == "i" and (given < 0).any()):
        raise InputError("A confusion matrix holds counts: whole numbers from 0 on.")
    if len(given) > MOST:
        raise InputError(f"A confusion matrix of {len(given):,} labels cannot be read; at most {MOST:,} are drawn.")
    checked = checked_labels(labels, len(given), "rows")
    right, total = int(np.trace(given)), int(given.sum())
    said = f"{total:,} rows, {right:,} predicted rightly" if title is None else one_line(title)
    return ConfusionMap(given.astype(np.int64), checked, said)


def mistakes(plot: ConfusionMap) -> list[tuple[int, int, int, float]]:
    """True label, predicted label, how many rows, and their share of the true label's rows; the most frequent first."""
    wrong = plot.counts.copy()
    np.fill_diagonal(wrong, 0)
    shares = plot.shares
    found = [
        (true, said, int(wrong[true, said]), float(shares[true, said])) for true, said in np.argwhere(wrong).tolist()
    ]
    return sorted(found, key=lambda one: (-one[2], -one[3], one[0], one[1]))


class _Layout:
    """Where everything stands."""

    def __init__(self, plot: ConfusionMap) -> None:
        self.plot = plot
        self.title = shortened(plot.title, _TITLE)
        self.size = len(plot.labels)
        self.cell = max(1, min(_CELL, _SIDE // self.size))
        self.every = math.ceil(_LABEL_HEIGHT / self.cell)
        self.names = [shortened(label) for label in plot.labels[:: self.every]]
        longest = max(text_width(name, 11) for name in self.names)
        self.left = round(40 + longest)
        self.above = longest * math.sqrt(0.5)
        self.top = round(84 + self.above)
        self.side = self.cell * self.size

    def drawing(self) -> Drawing:
        width = max(self.left + self.side + self.above + 20, 40 + text_width(self.title, 15) * 1.1, 360)
        shapes = (*self.heading(), *self.cells(), *self.label_words())
        return Drawing(round(width), self.top + self.side + 30, self.plot.title, shapes)

    def heading(self) -> Iterator[Shape]:
        yield Words(16, 22, self.title, 15, bold=True)
        note = "rows: the label; columns: what was predicted; colour: the share of the label's rows"
        if self.every > 1:
            note += "; not every label is shown"
        yield Words(16, 42, note, 11, colour=FAINT)

    def cells(self) -> Iterator[Shape]:
        fills = colours(self.plot.shares)
        if self.size * self.size > _MOST_HINTS:
            yield Raster(self.left, self.top, self.side, self.side, fills)
            return
        for true, said in np.ndindex(self.size, self.size):
            x, y = self.left + said * self.cell, self.top + true * self.cell
            hint = self.hint(true, said)
            frame = MARK if true == said and self.cell >= 6 else None
            yield Box(x, y, self.cell, self.cell, colour_code(fills[true, said]), hint=hint)
            if frame is not None:
                yield Box(x + 0.5, y + 0.5, self.cell - 1, self.cell - 1, None, stroke=frame, hint=hint)
            if self.cell >= _WITH_FIGURES and self.plot.counts[true, said]:
                yield Words(
                    x + self.cell / 2, y + self.cell / 2, f"{self.plot.counts[true, said]:,}", 10, "middle",
                    ink_on(fills[true, said]), hint=hint,
                )  # fmt: skip

    def hint(self, true: int, said: int) -> str:
        labels, count = self.plot.labels, self.plot.counts[true, said]
        return f"{count:,} rows ({self.plot.shares[true, said]:.0%})\n{labels[true]}\npredicted: {labels[said]}"

    def label_words(self) -> Iterator[Shape]:
        for number, name in enumerate(self.names):
            at = number * self.every * self.cell + self.cell / 2
            full = self.plot.labels[number * self.every]
            yield Words(self.left - 6, self.top + at, name, 11, "end", hint=full)
            yield Words(self.left + at, self.top - 8, name, 11, "start", turned=45, hint=full)


def _text(plot: ConfusionMap, width: int) -> Iterator[str]:
    """Numbers and cells first and labels last, so that no script's widths or direction can move the cells."""
    size = len(plot.labels)
    digits = len(str(size))
    yield from folded(plot.title, width)
    steps = [f"{'blank' if shade == ' ' else shade}={at * 20}–{at * 20 + 20} %" for at, shade in enumerate(_SHADES)]
    yield from folded(f"rows: the label; columns: what was predicted; of the label's rows: {' '.join(steps)}", width)
    with_figures = digits + 1 + size * (_FIGURE + 1) <= width * 2 // 3
    if with_figures or digits + 2 + size * 2 <= width - 8:
        yield ""
        yield from _map(plot, width, with_figures)
    wrong = mistakes(plot)
    if wrong:
        yield ""
        yield "most frequent mistakes"
    for true, said, count, share in wrong[:_MISTAKES]:
        start = f"{count:6,} ({share:4.0%}) "
        half = (width - width_of(start) - 3) // 2
        yield f"{start}{shortened(plot.labels[true], half)} → {shortened(plot.labels[said], half)}"


def _map(plot: ConfusionMap, width: int, with_figures: bool) -> Iterator[str]:
    size, shares = len(plot.labels), plot.shares
    digits = len(str(size))
    if with_figures:
        yield " " * (digits + 1) + "".join(f"{number:{_FIGURE + 1}d}" for number in range(1, size + 1))
    for true in range(size):
        cells = ""
        for said in range(size):
            shade = _SHADES[min(int(shares[true, said] * 5), 4)]
            cells += f" {shade}{plot.counts[true, said]:{_FIGURE - 1},}" if with_figures else shade * 2
        start = f"{true + 1:{digits}d} {cells}"
        left = width - width_of(start) - 2
        yield (start + "  " + shortened(plot.labels[true], left) if left >= 4 else start).rstrip()
