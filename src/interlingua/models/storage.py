"""What the disk refuses, in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interlingua.errors import StorageError

_OTHER_CACHE = "choose another folder with INTERLINGUA_CACHE or --cache-dir"


@contextmanager
def storage_errors(
    path: Path, *, size: str = "250 MB", full: str | None = None, elsewhere: str = _OTHER_CACHE
) -> Iterator[None]:
    """Turn what the disk refuses into a StorageError that names the path and the way out.

    Args:
        path: what is being written.
        size: how much room a model needs.
        full: what to do where the disk is full, if it is no model that is written.
        elsewhere: what to do where this folder cannot be used.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason, cure = "the disk is full", full or f"free some space (about {size} for a model)"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason, cure = "no permission to write there", elsewhere
        else:
            reason, cure = error.strerror or str(error), elsewhere
        raise StorageError(f"{error.filename or path}: {reason}; {cure}.") from error
