"""Reading a long text whole: in overlapping windows of tokens, whose vectors' weighted mean is the text's.

The windows of a text are equally long (to a token), as few as the model's limit and the overlap allow. Each carries the prompt
and the special tokens, as a short text does. Each token of the text counts once in the mean: where two windows overlap, half in
either. The mean is taken of the model's own vectors, before they are brought to length 1.

Measured (``benchmarks/windows.py``): how much they overlap, whether they begin at words, and whether unit vectors are averaged
instead makes no difference that is larger than chance; an eighth keeps most sentences whole in one window.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.tokens import Ids, Tokens

OVERLAP = 1 / 8
"""How much of a full window the next one reads again, at least."""

# A text is tokenised in pieces of this many characters, so that memory depends on its tokens alone.
_PIECE_CHARACTERS = 1 << 16
# Characters that are never cut from what stands before them, besides combining marks: voicing marks, Thai and Lao vowels.
_LEANING = "\uff9e\uff9f\u0e33\u0eb3\u200d"
_MOST_MARKS = 64


class WindowTokenizer(Protocol):
    """What is needed of a tokenizer.

    Attributes:
        begin: the id before every item.
        end: the id after every item.
        limit: the most ids in an item.
    """

    begin: int
    end: int
    limit: int

    def tokenize(self, texts: Sequence[str], prompt: str) -> TokenizedTexts:
        """The ids of ``prompt + text``, and which texts do not fit."""

    def content(self, text: str) -> NDArray[np.int32]:
        """The ids of all of a text, without special tokens."""


class TokenizedTexts(Protocol):
    """What a tokenizer gives."""

    @property
    def ids(self) -> Sequence[Ids]:
        """Of each text."""

    @property
    def truncated(self) -> Sequence[int]:
        """Which texts were cut."""


def tokenize_in_windows(tokenizer: WindowTokenizer, texts: Sequence[str], prompt: str) -> Tokens:
    """One item for each text that fits, with the ids it has anyway; several for each that does not.

    Returns:
        ``Tokens`` without truncated texts.
    """
    found = tokenizer.tokenize(texts, prompt)
    if not found.truncated:
        return Tokens(found.ids)
    long = set(found.truncated)
    head = np.array([tokenizer.begin, *tokenizer.content(prompt)], dtype=np.int32)
    tail = np.array([tokenizer.end], dtype=np.int32)
    items: list[Ids] = []
    owners: list[int] = []
    weights: list[float] = []
    for row, ids in enumerate(found.ids):
        if row not in long:
            items.append(ids)
            owners.append(row)
            # Exactly 1, so that the mean of the one vector is that vector to the last bit.
            weights.append(1.0)
            continue
        content = np.concatenate([tokenizer.content(piece) for piece in pieces(texts[row])])
        spans = windows(len(content), tokenizer.limit - len(head) - len(tail), OVERLAP)
        items += [np.concatenate([head, content[start:end], tail]) for start, end in spans.tolist()]
        owners += [row] * len(spans)
        weights += shares(spans).tolist()
    return Tokens(items, owners=np.array(owners, dtype=np.int64), weights=np.array(weights, dtype=np.float32))


def windows(count: int, room: int, overlap: float) -> NDArray[np.int64]:
    """Where the windows begin and end.

    Args:
        count: the tokens of the text.
        room: the most tokens in a window.
        overlap: the share of ``room`` that neighbours have in common, at least; less than a half.

    Returns:
        Shape (windows, 2): the first token of each and the one after its last. Together they cover all tokens.
    """
    if count <= room:
        return np.array([[0, count]])
    common = int(overlap * room)
    number = -(-(count - common) // (room - common))
    length = -(-(count + (number - 1) * common) // number)
    starts = np.arange(number) * (count - length) // (number - 1)
    return np.stack([starts, starts + length], axis=1)


def shares(spans: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much each window counts, in all 1: a token that two windows have in common counts half in either."""
    starts, ends = spans.T
    counts = (ends - starts).astype(np.float64)
    halves = (ends[:-1] - starts[1:]) / 2
    counts[:-1] -= halves
    counts[1:] -= halves
    return counts / ends[-1] if len(spans) > 1 else np.ones(1)


def pieces(text: str, size: int = _PIECE_CHARACTERS) -> Iterator[str]:
    """A text in pieces of ``size`` characters at most: cut at spaces, or where there are none, between characters."""
    start = 0
    while len(text) - start > size:
        end = text.rfind(" ", start + max(1, size // 2), start + size)
        if end < 0:
            end = start + size
            least = start + max(1, size - _MOST_MARKS)
            while end > least and (unicodedata.combining(text[end]) or text[end] in _LEANING):
                end -= 1
        yield text[start:end]
        start = end
    yield text[start:]
