"""Batches that do not fit in memory: halved, with the same vectors; and a limit that is kept."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy import DIMENSION, ToyBackend, expected, through

from interlingua import Encoder
from interlingua.encoding import encoder as encoder_module
from interlingua.encoding import memory as memory_module
from interlingua.encoding.engine import InProcess
from interlingua.encoding.memory import Memory, MemoryWarning, _Gate, _Need, resident
from interlingua.encoding.sizes import byte_size, spelled_size
from interlingua.errors import OptionError, OutOfMemory

TEXTS = [" ".join("ab" * (1 + (row + word) % 3) for word in range(1 + row % 8)) for row in range(100)]
SOURCE = str(Path(__file__).resolve().parents[2] / "src")


def embed(backend: Any, texts: list[str], memory: Memory | None = None, lanes: int = 1, **work: Any) -> Any:
    engine = InProcess(lambda: backend, DIMENSION, lanes, memory or Memory())
    chunks = [texts[start : start + 40] for start in range(0, len(texts), 40)]
    return np.concatenate(list(through(engine, chunks, **work)))


@pytest.mark.parametrize("refusal", [OutOfMemory, MemoryError])
def test_a_batch_that_does_not_fit_is_halved_and_so_are_later_ones(refusal: type[Exception]) -> None:
    backend, memory = ToyBackend(room=40, refusal=refusal), Memory()
    with pytest.warns(MemoryWarning) as caught:
        found = embed(backend, TEXTS, memory)
    np.testing.assert_array_equal(found, expected(TEXTS))
    assert len(caught) == 1
    said = re.fullmatch(
        r"A batch of (\d+) texts did not fit in memory; from now on a batch has at most (\d+) padded tokens\.",
        str(caught[0].message),
    )
    assert said
    assert 20 <= int(said[2]) <= 40
    assert caught[0].filename == __file__
    refused = [size for size in backend.sizes if size > 40]
    assert refused
    backend.sizes.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(embed(backend, TEXTS, memory), expected(TEXTS))
    assert max(backend.sizes) <= int(said[2]), "what was learned holds for the next call"


def test_windows_are_halved_too() -> None:
    texts = ["ab " * 90, "abc " * 3]
    whole = embed(ToyBackend(), texts, windows=True)
    with pytest.warns(MemoryWarning):
        parts = embed(ToyBackend(room=30), texts, windows=True)
    np.testing.assert_array_equal(parts, whole)


def test_one_long_text_in_windows_is_not_one_batch() -> None:
    backend = ToyBackend(token_budget=40)
    embed(backend, ["ab " * 900], windows=True)
    assert max(backend.sizes) == 40


def test_one_long_text_is_tokenised_once() -> None:
    backend, done = ToyBackend(token_budget=40), list[int]()
    (found,) = through(
        InProcess(lambda: backend, DIMENSION, 2, Memory()), [["ab " * 90]], windows=True, advance=done.append
    )
    assert backend.tokenized == ["ab " * 90]
    assert done == [1]
    np.testing.assert_array_equal(found, embed(ToyBackend(), ["ab " * 90, "c"], windows=True)[:1])


def test_progress_counts_each_text_once() -> None:
    done: list[int] = []
    engine = InProcess(lambda: ToyBackend(room=16), DIMENSION, 2, Memory())
    with pytest.warns(MemoryWarning):
        list(through(engine, [TEXTS], advance=done.append))
    assert sum(done) == len(TEXTS)


def test_what_does_not_fit_beside_others_is_tried_alone() -> None:
    texts = ["a b c d e f g h " + "x" * row for row in range(12)]
    found = embed(ToyBackend(room=9, slow=0.01), texts, lanes=4, batch_size=1)
    np.testing.assert_array_equal(found, expected(texts))


def test_who_wants_to_be_alone_comes_before_those_that_come_later() -> None:
    gate, begun, over, order = _Gate(), threading.Event(), threading.Event(), list[str]()

    def alone() -> None:
        with gate.alone():
            order.append("alone")

    def later() -> None:
        with gate.shared(1):
            order.append("later")

    def first() -> None:
        with gate.shared(1):
            begun.set()
            over.wait(30)

    threads = [threading.Thread(target=first)]
    threads[0].start()
    assert begun.wait(30)
    for target in (alone, later):
        threads.append(threading.Thread(target=target))
        threads[-1].start()
        time.sleep(0.2)
    assert order == []
    over.set()
    for thread in threads:
        thread.join(30)
    assert order == ["alone", "later"]


def test_a_smaller_batch_does_not_lower_what_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = iter([1000, 7400, 7400, 1000, 1000, 1000, 1000, 2000])
    monkeypatch.setattr(memory_module, "resident", lambda: next(taken))
    monkeypatch.setattr(memory_module, "_forget_peak", lambda: False)
    need, backend = _Need(10**6), ToyBackend()
    need.measured(backend, [[1] * 8] * 8)
    assert need._per_token == 100, "6,400 bytes for 64 tokens"
    need.measured(backend, [[1] * 9])  # the system takes all of it back
    need.measured(backend, [[1] * 10])
    assert need._per_token == 100
    need.measured(backend, [[1] * 2])
    assert need._per_token == 500, "1,000 bytes for two tokens"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Encoder]:
    """An encoder whose backend is a toy."""

    def toy(backend: Any, **options: Any) -> Encoder:
        encoder = Encoder("use", **options)
        monkeypatch.setattr(encoder_module, "open_backend", lambda *_, **__: backend)
        encoder.card = replace(encoder.card, dimension=DIMENSION)
        return encoder

    return toy


def test_a_text_that_does_not_fit_even_alone_is_named(toy: Callable[..., Encoder]) -> None:
    long = "a b c d e f g h"
    encoder = toy(ToyBackend(room=7))
    with pytest.raises(OutOfMemory) as caught:
        encoder.encode(["", "ab", long, "abc", long], on_invalid="skip")
    assert caught.value.rows == (2, 4)
    assert str(caught.value) == (
        "Rows 2, 4 (counted from 0) do not fit in memory, even alone: the machine has too little for a text of 8 tokens."
    )
    with pytest.raises(OutOfMemory, match=r"^Row 0 \(counted from 0\) does not fit in memory, even alone: "):
        encoder.encode(long)
    with pytest.raises(OutOfMemory) as caught:
        list(encoder.stream(iter(["ab", "abc", "ab", long]), chunk_size=2))
    assert caught.value.rows == (3,)


class Greedy(ToyBackend):
    """Takes this much memory for each padded token, and keeps it for the next batch if told so."""

    per_token = 1 << 20

    def __init__(self, *, keeps: bool) -> None:
        super().__init__(token_budget=10_000)
        self.keeps = keeps
        self.held = np.zeros(0, dtype=np.uint8)
        self.peak = 0

    def run(self, ids: Any) -> Any:
        size = len(ids) * max(map(len, ids)) * self.per_token // 16
        block = self.held if len(self.held) >= size else np.ones(size, dtype=np.uint8)
        if self.keeps:
            self.held = block
        self.peak = max(self.peak, resident() or 0)
        return super().run(ids)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="what is measured here is measured on Linux")
@pytest.mark.parametrize("keeps", [False, True])
def test_a_limit_is_kept(keeps: bool) -> None:
    # In a process of its own: what other tests have left behind here may be given back to the system at any moment.
    paths = [SOURCE, str(Path(__file__).parent)]
    code = f"import sys; sys.path[:0] = {paths!r}; import test_memory; test_memory.keep_a_limit({keeps})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def keep_a_limit(keeps: bool) -> None:
    """What the test above runs."""
    texts = [" ".join(["ab"] * 20) + f" {'a' * row}" for row in range(4000)]
    backend = Greedy(keeps=keeps)
    start = resident() or 0
    limit = start + (120 << 20)
    # In one batch this chunk would take 5 GB.
    engine = InProcess(lambda: backend, DIMENSION, 2, Memory(limit))
    with pytest.warns(MemoryWarning) as caught:
        (found,) = through(engine, [texts])
    np.testing.assert_array_equal(found, expected(texts))
    assert len(caught) == 1
    assert str(caught[0].message).startswith(f"To stay within max_memory ({spelled_size(limit)}), a batch has at most ")
    assert backend.peak <= limit + (16 << 20), (backend.peak - start) >> 20
    assert backend.peak > start + (30 << 20), "but what there is is used"
    assert len(backend.sizes) < 600


def test_a_text_beyond_the_limit_is_named(toy: Callable[..., Encoder], monkeypatch: pytest.MonkeyPatch) -> None:
    # Counted, not measured: what other tests have left behind may be given back to the system at any moment.
    backend = Greedy(keeps=True)
    monkeypatch.setattr(memory_module, "resident", lambda: (100 << 20) + len(backend.held))
    monkeypatch.setattr(memory_module, "_forget_peak", lambda: False)
    encoder = toy(backend, max_memory=101 << 20)
    encoder.encode(["a" * (1 + row) for row in range(10)])
    assert len(backend.held) == 10 << 16
    with pytest.raises(
        OutOfMemory, match=r"^Row 1 \(counted from 0\) does not fit in memory, even alone: this process takes "
    ):
        encoder.encode(["ab", " ".join(["ab"] * 18)])
    assert len(encoder.encode(" ".join(["ab"] * 14))) == DIMENSION


def test_the_model_alone_is_beyond_the_limit(model_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "resident", lambda: 321_000_000)
    with pytest.raises(OutOfMemory) as caught:
        Encoder("use", cache_dir=model_cache, max_memory="30MB").encode(["a text"])
    assert str(caught.value) == (
        "With the model loaded, this process takes 321 MB, which is more than max_memory=30 MB; "
        "allow at least 401 MB, or take a smaller model."
    )


def test_a_limit_that_leaves_room_changes_nothing(use: Encoder, model_cache: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Encoder("use", cache_dir=model_cache, max_memory="200GB").encode(TEXTS)
    np.testing.assert_allclose(found, use.encode(TEXTS), atol=1e-5)


def test_a_system_that_does_not_tell_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_module, "resident", lambda: None)
    with pytest.raises(OptionError, match="max_memory cannot be kept here"):
        Encoder("use", max_memory="1GB")


def test_a_machine_without_memory(e5: Encoder, model_cache: Path) -> None:
    """ONNX Runtime is refused memory by the system: a batch that takes more than the 40 MB that are left."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "RLIMIT_AS") or sys.platform != "linux":
        pytest.skip("the system does not keep to RLIMIT_AS")
    wanted = e5.encode([f"{'word ' * 50}{row}" for row in range(60)])
    code = f"""
import resource, sys, warnings
import numpy as np
from interlingua import Encoder
encoder = Encoder("e5-small", backend="onnx", threads=1, cache_dir={str(model_cache)!r})
encoder.encode(["once", "word " * 50])
encoder._load().token_budget = 1_000_000
taken = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (taken + (40 << 20), taken + (40 << 20)))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    vectors = encoder.encode([f"{{'word ' * 50}}{{row}}" for row in range(60)])
assert [w.category.__name__ for w in caught] == ["MemoryWarning"], caught
np.save(sys.stdout.buffer, vectors)
"""
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment, timeout=300, check=False)
    assert (done.returncode, done.stderr.decode()) == (0, "")
    vectors = np.frombuffer(done.stdout[128:], dtype=np.float32).reshape(wanted.shape)
    assert (vectors * wanted).sum(axis=1).min() > 0.99999


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ("500MB", 500_000_000),
        ("2GB", 2 * 10**9),
        ("1.5 GiB", 3 << 29),
        ("7", 7),
        (7, 7),
        ("3kb", 3000),
        ("1 TB", 10**12),
    ],
)
def test_sizes(given: int | str, size: int) -> None:
    assert byte_size("max_memory", given) == size


@pytest.mark.parametrize("given", ["", "MB", "-1MB", "1 XB", 0, -5, 1.5, True, None, "1e9"])
def test_what_is_no_size(given: Any) -> None:
    with pytest.raises(
        OptionError, match=r"^max_memory is a size such as '500MB' or '2GB', or a number of bytes, not "
    ):
        byte_size("max_memory", given)


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (12_345_678, "12 MB"), (999_600, "1.0 MB"), (3 * 10**15, "3000 TB")],
)
def test_sizes_are_spelled(size: int, said: str) -> None:
    assert spelled_size(size) == said
