"""``interlingua encode`` after an interruption: what is left, what is said, and that the file becomes the same."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua.cli import encode
from interlingua.encoding.unfinished import Unfinished, hold

Run = Callable[..., Any]
Write = Callable[..., str]
Start = Callable[..., "subprocess.Popen[bytes]"]
StopAfter = Callable[[int, BaseException], None]

SOURCE = str(Path(__file__).resolve().parents[2] / "src")
COMMAND = ["encode", "a.txt", "-m", "use", "-o", "v.npy"]
# Of different lengths, so that other chunks would be other batches; with an empty line, so that the rows have a gap.
LINES = "".join(f"{'Satz Nummer ' * (n % 5)}{n}\n" + "\n" * (n == 6) for n in range(18))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encode, "_CHUNK", 4)


@pytest.fixture
def stop_after(monkeypatch: pytest.MonkeyPatch) -> StopAfter:
    """Let a problem come up once, when so many chunks are on the disk."""
    commit = Unfinished.commit

    def stop_after(chunks: int, problem: BaseException) -> None:
        done = 0

        def committed(*arguments: Any, **options: Any) -> None:
            nonlocal done
            commit(*arguments, **options)
            done += 1
            if done == chunks:
                raise problem

        monkeypatch.setattr(Unfinished, "commit", committed)

    return stop_after


@pytest.fixture
def interrupted(run: Run, write: Write, stop_after: StopAfter) -> Path:
    """What Ctrl-C left after two chunks of five. The undisturbed file is whole.npy."""
    write("a.txt", LINES)
    assert run(*COMMAND[:-1], "whole.npy").code == 0
    stop_after(2, KeyboardInterrupt())
    result = run(*COMMAND)
    left = Path("v.npy.partial")
    assert (result.code, result.out) == (130, "")
    assert result.err == (
        f"{left.resolve()} keeps the first 8 vectors; the same command with --resume goes on from there\ninterrupted\n"
    )
    return left


def said(result: Any) -> str:
    """The one error of a command that changed nothing."""
    assert result.code in (1, 2), result
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    return result.err.removeprefix("error: ").rstrip("\n").replace(f"{Path.cwd()}{os.sep}", "")


def journal(left: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((left / "journal.json").read_text())
    return found


def change_journal(left: Path, **changes: Any) -> None:
    (left / "journal.json").write_text(json.dumps(journal(left) | changes))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize(("format", "places"), [("npy", 30), ("jsonl", 25), ("parquet", 30)])
def test_killed_before_any_change_on_the_disk(tmp_path: Path, format: str, places: int) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    driver = Path(__file__).with_name("killed_everywhere.py")
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", driver, format],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= places


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_process_that_is_stopped(start: Start, tmp_path: Path, number: int, code: int) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{n} ist die {n + 1}. Zahl.\n" for n in range(12_000)))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # or it is ignored by a child in the background
    try:
        process = start(*COMMAND)
    finally:
        signal.signal(signal.SIGINT, before)
    give_up = time.monotonic() + 60
    while not (tmp_path / "v.npy.partial" / "journal.json").exists() and time.monotonic() < give_up:
        time.sleep(0.01)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, b"")
    if code > 0:
        assert err.decode().startswith(f"{tmp_path / 'v.npy.partial'} keeps the first ")
        assert "the same command with --resume goes on from there\n" in err.decode()
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "v.npy.partial"]
    assert journal(tmp_path / "v.npy.partial")["vectors"] == 8192
    if code > 0:
        return
    _, err = start(*COMMAND, "--resume").communicate(timeout=60)
    assert err.decode().splitlines() == [
        "v.npy: going on after 8,192 vectors",
        "v.npy: 12,000 vectors of 512 dimensions",
    ]
    start(*COMMAND[:-1], "whole.npy").communicate(timeout=60)
    assert (tmp_path / "v.npy").read_bytes() == (tmp_path / "whole.npy").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "v.npy", "whole.npy"]


def test_going_on(run: Run, interrupted: Path) -> None:
    assert not Path("v.npy").exists()
    result = run(*COMMAND, "--resume")
    assert (result.code, result.out) == (0, "")
    assert result.err.splitlines() == [
        "v.npy: going on after 8 vectors",
        "v.npy: 18 vectors of 512 dimensions",
        "v.rows.txt: the row of a.txt that each vector belongs to",
    ]
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert Path("v.rows.txt").read_text().split() == [str(row) for row in range(1, 20) if row != 8]
    assert not interrupted.exists()


def test_what_is_left_is_not_thrown_away_unasked(run: Run, interrupted: Path) -> None:
    before = (interrupted / "vectors.npy").read_bytes()
    assert said(run(*COMMAND)) == (
        "v.npy.partial holds the first 8 vectors of a run that was interrupted; give --resume to go on with it, or --overwrite to start anew."
    )
    assert (interrupted / "vectors.npy").read_bytes() == before
    result = run(*COMMAND, "--overwrite")
    assert result.err.splitlines()[0] == "v.npy: 18 vectors of 512 dimensions"
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert not interrupted.exists()


def test_a_second_interruption(run: Run, interrupted: Path, stop_after: StopAfter) -> None:
    stop_after(1, KeyboardInterrupt())
    result = run(*COMMAND, "--resume")
    assert result.err.splitlines() == [
        "v.npy: going on after 8 vectors",
        f"{interrupted.resolve()} keeps the first 12 vectors; the same command with --resume goes on from there",
        "interrupted",
    ]
    assert run(*COMMAND, "--resume").code == 0
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["-m", "e5-small"], "with --model use-multilingual-v3, not with --model e5-small"),
        (["--prompt", "query"], "with --prompt symmetric, not with --prompt query"),
        (["--batch-size", "3"], "without --batch-size, not with --batch-size 3"),
        (["--long", "error"], "with --long truncate, not with --long error"),
        (["--format", "jsonl"], "with --format npy, not with --format jsonl"),
    ],
)
def test_another_command(run: Run, interrupted: Path, changes: list[str], message: str) -> None:
    assert said(run(*COMMAND, *changes, "--resume")) == (
        f"v.npy.partial was begun {message}; give the same again, or --overwrite to start anew."
    )
    assert journal(interrupted)["vectors"] == 8


def test_another_size_of_chunks_or_version(run: Run, interrupted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = journal(interrupted)["settings"]
    change_journal(interrupted, settings=settings | {"Interlingua": "0.0.0"})
    assert said(run(*COMMAND, "--resume")).startswith("v.npy.partial was begun with Interlingua 0.0.0, not with Interl")
    change_journal(interrupted, settings=settings)
    monkeypatch.setattr(encode, "_CHUNK", 5)
    assert said(run(*COMMAND, "--resume")).startswith(
        "v.npy.partial was begun with chunks of 4, not with chunks of 5; "
    )


@pytest.mark.parametrize(
    "changed",
    [
        LINES.replace("Satz Nummer 1\n", "Satz Nummer 2\n"),  # one text
        "\n" + LINES,  # the same texts in other rows
        "".join(LINES.splitlines(keepends=True)[:7]),  # a text less than were done
    ],
)
def test_a_changed_file(run: Run, write: Write, interrupted: Path, changed: str) -> None:
    write("a.txt", changed)
    assert said(run(*COMMAND, "--resume")) == (
        "The texts are no longer those that v.npy.partial was begun with: the file was changed, or is read with other options; drop --resume and give --overwrite to start anew."
    )
    write("a.txt", LINES)
    assert run(*COMMAND, "--resume").code == 0
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert not interrupted.exists()


def test_what_was_not_read_yet_may_change(run: Run, write: Write, interrupted: Path) -> None:
    write("a.txt", LINES + "noch einer\n")
    assert run(*COMMAND, "--resume").code == 0
    run(*COMMAND[:-1], "whole.npy")
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert not interrupted.exists()


def test_texts_after_a_last_chunk_that_was_not_full(run: Run, write: Write, stop_after: StopAfter) -> None:
    write("a.txt", "eins\nzwei\ndrei\nvier\nfünf\n")
    stop_after(2, KeyboardInterrupt())
    assert run(*COMMAND).code == 130
    write("a.txt", "eins\nzwei\ndrei\nvier\nfünf\nsechs\n")
    assert said(run(*COMMAND, "--resume")).startswith("The texts are no longer those that v.npy.partial was begun with")
    write("a.txt", "eins\nzwei\ndrei\nvier\nfünf\n")
    assert run(*COMMAND, "--resume").err.splitlines() == [
        "v.npy: going on after 5 vectors",
        "v.npy: 5 vectors of 512 dimensions",
    ]


@pytest.mark.parametrize("torn", ["", "{", '{"settings": {}, "vectors": "8"}', '{"other": 1}', "[]", "\0" * 600])
def test_a_torn_journal(run: Run, interrupted: Path, torn: str) -> None:
    (interrupted / "journal.json").write_text(torn)
    message = "v.npy.partial is damaged, so that nobody can go on with it; give --overwrite to start anew."
    assert said(run(*COMMAND, "--resume")) == message
    assert said(run(*COMMAND)) == message
    assert run(*COMMAND, "--overwrite").code == 0
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()


@pytest.mark.parametrize("name", ["vectors.npy", "rows.txt"])
def test_what_is_shorter_than_its_journal_says(run: Run, interrupted: Path, name: str) -> None:
    os.truncate(interrupted / name, journal(interrupted)["sizes"][name] - 1)
    assert said(run(*COMMAND, "--resume")).startswith("v.npy.partial is damaged")


@pytest.mark.parametrize("name", ["vectors.npy", "rows.txt"])
def test_what_is_longer_than_its_journal_says(run: Run, interrupted: Path, name: str) -> None:
    with (interrupted / name).open("ab") as file:
        file.write(b"half a chunk" * 1000)
    (interrupted / "journal.json.tmp").write_text("half a journal")
    assert run(*COMMAND, "--resume").code == 0
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert Path("v.rows.txt").read_text() == Path("whole.rows.txt").read_text()
    assert not interrupted.exists()


def test_what_is_complete_is_only_put_in_its_place(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.txt", LINES)
    run(*COMMAND[:-1], "whole.npy")
    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "deliver", interrupt)
        assert run(*COMMAND).code == 130
    assert journal(Path("v.npy.partial"))["complete"]
    result = run(*COMMAND, "--resume")
    assert result.err.splitlines()[0] == "v.npy: 18 vectors of 512 dimensions"
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()
    assert Path("v.rows.txt").read_text() == Path("whole.rows.txt").read_text()


@pytest.fixture
def undelivered(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete result of five full chunks that was not put in its place; a text of it was cut."""
    write("a.txt", LINES + "Satz " * 400 + "\nEnde\n")
    with monkeypatch.context() as patch:
        patch.setattr(Unfinished, "deliver", interrupt)
        assert run(*COMMAND).code == 130


