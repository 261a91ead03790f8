"""What a pipeline drives: an engine takes texts in and gives vectors; the one here computes in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.backends import Backend
from interlingua.encoding.batching import plan_batches
from interlingua.encoding.memory import DoesNotFit, Memory, does_not_fit
from interlingua.encoding.reporting import RowsOf
from interlingua.encoding.tokens import Tokens
from interlingua.errors import OptionError
from interlingua.progress import Advance
from interlingua.types import Vectors

Cut = Callable[[NDArray[np.int64]], None]
"""Called with which texts were cut, in ascending order."""


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


class Begun(Protocol):
    """Texts on their way through an engine."""

    def vectors(self, counts: NDArray[np.int64], check: Cut, advance: Advance) -> Vectors:
        """Their vectors, (n, d) and not normalised; waits for them.

        Args:
            counts: how much each text counts in the progress.
            check: called as soon as it is known which of the texts were cut; what it raises ends the work.
            advance: called with how many more are done.
        """


class Session(Protocol):
    """An engine at work."""

    def begin(self, texts: Sequence[str], work: Work, rows_of: RowsOf) -> Begun:
        """Begin to embed distinct texts, at least one; ``rows_of`` gives what errors call them."""

    def wants_more(self, begun: Sequence[Begun | None]) -> bool:
        """Whether more should be begun before the first of these is waited for; None stands for what needs no computing."""


class Engine(Protocol):
    """What computes.

    Attributes:
        warnings: what is to be told to the caller; whoever tells it takes it out.
    """

    @property
    def warnings(self) -> list[Warning]: ...  # noqa: D102

    def session(self) -> AbstractContextManager[Session]:
        """A call with many texts. When it closes, what was begun and is not done is given up."""

    def alone(self, text: str, work: Work, rows_of: RowsOf, check: Callable[[bool], None]) -> Vectors | None:
        """The vector of one text, (1, d), without what pays off for many; None if it needs a session.

        ``check`` is called with whether it was cut, before its vector is given.
        """


class InProcess:
    """Computes in threads of this process.

    Args:
        load: gives the backend; called with the first text that is to be computed.
        dimension: the length d of its vectors.
        lanes: how many batches are computed at once.
        memory: how large batches may be.
    """

    def __init__(self, load: Callable[[], Backend], dimension: int, lanes: int, memory: Memory) -> None:
        self._load = load
        self._dimension = dimension
        self._lanes = lanes
        self._memory = memory

    @property
    def warnings(self) -> list[Warning]:
        """See ``Engine``."""
        return self._memory.warnings

    @contextmanager
    def session(self) -> Iterator[Session]:
        """See ``Engine.session``."""
        with ThreadPoolExecutor(1) as ahead, ThreadPoolExecutor(self._lanes) as pool:
            yield _Threads(self, ahead, pool)

    def alone(self, text: str, work: Work, rows_of: RowsOf, check: Callable[[bool], None]) -> Vectors:
        """See ``Engine.alone``. Threads would only cost time, except for a text of several windows."""
        backend = self._load()
        tokens = backend.tokenize([text], work.prompt, windows=work.windows)
        check(len(tokens.truncated) > 0)
        try:
            if len(tokens.ids) == 1:
                return self._memory.run(backend, tokens.ids)
            with ThreadPoolExecutor(self._lanes) as pool:
                return self.compute(tokens, work, np.ones(1, dtype=np.int64), pool, lambda _count: None)
        except DoesNotFit as problem:
            raise does_not_fit(rows_of(np.zeros(1, dtype=np.int64)), problem.why) from None

    def tokenize(self, texts: Sequence[str], work: Work) -> Tokens:
        """The items that the model reads."""
        return self._load().tokenize(texts, work.prompt, windows=work.windows)

    def compute(
        self, tokens: Tokens, work: Work, counts: NDArray[np.int64], pool: ThreadPoolExecutor, advance: Advance
    ) -> Vectors:
        """The vectors of the texts that the items belong to.

        Raises:
            DoesNotFit: one of the texts has an item that does not fit in memory.
        """
        backend, memory = self._load(), self._memory
        out = np.empty((len(tokens.ids), self._dimension), dtype=np.float32)
        # Progress counts texts, so an item counts as many times as its text stands there; of windows, the first does.
        worth = counts
        if tokens.owners is not None:
            worth = np.where(np.diff(tokens.owners, prepend=-1) > 0, counts[tokens.owners], 0)

        def run(items: NDArray[np.int64]) -> int:
            try:
                out[items] = memory.run(backend, [tokens.ids[item] for item in items])
            except DoesNotFit as problem:
                item = items[problem.item]
                problem.item = int(item if tokens.owners is None else tokens.owners[item])
                raise
            return int(worth[items].sum())

        lengths = [len(ids) for ids in tokens.ids]
        batches = plan_batches(lengths, token_budget=backend.token_budget, batch_size=work.batch_size)
        jobs = [pool.submit(run, items) for items in batches]
        try:
            for job in jobs:
                advance(job.result())
        except BaseException:
            # Ctrl-C or an error: what has not begun shall not begin.
            for job in jobs:
                job.cancel()
            raise
        return _pooled(tokens, out)


@dataclass(frozen=True, slots=True)
class _Threads:
    """A session in this process: one thread tokenises the next texts while the pool computes."""

    engine: InProcess
    ahead: ThreadPoolExecutor
    pool: ThreadPoolExecutor

    def begin(self, texts: Sequence[str], work: Work, rows_of: RowsOf) -> Begun:
        """See ``Session.begin``."""
        return _Tokenising(self, work, rows_of, self.ahead.submit(self.engine.tokenize, texts, work))

    def wants_more(self, begun: Sequence[Begun | None]) -> bool:
        """See ``Session.wants_more``."""
        return len(begun) < 2


@dataclass(frozen=True, slots=True)
class _Tokenising:
    """Texts that are being tokenised and will be computed when they are asked for."""

    session: _Threads
    work: Work
    rows_of: RowsOf
    tokens: Future[Tokens]

    def vectors(self, counts: NDArray[np.int64], check: Cut, advance: Advance) -> Vectors:
        """See ``Begun.vectors``."""
        session, tokens = self.session, self.tokens.result()
        check(np.array(tokens.truncated, dtype=np.int64))
        try:
            return session.engine.compute(tokens, self.work, counts, session.pool, advance)
        except DoesNotFit as problem:
            raise does_not_fit(self.rows_of(np.array([problem.item])), problem.why) from None


def worker_devices(device: str | Sequence[str] | None, workers: int | None) -> list[str | None]:
    """The device of each worker; a single one means that no worker is needed.

    Args:
        device: one device, several in a list or with commas between them, or None.
        workers: how many workers; None for one on each device. More workers than devices share them.

    Raises:
        OptionError: no device, or fewer workers than devices.
    """
    names = device.split(",") if isinstance(device, str) else device
    devices: list[str | None] = [None] if names is None else [name.strip() for name in names]
    if not devices or "" in devices:
        raise OptionError(f"device is one name or several, as 'cuda:0,cuda:1', not {device!r}.")
    count = len(devices) if workers is None else workers
    if count < len(devices):
        raise OptionError(f"{len(devices)} devices need at least as many workers, not {count}; leave workers out.")
    return [devices[number % len(devices)] for number in range(count)]


def _pooled(tokens: Tokens, vectors: Vectors) -> Vectors:
    """One vector for each text: the weighted mean of its windows."""
    if tokens.owners is None or tokens.weights is None:
        return vectors
    starts = np.flatnonzero(np.diff(tokens.owners, prepend=-1))
    weights = tokens.weights[:, None]
    result: Vectors = np.add.reduceat(vectors * weights, starts, axis=0)
    result /= np.add.reduceat(weights, starts, axis=0)
    return result
