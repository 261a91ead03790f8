"""Numbers and identifiers in texts, and whether those of two texts contradict each other.

"Room 12" is not "room 13", and "see Lib/stat.py" not "see Lib/netrc.py", however alike they look.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Numbers = tuple[str, ...]
"""The numbers and identifiers of a text in a form that does not depend on its language, sorted, each as often as in the text."""

# File names, addresses, dotted and underscored names: what is not translated. Nothing is tried twice, and a run longer than any
# name is passed over: in one of a million letters each would else be a beginning that is followed to the end.
_IDENTIFIER = re.compile(
    r"(?P<data>[A-Za-z0-9_./+-]{256,}+)"
    r"|[A-Za-z]++://[!-~]+"  # an address on the web
    r"|[A-Za-z0-9._+-]++@[A-Za-z0-9-]{1,255}+\.[A-Za-z]+"  # of mail
    r"|[A-Za-z0-9./-]++(?<=[A-Za-z0-9])_[A-Za-z0-9_./-]*"  # a name with underscores
    r"|(?:[A-Za-z0-9-]++/)*+[A-Za-z][A-Za-z0-9-]++\.[A-Za-z][A-Za-z0-9./-]*[A-Za-z0-9]"  # with a dot within
)

_SEPARATED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?!\d)|\d+(?:[.,'\u2019\u066b\u066c]\d+)*")
_SEPARATOR = re.compile(r"[ \u00a0\u202f.,'\u2019\u066b\u066c]")
_NOTHING_AFTER_POINT = re.compile(r"\.0+$")

_LARGE = 1000.0
"""From here on a number may be written with a word in another language: 3,000,000 as 3 millones, 300,000 as 30万."""


def numbers_of(text: str) -> Numbers:
    """The numbers of a text, digits of any script, without thousands separators, with a point before decimals; and identifiers.

    Dates and versions (3.12.2020) are several numbers; ``2.0`` is ``2``. Numbers in words are not seen. Identifiers are web and
    mail addresses and names with underscores, or with dots within (``os.path``, ``stat.py``), in lower case.
    """
    identifiers: list[str] = []
    if any(sign in text for sign in "_.@/"):

        def take(found: re.Match[str]) -> str:
            if found["data"]:
                return found[0]
            identifiers.append(found[0].strip(".-/").lower())
            return " "

        text = _IDENTIFIER.sub(take, text)
    if not any(map(str.isdigit, text)):
        return tuple(sorted(identifiers))
    if not text.isascii():
        text = "".join(map(_plain_digit, unicodedata.normalize("NFC", text)))
    numbers = [number for found in _SEPARATED.finditer(text) for number in _read(found[0])]
    return tuple(sorted(numbers + identifiers))


def contradict(a: Numbers, b: Numbers, *, same_language: bool) -> bool:
    """Whether each has a number that the other lacks.

    A number on one side only proves nothing, because the other may have it in words. Between languages a large number also stands
    for its leading digits (3,000,000 and 3 millones).
    """
    if a == b or not a or not b:
        return False
    only_a, only_b = Counter(a) - Counter(b), Counter(b) - Counter(a)
    if not only_a or not only_b:
        return False
    if same_language:
        return True
    left_a, left_b = list(only_a.elements()), list(only_b.elements())
    for number in left_a[:]:
        other = next((one for one in left_b if _same_but_for_zeros(number, one)), None)
        if other is not None:
            left_a.remove(number)
            left_b.remove(other)
    return bool(left_a) and bool(left_b)


class NumberGuard:
    """The contradictions among many texts, pair by pair.

    Args:
        texts: the texts.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        signatures: dict[Numbers, int] = {(): 0}
        which = [signatures.setdefault(numbers_of(text), len(signatures)) for text in texts]
        self._signatures = list(signatures)
        self._which = np.array(which, dtype=np.int32)
        # A bit for each number, by its leading digits: where both texts have a bit that the other lacks, they contradict each
        # other in any case. That settles nearly all pairs at once.
        self._bits = np.array([_bits(numbers) for numbers in self._signatures], dtype=np.uint64)

    def contradictions(
        self, a: NDArray[np.int64], b: NDArray[np.int64], same_language: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Of pairs of rows of the texts, (n,), whether their numbers contradict each other."""
        which_a, which_b = self._which[a], self._which[b]
        bits_a, bits_b = self._bits[which_a], self._bits[which_b]
        result: NDArray[np.bool_] = ((bits_a & ~bits_b) != 0) & ((bits_b & ~bits_a) != 0)
        open_ones = np.flatnonzero(~result & (which_a != which_b) & (which_a != 0) & (which_b != 0))
        for place in open_ones.tolist():
            result[place] = contradict(
                self._signatures[which_a[place]],
                self._signatures[which_b[place]],
                same_language=bool(same_language[place]),
            )
        return result


def _plain_digit(char: str) -> str:
    return str(unicodedata.decimal(char)) if char.isdecimal() else char


def _read(found: str) -> list[str]:
    parts = _SEPARATOR.split(found)
    if len(parts) > 1 and len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):
        return [_canonical("".join(parts))]
    if len(parts) > 2 and len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:-1]):
        return [_canonical("".join(parts[:-1]) + "." + parts[-1])]
    return [_canonical(".".join(parts))] if len(parts) == 2 else [_canonical(part) for part in parts]


def _canonical(number: str) -> str:
    number = _NOTHING_AFTER_POINT.sub("", number).lstrip("0")
    return "0" + number if not number or number.startswith(".") else number


def _leading(number: str) -> str:
    return number.replace(".", "").strip("0") if number[0].isdigit() else number


def _same_but_for_zeros(a: str, b: str) -> bool:
    try:
        return max(float(a), float(b)) >= _LARGE and _leading(a) == _leading(b)
    except ValueError:  # identifiers
        return False


def _bits(numbers: Numbers) -> int:
    bits = 0
    for number in numbers:
        bits |= 1 << (zlib.crc32(_leading(number).encode()) % 64)
    return bits
