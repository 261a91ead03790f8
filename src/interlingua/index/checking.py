"""What is wrong with an index: every byte of every file is read, and nothing is taken on trust."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interlingua.errors import InterlinguaError
from interlingua.index import database, snapshot
from interlingua.index.documents import Documents
from interlingua.index.manifest import FILE as MANIFEST
from interlingua.index.manifest import Manifest, manifest_of, read_manifest

# How often a writer may be quicker.
_ATTEMPTS = 40


def damage(folder: Path) -> Iterator[str]:
    """What is wrong with the files of an index, in sentences; also of one that cannot be opened any more."""
    manifest: Manifest | None = None
    acknowledged = None
    try:
        manifest = read_manifest(folder)
    except InterlinguaError as error:
        yield str(error)
    try:
        # First, because it is never ahead of the documents.
        acknowledged = database.read_acknowledged(folder)
        if acknowledged is None:
            yield f"{folder / database.ACKNOWLEDGED} is missing; the next who writes makes it anew"
    except InterlinguaError as error:
        yield str(error)
    try:
        yield from _documents_damage(folder, manifest, acknowledged or 0)
    except InterlinguaError as error:
        yield str(error)
    yield from snapshot.damage(folder)


def _documents_damage(folder: Path, manifest: Manifest | None, acknowledged: int) -> Iterator[str]:
    bare = database.Database(folder, check=False)
    try:
        told = bare.fact("manifest")
    finally:
        bare.close()
    known = manifest_of(str(told), folder / database.FILE)
    if manifest is not None and manifest != known:
        yield f"{folder / MANIFEST} is not what was written; make it anew with: interlingua index recover {folder}"
    documents = Documents(folder, known.dimension, known.storage, check=False)
    try:
        with documents.consistent():
            lacking = acknowledged - documents.sequence()
            if lacking > 0:
                yield database.lost(documents.path, lacking)
            yield from documents.damage()
        # A moment of its own, because a writer puts another snapshot in the place of this one.
        for _ in range(_ATTEMPTS):
            current = documents.fact("snapshot")
            if current is None or (folder / snapshot.FOLDER / str(current)).is_dir():
                return
            if current == documents.fact("snapshot"):
                yield (
                    f"{folder / snapshot.FOLDER / str(current)} is missing; make it anew with: interlingua index rebuild {folder}"
                )
                return
    finally:
        documents.close()
