"""How fast the index is, how large, and how well it finds: beside FAISS on the same file, and beside other engines.

    python benchmarks/index.py [--data DIR] [--work DIR] [--sizes 100000,1000000] [--part PART,PART] [--out FILE]

Documents are 100,000 real texts in many languages, embedded with e5-small (fast), and as many more as are wanted, moved by
differences of two vectors of their language; the questions are 500 of XQuAD-R's. Embedding is not measured: the encoder of these
indexes reads vectors from a file. Each part is a process of its own. Parts:

- build: adding documents, the snapshot, size on disk, memory;
- search: opening; plain and fair search, one question at a time and 100 at once; recall against exact search; FAISS itself on
  the same file at the same level, in alternating rounds on one thread; the level and rate at recall 0.95 and 0.99;
- filters: documents that a filter selects (half to one in ten thousand), recall against exact search among them;
- readers: the memory of eight processes that search in one index;
- peers: hnswlib and usearch with the same parameters, and LanceDB (its IVF_HNSW_SQ), where they are installed;
- changes: updating, deleting, adding a few; the last, because the index is behind its snapshot afterwards.

See README.md; let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import common

PARTS = ("build", "search", "filters", "readers", "peers", "changes")


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "interlingua-index-benchmark")
    parser.add_argument("--sizes", default="100000,1000000", help="numbers of documents [default: %(default)s]")
    parser.add_argument("--part", default=",".join(PARTS), help="which parts [default: all]")
    parser.add_argument("--storage", default=None, help="float32 or float16 [default: by the size]")
    parser.add_argument("--memory", type=float, help="choose the kind as on a machine of so many GiB")
    parser.add_argument(
        "--keep", action="store_true", help="build the snapshot of documents that an earlier run has added"
    )
    parser.add_argument("--engines", default="hnswlib,usearch,lancedb", help="which peers [default: %(default)s]")
    parser.add_argument("--out", type=Path, default=common.RESULTS / "index.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.one is not None:
        import index_parts

        part, size = arguments.one.split(":")
        storage = arguments.storage or ("float32" if int(size) <= 1_000_000 else "float16")
        measured = index_parts.Parts(
            arguments.data, arguments.work, int(size), storage, arguments.memory, arguments.keep
        )
        found = measured.measure(part, arguments.engines.split(","))
        (arguments.work / "part.json").write_text(json.dumps(found))
        return
    for size in arguments.sizes.split(","):
        for part in PARTS:
            if part in arguments.part.split(","):
                _merge(arguments.out, size, part, _measured(arguments, part, size))


def _measured(arguments: argparse.Namespace, part: str, size: str) -> dict[str, Any]:
    """A part in a process of its own, because its memory is measured."""
    command = [sys.executable, __file__, "--data", str(arguments.data), "--work", str(arguments.work)]
    command += ["--engines", arguments.engines, *(["--keep"] if arguments.keep else [])]
    command += [] if arguments.memory is None else ["--memory", str(arguments.memory)]
    command += [] if arguments.storage is None else ["--storage", arguments.storage]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(common.ROOT / "src"), *sys.path[1:]])}
    subprocess.run([*command, "--one", f"{part}:{size}"], check=True, env=environment)
    found: dict[str, Any] = json.loads((arguments.work / "part.json").read_text())
    print(f"{int(size):,} {part}: {json.dumps(found)}", flush=True)
    return found


def _merge(path: Path, size: str, part: str, found: dict[str, Any]) -> None:
    before = json.loads(path.read_text()) if path.exists() else {"sizes": {}}
    kept = before["sizes"].setdefault(size, {})
    # Engines may be measured one by one.
    earlier = kept.get(part, {}) if part == "peers" else {}
    kept[part] = earlier | {"date": common.environment()["date"]} | found
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"environment": common.environment(), "sizes": before["sizes"]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
