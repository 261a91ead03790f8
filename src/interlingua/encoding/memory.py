"""Batches that do not fit in memory are halved; and with a limit on memory, before they are tried."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from interlingua.encoding.backends import Backend
from interlingua.encoding.reporting import named_rows
from interlingua.encoding.sizes import spelled_size
from interlingua.encoding.tokens import Ids
from interlingua.errors import OptionError, OutOfMemory
from interlingua.types import Vectors

# What a first batch takes is measured on one of this many padded tokens, then on ones twice as large, and so on.
_FIRST_TOKENS = 64


class MemoryWarning(UserWarning):
    """Batches were made smaller, because they did not fit in memory or would have gone beyond ``max_memory``."""


class DoesNotFit(Exception):
    """An item does not fit in memory, even alone. The pipeline, which knows its row, makes an OutOfMemory of it.

    Attributes:
        item: which one of the batch.
        why: what the memory is like.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.item = 0
        self.why = why


def does_not_fit(rows: Sequence[int], why: str) -> OutOfMemory:
    """The error for rows that do not fit even alone."""
    named = named_rows(rows)
    verb = "does" if len(rows) == 1 else "do"
    return OutOfMemory(f"{named[:1].upper()}{named[1:]} {verb} not fit in memory, even alone: {why}.", rows)


