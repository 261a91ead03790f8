"""Snapshots: what searches quickly, derived from the documents, never trusted more than they are.

A snapshot is a folder that appears whole under its name or not at all. It says up to which key it knows the passages; what came
later is searched exactly beside it. A snapshot that is missing, torn or of another model is as if it were not there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.index import kinds
from interlingua.index.fairness import Fairness
from interlingua.index.kinds import Plan, Rows, Tuned
from interlingua.index.manifest import Manifest
from interlingua.index.selecting import LanguageRows
from interlingua.types import Vectors

FOLDER = "snapshots"
FACTS = "snapshot.json"
DIGEST = b"sha256 "
FORMAT = 1

Report = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a snapshot says about itself.

    Attributes:
        format: the version of its layout.
        fingerprint: of the encoder.
        dimension: the length d of a vector.
        storage: how components are kept.
        sequence: of the documents' last transaction before it.
        last_key: the highest key of a passage that it may know.
        mark: up to which mark removed keys are left out.
        count: how many passages it knows.
        languages: the languages, in the order of the numbers in ``langs.npy``.
        plan: what was built.
        plain: what the search by cosine was tuned to.
        fair: what the fair search was tuned to.
        files: bytes and SHA-256 of each file.
        lineage: of the documents, see ``Database.lineage``.
    """

    format: int
    fingerprint: str
    dimension: int
    storage: str
    sequence: int
    last_key: int
    mark: int
    count: int
    languages: tuple[str | None, ...]
    plan: Plan
    plain: Tuned
    fair: Tuned
    files: dict[str, tuple[int, str]]
    lineage: str = ""


class SnapshotGone(Exception):
    """A snapshot's file cannot be read (any more): look for another."""


class Ahead(Exception):
    """There is a snapshot of a later moment than the one that is asked for."""


class Snapshot:
    """An open snapshot; its files are mapped.

    Args:
        folder: where it lies.
        facts: what it says.
    """

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder = folder
        self.facts = facts
        self.keys: Rows = _mapped(folder / "keys.npy")
        self.numbers: Rows = _mapped(folder / "numbers.npy")
        self.langs: NDArray[np.int64] = _mapped(folder / "langs.npy")
        self.inverse: Vectors = _mapped(folder / "inverse.npy")
        self.fairness = Fairness.load(folder / "means.npz")
        self.table = self.fairness.table(facts.languages)

    @cached_property
    def plain(self) -> Any:
        """The structure over the vectors."""
        return self._read("plain.faiss")

    @cached_property
    def fair(self) -> Any:
        """The structure over the centred vectors; None where all are looked at anyway."""
        return None if self.facts.plan.kind == "flat" else self._read("fair.faiss")

    def _read(self, name: str) -> Any:
        if self.facts.plan.kind == "hnsw":
            _read_ahead(self.folder / name)
        try:
            found = kinds.read(self.folder / name)
        except (OSError, RuntimeError) as error:
            raise SnapshotGone(self.folder / name) from error
        if found.ntotal != self.facts.count:
            raise SnapshotGone(self.folder / name)
        return found

    @cached_property
    def vectors(self) -> NDArray[Any]:
        """All vectors, (n, d), in the index's own components; a view of a mapped file."""
        if (self.folder / "vectors.npy").is_file():
            return _mapped(self.folder / "vectors.npy")
        held = kinds.stored_vectors(self.plain, self.facts.dimension, self.facts.plan.codes)
        assert held is not None
        return held

    @cached_property
    def _by_language(self) -> LanguageRows:
        return LanguageRows(self.langs, len(self.facts.languages))

    def rows_in(self, lang: str | None) -> Rows:
        """The rows in a language, ascending."""
        languages = self.facts.languages
        return self._by_language.rows(languages.index(lang)) if lang in languages else np.empty(0, dtype=np.int64)

    def rows_of(self, keys: Rows) -> Rows:
        """The rows of passages, of those that it knows, ascending."""
        places = np.searchsorted(self.keys, keys)
        inside = places < len(self.keys)
        places = places[inside]
        found: Rows = places[self.keys[places] == keys[inside]]
        return found


