"""Deduplication of very many texts: how long, and in how much memory.

    python benchmarks/dedup_scale.py [--data DIR] [--work DIR] [--size 1000000]

The texts and vectors are those of ``index.py``: 100,000 real ones, and others made of them, each with a number of its own at
its end (so the guard of numbers is off). Encoding is not measured: the encoder reads vectors from a file. Precision and recall
are what ``dedup.py`` measures; here only what an approximate search finds beside an exact one is counted, on 50,000 of the texts.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import common
import numpy as np
from index_data import Data, Stored

from interlingua.deduplication.dedup import dedup

_SAMPLE = 50_000


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-index-benchmark")
    parser.add_argument("--size", type=int, default=1_000_000)
    options = parser.parse_args()
    data = Data(options.data, options.work)
    encoder = Stored(data.vectors(options.size))
    rows = [data.document(row) for row in range(options.size)]
    texts, langs = [str(row["text"]) for row in rows], [str(row["lang"]) for row in rows]
    del rows
    before = _status("VmHWM:")
    seconds = -time.perf_counter()
    found = dedup(encoder, texts, langs=langs, guard=False, show_progress_bar=True)
    seconds += time.perf_counter()
    results = {
        "texts": options.size,
        "approximate": found.approximate,
        "removed": len(found.removed),
        "seconds": seconds,
        "memory_mib": {"before": before, "peak": _status("VmHWM:")},
    }
    print(results, flush=True)
    picked = np.sort(np.random.default_rng(0).permutation(options.size)[: min(_SAMPLE, options.size)])
    some, of = [texts[row] for row in picked], [langs[row] for row in picked]
    exact, quick = (
        {one.row for one in dedup(encoder, some, langs=of, guard=False, approximate=way).removed}
        for way in (False, True)
    )
    results["sample"] = {
        "texts": len(some),
        "removed": len(exact),
        "found_by_approximate": len(exact & quick) / max(len(exact), 1),
    }
    print(results["sample"])
    common.write(f"dedup-scale-{options.size}", results)


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
