"""What an index was made with, in a small file beside the documents."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from interlingua.errors import CorruptIndex, OptionError, StorageError

FILE = "manifest.json"
FORMAT = 1

MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From the format that is the key to the next one."""

Kind = Literal["auto", "flat", "hnsw", "ivf", "ivfpq"]
Storage = Literal["float32", "float16"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The facts of an index that do not change with its documents.

    Attributes:
        model: what its vectors were made with, as ``Encoder`` takes it.
        fingerprint: of the encoder; a query with another one is refused.
        precision: the encoder's precision class.
        dimension: the length d of a vector.
        storage: how the components of a vector are kept.
        kind: what searches; ``auto`` chooses by size.
        recall: what approximate kinds are to reach against exact search, at 10 hits.
        passages: whether long documents are divided into passages.
        format: the version of the files' layout.
        created_with: the version of Interlingua that made it.
    """

    model: str
    fingerprint: str
    precision: str
    dimension: int
    storage: Storage = "float32"
    kind: Kind = "auto"
    recall: float = 0.95
    passages: bool = True
    format: int = FORMAT
    created_with: str = ""

    def as_json(self) -> str:
        """As it stands in the file; the documents have the same."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in its place, whole or not at all."""
    write_atomically(folder / FILE, manifest.as_json().encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index.

    Raises:
        OptionError: the folder is no index, or one of a later version of Interlingua.
        CorruptIndex: the manifest is damaged.
        StorageError: it may not be read.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if (folder / "documents.db").is_file():
            raise CorruptIndex(f"{path} is missing; make it anew with: interlingua index recover {folder}") from None
        raise OptionError(
            f"{folder} is no index: it has no {FILE}; make one with: interlingua index create {folder}"
        ) from None
    except NotADirectoryError:
        raise OptionError(
            f"{folder} is a file, not the folder of an index; make one of it with: interlingua index create FOLDER {folder}"
        ) from None
    except PermissionError:
        raise StorageError(f"{path}: no permission to read it; change the permissions of the folder.") from None
    except (OSError, ValueError) as error:
        raise CorruptIndex(f"{path} cannot be read ({error}); run: interlingua index recover {folder}") from error
    return manifest_of(text, path)


def manifest_of(text: str, path: Path) -> Manifest:
    """The manifest that a text says.

    Raises:
        OptionError: it is of a later version of Interlingua.
        CorruptIndex: it is damaged.
    """
    try:
        facts: Any = json.loads(text)
        version = int(facts["format"])
        if version > FORMAT:
            raise OptionError(
                f"{path.parent} has the format {version}, which this version of Interlingua does not know (it knows {FORMAT}); "
                "install a newer version."
            )
        for older in range(version, FORMAT):
            facts = {**MIGRATIONS[older](facts), "format": older + 1}
        known = {field.name for field in fields(Manifest)}
        return Manifest(**{name: value for name, value in facts.items() if name in known})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, OptionError):
            raise
        raise CorruptIndex(f"{path} is damaged ({error}); run: interlingua index recover {path.parent}") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under another name, flush it to the disk, and put it in its place."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make renames in a folder durable, where the system can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
