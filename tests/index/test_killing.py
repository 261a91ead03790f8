"""A writer that is killed at any moment; a disk that is full; readers beside a writer."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import FakeEncoder
from interlingua.errors import IndexBusy, StorageError
from interlingua.index import writing
from interlingua.index.index import Index

CHILD = Path(__file__).parent / "writer_child.py"
# More of both when it matters: INTERLINGUA_MOMENTS=100 INTERLINGUA_SECONDS=60 INTERLINGUA_READERS=8.
MOMENTS = int(os.environ.get("INTERLINGUA_MOMENTS", "10"))
SECONDS = float(os.environ.get("INTERLINGUA_SECONDS", "2"))
READERS = int(os.environ.get("INTERLINGUA_READERS", "3"))


def child(task: str, folder: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(CHILD), task, str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What a process that has ended has said; the last line may be half."""
    lines = process.stdout.read().split("\n")[:-1]  # type: ignore[union-attr]
    return [json.loads(line) for line in lines]


def applied(state: dict[str, str], change: dict[str, str | None]) -> dict[str, str]:
    return {id_: text for id_, text in {**state, **change}.items() if text is not None}


def contents(index: Index) -> dict[str, str]:
    return {one.id: one.text for one in index.documents()}


def assert_searched_rightly(index: Index) -> None:
    encoder, there = FakeEncoder(), contents(index)
    queries = encoder.encode(["row 7 version 3", "a4f", "row 1999"])
    ids = list(there)
    scores = queries @ encoder.encode([there[id_] for id_ in ids]).T
    # All of them: of a few the graph may miss one, as it is allowed to.
    for hits, row in zip(index.search_vectors(queries, len(ids)), scores, strict=True):
        assert {hit.id: hit.text for hit in hits} == there
        assert len(hits) == len(there)
        assert abs(hits[0].score - row.max()) < 1e-5
        np.testing.assert_allclose([row[ids.index(hit.id)] for hit in hits], [hit.score for hit in hits], atol=1e-5)


def test_what_was_acknowledged_survives_the_writers_death(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    with Index.create(folder, FakeEncoder(), kind="hnsw") as index:
        index.add([{"id": str(row), "text": f"row {row} version 0", "lang": "en"} for row in range(1500)])
        state = contents(index)
    died: dict[str, int] = {}
    for moment in range(MOMENTS):
        wanted = ["", "add", "compact", "delete", "snapshot", "update"][moment % 6]
        process = child("write", folder, moment + 1, wanted)
        first = json.loads(process.stdout.readline())  # type: ignore[union-attr]
        assert first == {"ready": True}
        time.sleep(random.Random(moment).random() * 0.4)
        process.kill()
        process.wait()
        under_way: list[dict[str, str | None]] = []
        kind = "nothing"
        for line in told(process):
            if "ops" in line:
                assert not under_way, "the one before was done"
                kind, under_way = line["kind"], list(line["ops"])
            elif under_way:
                state = applied(state, under_way.pop(0))
        process.stdout.close()  # type: ignore[union-attr]
        process.stdin.close()  # type: ignore[union-attr]
        died[kind if under_way else "nothing"] = died.get(kind if under_way else "nothing", 0) + 1
        with Index.open(folder, FakeEncoder()) as index:
            found = contents(index)
            assert index.verify() == [], (moment, kind)
            # What was under way is there as a whole or not at all.
            assert found in (state, applied(state, under_way[0]) if under_way else state), (moment, kind)
            assert_searched_rightly(index)
        state = found
    with Index.open(folder, FakeEncoder()) as index:
        made = index.compact().snapshot
        assert made is not None
        assert made.plan.kind == "hnsw"
    print(f"killed in: {died}")


def test_readers_beside_a_writer(tmp_path: Path) -> None:
    folder = tmp_path / "index"

    def group(number: int, version: int) -> list[dict[str, Any]]:
        return [
            {"id": f"{number}-{part}", "text": f"group {number} version {version} part {part}", "lang": "en"}
            | {"group": number, "version": version}
            for part in range(4)
        ]

    with Index.create(folder, FakeEncoder()) as index:
        for number in range(20):
            index.add(group(number, 0))
        readers = [child("read", folder, seed) for seed in range(READERS)]
        for reader in readers:
            assert json.loads(reader.stdout.readline()) == {"ready": True}  # type: ignore[union-attr]
        chance = random.Random(5)
        end, version = time.monotonic() + SECONDS, 0
        while time.monotonic() < end:
            version += 1
            index.add(group(chance.randrange(20), version))
            if version % 15 == 0:
                index.compact()
        for reader in readers:
            reader.stdin.close()  # type: ignore[union-attr]
        said = [told(reader) for reader in readers]
        assert [reader.wait() for reader in readers] == [0] * READERS
        for reader in readers:
            reader.stdout.close()  # type: ignore[union-attr]
        assert all(list(lines[-1]) == ["searches"] and len(lines) == 1 for lines in said), said
        assert all(lines[0]["searches"] > 0 for lines in said)
        assert index.verify() == []
        print(f"{version} writes, {sum(lines[0]['searches'] for lines in said)} searches")


def test_a_second_writer_is_told_that_the_index_is_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_WAIT_SECONDS", 0.05)
    one, other = Index.create(tmp_path / "index", FakeEncoder()), Index.open(tmp_path / "index", FakeEncoder())

    def documents() -> Any:
        yield "the first text"
        with pytest.raises(IndexBusy, match="is being written by another process; try again when it has ended"):
            other.add(["the second text"])
        with pytest.raises(IndexBusy):
            other.compact()
        yield "the third text"

    assert one.add(documents()) == (2, 0, 0)
    assert other.add(["the second text"]) == (1, 0, 0)


def test_files_that_may_not_grow(tmp_path: Path) -> None:
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add([{"id": "first", "text": "the first text"}])
        process = child("fill", index.folder, 1_500_000)
        lines = told(process)
        process.stdin.close()  # type: ignore[union-attr]
        process.stdout.close()  # type: ignore[union-attr]
        assert process.wait() == 0
        assert str(index.folder) in lines[-1]["said"]
        added = max((line.get("added", 0) for line in lines), default=0)
        assert added > 0
        assert len(index) == lines[-1]["found"] >= added + 1
        assert index.verify() == []
        assert index.add(["afterwards"]) == (1, 0, 0)


def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        with Index.create(disk / "index", FakeEncoder()) as index:
            row = 0
            with pytest.raises(StorageError, match=r"full|limit"):  # noqa: PT012
                while True:
                    texts = {str(one): f"row {one} " + "long " * 20 for one in range(row, row + 200)}
                    index.add([{"id": id_, "text": text, "lang": "en"} for id_, text in texts.items()], snapshot=False)
                    row += 200
            assert row > 0
            assert len(index) == row
            assert index.verify() == []
            with pytest.raises(StorageError, match=r"full|limit"):
                index.compact()
            with pytest.raises(StorageError, match=r"All documents are in, only the snapshot .* could not be made"):
                index.add([{"id": "0", "text": "row 0 " + "long " * 20, "lang": "en"}])
            assert len(index) == row
            assert index.verify() == []
            assert_searched_rightly(index)
            with pytest.raises(StorageError):
                Index.create(disk / "other", FakeEncoder()).add([{"text": "much " * 1_000_000}])
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
