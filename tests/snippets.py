"""The documents' snippets: taken out of Markdown, and their expected output compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from interlingua.encoding.backends.arithmetic import has_dot_products

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = r"-?\d+\.\d+"
_UNSAID = "…"
_OTHER_ARITHMETIC = 0.0 if has_dot_products() else 0.005


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line that it begins on."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Command:
    """A line after ``$`` in a console block, and what should be printed."""

    line: str
    expected: tuple[str, ...]


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a Markdown file."""
    text = path.read_text(encoding="utf-8")
    return [Block(found[1], found[2], text.count("\n", 0, found.start()) + 2) for found in _FENCE.finditer(text)]


def commands(block: Block) -> list[Command]:
    """The commands of a console block."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return [Command(line, tuple(expected)) for line, expected in found]


def agree(expected: tuple[str, ...], printed: str) -> bool:
    """Whether a command printed what is expected.

    White space is folded, empty lines do not count, ``…`` stands for anything in a line, a line of only ``…`` for any lines,
    and a number with a decimal point may differ by one and a half units of its last digit. The documents' numbers were made on a
    processor with 8-bit dot products; without them vectors are computed in float32, and a score may differ by 0.005.
    """
    wanted = [line for line in map(_folded, expected) if line]
    lines = [line for line in map(_folded, printed.splitlines()) if line]
    return _agree(wanted, lines)


def _agree(wanted: list[str], lines: list[str]) -> bool:
    if not wanted:
        return not lines
    if wanted[0] == _UNSAID:
        return any(_agree(wanted[1:], lines[start:]) for start in range(len(lines) + 1))
    return bool(lines) and _line_agrees(wanted[0], lines[0]) and _agree(wanted[1:], lines[1:])


def _line_agrees(wanted: str, line: str) -> bool:
    # Digits before "…" are only a beginning, so they are compared as text.
    parts = re.split(f"({_NUMBER}(?!\\d|{_UNSAID})|{_UNSAID})", wanted)
    numbers = [part for part in parts if re.fullmatch(_NUMBER, part)]
    pattern = "".join(
        ".*" if part == _UNSAID else f"({_NUMBER})" if re.fullmatch(_NUMBER, part) else re.escape(part)
        for part in parts
    )
    found = re.fullmatch(pattern, line)
    return found is not None and all(
        abs(float(a) - float(b)) <= max(1.5 * 10.0 ** -len(a.partition(".")[2]), _OTHER_ARITHMETIC)
        for a, b in zip(numbers, found.groups(), strict=True)
    )


def _folded(line: str) -> str:
    return re.sub("─+", "─", " ".join(line.split()))
