"""``interlingua search``: search a file in one go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from interlingua.cli.inputs import Intake, read
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    Fair,
    Format,
    IdColumn,
    Invalid,
    LangColumn,
    Model,
    OnInvalid,
    OutputFormat,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import emit
from interlingua.errors import OptionError


def search(
    file: Annotated[
        str, typer.Argument(help="The documents: txt (one a line), csv, tsv or jsonl, also .gz; - is standard input.")
    ],
    query: Annotated[
        list[str] | None, typer.Argument(help="What to search for; several are answered one by one.")
    ] = None,
    queries: Annotated[str | None, typer.Option(help="A file with one query a line (or csv, tsv, jsonl).")] = None,
    k: Annotated[int, typer.Option("-k", "--top-k", min=1, help="How many hits for each query.")] = 10,
    fair: Fair = True,
    query_lang: Annotated[str | None, typer.Option(help="The queries' language [default: identified].")] = None,
    model: Model = DEFAULT_MODEL,
    output: OutputFormat = Format.table,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Find the texts of a file that answer a query, in any language.

    The whole file is embedded and searched exactly, for each call anew. The score is the centred cosine (with --no-fair the
    cosine): at most 1, higher is better.
    """
    from interlingua.encoding.encoder import Encoder
    from interlingua.search import search as find

    asked = [*(query or []), *_read_queries(queries, encoding)]
    if not asked:
        raise OptionError("There is nothing to search for: give a query, or a file of them with --queries.")
    encoder = Encoder(model, cache_dir=cache_dir)
    intake = Intake(file, clean=clean, skip=on_invalid is OnInvalid.skip)
    read_in = read(file, format=read_as, text=text_column, id=id_column, lang=lang_column, encoding=encoding)
    records = [record for chunk in intake.chunks(read_in) for record in chunk]
    with intake.noticing([record.row for record in records]):
        results = find(encoder, asked, records, k=k, fair=fair, query_lang=query_lang)
    emit(_rows(asked, results), output)
    intake.report(encoder.card.max_tokens)


def _read_queries(path: str | None, encoding: str) -> list[str]:
    if path is None:
        return []
    records = read(path, format=None, text=None, id=None, lang=None, encoding=encoding)
    return [record.text for record in records]


def _rows(asked: list[str], results: Any) -> Iterator[dict[str, object]]:
    for query, hits in zip(asked, results, strict=True):
        for rank, hit in enumerate(hits, start=1):
            row: dict[str, object] = {"query": query} if len(asked) > 1 else {}
            row |= {
                "rank": rank,
                "score": round(hit.score, 6),
                "cosine": round(hit.cosine, 6),
                "lang": hit.lang,
                "id": hit.id,
                "text": hit.text,
            }
            yield row
