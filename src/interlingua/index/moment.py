"""The passages of an index at a moment, and the search in them: the snapshot, what came later, and what went."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.index import kinds
from interlingua.index.conditions import Condition
from interlingua.index.documents import Documents
from interlingua.index.fairness import FEEDBACK, Estimate, Fairness, fed_back, offsets
from interlingua.index.kinds import Rows
from interlingua.index.manifest import Manifest
from interlingua.index.scanning import (
    Asked,
    Found,
    Pool,
    each_query,
    empty_pool,
    first_of_documents,
    merged,
    nothing,
    rescore,
    scan,
    some_of,
)
from interlingua.index.selecting import Allowed, Selection
from interlingua.index.snapshot import Snapshot, is_lossy, refined_factor
from interlingua.types import Vectors

# With fewer rows selected than this share, or this number, they are all looked at.
_SCANNED_SHARE = 0.03
_SCANNED = 20_000
_WIDEST = 4096
_BEST_OF_LANGUAGE = 3
_FILTERS_KEPT = 4

_Where = tuple[Selection | None, Rows | None]
"""The rows of the snapshot and of the tail that may be found, None for all."""


class Moment:
    """The passages of an index at a moment.

    Args:
        manifest: the index's facts.
        documents: its documents.
    """

    def __init__(self, manifest: Manifest, documents: Documents) -> None:
        self._manifest = manifest
        self._documents = documents
        self._snapshot: Snapshot | None = None
        self._gone: NDArray[np.bool_] = np.zeros(0, dtype=bool)
        self._gone_count = 0
        # Of all languages (None) and of each, in the snapshot; made when they are needed.
        self._selections: dict[tuple[str | None] | None, Selection] = {}
        self._filtered: dict[tuple[Any, ...], Allowed] = {}
        self._tail = empty_pool(manifest.dimension)
        self._fairness: Fairness | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot in use."""
        return self._snapshot

    @property
    def behind(self) -> int:
        """How many passages came or went since the snapshot."""
        return len(self._tail.keys) + self._gone_count

    @property
    def count(self) -> int:
        """How many passages can be found."""
        known = 0 if self._snapshot is None else self._snapshot.facts.count
        return known - self._gone_count + len(self._tail.keys)

    @property
    def languages(self) -> list[str | None]:
        """The languages of the passages."""
        known = () if self._snapshot is None else self._snapshot.facts.languages
        return list(dict.fromkeys([*known, *self._tail.languages]))

    @property
    def fairness(self) -> Fairness:
        """The means in use."""
        if self._snapshot is not None:
            return self._snapshot.fairness
        if self._fairness is None:
            self._fairness = Estimate(self._manifest.dimension).fairness(self._manifest.model)
        return self._fairness

    def alike(self, keys: Rows) -> Vectors:
        """The cosines of passages with each other, centred, (n, n)."""
        vectors = np.zeros((len(keys), self._manifest.dimension), dtype=np.float32)
        tail = self._tail
        places = np.minimum(np.searchsorted(tail.keys, keys), max(len(tail.keys) - 1, 0))
        inside = tail.keys[places] == keys if len(tail.keys) else np.zeros(len(keys), dtype=bool)
        for one in (inside, ~inside):
            if one.any():
                vectors[one] = self._centred(keys[one], True)
        cosines: Vectors = vectors @ vectors.T
        return cosines

    def allowed(self, chosen: Condition | None) -> Allowed | None:
        """The passages that a filter selects; None for all."""
        if chosen is None:
            return None
        name = (chosen.sql, *chosen.arguments)
        found = self._filtered.get(name)
        if found is None:
            keys = self._documents.selected(chosen.sql, chosen.arguments)
            known = self._snapshot
            rows = known.rows_of(keys) if known is not None else keys[:0]
            if self._gone_count:
                rows = rows[~self._gone[rows]]
            selection = Selection(len(self._gone), rows)
            found = Allowed(keys, selection, np.flatnonzero(np.isin(self._tail.keys, keys)))
            # A list, because other threads come and take away meanwhile.
            for old in list(self._filtered)[: 1 - _FILTERS_KEPT]:
                self._filtered.pop(old, None)
            self._filtered[name] = found
        return found

    def search(self, asked: Asked, k: int) -> list[Found]:
        """The k best passages of each query."""
        centred = asked.vectors
        if asked.fair:
            centred = self.fairness.asked(asked.vectors, asked.langs, asked.prompt)
            asked = replace(asked, own_language=self.fairness.own_language)
        if asked.diverse or asked.per_language is not None:
            return self._by_language(asked, centred, k)
        if asked.allowed is None:
            return self._ranked(asked, centred, k, (self._alive, None))
        return self._ranked(asked, centred, k, (asked.allowed.snapshot, asked.allowed.tail))

    @property
    def _alive(self) -> Selection | None:
        """The rows of the snapshot that are not gone; None for all."""
        if not self._gone_count:
            return None
        if None not in self._selections:
            self._selections[None] = Selection(len(self._gone), np.flatnonzero(~self._gone))
        return self._selections[None]

    def _in_language(self, lang: str | None, allowed: Allowed | None) -> _Where:
        """The rows of a language, of those that may be found."""
        kept = self._selections if allowed is None else allowed.languages
        if (lang,) not in kept and self._snapshot is not None:
            beside = self._alive if allowed is None else allowed.snapshot
            rows = self._snapshot.rows_in(lang)
            kept[(lang,)] = Selection(len(self._gone), rows) if beside is None else beside.within(rows)
        places = [place for place, one in enumerate(self._tail.languages) if one == lang]
        tail = np.arange(len(self._tail.keys)) if allowed is None else allowed.tail
        return kept.get((lang,)), tail[np.isin(self._tail.langs[tail], places)]

    def _ranked(self, asked: Asked, centred: Vectors, k: int, where: _Where) -> list[Found]:
        rows, tail = where
        found = self._in_snapshot(asked, centred, k, rows)
        if len(self._tail.keys) if tail is None else len(tail):
            beside = scan(self._tail, asked, centred, k, tail)
            found = [merged(pair, k) for pair in zip(found, beside, strict=True)]
        return found

    def _in_snapshot(self, asked: Asked, centred: Vectors, k: int, selected: Selection | None) -> list[Found]:
        known = self._snapshot
        total = 0 if known is None else known.facts.count if selected is None else len(selected)
        if known is None or not total:
            return [nothing() for _ in asked.vectors]
        count, plan = known.facts.count, known.facts.plan
        rows = None if selected is None else selected.rows
        few = selected is not None and total <= max(_SCANNED_SHARE * count, _SCANNED)
        if few or (plan.kind == "flat" and asked.fair):
            return scan(self._pool, asked, centred, k, rows)
        tuned = known.facts.fair if asked.fair else known.facts.plain
        # A graph passes through rows that may not be found, so it has to look at more of them.
        level = tuned.level if selected is None else min(int(tuned.level * count / total) + 1, _WIDEST)
        # What feedback has moved is compared with the query as it was, too.
        coarse = asked.fair or is_lossy(plan) or centred is not asked.vectors
        wanted = min(k * refined_factor(plan) if coarse else k, count)
        structure = known.fair if asked.fair else known.plain
        scores, picked = kinds.run(
            structure, plan.kind, centred, wanted, level, None if selected is None else selected.bits
        )
        filled = picked >= 0
        there = None if filled.all() else filled
        if coarse:
            found = rescore(self._pool, asked, centred, picked, k)
        else:
            found = each_query(known.keys[picked], known.numbers[picked], scores, scores.clip(-1.0, 1.0), there)
        if there is not None and (short := np.flatnonzero(there.sum(axis=1) < min(k, total)).tolist()):
            again = scan(self._pool, some_of(asked, short), centred[short], k, rows)
            for place, one in zip(short, again, strict=True):
                found[place] = one
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
        where = [self._in_language(lang, asked.allowed) for lang in self.languages]
        if asked.diverse:
            each = max(_BEST_OF_LANGUAGE, FEEDBACK)
            first = self._combined(asked, [self._ranked(asked, centred, each, one) for one in where], FEEDBACK)
            best = [
                fed_back(query, self._centred(one.keys, asked.fair)) for query, one in zip(centred, first, strict=True)
            ]
            centred = np.stack(best) if best else centred
        each = max(k, _BEST_OF_LANGUAGE if asked.diverse else 1)
        if asked.per_language is None:
            lists = [self._ranked(asked, centred, each, one) for one in where]
        else:
            lists = [self._within_quota(asked, centred, asked.per_language, one) for one in where]
        return self._combined(asked, lists, k)

    def _within_quota(self, asked: Asked, centred: Vectors, quota: int, where: _Where) -> list[Found]:
        """So many documents of a language for each query, or all that there are."""
        wanted = max(quota, _BEST_OF_LANGUAGE)
        found = self._ranked(asked, centred, wanted, where)
        while True:
            kept = [first_of_documents(one, wanted, asked.group) for one in found]
            # Several passages of a document count once, so more of them may be needed.
            short = [
                place
                for place, (one, documents) in enumerate(zip(found, kept, strict=True))
                if len(documents.keys) < quota and len(one.keys) == wanted
            ]
            if not short:
                # The offsets of a diverse search need three, whatever the quota is.
                most = max(quota, _BEST_OF_LANGUAGE) if asked.diverse else quota
                return [one.at(slice(most)) for one in kept]
            wanted *= 4
            for place, one in zip(
                short, self._ranked(some_of(asked, short), centred[short], wanted, where), strict=True
            ):
                found[place] = one

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

    def _combined(self, asked: Asked, lists: list[list[Found]], k: int) -> list[Found]:
        """The k best of all languages for each query."""
        if not lists:
            return [nothing() for _ in asked.vectors]
        results = []
        for one in zip(*lists, strict=True):
            taken = [part.at(slice(asked.per_language)) for part in one]
            if asked.diverse:
                shifts = offsets([part.scores for part in one])
                taken = [part._replace(scores=part.scores - shift) for part, shift in zip(taken, shifts, strict=True)]
            results.append(merged(taken, k))
        return results
