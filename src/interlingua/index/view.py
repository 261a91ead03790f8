"""What a process sees of an index: it follows the documents from moment to moment."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.index import snapshot
from interlingua.index.documents import Documents
from interlingua.index.fairness import Estimate, inverse_lengths
from interlingua.index.kinds import Rows
from interlingua.index.manifest import Manifest
from interlingua.index.moment import Moment
from interlingua.index.records import Tail
from interlingua.index.scanning import (
    Pool,
    empty_pool,
)
from interlingua.index.snapshot import Snapshot
from interlingua.types import Vectors

# Passages of the tail that are read at once.
_READ = 16_384


class View(Moment):
    """The passages of an index as they are now.

    Args:
        folder: the index.
        manifest: its facts.
        documents: its documents.
    """

    def __init__(self, folder: Path, manifest: Manifest, documents: Documents) -> None:
        super().__init__(manifest, documents)
        self._folder = folder
        self._sequence = -1
        self._lineage = ""
        self._bad: set[Path] = set()
        self._lock = threading.RLock()
        self._mark = 0
        self._room: NDArray[Any] = self._tail.vectors
        # What ``at`` gave last.
        self._given: View | None = None

    def at(self, sequence: int, *, patient: bool = True) -> View | None:
        """The passages as they are at a moment; what is given does not change any more.

        Args:
            sequence: of the last transaction, where the documents are seen in a consistent state.
            patient: see ``snapshot.open_newest``.

        Returns:
            None if that moment is over: look at the documents anew.
        """
        with self._lock:
            # Not at each search: without a write the history is the same.
            if sequence != self._sequence and (lineage := self._documents.lineage()) != self._lineage:
                # What is known is of a history that was given up.
                self._lineage, self._sequence, self._snapshot = lineage, -1, None
            if sequence < self._sequence:
                return None
            if sequence > self._sequence:
                before = dict(self.__dict__)
                self._given = None
                try:
                    self._refresh(sequence, patient)
                except snapshot.Ahead:
                    return None
                except BaseException:
                    # An interruption leaves nothing half-done.
                    self.__dict__.update(before)
                    raise
            if self._given is None:
                self._given = copy.copy(self)
            return self._given

    def avoid(self, bad: Snapshot | None) -> None:
        """Do without a snapshot whose files cannot be read."""
        with self._lock:
            if bad is not None:
                self._bad = {*self._bad, bad.folder}
            self._sequence = -1

    def _refresh(self, sequence: int, patient: bool) -> None:
        documents = self._documents
        newest = snapshot.open_newest(
            self._folder,
            self._manifest,
            sequence,
            documents.forgotten(),
            self._snapshot,
            self._bad,
            lineage=self._lineage,
            patient=patient,
        )
        if newest is not self._snapshot or self._sequence < 0 or self._mark < documents.forgotten():
            self._snapshot = newest
            self._mark = 0 if newest is None else newest.facts.mark
            self._gone = np.zeros(0 if newest is None else newest.facts.count, dtype=bool)
            self._gone_count, self._selections = 0, {}
            self._tail = empty_pool(self._manifest.dimension)
        keys, self._mark = documents.removed_after(self._mark)
        if len(keys):
            self._take_out(keys)
        self._append(int(self._tail.keys[-1]) if len(self._tail.keys) else self._last_key)
        if self._snapshot is None:
            self._estimate()
        self._filtered = {}
        self._sequence = sequence

    def _estimate(self) -> None:
        """Without a snapshot, which few documents do not need, the means are those of what is there now."""
        tail = self._tail
        vectors = tail.vectors.astype(np.float32, copy=False)
        estimate = Estimate(self._manifest.dimension)
        estimate.add(vectors, [tail.languages[place] for place in tail.langs])
        self._fairness = estimate.fairness(self._manifest.model, self._documents.pairs())
        if tail.languages:
            table = self._fairness.table(tail.languages)
            self._tail = replace(tail, table=table, inverse=inverse_lengths(vectors, table, tail.langs))

    @property
    def _last_key(self) -> int:
        return 0 if self._snapshot is None else self._snapshot.facts.last_key

    def _take_out(self, keys: Rows) -> None:
        if self._snapshot is not None:
            # A copy, because searches in other threads have the one of before.
            self._gone = self._gone.copy()
            self._gone[self._snapshot.rows_of(np.sort(keys))] = True
            self._gone_count, self._selections = int(self._gone.sum()), {}
        kept = ~np.isin(self._tail.keys, keys)
        if not kept.all():
            tail = self._tail
            self._tail = Pool(
                tail.keys[kept],
                tail.numbers[kept],
                tail.langs[kept],
                tail.languages,
                tail.vectors[kept],
                tail.table,
                tail.inverse[kept],
            )

    def _append(self, after: int) -> None:
        while len((found := self._documents.after(after, limit=_READ)).keys):
            self._append_some(found)
            after = int(found.keys[-1])

    def _append_some(self, found: Tail) -> None:
        tail = self._tail
        numbers = {lang: place for place, lang in enumerate(tail.languages)}
        langs = np.array([numbers.setdefault(lang, len(numbers)) for lang in found.langs], dtype=np.int64)
        table = self.fairness.table(list(numbers))
        self._tail = Pool(
            np.concatenate([tail.keys, found.keys]),
            np.concatenate([tail.numbers, found.numbers]),
            np.concatenate([tail.langs, langs]),
            list(numbers),
            self._joined(tail.vectors, found.vectors),
            table,
            np.concatenate([tail.inverse, inverse_lengths(found.vectors, table, langs)]),
        )

    def _joined(self, vectors: NDArray[Any], more: Vectors) -> Vectors:
        """Vectors with more after them: where there is room, these are written behind those, which others may hold."""
        count = len(vectors) + len(more)
        if len(self._room) < count or vectors.base is not self._room:
            self._room = np.empty((max(count, count * 5 // 4), more.shape[1]), dtype=np.float32)
            self._room[: len(vectors)] = vectors
        self._room[len(vectors) : count] = more
        joined: Vectors = self._room[:count]
        return joined
