"""What a process sees of an index at a moment, and the search in it: the snapshot, what came later, and what went."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.index import kinds, snapshot
from interlingua.index.documents import Documents
from interlingua.index.fairness import FEEDBACK, Estimate, Fairness, fed_back, inverse_lengths, offsets
from interlingua.index.kinds import Rows
from interlingua.index.manifest import Manifest
from interlingua.index.scanning import Asked, Found, Pool, empty_pool, merged, nothing, one_of, scan
from interlingua.index.snapshot import Snapshot, is_lossy, refined_factor
from interlingua.types import Vectors

# With fewer rows selected than this share, or this number, they are all looked at.
_SCANNED_SHARE = 0.03
_SCANNED = 20_000
_WIDEST = 4096
_BEST_OF_LANGUAGE = 3


class View:
    """The passages of an index at a moment.

    Args:
        folder: the index.
        manifest: its facts.
        documents: its documents.
    """

    def __init__(self, folder: Path, manifest: Manifest, documents: Documents) -> None:
        self._folder = folder
        self._manifest = manifest
        self._documents = documents
        self._sequence = -1
        self._bad: set[Path] = set()
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        self._gone: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._mark = 0
        self._tail = empty_pool(manifest.dimension)
        self._fairness: Fairness | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot in use."""
        return self._snapshot

    @property
    def behind(self) -> int:
        """How many passages came or went since the snapshot."""
        return len(self._tail.keys) + int(self._gone.sum())

    @property
    def count(self) -> int:
        """How many passages can be found."""
        known = 0 if self._snapshot is None else self._snapshot.facts.count
        return known - int(self._gone.sum()) + len(self._tail.keys)

    @property
    def fairness(self) -> Fairness:
        """The means in use."""
        if self._snapshot is not None:
            return self._snapshot.fairness
        if self._fairness is None:
            self._fairness = Estimate(self._manifest.dimension).fairness(self._manifest.model)
        return self._fairness

    def at(self, sequence: int) -> View | None:
        """The passages as they are at a moment; what is given does not change any more.

        Args:
            sequence: of the last transaction, where the documents are seen in a consistent state.

        Returns:
            None if that moment is over: look at the documents anew.
        """
        with self._lock:
            if sequence < self._sequence:
                return None
            if sequence > self._sequence:
                before = dict(self.__dict__)
                try:
                    self._refresh(sequence)
                except snapshot.Ahead:
                    return None
                except BaseException:
                    # An interruption leaves nothing half-done.
                    self.__dict__.update(before)
                    raise
            return copy.copy(self)

    def avoid(self, bad: Snapshot | None) -> None:
        """Do without a snapshot whose files cannot be read."""
        with self._lock:
            if bad is not None:
                self._bad = {*self._bad, bad.folder}
            self._sequence = -1

    def _refresh(self, sequence: int) -> None:
        documents = self._documents
        newest = snapshot.open_newest(
            self._folder, self._manifest, sequence, documents.forgotten(), self._snapshot, self._bad
        )
        if newest is not self._snapshot or self._sequence < 0 or self._mark < documents.forgotten():
            self._snapshot = newest
            self._mark = 0 if newest is None else newest.facts.mark
            self._gone = np.zeros(0 if newest is None else newest.facts.count, dtype=bool)
            self._tail = empty_pool(self._manifest.dimension)
        keys, self._mark = documents.removed_after(self._mark)
        if len(keys):
            self._take_out(keys)
        self._append(int(self._tail.keys[-1]) if len(self._tail.keys) else self._last_key)
        if self._snapshot is None:
            self._estimate()
        self._sequence = sequence

    def _estimate(self) -> None:
        """Without a snapshot, which few documents do not need, the means are those of what is there now."""
        tail = self._tail
        vectors = tail.vectors.astype(np.float32, copy=False)
        estimate = Estimate(self._manifest.dimension)
        estimate.add(vectors, [tail.languages[place] for place in tail.langs])
        self._fairness = estimate.fairness(self._manifest.model)
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
        found = self._documents.after(after)
        if not len(found.keys):
            return
        tail = self._tail
        numbers = {lang: place for place, lang in enumerate(tail.languages)}
        langs = np.array([numbers.setdefault(lang, len(numbers)) for lang in found.langs], dtype=np.int64)
        table = self.fairness.table(list(numbers))
        self._tail = Pool(
            np.concatenate([tail.keys, found.keys]),
            np.concatenate([tail.numbers, found.numbers]),
            np.concatenate([tail.langs, langs]),
            list(numbers),
            np.concatenate([tail.vectors, found.vectors]),
            table,
            np.concatenate([tail.inverse, inverse_lengths(found.vectors, table, langs)]),
        )

    # ------------------------------------------------------------------------------------------ searching

    def search(self, asked: Asked, k: int) -> list[Found]:
        """The k best passages of each query."""
        centred = asked.vectors
        if asked.fair:
            centred = self.fairness.asked(asked.vectors, asked.langs, asked.prompt)
            asked = replace(asked, own_language=self.fairness.own_language)
        if not asked.diverse and asked.per_language is None:
            return self._ranked(asked, centred, k, self._allowed(asked.allowed))
        return self._by_language(asked, centred, k)

    def _allowed(self, keys: Rows | None, lang: tuple[str | None] | None = None) -> tuple[Rows | None, Rows]:
        """Which rows of the snapshot (None for all) and of the tail may be found."""
        rows: Rows | None = None
        if self._snapshot is not None:
            if keys is not None:
                rows = self._snapshot.rows_of(keys)
                rows = rows[~self._gone[rows]]
            elif self._gone.any():
                rows = np.flatnonzero(~self._gone)
            if lang is not None:
                places = [place for place, one in enumerate(self._snapshot.facts.languages) if one == lang[0]]
                wanted = np.isin(self._snapshot.langs, places)
                rows = np.flatnonzero(wanted) if rows is None else rows[wanted[rows]]
                if self._gone.any():
                    rows = rows[~self._gone[rows]]
        tail = np.arange(len(self._tail.keys))
        if keys is not None:
            tail = np.flatnonzero(np.isin(self._tail.keys, keys))
        if lang is not None:
            places = [place for place, one in enumerate(self._tail.languages) if one == lang[0]]
            tail = tail[np.isin(self._tail.langs[tail], places)]
        return rows, tail

    def _ranked(self, asked: Asked, centred: Vectors, k: int, allowed: tuple[Rows | None, Rows]) -> list[Found]:
        rows, tail = allowed
        found = self._in_snapshot(asked, centred, k, rows)
        if len(tail):
            beside = scan(self._tail, asked, centred, k, tail if len(tail) < len(self._tail.keys) else None)
            found = [merged(one, other, k) for one, other in zip(found, beside, strict=True)]
        return found

    def _in_snapshot(self, asked: Asked, centred: Vectors, k: int, rows: Rows | None) -> list[Found]:
        known = self._snapshot
        if known is None or not known.facts.count or (rows is not None and not len(rows)):
            return [nothing() for _ in asked.vectors]
        count, plan = known.facts.count, known.facts.plan
        few = rows is not None and len(rows) <= max(_SCANNED_SHARE * count, _SCANNED)
        if few or (plan.kind == "flat" and asked.fair):
            return scan(self._pool, asked, centred, k, rows)
        tuned = known.facts.fair if asked.fair else known.facts.plain
        level, bits = tuned.level, None
        if rows is not None:
            # A graph passes through rows that may not be found, so it has to look at more of them.
            level = min(int(level * count / len(rows)) + 1, _WIDEST)
            allowed = np.zeros(count, dtype=bool)
            allowed[rows] = True
            bits = np.packbits(allowed, bitorder="little")
        lossy = asked.fair or is_lossy(plan)
        wanted = min(k * refined_factor(plan) if lossy else k, count)
        structure = known.fair if asked.fair else known.plain
        scores, picked = kinds.run(structure, plan.kind, centred, wanted, level, bits)
        found = []
        for place, (values, places) in enumerate(zip(scores, picked, strict=True)):
            there = places >= 0
            if there.sum() < min(k, count if rows is None else len(rows)):
                found += scan(self._pool, one_of(asked, place), centred[place : place + 1], k, rows)
            elif lossy:
                found += scan(self._pool, one_of(asked, place), centred[place : place + 1], k, np.sort(places[there]))
            else:
                found.append(Found(known.keys[places[there]], values[there], np.clip(values[there], -1.0, 1.0)))
        return found

    @property
    def _pool(self) -> Pool:
        known = self._snapshot
        assert known is not None
        return Pool(
            known.keys, known.numbers, known.langs, known.facts.languages, known.vectors, known.table, known.inverse
        )

    def _by_language(self, asked: Asked, centred: Vectors, k: int) -> list[Found]:
        """Candidates in each language, which get offsets or quotas."""
        known = () if self._snapshot is None else self._snapshot.facts.languages
        languages = list(dict.fromkeys([*known, *self._tail.languages]))
        each = max(min(k, asked.per_language or k), _BEST_OF_LANGUAGE if asked.diverse else 1)
        allowed = [self._allowed(asked.allowed, (lang,)) for lang in languages]

        def ranked(centred: Vectors, each: int, k: int) -> list[Found]:
            lists = [self._ranked(asked, centred, each, rows) for rows in allowed]
            return [self._combined(asked, [one[place] for one in lists], k) for place in range(len(centred))]

        if asked.diverse:
            first = ranked(centred, max(_BEST_OF_LANGUAGE, FEEDBACK), FEEDBACK)
            best = [
                fed_back(query, self._centred(one.keys, asked.fair)) for query, one in zip(centred, first, strict=True)
            ]
            centred = np.stack(best) if best else centred
        return ranked(centred, each, k)

    def _centred(self, keys: Rows, fair: bool) -> Vectors:
        """The vectors of passages as they are ranked, (n, d), in any order."""
        tail = self._tail
        places = np.searchsorted(tail.keys, keys)
        inside = places < len(tail.keys)
        parts = [(tail, places[inside][tail.keys[places[inside]] == keys[inside]])]
        if self._snapshot is not None:
            parts.append((self._pool, self._snapshot.rows_of(keys)))
        found = []
        for pool, rows in parts:
            vectors = pool.vectors[rows].astype(np.float32)
            found.append((vectors - pool.table[pool.langs[rows]]) * pool.inverse[rows, None] if fair else vectors)
        return np.concatenate(found)

    def _combined(self, asked: Asked, lists: list[Found], k: int) -> Found:
        taken = [len(one.keys) if asked.per_language is None else asked.per_language for one in lists]
        shifts = offsets([one.scores for one in lists]) if asked.diverse else np.zeros(len(lists), dtype=np.float32)
        parts = [
            Found(one.keys[:count], one.scores[:count] - shift, one.cosines[:count])
            for one, shift, count in zip(lists, shifts, taken, strict=True)
        ]
        joined = nothing()
        for part in parts:
            joined = merged(joined, part, k)
        return joined
