"""``interlingua index bias``: the languages of hits against those of the documents, and documents that are near everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.index_search import label
from interlingua.cli.indexes import Folder, Where, documents_of, opened, told_already
from interlingua.cli.inputs import Intake, read_queries
from interlingua.cli.options import CacheDir, Encoding, Fair, Format, OutputFormat
from interlingua.cli.output import emit, say
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.index.bias import Bias
    from interlingua.index.hubs import Hubs

_SHOWN = 120
_SAMPLE_OF_LANGUAGE = 50
_SAMPLE_FOR_HUBS = 2000


def bias(
    folder: Folder,
    queries: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Queries, one a line (or csv, tsv, jsonl, perhaps with a column lang) [default: documents of the index].",
        ),
    ] = None,
    query_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The column or field of --queries with the query [default: query, text, …]."),
    ] = None,
    hubs: Annotated[
        bool, typer.Option("--hubs", help="Report the documents that come up whatever is asked, instead.")
    ] = False,
    k: Annotated[
        int, typer.Option("-k", "--top-k", metavar="N", min=1, help="How many hits of each query count.")
    ] = 10,
    sample: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Without --queries: how many documents are asked for [default: 50 of each language; for --hubs 2000].",
        ),
    ] = None,
    where: Where = None,
    fair: Fair = True,
    output: OutputFormat = Format.table,
    encoding: Encoding = "utf-8",
    cache_dir: CacheDir = None,
) -> None:
    """Report how evenly languages are found.

    For queries in each language: the share of hits in each language against its share of the index, in plain and in fair search. A
    table shows the queries' own language only; jsonl and tsv have every pair.
    """
    if query_column is not None and queries is None:
        raise OptionError("--query-column is for a file of queries, but there is no --queries.")
    if not fair and not hubs:
        raise OptionError("the report shows plain and fair search; --no-fair is for --hubs.")
    with opened(folder, cache_dir) as (index, encoder):
        texts = langs = None
        if queries is not None:
            intake = Intake(queries, encoder.limit)
            records = list(read_queries(intake, queries, query_column, encoding))
            texts, langs = [record.text for record in records], [record.lang for record in records]
        with told_already():
            if hubs:
                count = sample or _SAMPLE_FOR_HUBS
                _print_hubs(index.hubs(texts, langs=langs, k=k, where=where, sample=count, fair=fair), output)
            else:
                count = sample or _SAMPLE_OF_LANGUAGE
                _print_bias(index.bias(texts, langs=langs, k=k, where=where, sample=count), output)


def _print_bias(found: Bias, output: Format) -> None:
    rows: list[dict[str, object]] = [
        {
            "query_lang": row.query_lang,
            "lang": row.lang,
            "queries": row.queries,
            "documents": round(row.documents, 6),
            "plain": round(row.plain, 6),
            "fair": round(row.fair, 6),
        }
        for row in found.rows
        if output is not Format.table or row.lang == row.query_lang
    ]
    if output is Format.table:
        rows = [
            {"query_lang": label(row.query_lang), "queries": row.queries, **_shares(row.documents, row.plain, row.fair)}
            for row in found.rows
            if row.lang == row.query_lang
        ]
    emit(rows, output)
    own, plain, fair = (f"{share:.1%}" for share in found.own)
    asked = "documents as queries" if found.sampled else "queries"
    say(
        f"{found.queries:,} {asked}, {found.k} hits each: their own language has {own} of the documents, {plain} of the plain "
        f"hits, {fair} of the fair hits"
    )
    plain, fair = (f"{distance:.1%}" for distance in found.distance)
    say(f"hits that would have to be in another language to be even: plain {plain}, fair {fair}")


def _shares(documents: float, plain: float, fair: float) -> dict[str, object]:
    return {"documents": f"{documents:.1%}", "plain": f"{plain:.1%}", "fair": f"{fair:.1%}"}


def _print_hubs(found: Hubs, output: Format) -> None:
    rows: list[dict[str, object]] = [
        {
            "occurrences": hub.occurrences,
            "share": round(hub.share, 6),
            "lang": hub.lang,
            "id": hub.id,
            "text": hub.text if output is not Format.table or len(hub.text) <= _SHOWN else hub.text[:_SHOWN] + "…",
        }
        for hub in found.hubs
    ]
    emit(rows, output)
    say(
        f"{found.queries:,} queries, {found.k} hits each, {documents_of(found.documents)}: {len(found.hubs):,} come up more than "
        f"ten times as often as the average; skewness {found.skewness:.1f}, {found.never:.1%} of the documents never come up"
    )
