"""Run as a script: kill ``interlingua encode`` before every single change on the disk, go on, and compare the files.

Each run is a fork of this process, so that hundreds take seconds. The model is a stand-in whose vectors depend on all texts
of a batch: if a chunk were put together differently after an interruption, its bytes would be others.

Usage: killed_everywhere.py FORMAT, in an empty folder. Prints how many places there were.
"""

from __future__ import annotations

import os
import signal
import sys
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from interlingua.cli import encode, main
from interlingua.encoding import encoder
from interlingua.encoding.tokens import Tokens

CHANGES = ("fsync", "replace", "unlink", "rmdir", "truncate", "mkdir")
TEXTS = "".join(f"{'word ' * (n * 7 % 5)}{n}\n" + "\n" * (n == 6) for n in range(14))


# What the forks would each load anew.
LOADED = [
    "filelock",
    "pyarrow.parquet",
    "interlingua.cli.app",
    "interlingua.encoding.unfinished",
    "interlingua.texts.reading",
]


class StandIn:
    name = "stand-in"
    token_budget = 40

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:  # noqa: ARG002
        return Tokens([list(text.encode()) for text in texts], [n for n, text in enumerate(texts) if len(text) > 20])

    def run(self, ids: Sequence[Sequence[int]]) -> Any:
        seed = zlib.crc32(repr([list(map(int, item)) for item in ids]).encode())
        return np.random.default_rng(seed).normal(size=(len(ids), 512)).astype(np.float32)


def forked(arguments: list[str], kill_at: int | None = None) -> int:
    """The exit code of a command in a fork, killed before the change of this number; -9 if it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    output = os.open("said.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    left = kill_at

    def counted(change: Callable[..., Any]) -> Callable[..., Any]:
        def change_or_die(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            if left is not None:
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments, **options)

        return change_or_die

    for name in CHANGES:
        setattr(os, name, counted(getattr(os, name)))
    sys.argv = ["interlingua", *arguments]
    try:
        main()
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 99)
    os._exit(98)


def files(stem: str) -> dict[str, bytes]:
    return {path.name.removeprefix(stem): path.read_bytes() for path in Path().glob(f"{stem}*") if path.is_file()}


def check(place: int, command: list[str], expected: dict[str, bytes]) -> bool:
    """Whether there was such a place; after a kill there, and sometimes a second one, the files must become as expected."""
    code = forked(command, place)
    if code not in (0, -signal.SIGKILL):
        raise AssertionError(f"{place}: exit code {code}: {Path('said.log').read_text()}")
    killed = code != 0
    if killed and place % 3 == 0:
        forked([*command, "--resume"], 5)
    code = forked([*command, "--resume"])
    said = Path("said.log").read_text()
    if code or files("v") != expected or Path(f"{command[-1]}.partial").exists():
        raise AssertionError(f"{place}: exit code {code}, {sorted(os.listdir())}: {said}")
    for path in Path().glob("v*"):
        path.unlink()
    return killed


def all_places(format: str) -> int:
    """Try each place of one format in turn."""
    for name in LOADED:
        with suppress(ImportError):
            import_module(name)
    encode._CHUNK = 4
    backend = StandIn()
    encoder.open_backend = lambda *_arguments, **_options: backend  # type: ignore[assignment]
    Path("a.txt").write_text(TEXTS)
    begin = ["encode", "a.txt", "-m", "use", "--no-progress", "-o"]
    if forked([*begin, f"whole.{format}"]):
        raise AssertionError(Path("said.log").read_text())
    expected = files("whole")
    place = 1
    while check(place, [*begin, f"v.{format}"], expected):
        place += 1
    return place - 1


if __name__ == "__main__":
    print(all_places(sys.argv[1]))
