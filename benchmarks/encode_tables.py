"""Print the tables of encode.py from its results.

python benchmarks/encode_tables.py
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import common
from tables import table


def show(parts: dict[str, Any]) -> None:
    """Print what was measured, part by part, and who was not there."""
    for name, part in parts.items():
        if name in PRINTERS:
            print(f"\n## {name}\n")
            PRINTERS[name](part)
    skipped = {(who, reason) for part in parts.values() for who, reason in part.get("skipped", {}).items()}
    for who, reason in sorted(skipped):
        print(f"skipped: {who}: {reason}")


def throughput(part: dict[str, Any]) -> None:
    rates = part["float32_matrix_operations_per_second"]
    said = ", ".join(f"{value / 1e9:,.0f} GFLOP/s on {where}" for where, value in rates.items())
    print(f"NumPy's product of 2048 × 2048 float32 matrices: {said}.\n")
    for name, figures in part["sets"].items():
        what = f"{name} tokens" if name.isdigit() else name
        times = figures["times_as_fast"]
        header = [f"{what} (mean {figures['mean_tokens']:.1f} tokens)", "texts/s", "range", "tokens/s", "CPU ms a text"]
        header += [f"{mine} is × as fast" for mine in times]
        rows = []
        for who, measured in figures["results"].items():
            rate = measured["texts_per_second"]
            row = [
                who,
                number(rate["median"]),
                f"{number(rate['least'])} – {number(rate['most'])}",
                number(measured["tokens_per_second"]),
                f"{measured['cpu_ms_per_text']:.3g}",
            ]
            rows.append(row + [_times(times[mine].get(who)) for mine in times])
        table(header, rows)
        for who, measured in figures["results"].items():
            if "share_of_matrix_rate" in measured:
                share = measured["share_of_matrix_rate"]
                print(f"{who}: its arithmetic is {share:.0%} of what the matrix rate would allow.")
        print()


def compact(part: dict[str, Any]) -> None:
    """The medians of all sets in one table, as docs/speed.md has it."""
    sets = part["sets"]
    everybody = list(dict.fromkeys(who for figures in sets.values() for who in figures["results"]))
    rows = []
    for who in everybody:
        found = [figures["results"].get(who) for figures in sets.values()]
        rows.append([who, *("–" if one is None else number(one["texts_per_second"]["median"]) for one in found)])
    table(["texts a second", *sets], rows)


def agreement(part: dict[str, Any]) -> None:
    sets = part["sets"]
    everybody = list(dict.fromkeys(who for found in sets.values() for who in found))
    rows = [
        [who, *(f"{sets[name][who]['mean_cosine']:.6f} ({sets[name][who]['least_cosine']:.6f})" for name in sets)]
        for who in everybody
    ]
    table([f"cosine with {part['reference']}: mean (least)", *sets], rows)


def latency(part: dict[str, Any]) -> None:
    rows = [
        [who, f"{found['p50_ms']:.2f}", f"{found['p99_ms']:.2f}", str(found["queries"])]
        for who, found in part["results"].items()
    ]
    table(["one query", "p50 ms", "p99 ms", "queries"], rows)


def cold(part: dict[str, Any]) -> None:
    rows = [
        [who, f"{found['median']:.2f}", f"{found['least']:.2f} – {found['most']:.2f}"]
        for who, found in part["results"].items()
    ]
    table(["fresh process to first vector", "seconds", "range"], rows)


def memory(part: dict[str, Any]) -> None:
    rows = [
        [who, number(found["one_text_mib"]), number(found["set_mib"]), f"{found['texts']:,} of {found['set']}"]
        for who, found in part["results"].items()
    ]
    table(["peak memory", "one text, MiB", "more texts, MiB", "texts"], rows)


def long_run(part: dict[str, Any]) -> None:
    rows = [
        [
            model,
            f"{found['texts']:,}",
            number(found["texts_per_second"]),
            number(found["most_mib"]),
            "–" if found["growth_mib_per_100000_texts"] is None else f"{found['growth_mib_per_100000_texts']:+.2f}",
        ]
        for model, found in part["results"].items()
    ]
    table(["long run", "texts", "texts/s", "most MiB", "growth in the second half, MiB per 100,000 texts"], rows)


PRINTERS: dict[str, Callable[[dict[str, Any]], None]] = {
    "throughput": throughput,
    "agreement": agreement,
    "latency": latency,
    "cold": cold,
    "memory": memory,
    "long-run": long_run,
}


def number(value: float) -> str:
    """A rate or an amount with as many digits as it is worth."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _times(ratio: dict[str, float] | None) -> str:
    return "–" if ratio is None else f"{ratio['median']:.2f} ({ratio['least']:.2f} – {ratio['most']:.2f})"


if __name__ == "__main__":
    results = json.loads((common.RESULTS / "encode.json").read_text(encoding="utf-8"))
    show(results)
    compact(results["throughput"])
