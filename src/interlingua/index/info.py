"""The state of an index, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interlingua.index.documents import Documents
from interlingua.index.manifest import Manifest
from interlingua.index.snapshot import Facts
from interlingua.index.view import View
from interlingua.index.whole import size_of


@dataclass(frozen=True, slots=True)
class Info:
    """The state of an index.

    Attributes:
        manifest: what it was made with.
        documents: how many.
        passages: how many vectors.
        languages: documents by language.
        behind: passages that came or went since the snapshot.
        snapshot: what the snapshot says about itself; None if there is none.
        bytes: what all files take on disk.
    """

    manifest: Manifest
    documents: int
    passages: int
    languages: Mapping[str | None, int]
    behind: int
    snapshot: Facts | None
    bytes: int


def info_of(folder: Path, manifest: Manifest, documents: Documents, view: View) -> Info:
    """The state of an index, its documents and a view of them being of one moment."""
    known = view.snapshot
    return Info(
        manifest,
        documents.count(),
        documents.passages(),
        documents.languages(),
        view.behind,
        None if known is None else known.facts,
        size_of(folder),
    )
