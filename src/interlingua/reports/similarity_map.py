"""A matrix of scores as a map of coloured cells."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interlingua.errors import InputError
from interlingua.reports.drawing import (
    FAINT,
    INK,
    MARK,
    Box,
    Drawing,
    Line,
    Raster,
    Shape,
    Words,
    colour_code,
    colours,
    ink_on,
)  # fmt: skip
from interlingua.reports.labels import checked_labels, folded, one_line, shortened, text_width
from interlingua.reports.labels import columns as width_of
from interlingua.reports.page import Table
from interlingua.reports.picture import Picture, wide
from interlingua.reports.scales import Floats, Unit, checked_scores, checked_threshold, ends, figure, named, ticks

MOST = 2000
"""A picture has at most so many rows and so many columns."""

_SIDE = 900
_CELL = 34
_WITH_FIGURES = 30
_MOST_HINTS = 10_000
_LABEL_HEIGHT = 13
_HINT = 100
_TITLE = 90
_BAR = 16
_SHADES = " ░▒▓█"
_MOST_LINES = 40


@dataclass(frozen=True, repr=False, eq=False)
class SimilarityMap(Picture):
    """A matrix of scores as a map: made by ``plot_similarity``.

    Attributes:
        scores: shape (rows, columns).
        rows: the texts of the rows.
        columns: the texts of the columns.
        unit: what the scores are.
        threshold: cells from this score on are framed; None frames none.
        title: what stands above it.
    """

    scores: Floats
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    unit: Unit
    threshold: float | None
    title: str

    def drawing(self) -> Drawing:
        """The cells, their labels, and a bar that says which colour stands for which score."""
        return _Layout(self).drawing()

    def table(self) -> Table:
        """For each row its best column; of texts among each other, the best other one."""
        scores, itself = self.scores, self.rows == self.columns and len(self.rows) > 1
        if itself:
            scores = scores.copy()
            np.fill_diagonal(scores, -2.0)
        best = scores.argmax(axis=1)
        found = scores[np.arange(len(best)), best].tolist()
        rows = [(row, self.columns[at], score) for row, at, score in zip(self.rows, best, found, strict=True)]
        other = "best other" if itself else "best column"
        return Table(f"The {other} for each row", ("row", other, named(self.unit)), rows)

    def text(self, width: int | None = None) -> str:
        """See ``Picture.text``. Where there are too many cells, one stands for a block of them and shows its highest score."""
        return "\n".join(_text(self, wide(width)))


def plot_similarity(
    scores: ArrayLike,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    *,
    unit: Unit = "probability",
    threshold: float | None = None,
    title: str | None = None,
) -> SimilarityMap:
    """Draw how alike two lists of texts are, or the texts of one list among each other.

    Args:
        scores: shape (rows, columns), at most 2,000 of each.
        rows: the texts of the rows; where not given, they are numbered.
        columns: the texts of the columns; where not given and the matrix is square, those of the rows.
        unit: what the scores are: ``probability`` (of the same meaning), ``centred_cosine`` or ``cosine``.
        threshold: cells from this score on are framed (in matrices of up to 10,000 cells).
        title: what stands above the picture.

    Returns:
        A picture: ``save("….png")`` (or .svg, .html, .txt), ``print`` it, or look at it in a notebook.

    Raises:
        InputError: a matrix of another shape, too large, or with values that are no such scores; labels that do not fit it.
        OptionError: an unknown unit.
    """
    checked = checked_scores(scores, unit, 2)
    height, width = checked.shape
    check_size(height, width)
    labels = checked_labels(rows, height, "rows")
    across = (
        labels
        if columns is None and rows is not None and width == height
        else checked_labels(columns, width, "columns")
    )
    said = one_line(title) if title is not None else f"Similarity of {height:,} × {width:,} texts"
    return SimilarityMap(checked, labels, across, unit, checked_threshold(threshold), said)


def check_size(rows: int, columns: int) -> None:
    """Refuse a map of too many texts, before their scores are computed.

    Raises:
        InputError: more than 2,000 rows or columns.
    """
    if max(rows, columns) > MOST:
        raise InputError(
            f"A map of {rows:,} x {columns:,} texts cannot be read; draw at most {MOST:,} x {MOST:,} of them, or the scores' "
            "histogram (plot_scores)."
        )


class _Layout:
    """Where everything stands."""

    def __init__(self, plot: SimilarityMap) -> None:
        self.plot = plot
        self.title = shortened(plot.title, _TITLE)
        self.height, self.width = plot.scores.shape
        self.low, self.high = ends(plot.scores, plot.unit)
        self.cell_x: int = max(1, min(_CELL, _SIDE // self.width))
        self.cell_y: int = max(1, min(_CELL, _SIDE // self.height))
        self.every_row = math.ceil(_LABEL_HEIGHT / self.cell_y)
        self.every_column = math.ceil(_LABEL_HEIGHT / self.cell_x)
        self.row_labels = [shortened(text) for text in plot.rows[:: self.every_row]]
        self.column_labels = [shortened(text) for text in plot.columns[:: self.every_column]]
        self.left = round(20 + max(text_width(label, 11) for label in self.row_labels))
        slope = math.sqrt(0.5)
        self.above = max(text_width(label, 11) for label in self.column_labels) * slope
        self.top = round(68 + self.above)
        self.map_width, self.map_height = self.cell_x * self.width, self.cell_y * self.height
        self.right = self.left + self.map_width
        self.bar_height: int = max(120, min(self.map_height, 400))

    def drawing(self) -> Drawing:
        shapes = [*self.heading(), *self.cells(), *self.labels(), *self.bar()]
        total = max(self.right + max(self.above + 10, 110), 40 + text_width(self.title, 15) * 1.1, 360)
        return Drawing(
            round(total), round(self.top + max(self.map_height, self.bar_height) + 30), self.plot.title, tuple(shapes)
        )

    def heading(self) -> Iterator[Shape]:
        yield Words(16, 22, self.title, 15, bold=True)
        notes = []
        if self.framed_from is not None:
            notes.append(f"framed: {figure(self.framed_from)} and more")
        if self.every_row > 1 or self.every_column > 1:
            step = max(self.every_row, self.every_column)
            notes.append(f"not every label is shown (every {step:,}th)" if step > 3 else "not every label is shown")
        yield Words(16, 42, "; ".join(notes), 11, colour=FAINT)

    @property
    def framed_from(self) -> float | None:
        return self.plot.threshold if self.width * self.height <= _MOST_HINTS and self.smallest >= 6 else None

    @property
    def smallest(self) -> int:
        return min(self.cell_x, self.cell_y)

    def cells(self) -> Iterator[Shape]:
        fills = colours((self.plot.scores - self.low) / (self.high - self.low))
        if self.width * self.height > _MOST_HINTS:
            yield Raster(self.left, self.top, self.map_width, self.map_height, fills)
            return
        places = [(row, column) for row in range(self.height) for column in range(self.width)]
        for row, column in places:
            yield Box(
                *self.at(row, column),
                self.cell_x,
                self.cell_y,
                colour_code(fills[row, column]),
                hint=self.hint(row, column),
            )
        if self.framed_from is not None:
            for row, column in np.argwhere(self.plot.scores >= self.framed_from).tolist():
                x, y = self.at(row, column)
                yield Box(
                    x + 1, y + 1, self.cell_x - 2, self.cell_y - 2, None, stroke=MARK, hint=self.hint(row, column)
                )
        if self.cell_x >= _WITH_FIGURES and self.smallest >= 14:
            for row, column in places:
                x, y = self.at(row, column)
                yield Words(
                    x + self.cell_x / 2, y + self.cell_y / 2, f"{self.plot.scores[row, column]:.2f}", 10, "middle",
                    ink_on(fills[row, column]), hint=self.hint(row, column),
                )  # fmt: skip

    def at(self, row: int, column: int) -> tuple[float, float]:
        return self.left + column * self.cell_x, self.top + row * self.cell_y

    def hint(self, row: int, column: int) -> str:
        texts = (shortened(text, _HINT) for text in (self.plot.rows[row], self.plot.columns[column]))
        return "\n".join((f"{self.plot.scores[row, column]:.3f} {self.plot.unit.replace('_', ' ')}", *texts))

    def labels(self) -> Iterator[Shape]:
        for number, label in enumerate(self.row_labels):
            row = number * self.every_row
            y = self.at(row, 0)[1] + self.cell_y / 2
            yield Words(self.left - 6, y, label, 11, "end", hint=shortened(self.plot.rows[row], _HINT))
        for number, label in enumerate(self.column_labels):
            column = number * self.every_column
            x = self.at(0, column)[0] + self.cell_x / 2
            yield Words(
                x, self.top - 8, label, 11, "start", turned=45, hint=shortened(self.plot.columns[column], _HINT)
            )

    def bar(self) -> Iterator[Shape]:
        x, steps = self.right + 24, 50
        for step, fill in enumerate(colours(np.linspace(1, 0, steps))):
            first, last = (round(self.top + self.bar_height * at / steps) for at in (step, step + 1))
            yield Box(x, first, _BAR, last - first, colour_code(fill))
        for tick in ticks(self.low, self.high):
            y = self.place(tick)
            yield Line(x + _BAR, y, x + _BAR + 4, y)
            yield Words(x + _BAR + 8, y, figure(tick), 11)
        if self.plot.threshold is not None and self.low <= self.plot.threshold <= self.high:
            y = self.place(self.plot.threshold)
            yield Line(x - 4, y, x + _BAR + 4, y, MARK, 2)
        yield Words(x + _BAR + 48, self.top + self.bar_height / 2, named(self.plot.unit), 11, "middle", INK, turned=90)

    def place(self, score: float) -> float:
        return self.top + self.bar_height * (self.high - score) / (self.high - self.low)


def _text(plot: SimilarityMap, width: int) -> Iterator[str]:
    """Row numbers and cells first and labels last, so that no script's widths or direction can move the cells."""
    height, across = plot.scores.shape
    low, high = ends(plot.scores, plot.unit)
    digits = len(str(height))
    room = max(10, min(width - digits - 2, width * 2 // 3))
    with_figures = across * 7 <= room
    size = max(math.ceil(height / _MOST_LINES), 1), 1 if with_figures else max(math.ceil(across * 2 / room), 1)
    pooled = _pooled(plot.scores, *size)
    limit = math.inf if plot.threshold is None else plot.threshold
    yield from folded(plot.title, width)
    yield from folded(_key(plot.unit, low, high), width)
    if max(size) > 1:
        yield from folded(f"one cell: the highest of {size[0]:,} × {size[1]:,} (rows × columns)", width)
    if with_figures and plot.threshold is not None:
        yield f"*: {figure(plot.threshold)} and more"
    yield ""
    if with_figures:
        yield " " * digits + "".join(f"{number:7d}" for number in range(1, across + 1))
    else:
        yield " " * (digits + 1) + _ruler(pooled.shape[1], size[1])
    for number, scores in enumerate(pooled):
        row = number * size[0]
        marks = [_SHADES[min(int((score - low) / (high - low) * 5), 4)] for score in scores]
        cells = "".join(
            f"{'*' if score >= limit else ' '}{mark}{score:5.2f}" if with_figures else mark * 2
            for mark, score in zip(marks, scores, strict=True)
        )
        start = f"{row + 1:{digits}d} {cells}"
        left = width - width_of(start) - 2
        yield (start + "  " + shortened(plot.rows[row], left) if left >= 4 else start).rstrip()
    if plot.columns != plot.rows:
        yield ""
        yield "columns"
        for number in range(0, across, size[1]):
            yield f"{number + 1:{len(str(across))}d} {shortened(plot.columns[number], width - len(str(across)) - 1)}"


def _ruler(cells: int, size: int) -> str:
    """The numbers of the first and of every fifth column, over cells of two characters."""
    line = ""
    for cell in range(0, cells, 5):
        line = f"{line:<{cell * 2}}{cell * size + 1} "
    return line.rstrip()


def _key(unit: Unit, low: float, high: float) -> str:
    steps = [figure(low + (high - low) * at / 5) for at in range(6)]
    shades = [f"{'blank' if shade == ' ' else shade}={steps[at]}–{steps[at + 1]}" for at, shade in enumerate(_SHADES)]
    return f"{named(unit)}: {' '.join(shades)}"


def _pooled(scores: Floats, rows: int, columns: int) -> Floats:
    """The highest score of each block of so many rows and columns; the last blocks may be smaller."""
    tall = np.maximum.reduceat(scores, np.arange(0, scores.shape[0], rows), axis=0)
    return np.maximum.reduceat(tall, np.arange(0, scores.shape[1], columns), axis=1)
