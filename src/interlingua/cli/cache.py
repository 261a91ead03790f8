"""``interlingua cache``: what lies in the cache folder, and clearing it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from interlingua.cache import cache_folder, embeddings_folder
from interlingua.cli.models import help_without_command
from interlingua.cli.options import CacheDir, Format, OutputFormat
from interlingua.cli.output import emit, say
from interlingua.errors import OptionError

app = typer.Typer(help="Show and clear the cache folder.")
app.callback(invoke_without_command=True)(help_without_command)


@app.command("info")
def info(output: OutputFormat = Format.table, cache_dir: CacheDir = None) -> None:
    """Show what lies in the cache folder, and its sizes.

    Imported models, and embeddings that were kept. The folder itself is named on standard error.
    """
    from interlingua.encoding.embedding_cache import EmbeddingCache
    from interlingua.encoding.sizes import spelled_size

    rows: list[dict[str, object]] = [
        {"what": "model", "name": folder.name, "entries": None, "bytes": _size(folder)} for folder in _models(cache_dir)
    ]
    cache = EmbeddingCache(embeddings_folder(cache_dir))
    rows += [
        {"what": "embeddings", "name": held.name, "entries": held.entries, "bytes": held.bytes}
        for held in cache.contents()
    ]
    emit(rows, output)
    total = sum(_size(folder) for folder in _models(cache_dir)) + _size(cache.folder)
    say(f"{cache_folder(cache_dir)}: {spelled_size(total) if total else 'nothing there yet'}")


@app.command("clear")
def clear(
    embeddings: Annotated[bool, typer.Option("--embeddings", help="Only the embeddings of texts.")] = False,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="Only the imported files of this model.")
    ] = None,
    cache_dir: CacheDir = None,
) -> None:
    """Delete imported models and embeddings.

    All of them, or what the options name. A model is imported again when it is next used.
    """
    from interlingua.encoding.embedding_cache import EmbeddingCache
    from interlingua.encoding.sizes import spelled_size
    from interlingua.models.storage import storage_errors

    everything = not embeddings and model is None
    folders = _models(cache_dir)
    if model is not None:
        name = _name(model, folders)
        folders = [folder for folder in folders if folder.name == name]
        if not folders:
            raise OptionError(f"{model!r} is not imported in {cache_folder(cache_dir)}; see 'interlingua cache info'.")
    elif embeddings:
        folders = []
    cache = EmbeddingCache(embeddings_folder(cache_dir))
    freed = sum(_size(folder) for folder in folders)
    if embeddings or everything:
        before = _size(cache.folder)
        cache.clear()
        cache.close()
        freed += before - _size(cache.folder)
    for folder in folders:
        with storage_errors(folder):
            _delete(folder)
    say(f"{cache_folder(cache_dir)}: {spelled_size(max(freed, 0))} freed")


def _models(cache_dir: Path | None) -> list[Path]:
    """The folder of each imported model."""
    from interlingua.models.store import LOCK_FILE

    folders = (cache_folder(cache_dir) / "models").glob("*/")
    return sorted(folder for folder in folders if any(path.name != LOCK_FILE for path in folder.iterdir()))


def _name(model: str, folders: list[Path]) -> str:
    """The name of a model as its folder has it; other names of a bundled model do as well."""
    from interlingua.errors import UnknownModel
    from interlingua.models.catalogue import find

    if any(folder.name == model for folder in folders):
        return model
    try:
        return find(model).name
    except UnknownModel:
        return model


def _size(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


def _delete(folder: Path) -> None:
    """Delete the files of a model while nobody writes them; the lock stays, somebody may be waiting for it."""
    from filelock import FileLock

    from interlingua.models.store import LOCK_FILE

    with FileLock(folder / LOCK_FILE):
        for path in folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != LOCK_FILE:
                path.unlink()
