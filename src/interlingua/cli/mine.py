"""``interlingua mine``: the sentences of two or more files that are translations of each other."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    Models,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import kind_by_ending
from interlingua.cli.written import check_written
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.mining.filters import Filters
    from interlingua.mining.mine import Rules


class MineFormat(StrEnum):
    """How pairs are written."""

    tsv = "tsv"
    jsonl = "jsonl"
    tmx = "tmx"
    parquet = "parquet"
    table = "table"


class ScoreKind(StrEnum):
    """What ranks pairs."""

    probability = "probability"
    ratio = "ratio"
    distance = "distance"
    absolute = "absolute"


class RetrievalKind(StrEnum):
    """Which candidates are pairs."""

    intersection = "intersection"
    max = "max"
    forward = "forward"
    backward = "backward"


def mine(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Files of sentences, each in one language: txt (one a line), csv, tsv or jsonl, also .gz; - is standard "
            "input. Of more than two, each is mined with each.",
        ),
    ],
    langs: Annotated[
        str | None,
        typer.Option(
            "--langs", metavar="CODE,CODE", help="The files' languages, in their order [default: identified]."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write [default: standard output].")
    ] = None,
    output: Annotated[
        MineFormat | None,
        typer.Option("--format", "-f", help="How to write [default: by the ending of --out, else tsv]."),
    ] = None,
    target_precision: Annotated[
        float,
        typer.Option(
            "--target-precision",
            metavar="SHARE",
            help="The wanted share of translations among the pairs, by the estimate.",
        ),
    ] = 0.9,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="SCORE", help="Keep pairs from this score on, instead of by --target-precision."
        ),
    ] = None,
    score: Annotated[
        ScoreKind,
        typer.Option(
            help="What ranks pairs: the probability of being a translation; a margin, as a ratio or a distance; or the "
            "cosine (absolute)."
        ),
    ] = ScoreKind.probability,
    retrieval: Annotated[
        RetrievalKind,
        typer.Option(
            help="Which candidates are pairs: each source's best (forward), each target's (backward), those that are both "
            "(intersection), or either (max)."
        ),
    ] = RetrievalKind.intersection,
    neighbours: Annotated[
        int,
        typer.Option(
            "--neighbours", "-k", metavar="N", min=1, max=8, help="Over how many nearest sentences a margin is."
        ),
    ] = 4,
    one_to_one: Annotated[
        bool, typer.Option("--one-to-one/--many-to-many", help="Use each sentence once at most, the best pairs first.")
    ] = True,
    look_at_texts: Annotated[
        bool,
        typer.Option(
            "--texts/--vectors-only", help="Let numbers and lengths count and leave out copies; or vectors alone."
        ),
    ] = True,
    least_size: Annotated[
        float | None,
        typer.Option(
            "--min-size",
            metavar="N",
            help="Leave out sentences of fewer letters; a Chinese character is three [default: 2].",
        ),
    ] = None,
    most_size: Annotated[
        float | None,
        typer.Option("--max-size", metavar="N", help="Leave out sentences of more letters [default: 2000]."),
    ] = None,
    filters: Annotated[
        bool,
        typer.Option(
            "--filters/--no-filters",
            help="Leave out duplicates, boilerplate, what is no prose, and sentences in other languages; or mine all.",
        ),
    ] = True,
    work: Annotated[
        Path | None,
        typer.Option(
            "--work",
            metavar="FOLDER",
            help="Keep what is done in this folder, and go on from there: for millions of sentences.",
        ),
    ] = None,
    max_memory: Annotated[
        str | None,
        typer.Option(
            "--max-memory", metavar="SIZE", help="With --work: about how much memory the search may use, such as 2GB."
        ),
    ] = None,
    model: Models = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    read_as: ReadAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Find the translations of each other in files of sentences.

    Each file is in one language. Most sentences may have no translation, and their order does not matter. Pairs come
    with the probability of being translations, 0 to 1, and go on as long as --target-precision of them are right by the
    estimate, which is told at the end.
    """
    from interlingua.cli.minings import Mining, read_heap
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical

    if len(files) < 2:
        raise OptionError("mining takes two files or more: the sentences of each language in one.")
    if files.count("-") > 1:
        raise OptionError("only one of the files can be standard input.")
    codes = _codes(langs, len(files))
    written = _format(out, output)
    check_written({"--out": out}, *files)
    rules, left_out = (
        _rules(score, retrieval, neighbours, one_to_one, target_precision, threshold, look_at_texts),
        (_filters(filters, least_size, most_size)),
    )
    if max_memory is not None and work is None:
        raise OptionError("--max-memory is for --work, which keeps vectors in a folder.")
    encoder = open_encoder(
        model,
        precision=precision.value,
        embedding_cache=embedding_cache,
        cache_dir=cache_dir,
    )
    heaps = [
        read_heap(
            path,
            None if code is None else canonical(code),
            encoder,
            text=text_column,
            id=id_column,
            lang=lang_column,
            read_as=None if read_as is None else read_as.value,
            encoding=encoding,
            clean=clean,
            skip=on_invalid is OnInvalid.skip,
        )
        for path, code in zip(files, codes, strict=True)
    ]
    Mining(encoder, rules, left_out, progress, work, max_memory).run(heaps, out, written.value)


def _codes(langs: str | None, count: int) -> list[str | None]:
    if langs is None:
        return [None] * count
    codes = [code.strip() or None for code in langs.split(",")]
    if len(codes) != count:
        raise OptionError(
            f"--langs names a language for each of {count} files, with commas between (an empty one is identified); not "
            f"{langs!r}."
        )
    return list(codes)


def _format(out: Path | None, output: MineFormat | None) -> MineFormat:
    output = output or kind_by_ending(
        out, [kind for kind in MineFormat if kind is not MineFormat.table], MineFormat.tsv
    )
    if output is MineFormat.parquet and out is None:
        raise OptionError("parquet is no text: say with --out which file to write.")
    if output is MineFormat.table and out is not None:
        raise OptionError("a table is for reading here; a file is written as tsv, jsonl, tmx or parquet.")
    return output


def _rules(
    score: ScoreKind,
    retrieval: RetrievalKind,
    neighbours: int,
    one_to_one: bool,
    target_precision: float,
    threshold: float | None,
    look_at_texts: bool,
) -> Rules:
    from interlingua.mining.mine import Rules

    return Rules(score.value, retrieval.value, neighbours, one_to_one, target_precision, threshold, look_at_texts)


def _filters(wanted: bool, least_size: float | None, most_size: float | None) -> Filters:
    from dataclasses import replace

    from interlingua.mining.filters import Filters

    usual = Filters() if wanted else Filters.none()
    return replace(
        usual,
        least_size=usual.least_size if least_size is None else least_size,
        most_size=usual.most_size if most_size is None else most_size,
    )
