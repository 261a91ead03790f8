"""What may be embedded, and what looks as if it was decoded wrongly on the way here."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.texts import damage

_BLOCK = 2048
"""Texts looked at together: large enough that the checks run in C, small enough that one bad row costs little."""

_SHOWN = 10
"""Rows named in a message."""

_EXCERPT = 40
_CONTEXT = 10

# White space, controls, zero-width characters, bidi marks, soft hyphen, BOM, blank Hangul and Braille: a text of
# nothing else shows nothing.
_INVISIBLE = "".join(
    chr(code)
    for first, last in (
        (0x00, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x1680, 0x1680),
        (0x180E, 0x180E), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000),
        (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB),
    )
    for code in range(first, last + 1)
)  # fmt: skip

Kind = Literal["bytes", "escape", "entity", "mojibake", "replacement"]

_KINDS: dict[Kind, str] = {
    "bytes": "printed bytes",
    "escape": "literal escapes",
    "entity": "HTML entities",
    "mojibake": "text decoded in the wrong encoding",
    "replacement": "U+FFFD replacement characters",
}


class TextWarning(UserWarning):
    """Texts that can be embedded but that look damaged."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row cannot be embedded.

    Attributes:
        row: the row, counted from 0.
        reason: a few words, such as ``empty``; after a colon the particulars.
    """

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The texts that can be embedded.

    Attributes:
        texts: the texts kept, in order.
        kept: the row of each text kept, counted from 0.
        problems: the rows left out.
    """

    texts: list[str]
    kept: NDArray[np.int64]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A row that looks as if it was decoded wrongly.

    Attributes:
        row: the row, counted from 0.
        kind: what it looks like.
        excerpt: the spot, shortened.
        suggestion: the same spot repaired, or None where what was lost cannot be brought back.
    """

    row: int
    kind: Kind
    excerpt: str
    suggestion: str | None


def check_texts(
    texts: Sequence[object], *, on_invalid: Literal["error", "skip"] = "error", name: str = "sentences"
) -> Checked:
    """Tell the texts that can be embedded from the rows that cannot.

    Not embeddable are: None, NaN, bytes and whatever else is not a text; texts with lone surrogates; and texts that are
    empty or hold nothing visible.

    Args:
        texts: a list, tuple, NumPy array, pandas Series or the like.
        on_invalid: ``error`` to refuse the call, ``skip`` to leave such rows out.
        name: what messages call the argument.

    Returns:
        The texts kept, their rows, and the problems of the others.

    Raises:
        InputError: ``texts`` is no sequence; there are invalid rows and ``on_invalid`` is ``error``; or every row is
            invalid.
        OptionError: ``on_invalid`` is something else.
    """
    if on_invalid not in ("error", "skip"):
        raise OptionError(f'on_invalid is "error" or "skip", not {on_invalid!r}.')
    rows = as_list(texts, name)
    problems = find_problems(rows)
    if problems and (on_invalid == "error" or len(problems) == len(rows)):
        raise InputError(_message(problems, len(rows), name, on_invalid), rows=[problem.row for problem in problems])
    if not problems:
        return Checked(rows, np.arange(len(rows), dtype=np.int64), ())  # type: ignore[arg-type]  # all are str: checked
    good = np.ones(len(rows), dtype=bool)
    good[[problem.row for problem in problems]] = False
    kept = np.flatnonzero(good).astype(np.int64)
    return Checked([rows[row] for row in kept.tolist()], kept, tuple(problems))  # type: ignore[misc]


def find_problems(rows: list[Any]) -> list[Problem]:
    """The rows that cannot be embedded and why, in order; none where all can."""
    return [problem for start in range(0, len(rows), _BLOCK) for problem in _block_problems(rows, start)]


def suspicions(texts: Sequence[str]) -> list[Suspicion]:
    r"""Find rows in which escapes, entities or mojibake would reach the model instead of the text itself.

    Args:
        texts: texts that passed ``check_texts``.

    Returns:
        At most one suspicion a row, in order. Windows paths, LaTeX and regular expressions are none unless they really
        decode (``\x41``).
    """
    found: list[Suspicion] = []
    for start in range(0, len(texts), _BLOCK):
        block = texts[start : start + _BLOCK]
        # The texts are looked at one by one only where the whole block shows a sign.
        if _shows_a_sign("\n".join(block)):
            pairs = ((start + offset, text) for offset, text in enumerate(block))
            found.extend(suspicion for row, text in pairs if (suspicion := _suspect(row, text)) is not None)
    return found


def warn_about(found: Sequence[Suspicion], *, file: str | None = None, stacklevel: int = 2) -> None:
    """Say in one warning which rows look damaged, how, and what to do; nothing is said where nothing was found.

    Args:
        found: what ``suspicions`` gave.
        file: what the command line calls the file that the rows are from, which are then counted from 1; None is a call
            from Python with rows counted from 0.
        stacklevel: which caller the warning points to, as in ``warnings.warn``; 2 is the caller of this function.

    Warns:
        TextWarning: there are suspicions.
    """
    if not found:
        return
    parts = []
    for kind, words in _KINDS.items():
        rows = [suspicion.row for suspicion in found if suspicion.kind == kind]
        if rows:
            first = next(suspicion for suspicion in found if suspicion.kind == kind)
            parts.append(f"{words} in {_name_rows(rows)}, {_example(first)}")
    cures = []
    if any(suspicion.suggestion is not None for suspicion in found):
        option = "clean=True" if file is None else "--clean"
        cures.append(f"{option} repairs them before they reach the model")
    if any(suspicion.suggestion is None for suspicion in found):
        cures.append("where characters are lost, read the source again in its own encoding")
    number = f"{len(found):,} text{' looks' if len(found) == 1 else 's look'} damaged"
    where = f"{number} (rows counted from 0)" if file is None else f"{file}: {number}"
    warnings.warn(f"{where}: {'; '.join(parts)}. To cure it: {'; '.join(cures)}.", TextWarning, stacklevel=stacklevel)


def describe(suspicion: Suspicion) -> str:
    r"""Say in words what a text looks like: ``literal escapes, such as “\u732b” (meant is “猫”)``."""
    return f"{_KINDS[suspicion.kind]}, {_example(suspicion)}"


def _example(suspicion: Suspicion) -> str:
    meant = f" (meant is “{suspicion.suggestion}”)" if suspicion.suggestion is not None else ""
    return f"such as “{suspicion.excerpt}”{meant}"


def as_list(texts: object, name: str) -> list[object]:
    """Give what was passed as a list, or say what to pass instead."""
    cure = None
    if isinstance(texts, str):
        cure = "a single text: put it in a list"
    elif isinstance(texts, bytes | bytearray):
        cure = 'bytes: decode them first, for example with .decode("utf-8"), and give a list of texts'
    elif isinstance(texts, Mapping):
        cure = "a mapping: give list(….values()), or the field that holds the texts"
    elif isinstance(texts, Set) and not hasattr(texts, "mapping"):  # the views of a dict are ordered
        cure = "a set, which has no order: give sorted(…)"
    elif isinstance(texts, Iterator):
        cure = f"{_an(type(texts).__name__)}, which can be read only once: give list(…)"
    if cure is None:
        listed = texts.tolist() if hasattr(texts, "tolist") else texts
        # An array without axes lists as its one text.
        if not isinstance(listed, str) and hasattr(listed, "__len__") and hasattr(listed, "__iter__"):
            return list(listed)
        cure = f"{_an(type(texts).__name__)}: give a list of texts"
    raise InputError(f"{name} should be a list of texts, but it is {cure}.")


def _block_problems(rows: list[object], start: int) -> list[Problem]:
    """The problems of one block: in C when there are none, row by row when there are."""
    block = rows[start : start + _BLOCK]
    try:
        together = "".join(block)  # type: ignore[arg-type]  # refuses what is not a str
        if not together.isascii():
            together.encode("utf-8")  # refuses surrogates
        if all([text.strip(_INVISIBLE) for text in block]):  # type: ignore[attr-defined]  # noqa: C419  # twice as fast
            return []
    except (TypeError, UnicodeEncodeError):
        pass
    reasons = ((start + offset, _reason(text)) for offset, text in enumerate(block))
    return [Problem(row, reason) for row, reason in reasons if reason is not None]


def _reason(text: object) -> str | None:
    """Why one row cannot be embedded, or None where it can."""
    if not isinstance(text, str):
        return _reason_not_text(text)
    if not text:
        return "empty"
    if text.isspace():
        return "only white space"
    if not text.strip(_INVISIBLE):
        return "only invisible characters"
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return f"a lone surrogate: U+{ord(text[error.start]):04X} at position {error.start}"
    return None


def _reason_not_text(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, bytes | bytearray):
        return "bytes"
    # Only NaN differs from itself; comparing anything but a float may do anything.
    if isinstance(value, float) and value != value:  # noqa: PLR0124
        return "NaN, a missing value"
    return f"{_an(type(value).__name__)}, not a text"


def _message(problems: list[Problem], total: int, name: str, on_invalid: str) -> str:
    """One readable message: the rows under each reason, and the cure."""
    groups: dict[str, list[Problem]] = {}
    for problem in problems:
        groups.setdefault(problem.reason.partition(":")[0], []).append(problem)
    parts = []
    for reason, members in groups.items():
        detail = members[0].reason.partition(":")[2]
        if reason == "bytes":
            detail = ' decode them first, for example with .decode("utf-8")'
        parts.append(
            f"{_name_rows([member.row for member in members])}: {reason}{f' ({detail.strip()})' * bool(detail)}"
        )
    bad = len(problems)
    every = bad == total
    what = "no row" if every else f"{bad:,} of {total:,} rows"
    message = f"{name}: {what} can be embedded" if every else f"{name}: {what} cannot be embedded"
    cures = [] if every or on_invalid == "skip" else ['on_invalid="skip" leaves such rows out']
    if "a lone surrogate" in groups:
        cures.append("clean=True removes lone surrogates")
    ending = f" {' and '.join(cures)}." if cures else ""
    return f"{message} (rows counted from 0): {'; '.join(parts)}.{ending}"


def _name_rows(rows: Sequence[int]) -> str:
    """Say rows in words: ``row 3``, ``rows 1, 2``, or the first ten and how many in all."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    shown = ", ".join(str(row) for row in rows[:_SHOWN])
    return f"rows {shown}" if len(rows) <= _SHOWN else f"rows {shown}, … ({len(rows):,} in all)"


