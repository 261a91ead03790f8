"""Where generated files go: one folder that the user can see and change."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT_VARIABLE = "INTERLINGUA_CACHE"


def cache_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """The cache folder: the one given, else ``INTERLINGUA_CACHE``, else the platform's own place (it need not exist yet)."""
    chosen = given or os.environ.get(ENVIRONMENT_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("interlingua", appauthor=False)


def embeddings_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Where embeddings are kept, in the cache folder given or the usual one."""
    return cache_folder(given) / "embeddings"
