"""An index that is open: one moment of it is read, and what other processes put in its place is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from interlingua.errors import CorruptIndex, IndexBusy
from interlingua.index.documents import Documents
from interlingua.index.manifest import FILE as MANIFEST
from interlingua.index.manifest import Manifest, manifest_of, read_manifest
from interlingua.index.replacing import standing, take_place
from interlingua.index.snapshot import SnapshotGone, newest_sequence
from interlingua.index.view import View
from interlingua.index.whole import check_encoder, forget_snapshots
from interlingua.index.writing import Writer, writers_lock
from interlingua.types import TextEncoder

_T = TypeVar("_T")
# How often a reader looks again while a writer puts other files in their places.
_ATTEMPTS = 40


class Opened:
    """The files of an index and its encoder.

    Attributes:
        folder: where it lies.
        manifest: what it was made with.
    """

    manifest: Manifest
    _documents: Documents
    _view: View

    def __init__(self, folder: Path, manifest: Manifest, encoder: TextEncoder | None) -> None:
        self.folder = folder
        self._encoder = encoder
        self._given = encoder is not None
        self._load(manifest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._documents.close()
        # With it go the maps of the snapshot.
        self._view = View(self.folder, self.manifest, self._documents)

    @property
    def encoder(self) -> TextEncoder:
        """What embeds.

        Raises:
            WrongModel: the model by the index's name is another one now.
        """
        if self._encoder is None:
            from interlingua.encoding.joint import open_encoder

            encoder = open_encoder(self.manifest.model, precision=self.manifest.precision)
            check_encoder(self.folder, self.manifest, encoder)
            self._encoder = encoder
        return self._encoder

    def _seen(self, work: Callable[[View], _T]) -> _T:
        """What ``work`` makes of the index at one moment."""
        for attempt in range(_ATTEMPTS):
            self._reload_if_replaced()
            with self._documents.consistent():
                view = self._view.at(self._documents.sequence(), patient=attempt < _ATTEMPTS // 2)
                if view is not None:
                    try:
                        return work(view)
                    except SnapshotGone:
                        self._view.avoid(view.snapshot)
            # The writer was quicker; at the next moment its files are in their places.
            time.sleep(0.001 * attempt)
            if attempt == _ATTEMPTS // 2:
                self._view = View(self.folder, self.manifest, self._documents)
        raise IndexBusy(f"{self.folder} changes so quickly that it cannot be read; try again.")

    def _reload_if_replaced(self) -> bool:
        """Go on with the index that another process has put in this one's place."""
        return standing(self.folder, self._reload)

    def _reload(self) -> bool:
        if not self._documents.is_replaced():
            return False
        manifest = read_manifest(self.folder)
        if self._encoder is not None and self._encoder.fingerprint != manifest.fingerprint:
            if self._given:
                check_encoder(self.folder, manifest, self._encoder)
            self._encoder = None
        self._load(manifest)
        return True

    def _load(self, manifest: Manifest) -> None:
        documents = Documents(self.folder, manifest.dimension, manifest.storage)
        told = documents.fact("manifest")
        if told is not None and manifest_of(str(told), documents.path) != manifest:
            documents.close()
            raise CorruptIndex(
                f"{self.folder / MANIFEST} is not what was written; run: interlingua index recover {self.folder}"
            )
        self.manifest = manifest
        self._documents = documents
        self._view = View(self.folder, manifest, documents)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Holds the lock of writers, on the index that stands there now."""
        while True:
            with writers_lock(self.folder):
                if not self._reload_if_replaced():
                    self._pass_over_lost_writes()
                    yield
                    return

    def _pass_over_lost_writes(self) -> None:
        """Forget snapshots that know of later writes than the documents, which are an older copy then."""
        if newest_sequence(self.folder) > self._documents.sequence():
            forget_snapshots(self.folder, self._documents)

    def _writer(self) -> Writer:
        return Writer(self.folder, self.manifest, self._documents, lambda: self.encoder)

    def _take_place(self, beside: Path) -> None:
        self._documents.close()
        take_place(self.folder, beside)
        self._load(read_manifest(self.folder))
