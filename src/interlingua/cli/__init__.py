"""The command line: ``interlingua VERB``. One file a command; heavy imports wait until a command runs."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main() -> None:
    """Run the command line: exit code 0; 1 for a problem with the data or the work; 2 for wrong usage; 130 for Ctrl-C."""
    from interlingua.cli.app import app
    from interlingua.errors import InterlinguaError

    warnings.showwarning = _show_warning  # type: ignore[assignment]  # its other arguments do not matter here
    for stream in (sys.stdout, sys.stderr):
        # Text in every script must come out whatever the locale says.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except InterlinguaError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # The reader, such as head, has seen enough. Python would complain again when it closes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_BROKEN_PIPE)
    except OSError as error:
        print(f"error: {error.filename or 'input or output'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)


def _show_warning(message: Any, category: type[Warning], *_place: Any) -> None:
    """A warning of ours in one line; one of somebody else's says whose it is."""
    ours = category.__module__.startswith("interlingua")
    print(f"warning: {message}" if ours else f"warning ({category.__name__}): {message}", file=sys.stderr)
