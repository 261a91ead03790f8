"""Embedding in several processes, each with the model loaded for itself; one thread here stands for each of them."""

from __future__ import annotations

import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.engine import Cut, Session, Work
from interlingua.encoding.memory import DoesNotFit, does_not_fit
from interlingua.encoding.reporting import RowsOf, named_rows
from interlingua.encoding.worker_process import Ended, Recipe, Reply, Task, WorkerProcess
from interlingua.errors import InputError, WorkerDied
from interlingua.progress import Advance
from interlingua.types import Vectors

# What a worker is given at a time: enough for batches of like length, little enough to keep all of them busy to the end.
_PIECE_TEXTS = 512
_PIECE_CHARACTERS = 1 << 16
_SMALLEST_PIECE = 32

# How long a worker that is to load waits for the others to begin, which takes them no time unless they were stopped.
_GATE_SECONDS = 60.0


class WorkerPool:
    """An engine of worker processes. They start as there is work for them, stay for the next call, and end with ``close``.

    Args:
        recipes: one for each worker.
    """

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self.warnings: list[Warning] = []
        self._recipes = tuple(recipes)
        self._warned = False
        self._lock = threading.Lock()
        self._loading = threading.Lock()
        self._crew: _Crew | None = None

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that run now."""
        crew = self._crew
        return [] if crew is None else crew.processes()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """See ``Engine.session``."""
        session = _PoolSession(self, self._running())
        try:
            yield session
        except KeyboardInterrupt:
            self.close()
            raise
        finally:
            session.give_up()

    def alone(self, text: str, work: Work, rows_of: RowsOf, check: Callable[[bool], None]) -> None:
        """See ``Engine.alone``: a single text, too, goes to a worker."""

    def load(self) -> None:
        """Start all workers and load the model in each."""
        # One after another: the workers of two loads would wait for each other.
        with self._loading:
            for future in self._running().load():
                future.result()

    def close(self) -> None:
        """End the processes; what they were doing is lost. The next call starts new ones."""
        with self._lock:
            crew, self._crew = self._crew, None
        if crew is not None:
            crew.stop(RuntimeError("The encoder was closed while it worked."))

    def note(self, warnings: Sequence[Warning]) -> None:
        """Keep the first warning of a worker: the others say the same."""
        if warnings and not self._warned:
            self._warned = True
            self.warnings.append(warnings[0])

    def _running(self) -> _Crew:
        with self._lock:
            if self._crew is None or self._crew.stopped or self._crew.owner != os.getpid():
                self._crew = _Crew(self._recipes)
                # Also at the end of the interpreter. The crew's threads know the crew and not this pool, so it can go.
                weakref.finalize(self, self._crew.stop, RuntimeError("The encoder is gone."))
            return self._crew


class _PoolSession:
    def __init__(self, pool: WorkerPool, crew: _Crew) -> None:
        self._pool = pool
        self._crew = crew
        self._begun: list[_InPieces] = []

    def begin(self, texts: Sequence[str], work: Work, rows_of: RowsOf) -> _InPieces:
        """See ``Session.begin``."""
        pieces = []
        for places in _pieces(texts, self._crew.size):
            # Exact strings: a worker does not know the program's classes, and a subclass of str is one of them.
            piece = [str.__str__(texts[place]) for place in places]
            future = self._crew.submit((piece, work), _names(rows_of, places))
            pieces.append((places, future))
        self._begun = [begun for begun in self._begun if begun.left()]
        self._begun.append(_InPieces(len(texts), pieces, self._pool, rows_of))
        return self._begun[-1]

    def wants_more(self, begun: Sequence[Any]) -> bool:
        """Enough to keep everybody busy while the caller is, but not for ever if texts come slowly."""
        if begun and (begun[0] is None or not begun[0].left()):
            return False
        busy = sum(some.left() for some in begun if some is not None)
        return busy < 2 * self._crew.size and len(begun) < 2 * self._crew.size + 2

    def give_up(self) -> None:
        """What has not begun shall not begin."""
        for begun in self._begun:
            begun.cancel()


@dataclass(frozen=True, slots=True)
class _InPieces:
    """Texts that went to workers in pieces.

    Attributes:
        count: how many texts.
        pieces: which texts went together, and what comes back.
        pool: who is told of warnings.
        rows_of: how errors name the texts.
    """

    count: int
    pieces: Sequence[tuple[NDArray[np.int64], Future[Reply]]]
    pool: WorkerPool
    rows_of: RowsOf

    def left(self) -> int:
        """How many pieces are not done."""
        return sum(not future.done() for _, future in self.pieces)

    def cancel(self) -> None:
        """Give up what has not begun."""
        for _, future in self.pieces:
            future.cancel()

    def vectors(self, counts: NDArray[np.int64], check: Cut, advance: Advance) -> Vectors:
        """See ``Begun.vectors``."""
        vectors: Vectors | None = None
        truncated: list[int] = []
        for places, future in self.pieces:
            reply = self._reply(places, future)
            if vectors is None:
                vectors = np.empty((self.count, reply.vectors.shape[1]), dtype=np.float32)
            vectors[places] = reply.vectors
            truncated.extend(places[reply.truncated].tolist())
            self.pool.note(reply.warnings)
            advance(int(counts[places].sum()))
        assert vectors is not None
        check(np.array(sorted(truncated), dtype=np.int64))
        return vectors

    def _reply(self, places: NDArray[np.int64], future: Future[Reply]) -> Reply:
        try:
            return future.result()
        except DoesNotFit as problem:
            raise does_not_fit(self.rows_of(places[[problem.item]]), problem.why) from None
        except InputError as error:
            error.rows = tuple(self.rows_of(places[list(error.rows)])) if error.rows else ()
            raise


@dataclass(slots=True)
class _Job:
    task: Task
    rows: Callable[[], Sequence[int]]
    gate: threading.Barrier | None = None
    future: Future[Any] = field(default_factory=Future)


class _Crew:
    """Worker processes that have not been stopped, and the queue before them.

    Attributes:
        size: how many workers there may be.
        owner: the process that they belong to.
        stopped: whether it is over; then nothing can be submitted.
    """

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self.size = len(recipes)
        self.owner = os.getpid()
        self.stopped = False
        self._unused = list(reversed(recipes))
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._unclaimed = self._idle = self._threads = 0
        self._running: set[WorkerProcess] = set()
        self._gate: threading.Barrier | None = None
        self._reason: Exception = RuntimeError("The workers are stopped.")

    def processes(self) -> list[int]:
        """The ids of the processes; of those that were stopped none, though their threads may still be closing them."""
        with self._lock:
            return [process.pid for process in self._running]

    def submit(
        self, task: Task, rows: Callable[[], Sequence[int]], gate: threading.Barrier | None = None
    ) -> Future[Any]:
        """Have a task done by the next free worker; one more is started where all are busy."""
        job = _Job(task, rows, gate)
        with self._lock:
            if self.stopped:
                raise self._reason
            self._unclaimed += 1
            self._jobs.put(job)
            if self._unclaimed > self._idle and self._unused:
                # A daemon: at the end of the interpreter nobody waits for what a worker is still doing.
                self._threads += 1
                threading.Thread(target=self._work, args=(self._unused.pop(),), daemon=True).start()
        return job.future

    def load(self) -> list[Future[Any]]:
        """Have each worker load the model; not again before these are done."""
        # Each waits until all have begun, or one that is quick would do them all.
        self._gate = threading.Barrier(self.size)
        return [self.submit(None, _no_rows, self._gate) for _ in range(self.size)]

    def stop(self, reason: Exception) -> None:
        """Kill the processes and let everything that is not done fail with this reason."""
        with self._lock:
            if self.stopped or self.owner != os.getpid():  # a forked process: they are its parent's
                return
            self.stopped, self._reason = True, reason
            running, self._running = self._running, set()
        if self._gate is not None:
            self._gate.abort()
        for process in running:
            process.kill()
        with suppress(Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None and job.future.set_running_or_notify_cancel():
                    job.future.set_exception(reason)
        for _ in range(self._threads):
            self._jobs.put(None)

    def _work(self, recipe: Recipe) -> None:
        """What the thread of one worker does."""
        process: WorkerProcess | None = None
        while (job := self._next()) is not None:
            if not job.future.set_running_or_notify_cancel():
                continue
            try:
                if job.gate is not None:
                    # Broken where the others are at work for long, or stopped: then each goes on by itself.
                    with suppress(threading.BrokenBarrierError):
                        job.gate.wait(_GATE_SECONDS)
                if self.stopped:
                    raise self._reason
                if process is None or not process.alive():
                    self._forget(process)
                    process = self._started(recipe)
                job.future.set_result(process.call(job.task))
            except Ended as ended:
                self.stop(_died(ended.code, job))
                job.future.set_exception(self._reason)
            except Exception as error:
                job.future.set_exception(error)
        self._forget(process)

    def _next(self) -> _Job | None:
        with self._lock:
            self._idle += 1
        job = self._jobs.get()
        with self._lock:
            self._idle -= 1
            self._unclaimed -= 1
        return job

    def _started(self, recipe: Recipe) -> WorkerProcess:
        process = WorkerProcess(recipe)
        with self._lock:
            stopped = self.stopped
            if not stopped:
                self._running.add(process)
        if stopped:
            process.kill()
        return process

    def _forget(self, process: WorkerProcess | None) -> None:
        if process is not None:
            with self._lock:
                self._running.discard(process)
            process.close()


def _pieces(texts: Sequence[str], workers: int) -> Iterator[NDArray[np.int64]]:
    """Which texts go to a worker together: such of like length, the longest first, so that the last pieces are the cheap ones."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    order = np.argsort(-lengths, kind="stable")
    most = min(_PIECE_TEXTS, max(_SMALLEST_PIECE, -(-len(texts) // (2 * workers))))
    start = 0
    while start < len(order):
        within = np.cumsum(lengths[order[start : start + most]]) <= _PIECE_CHARACTERS
        count = max(1, int(within.sum()))
        yield order[start : start + count]
        start += count


def _names(rows_of: RowsOf, places: NDArray[np.int64]) -> Callable[[], Sequence[int]]:
    return lambda: rows_of(places)


def _no_rows() -> Sequence[int]:
    return ()


def _died(code: int, job: _Job) -> WorkerDied:
    how = f"ended with exit code {code}"
    cure = "what it wrote on standard error may say why"
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        how, cure = f"was ended by {name}", "if memory ran out, take fewer workers or a smaller batch_size"
    rows = sorted(job.rows())
    doing = f"worked on {named_rows(rows)}" if rows else "loaded the model"
    return WorkerDied(f"A worker process {how} while it {doing}; {cure}.", rows)
