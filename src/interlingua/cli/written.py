"""Files that a command will write: refused before the work where it could not write them after it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from interlingua.errors import OptionError


def check_written(outs: Mapping[str, str | Path | None], *read: str | Path | None) -> None:
    """Refuse to write over a file that is read or written already, or where nothing can be written.

    Args:
        outs: the files by their options, None where none is wanted.
        read: the files that are read; ``-`` is standard input.

    Raises:
        OptionError: it is such a file, or its name ends in .gz.
        StorageError: its folder is not there or may not be written to, or it is a folder.
    """
    from interlingua.texts.writing import check_writable

    taken = {os.path.realpath(path) for path in read if path is not None and path != "-"}
    for option, path in outs.items():
        if path is None:
            continue
        name = os.path.realpath(path)
        if os.path.splitext(name)[1].lower() == ".gz":
            raise OptionError(f"{option} {path}: what is written is not compressed; give a name without .gz.")
        if name in taken and (not os.path.exists(name) or os.path.isfile(name)):
            raise OptionError(f"{option} {path} is a file that is read or written already; give another name.")
        check_writable(path)
        taken.add(name)
