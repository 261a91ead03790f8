"""Dividing documents that are longer than a model reads into passages of whole sentences.

A document that the model reads whole stays whole. Of a longer one the passages are about equally long, of at most ``SIZE``
tokens, and each begins with the last sentence of the one before, unless that is long. A sentence that is longer than a passage
is cut at spaces, and where there are none, between characters.

The size was chosen in ``benchmarks/passages.py``.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from interlingua.encoding.windows import pieces
from interlingua.texts.sentences import sentences
from interlingua.types import TextEncoder

SIZE = 192
"""The most tokens in a passage, those of the prompt not counted."""

# A sentence is told twice if it takes at most this share of a passage.
_OVERLAP = 1 / 3
# A part without any mark or space is cut to pieces of this share of a passage, in characters, which are fewer than tokens.
_PART = 1 / 2
_VISIBLE = re.compile("\\S(?:.*\\S)?", re.DOTALL)
# Tokens of the prompt and at both ends.
_MOST_ENDS = 16


class _Unit(NamedTuple):
    """A sentence, or a part of one: where it stands, and its tokens."""

    start: int
    stop: int
    tokens: int


@runtime_checkable
class Counting(Protocol):
    """An encoder that tells what it reads."""

    @property
    def card(self) -> Card:
        """Of its model."""

    def token_ids(self, sentences: Sequence[str], prompt: str = ...) -> list[list[int]]:
        """Of each text, cut at the limit."""


class Card(Protocol):
    """What is needed of a model's card."""

    @property
    def max_tokens(self) -> int:
        """The longest text, prompt and special tokens included."""


def split(text: str, lang: str | None, encoder: TextEncoder, size: int = SIZE) -> list[tuple[int, int]]:
    """Where the passages of a text begin and end, in characters.

    Args:
        text: the document.
        lang: its language code, None where unknown.
        encoder: what will read the passages; one without a card reads texts of any length.
        size: the most tokens in a passage.

    Returns:
        At least one passage, in the order of the text. Every visible character is in one.
    """
    whole = [(0, len(text))]
    if not isinstance(encoder, Counting):
        return whole
    limit = encoder.card.max_tokens
    # A token has a character at least, and hardly ever more than 16.
    if len(text) <= limit - _MOST_ENDS or (len(text) <= 16 * limit and _counted(encoder, [text])[0] < limit):
        return whole
    ends = _ends(encoder)
    room = min(size, limit - ends - 2)
    units = list(_fitting(text, sentences(text, lang), encoder, ends, room))
    return _grouped(units, room) or whole


def _ends(encoder: Counting) -> int:
    """The tokens that every text gets."""
    return min(len(ids) for ids in encoder.token_ids(["a", "1", "."], "document")) - 1


def _counted(encoder: Counting, texts: Sequence[str]) -> list[int]:
    """The tokens of each text, all included, but not more than the limit."""
    with warnings.catch_warnings():
        # What is to be said of a text is said when it is embedded.
        warnings.simplefilter("ignore")
        return [len(ids) for ids in encoder.token_ids(texts, "document")]


def _visible(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    found = _VISIBLE.search(text, start, stop)
    if found is not None:
        yield found.span()


def _fitting(text: str, spans: Sequence[tuple[int, int]], encoder: Counting, ends: int, room: int) -> Iterator[_Unit]:
    """The sentences with their tokens; what is longer than a passage is cut."""
    counts = _counted(encoder, [text[start:stop] for start, stop in spans]) if spans else []
    for (start, stop), count in zip(spans, counts, strict=True):
        if count - ends <= room:
            yield _Unit(start, stop, count - ends)
            continue
        parts = []
        at = start
        for piece in pieces(text[start:stop], max(1, int(_PART * room))):
            parts += list(_visible(text, at, at + len(piece)))
            at += len(piece)
        yield from _fitting_parts(text, parts, encoder, ends, room)


def _fitting_parts(
    text: str, spans: Sequence[tuple[int, int]], encoder: Counting, ends: int, room: int
) -> Iterator[_Unit]:
    counts = _counted(encoder, [text[start:stop] for start, stop in spans]) if spans else []
    for (start, stop), count in zip(spans, counts, strict=True):
        # Odd characters may be several tokens each; halves of them are fewer.
        if count - ends <= room or stop - start == 1:
            yield _Unit(start, stop, min(count - ends, room))
        else:
            middle = (start + stop) // 2
            halves = [*_visible(text, start, middle), *_visible(text, middle, stop)]
            yield from _fitting_parts(text, halves, encoder, ends, room)


def _grouped(units: Sequence[_Unit], room: int) -> list[tuple[int, int]]:
    """Passages of about equal length, each of neighbouring units; the first may be the last of the one before."""
    left = sum(unit.tokens for unit in units)
    passages: list[tuple[int, int]] = []
    first = at = 0
    while at < len(units):
        tokens = sum(unit.tokens for unit in units[first:at])
        goal = (left + tokens) / max(1, math.ceil((left + tokens) / room))
        begun = at
        while at < len(units) and tokens + units[at].tokens <= room:
            # Where it comes nearest to the goal.
            if at > begun and tokens + units[at].tokens / 2 > goal:
                break
            tokens += units[at].tokens
            left -= units[at].tokens
            at += 1
        if at == begun:
            # The sentence that is told again leaves no room for the next one.
            first = at
            continue
        passages.append((units[first].start, units[at - 1].stop))
        last = units[at - 1]
        first = at - 1 if last.tokens <= _OVERLAP * room and at - 1 > first else at
    return passages
