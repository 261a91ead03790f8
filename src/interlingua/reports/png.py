"""A drawing as a PNG image, through matplotlib (the extra ``plot``)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from interlingua.errors import MissingExtra
from interlingua.reports.drawing import Box, Dot, Drawing, Line, Raster, Words
from interlingua.reports.fonts import families_for, in_first_family

_DPI = 96
_FINE = 2
_LARGE = 1600.0
"""Drawings up to this many pixels are written at twice the resolution."""


def to_png(drawing: Drawing) -> bytes:
    """The drawing as a PNG file.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    scale = _FINE if max(drawing.width, drawing.height) <= _LARGE else 1
    with _without_its_own_warnings():
        figure, axes = _sheet(drawing)
        families = families_for(shape.text for shape in drawing.shapes if isinstance(shape, Words))
        boxes: list[Box] = []
        for order, shape in enumerate(drawing.shapes):
            if isinstance(shape, Box) and shape.stroke is None:
                boxes.append(shape)  # neighbours are drawn in one go
                continue
            _draw_boxes(axes, boxes, order)
            boxes = []
            _draw(axes, shape, order, families)
        _draw_boxes(axes, boxes, len(drawing.shapes))
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=_DPI * scale, metadata={"Title": drawing.title})
    return out.getvalue()


@contextmanager
def _without_its_own_warnings() -> Iterator[None]:
    """Missing signs are told in one sentence for all; what matplotlib deprecates in other packages is not the user's business."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*missing from font.*")
        yield


def missing_matplotlib(reason: str) -> MissingExtra:
    """What is raised where matplotlib cannot be imported."""
    return MissingExtra(
        f"A PNG picture needs a package that is not here ({reason}); run: pip install 'interlingua[plot]', or write the picture "
        "as .svg or .html, which needs no package."
    )


def _sheet(drawing: Drawing) -> tuple[Any, Any]:
    """A figure without windows or global state, and axes over all of it whose units are the drawing's pixels."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise missing_matplotlib(str(error)) from None
    figure = Figure(figsize=(drawing.width / _DPI, drawing.height / _DPI), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, drawing.width)
    axes.set_ylim(drawing.height, 0)
    return figure, axes


def _draw(axes: Any, shape: Box | Line | Dot | Words | Raster, order: int, families: list[str]) -> None:
    if isinstance(shape, Words):
        bold = shape.bold and in_first_family(shape.text)  # other families may have no bold face
        axes.text(
            shape.x, shape.y, shape.text, fontsize=_points(shape.size), color=shape.colour,
            family=families[:1] if bold else families,
            weight="bold" if bold else "normal", rotation=shape.turned, rotation_mode="anchor", va="center_baseline",
            ha={"start": "left", "middle": "center", "end": "right"}[shape.anchor], parse_math=False, zorder=order,
        )  # fmt: skip
    elif isinstance(shape, Line):
        axes.plot(
            [shape.x1, shape.x2], [shape.y1, shape.y2], color=shape.colour, linewidth=_points(shape.width),
            linestyle=(0, (6, 4)) if shape.dashed else "solid", zorder=order, solid_capstyle="butt",
        )  # fmt: skip
    elif isinstance(shape, Dot):
        from matplotlib.patches import Circle

        axes.add_patch(Circle((shape.x, shape.y), shape.radius, facecolor=shape.fill, linewidth=0, zorder=order))
    elif isinstance(shape, Raster):
        place = (shape.x, shape.x + shape.width, shape.y + shape.height, shape.y)
        axes.imshow(shape.pixels, extent=place, aspect="auto", interpolation="nearest", zorder=order)
        axes.set_xlim(0, axes.figure.get_figwidth() * _DPI)
        axes.set_ylim(axes.figure.get_figheight() * _DPI, 0)
    elif isinstance(shape, Box):
        from matplotlib.patches import Rectangle

        axes.add_patch(
            Rectangle(
                (shape.x, shape.y), shape.width, shape.height, fill=False, edgecolor=shape.stroke, linewidth=_points(2),
                zorder=order,
            )
        )  # fmt: skip


def _draw_boxes(axes: Any, boxes: list[Box], order: int) -> None:
    visible = [box for box in boxes if box.fill]
    if not visible:
        return
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    corners = [
        [(b.x, b.y), (b.x + b.width, b.y), (b.x + b.width, b.y + b.height), (b.x, b.y + b.height)] for b in visible
    ]
    fills = [to_rgba(box.fill or "none", box.opacity) for box in visible]
    # Without smoothing no seams are seen between neighbours.
    axes.add_collection(
        PolyCollection(corners, facecolors=fills, linewidths=0, antialiaseds=False, zorder=order - 0.5), autolim=False
    )


def _points(pixels: float) -> float:
    return pixels * 72 / _DPI
