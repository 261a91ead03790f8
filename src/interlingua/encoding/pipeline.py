"""From chunks of texts to chunks of vectors: each distinct text once, from the cache if it is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.engine import Begun, Engine, Session, Work
from interlingua.encoding.reporting import warn_caller
from interlingua.progress import Advance
from interlingua.types import Vectors

if TYPE_CHECKING:
    from interlingua.encoding.embedding_cache import Shelf

__all__ = ["Check", "Pipeline", "Work"]

_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)

Check = Callable[[int, NDArray[np.int64]], None]
"""Called with a chunk's number and which of its texts were cut; what it raises ends the work."""

Rows = Callable[[int, NDArray[np.int64]], Sequence[int]]
"""What errors call the texts of a chunk, from its number and their places in it."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A chunk on its way.

    Attributes:
        number: which one, counted from 0.
        texts: its distinct texts.
        places: int64, shape (texts of the chunk,): which of the distinct texts each text is.
        missing: the distinct texts that the cache does not have.
        begun: these, on their way; None if there are none.
        hits: the other distinct texts, in the order of ``found``.
        found: their vectors.
        cut: which of ``hits`` were cut.
    """

    number: int
    texts: list[str]
    places: NDArray[np.int64]
    missing: NDArray[np.int64]
    begun: Begun | None
    hits: NDArray[np.int64]
    found: Vectors
    cut: NDArray[np.bool_]


class Pipeline:
    """Takes chunks of texts through an engine.

    Args:
        engine: what computes.
        dimension: the length d of its vectors.
        shelf: where the embedding cache has the vectors of a prompt, with windows or without; None computes everything.
    """

    def __init__(self, engine: Engine, dimension: int, shelf: Callable[[str, bool], Shelf] | None = None) -> None:
        self._engine = engine
        self._dimension = dimension
        self._shelf = shelf

    def embed(
        self, chunks: Iterable[Sequence[str]], work: Work, *, check: Check, advance: Advance, rows: Rows
    ) -> Iterator[Vectors]:
        """The vectors of each chunk, (n, d) and not normalised, in order; the next chunk is begun while one is computed.

        Args:
            chunks: texts that are all fit to be embedded; one chunk of them is looked at in advance, with workers a few.
            work: how.
            check: called for each chunk before its vectors are given, and without workers before they are computed.
            advance: called with the number of texts done.
            rows: names the texts in errors.

        Raises:
            OutOfMemory: a text does not fit in memory, or the model does not.
            WorkerDied: a worker process ended in the middle of its work.
        """
        shelf = None if self._shelf is None else self._shelf(work.prompt, work.windows)
        numbered = enumerate(chunks)
        head = list(islice(numbered, 2))
        if not head:
            return
        if shelf is None and len(head) == 1 and len(head[0][1]) == 1:
            alone = self._alone(head[0][1][0], work, check, rows)
            if alone is not None:
                advance(1)
                yield alone
                return
        with self._engine.session() as session:
            waiting: deque[_Chunk] = deque()
            for number, texts in chain(head, numbered):
                waiting.append(_begin(session, shelf, number, texts, work, rows))
                while waiting and not session.wants_more([chunk.begun for chunk in waiting]):
                    yield self._finish(waiting.popleft(), shelf, check, advance)
            while waiting:
                yield self._finish(waiting.popleft(), shelf, check, advance)

    def _alone(self, text: str, work: Work, check: Check, rows: Rows) -> Vectors | None:
        vector = self._engine.alone(
            text, work, lambda places: rows(0, places), lambda cut: check(0, np.flatnonzero([cut]))
        )
        self._tell()
        return vector

    def _finish(self, chunk: _Chunk, shelf: Shelf | None, check: Check, advance: Advance) -> Vectors:
        """The vectors of a chunk, put together from what was in the cache and what is computed."""
        cut = np.zeros(len(chunk.texts), dtype=bool)
        cut[chunk.hits] = chunk.cut
        counts = np.bincount(chunk.places, minlength=len(chunk.texts))

        def noted(truncated: NDArray[np.int64]) -> None:
            cut[chunk.missing[truncated]] = True
            check(chunk.number, np.flatnonzero(cut[chunk.places]))

        if chunk.begun is None:
            noted(_NONE)
            computed = chunk.found[:0]
        else:
            computed = chunk.begun.vectors(counts[chunk.missing], noted, advance)
            self._tell()
        if len(chunk.hits):
            advance(int(counts[chunk.hits].sum()))
        if shelf is None:
            vectors = computed
        else:
            shelf.put([chunk.texts[place] for place in chunk.missing], computed, cut[chunk.missing])
            vectors = np.empty((len(chunk.texts), self._dimension), dtype=np.float32)
            vectors[chunk.hits], vectors[chunk.missing] = chunk.found, computed
        return vectors if len(vectors) == len(chunk.places) else vectors[chunk.places]

    def _tell(self) -> None:
        while self._engine.warnings:
            warn_caller(self._engine.warnings.pop(0))


def _begin(session: Session, shelf: Shelf | None, number: int, texts: Sequence[str], work: Work, rows: Rows) -> _Chunk:
    """Find the distinct texts, look them up, and set about those that are missing."""
    numbers: dict[str, int] = {}
    places = np.fromiter((numbers.setdefault(text, len(numbers)) for text in texts), dtype=np.int64, count=len(texts))
    distinct = list(numbers)
    if shelf is None:
        hits, found, cut = _NONE, np.empty((0, 0), dtype=np.float32), _NONE.astype(bool)
        missing = np.arange(len(distinct))
    else:
        hits, found, cut = shelf.get(distinct)
        missing = np.setdiff1d(np.arange(len(distinct)), hits, assume_unique=True)

    def rows_of(texts: NDArray[np.int64]) -> Sequence[int]:
        return rows(number, np.flatnonzero(np.isin(places, missing[texts])))

    wanted = distinct if len(missing) == len(distinct) else [distinct[place] for place in missing]
    begun = session.begin(wanted, work, rows_of) if wanted else None
    return _Chunk(number, distinct, places, missing, begun, hits, found, cut)