def _read_ahead(path: Path) -> None:
    """Have the system read a file as a whole: a search jumps about in a graph, and page by page a disk may take minutes."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError), path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def open_newest(
    folder: Path,
    manifest: Manifest,
    sequence: int,
    forgotten: int,
    known: Snapshot | None = None,
    bad: Container[Path] = (),
    *,
    lineage: str = "",
    patient: bool = True,
) -> Snapshot | None:
    """The newest snapshot that is whole and fits; None if there is none.

    Args:
        folder: the index.
        manifest: its facts.
        sequence: the moment in which the documents are seen.
        forgotten: up to which mark it is not known any more, at that moment, which keys were removed.
        known: one that is open already.
        bad: such as cannot be read.
        lineage: the documents' history; a snapshot of another one is as if it were not there.
        patient: False passes over a later one, too: the documents are those of a copy that is older than their snapshots.

    Raises:
        Ahead: there is a later one, so that older ones may be gone.
    """
    listed = None
    # The writer deletes old ones when a new one is in its place, so what is listed may be gone.
    while listed != (listed := sorted((folder / FOLDER).glob("[0-9]*"), reverse=True)):
        for path in listed:
            if known is not None and path == known.folder and path not in bad and known.facts.mark >= forgotten:
                return known
            found = None if path in bad else _open(path, manifest)
            if found is None or found.facts.lineage != lineage:
                continue
            if found.facts.sequence > sequence:
                if patient:
                    raise Ahead
                continue
            if found.facts.mark >= forgotten:
                return found
    return None


def _open(path: Path, manifest: Manifest) -> Snapshot | None:
    # Whatever is wrong with files that are only derived: they are as if they were not there.
    with suppress(Exception):
        facts = read_facts(path)
        wanted = (FORMAT, manifest.fingerprint, manifest.dimension, manifest.storage)
        fits = (facts.format, facts.fingerprint, facts.dimension, facts.storage) == wanted
        whole = all((path / name).stat().st_size == size for name, (size, _) in facts.files.items())
        if fits and whole:
            found = Snapshot(path, facts)
            if {len(found.keys), len(found.numbers), len(found.langs), len(found.inverse)} == {facts.count}:
                return found
    return None


def read_facts(path: Path) -> Facts:
    """What a snapshot says about itself; raises what reading and JSON raise."""
    content = (path / FACTS).read_bytes()
    told, _, digest = content.rpartition(DIGEST)
    if hashlib.sha256(told).hexdigest().encode() != digest.strip():
        raise ValueError("its checksum is another")
    said = json.loads(told)
    said["languages"] = tuple(said["languages"])
    said["plan"] = Plan(**said["plan"])
    said["plain"], said["fair"] = Tuned(*said["plain"]), Tuned(*said["fair"])
    said["files"] = {name: (size, digest) for name, (size, digest) in said["files"].items()}
    return Facts(**said)


def newest_sequence(folder: Path) -> int:
    """The documents' last transaction before the newest snapshot, by its name; 0 if there is none."""
    stems = (path.name.partition(".")[0] for path in (folder / FOLDER).glob("[0-9]*"))
    return max((int(stem) for stem in stems if stem.isdecimal()), default=0)


def damage(folder: Path) -> Iterator[str]:
    """What is wrong with the snapshots of an index: every byte is read."""
    for path in sorted((folder / FOLDER).glob("[0-9]*")):
        for said in _damage_of(path):
            # A writer may have deleted it meanwhile.
            if path.is_dir():
                yield said


def _damage_of(path: Path) -> Iterator[str]:
    try:
        facts = read_facts(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"{path / FACTS} is damaged ({error})"
        return
    for name, (size, digest) in facts.files.items():
        file = path / name
        try:
            if file.stat().st_size != size or sha256(file) != digest:
                yield f"{file} is not what was written"
        except FileNotFoundError:
            yield f"{file} is missing"
        except OSError as error:
            yield f"{file} cannot be read ({error.strerror})"


def prune(folder: Path, *, keep: Path | None) -> None:
    """Delete snapshots other than one, and what was left half-made."""
    for path in (folder / FOLDER).glob("*"):
        if path == keep:
            continue
        # Readers that have it open keep their maps; where the system forbids deleting those, it goes next time.
        with suppress(OSError):
            if not path.name.startswith("."):
                # First out of sight, so that an interruption leaves no half of one.
                path = path.rename(path.with_name(f".{path.name}.gone"))  # noqa: PLW2901
            shutil.rmtree(path)


def is_lossy(plan: Plan) -> bool:
    """Whether a structure's own scores are too coarse to rank by."""
    return plan.kind == "ivfpq" or plan.codes == "int8"


def refined_factor(plan: Plan) -> int:
    """How many candidates a lossy structure gives for each hit wanted."""
    return 32 if plan.kind == "ivfpq" else 3


def top(scores: Vectors, k: int) -> Rows:
    """The places of the k largest scores of each row, largest first; equal ones in the order of their places."""
    k = min(k, scores.shape[1])
    if not k:
        return np.zeros((len(scores), 0), dtype=np.int64)
    picked = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k < scores.shape[1] else None
    if picked is None:
        return np.argsort(-scores, axis=1, kind="stable")
    picked.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, picked, 1), axis=1, kind="stable")
    return np.take_along_axis(picked, order, 1)


def _mapped(path: Path) -> NDArray[Any]:
    """The array in a file; as a plain array, because pieces of a ``memmap`` are slow to make."""
    found: NDArray[Any] = np.load(path, mmap_mode="r").view(np.ndarray)
    return found


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
