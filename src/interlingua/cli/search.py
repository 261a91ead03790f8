"""``interlingua search``: search a file in one go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.arguments import argument_names, check_argument, checked_language, shortened
from interlingua.cli.inputs import Intake, read, read_queries
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    Fair,
    Format,
    IdColumn,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    Model,
    OnInvalid,
    OutputFormat,
    Precision,
    PrecisionKind,
    QueryColumn,
    QueryFile,
    QueryLanguage,
    QueryTexts,
    ReadAs,
    TextColumn,
    TopK,
)
from interlingua.cli.output import emit, emit_under
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.types import Hit


def search(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The documents: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    query: QueryTexts = None,
    queries: QueryFile = None,
    query_column: QueryColumn = None,
    k: TopK = 10,
    fair: Fair = True,
    query_lang: QueryLanguage = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    output: OutputFormat = Format.table,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    cache_dir: CacheDir = None,
) -> None:
    """Find the texts of a file that answer a query, in any language.

    The whole file is embedded (for each call anew, unless --embedding-cache keeps its vectors) and searched
    exactly. The score is the centred cosine (with --no-fair the cosine): at most 1, higher is better.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.searching import search as find

    arguments = query or []
    _check_sources(file, arguments, queries)
    query_lang = checked_language(query_lang, queries, query_column, fair=fair)
    encoder = WatchedEncoder(
        open_encoder(model, precision=precision.value, embedding_cache=embedding_cache, cache_dir=cache_dir)
    )
    skip = on_invalid is OnInvalid.skip
    names = argument_names("query", len(arguments))
    arguments = [check_argument(text, name, clean=clean) for text, name in zip(arguments, names, strict=True)]
    more = Intake(queries or "", encoder.limit, clean=clean, skip=skip)
    from_file = [] if queries is None else list(read_queries(more, queries, query_column, encoding))
    documents = Intake(file, encoder.limit, clean=clean, skip=skip)
    read_in = read(file, format=read_as, text=text_column, id=id_column, lang=lang_column, encoding=encoding)
    records = [record for chunk in documents.chunks(read_in) for record in chunk]

    asked = [*arguments, *(record.text for record in from_file)]
    found = find(encoder, asked, records, k=k, fair=fair, query_lang=query_lang)
    _print(asked, found, output)
    encoder.report(names, arguments)
    for intake, rows in ((more, from_file), (documents, records)):
        intake.note_cut(encoder, ((record.row, record.text) for record in rows))
        intake.report()


def _check_sources(file: str, arguments: list[str], queries: str | None) -> None:
    """Refuse what cannot be meant, before anything is read."""
    if not arguments and queries is None:
        raise OptionError("there is nothing to search for: give a query, or a file of them with --queries.")
    if file == "-" and queries == "-":
        raise OptionError("the documents and the queries cannot both come from standard input.")
    # As in grep, some put what they search for first.
    if file != "-" and not os.path.exists(file) and any(os.path.isfile(text) for text in arguments):
        raise OptionError(f"there is no file {shortened(file)!r}: the file comes first, then the queries.")


def _print(asked: list[str], found: list[list[Hit]], output: Format) -> None:
    if output is Format.table:
        for query, hits in zip(asked, found, strict=True):
            if len(asked) > 1:
                emit_under(query, map(_cells, hits, count(1)))
            else:
                emit(map(_cells, hits, count(1)), output)
        return
    emit((row for query, hits in zip(asked, found, strict=True) for row in _rows(query, hits, output)), output)


def _rows(query: str, hits: list[Hit], output: Format) -> Iterator[dict[str, object]]:
    for hit, rank in zip(hits, count(1)):
        # JSON Lines have room for the other fields of a document, whatever they are.
        yield (
            {"query": query} | _cells(hit, rank) | ({"metadata": dict(hit.metadata)} if output is Format.jsonl else {})
        )


def _cells(hit: Hit, rank: int) -> dict[str, object]:
    return {
        "rank": rank,
        "score": round(hit.score, 6),
        "cosine": round(hit.cosine, 6),
        "lang": hit.lang,
        "id": hit.id,
        "text": hit.text,
    }
