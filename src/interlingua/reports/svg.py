"""A drawing as SVG. Texts stay texts: the program that shows the file chooses fonts and shapes Arabic, Hebrew or Hindi."""

from __future__ import annotations

import base64
import struct
import unicodedata
import zlib
from html import escape

import numpy as np
from numpy.typing import NDArray

from interlingua.reports.drawing import Box, Dot, Drawing, Line, Raster, Shape, Words

FONTS = "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif"


def to_svg(drawing: Drawing) -> str:
    """The drawing as an SVG document (which may also stand in HTML); the same drawing always gives the same bytes."""
    size = f'width="{_n(drawing.width)}" height="{_n(drawing.height)}" viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" font-family="{FONTS}">',
            f"<title>{escape(drawing.title)}</title>",
            f'<rect width="{_n(drawing.width)}" height="{_n(drawing.height)}" fill="#ffffff"/>',
            *(_element(shape) for shape in drawing.shapes),
            "</svg>\n",
        ]
    )


def _element(shape: Shape) -> str:
    if isinstance(shape, Words):
        return _words(shape)
    if isinstance(shape, Box):
        # An unfilled box still answers to the pointer.
        fill = f'fill="{shape.fill}"' if shape.fill else 'fill="none" pointer-events="all"'
        more = f' fill-opacity="{shape.opacity:g}"' if shape.opacity != 1 else ""
        more += f' stroke="{shape.stroke}" stroke-width="2"' if shape.stroke else ' shape-rendering="crispEdges"'
        place = f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'
        return _hinted("rect", f"{place} {fill}{more}", shape.hint)
    if isinstance(shape, Dot):
        return _hinted(
            "circle", f'cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{shape.fill}"', shape.hint
        )
    if isinstance(shape, Line):
        dashes = ' stroke-dasharray="6 4"' if shape.dashed else ""
        return (
            f'<line x1="{_n(shape.x1)}" y1="{_n(shape.y1)}" x2="{_n(shape.x2)}" y2="{_n(shape.y2)}" '
            f'stroke="{shape.colour}" stroke-width="{_n(shape.width)}"{dashes}/>'
        )
    return _raster(shape)


def _words(shape: Words) -> str:
    # dominant-baseline is not known everywhere; a third of the size below the middle is where letters stand.
    turn = f' transform="rotate({-shape.turned} {_n(shape.x)} {_n(shape.y)})"' if shape.turned else ""
    bold = ' font-weight="bold"' if shape.bold else ""
    anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
    return _hinted(
        "text",
        f'x="{_n(shape.x)}" y="{_n(shape.y)}" dy="0.35em" font-size="{_n(shape.size)}" fill="{shape.colour}"{anchor}{bold}{turn}',
        shape.hint,
        escape(_isolated(shape.text)),
    )


def _isolated(text: str) -> str:
    """A text that is written from right to left keeps that direction, whatever stands around it."""
    if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text):
        return f"\u2068{text}\u2069"
    return text


def _raster(shape: Raster) -> str:
    data = base64.b64encode(png_bytes(shape.pixels)).decode()
    return (
        f'<image x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}" '
        f'preserveAspectRatio="none" style="image-rendering: pixelated" href="data:image/png;base64,{data}"/>'
    )


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels of shape (height, width, 3) as a PNG file."""
    height, width, _ = pixels.shape
    # Each line begins with the number of its filter; 0 is none.
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def _hinted(name: str, attributes: str, hint: str, content: str = "") -> str:
    inside = f"<title>{escape(hint)}</title>{content}" if hint else content
    return f"<{name} {attributes}>{inside}</{name}>" if inside else f"<{name} {attributes}/>"


def _n(number: float) -> str:
    return f"{round(number, 2):g}"
