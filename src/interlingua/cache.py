"""Where generated files go: one folder that the user can see and change."""

from __future__ import annotations

import os
from pathlib import Path

from interlingua.errors import OptionError

ENVIRONMENT_VARIABLE = "INTERLINGUA_CACHE"


def cache_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The cache folder: the one given, else ``INTERLINGUA_CACHE``, else the platform's own place (it need not exist yet).

    Raises:
        OptionError: it begins with ``~name``, and there is no such user.
    """
    chosen = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return expanded(chosen)
    import platformdirs

    return platformdirs.user_cache_path("interlingua", appauthor=False)


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path with the home folder in the place of ``~`` or ``~name``.

    Raises:
        OptionError: there is no user of that name, or no home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise OptionError(
            f"{os.fspath(path)} begins in a home folder that cannot be found; write the path out, or ./~… for a name with ~."
        ) from None


def embeddings_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Where embeddings are kept, in the cache folder given or the usual one."""
    return cache_folder(given) / "embeddings"
