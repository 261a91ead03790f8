"""Whether probabilities are right: what was said, beside what was so."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.metrics import CalibrationBins, calibration_bins
from interlingua.reports.chart import Plane
from interlingua.reports.drawing import FAINT, SAME, Box, Dot, Drawing, Line, Shape, Words
from interlingua.reports.labels import folded, one_line, shortened
from interlingua.reports.page import Table
from interlingua.reports.picture import Picture, wide
from interlingua.reports.scales import Floats, counted, figure, ticks

_SAID = "probability said (mean of the bin)"
_SO = "share that is the same"
_SPREAD = 20
_TENTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, repr=False, eq=False)
class ReliabilityDiagram(Picture):
    """Bins of probabilities beside what was so: made by ``plot_calibration``.

    Attributes:
        bins: the bins; ``bins.error`` is the expected calibration error.
        pairs: how many pairs there are.
        spread: how many of them have a probability in each twentieth of the way from 0 to 1, (20,).
        low: of each bin the lower end of the interval (95 %) of the share that is the same.
        high: the upper end.
        title: what stands above it; the expected calibration error is added.
    """

    bins: CalibrationBins
    pairs: int
    spread: NDArray[np.int64]
    low: Floats
    high: Floats
    title: str

    @property
    def heading(self) -> str:
        """The title, with the expected calibration error."""
        return f"{self.title}: ECE {self.bins.error:.3f}"

    @property
    def note(self) -> str:
        """How it was counted."""
        return f"{counted(self.pairs)} in {len(self.bins.counts):,} bins; greatest error of a bin {self.bins.greatest_error:.3f}"

    def drawing(self) -> Drawing:
        """A dot for each bin, with its interval; dots on the diagonal are right. Below: how many pairs each bin has."""
        plane = Plane(70, 70, 420, 420, (0, 1), (0, 1))
        below = Plane(70, 512, 420, 70, (0, 1), (0, 1))
        shapes: list[Shape] = [
            Words(16, 22, f"{shortened(self.title, 38)}: ECE {self.bins.error:.3f}", 15, bold=True),
            Words(16, 44, self.note, 12, colour=FAINT),
            *plane.axes(_TENTHS, [(tick, figure(tick)) for tick in _TENTHS], "", _SO),
            Line(plane.x(0), plane.y(0), plane.x(1), plane.y(1), FAINT, dashed=True),
            *self.dots(plane),
            *self.strip(below),
        ]
        return Drawing(520, 640, self.heading, tuple(shapes))

    def dots(self, plane: Plane) -> Iterator[Shape]:
        """The bins."""
        points = list(zip(self.bins.predicted.tolist(), self.bins.observed.tolist(), strict=True))
        for (x1, y1), (x2, y2) in pairwise(points):
            yield Line(plane.x(x1), plane.y(y1), plane.x(x2), plane.y(y2), SAME, 1.5)
        for (said, so), low, high, count in zip(points, self.low, self.high, self.bins.counts.tolist(), strict=True):
            yield Line(plane.x(said), plane.y(low), plane.x(said), plane.y(high), SAME, 1)
            yield Dot(
                plane.x(said),
                plane.y(so),
                4,
                SAME,
                f"said {said:.3f}, so {so:.3f} ({low:.3f} to {high:.3f}); {counted(count)}",
            )

    def strip(self, plane: Plane) -> Iterator[Shape]:
        """How the probabilities are spread, in 20 ranges of equal width."""
        for at, count in enumerate(self.spread.tolist()):
            low, high = at / len(self.spread), (at + 1) / len(self.spread)
            x, y = plane.x(low), plane.y(count / self.spread.max())
            hint = f"{figure(low)} to {figure(high)}: {counted(count)}"
            yield Box(x + 0.5, y, plane.x(high) - x - 1, plane.bottom - y, SAME, 0.6, hint=hint)
        yield from plane.axes(ticks(0, 1, 5), [], _SAID, "pairs")

    def table(self) -> Table:
        """The bins."""
        bins = self.bins
        columns = (bins.low, bins.high, bins.predicted, bins.observed, self.low, self.high)
        rows = [(*map(float, values), int(count)) for *values, count in zip(*columns, bins.counts, strict=True)]
        heads = ("from", "to", "mean said", "share the same", "its interval from", "to (95 %)", "pairs")
        return Table(f"{self.heading}; {self.note}", heads, rows)

    def text(self, width: int | None = None) -> str:
        """See ``Picture.text``: a line for each bin; ``●`` is the share that was the same, ``┊`` the probability said."""
        return "\n".join(_text(self, wide(width)))


def plot_calibration(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int = 15,
    by: Literal["mass", "width"] = "mass",
    weights: ArrayLike | None = None,
    title: str = "Reliability",
) -> ReliabilityDiagram:
    """Draw a reliability diagram: are of the pairs said to be the same with 80 % really 80 % the same?

    Murphy and Winkler, "Reliability of subjective probability forecasts", Applied Statistics 26, 1977. The intervals are
    Wilson's (95 %; Journal of the American Statistical Association 22, 1927), for weighted pairs with their effective number
    (Kish, "Survey Sampling", 1965).

    Args:
        probabilities: of the same meaning, shape (n,).
        labels: True (or 1) for pairs that mean the same, (n,).
        bins: how many bins at most.
        by: bins of equal ``mass`` (as many pairs in each) or of equal ``width``.
        weights: what each pair counts, (n,); 1 where not given.
        title: what stands above the picture; the expected calibration error is added.

    Returns:
        A picture: ``save("….png")`` (or .svg, .html, .txt), ``print`` it, or look at it in a notebook.

    Raises:
        InputError: no pairs, probabilities outside 0 to 1, or not as many labels or weights.
        OptionError: fewer than one bin, or another ``by``.
    """
    found = calibration_bins(probabilities, labels, bins=bins, by=by, weights=weights)
    rows = len(np.asarray(labels))
    # Weights make some pairs count for several, which tells less than as many pairs would.
    weight = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
    effective = found.counts * (weight.sum() ** 2 / (weight @ weight) / rows)
    spread = np.histogram(np.asarray(probabilities, dtype=np.float64), _SPREAD, (0, 1))[0]
    low, high = _wilson(found.observed, effective)
    return ReliabilityDiagram(found, rows, spread, low, high, one_line(title))


def _wilson(shares: Floats, counts: Floats) -> tuple[Floats, Floats]:
    z = 1.96
    middle = (shares + z * z / (2 * counts)) / (1 + z * z / counts)
    reach = z / (1 + z * z / counts) * np.sqrt(shares * (1 - shares) / counts + z * z / (4 * counts**2))
    return np.clip(middle - reach, 0, 1), np.clip(middle + reach, 0, 1)


def _text(plot: ReliabilityDiagram, width: int) -> Iterator[str]:
    digits = max(5, *(len(f"{count:,}") for count in plot.bins.counts))
    room = max(width - 14 - digits - 2, 5)
    yield from folded(plot.heading, width)
    yield from folded(plot.note, width)
    yield from folded("● share that is the same, ┊ probability said (on one place: ●)", width)
    yield ""
    yield f" said     so {'pairs':>{digits}} 0{' ' * (room - 2)}1"
    for said, so, count in zip(plot.bins.predicted, plot.bins.observed, plot.bins.counts.tolist(), strict=True):
        line = ["·"] * room
        line[_place(said, room)] = "┊"
        line[_place(so, room)] = "●"
        yield f"{said:5.3f}  {so:5.3f} {count:>{digits},} {''.join(line)}"


def _place(value: float, room: int) -> int:
    return min(math.floor(value * (room - 1) + 0.5), room - 1)
