"""How far the work on a file has come, as it is noted on the disk after each chunk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

from interlingua.errors import StorageError
from interlingua.texts.writing import sync_folder

JOURNAL_FILE = "journal.json"

Settings = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Journal:
    """Everything up to the last whole chunk that is on the disk.

    Attributes:
        settings: what the vectors and their form depend on besides the texts.
        vectors: how many are done.
        rows: SHA-256 of the rows that they belong to.
        last_row: the last of these rows, counted from 1; 0 before the first.
        gaps: whether rows between them were left out.
        cut: how many texts were cut at the model's limit.
        first_cut: the rows of the first of these.
        sizes: how many bytes of each file are done.
        complete: whether the result only has to be put in its place.
    """

    settings: Settings
    vectors: int = 0
    rows: str = sha256().hexdigest()
    last_row: int = 0
    gaps: bool = False
    cut: int = 0
    first_cut: list[int] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    complete: bool = False

    def save(self, folder: Path) -> None:
        """Bring it to the disk; at any time the journal there is either the old or the new one.

        Raises:
            OSError: the disk refused.
        """
        temporary = folder / f"{JOURNAL_FILE}.tmp"
        try:
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(asdict(self), file)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(folder / JOURNAL_FILE)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(folder)

    @classmethod
    def load(cls, folder: Path) -> Journal:
        """The journal in a folder.

        Raises:
            StorageError: it is damaged.
        """
        try:
            journal = cls(**json.loads((folder / JOURNAL_FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise damaged(folder) from None
        expected = {"settings": dict, "vectors": int, "rows": str, "last_row": int, "first_cut": list, "sizes": dict}
        if not all(isinstance(getattr(journal, name), kind) for name, kind in expected.items()):
            raise damaged(folder)
        return journal


def damaged(folder: Path) -> StorageError:
    """The error for a folder in which something is missing or torn."""
    return StorageError(f"{folder} is damaged, so that nobody can go on with it; give --overwrite to start anew.")
