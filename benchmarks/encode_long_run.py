"""The memory of ``interlingua encode`` over very many texts, and whether it grows."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import common
import numpy as np
from encode_sets import USE
from tatoeba import XTREME

RUNS = {"use-multilingual-v3": 1_000_000, "e5-small": 100_000}
EVERY = 1.0  # seconds between two looks


def measure(data: Path, work: Path, scale: float) -> dict[str, Any]:
    """Encode RUNS (times ``scale``) distinct short sentences to .npy, each model in a process of its own.

    Returns:
        For each model: texts, seconds, the most memory resident in MiB, and how much it grew over the second half of the
        time, in MiB for 100,000 texts (the slope of the straight line through the looks).
    """
    results = {}
    for model, count in RUNS.items():
        wanted = max(1, round(count * scale))
        texts, out = work / "long-run.txt", work / "long-run.npy"
        with texts.open("w", encoding="utf-8") as file:
            file.writelines(f"{text}\n" for text in sentences(data, USE if model != "e5-small" else XTREME, wanted))
        results[model] = _run(model, texts, out, wanted)
        texts.unlink()
        out.unlink()
        print(f"done: long run of {model}", file=sys.stderr, flush=True)
    return {"results": results}


def sentences(data: Path, codes: list[str], count: int) -> Iterator[str]:
    """Tatoeba's sentences from language after language; when all have come, again with a number, so that all differ."""
    files = [(data / "tatoeba" / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines() for code in codes]
    rows = [lines[number] for number in range(max(map(len, files))) for lines in files if number < len(lines)]
    distinct = list(dict.fromkeys(row.split("\t")[0].strip() for row in rows))
    numbered = (text if turn < len(distinct) else f"{text} {turn}" for turn, text in enumerate(cycle(distinct)))
    return islice(numbered, count)


def _run(model: str, texts: Path, out: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "interlingua", "encode", str(texts), "--out", str(out), "-m", model]
    environment = {**os.environ, "PYTHONPATH": str(common.ROOT / "src")}
    began = time.perf_counter()
    looks: list[tuple[float, float]] = []
    process = subprocess.Popen(
        [*command, "--no-progress"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None:
        memory = _resident_mib(process.pid)
        if memory is not None:
            looks.append((time.perf_counter() - began, memory))
        time.sleep(EVERY)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    assert np.load(out, mmap_mode="r").shape[0] == count
    later = np.array([look for look in looks if look[0] > seconds / 2])
    slope = float(np.polyfit(later[:, 0], later[:, 1], 1)[0]) if len(later) > 1 else None
    return {
        "texts": count,
        "seconds": seconds,
        "texts_per_second": count / seconds,
        "most_mib": max(memory for _, memory in looks),
        "growth_mib_per_100000_texts": None if slope is None else slope * seconds / count * 100_000,
        "looks": len(looks),
    }


def _resident_mib(pid: int) -> float | None:
    """The memory resident now; None when the process has just ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), None)