@pytest.mark.usefixtures("undelivered")
def test_what_was_cut_is_told_when_it_is_put_in_its_place(run: Run) -> None:
    assert "warning: a.txt: cut at the model's 256 tokens: row 20\n" in run(*COMMAND, "--resume").err


@pytest.mark.usefixtures("undelivered")
@pytest.mark.parametrize("more", ["", "and one more\n"])
def test_what_is_complete_but_of_other_texts(run: Run, more: str) -> None:
    lines = Path("a.txt").read_text()
    Path("a.txt").write_text(lines + more if more else lines.replace("Nummer", "number"))
    assert said(run(*COMMAND, "--resume")).startswith("The texts are no longer those that v.npy.partial was begun with")
    assert not Path("v.npy").exists()


def test_other_workers_are_another_run(run: Run, interrupted: Path) -> None:
    assert said(run(*COMMAND, "--resume", "--workers", "2")) == (
        f"{interrupted} was begun without --workers, not with --workers 2; give the same again, or --overwrite to start anew."
    )


def interrupt(*_arguments: Any) -> None:
    raise KeyboardInterrupt


def test_a_finished_file(run: Run, write: Write) -> None:
    write("a.txt", LINES)
    assert (
        run(*COMMAND, "--resume").err.splitlines()[0] == "v.npy: 18 vectors of 512 dimensions"
    )  # nothing to resume: begins
    before = Path("v.npy").stat()
    result = run(*COMMAND, "--resume")
    assert (result.code, result.err) == (
        0, "v.npy: is complete, so there is nothing to go on with; --overwrite would embed a.txt anew\n",
    )  # fmt: skip
    assert Path("v.npy").stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(os.listdir()) == ["a.txt", "v.npy", "v.rows.txt"]
    # A file of another model, or older than the texts, is not what the command gives.
    np.save("v.npy", np.zeros((3, 7), dtype=np.float32))
    assert "18 vectors of 512" in run(*COMMAND, "--resume").err
    os.utime("v.npy", (1, 1))
    assert "18 vectors of 512" in run(*COMMAND, "--resume").err
    assert "18 vectors of 512" in run(*COMMAND, "--overwrite").err


