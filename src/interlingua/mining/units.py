"""The units of a work of mining: what there is to do, in which order, and how each is done. Each reads files and writes one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from interlingua.errors import OptionError
from interlingua.mining.sealed import is_sealed, mapped, read_sealed, write_sealed, write_table
from interlingua.mining.searching import is_exact, nearest_of
from interlingua.mining.sentences import FOR_MEANS, own_means
from interlingua.mining.work import SIDES, Side, Work
from interlingua.neighbours import Cells, Division
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans, shipped_means
from interlingua.scoring.tables import embed_centred
from interlingua.types import Stored, TextEncoder

Kind = Literal["embed", "join", "cells", "nearest"]
_FILES: dict[Kind, str] = {"embed": "vectors", "join": "vectors", "cells": "cells", "nearest": "nearest"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work.

    Attributes:
        kind: ``embed`` gives a shard's vectors; ``join`` those of all shards as one table; ``cells`` divides that table, where it
            is too large to be looked through; ``nearest`` gives a shard's nearest on the other side.
        side: of which side.
        shard: which shard; None where it is about all of them.
    """

    kind: Kind
    side: Side
    shard: int | None = None

    @property
    def name(self) -> str:
        """The name of its file below the folder, without the ending."""
        number = "" if self.shard is None else f"-{self.shard:05}"
        return f"{self.side}/{_FILES[self.kind]}{number}"


def units_of(work: Work) -> list[Unit]:
    """All units, in an order in which they can be done."""
    shards = {side: range(len(work.counts(side))) for side in SIDES}
    embedding = [
        unit for side in SIDES for unit in (*(Unit("embed", side, n) for n in shards[side]), Unit("join", side))
    ]
    if is_exact_work(work):
        return embedding + [Unit("nearest", side, n) for side in SIDES for n in shards[side]]
    searching = [
        unit
        for side in SIDES
        for unit in (Unit("cells", other_side(side)), *(Unit("nearest", side, n) for n in shards[side]))
    ]
    return embedding + searching


def needs_of(work: Work, unit: Unit) -> list[Unit]:
    """What must be done before a unit."""
    if unit.kind == "embed":
        return []
    if unit.kind == "join":
        return [Unit("embed", unit.side, number) for number in range(len(work.counts(unit.side)))]
    if unit.kind == "cells":
        return [Unit("join", unit.side)]
    cells = [] if is_exact_work(work) else [Unit("cells", other_side(unit.side))]
    return [Unit("join", side) for side in SIDES] + cells


def is_exact_work(work: Work) -> bool:
    """Whether all pairs are looked at, so that no cells are needed."""
    return is_exact(*(sum(work.counts(side)) for side in SIDES))


def other_side(side: Side) -> Side:
    """The side that is searched in."""
    return "target" if side == "source" else "source"


def size_of(work: Work, unit: Unit) -> int:
    """How many sentences are done with a unit."""
    return 0 if unit.shard is None else work.counts(unit.side)[unit.shard]


class Runner:
    """Does the units of a work in this process.

    Args:
        work: the work.
        encoder: what embeds, None where nothing is to be embedded.
        memory: how many bytes the blocks of the search may take.
    """

    def __init__(self, work: Work, encoder: TextEncoder | None, memory: int | None) -> None:
        if memory is not None:
            check_size("memory", memory)
        self.work = work
        self._encoder = encoder
        self._memory = memory
        self._whole: set[str] = set()
        self._cells: tuple[Side, Cells] | None = None

    def is_done(self, unit: Unit) -> bool:
        """Whether its file is there and whole; a shard's vectors are not needed once all are joined."""
        if unit.kind == "embed" and self.is_done(Unit("join", unit.side)):
            return True
        # A file is read through once. What another process puts in its place later is whole as well.
        if unit.name not in self._whole and is_sealed(self.work.path(unit.name), self.work.key(unit.name)):
            self._whole.add(unit.name)
        return unit.name in self._whole

    def run(self, unit: Unit, advance: Advance) -> None:
        """Do a unit whose needs are done."""
        do: dict[Kind, Callable[[Unit, Advance], None]] = {
            "embed": self._embed, "join": self._join, "cells": self._divide, "nearest": self._search
        }  # fmt: skip
        do[unit.kind](unit, advance)
        self._whole.add(unit.name)

    def _embed(self, unit: Unit, advance: Advance) -> None:
        assert unit.shard is not None
        if self._encoder is None:
            raise OptionError(f"The unit {unit.name!r} embeds sentences: give the encoder.")
        model = self.work.model(self._encoder)
        some = self.work.shard(unit.side, unit.shard)
        means = shipped_means(model) or LanguageMeans.nothing(model.dimension)
        vectors = embed_centred(model, some.texts, some.langs, means, advance=advance, name=lambda row: some.rows[row])
        write_sealed(self.work.path(unit.name), self.work.key(unit.name), [vectors])

    def _join(self, unit: Unit, _advance: Advance) -> None:
        counts = self.work.counts(unit.side)
        own = None if self.work.is_centred or not counts else self._own_means(unit.side)

        def blocks() -> Iterator[Stored]:
            for number in range(len(counts)):
                vectors = self._vectors(unit.side, number)
                if own is not None:
                    langs = self.work.shard(unit.side, number).langs
                    vectors = own.centre(np.asarray(vectors, dtype=np.float32), langs)
                yield vectors

        shape = (sum(counts), self.work.dimension)
        write_table(self.work.path(unit.name), self.work.key(unit.name), shape, blocks())

    def _own_means(self, side: Side) -> LanguageMeans:
        """For a model without means, as ``mine`` estimates them: from the first sentences."""
        vectors: list[Stored] = []
        langs: list[str | None] = []
        for number in range(len(self.work.counts(side))):
            if len(langs) < FOR_MEANS:
                vectors.append(np.asarray(self._vectors(side, number)))
                langs += self.work.shard(side, number).langs
        return own_means(np.concatenate(vectors)[:FOR_MEANS], langs[:FOR_MEANS])

    def _divide(self, unit: Unit, _advance: Advance) -> None:
        division = Cells(table_of(self.work, unit.side)).division
        write_sealed(self.work.path(unit.name), self.work.key(unit.name), [division.centres, division.cells])

    def _search(self, unit: Unit, advance: Advance) -> None:
        assert unit.shard is not None
        counts = self.work.counts(unit.side)
        start = sum(counts[: unit.shard])
        queries = table_of(self.work, unit.side)[start : start + counts[unit.shard]]
        pool = table_of(self.work, other_side(unit.side))
        cells = None if is_exact_work(self.work) else self._cells_of(other_side(unit.side), pool)
        found = nearest_of(queries, pool, cells, memory=self._memory, advance=advance)
        write_sealed(self.work.path(unit.name), self.work.key(unit.name), [found.scores, found.rows])

    def _cells_of(self, side: Side, pool: Stored) -> Cells:
        if self._cells is None or self._cells[0] != side:
            division = Division(*read_sealed(self.work.path(Unit("cells", side).name), 2))
            self._cells = side, Cells(pool, division=division)
        return self._cells[1]

    def _vectors(self, side: Side, number: int) -> Stored:
        return mapped(self.work.path(Unit("embed", side, number).name))


def table_of(work: Work, side: Side) -> Stored:
    """The vectors of a side, mapped."""
    if not work.counts(side):
        return np.empty((0, work.dimension), dtype=np.float16)
    return mapped(work.path(Unit("join", side).name))


def check_size(name: str, value: int) -> None:
    """Refuse what is no number of sentences or bytes."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{name} is a whole number and at least 1, not {value!r}.")
