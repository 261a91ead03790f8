"""The command line: ``interlingua VERB``. One file a command; heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from typing import Any

_PROBLEM = 1
_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main() -> None:
    """Run the command line: exit code 0; 1 for a problem with the data or the work; 2 for wrong usage; 130 for Ctrl-C."""
    if sys.stderr is None:  # closed by the caller; print() would then write to standard output
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # open as long as the process runs
    if sys.stdout is None:
        _fail("standard output is closed.", _PROBLEM)
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        _give_up_output()
        print("interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:  # the reader, such as head, has seen enough
        _give_up_output()
        sys.exit(_BROKEN_PIPE)
    except MemoryError:
        _fail("there is not enough memory for this.", _PROBLEM)
    except OSError as error:
        _give_up_output()
        _fail(f"{error.filename or 'standard output'}: {error.strerror or str(error).rstrip('.')}.", _PROBLEM)


def _run() -> int:
    from interlingua.cli.app import run
    from interlingua.cli.output import plain
    from interlingua.errors import InterlinguaError

    for stream in (sys.stdout, sys.stderr):
        # Text in every script must come out whatever the locale says.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning  # type: ignore[assignment]  # its other arguments do not matter here
        try:
            code = run()
        except InterlinguaError as error:
            sys.stdout.flush()  # what came before the error comes before its message
            print(f"error: {plain(str(error))}", file=sys.stderr)
            return error.exit_code
    sys.stdout.flush()  # while an error in writing can still be told
    return code


def _fail(message: str, code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(code)


def _give_up_output() -> None:
    """Send what is still to be written nowhere, or Python would complain once more when it closes standard output."""
    with suppress(OSError):  # not a real file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _show_warning(message: Any, category: type[Warning], *_place: Any) -> None:
    """A warning of ours in one line; one of somebody else's says whose it is."""
    from interlingua.cli.output import plain

    ours = category.__module__.startswith("interlingua")
    print(
        f"warning: {plain(str(message))}" if ours else f"warning ({category.__name__}): {plain(str(message))}",
        file=sys.stderr,
    )
