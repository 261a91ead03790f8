"""One worker process: how it is started and asked, and what it does.

It is a fresh interpreter that talks over pipes. It imports this package and nothing of the program that started it, so that
program needs no ``if __name__ == "__main__"``. A pipe that ends early is how a process is known to have died; and a process whose
pipe ends, because its parent closed it or is no more, ends as well.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import numpy as np

from interlingua.encoding.backends import Backend
from interlingua.encoding.engine import InProcess, Work
from interlingua.encoding.memory import Memory
from interlingua.types import Vectors


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a worker process is made from; it is pickled.

    Attributes:
        open: gives the backend.
        dimension: the length d of its vectors.
        lanes: how many batches it computes at once.
        limit: the most resident memory of the process in bytes, or None.
    """

    open: Callable[[], Backend]
    dimension: int
    lanes: int
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker has done.

    Attributes:
        vectors: (n, d).
        truncated: which of the texts were cut.
        warnings: what is to be told to the caller.
    """

    vectors: Vectors
    truncated: list[int]
    warnings: list[Warning]


Task = tuple[Sequence[str], Work] | None
"""What a worker is asked for; None is to load the model."""


class Ended(Exception):
    """The process has ended, with this exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class WorkerProcess:
    """One worker process, as seen from here."""

    def __init__(self, recipe: Recipe) -> None:
        import subprocess

        code = f"import sys; sys.path[:] = {sys.path!r}; from interlingua.encoding.worker_process import serve; serve()"
        # In a group of its own it does not get the Ctrl-C that is meant for this process, which will tell it.
        group: dict[str, Any] = {"process_group": 0}
        if sys.platform == "win32":
            group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **group
        )
        self.pid = self._process.pid
        self._recipe: Recipe | None = recipe

    def call(self, task: Task) -> Any:
        """What the worker answers; raises what it raised.

        Raises:
            Ended: it is no more.
        """
        tasks, answers = self._process.stdin, self._process.stdout
        assert tasks is not None
        assert answers is not None
        try:
            if self._recipe is not None:
                pickle.dump(self._recipe, tasks)
                self._recipe = None
            pickle.dump(task, tasks)
            tasks.flush()
            answer = pickle.load(answers)
        except (OSError, EOFError, pickle.UnpicklingError):
            self.kill()
            raise Ended(self._process.wait()) from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once; it has nothing to lose."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it and close the pipes; called by the thread that uses them."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not written any more
                pipe.close()  # type: ignore[union-attr]


def serve() -> None:
    """What a worker process does: answer tasks, until the pipe ends or the process is killed."""
    tasks, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints shall not come between the answers.
    with suppress(OSError):
        os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recipe: Recipe = pickle.load(tasks)
    waiting: SimpleQueue[Task] = SimpleQueue()
    threading.Thread(target=_listen, args=(tasks, waiting), daemon=True).start()
    answer_to = _answering(recipe)
    while True:
        pickle.dump(answer_to(waiting.get()), answers, protocol=5)
        answers.flush()


def _listen(tasks: Any, waiting: SimpleQueue[Task]) -> None:
    """Take tasks from the pipe; end the process, in the middle of its work too, when its parent is gone."""
    try:
        while True:
            waiting.put(pickle.load(tasks))
    except (EOFError, OSError, pickle.UnpicklingError):  # the last one where the pipe ended in the middle of a task
        os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)


def _answering(recipe: Recipe) -> Callable[[Task], Any]:
    """What answers a task: with a reply, or the error that it ended in."""
    loaded: list[Backend] = []

    def load() -> Backend:
        if not loaded:
            loaded.append(recipe.open())
        return loaded[0]

    memory = Memory(recipe.limit)
    engine = InProcess(load, recipe.dimension, recipe.lanes, memory)
    pool = ThreadPoolExecutor(recipe.lanes)

    def answer(task: Task) -> Any:
        try:
            load()
            if task is None:
                return None
            texts, work = task
            tokens = engine.tokenize(texts, work)
            vectors = engine.compute(tokens, work, np.ones(len(texts), dtype=np.int64), pool, lambda _count: None)
            told = memory.warnings[:]
            memory.warnings.clear()
            return Reply(vectors, [int(place) for place in tokens.truncated], told)
        except Exception as error:
            return _portable(error)

    return answer


def _portable(error: Exception) -> Exception:
    """The error, if it survives the way to another process; else one that says what it said."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__} in a worker: {error}")
    return error
