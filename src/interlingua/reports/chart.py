"""The sheet of a chart: a plane with two axes, their ticks and names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from interlingua.reports.drawing import FAINT, GRID, Line, Shape, Words
from interlingua.reports.scales import figure


@dataclass(frozen=True, slots=True)
class Plane:
    """A rectangle of the sheet, in pixels, and the ranges of values that its sides stand for."""

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.top + self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    def x(self, value: float) -> float:
        """Where a value stands, from left to right."""
        low, high = self.x_range
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Where a value stands, from the top down."""
        low, high = self.y_range
        return self.bottom - self.height * (value - low) / (high - low)

    def axes(
        self,
        x_ticks: Sequence[float],
        y_ticks: Sequence[tuple[float, str]],
        x_name: str,
        y_name: str,
    ) -> Iterator[Shape]:
        """Both axes; ``y_ticks`` come with their own labels."""
        for value, label in y_ticks:
            yield Line(self.left, self.y(value), self.right, self.y(value), GRID)
            yield Words(self.left - 8, self.y(value), label, 11, "end", FAINT)
        yield Line(self.left, self.bottom, self.right, self.bottom)
        for tick in x_ticks:
            yield Line(self.x(tick), self.bottom, self.x(tick), self.bottom + 4)
            yield Words(self.x(tick), self.bottom + 14, figure(tick), 11, "middle", FAINT)
        if x_name:
            yield Words(self.left + self.width / 2, self.bottom + 34, x_name, 12, "middle")
        yield Words(18, self.top + self.height / 2, y_name, 12, "middle", turned=90)
