"""What the disk refuses, in one sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from interlingua.errors import StorageError


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn what the disk refuses into a StorageError that names the path and the way out."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            reason, cure = "the disk is full", "free some space (about 250 MB for a model)"
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            reason, cure = "no permission to write there", "choose another folder with INTERLINGUA_CACHE or --cache-dir"
        else:
            reason, cure = error.strerror or str(error), "choose another folder with INTERLINGUA_CACHE or --cache-dir"
        raise StorageError(f"{error.filename or path}: {reason}; {cure}.") from error
