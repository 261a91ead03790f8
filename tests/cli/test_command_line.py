"""What holds for every command: help, wrong usage, Ctrl-C, closed pipes, full disks, what is printed where."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import __version__
from interlingua.cli import app, main, output
from interlingua.cli.options import Format

Run = Callable[..., Any]
Start = Callable[..., Any]
COMMANDS = [["demo"], ["search"], ["score"], ["encode"], ["bench"], ["models"]]
COMMANDS += [["models", name] for name in ("list", "show", "import", "export")]
COMMANDS += [["cache"], ["cache", "info"], ["cache", "clear"]]
COMMANDS += [["index"]]
COMMANDS += [["index", name] for name in ("create", "add", "update", "delete", "search", "info", "verify", "compact")]
COMMANDS += [["index", name] for name in ("rebuild", "recover", "reembed", "bias", "export")]
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")


def test_version(run: Run) -> None:
    assert run("--version").out == f"interlingua {__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_help(run: Run, command: list[str], option: str) -> None:
    result = run(*command, option)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: {' '.join(['interlingua', *command])} ")
    assert "..." not in result.out.partition("Commands:")[2], "no description is cut off"


@pytest.mark.parametrize("command", [[], ["index"], ["models"], ["cache"]])
def test_without_a_command_the_help_is_shown_as_an_error(run: Run, command: list[str]) -> None:
    result = run(*command)
    assert (result.code, result.out) == (2, "")
    assert result.err == run(*command, "--help").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'; see 'interlingua --help'."),
        (["serch"], "No such command 'serch'. Did you mean 'search'? See 'interlingua --help'."),
        (["models", "nonsense"], "No such command 'nonsense'; see 'interlingua models --help'."),
        (["--nonsense"], "No such option: --nonsense; see 'interlingua --help'."),
        (["encode", "a.txt", "--top-k", "3"], "No such option: --top-k; see 'interlingua encode --help'."),
        (["search"], "Missing argument 'FILE'; see 'interlingua search --help'."),
        (["score"], "Missing argument 'TEXT'; see 'interlingua score --help'."),
        (["encode", "a.txt", "--out"], "Option '--out' requires an argument; see 'interlingua --help'."),
    ],
)
def test_wrong_usage(fails: Callable[..., str], arguments: list[str], message: str) -> None:
    # Typer words these; what counts is that ours is one sentence that names what was wrong and where to read on.
    said = fails(2, *arguments)
    assert said.endswith(message[message.index("ee 'interlingua") :])
    assert re.findall(r"[A-Z]+'|--[a-z-]+|'[a-z]+'", message)[0] in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["score", "a", "b", "--format", "xml"], "--format"),
        (["demo", "-k", "0"], "--top-k"),
        (["search", "a.txt", "b", "-k", "many"], "--top-k"),
        (["encode", "a.txt", "--prompt", "passage"], "--prompt"),
        (["encode", "a.txt", "--long", "windows"], "--long"),
        (["encode", "a.txt", "--on-invalid", "ignore"], "--on-invalid"),
        (["encode", "a.txt", "--batch-size", "0"], "--batch-size"),
        (["score", "a.csv", "--input-format", "xlsx"], "--input-format"),
    ],
)
def test_wrong_values(fails: Callable[..., str], arguments: list[str], named: str) -> None:
    assert named in fails(2, *arguments)


@pytest.mark.parametrize("command", [["demo"], ["search", "a.txt", "q"], ["score", "a", "b"], ["encode", "a.txt"]])
def test_unknown_model(fails: Callable[..., str], write: Callable[..., str], command: list[str]) -> None:
    write("a.txt", "a\n")
    assert fails(2, *command, "--model", "gpt").startswith(
        "'gpt' is neither a bundled model ('e5-small', 'use-multilingual-v3'), nor a folder, nor an id of"
    )


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['interlingua', '--help']\nfrom interlingua.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'onnxruntime', 'tokenizers', 'faiss', 'rich.table'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")}
    began = time.perf_counter()
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, timeout=60
    ).stdout
    assert out.splitlines()[-1] == "[]"
    assert time.perf_counter() - began < 5  # a quarter of a second where nothing else runs


def test_the_shell_can_ask_for_completions(start: Start) -> None:
    asked = {"_INTERLINGUA_COMPLETE": "complete_bash", "COMP_WORDS": "interlingua sc", "COMP_CWORD": "1"}
    out, _ = start(environment=asked).communicate(timeout=60)
    assert out.decode().split() == ["score"]


@pytest.mark.parametrize(("name", "options"), [("v.npy", []), ("v.jsonl", ["--format", "jsonl"])])
def test_ctrl_c_leaves_nothing_behind(start: Start, tmp_path: Path, name: str, options: list[str]) -> None:
    (tmp_path / "a.txt").write_text("".join(f"This is sentence number {n}.\n" for n in range(300_000)))
    (tmp_path / name).write_text("old")
    # A process in the background of a shell ignores Ctrl-C, and so do its children, unless it has a handler of its own.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start("encode", "a.txt", "-m", "use", "--out", name, *options)
    finally:
        signal.signal(signal.SIGINT, before)
    give_up = time.monotonic() + 60
    while len(os.listdir(tmp_path)) < 3 and time.monotonic() < give_up:  # the temporary file is there
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"interrupted\n")
    assert sorted(os.listdir(tmp_path)) == ["a.txt", name]
    assert (tmp_path / name).read_text() == "old"


def test_a_reader_that_has_seen_enough(start: Start, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("One more sentence.\n" * 500)
    with start("encode", "a.txt", "-m", "use") as process:
        assert json.loads(process.stdout.readline())["row"] == 1
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 141


@needs_full
@pytest.mark.parametrize("arguments", [["models", "list"], ["--help"], ["score", "a", "b", "-m", "use", "-f", "jsonl"]])
def test_standard_output_on_a_full_disk(start: Start, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        process = start(*arguments, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode() == f"error: standard output: {os.strerror(errno.ENOSPC)}.\n"


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that can close descriptors")
@pytest.mark.parametrize(
    ("closing", "code", "error"),
    [
        ("models list >&-", 1, "error: standard output is closed.\n"),
        ("encode - <&-", 1, "error: standard input is closed.\n"),
        ("score a '' 2>&-", 1, ""),
    ],
)
def test_closed_streams(closing: str, code: int, error: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src")}
    command = f"'{sys.executable}' -m interlingua {closing}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", error)


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (MemoryError(), 1, "error: there is not enough memory for this.\n"),
        (OSError(errno.EIO, "Input/output error", "a.txt"), 1, "error: a.txt: Input/output error.\n"),
    ],
)
def test_what_may_happen_anywhere(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    monkeypatch.setattr(app, "run", raising(error))
    result = run("demo")
    assert (result.code, result.out, result.err) == (code, "", said)


def test_warnings_are_one_line_each_and_say_whose_they_are(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from interlingua import TextWarning

    def warn() -> int:
        warnings.warn("ours,\nand long", TextWarning, stacklevel=1)
        warnings.warn("theirs \x1b[31m", UserWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(app, "run", warn)
    assert run("demo").err == "warning: ours, and long\nwarning (UserWarning): theirs \\x1b[31m\n"
    assert warnings.showwarning.__module__ != main.__module__


def test_what_a_message_quotes_does_not_drive_the_terminal(
    fails: Callable[..., str], write: Callable[..., str]
) -> None:
    write("a.csv", "a\x1b[2J,b\u202e\n1,2\n")
    assert r"there are: a\x1b[2J, b\u202e." in fails(1, "encode", "a.csv")


def test_a_table_says_missing_and_folds_white_space_and_controls(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit([{"n": 1, "x": 0.25, "lang": None, "text": "a\tb\n c\x07"}], Format.table)
    head, rule, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["n", "x", "lang", "text"]
    assert set(rule) == {"─"}
    assert row.split() == ["1", "0.250", "–", "a", "b", r"c\x07"]


def test_a_table_in_a_pipe_loses_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit([{"n": 1, "text": "猫" * 3000}, {"n": 2, "text": "b"}], Format.table)
    _, rule, long, short = capsys.readouterr().out.splitlines()
    assert "猫" * 3000 in long
    assert len(rule) == 80
    assert short == "2   b"


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
@pytest.mark.parametrize("width", [20, 72])
def test_a_table_on_a_terminal_is_folded_and_keeps_its_columns(
    start: Start, write: Callable[..., str], width: int
) -> None:
    import pty

    text = "وصل الطرد 今日は天気がいいですね " + "a longer sentence of many words " * 5
    write("a.tsv", f"id\ttext\nrow-1\t{text}\n")
    leader, follower = pty.openpty()
    process = start(
        "search", "a.tsv", "parcel", "-m", "use", stdout=follower, stderr=None, environment={"COLUMNS": str(width)}
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # how Linux tells the end
            break
        if not part:
            break
        shown += part
    os.close(leader)
    assert process.wait(timeout=60) == 0
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    lines = plain.replace("\r", "").splitlines()
    assert lines[0].split() == ["rank", "score", "cosine", "lang", "id", "text"]
    assert "row-1" in lines[2]
    assert len(lines) > 4
    assert len(lines[1]) == max(width, 60)
    assert plain.count("words") == 5