class Memory:
    """Runs the batches of one encoder and remembers how large they may be. Safe to use from several threads.

    A batch that does not fit is halved, down to single items, and no later one is as large. An item that does not fit beside
    the batches of other threads is tried alone before it is given up.

    Args:
        limit: the most resident memory of this process in bytes; None leaves it to the machine to refuse.

    Attributes:
        warnings: what is to be told to the caller; whoever tells it takes it out.
    """

    def __init__(self, limit: int | None = None) -> None:
        if limit is not None and resident() is None:
            raise OptionError("max_memory cannot be kept here: this system does not tell how much memory is in use.")
        self.limit = limit
        self.warnings: list[Warning] = []
        self._most: int | None = None
        self._warned = False
        self._gate = _Gate()
        self._need = None if limit is None else _Need(limit)

    def run(self, backend: Backend, ids: Sequence[Ids]) -> Vectors:
        """What ``backend.run`` gives, in as many parts as it takes.

        Raises:
            DoesNotFit: an item does not fit even alone.
            OutOfMemory: the loaded model alone is beyond the limit.
        """
        size = padded(ids)
        if self._most is not None and size > self._most and len(ids) > 1:
            return self._halved(backend, ids)
        if self._need is not None:
            return self._within_limit(backend, ids, self._need)
        with self._gate.shared(size):
            vectors = _tried(backend, ids)
        return self._refused(backend, ids) if vectors is None else vectors

    def _refused(self, backend: Backend, ids: Sequence[Ids]) -> Vectors:
        """The machine has refused a batch."""
        if len(ids) == 1:
            with self._gate.alone():
                vectors = _tried(backend, ids)
            if vectors is None:
                raise DoesNotFit(f"the machine has too little for a text of {len(ids[0]):,} tokens")
            return vectors
        self._lower(-(-len(ids) // 2) * max(map(len, ids)))
        vectors = self._halved(backend, ids)
        self._warn(f"A batch of {len(ids):,} texts did not fit in memory; from now on a batch has at most {{}}.")
        return vectors

    def _within_limit(self, backend: Backend, ids: Sequence[Ids], need: _Need) -> Vectors:
        if not need.begun:
            with self._gate.alone():
                need.begin(backend, ids)
        size, longest = padded(ids), max(map(len, ids))
        if len(ids) > 1 and size > need.untried:
            return self._halved(backend, ids)
        within = need.fits if len(ids) > 1 else need.may_fit
        if need.is_new(size, longest):
            with self._gate.alone():
                fits = within(size)
                vectors = need.measured(backend, ids) if fits else None
        else:
            with self._gate.shared(size, within) as fits:
                vectors = _tried(backend, ids) if fits else None
        if vectors is not None:
            return vectors
        if fits:
            return self._refused(backend, ids)
        if len(ids) == 1:
            raise DoesNotFit(need.told(size))
        self._lower(-(-len(ids) // 2) * longest)
        vectors = self._halved(backend, ids)
        self._warn(f"To stay within max_memory ({spelled_size(need.limit)}), a batch has at most {{}} from now on.")
        return vectors

    def _halved(self, backend: Backend, ids: Sequence[Ids]) -> Vectors:
        middle = -(-len(ids) // 2)
        first = self.run(backend, ids[:middle])
        try:
            return np.concatenate([first, self.run(backend, ids[middle:])])
        except DoesNotFit as problem:
            problem.item += middle
            raise

    def _lower(self, most: int) -> None:
        self._most = most if self._most is None else min(most, self._most)

    def _warn(self, message: str) -> None:
        if not self._warned:
            self._warned = True
            self.warnings.append(MemoryWarning(message.format(f"{self._most:,} padded tokens")))


class _Need:
    """What memory a batch takes, learned from batches that ran alone, each at most twice as large as any before.

    Attributes:
        begun: whether the backend has run at all.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.begun = False
        self._tokens = self._longest = self._kept = 0
        self._per_token = 0.0

    @property
    def untried(self) -> int:
        """The most padded tokens of a batch of which it can be told whether it fits."""
        return max(_FIRST_TOKENS, 2 * self._tokens)

    def is_new(self, size: int, longest: int) -> bool:
        """Whether there was no batch as large, or none with texts as long (attention grows with their square)."""
        return size > self._tokens or longest > self._longest

    def begin(self, backend: Backend, ids: Sequence[Ids]) -> None:
        """Let the backend take what it takes once, with the shortest item, and see whether that is within the limit.

        Raises:
            OutOfMemory: it is not.
        """
        refused = not self.begun and _tried(backend, [min(ids, key=len)]) is None
        taken = resident() or 0
        if refused or (not self.begun and taken > self.limit):
            raise OutOfMemory(
                f"With the model loaded, this process takes {spelled_size(taken)}, which is more than max_memory="
                f"{spelled_size(self.limit)}; allow at least {spelled_size(taken * 5 // 4)}, or take a smaller model."
            )
        self.begun = True

    def fits(self, size: int) -> bool:
        """Whether batches of this many padded tokens, side by side, stay within the limit.

        What earlier batches have left in memory counts as lost for this one: it may belong to another thread.
        """
        return (resident() or 0) + self._per_token * size <= self.limit

    def may_fit(self, size: int) -> bool:
        """The same for an item that there is no smaller batch for: it may use what earlier ones have left."""
        return self._expected(size) <= self.limit

    def told(self, size: int) -> str:
        """Why they do not."""
        return (
            f"this process takes {spelled_size(resident() or 0)} and would come to {spelled_size(self._expected(size))}, "
            f"beyond max_memory={spelled_size(self.limit)}; allow more, or embed fewer texts in one call"
        )

    def measured(self, backend: Backend, ids: Sequence[Ids]) -> Vectors | None:
        """Run a batch while nothing else runs, and learn from it. None if the machine refused it."""
        before = resident() or 0
        peak_is_ours = _forget_peak()
        vectors = _tried(backend, ids)
        after = resident() or 0
        if vectors is not None:
            size = padded(ids)
            self._tokens = max(size, self._tokens)
            self._longest = max(self._longest, *map(len, ids))
            peak = _peak() if peak_is_ours else 0
            grown = max(after, peak) - before
            estimate = max(0.0, (self._kept + grown) / self._tokens)
            if size < self._tokens:
                # What it took of memory that was there already cannot be seen, so it only tells that more is needed.
                estimate = max(estimate, grown / size, self._per_token)
            self._per_token = estimate
            self._kept = max(0, self._kept + after - before)
        return vectors

    def _expected(self, size: int) -> int:
        return (resident() or 0) + max(0, int(self._per_token * size) - self._kept)


class _Gate:
    """Lets many run side by side, or one alone; counts the padded tokens of those that run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running = 0
        self._size = 0
        self._waiting = 0
        self._closed = False

    @contextmanager
    def shared(self, size: int, fits: object = None) -> Iterator[bool]:
        """Wait for whoever is or wants to be alone, then run. With ``fits``, wait until it holds for the sum of sizes.

        Gives False if it cannot hold. Nobody who runs may ask for more: whoever waits for all to end would wait for ever.
        """
        with self._changed:
            while self._closed or self._waiting or (callable(fits) and self._running and not fits(self._size + size)):
                self._changed.wait()
            if callable(fits) and not fits(self._size + size):
                size = 0
            self._running += 1
            self._size += size
        try:
            yield size > 0
        finally:
            with self._changed:
                self._running -= 1
                self._size -= size
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nothing runs, and let nothing else begin."""
        with self._changed:
            # Who comes later waits, or a moment in which nothing runs might never come.
            self._waiting += 1
            try:
                while self._closed or self._running:
                    self._changed.wait()
                self._closed = True
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()


def padded(ids: Sequence[Ids]) -> int:
    """The padded tokens of a batch."""
    return len(ids) * max(map(len, ids))


def resident() -> int | None:
    """The bytes of memory that this process occupies now (where only the peak can be known, that); None if unknown."""
    try:
        import resource

        with suppress(OSError, ValueError):
            return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    except ImportError:  # Windows
        return None
    return most if sys.platform == "darwin" else most * 1024


def _tried(backend: Backend, ids: Sequence[Ids]) -> Vectors | None:
    """The vectors, or None if there is too little memory (without the error, which would hold on to what was allocated)."""
    try:
        return backend.run(ids)
    except (OutOfMemory, MemoryError):
        return None


def _forget_peak() -> bool:
    """Let Linux measure the peak from now on. False where it may not be asked: then only what is kept can be seen."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
        return True
    return False


def _peak() -> int:
    """The most bytes of memory that this process has occupied since then; 0 if unknown."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return 0
