"""An index as a whole: made, recovered, replaced by another."""

from __future__ import annotations

import shutil
from pathlib import Path

from interlingua.errors import CorruptIndex, OptionError, WrongModel
from interlingua.index import database
from interlingua.index.documents import Documents
from interlingua.index.manifest import FILE as MANIFEST
from interlingua.index.manifest import Manifest, flush_folder, manifest_of, write_manifest
from interlingua.index.writing import LOCK, disk, writers_lock
from interlingua.types import TextEncoder

# What ``make`` leaves when it is interrupted.
_UNFINISHED = {
    LOCK,
    database.FILE,
    f"{database.FILE}-wal",
    f"{database.FILE}-shm",
    database.ACKNOWLEDGED,
    f".{MANIFEST}.partial",
}


def make(path: Path, manifest: Manifest) -> None:
    """Make an empty index in a new or empty folder.

    Raises:
        OptionError: there is something in it.
        StorageError: the disk refuses.
    """
    with disk(path):
        if path.exists() and not path.is_dir():
            raise OptionError(_taken(path))
        path.mkdir(parents=True, exist_ok=True)
        if {one.name for one in path.iterdir()} - _UNFINISHED:
            raise OptionError(_taken(path))
        with writers_lock(path):
            documents = Documents(path, manifest.dimension, manifest.storage, create=True)
            try:
                if {one.name for one in path.iterdir()} - _UNFINISHED or documents.count():
                    raise OptionError(_taken(path))
                with documents.transaction():
                    documents.tell("manifest", manifest.as_json())
            finally:
                documents.close()
            # Last, because a folder with a manifest is an index.
            write_manifest(path, manifest)


def _taken(path: Path) -> str:
    return f"{path} exists and is not empty; give another folder, or open it with Index.open."


def recover(path: Path, encoder: TextEncoder | None) -> None:
    """Write anew, from the documents, what stands beside them: the manifest, and what was acknowledged.

    Raises:
        CorruptIndex: the documents cannot be read, or do not tell what the index was made with and no encoder is given.
        WrongModel: they tell of another encoder than the one given.
    """
    with writers_lock(path):
        documents = database.Database(path, check=False)
        try:
            told = documents.fact("manifest")
            if told is not None:
                manifest = manifest_of(str(told), path / database.FILE)
            elif encoder is not None:
                manifest = Manifest(model_of(encoder), encoder.fingerprint, precision_of(encoder), encoder.dimension)
            else:
                raise CorruptIndex(
                    f"{path} does not tell which model it was made with; name it: interlingua index recover {path} --model NAME"
                )
            if encoder is not None:
                check_encoder(path, manifest, encoder)
            with disk(path):
                write_manifest(path, manifest)
                database.write_acknowledged(path, documents.sequence())
        finally:
            documents.close()


def take_place(folder: Path, beside: Path) -> None:
    """Put an index in the place of another, which is deleted."""
    old = _old(folder)
    with disk(folder):
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        beside.rename(folder)
        flush_folder(folder.parent)
        shutil.rmtree(old, ignore_errors=True)


def finish_taking_place(folder: Path) -> None:
    """Bring to its end what ``take_place`` began, where it was interrupted between two steps."""
    old = _old(folder)
    if folder.exists() or not (old / MANIFEST).is_file():
        return
    with disk(folder):
        beside = reembedding(folder)
        if (beside / MANIFEST).is_file():
            beside.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)


def reembedding(folder: Path) -> Path:
    """Where the index grows that takes the place of one."""
    return folder.with_name(f"{folder.name}.reembedding")


def _old(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.old")


def size_of(folder: Path) -> int:
    """The bytes that all files of an index take."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            # A writer has deleted it just now.
            continue
    return total


def default_encoder() -> TextEncoder:
    """The default model."""
    from interlingua.encoding.encoder import Encoder

    return Encoder()


def model_of(encoder: TextEncoder) -> str:
    """What an encoder was made of, as ``Encoder`` takes it."""
    card = getattr(encoder, "card", None)
    return str(getattr(card, "location", "") or encoder.name)


def precision_of(encoder: TextEncoder) -> str:
    """An encoder's precision class."""
    return str(getattr(getattr(encoder, "card", None), "precision", "exact"))


def check_encoder(folder: Path, manifest: Manifest, encoder: TextEncoder) -> None:
    """Compare an encoder with the one that an index was made with.

    Raises:
        WrongModel: it is another one.
    """
    if encoder.fingerprint == manifest.fingerprint:
        return
    mine = f"{manifest.model} ({manifest.precision}, {manifest.fingerprint})"
    theirs = f"{model_of(encoder)} ({precision_of(encoder)}, {encoder.fingerprint})"
    raise WrongModel(
        f"{folder} was made with {mine}; its vectors cannot be compared with those of {theirs}. Open it without an encoder, or "
        f"embed it anew: interlingua index reembed {folder} --model {model_of(encoder)}"
    )
