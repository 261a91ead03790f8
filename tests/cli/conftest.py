"""Running the command line: in this process where that is enough, else as a child process."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from interlingua import Encoder
from interlingua.cli import main
from interlingua.encoding import encoder
from interlingua.models.card import ModelCard

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Its JSON Lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def table(self) -> list[dict[str, str]]:
        """Its TSV."""
        header, *lines = (line.split("\t") for line in self.out.splitlines())
        return [dict(zip(header, line, strict=True)) for line in lines]


Run = Callable[..., Result]


_LOADED: dict[tuple[object, ...], Any] = {}


@pytest.fixture(autouse=True)
def models_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command makes an encoder of its own; here they share what is loaded from the same folder."""
    load = encoder.open_backend

    def load_once(card: ModelCard, **options: Any) -> Any:
        if options["cache_dir"] is not None:
            return load(card, **options)
        key = card.name, os.environ["INTERLINGUA_CACHE"], *options.values()
        if key not in _LOADED:
            _LOADED[key] = load(card, **options)
        return _LOADED[key]

    monkeypatch.setattr(encoder, "open_backend", load_once)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run a command in this process, in the test's own folder; ``stdin`` is what standard input holds."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "argv", ["interlingua", *arguments])
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin)))
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            with pytest.raises(SystemExit) as end:
                main()
        assert isinstance(end.value.code, int)
        return Result(end.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def fails(run: Run) -> Callable[..., str]:
    """Run a command that is to fail with this exit code; gives the one sentence that it says. Nothing is printed."""

    def fails(code: int, *arguments: str, stdin: bytes = b"") -> str:
        before = sorted(os.listdir())
        result = run(*arguments, stdin=stdin)
        assert (result.code, result.out) == (code, ""), result
        assert result.err.startswith("error: ")
        assert result.err.count("\n") == 1
        assert result.err.endswith((".\n", "?\n"))
        assert sorted(os.listdir()) == before, "nothing is left behind"
        return result.err.removeprefix("error: ").rstrip("\n")

    return fails


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a file into the test's own folder; gives its name."""

    def write(name: str, content: str | bytes) -> str:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


@pytest.fixture
def start(tmp_path: Path, use: Encoder) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a command as a child process in the test's own folder, with the model that loads fastest already imported."""
    use.load()
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, environment: dict[str, str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {**os.environ, "PYTHONPATH": SOURCE, **(environment or {})}
        command = [sys.executable, "-m", "interlingua", *arguments]
        started.append(subprocess.Popen(command, cwd=tmp_path, env=environment, **(pipes | options)))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:  # a test has failed; it shall not trouble the next one
            process.kill()
            process.communicate()
