"""An index as a whole: made, and recovered."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from interlingua._version import __version__
from interlingua.errors import CorruptIndex, OptionError, WrongModel
from interlingua.index import database, snapshot
from interlingua.index.documents import Documents
from interlingua.index.manifest import FILE as MANIFEST
from interlingua.index.manifest import Manifest, manifest_of, read_manifest, write_manifest
from interlingua.index.replacing import MARK, check_free, finish_taking_place, mark, marked, reembedding
from interlingua.index.writing import LOCK, disk, writers_lock
from interlingua.types import TextEncoder

# What ``make`` leaves when it is interrupted.
_UNFINISHED = {
    LOCK,
    MARK,
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
                    documents.tell("lineage", new_lineage())
            finally:
                documents.close()
            # Last, because a folder with a manifest is an index.
            write_manifest(path, manifest)


def new_lineage() -> str:
    """What tells the documents' history from any other that branches off it."""
    return secrets.token_hex(8)


def forget_snapshots(path: Path, documents: database.Database) -> None:
    """Delete all snapshots, and make those unfit that somebody still has: the documents go on from an earlier moment."""
    with documents.transaction():
        documents.tell("lineage", new_lineage())
        documents.untell("snapshot")
    snapshot.prune(path, keep=None)


def _taken(path: Path) -> str:
    return f"{path} exists and is not empty; give another folder, or open it with Index.open."


def growing_beside(folder: Path, manifest: Manifest, encoder: TextEncoder) -> tuple[Path, bool]:
    """The folder in which an index grows that is to take another's place, and whether it was begun by an earlier call.

    Raises:
        WrongModel: what was begun is for another model.
        OptionError: what is there is somebody else's.
    """
    check_free(folder)
    beside = reembedding(folder)
    ours = not beside.exists() or marked(beside) in ("growing", "complete")
    if not ours and not (beside.is_dir() and not any(beside.iterdir())):
        raise OptionError(f"{beside} is in the way, and is not part of an index; move it elsewhere.")
    try:
        begun = read_manifest(beside)
    except (OptionError, CorruptIndex):
        # Nothing, or what never was an index: interrupted before there was anything in it.
        begun = None
    if begun is not None and begun.fingerprint != encoder.fingerprint:
        raise WrongModel(
            f"{folder} is half embedded anew with {begun.model} ({begun.precision}): go on with that, or delete {beside} and begin "
            f"with {model_of(encoder)} ({precision_of(encoder)})."
        )
    with disk(beside):
        if begun is not None:
            mark(beside, "growing")
            return beside, True
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        mark(beside, "growing")
    new = replace(
        manifest,
        model=model_of(encoder),
        fingerprint=encoder.fingerprint,
        precision=precision_of(encoder),
        dimension=encoder.dimension,
        created_with=__version__,
    )
    make(beside, new)
    return beside, False


def recover(path: Path, encoder: TextEncoder | None) -> None:
    """Write anew, from the documents, what stands beside them: the manifest, and what was acknowledged.

    Snapshots are deleted, because they may know of writes that are lost.

    Raises:
        OptionError: there is no such folder.
        CorruptIndex: the documents cannot be read, or do not tell what the index was made with and no encoder is given.
        WrongModel: they tell of another encoder than the one given.
    """
    finish_taking_place(path)
    # Before the lock, which would make them.
    if not path.is_dir():
        raise OptionError(
            f"{path} is no index: there is no such folder; name the folder whose documents are to be recovered."
        )
    if not (path / database.FILE).exists():
        raise CorruptIndex(database.missing(path / database.FILE))
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
                forget_snapshots(path, documents)
                write_manifest(path, manifest)
                database.write_acknowledged(path, documents.sequence())
        finally:
            documents.close()


def absolute(folder: str | os.PathLike[str]) -> Path:
    """A folder by the name that stays its name when the process goes to another folder."""
    return Path(os.path.abspath(Path(folder).expanduser()))


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
