"""Mining in pieces gives the answer of ``mine``, unit by unit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pieces import answer, contents, heaps, mined

from interlingua import FakeEncoder
from interlingua.errors import InputError, OptionError, WrongModel
from interlingua.mining import searching
from interlingua.mining.filters import NO_FILTERS, Filters
from interlingua.mining.mine import Rules, mine
from interlingua.mining.shards import mine_in, run_unit, units
from interlingua.mining.units import Unit

# -------------------------------------------------------------------------------------------------------------- the answer


@pytest.mark.parametrize("near", [False, True])
@pytest.mark.parametrize("filters", [Filters(language=False), NO_FILTERS])
def test_the_answer_is_that_of_mine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, near: bool, filters: Filters | None
) -> None:
    if near:
        monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    source, target = heaps()
    source[3] = source[2].upper()  # a duplicate
    whole = mine(FakeEncoder(), source, target, source_lang="en", target_lang="fr", filters=filters)
    done: list[int] = []
    pieces = mined(tmp_path / "work", source, target, filters=filters, advance=done.append)
    assert answer(pieces) == answer(whole)
    assert len(pieces.pairs) > 20
    assert pieces.exact is not near
    dropped = sum(sum(counts.values()) for counts in pieces.dropped)
    assert (dropped > 0) == (filters != NO_FILTERS)
    assert sum(done) == 2 * (len(source) + len(target)) - dropped
    # Once more: nothing is done again, and all is said to be done.
    again: list[int] = []
    before = contents(tmp_path / "work")
    assert answer(mined(tmp_path / "work", source, target, filters=filters, advance=again.append)) == answer(pieces)
    assert sum(again) == sum(done)
    assert contents(tmp_path / "work") == before


def test_shards_of_many_sizes_give_one_answer(tmp_path: Path) -> None:
    source, target = heaps(60)
    found = [answer(mined(tmp_path / str(shard), source, target, shard=shard)) for shard in (1, 7, 60, 1000)]
    assert found[1:] == found[:-1]
    assert len(found[0][0]) > 10


def test_equal_input_gives_equal_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    for name in ("a", "b"):
        mined(tmp_path / name, *heaps())
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_model_with_means_of_its_own(tmp_path: Path, use: Any) -> None:
    source = ["The museum is closed on Mondays.", "She bought three kilos of apples.", "Water boils at 100 degrees."]
    target = ["L'eau bout à 100 degrés.", "Le musée est fermé le lundi.", "Mon frère habite à Lyon."]
    found = mine_in(tmp_path / "work", use, source, target, source_lang="en", target_lang="fr", shard=2)
    whole = mine(use, source, target, source_lang="en", target_lang="fr")
    assert answer(found) == answer(whole)
    assert {(one.source_row, one.target_row) for one in found.pairs} == {(0, 1), (2, 0)}


def test_languages_are_identified_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = heaps(40)
    first = mined(tmp_path / "work", source, target, source_lang=None, target_lang=None)
    monkeypatch.setattr("interlingua.mining.beginning.side_languages", lambda *_: pytest.fail("identified again"))
    assert answer(mined(tmp_path / "work", source, target, source_lang=None, target_lang=None)) == answer(first)


def test_other_rules_are_decided_on_what_is_there(tmp_path: Path) -> None:
    source, target = heaps()
    mined(tmp_path / "work", source, target)
    before = contents(tmp_path / "work")
    rules = Rules("ratio", "forward", threshold=0.0, one_to_one=False)
    found = mined(tmp_path / "work", source, target, rules=rules)
    assert contents(tmp_path / "work") == before
    whole = mine(FakeEncoder(), source, target, source_lang="en", target_lang="fr", filters=NO_FILTERS, score="ratio",
                 retrieval="forward", threshold=0.0, one_to_one=False)  # fmt: skip
    assert answer(found) == answer(whole)


def test_a_heap_of_nothing(tmp_path: Path) -> None:
    source, _ = heaps(40)
    for name, sides in (("a", ([], source)), ("b", (source, [])), ("c", ([], []))):
        found = mined(tmp_path / name, *sides)
        assert (found.pairs, found.precision) == ([], None)


def test_nothing_left(tmp_path: Path) -> None:
    source, target = heaps(20)
    with pytest.raises(InputError, match="target: nothing is left to be mined of 2 sentences"):
        mined(tmp_path / "work", source, ["12", "13"], filters=None)
    # Nothing was begun that stands in the way of the right files.
    with pytest.raises(OptionError, match="begun with another target"):
        mined(tmp_path / "work", source, target, filters=None)


@pytest.mark.parametrize(("memory", "near"), [(1, True), (10_000, True), (10_000, False)])
def test_little_memory_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, memory: int, near: bool) -> None:
    if near:
        monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    found = [answer(mined(tmp_path / str(size), *heaps(50), memory=size)) for size in (memory, None)]
    assert found[0] == found[1]


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True])
@pytest.mark.parametrize("name", ["memory", "shard"])
def test_sizes_are_whole_numbers(tmp_path: Path, name: str, wrong: Any) -> None:
    with pytest.raises(OptionError, match=f"{name} is a whole number and at least 1"):
        mined(tmp_path / "work", *heaps(10), **{name: wrong})


# --------------------------------------------------------------------------------------------------------------- the units


def test_units_are_done_one_by_one_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    source, target = heaps(40)
    expected = mined(tmp_path / "whole", source, target)
    shutil.copytree(tmp_path / "whole", tmp_path / "there")
    for path in (tmp_path / "there").rglob("*.npy"):
        path.unlink()
    left = units(tmp_path / "there")
    assert [unit.name for unit in left] == [
        "source/vectors-00000", "source/vectors-00001", "source/vectors-00002", "source/vectors",
        "target/vectors-00000", "target/vectors-00001", "target/vectors-00002", "target/vectors",
        "target/cells", "source/nearest-00000", "source/nearest-00001", "source/nearest-00002",
        "source/cells", "target/nearest-00000", "target/nearest-00001", "target/nearest-00002",
    ]  # fmt: skip
    for unit in left:
        assert run_unit(tmp_path / "there", unit, FakeEncoder() if unit.kind == "embed" else None)
        assert not run_unit(tmp_path / "there", unit)
    assert units(tmp_path / "there") == []
    assert contents(tmp_path / "there") == contents(tmp_path / "whole")
    assert answer(mined(tmp_path / "there", source, target)) == answer(expected)


def test_a_unit_says_what_it_needs(tmp_path: Path) -> None:
    source, target = heaps(40)
    mined(tmp_path, source, target)
    for path in tmp_path.rglob("*.npy"):
        path.unlink()
    with pytest.raises(OptionError, match="'source/vectors-00000' embeds sentences: give the encoder"):
        run_unit(tmp_path, Unit("embed", "source", 0))
    with pytest.raises(WrongModel, match="begun with the model 'fake'"):
        run_unit(tmp_path, Unit("embed", "source", 0), FakeEncoder(32))
    with pytest.raises(OptionError, match="'source/vectors' needs 'source/vectors-00000', which is not done yet"):
        run_unit(tmp_path, Unit("join", "source"))
    with pytest.raises(OptionError, match="'target/nearest-00001' needs 'source/vectors', which"):
        run_unit(tmp_path, Unit("nearest", "target", 1))
    for unit in (Unit("embed", "source", 3), Unit("cells", "source"), Unit("join", "source", 0)):
        with pytest.raises(OptionError, match="has no unit"):
            run_unit(tmp_path, unit)


def test_vectors_of_shards_can_go_once_they_are_joined(tmp_path: Path) -> None:
    source, target = heaps(40)
    expected = answer(mined(tmp_path, source, target))
    for path in tmp_path.rglob("vectors-*.npy"):
        path.unlink()
    assert units(tmp_path) == []
    assert answer(mined(tmp_path, source, target)) == expected


def test_what_is_written_can_be_read_by_others(tmp_path: Path) -> None:
    source, target = heaps(20)
    mined(tmp_path, source, target)
    assert np.load(tmp_path / "source/vectors.npy", mmap_mode="r").shape == (20, 64)
    lines = (tmp_path / "source/sentences-00001.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"row": 16, "lang": "en", "text": source[16]}
