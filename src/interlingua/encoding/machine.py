"""What a machine is and has: processor, vector extensions, float32 arithmetic, the memory that a process took."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
_STATUS = Path("/proc/self/status")
_MEBI = 1 << 20
# The extensions that decide how fast matrices are multiplied, as Linux calls them.
_TELLING = (
    "avx2",
    "fma",
    "avx_vnni",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "amx_int8",
    "asimd",
    "asimddp",
    "i8mm",
    "bf16",
    "sve",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """Where something was measured.

    Attributes:
        processor: its name.
        cores: how many processors this process may use.
        extensions: the vector extensions that matter here; empty where the system does not tell.
    """

    processor: str
    cores: int
    extensions: tuple[str, ...]


def this_machine() -> Machine:
    """The machine that this runs on."""
    facts = _cpuinfo()
    name = facts.get("model name") or _named_by_the_system() or platform.processor() or platform.machine()
    flags = set((facts.get("flags") or facts.get("Features") or "").split())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Machine(name, cores, tuple(flag for flag in _TELLING if flag in flags))


def matrix_rate(size: int = 2048, *, repeats: int = 4) -> float:
    """Float32 operations a second (a multiply-add counts two) in NumPy's product of two square matrices, the best of some.

    Args:
        size: rows and columns of the matrices.
        repeats: how often they are multiplied.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size), dtype=np.float32) for _ in range(2))
    out = np.empty((size, size), dtype=np.float32)
    seconds = []
    for _ in range(repeats + 1):  # the first one wakes the threads
        began = time.perf_counter()
        np.matmul(a, b, out=out)
        seconds.append(time.perf_counter() - began)
    return 2.0 * size**3 / min(seconds[1:])


def peak_memory() -> float | None:
    """The most memory that this process has had resident, in MiB (mapped files included); None where it cannot be told."""
    if _STATUS.exists():
        # Not ru_maxrss: on Linux that begins with what the parent had when it started this process.
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MEBI if sys.platform == "darwin" else peak / 1024


def _cpuinfo() -> dict[str, str]:
    """The lines of /proc/cpuinfo, of the last processor; empty where there is none."""
    try:
        lines = _CPUINFO.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _named_by_the_system() -> str:
    if sys.platform != "darwin":
        return ""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout.strip()
    except OSError:
        return ""
