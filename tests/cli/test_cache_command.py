"""``interlingua cache``: what lies in the cache folder, and clearing it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder
from interlingua.encoding.embedding_cache import EmbeddingCache
from interlingua.models import exported
from interlingua.models.catalogue import find

Run = Callable[..., Any]
Fails = Callable[..., str]


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A cache folder with two models, as far as one can see from outside, and vectors of one."""
    for name, size in (("e5-small", 1000), ("use-multilingual-v3", 500)):
        folder = tmp_path / "here" / "models" / name
        (folder / "1-0").mkdir(parents=True)
        (folder / "1-0" / "weights.bin").write_bytes(bytes(size))
        (folder / ".lock").write_bytes(b"")
    shelf = EmbeddingCache(tmp_path / "here" / "embeddings").shelf(find("use"), "", False)
    shelf.put(["a", "b"], np.ones((2, 512), dtype=np.float32), np.zeros(2, dtype=bool))
    return tmp_path / "here"


def names(result: Any) -> list[tuple[str, str]]:
    return [(row["what"], row["name"]) for row in result.rows]


MODELS = [("model", "e5-small"), ("model", "use-multilingual-v3")]
EMBEDDINGS = [("embeddings", "use-multilingual-v3")]


def info(run: Run) -> Any:
    return run("cache", "info", "--cache-dir", "here", "-f", "jsonl")


@pytest.mark.usefixtures("filled")
def test_info(run: Run) -> None:
    result = info(run)
    assert result.rows == [
        {"what": "model", "name": "e5-small", "entries": None, "bytes": 1000},
        {"what": "model", "name": "use-multilingual-v3", "entries": None, "bytes": 500},
        {"what": "embeddings", "name": "use-multilingual-v3", "entries": 2, "bytes": 4096},
    ]
    assert result.code == 0
    assert result.err.startswith("here: ")
    assert result.err.endswith(" kB\n")
    assert len(run("cache", "info", "--cache-dir", "here").out.splitlines()) == 5


def test_info_where_nothing_is(run: Run, tmp_path: Path) -> None:
    result = info(run)
    assert (result.code, result.out, result.err) == (0, "", "here: nothing there yet\n")
    assert not (tmp_path / "here").exists()


def test_info_of_the_usual_folder(run: Run, use: Encoder) -> None:
    use.load()
    assert ("model", "use-multilingual-v3") in names(run("cache", "info", "-f", "jsonl"))


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ([], []),
        (["--embeddings"], MODELS),
        (["--model", "e5-small"], [MODELS[1], *EMBEDDINGS]),
        (["--model", "use"], [MODELS[0], *EMBEDDINGS]),
        (["--model", "use", "--embeddings"], MODELS[:1]),
    ],
)
@pytest.mark.usefixtures("filled")
def test_clear(run: Run, options: list[str], left: list[tuple[str, str]]) -> None:
    result = run("cache", "clear", "--cache-dir", "here", *options)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith("here: ")
    assert result.err.endswith(" freed\n")
    assert names(info(run)) == left


def test_clear_waits_for_who_writes_a_model_for_torch(run: Run, filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    writing = threading.Event()

    def export(_card: Any, folder: Path) -> None:
        folder.mkdir()
        writing.set()
        time.sleep(0.5)
        (folder / "model.safetensors").write_bytes(b"1")
        order.append("written")

    monkeypatch.setattr(exported, "export_model", export)
    writer = threading.Thread(target=exported.ensure_exported, args=[find("e5-small")], kwargs={"cache_dir": filled})
    writer.start()
    assert writing.wait(30)
    assert run("cache", "clear", "--model", "e5-small", "--cache-dir", "here").code == 0
    order.append("cleared")
    writer.join(30)
    assert order == ["written", "cleared"]
    assert [path.name for path in (filled / "models" / "e5-small").iterdir()] == [".lock"]


def test_clear_where_nothing_is(run: Run) -> None:
    result = run("cache", "clear", "--cache-dir", "here")
    assert (result.code, result.err) == (0, "here: 0 B freed\n")
    assert not Path("here").exists()


@pytest.mark.usefixtures("filled")
def test_clear_of_a_model_that_is_not_there(fails: Fails) -> None:
    said = fails(2, "cache", "clear", "--model", "gpt", "--cache-dir", "here")
    assert said == "'gpt' is not imported in here; see 'interlingua cache info'."


def test_a_damaged_cache(run: Run, fails: Fails, filled: Path) -> None:
    (filled / "embeddings" / "embeddings.sqlite").write_bytes(b"something else" * 1000)
    said = fails(1, "cache", "info", "--cache-dir", "here")
    assert said.startswith(str(Path("here/embeddings/embeddings.sqlite")))
    assert said.endswith(" is damaged or no embedding cache of this version; delete it, or name another folder.")
    run("cache", "clear", "--embeddings", "--cache-dir", "here")
    assert names(info(run)) == MODELS
