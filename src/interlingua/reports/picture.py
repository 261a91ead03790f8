"""What all pictures can do: be saved, be shown in a notebook, and be printed."""

from __future__ import annotations

import importlib.util
import shutil
from abc import ABC, abstractmethod
from pathlib import Path

from interlingua.errors import OptionError
from interlingua.reports.drawing import Drawing
from interlingua.reports.page import Table, to_html
from interlingua.reports.svg import to_svg
from interlingua.texts.writing import check_writable, open_atomic

ENDINGS = (".png", ".svg", ".html", ".txt")

_WIDEST = 120


class Picture(ABC):
    """A picture of results.

    ``str(picture)`` draws it in characters, a notebook shows it where it is the last value of a cell, and ``save`` writes it
    to a file.
    """

    @abstractmethod
    def drawing(self) -> Drawing:
        """The shapes that it consists of."""

    @abstractmethod
    def table(self) -> Table:
        """Its figures."""

    @abstractmethod
    def text(self, width: int | None = None) -> str:
        """The picture in characters, without colours.

        Args:
            width: how many columns it may take; None takes the terminal's (at most 120), or 80 where there is none.
        """

    def svg(self) -> str:
        """The picture as an SVG document."""
        return to_svg(self.drawing())

    def html(self) -> str:
        """The picture, and its figures in a table, as an HTML document that needs no other files."""
        return to_html(self.drawing(), self.table())

    def png(self) -> bytes:
        """The picture as a PNG file.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        from interlingua.reports.png import to_png

        return to_png(self.drawing())

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, in the format that its name's ending says; an older file is replaced.

        Args:
            path: ``….png`` (needs matplotlib), ``….svg``, ``….html`` or ``….txt``. The folder must exist.

        Raises:
            OptionError: another ending.
            MissingExtra: matplotlib is not installed (.png only).
            StorageError: the file cannot be written.
        """
        ending = ending_of(path)
        if ending == ".png":
            data = self.png()
        elif ending == ".svg":
            data = self.svg().encode("utf-8")
        elif ending == ".html":
            data = self.html().encode("utf-8")
        else:
            data = (self.text(_WIDEST) + "\n").encode("utf-8")
        with open_atomic(path, "wb") as file:
            file.write(data)

    def _repr_html_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.drawing().title}>"


def ending_of(path: str | Path) -> str:
    """The ending of a picture's file, in small letters.

    Raises:
        OptionError: it names no format that pictures are written in.
    """
    ending = Path(path).suffix.lower()
    if ending == ".htm":
        return ".html"
    if ending not in ENDINGS:
        raise OptionError(
            f"A picture is written as {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, but {str(path)!r} ends otherwise."
        )
    return ending


def check_path(path: str | Path) -> None:
    """Refuse at once what ``Picture.save`` would refuse after hours of work.

    Raises:
        OptionError: the name's ending is none that pictures are written in.
        MissingExtra: a .png, but matplotlib is not installed.
        StorageError: there is no such folder, it may not be written to, or the path is a folder.
    """
    if ending_of(path) == ".png" and importlib.util.find_spec("matplotlib") is None:
        from interlingua.reports.png import missing_matplotlib

        raise missing_matplotlib("No module named 'matplotlib'")
    check_writable(path)


def wide(width: int | None) -> int:
    """How many columns a picture in characters may take.

    Raises:
        OptionError: fewer than 20 are given.
    """
    if width is None:
        return max(40, min(shutil.get_terminal_size((80, 24)).columns, _WIDEST))
    if width < 20:
        raise OptionError(f"A picture in characters needs 20 columns at least, not {width}.")
    return width
