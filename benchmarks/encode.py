"""How fast we embed, beside others with the same weights, measured in one run.

    python benchmarks/encode.py [--data DIR] [--python-st PYTHON] [--python-st-onnx PYTHON] [--python-fastembed PYTHON]
        [--part PART,PART] [--sets NAME,NAME] [--contenders NAME,NAME] [--rounds N] [--scale X] [--out FILE]
    python benchmarks/encode.py --long-run

Each contender has a process of its own and takes its turn in every round, with the texts of the round, which are others than
those of the last round. Who is not there is named with the reason. A part that is measured replaces that part of the
results. Parts: throughput, agreement (of the vectors with those of sentence-transformers in float32), latency, cold, memory.
Let nothing else run meanwhile. See README.md for the environments.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import common
import encode_tables
from encode_parts import PARTS, Benchmark
from encode_peers import add_options
from encode_sets import SIZES


def merge(path: Path, parts: dict[str, Any]) -> dict[str, Any]:
    """Put the parts, and within a part the sets, that were measured into the file of results, in the place of older ones."""
    before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    environment = common.environment()
    for name, part in parts.items():
        if "sets" in part:
            part["sets"] = {**before.get(name, {}).get("sets", {}), **part["sets"]}
    merged = {**before, **{name: {"environment": environment, **part} for name, part in parts.items()}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rounded(merged), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {path}")
    return merged


def rounded(value: Any) -> Any:
    """Floats with seven digits; more is noise."""
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, dict):
        return {key: rounded(below) for key, below in value.items()}
    return [rounded(below) for below in value] if isinstance(value, list) else value


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--part", default=",".join(PARTS), help=f"which parts: {', '.join(PARTS)} [default: all]")
    parser.add_argument("--sets", default=",".join(SIZES), help=f"which texts: {', '.join(SIZES)} [default: all]")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured [default: 5]")
    parser.add_argument("--starts", type=int, default=7, help="how many cold starts [default: 7]")
    parser.add_argument("--scale", type=float, default=1.0, help="how many of the texts [default: 1.0, all]")
    parser.add_argument("--out", type=Path, default=common.RESULTS / "encode.json", help="the file of results")
    parser.add_argument("--long-run", action="store_true", help="measure memory over very many texts, and nothing else")
    add_options(parser)
    arguments = parser.parse_args()
    for name, known in (("part", tuple(PARTS)), ("sets", tuple(SIZES))):
        if unknown := set(getattr(arguments, name).split(",")) - set(known):
            parser.error(f"--{name} knows no {min(unknown)!r}; there are: {', '.join(known)}.")
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch) if arguments.work is None else arguments.work
        work.mkdir(parents=True, exist_ok=True)
        if arguments.long_run:
            import encode_long_run

            parts = {"long-run": encode_long_run.measure(arguments.data, work, arguments.scale)}
        else:
            bench = Benchmark(arguments, work)
            parts = {part: PARTS[part](bench) for part in PARTS if part in arguments.part.split(",")}
            parts = {name: part | {"skipped": bench.skipped} for name, part in parts.items()}
        merge(arguments.out, parts)
    encode_tables.show(parts)


if __name__ == "__main__":
    main()
