"""Texts to token ids with a model's own tokenizer, and token ids to what its first module takes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain, takewhile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from interlingua.encoding.batching import pad
from interlingua.encoding.tokenizing import TextTokenizer
from interlingua.encoding.tokens import Ids, Tokens
from interlingua.encoding.windows import OVERLAP, pieces, shares, tokenize_in_windows, windows
from interlingua.errors import OptionError

# What lies beyond this many characters for each token of the limit is cut off before it is tokenised.
_CHARACTERS_PER_TOKEN = 64
# Stands for the tokens of a text that has none: an item has at least one.
_NOTHING = -1


class Reader(Protocol):
    """What a model reads, and in which form."""

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool) -> Tokens:
        """See ``Backend.tokenize``."""

    def features(self, ids: Sequence[Ids]) -> dict[str, Any]:
        """The tensors of a batch."""


class BundledReader:
    """An imported model's own tokenizer, so that the ids are those of the other backends.

    Args:
        folder: the imported model.
        limit: the most tokens of an item.
        fill: the id that stands at the padding.
    """

    def __init__(self, folder: Path, limit: int, fill: int) -> None:
        self._tokenizer = TextTokenizer(folder, limit)
        self._fill = fill

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool) -> Tokens:
        """See ``Backend.tokenize``."""
        if windows:
            return tokenize_in_windows(self._tokenizer, texts, prompt)
        found = self._tokenizer.tokenize(texts, prompt)
        return Tokens(found.ids, found.truncated)

    def features(self, ids: Sequence[Ids]) -> dict[str, Any]:
        """Token ids and the mask of what is no padding."""
        return _padded(ids, self._fill, left=False)


class TransformerReader:
    """A tokenizer of ``transformers``.

    Args:
        tokenizer: that tokenizer.
        limit: the most tokens of an item.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        self._tokenizer = tokenizer
        self._limit = limit
        # Such a tokenizer keeps the settings of the last call, so there is one call at a time.
        self._turn = threading.Lock()

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool) -> Tokens:
        """See ``Backend.tokenize``."""
        most = self._limit * _CHARACTERS_PER_TOKEN
        with self._turn:
            ids: list[list[int]] = self._ids([prompt + text[:most] for text in texts])
            beyond = {row for row, text in enumerate(texts) if text[most:].strip()}
            long = sorted(beyond.union(row for row, found in enumerate(ids) if len(found) > self._limit))
            if windows and long:
                return self._in_windows(ids, texts, set(long), prompt)
            for row, cut in zip(long, self._ids([prompt + texts[row][:most] for row in long], cut=True), strict=True):
                ids[row] = cut
        return Tokens(ids, long)

    def features(self, ids: Sequence[Ids]) -> dict[str, Any]:
        """Token ids and the mask of what is no padding."""
        fill = self._tokenizer.pad_token_id
        return _padded(ids, 0 if fill is None else fill, left=self._tokenizer.padding_side == "left")

    def _ids(self, texts: list[str], *, cut: bool = False, special: bool = True) -> Any:
        if not texts:
            return []
        length = {"truncation": "longest_first", "max_length": self._limit} if cut else {"truncation": False}
        return self._tokenizer(texts, padding=False, verbose=False, add_special_tokens=special, **length)["input_ids"]

    def _in_windows(self, ids: list[list[int]], texts: Sequence[str], long: set[int], prompt: str) -> Tokens:
        """Each long text in windows, with the prompt and the special tokens around every one."""
        begin, end = self._special_tokens()
        head = [*begin, *self._ids([prompt], special=False)[0]] if prompt else begin
        parts = []
        for row, found in enumerate(ids):
            if row in long:
                content = list(chain.from_iterable(self._ids(list(pieces(texts[row])), special=False)))
                parts.append(_in_windows(content, head, end, self._limit))
            else:
                parts.append(([found], [1.0]))
        return _joined(parts)

    def _special_tokens(self) -> tuple[list[int], list[int]]:
        """What stands before each text and behind it."""
        found = self._tokenizer("a", return_special_tokens_mask=True)
        ids, mask = found["input_ids"], found["special_tokens_mask"]
        begin = len(list(takewhile(bool, mask)))
        end = len(list(takewhile(bool, reversed(mask))))
        return ids[:begin], ids[len(ids) - end :]


class StaticReader:
    """A tokenizer of ``tokenizers``, for a model that is a table of embeddings.

    Args:
        tokenizer: that tokenizer.
        limit: the most tokens of an item.
    """

    def __init__(self, tokenizer: Any, limit: int) -> None:
        tokenizer.no_padding()
        tokenizer.no_truncation()
        self._tokenizer = tokenizer
        self._limit = limit

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool) -> Tokens:
        """See ``Backend.tokenize``."""
        found = self._tokenizer.encode_batch([prompt + text for text in texts], add_special_tokens=False)
        ids = [encoding.ids or [_NOTHING] for encoding in found]
        if windows:
            return _joined([_in_windows(row, [], [], self._limit) for row in ids])
        return Tokens(
            [row[: self._limit] for row in ids], [row for row, found in enumerate(ids) if len(found) > self._limit]
        )

    def features(self, ids: Sequence[Ids]) -> dict[str, Any]:
        """The ids of all items in one row, and where each begins."""
        import torch

        rows = [[] if row[0] == _NOTHING else row for row in ids]
        starts = np.cumsum([0, *map(len, rows[:-1])])
        return {
            "input_ids": torch.from_numpy(np.concatenate(rows).astype(np.int64)),
            "offsets": torch.from_numpy(starts.astype(np.int64)),
        }


def _in_windows(
    content: list[int], head: list[int], tail: list[int], limit: int
) -> tuple[list[list[int]], list[float]]:
    """The items of one text, and how much each counts."""
    room = limit - len(head) - len(tail)
    if room < 1:
        raise OptionError(f"The model's prompt leaves no room for a text within its {limit} tokens.")
    spans = windows(len(content), room, OVERLAP)
    return [[*head, *content[start:end], *tail] for start, end in spans.tolist()], shares(spans).tolist()


def _joined(parts: Sequence[tuple[list[list[int]], list[float]]]) -> Tokens:
    """The items of all texts, one after the other."""
    counts = [len(items) for items, _ in parts]
    return Tokens(
        [item for items, _ in parts for item in items],
        owners=np.repeat(np.arange(len(parts)), counts),
        weights=np.array([weight for _, weights in parts for weight in weights], dtype=np.float32),
    )


def _padded(ids: Sequence[Ids], fill: int, *, left: bool) -> dict[str, Any]:
    import torch

    table, lengths = pad([row[::-1] for row in ids] if left else ids, fill)
    mask = np.arange(table.shape[1]) < lengths[:, None]
    if left:
        table, mask = table[:, ::-1], mask[:, ::-1]
    return {
        "input_ids": torch.from_numpy(table.astype(np.int64)),
        "attention_mask": torch.from_numpy(mask.astype(np.int64)),
    }
