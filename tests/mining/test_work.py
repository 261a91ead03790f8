"""Mining in pieces, and what may happen to it: kills, torn and foreign files, other sentences, two processes at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pieces import answer, contents, heaps, mined

from interlingua import FakeEncoder, JointEncoder
from interlingua.errors import CorruptIndex, OptionError, StorageError, WrongModel
from interlingua.mining import searching
from interlingua.mining.beginning import Heap, begun
from interlingua.mining.filters import NO_FILTERS, Filters
from interlingua.mining.shards import mine_in, run_unit, units
from interlingua.mining.units import Unit
from interlingua.mining.work import Side

TEST = Path(__file__)

# ------------------------------------------------------------------------------------------------------ torn, and foreign


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [torn, changed, emptied, Path.unlink])
def test_damaged_files_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Any) -> None:
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    source, target = heaps(40)
    expected = answer(mined(tmp_path, source, target))
    whole = contents(tmp_path)
    for name in whole:
        if name == "work.json":
            continue
        harm(tmp_path / name)
        if "/vectors-" in name:
            # Those of a shard are not looked at while all of them are there together.
            harm((tmp_path / name).with_name("vectors.npy"))
        assert answer(mined(tmp_path, source, target)) == expected
        assert contents(tmp_path) == whole, name


def test_a_file_of_another_work_is_made_again(tmp_path: Path) -> None:
    source, target = heaps(40)
    others = heaps(40, seed=2)
    expected = answer(mined(tmp_path / "here", source, target))
    whole = contents(tmp_path / "here")
    mined(tmp_path / "there", *others)
    for name in ("source/vectors.npy", "source/nearest-00001.npy", "target/nearest-00000.npy"):
        shutil.copy(tmp_path / "there" / name, tmp_path / "here" / name)
    # Of the same work, but another shard's.
    shutil.copy(tmp_path / "here/target/nearest-00002.npy", tmp_path / "here/target/nearest-00001.npy")
    assert {unit.name for unit in units(tmp_path / "here")} == {
        "source/vectors", "source/nearest-00001", "target/nearest-00000", "target/nearest-00001"
    }  # fmt: skip
    assert answer(mined(tmp_path / "here", source, target)) == expected
    assert contents(tmp_path / "here") == whole


def test_a_few_misjudged_sentences_choose_no_models(tmp_path: Path) -> None:
    joint = JointEncoder(["e5-small", "use"])
    source, target = heaps(40)
    sides: dict[Side, Heap] = {
        "source": Heap(source, "en"),
        "target": Heap(target, ["hi"] + ["fr"] * (len(target) - 1)),
    }
    work = begun(tmp_path, joint, sides, NO_FILTERS)
    assert work.langs == {"en", "fr"}
    assert work.model(joint) is joint
    other = begun(tmp_path / "hindi", joint, {**sides, "target": Heap(target, "hi")}, NO_FILTERS)
    assert other.model(joint).name == "e5-small"


def test_another_work_is_refused(tmp_path: Path) -> None:
    source, target = heaps(20)
    folder = tmp_path / "work"
    mined(folder, source, target)
    before = contents(folder)
    for match, given in (
        ("begun with another source", {"source": source[1:]}),
        ("begun with another source", {"source": [*source[1:], source[0]]}),
        ("begun with another target", {"target": [*target, "one more"]}),
        ("begun with another source", {"source_lang": "de"}),
        (r"begun with other filters \(prose, boilerplate", {"filters": Filters(0.0, float("inf"))}),
        (r"begun with other filters \(most_size\); give the same, or another folder", {
            "filters": Filters(0.0, 9.0, prose=False, boilerplate=False, duplicates=False, language=False)}),
    ):  # fmt: skip
        with pytest.raises(OptionError, match=match):
            mined(folder, **{"source": source, "target": target, **given})
    with pytest.raises(WrongModel, match="'fake', not with 'fake' of another build or precision; take that model, or"):
        mine_in(folder, FakeEncoder(32), source, target, source_lang="en", target_lang="fr", filters=NO_FILTERS)
    assert contents(folder) == before


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(OptionError, match=r"holds other files \('thesis.txt'\); give a new or an empty folder"):
        mined(tmp_path, *heaps(20))
    with pytest.raises(StorageError, match="is no folder to work in"):
        mined(tmp_path / "thesis.txt", *heaps(20))
    with pytest.raises(OptionError, match="holds no work of mining"):
        units(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"all my work"}


@pytest.mark.parametrize("told", ["", "{", "[]", '{"format": 1, "encoder": 3}'])
def test_a_work_of_another_version_is_refused(tmp_path: Path, told: str) -> None:
    mined(tmp_path, *heaps(20))
    (tmp_path / "work.json").write_text(told)
    with pytest.raises(OptionError, match="not of this version of Interlingua, or is damaged"):
        mined(tmp_path, *heaps(20))


def test_units_do_not_make_up_sentences(tmp_path: Path) -> None:
    mined(tmp_path, *heaps(20))
    torn(tmp_path / "source/sentences-00000.jsonl")
    for path in tmp_path.rglob("vectors*.npy"):
        path.unlink()
    with pytest.raises(CorruptIndex, match=r"sentences-00000.jsonl is missing or damaged; mine the same files"):
        run_unit(tmp_path, Unit("embed", "source", 0), FakeEncoder())
    (tmp_path / "prepared.json").write_text("{}")
    with pytest.raises(CorruptIndex, match=r"prepared.json is missing or damaged"):
        units(tmp_path)


# ------------------------------------------------------------------------------------------------------------- kill and go on

_CHILD = """
import sys, time
sys.path.insert(0, {tests!r})
import pieces
from interlingua.mining import searching
from pathlib import Path
searching.MOST_PRODUCTS = 0
from interlingua.mining.units import Runner
slow = Runner.run
def run(self, unit, advance):
    slow(self, unit, advance)
    print(unit.name, flush=True)
    time.sleep(0.003)
