"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

from interlingua.errors import OptionError

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}


def byte_size(name: str, value: int | str) -> int:
    """A number of bytes from ``500MB``, ``2GB``, ``1.5GiB`` or a plain number.

    Args:
        name: the option that it is given as.
        value: what was given.

    Raises:
        OptionError: this is no size, or none above zero.
    """
    if isinstance(value, str):
        found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]*)\s*", value)
        if found and found[2].lower() in _UNITS:
            value = int(float(found[1]) * _UNITS[found[2].lower()])
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{name} is a size such as '500MB' or '2GB', or a number of bytes, not {value!r}.")
    return value


def spelled_size(count: int) -> str:
    """A number of bytes with a unit: ``512 B``, ``1.5 MB``, ``12 GB``."""
    size, units = float(count), ["B", "kB", "MB", "GB", "TB"]
    while size >= 999.5 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{size:.0f} {units[0]}" if size >= 9.95 or units[0] == "B" else f"{size:.1f} {units[0]}"
