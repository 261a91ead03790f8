"""Time to the first answer, and memory.

    python benchmarks/footprint.py [--data DIR] [--clone] [--sentence-transformers PYTHON]

Runs the installed ``interlingua`` command in processes of its own: the help, the import of e5-small into an empty cache, a
score, and the encoding of 10,000 Tatoeba sentences. --clone also clones this repository into an empty folder and runs
``make demo`` there with an empty cache and without pip's. --sentence-transformers measures the peak memory of one pair with
the exported model. Let nothing else run meanwhile.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import common

PEER = """
import sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu")
a, b = model.encode(["I love programming", "J'adore la programmation"], prompt_name="query")
print(float(a @ b))
"""


def run(command: list[str], cache: Path, cwd: Path | None = None, **more: str) -> dict[str, float]:
    """Wall seconds and peak resident memory (MB) of a command that must succeed."""
    environment = {**os.environ, "INTERLINGUA_CACHE": str(cache), **more}
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return {"seconds": round(seconds, 3), "peak_mb": round(usage.ru_maxrss / 1024, 1)}


def repeated(command: list[str], cache: Path, times: int) -> dict[str, Any]:
    runs = [run(command, cache) for _ in range(times)]
    seconds = [one["seconds"] for one in runs]
    return {
        "median_seconds": statistics.median(seconds),
        "range_seconds": [min(seconds), max(seconds)],
        "peak_mb": max(one["peak_mb"] for one in runs),
        "runs": times,
    }


def sentences(data: Path, count: int) -> list[str]:
    """The first sentences of every Tatoeba file in turn, foreign ones."""
    files = [path.read_text(encoding="utf-8").splitlines() for path in sorted((data / "tatoeba").glob("*-eng.tsv"))]
    rows = [lines[row].split("\t")[0] for row in range(200) for lines in files if row < len(lines)]
    return rows[:count]


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--clone", action="store_true", help="also time clone, installation and demo")
    parser.add_argument("--sentence-transformers", metavar="PYTHON", help="a Python that has sentence-transformers")
    arguments = parser.parse_args()
    command = str(Path(sys.executable).parent / "interlingua")
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        cache = folder / "cache"
        texts = folder / "texts.txt"
        texts.write_text("\n".join(sentences(arguments.data, 10_000)) + "\n", encoding="utf-8")
        results["help"] = repeated([command, "--help"], cache, 7)
        results["first import of e5-small"] = run([command, "models", "import", "e5-small"], cache)
        results["first import of use-multilingual-v3"] = run(
            [command, "models", "import", "use-multilingual-v3"], cache
        )
        pair = ["I love programming", "J'adore la programmation"]
        results["score"] = repeated([command, "score", *pair], cache, 7)
        results["score, use-multilingual-v3"] = repeated([command, "score", "-m", "use", *pair], cache, 7)
        for model in ("e5-small", "use-multilingual-v3"):
            out = str(folder / "out.npy")
            results[f"encode 10,000 sentences, {model}"] = run(
                [command, "encode", str(texts), "--out", out, "-m", model], cache
            )
        if arguments.sentence_transformers:
            run([command, "models", "export", "e5-small", str(folder / "model")], cache)
            peer = [arguments.sentence_transformers, "-c", PEER, str(folder / "model")]
            results["one pair, sentence-transformers"] = run(peer, cache)
        if arguments.clone:
            subprocess.run(["git", "clone", "-q", str(common.ROOT), str(folder / "clone")], check=True)
            results["make demo from a fresh clone"] = run(
                ["make", "demo"], folder / "fresh", cwd=folder / "clone", PIP_NO_CACHE_DIR="1"
            )
    for name, values in results.items():
        print(f"{name}: {values}")
    common.write("footprint", results)


if __name__ == "__main__":
    main()
