"""Models of the Hugging Face hub: from an id to a folder in the local Hugging Face cache.

What is in the cache is used as it is, and nobody is asked whether there is something newer: the same id gives the same vectors,
with a network or without.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interlingua.errors import CorruptModel, ModelUnavailable, UnknownModel
from interlingua.models.folder import MODULES_FILE, ModelFolder
from interlingua.models.storage import storage_errors
from interlingua.progress import announcer

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
# All that is needed beside the weights, and none of the same model in other formats.
_SMALL_FILES = ["*.json", "*.txt", "*.model"]
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS)
_OTHER_FORMATS = ["onnx/*", "openvino/*", "coreml/*"]


def is_id(name: str) -> bool:
    """Whether a name has the form of a model's id, ``owner/name``."""
    return _ID.fullmatch(name) is not None


def small_files(name: str) -> tuple[Path, str]:
    """The folder with at least the small files of a model, and the commit that they are of; fetches them if need be.

    Raises:
        UnknownModel: the hub has no such model.
        ModelUnavailable: the model is not in the cache and the hub cannot be reached, or does not give it out.
    """
    folder = _cached(name)
    if folder is None or _missing(folder, name, weights=False):
        commit = None if folder is None else folder.name
        folder = _fetch(name, commit, _SMALL_FILES)
    return folder, folder.name


def whole(name: str, commit: str) -> Path:
    """The folder with all files of a model that are needed; fetches them if need be.

    Args:
        name: the model's id.
        commit: which release.

    Raises:
        ModelUnavailable: files are missing and the hub cannot be reached, or does not give them out.
        CorruptModel: files are missing on the hub too.
    """
    folder = _cached(name, commit)
    if folder is None or _missing(folder, name, weights=True):
        folder = _fetch(name, commit, _SMALL_FILES)
        model = ModelFolder(folder, name)
        if model.missing(weights=True):
            report = announcer(f"Downloading {name} (only once)")
            report("the weights", 0.0)
            _fetch(name, commit, model.wanted(_listed(name, commit)))
            report("done", 1.0)
        absent = model.missing(weights=True)
        if absent:
            raise model.incomplete(absent)
    return folder


def _missing(folder: Path, name: str, *, weights: bool) -> bool:
    """Whether files are missing from a folder of the cache, which may have been fetched for another purpose."""
    try:
        return ModelFolder(folder, name).missing(weights=weights) is not None
    except CorruptModel:
        return True


def _cached(name: str, commit: str | None = None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    try:
        path = try_to_load_from_cache(name, MODULES_FILE, revision=commit)
    except ValueError:  # no valid id; the hub will say why
        return None
    return Path(path).parent if isinstance(path, str) else None


def _fetch(name: str, commit: str | None, patterns: list[str]) -> Path:
    from huggingface_hub import snapshot_download

    with _hub(name):
        return Path(snapshot_download(name, revision=commit, allow_patterns=patterns, ignore_patterns=_OTHER_FORMATS))


def _listed(name: str, commit: str) -> list[str]:
    from huggingface_hub import HfApi

    with _hub(name):
        return HfApi().list_repo_files(name, revision=commit)


@contextmanager
def _hub(name: str) -> Iterator[None]:
    """Ask the hub, without its progress bars and advice, and say in one sentence what it refuses."""
    from huggingface_hub.constants import HF_HUB_CACHE
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    logger = logging.getLogger("huggingface_hub")
    level, bars = logger.level, not are_progress_bars_disabled()
    logger.setLevel(logging.ERROR)
    if bars:
        disable_progress_bars()
    try:
        yield
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{name!r} is given only to those whom its owners admit: ask for access on its page of the model hub, then run "
            "hf auth login."
        ) from error
    except RepositoryNotFoundError as error:
        raise UnknownModel(
            f"The model hub has no model {name!r}, or not for everybody, and here is no folder of that name; check the name."
        ) from error
    except Exception as error:  # one of many classes, of the hub's library and of the one that it speaks HTTP with
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            with storage_errors(Path(HF_HUB_CACHE), size="1 GB", elsewhere="choose another folder with HF_HOME"):
                raise
        raise ModelUnavailable(
            f"{name!r} is not on this machine, and this machine cannot get it from the model hub ({_reason(error)}): download "
            f"it elsewhere (hf download {name} --local-dir FOLDER) and give its folder."
        ) from error
    finally:
        logger.setLevel(level)
        if bars:
            enable_progress_bars()


def _reason(error: BaseException) -> str:
    """What was wrong, in the words of the innermost cause, on one line."""
    while error.__cause__ is not None:
        error = error.__cause__
    told: list[Any] = str(error).strip().splitlines()
    return str(told[0]).rstrip(".") if told else type(error).__name__
