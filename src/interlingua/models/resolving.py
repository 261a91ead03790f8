"""From what a user calls a model to its card: a bundled model, a sentence-transformers folder, or an id of the model hub."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from interlingua.cache import expanded
from interlingua.errors import CorruptModel, MissingExtra, UnknownModel
from interlingua.models import hub
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import bundled, find, nearest_name
from interlingua.models.folder import MODULES_FILE, ModelFolder


def resolve(model: str | os.PathLike[str]) -> ModelCard:
    """The card of any model that can be loaded.

    Of a model that is not bundled only the small files are read, and with an id of the hub fetched where they are not there.

    Args:
        model: a bundled model's name, a folder, or ``owner/name`` on the Hugging Face hub. What is both is taken in this order.

    Raises:
        UnknownModel: it is none of these.
        MissingExtra: it is not bundled, and what computes such models is not installed.
        ModelUnavailable: it is not on this machine, and the hub cannot be reached or does not give it out.
        CorruptModel: a file is missing or damaged.
        OptionError: it is of a kind that cannot be run here, or begins with ``~name`` and there is no such user.
    """
    name = os.fspath(model) if isinstance(model, str | os.PathLike) else ""
    with suppress(UnknownModel):
        return find(name)
    if name.strip() and _is_folder(expanded(name)):
        card = folder_card(expanded(name))
        check_extra(f"{name!r} is not a bundled model, and")
        return card
    if hub.is_id(name):
        check_extra(f"{name!r} is not a bundled model, and")
        return hub_card(name)
    known = ", ".join(repr(card.name) for card in bundled())
    near = nearest_name(name)
    hint = f" Did you mean {near!r}?" if near else ""
    raise UnknownModel(
        f"{model!r} is neither a bundled model ({known}), nor a folder, nor an id of the Hugging Face hub (owner/name).{hint}"
    )


def folder_card(path: Path) -> ModelCard:
    """The card of the model in a folder, with the hash of its files as its revision.

    Raises:
        UnknownModel: the folder holds no sentence-transformers model.
        CorruptModel: a file is missing or damaged.
        OptionError: the model is of a kind that cannot be run here.
    """
    path = path.resolve()
    with _readable(path):
        is_model = (path / MODULES_FILE).is_file()
    if not is_model:
        raise UnknownModel(
            f"{path} is a folder without a sentence-transformers model: {MODULES_FILE} is missing (of a bare transformer, make "
            "one with SentenceTransformer(...).save(FOLDER))."
        )
    name = path.name
    with suppress(UnknownModel):
        find(name)
        # What is known about a bundled model is not true of every model that somebody has given its name.
        name = f"{name} (folder)"
    return ModelFolder(path, name, family=path.name).card(str(path))


def _is_folder(path: Path) -> bool:
    with _readable(path):
        try:
            return path.is_dir()
        except PermissionError:
            raise
        except OSError:  # longer than a path can be, for one
            return False


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError:
        raise UnknownModel(f"{path} may not be read by this user, so what model it is cannot be told.") from None


def hub_card(name: str) -> ModelCard:
    """The card of a model of the hub, with the commit as its revision.

    Raises:
        UnknownModel: the hub has no such model.
        ModelUnavailable: the model is not in the cache and the hub cannot be reached, or does not give it out.
        CorruptModel: a file is missing or damaged.
        OptionError: the model is of a kind that cannot be run here.
    """
    folder, commit = hub.small_files(name)
    model = ModelFolder(folder, name)
    if model.needs_weights:
        hub.whole(name, commit)
    return model.card(name, commit)


def local_folder(card: ModelCard) -> Path:
    """The folder of a model that is not bundled, with all its files; fetches from the hub what is missing.

    Raises:
        ModelUnavailable: files are missing and the hub cannot be reached, or does not give them out.
        CorruptModel: files are missing on the hub too, or the folder is not there any more.
    """
    path = Path(card.location)
    if not path.is_absolute():
        return hub.whole(card.location, card.revision)
    if not path.is_dir():
        raise CorruptModel(f"{path} is not there any more.")
    return path


def check_extra(what: str) -> None:
    """See that what runs models that are not bundled is installed.

    Args:
        what: what needs it, to begin a sentence with.

    Raises:
        MissingExtra: it is not.
    """
    if importlib.util.find_spec("sentence_transformers") is None:
        raise MissingExtra(
            f"{what} needs the extra 'torch', which is not installed; run: pip install 'interlingua[torch]'."
        )
