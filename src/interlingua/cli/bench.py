"""``interlingua bench``: how fast a model is on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.options import (
    DEFAULT_MODEL,
    Backend,
    BackendKind,
    CacheDir,
    Device,
    Format,
    Model,
    Precision,
    PrecisionKind,
    Threads,
)
from interlingua.cli.output import emit, emit_under, plain

if TYPE_CHECKING:
    from interlingua.encoding.encoder import Encoder
    from interlingua.encoding.measuring import TextMaker

_LENGTHS = (5, 15, 50, 200, 500)
_ROUNDS = 5
_QUERIES = 200
_STARTS = 5
_MOST_TEXTS = 5_000  # that are made for a length; what is faster goes over them again
# Which part of the time goes where; the rest is loading, making texts and starting processes.
_SHARE_OF_RATES = 0.6
_SHARE_OF_LATENCY = 0.1


class BenchFormat(StrEnum):
    """How measurements are printed."""

    table = "table"
    jsonl = "jsonl"


def bench(
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    backend: Backend = BackendKind.auto,
    device: Device = None,
    threads: Threads = None,
    seconds: Annotated[
        float, typer.Option("--seconds", metavar="S", min=1.0, max=3600.0, help="How long to measure for, about.")
    ] = 20.0,
    output: Annotated[BenchFormat, typer.Option("--format", "-f", help="How to print the results.")] = (
        BenchFormat.table
    ),
    cache_dir: CacheDir = None,
) -> None:
    """Measure how fast a model is on this machine.

    Texts of several lengths, made of the demo corpus, are embedded in rounds; then single queries; then fresh processes are
    started. Let nothing else run meanwhile.
    """
    from interlingua.encoding.encoder import Encoder
    from interlingua.progress import progress_bar

    options: dict[str, Any] = {
        "model": model,
        "precision": precision.value,
        "backend": backend.value,
        "device": device,
        "threads": threads,
        "cache_dir": None if cache_dir is None else str(cache_dir),
    }
    encoder = Encoder(**options)
    encoder.load()
    lengths = [length for length in _LENGTHS if length <= encoder.card.max_tokens]
    with progress_bar("Measuring", len(lengths) + 3, unit="parts") as advance:
        rows = list(_measured(encoder, options, lengths, seconds, advance))
    if output is BenchFormat.jsonl:
        emit(rows, Format.jsonl)
    else:
        _print(rows)


def _measured(
    encoder: Encoder, options: dict[str, Any], lengths: list[int], seconds: float, advance: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """One row for each measurement; ``measure`` says what it is."""
    from interlingua.encoding.machine import matrix_rate, this_machine

    maker = _maker(encoder)
    machine = this_machine()
    threads = options["threads"] or machine.cores
    yield {
        "measure": "machine",
        "processor": machine.processor,
        "cores": machine.cores,
        "extensions": list(machine.extensions),
        "float32_gflops": round(matrix_rate() / 1e9, 1),
    }
    advance(1)
    yield {
        "measure": "model",
        "model": encoder.name,
        "precision": options["precision"],
        "backend": encoder.backend,
        "threads": threads,
    }
    for length in lengths:
        round_seconds = seconds * _SHARE_OF_RATES / (len(lengths) * _ROUNDS)
        yield _throughput(encoder, maker, length, round_seconds, threads)
        advance(1)
    yield _latency(encoder, maker, seconds * _SHARE_OF_LATENCY)
    advance(1)
    yield from _fresh(options, maker, lengths)
    advance(1)


def _maker(encoder: Encoder) -> TextMaker:
    from interlingua.demo.corpus import DEMO_LANGUAGES, load_corpus
    from interlingua.encoding.measuring import TextMaker

    corpus = load_corpus()
    documents = [[item.text for item in corpus if item.lang == lang] for lang in DEMO_LANGUAGES]
    limit = encoder.card.max_tokens
    return TextMaker(documents, lambda texts: [len(ids) for ids in encoder.token_ids(texts)], limit=limit)


def _throughput(encoder: Encoder, maker: TextMaker, length: int, seconds: float, threads: int) -> dict[str, Any]:
    from interlingua.encoding.measuring import measure_rate, median

    made: tuple[list[str], list[int]] = ([], [])

    def texts(count: int) -> list[str]:
        nonlocal made
        if len(made[0]) < min(count, _MOST_TEXTS):
            made = maker.make(length, min(count, _MOST_TEXTS))
        return made[0][:count]

    rates = measure_rate(
        lambda chunk: encoder.encode(chunk, show_progress_bar=False),
        texts,
        rounds=_ROUNDS,
        seconds=seconds,
        lanes=threads,
    )
    tokens = sum(made[1]) / len(made[1])
    return {
        "measure": "throughput",
        "tokens": length,
        "mean_tokens": round(tokens, 1),
        "texts_per_second": round(median(rates), 1),
        "least": round(min(rates), 1),
        "most": round(max(rates), 1),
        "tokens_per_second": round(median(rates) * tokens),
    }


def _latency(encoder: Encoder, maker: TextMaker, seconds: float) -> dict[str, Any]:
    from interlingua.encoding.measuring import measure_latency, percentile

    queries, _ = maker.make(15, _QUERIES)
    taken = measure_latency(encoder.encode_query, queries, seconds=seconds)
    return {
        "measure": "one query",
        "queries": len(taken),
        "p50_ms": round(percentile(taken, 0.5) * 1e3, 2),
        "p99_ms": round(percentile(taken, 0.99) * 1e3, 2),
    }


def _fresh(options: dict[str, Any], maker: TextMaker, lengths: list[int]) -> Iterator[dict[str, Any]]:
    from interlingua.encoding.measuring import measure_fresh_process, median

    starts = [measure_fresh_process(options) for _ in range(_STARTS)]
    seconds = [start.seconds for start in starts]
    yield {
        "measure": "cold start",
        "starts": len(starts),
        "seconds": round(median(seconds), 3),
        "least": round(min(seconds), 3),
        "most": round(max(seconds), 3),
    }
    texts = [text for length in lengths for text in maker.make(length, max(4, 1000 // length))[0]]
    yield {
        "measure": "peak memory",
        "mib_one_text": _rounded(starts[-1].peak_mib),
        "texts": len(texts),
        "mib_many_texts": _rounded(measure_fresh_process(options, texts).peak_mib),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _print(rows: list[dict[str, Any]]) -> None:
    """The rows as a heading, a table by length, and a table of the rest."""
    by_name = {row["measure"]: row for row in rows}
    machine, model = by_name["machine"], by_name["model"]
    extensions = f" ({', '.join(machine['extensions'])})" if machine["extensions"] else ""
    print(
        plain(
            f"{machine['processor']}, {machine['cores']} processors{extensions}, "
            f"{machine['float32_gflops']:,.0f} GFLOP/s in float32 matrices"
        )
    )
    title = f"{model['model']}, {model['precision']}, {model['backend']}, {_threads(model['threads'])}"
    emit_under(title, (_speed_row(row) for row in rows if row["measure"] == "throughput"))
    query, start, memory = (by_name[name] for name in ("one query", "cold start", "peak memory"))
    print()
    emit(
        [
            _other("one query, median", f"{query['p50_ms']:.1f} ms", f"of {query['queries']} different ones, one at a time"),
            _other("one query, 99 of 100", f"{query['p99_ms']:.1f} ms", "are as fast or faster"),
            _other("cold start", f"{start['seconds']:.2f} s", f"to the first vector; {start['least']:.2f} to {start['most']:.2f}"),
            _other("peak memory", _mib(memory["mib_one_text"]), "one text"),
            _other("peak memory", _mib(memory["mib_many_texts"]), f"{memory['texts']} texts of all lengths"),
        ],
        Format.table,
    )  # fmt: skip


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _speed_row(row: dict[str, Any]) -> dict[str, object]:
    return {
        "tokens": row["tokens"],
        "texts/s": _short(row["texts_per_second"]),
        "range": f"{_short(row['least'])} – {_short(row['most'])}",
        "tokens/s": f"{row['tokens_per_second']:,}",
    }


def _short(rate: float) -> str:
    return f"{rate:,.1f}" if rate < 100 else f"{rate:,.0f}"


def _other(what: str, value: str, of: str) -> dict[str, object]:
    return {"measured": what, "value": value, "remark": of}


def _mib(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} MiB"
