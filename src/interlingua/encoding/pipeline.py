"""From chunks of texts to chunks of vectors: each text once, tokenising beside computing, in batches of like length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.backends import Backend
from interlingua.encoding.batching import plan_batches
from interlingua.encoding.tokens import Tokens
from interlingua.progress import Advance
from interlingua.types import Vectors


@dataclass(frozen=True, slots=True)
class Work:
    """How texts are to be embedded.

    Attributes:
        prompt: what is put before each text.
        windows: whether a long text is read in windows instead of being cut.
        batch_size: the most items in a batch; None leaves that to the backend's token budget.
    """

    prompt: str
    windows: bool = False
    batch_size: int | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk that is ready to be computed.

    Attributes:
        tokens: of the chunk's distinct texts.
        places: int64, shape (texts,): which of the distinct texts each text is.
        counts: how often each distinct text stands in the chunk.
        truncated: the texts of the chunk that were cut, counted from 0 in the chunk.
    """

    tokens: Tokens
    places: NDArray[np.int64]
    counts: NDArray[np.int64]
    truncated: NDArray[np.int64]


class Pipeline:
    """Drives one backend.

    Args:
        backend: what computes.
        dimension: the length d of its vectors.
        lanes: how many batches are computed at once.
    """

    def __init__(self, backend: Backend, dimension: int, lanes: int) -> None:
        self._backend = backend
        self._dimension = dimension
        self._lanes = lanes

    def embed(
        self, chunks: Iterable[Sequence[str]], work: Work, *, check: Callable[[int, Prepared], None], advance: Advance
    ) -> Iterator[Vectors]:
        """The vectors of each chunk, (n, d) and not normalised, in order; chunk i + 1 is tokenised while i is computed.

        Args:
            chunks: texts that are all fit to be embedded; one chunk of them is looked at in advance.
            work: how.
            check: called with a chunk's number and what was prepared, before it is computed; what it raises ends the work.
            advance: called with the number of texts done.
        """
        numbered = enumerate(chunks)
        first = next(numbered, None)
        if first is None:
            return
        second = next(numbered, None)
        if second is None and len(first[1]) == 1:
            yield self._alone(first[1], work, check, advance)
            return
        with ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(self._lanes) as pool:
            coming: Future[Prepared] | None = ahead.submit(self.prepare, first[1], work)
            for number, following in enumerate(chain([] if second is None else [second], numbered, [None])):
                assert coming is not None
                prepared = coming.result()
                coming = None if following is None else ahead.submit(self.prepare, following[1], work)
                check(number, prepared)
                yield self._compute(prepared, work, pool, advance)

    def prepare(self, texts: Sequence[str], work: Work) -> Prepared:
        """Find the distinct texts and tokenise them."""
        numbers: dict[str, int] = {}
        places = np.fromiter(
            (numbers.setdefault(text, len(numbers)) for text in texts), dtype=np.int64, count=len(texts)
        )
        tokens = self._backend.tokenize(list(numbers), work.prompt, windows=work.windows)
        cut = np.zeros(len(numbers), dtype=bool)
        cut[list(tokens.truncated)] = True
        return Prepared(tokens, places, np.bincount(places, minlength=len(numbers)), np.flatnonzero(cut[places]))

    def _alone(
        self, texts: Sequence[str], work: Work, check: Callable[[int, Prepared], None], advance: Advance
    ) -> Vectors:
        """One text: threads would only cost time."""
        prepared = self.prepare(texts, work)
        check(0, prepared)
        vectors = _pooled(prepared.tokens, self._backend.run(prepared.tokens.ids))
        advance(1)
        return vectors

    def _compute(self, prepared: Prepared, work: Work, pool: ThreadPoolExecutor, advance: Advance) -> Vectors:
        tokens, backend = prepared.tokens, self._backend
        out = np.empty((len(tokens.ids), self._dimension), dtype=np.float32)
        # Progress counts texts, so an item counts as many times as its text stands there; of windows, the first does.
        worth = prepared.counts
        if tokens.owners is not None:
            worth = np.where(np.diff(tokens.owners, prepend=-1) > 0, prepared.counts[tokens.owners], 0)

        def run(rows: NDArray[np.int64]) -> int:
            out[rows] = backend.run([tokens.ids[row] for row in rows])
            return int(worth[rows].sum())

        lengths = [len(ids) for ids in tokens.ids]
        batches = list(plan_batches(lengths, token_budget=backend.token_budget, batch_size=work.batch_size))
        jobs = [pool.submit(run, rows) for rows in batches]
        try:
            for job in jobs:
                advance(job.result())
        except BaseException:
            # Ctrl-C or an error: what has not begun shall not begin.
            for job in jobs:
                job.cancel()
            raise
        pooled = _pooled(tokens, out)
        return pooled if len(pooled) == len(prepared.places) else pooled[prepared.places]


def _pooled(tokens: Tokens, vectors: Vectors) -> Vectors:
    """One vector for each text: the weighted mean of its windows."""
    if tokens.owners is None or tokens.weights is None:
        return vectors
    starts = np.flatnonzero(np.diff(tokens.owners, prepend=-1))
    weights = tokens.weights[:, None]
    result: Vectors = np.add.reduceat(vectors * weights, starts, axis=0)
    result /= np.add.reduceat(weights, starts, axis=0)
    return result