def _an(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _shows_a_sign(text: str) -> bool:
    if any(sign in text for sign in ("\\", "&", "b'", 'b"', "\ufffd")):
        return True
    return damage.may_hold_mojibake(text)


def _suspect(row: int, text: str) -> Suspicion | None:
    """The one suspicion of a text: the first kind that repairing changes, else what is lost for good."""
    kinds: tuple[Kind, ...] = ("bytes", "escape", "entity", "mojibake")
    repairs = (damage.decode_bytes_literal, damage.decode_escapes, damage.decode_entities, damage.repair_mojibake)
    for kind, repair in zip(kinds, repairs, strict=True):
        if repair(text) != text:
            fixed = damage.repair(text)
            at = max(0, _first_difference(text, fixed) - _CONTEXT)
            return Suspicion(row, kind, _excerpt(text, at), _excerpt(fixed, at))
    if "\ufffd" in text:
        return Suspicion(row, "replacement", _excerpt(text, max(0, text.index("\ufffd") - _CONTEXT)), None)
    return None


def _first_difference(a: str, b: str) -> int:
    return next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _excerpt(text: str, start: int) -> str:
    before = "…" if start else ""
    after = "…" if start + _EXCERPT < len(text) else ""
    return before + " ".join(text[start : start + _EXCERPT].split()) + after
