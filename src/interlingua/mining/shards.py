"""Mining in pieces: units of work on files, each of which can be done again, elsewhere, or by another process meanwhile.

A unit reads files of the work's folder and writes one, which appears whole or not at all. One that is done is skipped; one whose
file is torn or not of this work is done again. So whatever ends a run, the next one goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.mining.beginning import Heap, begun
from interlingua.mining.candidates import NEIGHBOURS, BothWays
from interlingua.mining.filters import Filters
from interlingua.mining.mine import Mined, Rules, decided
from interlingua.mining.sealed import read_sealed
from interlingua.mining.searching import shared
from interlingua.mining.sentences import Sentences
from interlingua.mining.units import (
    Runner,
    Unit,
    check_size,
    is_exact_work,
    needs_of,
    other_side,
    size_of,
    table_of,
    units_of,
)
from interlingua.mining.work import SHARD, SIDES, Side, Work
from interlingua.neighbours import Neighbours
from interlingua.progress import Advance
from interlingua.scoring.similarity import Langs
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder


def _nothing(_count: int) -> None:
    """Nobody watches."""


def mine_in(  # noqa: PLR0913  # a folder and what ``mine`` takes
    folder: str | Path,
    encoder: TextEncoder,
    source: Sequence[str],
    target: Sequence[str],
    *,
    source_lang: Langs = None,
    target_lang: Langs = None,
    rules: Rules | None = None,
    filters: Filters | None = None,
    memory: int | None = None,
    shard: int = SHARD,
    advance: Advance = _nothing,
) -> Mined:
    """What ``mine`` does, for very many sentences: piece by piece in a folder, so that a run that was ended goes on where it was.

    The folder can be deleted afterwards. As long as it is there, the same sentences are decided on by other rules in little time.

    Args:
        folder: new, empty, or with this work in it. It takes 4 d bytes a sentence beside the sentences themselves (d is the length
            of a vector).
        encoder: what embeds both.
        source: sentences of one language.
        target: sentences of the other.
        source_lang: the language of ``source``; see ``mine``.
        target_lang: that of ``target``.
        rules: how candidates are scored and chosen; None takes the usual.
        filters: which sentences are left out beforehand; None takes the usual.
        memory: about how many bytes the blocks of the search may take; None takes what is fastest, 0.8 GB. Not counted are the
            model, the sentences, and about 1 kB for each of them while pairs are chosen; vectors are mapped from files.
        shard: how many sentences a unit takes; a work that was begun keeps its own.
        advance: called with how many more sentences are done: each counts once when it is embedded or left out, and, if it is not
            left out, once more when its nearest are found.

    Returns:
        What ``mine`` gives.

    Raises:
        InputError: a text cannot be embedded, nothing is left after filtering, or not as many languages as texts.
        UnknownLanguage: a language code is none.
        OptionError: an option that does not exist; or the folder holds another work, or other files.
        WrongModel: the work in the folder was begun with another model.
        StorageError: the disk does not take the files.
    """
    check_size("shard", shard)
    heaps: dict[Side, Heap] = {
        "source": Heap(check_texts(as_list(source, "source"), name="source").texts, source_lang),
        "target": Heap(check_texts(as_list(target, "target"), name="target").texts, target_lang),
    }
    work = begun(Path(folder), encoder, heaps, filters, shard)
    runner = Runner(work, encoder, memory)
    for side in SIDES:
        advance(work.given(side) - sum(work.counts(side)))
    for unit in units_of(work):
        if runner.is_done(unit):
            advance(size_of(work, unit))
        else:
            runner.run(unit, advance)
    name = work.model(encoder).name
    sides = [_sentences(work, side, heaps[side].texts, name) for side in SIDES]
    found = BothWays(*(_found(work, side) for side in SIDES))
    return decided(sides[0], sides[1], found if is_exact_work(work) else shared(found), rules or Rules())


def units(folder: str | Path) -> list[Unit]:
    """The units of a prepared work that are not done, in an order in which they can be done.

    Args:
        folder: where ``mine_in`` has begun; or of a copy of that folder.

    Raises:
        OptionError: it holds no such work.
        CorruptIndex: the work's own files are damaged.
    """
    runner = Runner(Work(Path(folder)), None, None)
    return [unit for unit in units_of(runner.work) if not runner.is_done(unit)]


def run_unit(
    folder: str | Path,
    unit: Unit,
    encoder: TextEncoder | None = None,
    *,
    memory: int | None = None,
    advance: Advance = _nothing,
) -> bool:
    """Do a unit, if it is not done.

    Args:
        folder: where the work is.
        unit: one of ``units``.
        encoder: what embeds, the same that the work was begun with; units of other kinds need none.
        memory: see ``mine_in``.
        advance: called with how many more sentences are done.

    Returns:
        False where it was done already.

    Raises:
        OptionError: the folder holds no such work or unit, what the unit needs is not done yet, or it needs an encoder.
        CorruptIndex: the work's own files are damaged.
        WrongModel: the work was begun with another model.
        StorageError: the disk does not take the file.
    """
    runner = Runner(Work(Path(folder)), encoder, memory)
    if unit not in units_of(runner.work):
        raise OptionError(f"The work in {folder} has no unit {unit.name!r}.")
    if runner.is_done(unit):
        return False
    for needed in needs_of(runner.work, unit):
        if not runner.is_done(needed):
            raise OptionError(f"The unit {unit.name!r} needs {needed.name!r}, which is not done yet.")
    runner.run(unit, advance)
    return True


def _found(work: Work, side: Side) -> Neighbours:
    """The nearest of all shards of a side."""
    few = min(NEIGHBOURS, sum(work.counts(other_side(side))))
    scores = [np.empty((0, few), dtype=np.float32)]
    rows: list[NDArray[np.int64]] = [np.empty((0, few), dtype=np.int64)]
    for number in range(len(work.counts(side))):
        one = read_sealed(work.path(Unit("nearest", side, number).name), 2)
        scores.append(one[0])
        rows.append(one[1])
    return Neighbours(np.concatenate(scores), np.concatenate(rows))


def _sentences(work: Work, side: Side, texts: Sequence[str], model: str) -> Sentences:
    """A side as it was prepared; its texts are those that were given, not others like them."""
    rows: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    langs: list[str | None] = []
    for number in range(len(work.counts(side))):
        one = work.shard(side, number)
        rows.append(np.array(one.rows, dtype=np.int64))
        langs += one.langs
    all_rows = np.concatenate(rows)
    kept = [texts[row] for row in all_rows.tolist()]
    return Sentences(kept, langs, all_rows, table_of(work, side), work.dropped(side), model)
