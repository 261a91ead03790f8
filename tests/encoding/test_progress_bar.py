"""The progress bar: on standard error, and only where somebody watches or it was asked for."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from interlingua.progress import announcer, progress_bar, watched

SOURCE = str(Path(__file__).resolve().parents[2] / "src")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_hidden_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Working", 10) as advance:
        advance(10)
    assert capsys.readouterr() == ("", "")


def test_shown_when_asked_for_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Working", 10, show=True, unit="lines") as advance:
        advance(4)
        advance(3)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Working" in err
    assert "7/10 lines" in err
    assert "\x1b" not in err  # no control sequences in a file


def test_shown_on_a_terminal_unless_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar("Working", 3) as advance:
        advance(3)
    assert "3/3 texts" in re.sub("\x1b\\[[0-9;?]*[a-zA-Z]", "", terminal.getvalue())
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with progress_bar("Working", 3, show=False) as advance:
        advance(3)
    assert terminal.getvalue() == ""


def test_a_total_need_not_be_known(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Reading", None, show=True) as advance:
        advance(5)
    assert "5/?" in capsys.readouterr().err


def test_an_error_inside_comes_through(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="inside"), progress_bar("Working", 3, show=True):
        raise RuntimeError("inside")
    assert "0/3" in capsys.readouterr().err


def test_no_standard_error_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert not watched()
    with progress_bar("Working", 3) as advance:
        advance(3)


PROGRAM = """
from interlingua.progress import progress_bar
with progress_bar("Working", 3) as advance:
    advance(3)
    print('{"row": 1}')
"""


@pytest.mark.skipif(os.name != "posix", reason="a terminal is made")
def test_what_is_printed_below_a_bar_goes_where_it_should(tmp_path: Path) -> None:
    """Standard error is a terminal and standard output a file, as in ``interlingua encode a.txt > vectors.jsonl``."""
    import pty

    ours, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": SOURCE, "TERM": "xterm"}
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-c", PROGRAM]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    try:
        while more := os.read(ours, 4096):
            shown += more
    except OSError:  # how Linux tells that nobody has the terminal open any more
        pass
    os.close(ours)
    assert process.wait(60) == 0
    assert b"3/3" in shown
    assert (tmp_path / "out").read_text() == '{"row": 1}\n'


def test_steps_are_announced_on_one_line_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    report = announcer("Importing")
    report("reading the weights", 0.5)
    report("done", 1.0)
    first, last = terminal.getvalue().lstrip("\r").split("\r")
    assert first == "Importing: reading the weights (50%)"
    assert last == "Importing: done (100%)".ljust(len(first)) + "\n"


def test_steps_go_to_the_log_where_nobody_watches(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, logger="interlingua"):
        announcer("Importing")("done", 1.0)
    assert caplog.messages == ["Importing: done (100%)"]
    assert capsys.readouterr() == ("", "")
