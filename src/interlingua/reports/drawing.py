"""What a picture consists of: a few kinds of shapes with places in pixels (x to the right, y down), however it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

INK = "#222222"
FAINT = "#666666"
GRID = "#dddddd"
SAME = "#2f6db5"
DIFFERENT = "#e0803a"
MARK = "#d62728"

# Viridis (van der Walt and Smith, 2015; CC0): even steps to the eye, also without colours and for the colour-blind.
_VIRIDIS = "440154 482475 414487 355f8d 2a788e 21918c 22a884 44bf70 7ad151 bddf26 fde725"
_ANCHORS = np.array([[int(code[at : at + 2], 16) for at in (0, 2, 4)] for code in _VIRIDIS.split()])
_SCALE = np.stack(
    [np.interp(np.linspace(0, len(_ANCHORS) - 1, 256), np.arange(len(_ANCHORS)), one) for one in _ANCHORS.T], axis=1
)
_SCALE = np.round(_SCALE).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``hint`` is shown where the pointer rests on it."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None
    opacity: float = 1.0
    stroke: str | None = None
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = INK
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text. ``y`` is its middle; ``turned`` counts degrees against the clock."""

    x: float
    y: float
    text: str
    size: float = 11.0
    anchor: Literal["start", "middle", "end"] = "start"
    colour: str = INK
    bold: bool = False
    turned: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An image, stretched without smoothing; ``pixels`` has shape (height, width, 3)."""

    x: float
    y: float
    width: float
    height: float
    pixels: NDArray[np.uint8]


Shape = Box | Line | Dot | Words | Raster


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a white sheet, later ones over earlier ones; ``title`` says in a sentence what is to be seen."""

    width: float
    height: float
    title: str
    shapes: tuple[Shape, ...]


def colours(shares: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The colours of values from 0 to 1: shape (..., 3)."""
    shades = np.round(np.clip(shares, 0, 1) * (len(_SCALE) - 1)).astype(np.uint8)
    found: NDArray[np.uint8] = _SCALE[shades]
    return found


def colour_code(colour: NDArray[np.uint8]) -> str:
    """A colour as ``#rrggbb``."""
    return "#" + bytes(colour.tolist()).hex()


def ink_on(colour: NDArray[np.uint8]) -> str:
    """Black or white, whichever can be read on this colour (by its luminance)."""
    red, green, blue = colour.tolist()
    return "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else "#ffffff"
