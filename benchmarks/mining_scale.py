"""Mining very many sentences: how long, in how much memory, what is found, and whether a killed run goes on.

    python benchmarks/mining_scale.py [--data DIR] [--work DIR] [--size 1000000] [--size 100000] [--no-kill] [--resume]

The sentences are those of ``mining_scale_data.py``. Encoding is not measured: the encoder reads vectors from a file. Each run is a
process of its own, whose peak of memory is the system's, with the mapped vectors in it. The second run is killed (SIGKILL) when
half of the first one's files are there, and begun again. --resume goes on with a first run that somebody killed, and tells how
long the rest took.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
from mining_scale_data import FILTERS, LANGS, SIDES, Planted, Stored

from interlingua.mining.mine import Mined, Rules
from interlingua.mining.shards import mine_in

_RESULT = "mining_scale"


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-index-benchmark")
    parser.add_argument("--size", type=int, action="append", help="[default: 1000000 and 100000]")
    parser.add_argument("--memory", type=int, help="of mine_in")
    parser.add_argument("--no-kill", action="store_true", help="only the first run")
    parser.add_argument("--resume", action="store_true", help="go on with a first run that was killed; no second one")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder is not None:
        print(json.dumps(run(options)))
        return
    path = common.RESULTS / f"{_RESULT}.json"
    results: dict[str, Any] = {}
    if path.is_file():
        results = {name: value for name, value in json.loads(path.read_text()).items() if name != "environment"}
    for size in options.size or [1_000_000, 100_000]:
        planted = Planted(options.data, options.work, size)
        for side in SIDES:
            planted.vectors(side)
        results[str(size)] = measured(options, size)
        print(json.dumps(results[str(size)], indent=1), flush=True)
        common.write(_RESULT, results)


def measured(options: argparse.Namespace, size: int) -> dict[str, Any]:
    """A run from beginning to end, and one that is killed and begun again."""
    folders = [options.work / f"mined-{size}-{name}" for name in ("whole", "killed")]
    for folder in folders[options.resume :]:
        shutil.rmtree(folder, ignore_errors=True)
    before = times(folders[0])
    with child(options, size, folders[0]) as process:
        whole = answer_of(process)
    result: dict[str, Any] = {"sentences": size, **whole, "seconds_of_steps": steps(folders[0])}
    if options.resume:
        after = times(folders[0])
        result["killed"] = {
            "files_before": len(before),
            "files": len(after),
            "made_again": sum(after.get(path) != then for path, then in before.items()),
            "seconds_after": whole["seconds"],
        }
    elif not options.no_kill:
        files = len(list(folders[0].rglob("*.npy")))
        with child(options, size, folders[1]) as process:
            while len(list(folders[1].rglob("*.npy"))) < files // 2 and process.poll() is None:
                time.sleep(0.02)
            process.kill()
        before = times(folders[1])
        with child(options, size, folders[1]) as process:
            resumed = answer_of(process)
        result["killed"] = {
            "files_before": len(before),
            "files": files,
            "made_again": sum(times(folders[1]).get(path) != then for path, then in before.items()),
            "seconds_after": resumed["seconds"],
            "identical": resumed["answer"] == whole["answer"],
        }
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    return result


def times(folder: Path) -> dict[Path, int]:
    """When each file of numbers was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}


def child(options: argparse.Namespace, size: int, folder: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        __file__,
        "--data",
        options.data,
        "--work",
        options.work,
        "--size",
        size,
        "--folder",
        folder,
    ]
    if options.memory is not None:
        command += ["--memory", options.memory]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)


def answer_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = process.communicate()
    if process.returncode:
        sys.exit(f"A run ended with {process.returncode}.")
    return dict(json.loads(out.splitlines()[-1]))


def run(options: argparse.Namespace) -> dict[str, Any]:
    """In a process of its own: mine, and compare with what was planted."""
    planted = Planted(options.data, options.work, options.size[0])
    encoder = Stored(planted)
    texts = {side: planted.texts(side) for side in SIDES}
    planted.data.cache_clear()
    before = _status("VmHWM:")
    result: dict[str, Any] = {}
    for name, rules in (("with texts", Rules()), ("vectors alone", Rules(look_at_texts=False))):
        seconds = -time.perf_counter()
        found = mine_in(
            options.folder,
            encoder,
            texts["source"],
            texts["target"],
            source_lang=LANGS["source"],
            target_lang=LANGS["target"],
            rules=rules,
            filters=FILTERS,
            memory=options.memory,
        )
        seconds += time.perf_counter()
        if not result:
            result = {
                "seconds": seconds,
                "memory_mib": {"before": before, "peak": _status("VmHWM:")},
                "exact": found.exact,
            }
            result["answer"] = _digest(found)
        else:
            result["seconds_deciding_again"] = seconds
        result[name] = _right(found, planted)
    return result


def _right(found: Mined, planted: Planted) -> dict[str, Any]:
    truth = set(map(tuple, planted.partners().tolist()))
    right = sum((one.source_row, one.target_row) in truth for one in found.pairs)
    return {
        "planted": len(truth),
        "pairs": len(found.pairs),
        "right": right,
        "f1": 2 * right / (len(found.pairs) + len(truth)),
        "precision": right / max(1, len(found.pairs)),
        "precision_stated": found.precision,
        "recall": right / len(truth),
        "translations_stated": found.translations,
        "threshold": found.threshold,
    }


def _digest(found: Mined) -> str:
    told = "".join(f"{one.source_row} {one.target_row} {one.score!r}\n" for one in found.pairs)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def steps(folder: Path) -> dict[str, float]:
    """When each kind of file was written last, in seconds after the work was begun."""
    begun = (folder / "work.json").stat().st_mtime
    kinds = {
        "filtered": "prepared.json",
        "embedded": "*/vectors.npy",
        "cells": "*/cells.npy",
        "searched": "*/nearest-*",
    }
    ended = {kind: [path.stat().st_mtime - begun for path in folder.glob(pattern)] for kind, pattern in kinds.items()}
    return {kind: float(np.max(times)) for kind, times in ended.items() if times}


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