def test_a_run_killed_before_its_first_chunk_is_not_taken_for_finished(run: Run, write: Write) -> None:
    write("a.txt", LINES)
    np.save("v.npy", np.zeros((3, 512), dtype=np.float32))  # an older file
    os.mkdir("v.npy.partial")
    write("v.npy.partial/vectors.npy", "")
    assert run(*COMMAND, "--resume").code == 0
    assert np.load("v.npy").shape == (18, 512)
    assert not Path("v.npy.partial").exists()


def test_a_bad_row_does_not_cost_what_was_done(run: Run, write: Write) -> None:
    rows = [json.dumps({"text": f"Text {n}"}) for n in range(10)]
    write("a.jsonl", "\n".join([*rows, '{"text": ""}']) + "\n")
    command = ["encode", "a.jsonl", "-m", "use", "-o", "v.npy"]
    result = run(*command)
    # All of it is read at once, before the first chunk: nothing is left.
    assert result.err == "error: a.jsonl, row 11: empty; give --on-invalid skip to leave out such rows.\n"
    assert sorted(os.listdir()) == ["a.jsonl"]
    result = run(*command, "--on-invalid", "skip", "--resume")
    assert result.err.splitlines()[0] == "v.npy: 10 vectors of 512 dimensions"


def test_a_bad_row_far_behind(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.cli.inputs._CHUNK", 4)
    rows = [json.dumps({"text": f"Text {n}"}) for n in range(14)]
    write("a.jsonl", "\n".join([*rows, '{"text": ""}']) + "\n")
    command = ["encode", "a.jsonl", "-m", "use", "-o", "v.npy"]
    result = run(*command)
    assert result.code == 1
    assert result.err.splitlines() == [
        f"{Path('v.npy.partial').resolve()} keeps the first 8 vectors; the same command with --resume goes on from there",
        "error: a.jsonl, row 15: empty; give --on-invalid skip to leave out such rows.",
    ]
    result = run(*command, "--on-invalid", "skip", "--resume")
    assert result.err.splitlines() == [
        "v.npy: going on after 8 vectors",
        "v.npy: 14 vectors of 512 dimensions",
        "warning: a.jsonl: left out row 15, which cannot be embedded",
    ]


def test_what_was_noticed_before_is_told_at_the_end(run: Run, write: Write, stop_after: StopAfter) -> None:
    long = "Wort " * 400
    write("a.csv", "text\n" + "".join(f"{text}\n" for text in (long, "b", '""', "\\u732b", "c", "d", "e", long, "f")))
    command = ["encode", "a.csv", "-m", "use", "-o", "v.npy", "--on-invalid", "skip"]
    undisturbed = run(*command[:5], "whole.npy", *command[6:]).err.replace("whole.", "v.")
    assert "cut at the model's 256 tokens: 2 rows (1, 8)" in undisturbed
    stop_after(1, KeyboardInterrupt())
    assert run(*command).code == 130
    going_on = run(*command, "--resume").err.splitlines()
    assert sorted(going_on) == sorted([*undisturbed.splitlines(), "v.npy: going on after 4 vectors"])


@pytest.mark.parametrize("options", [[], ["--resume"]])
def test_two_processes_do_not_write_one_file(run: Run, write: Write, options: list[str]) -> None:
    write("a.txt", LINES)
    with hold(Path("v.npy")):
        assert said(run(*COMMAND, *options)) == (
            "v.npy is being written by another process; wait until it is done, or give another name."
        )
    assert sorted(os.listdir()) == ["a.txt"]
    assert run(*COMMAND).code == 0


def test_a_full_disk_keeps_what_was_done(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.txt", LINES)
    run(*COMMAND[:-1], "whole.npy")
    synced, fsync = 0, os.fsync

    def full(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        if synced > 9:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        result = run(*COMMAND)
    assert result.code == 1
    assert result.err.replace(f"{Path.cwd()}{os.sep}", "").splitlines() == [
        "v.npy.partial keeps the first 8 vectors; the same command with --resume goes on from there",
        "error: v.npy cannot be written: the disk is full.",
    ]
    assert run(*COMMAND, "--resume").code == 0
    assert Path("v.npy").read_bytes() == Path("whole.npy").read_bytes()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs limits on a file's size")
def test_a_file_that_may_not_grow(start: Start, tmp_path: Path) -> None:
    import resource

    (tmp_path / "a.txt").write_text("".join(f"{n}\n" for n in range(9_000)))

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (17_000_000, 17_000_000))

    process = start(*COMMAND, preexec_fn=limited)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.decode().splitlines() == [
        f"{tmp_path / 'v.npy.partial'} keeps the first 8,192 vectors; the same command with --resume goes on from there",
        f"error: {tmp_path / 'v.npy'} cannot be written: File too large.",
    ]


def test_standard_input_cannot_be_gone_on_with(run: Run, stop_after: StopAfter) -> None:
    result = run("encode", "-", "-m", "use", "-o", "v.npy", "--resume", stdin=b"eins\n")
    assert said(result) == (
        "Standard input cannot be read a second time, so --resume cannot go on with it; save it as a file first."
    )
    stop_after(2, KeyboardInterrupt())
    result = run("encode", "-", "-m", "use", "-o", "v.npy", stdin=LINES.encode())
    assert (result.code, result.err) == (130, "interrupted\n")
    assert os.listdir() == []


def test_an_older_file_stays_until_the_new_one_is_complete(run: Run, write: Write, stop_after: StopAfter) -> None:
    write("a.txt", LINES)
    write("v.npy", "old")
    os.chmod("v.npy", 0o640)
    os.utime("v.npy", (1, 1))
    stop_after(2, KeyboardInterrupt())
    run(*COMMAND)
    assert Path("v.npy").read_text() == "old"
    run(*COMMAND, "--resume")
    assert np.load("v.npy").shape == (18, 512)
    if os.name == "posix":
        assert os.stat("v.npy").st_mode & 0o777 == 0o640


def test_the_folder_of_a_link_lies_beside_the_file_itself(run: Run, write: Write, stop_after: StopAfter) -> None:
    write("a.txt", LINES)
    os.mkdir("elsewhere")
    os.symlink("elsewhere/real.npy", "v.npy")
    stop_after(2, KeyboardInterrupt())
    run(*COMMAND)
    assert os.listdir("elsewhere") == ["real.npy.partial"]
    assert run(*COMMAND, "--resume").code == 0
    assert sorted(os.listdir("elsewhere")) == ["real.npy", "real.rows.txt"]
    assert Path("v.npy").is_symlink()


def test_files_of_others_stay(run: Run, write: Write) -> None:
    write("a.txt", LINES)
    os.mkdir("v.npy.partial")
    write("v.npy.partial/notes.md", "mine")
    assert run(*COMMAND).code == 0
    assert os.listdir("v.npy.partial") == ["notes.md"]
    write("w.npy.partial", "mine too")
    assert said(run(*COMMAND[:-1], "w.npy")) == "w.npy cannot be written: File exists."
    assert Path("w.npy.partial").read_text() == "mine too"


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_other_formats(run: Run, write: Write, stop_after: StopAfter, format: str) -> None:
    if format == "parquet":
        pytest.importorskip("pyarrow")
    write("a.txt", LINES)
    run(*COMMAND[:-1], f"whole.{format}")
    stop_after(3, KeyboardInterrupt())
    assert run(*COMMAND[:-1], f"v.{format}").code == 130
    assert run(*COMMAND[:-1], f"v.{format}", "--resume").code == 0
    assert Path(f"v.{format}").read_bytes() == Path(f"whole.{format}").read_bytes()
    assert sorted(os.listdir()) == ["a.txt", f"v.{format}", f"whole.{format}"]
