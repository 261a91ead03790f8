"""Worker processes: the same vectors, and nothing left over whatever happens to them."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from toy import DIMENSION, ToyBackend, expected, through

from interlingua import Encoder, TruncationWarning
from interlingua.encoding import workers
from interlingua.encoding.engine import Work, worker_devices
from interlingua.encoding.memory import MemoryWarning
from interlingua.encoding.worker_process import Ended, Recipe, WorkerProcess
from interlingua.encoding.workers import WorkerPool
from interlingua.errors import InputError, ModelUnavailable, OptionError, OutOfMemory, WorkerDied

TEXTS = [
    " ".join("ab" * (1 + (row + word) % 3) for word in range(1 + row % 8)) + f" {'x' * (row % 90)}"
    for row in range(300)
]
SOURCE = str(Path(__file__).resolve().parents[2] / "src")
Pools = Callable[..., WorkerPool]
posix = pytest.mark.skipif(os.name != "posix", reason="signals are sent")


@pytest.fixture
def pools() -> Iterator[Pools]:
    """Makes pools of toys, and ends them."""
    made: list[WorkerPool] = []

    def pools(workers: int = 2, *, limit: int | None = None, **toy: Any) -> WorkerPool:
        recipes = [Recipe(partial(ToyBackend, f"toy:{n}", **toy), DIMENSION, 1, limit) for n in range(workers)]
        made.append(WorkerPool(recipes))
        return made[-1]

    yield pools
    for pool in made:
        pool.close()


def embed(pool: WorkerPool, chunks: Any, check: Any = lambda _number, _cut: None, **options: Any) -> Any:
    return list(through(pool, chunks, check=check, **options))


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def all_end(pids: list[int], seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_running, pids))


def wait_for(what: Callable[[], Any]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_the_vectors_are_those_of_one_process_in_order(pools: Pools) -> None:
    done: list[int] = []
    found = embed(pools(), [TEXTS[:100], TEXTS[100:101], TEXTS[101:]], advance=done.append)
    assert [len(chunk) for chunk in found] == [100, 1, 199]
    np.testing.assert_array_equal(np.concatenate(found)[:, :3], expected(TEXTS)[:, :3])
    assert sum(done) == len(TEXTS)
    assert {0.0, 1.0} == set(np.concatenate(found)[:, 3]), "each on its own device"


def test_what_is_cut_is_told_by_row(pools: Pools) -> None:
    told: list[tuple[int, list[int]]] = []
    long = "word " * 30
    embed(pools(), [["a", long, "b", long], ["c"], [long]], lambda number, cut: told.append((number, cut.tolist())))
    assert told == [(0, [1, 3]), (1, []), (2, [0])]


def test_windows_and_batch_size_reach_the_workers(pools: Pools) -> None:
    (found,) = embed(pools(1), [["ab " * 30, "abc"]], windows=True, batch_size=1)
    np.testing.assert_allclose(found[:, 0], [(20 * 20 + 10 * 10) / 30, 1])


def test_the_bundled_model(use: Encoder, model_cache: Path) -> None:
    texts = [f"Number {row} arrives at {row % 24} o'clock." for row in range(200)] + ["word " * 400] * 2
    with Encoder("use", workers=2, cache_dir=model_cache) as encoder:
        with pytest.warns(TruncationWarning) as caught:
            found = encoder.encode([*texts, ""], on_invalid="skip")
        assert caught[0].message.rows == (200, 201)  # type: ignore[union-attr]
        assert caught[0].filename == __file__
        with pytest.warns(TruncationWarning):
            alone = use.encode(texts)
        assert (found.vectors * alone).sum(axis=1).min() > 0.99999
        streamed = list(encoder.stream(iter(texts[:200]), chunk_size=64, prompt="query"))
        assert [len(chunk.vectors) for chunk in streamed] == [64, 64, 64, 8]
        assert (np.concatenate([chunk.vectors for chunk in streamed]) * use.encode_query(texts[:200])).sum(
            1
        ).min() > 0.99999
        assert encoder.encode("one text").shape == (512,)
        processes = encoder._workers().processes  # type: ignore[union-attr]
        assert len(processes) == 2
        with pytest.raises(InputError) as refused:
            encoder.encode(["a", "word " * 400], long="error")
        assert refused.value.rows == (1,)
        assert encoder._backend is None, "this process has no model"
    assert all_end(processes)


def test_workers_start_as_they_are_needed_and_stay(pools: Pools) -> None:
    pool = pools(3)
    assert pool.processes == []
    embed(pool, [["one text"]])
    first = pool.processes
    assert len(first) == 1
    embed(pool, [["one text"]])
    assert pool.processes == first
    pool.load()
    assert len(pool.processes) == 3
    assert set(first) < set(pool.processes)


def test_no_more_chunks_are_read_than_keep_the_workers_busy(pools: Pools) -> None:
    read: list[int] = []

    def chunks() -> Iterator[list[str]]:
        for number in range(100):
            read.append(number)
            yield [f"{'a' * number} b"]

    pool = pools(2, slow=0.01)
    for number, _ in enumerate(through(pool, chunks())):
        assert len(read) <= number + 2 * 2 + 3


@posix
def test_a_killed_worker_is_noticed_at_once_and_its_rows_named(pools: Pools) -> None:
    pool = pools()
    pool.load()
    victim, other = pool.processes
    threading.Timer(1.0, os.kill, [victim, signal.SIGKILL]).start()
    texts = [f"hang {'a' * row}" for row in range(1, 65)]
    began = time.monotonic()
    with pytest.raises(WorkerDied) as caught:
        embed(pool, [["a", "b"], texts])
    assert time.monotonic() - began < 20, "each of the others would have taken a minute"
    assert len(caught.value.rows) == 32
    assert set(caught.value.rows) <= set(range(2, 66))
    assert str(caught.value).startswith("A worker process was ended by SIGKILL while it worked on rows ")
    assert str(caught.value).endswith(
        ", … (32 in all, counted from 0); if memory ran out, take fewer workers or a smaller batch_size."
    )
    assert all_end([victim, other])
    assert pool.processes == []
    np.testing.assert_array_equal(embed(pool, [["a b"]])[0][:, :3], expected(["a b"])[:, :3])


def test_a_worker_that_crashes(pools: Pools) -> None:
    with pytest.raises(
        WorkerDied, match=r"^A worker process ended with exit code 3 while it worked on row 1 \(counted f"
    ) as it:
        embed(pools(1), [["a"], ["exit"], ["b"]])
    assert it.value.rows == (1,)


@posix
def test_an_idle_worker_that_is_killed_is_replaced(pools: Pools) -> None:
    pool = pools(1)
    embed(pool, [["a"]])
    (before,) = pool.processes
    os.kill(before, signal.SIGKILL)
    # Its first thread may be gone while others are still ending; its parent knows when it can be waited for.
    wait_for(lambda: os.waitid(os.P_PID, before, os.WEXITED | os.WNOWAIT | os.WNOHANG))
    np.testing.assert_array_equal(embed(pool, [["ab c"]])[0], expected(["ab c"]))
    assert pool.processes != [before]


def test_errors_are_themselves_with_the_callers_rows(pools: Pools) -> None:
    pool = pools()
    with pytest.raises(InputError, match="a bad text") as caught:
        embed(pool, [["a"], ["b", "c", "bad", "d", "bad"]])
    assert caught.value.rows == (3, 5)
    with pytest.raises(ZeroDivisionError, match="a failure"):
        embed(pool, [["fail"]])
    np.testing.assert_array_equal(embed(pool, [["a"]])[0][:, :3], expected(["a"])[:, :3])


def _no_model() -> Any:
    raise ModelUnavailable("there is none")


class Odd(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


def _odd() -> Any:
    raise Odd("this", "that")


def test_a_model_that_cannot_be_loaded() -> None:
    pool = WorkerPool([Recipe(_no_model, DIMENSION, 1)] * 2)
    with pytest.raises(ModelUnavailable, match="there is none"):
        embed(pool, [TEXTS])
    with pytest.raises(ModelUnavailable, match="there is none"):
        pool.load()
    pool.close()


def test_an_error_that_cannot_travel_says_what_it_said() -> None:
    pool = WorkerPool([Recipe(_odd, DIMENSION, 1)])
    with pytest.raises(RuntimeError, match=r"^Odd in a worker: this and that$"):
        pool.load()
    pool.close()


def test_memory_in_workers(pools: Pools) -> None:
    pool = pools(room=9)
    texts = [f"{'a' * (row + 1)} b" for row in range(100)]
    with pytest.warns(MemoryWarning) as caught:
        (found,) = embed(pool, [texts])
    np.testing.assert_array_equal(found[:, :3], expected(texts)[:, :3])
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            OutOfMemory, match=r"^Rows 1, 2 \(counted from 0\) do not fit in memory, even alone: "
        ) as refused:
            embed(pool, [["a", "a b c d e f g h i j", "a b c d e f g h i j"]])
    assert refused.value.rows == (1, 2)


def test_close_while_there_is_work(pools: Pools) -> None:
    pool = pools(1)
    pool.load()
    threading.Timer(0.5, pool.close).start()
    with pytest.raises(RuntimeError, match="closed while it worked"):
        embed(pool, [["hang"]])


def test_what_is_given_up_does_not_begin(pools: Pools) -> None:
    pool = pools(1, slow=1.5)
    # Two pieces, of which the longer texts are the first.
    chunks = through(pool, iter([["a"], [*(f"longer{'a' * row}" for row in range(32)), "exit"], ["b"]]))
    next(chunks)
    (before,) = pool.processes
    assert isinstance(chunks, Generator)
    chunks.close()  # while the first piece is slow
    np.testing.assert_array_equal(embed(pool, [["a"]])[0], expected(["a"]))
    assert pool.processes == [before], "what ends a worker has not reached it"


class Named(str):
    """Text with more to it, as a program of its own may have."""

    __slots__ = ()


def test_texts_of_a_class_that_a_worker_does_not_know(pools: Pools, monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a program's own file, which a worker does not read.
    monkeypatch.setattr(Named, "__module__", "a_program")
    monkeypatch.setitem(sys.modules, "a_program", SimpleNamespace(Named=Named))
    texts = [Named("ab"), Named("c")]
    np.testing.assert_array_equal(embed(pools(1), [texts])[0], expected(texts))


def test_a_task_that_a_worker_cannot_read_is_told(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Named, "__module__", "a_program")
    monkeypatch.setitem(sys.modules, "a_program", SimpleNamespace(Named=Named))
    process = WorkerProcess(Recipe(ToyBackend, DIMENSION, 1))
    with pytest.raises(Ended) as ended:
        process.call(([Named("ab")], Work("")))
    process.close()
    assert ended.value.code == 1
    assert "No module named 'a_program'" in capfd.readouterr().err


def test_two_loads_at_once(pools: Pools) -> None:
    pool = pools(2)
    problems: list[BaseException] = []

    def load() -> None:
        try:
            pool.load()
        except BaseException as problem:
            problems.append(problem)

    began = time.monotonic()
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert problems == []
    assert len(pool.processes) == 2
    assert time.monotonic() - began < 40, "they have not waited for each other"


def test_a_load_that_is_closed_ends_at_once(pools: Pools) -> None:
    pool = pools(2)
    hanging = threading.Thread(target=lambda: suppressed(embed, pool, [["hang"]]), daemon=True)
    hanging.start()
    wait_for(lambda: pool.processes)
    threading.Timer(1.0, pool.close).start()
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="closed while it worked"):
        pool.load()  # one worker waits for the other, which hangs
    assert time.monotonic() - began < 20
    hanging.join(20)


def suppressed(call: Callable[..., Any], *arguments: Any) -> None:
    with suppress(Exception):
        call(*arguments)


def test_threads_that_come_at_once_share_one_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def slow(_recipes: object) -> object:
        time.sleep(0.2)
        made.append(object())
        return made[-1]

    monkeypatch.setattr(workers, "WorkerPool", slow)
    encoder = Encoder("use", workers=2)
    threads = [threading.Thread(target=encoder._workers) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    encoder._pool = None


def test_an_encoder_that_is_gone_leaves_no_process(model_cache: Path) -> None:
    encoder = Encoder("use", workers=2, cache_dir=model_cache)
    encoder.encode(["a", "b"])
    processes = encoder._workers().processes  # type: ignore[union-attr]
    assert processes
    del encoder
    gc.collect()
    assert all_end(processes)


def test_an_encoder_with_workers_is_pickled_without_them(model_cache: Path) -> None:
    encoder = Encoder("use", workers=3, threads=2, max_memory="4GB", cache_dir=model_cache)
    copy = pickle.loads(pickle.dumps(encoder))
    assert (len(copy._devices), copy._threads, copy._memory.limit, copy._pool) == (3, 2, 4 * 10**9, None)
    spread = pickle.loads(pickle.dumps(Encoder("use", device="cuda:0,cuda:1", workers=3)))
    assert spread._devices == ["cuda:0", "cuda:1", "cuda:0"]


@pytest.mark.parametrize(
    ("device", "workers", "devices"),
    [
        (None, None, [None]),
        (None, 3, [None] * 3),
        ("cuda:1", None, ["cuda:1"]),
        ("cuda:0,cuda:1", None, ["cuda:0", "cuda:1"]),
        (["cuda:0", "cuda:1"], None, ["cuda:0", "cuda:1"]),
        ("cuda:0, cuda:1", 4, ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]),
        ("cpu", 2, ["cpu", "cpu"]),
    ],
)
def test_devices(device: Any, workers: int | None, devices: list[str | None]) -> None:
    assert worker_devices(device, workers) == devices


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workers": 0}, "workers must be a whole number and at least 1, not 0."),
        ({"workers": 1.5}, "workers must be a whole number and at least 1, not 1.5."),
        (
            {"device": ["cuda:0", "cuda:1"], "workers": 1},
            "2 devices need at least as many workers, not 1; leave workers out.",
        ),
        ({"device": "cuda:0,"}, "device is one name or several, as 'cuda:0,cuda:1', not 'cuda:0,'."),
        ({"device": []}, "device is one name or several, as 'cuda:0,cuda:1', not []."),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Encoder("use", **options)
    assert str(caught.value) == message


# A program without `if __name__ == "__main__"`, which tells which processes it has started.
PROGRAM = """
from interlingua import Encoder
encoder = Encoder("use", workers=2)
encoder.load()
print(*encoder._workers().processes, flush=True)
"""


@pytest.fixture
def program(model_cache: Path, use: Encoder, tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    use.load()
    started: list[subprocess.Popen[str]] = []

    def program(rest: str) -> subprocess.Popen[str]:
        (tmp_path / "program.py").write_text(PROGRAM + rest)
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        environment = {**os.environ, "PYTHONPATH": SOURCE, "INTERLINGUA_CACHE": str(model_cache)}
        command = [sys.executable, "-X", "dev", str(tmp_path / "program.py")]
        before = signal.signal(
            signal.SIGINT, signal.default_int_handler
        )  # or it is ignored by a child in the background
        try:
            started.append(subprocess.Popen(command, env=environment, start_new_session=os.name == "posix", **pipes))
        finally:
            signal.signal(signal.SIGINT, before)
        return started[-1]

    yield program
    for process in started:
        process.kill()
        process.communicate()


def test_the_end_of_the_program_is_quiet(program: Callable[[str], subprocess.Popen[str]]) -> None:
    process = program('print(encoder.encode(["a", "b"]).shape)\n')
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, "")
    pids, shape = out.splitlines()
    assert shape == "(2, 512)"
    assert all_end([int(pid) for pid in pids.split()])


@posix
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_workers_of_a_program_that_is_ended(
    program: Callable[[str], subprocess.Popen[str]], how: signal.Signals
) -> None:
    process = program('print("go", flush=True)\nencoder.encode([f"number {row}" * 30 for row in range(1_000_000)])\n')
    assert process.stdout is not None
    pids = [int(pid) for pid in process.stdout.readline().split()]
    assert process.stdout.readline() == "go\n"
    time.sleep(1.0)
    # As a terminal sends Ctrl-C: to the whole group.
    os.killpg(process.pid, how)
    _, err = process.communicate(timeout=60)
    assert all_end(pids)
    if how is signal.SIGINT:
        assert err.count("Traceback") == 1
        assert err.endswith("KeyboardInterrupt\n")
