"""Which installed fonts have the signs of a picture's texts (for matplotlib; browsers find fonts themselves)."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from interlingua.languages.scripts import script_of

_FIRST = "DejaVu Sans"
"""Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian and many signs."""

# Families to be asked before all others: plain faces with many signs. Any other installed font may help after them.
_PREFERRED = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans", "Source Han Sans", "WenQuanYi", "Droid Sans Fallback", "Unifont",
    "PingFang", "Hiragino", "Apple SD Gothic", "Arial Unicode MS", "Microsoft YaHei", "Yu Gothic", "Malgun Gothic",
    "Nirmala UI", "Leelawadee UI", "Segoe UI",
)  # fmt: skip

# From this version on matplotlib joins Arabic letters, orders them from right to left and places Indic vowels.
_SHAPES_SINCE = (3, 11)
_NEED_SHAPING = frozenset({
    "Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Deva", "Beng", "Guru", "Gujr", "Orya", "Taml", "Telu", "Knda", "Mlym",
    "Sinh", "Tibt", "Khmr", "Mymr", "Laoo", "Thai",
})  # fmt: skip

# Matplotlib's font of boxes: it has all signs, and draws none.
_BOXES = "Last Resort"


class FontWarning(UserWarning):
    """Texts in a PNG file do not look as they should: no installed font has their signs, or they are not shaped."""


def families_for(texts: Iterable[str]) -> list[str]:
    """The font families, in the order to try them, that together have the signs of these texts.

    Warns once, with a ``FontWarning``, where no installed font has some of them, and where this matplotlib cannot join or
    order the letters of their scripts.
    """
    signs = {sign for text in texts for sign in text if not _invisible(sign)}
    families, missing = [_FIRST], signs - _signs_of(_FIRST)
    for family in _candidates() if missing else ():
        covered = missing & _signs_of(family)
        if covered:
            families.append(family)
            missing -= covered
        if not missing:
            break
    _warn(signs, missing)
    return families


def in_first_family(text: str) -> bool:
    """Whether matplotlib's own family, which has a bold face, has all signs of a text."""
    return all(_invisible(sign) or sign in _signs_of(_FIRST) for sign in text)


def _warn(signs: set[str], missing: set[str]) -> None:
    if missing:
        shown = ", ".join(sorted({_script_name(sign) for sign in missing}))
        warnings.warn(
            f"No installed font has {len(missing):,} of the picture's signs ({shown}); they are drawn as boxes. Install fonts that "
            "have them, such as Noto, or write the picture as .svg or .html.",
            FontWarning,
            stacklevel=2,
        )
    import matplotlib

    unshaped = {_script_name(sign) for sign in signs - missing if script_of(sign) in _NEED_SHAPING}
    if unshaped and matplotlib.__version_info__[:2] < _SHAPES_SINCE:
        warnings.warn(
            f"Matplotlib {matplotlib.__version__} does not join and order the letters of {', '.join(sorted(unshaped))}; "
            "install matplotlib 3.11 or later, or write the picture as .svg or .html.",
            FontWarning,
            stacklevel=2,
        )


def _script_name(sign: str) -> str:
    """The script that a sign belongs to, as Unicode names it: ``Devanagari``."""
    first = unicodedata.name(sign, "unassigned").split()[0]
    return first if first == "CJK" else first.capitalize()


def _invisible(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in ("Cf", "Cc")


def _candidates() -> Iterator[str]:
    def place(family: str) -> tuple[int, str]:
        return next((at for at, name in enumerate(_PREFERRED) if family.startswith(name)), len(_PREFERRED)), family

    yield from sorted(set(_files()) - {_FIRST}, key=place)


@lru_cache(maxsize=1)
def _files() -> dict[str, str]:
    """The file of each installed family's regular face."""
    from matplotlib.font_manager import fontManager

    found: dict[str, str] = {}
    for entry in fontManager.ttflist:
        if (
            entry.style == "normal"
            and not entry.name.startswith(_BOXES)
            and str(entry.weight) in ("400", "normal", "regular")
        ):
            found.setdefault(entry.name, entry.fname)
    return found


@lru_cache(maxsize=256)
def _signs_of(family: str) -> frozenset[str]:
    """What a family has; nothing where its file cannot be drawn with, such as a font of coloured images."""
    from matplotlib.font_manager import get_font

    try:
        font: Any = get_font(_files()[family])
        return frozenset(map(chr, font.get_charmap())) if font.scalable else frozenset()
    except (KeyError, OSError, RuntimeError, ValueError):
        return frozenset()