Runner.run = run
print("begun", flush=True)
pieces.mined(Path(sys.argv[1]), *pieces.heaps(), shard=4)
print("ended", flush=True)
"""


def child(folder: Path) -> subprocess.Popen[bytes]:
    code = _CHILD.format(tests=str(TEST.parent))
    return subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, env=os.environ.copy())


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no such signal here")
def test_killed_at_any_moment_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    expected = answer(mined(tmp_path / "whole", *heaps(), shard=4))
    chance = random.Random(time.time_ns())
    kills = 0
    for _ in range(6):
        with child(tmp_path / "work") as process:
            assert process.stdout is not None
            # It is killed after some units of this run, wherever it is then.
            for _ in range(chance.randrange(1, 25)):
                process.stdout.readline()
            time.sleep(chance.random() * 0.01)
            kills += process.poll() is None
            process.kill()
    assert kills >= 4
    found = mined(tmp_path / "work", *heaps(), shard=4)
    assert answer(found) == expected
    temporary = {name for name in contents(tmp_path / "work") if name.endswith(".tmp")}
    whole = contents(tmp_path / "whole")
    assert {name: data for name, data in contents(tmp_path / "work").items() if name not in temporary} == whole


def test_what_killed_processes_left_goes(tmp_path: Path) -> None:
    source, target = heaps(20)
    mined(tmp_path, source, target)
    left, fresh = tmp_path / "source/.vectors.npy.abc.tmp", tmp_path / "target/.vectors.npy.abc.tmp"
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (time.time() - 4000,) * 2)
    mined(tmp_path, source, target)
    assert (left.exists(), fresh.exists()) == (False, True)


def test_two_processes_in_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_PRODUCTS", 0)
    source, target = heaps()
    expected = answer(mined(tmp_path / "whole", source, target, shard=4))
    with child(tmp_path / "work") as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = mined(tmp_path / "work", source, target, shard=4)
        assert process.stdout.read().split()[-1] == b"ended"
    assert answer(found) == expected
    assert contents(tmp_path / "work") == contents(tmp_path / "whole")
