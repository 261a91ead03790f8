"""Texts as labels: on one line, cut to a width, in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from interlingua.errors import InputError

_LABEL = 28
"""The width, in columns of a terminal, that a label in a picture is cut to."""

# What would drive a terminal, or is not allowed in XML.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Signs that show nothing but turn the writing direction of what stands around them.
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    """A text on one line, with control characters spelled out and without marks of direction."""
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", " ".join(_DIRECTIONS.sub("", text).split()))


def columns(text: str) -> int:
    """How many columns a text takes in a terminal: two for a Chinese character, none for a combining mark."""
    from rich.cells import cell_len

    return cell_len(text)


def shortened(text: str, width: int = _LABEL) -> str:
    """A text on one line in so many columns, cut with ``…`` where it is longer; no letter loses its marks."""
    line = one_line(text)
    if len(line) * 2 <= width or columns(line) <= width:
        return line
    kept, taken = "", 0
    for cluster in _clusters(line):
        taken += columns(cluster)
        if taken > width - 1:
            break
        kept += cluster
    return kept.rstrip() + "…"


def folded(text: str, width: int) -> list[str]:
    """A sentence in lines of so many columns, broken between words."""
    lines = [""]
    for word in one_line(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if columns(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(shortened(word, width))
    return lines if lines[0] else lines[1:]


def text_width(text: str, size: float) -> float:
    """About how wide a text is drawn, in pixels; rather too much than too little."""
    return columns(text) * size * 0.63


def checked_labels(given: Sequence[str] | None, count: int, name: str) -> tuple[str, ...]:
    """A label for each row or column; their numbers where none are given.

    Raises:
        InputError: another number of labels, or something that is no text.
    """
    if given is None:
        return tuple(str(number) for number in range(1, count + 1))
    if isinstance(given, str) or len(given) != count:
        found = "one text" if isinstance(given, str) else f"{len(given):,}"
        raise InputError(f"The matrix has {count:,} {name}; give as many labels for them in a list, not {found}.")
    for row, label in enumerate(given):
        if not isinstance(label, str):
            raise InputError(f"The labels must be texts, but label {row + 1:,} of the {name} is {label!r}.", [row])
    return tuple(given)


def _clusters(text: str) -> list[str]:
    """Letters with the marks that follow them."""
    found: list[str] = []
    for letter in text:
        if found and (unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf") or found[-1].endswith("\u200d")):
            found[-1] += letter
        else:
            found.append(letter)
    return found
