"""A backend without a model, for tests of what is around one. Worker processes import it, too."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from interlingua.encoding.engine import Engine, Work
from interlingua.encoding.pipeline import Pipeline
from interlingua.encoding.tokens import Tokens
from interlingua.errors import InputError, OutOfMemory

LIMIT = 20
DIMENSION = 4


class ToyBackend:
    """A token for each word, which is its length. The vector: how many tokens, their sum, the first one, the device.

    Some words do something: ``exit`` ends the process, ``hang`` takes its time, ``bad`` is refused, ``fail`` fails otherwise.

    Args:
        device: its number is in the vectors.
        room: the padded tokens that fit in memory, of all threads together.
        refusal: what is raised for more.
    """

    name = "toy"
    description = "toy"

    def __init__(
        self,
        device: str | None = None,
        *,
        room: int | None = None,
        refusal: type[Exception] = OutOfMemory,
        token_budget: int = 512,
        slow: float = 0.0,
    ) -> None:
        self.device = float((device or "toy:0").partition(":")[2])
        self.token_budget = token_budget
        self.room = room
        self.refusal = refusal
        self.slow = slow
        self.sizes: list[int] = []
        self.tokenized: list[str] = []
        self._lock = threading.Lock()
        self._used = 0

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:
        self.tokenized += texts
        ids: list[list[int]] = []
        truncated, owners, weights = [], [], []
        for place, text in enumerate(texts):
            if text == "bad":
                raise InputError("a bad text", rows=[place])
            words = [{"exit": -1, "hang": -2, "fail": -3}.get(word, len(word)) for word in (prompt + text).split()]
            parts = (
                [words[start : start + LIMIT] for start in range(0, len(words), LIMIT)] if windows else [words[:LIMIT]]
            )
            if not windows and len(words) > LIMIT:
                truncated.append(place)
            ids += parts
            owners += [place] * len(parts)
            weights += [float(len(part)) for part in parts]
        if windows:
            return Tokens(ids, [], np.array(owners, dtype=np.int64), np.array(weights, dtype=np.float32))
        return Tokens(ids, truncated)

    def run(self, ids: Sequence[Any]) -> Any:
        size = len(ids) * max(map(len, ids))
        with self._lock:
            self.sizes.append(size)
            if self.room is not None and self._used + size > self.room:
                raise self.refusal("too large")
            self._used += size
        try:
            time.sleep(self.slow)
            return np.array([self._vector(list(tokens)) for tokens in ids], dtype=np.float32)
        finally:
            with self._lock:
                self._used -= size

    def _vector(self, tokens: list[int]) -> list[float]:
        if -1 in tokens:
            os._exit(3)
        if -2 in tokens:
            time.sleep(60)
        if -3 in tokens:
            raise ZeroDivisionError("a failure")
        return [len(tokens), sum(tokens), tokens[0], self.device]


def through(
    engine: Engine,
    chunks: Iterable[Sequence[str]],
    *,
    check: Any = lambda _number, _cut: None,
    advance: Any = lambda _count: None,
    **work: Any,
) -> Iterator[Any]:
    """The vectors of chunks by a pipeline with this engine; errors count the texts from 0 over all chunks."""
    starts = [0]

    def noting() -> Iterator[Sequence[str]]:
        for chunk in chunks:
            starts.append(starts[-1] + len(chunk))
            yield chunk

    def rows(number: int, places: Any) -> Sequence[int]:
        return [starts[number] + int(place) for place in places]

    return Pipeline(engine, DIMENSION).embed(noting(), Work("", **work), check=check, advance=advance, rows=rows)


def expected(texts: Sequence[str], device: float = 0.0) -> Any:
    """The vectors of texts of ordinary words, cut at the limit."""
    words = [[len(word) for word in text.split()][:LIMIT] for text in texts]
    return np.array([[len(row), sum(row), row[0], device] for row in words], dtype=np.float32)
