"""``interlingua cluster``: what the texts of a file are about, in whatever languages, and which text belongs where."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.clusterings import ClusterRows, RowFormat, print_clusters, summarise, told, write_cluster_rows
from interlingua.cli.inputs import Intake, read
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    Model,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import kind_by_ending, say
from interlingua.cli.written import check_written
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.clustering.result import Clustered


class MethodName(StrEnum):
    """How clusters are found."""

    kmeans = "kmeans"
    hdbscan = "hdbscan"


def cluster(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The texts: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    k: Annotated[
        int | None,
        typer.Option("--k", metavar="N", help="How many clusters k-means makes [default: chosen by the silhouette]."),
    ] = None,
    method: Annotated[
        MethodName,
        typer.Option(
            "--method",
            help="kmeans: each text is in one of N clusters; hdbscan: dense places, and texts between them in none.",
        ),
    ] = MethodName.kmeans,
    min_size: Annotated[
        int | None,
        typer.Option(
            "--min-size",
            metavar="N",
            help="hdbscan: the smallest group that counts as a cluster [default: half the root of the number of texts].",
        ),
    ] = None,
    centred: Annotated[
        bool,
        typer.Option(
            "--centred/--no-centred", help="Take each language's mean out, so that clusters are no languages."
        ),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Write the rows with their clusters: .jsonl, .tsv or .csv."),
    ] = None,
    format: Annotated[
        RowFormat | None,
        typer.Option(
            "--format",
            "-f",
            help="How to write the rows [default: by the ending of --out]; without --out they are printed.",
        ),
    ] = None,
    clusters: Annotated[
        Path | None,
        typer.Option("--clusters", metavar="FILE", help="Write the clusters with all their terms as JSON Lines."),
    ] = None,
    map: Annotated[
        str | None,
        typer.Option("--map", metavar="FILE", help="Draw a map: .html (to look around in), .png, .svg or .txt."),
    ] = None,
    topic_column: Annotated[
        str | None,
        typer.Option(
            "--topic-column", metavar="NAME", help="A column with known topics: says how well clusters agree."
        ),
    ] = None,
    label_lang: Annotated[
        str | None,
        typer.Option(
            "--label-lang", metavar="CODE", help="The language of the terms that are shown [default: of most texts]."
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the random starts.")] = 1,
    lang: Annotated[
        str | None,
        typer.Option(
            "--lang", metavar="CODE", help="The language of all texts [default: the file's, else identified]."
        ),
    ] = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Group texts by what they are about, in any mix of languages.

    Prints a table of the clusters: how many rows, which languages, the terms that tell them apart, and a text. Clusters are
    numbered from 0, the largest first; -1 is no cluster. The result does not depend on the order of the rows. Files appear under
    their names only when they are complete.
    """
    from interlingua.languages import canonical

    lang, label_lang = (None if code is None else canonical(code) for code in (lang, label_lang))
    written_as = _check(file, out, format, clusters, map)
    with ExitStack() as stack:
        from interlingua.encoding.joint import open_encoder

        encoder = open_encoder(model, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache)
        stack.callback(encoder.close)
        rows = ClusterRows(Intake(file, encoder.card.max_tokens, clean=clean, skip=on_invalid is OnInvalid.skip))
        rows.take(read(file, format=read_as, text=text_column, id=id_column, lang=lang_column, encoding=encoding), lang)
        topics = None if topic_column is None else rows.topics(topic_column)
        found = _run(encoder, rows, method.value, k, min_size, centred, seed, progress)
        _write(found, rows, out, written_as, clusters, map, label_lang, seed)
    if out is None and written_as is not None:
        _print_rows(found, rows, written_as)
    else:
        print_clusters(found, rows, label_lang)
    rows.intake.report()
    summarise(found, rows, topics)


def _check(
    file: str, out: Path | None, format: RowFormat | None, clusters: Path | None, map: str | None
) -> RowFormat | None:
    """Refuse before the work what would fail after it; how rows are written, None where they are not."""
    from interlingua.cli.plots import check_plot

    if map == "-":
        raise OptionError("--map needs the name of a file; the table of clusters is printed anyway.")
    check_plot(map)
    check_written({"--out": out, "--clusters": clusters, "--map": map}, file)
    if format is not None or out is None:
        return format
    return kind_by_ending(out, RowFormat, RowFormat.jsonl)


def _run(
    encoder: Any,
    rows: ClusterRows,
    method: Any,
    k: int | None,
    min_size: int | None,
    centred: bool,
    seed: int,
    progress: bool | None,
) -> Clustered:
    """``cluster``, with errors that name the command's options."""
    from interlingua.clustering.cluster import cluster as run

    try:
        return run(
            encoder, rows.texts, langs=rows.langs, method=method, k=k, min_size=min_size, centred=centred,
            seed=seed, show_progress_bar=progress,
        )  # fmt: skip
    except OptionError as error:
        message = str(error)
        for name, option in (("k is ", "--k "), ("min_size is ", "--min-size ")):
            message = f"{option}is {message.removeprefix(name)}" if message.startswith(name) else message
        raise OptionError(message.replace('the method "', '--method "').replace('"', "")) from None
    except InputError as error:
        raise InputError(f"{rows.intake.name}: {str(error)[0].lower()}{str(error)[1:]}", error.rows) from None


def _write(
    found: Clustered,
    rows: ClusterRows,
    out: Path | None,
    written_as: RowFormat | None,
    clusters: Path | None,
    map: str | None,
    label_lang: str | None,
    seed: int,
) -> None:
    """All files; an error leaves none that looks complete."""
    from interlingua.texts.writing import open_atomic, write_rows

    with ExitStack() as stack:
        if clusters is not None:
            write_rows((told(one, rows) for one in found.clusters), stack.enter_context(open_atomic(clusters)), "jsonl")
        if out is not None and written_as is not None:
            write_cluster_rows(found, rows, stack.enter_context(open_atomic(out)), written_as)
        if map is not None:
            from interlingua.reports.cluster_map import plot_clusters

            plot_clusters(found, lang=label_lang, seed=seed).save(map)
            say(f"map: {map}")


def _print_rows(found: Clustered, rows: ClusterRows, written_as: RowFormat) -> None:
    write_cluster_rows(found, rows, sys.stdout, written_as)
