"""``interlingua index search``: queries on the command line, from a file, or typed one after another."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.arguments import argument_names, check_argument, checked_language
from interlingua.cli.indexes import Folder, Where, asked_directly, documents_of, opened, told_already
from interlingua.cli.inputs import Intake, read_queries
from interlingua.cli.options import (
    CacheDir,
    Clean,
    Encoding,
    Fair,
    Format,
    Invalid,
    OnInvalid,
    OutputFormat,
    QueryColumn,
    QueryFile,
    QueryLanguage,
    QueryTexts,
    TopK,
)
from interlingua.cli.output import emit, emit_under, plain, say
from interlingua.errors import InterlinguaError, OptionError

if TYPE_CHECKING:
    from interlingua.cli.watched import WatchedEncoder
    from interlingua.index.index import Index
    from interlingua.types import Hit, Record

# Queries that are answered together.
_CHUNK = 1024
# Characters of a text that a table shows.
_SHOWN = 240
_NAMED_LANGUAGES = 6

Find = Callable[[Sequence[str], Sequence[str | None] | None], list[list["Hit"]]]
"""Gives the hits of queries, whose languages the file says, or None."""


def search(
    folder: Folder,
    query: QueryTexts = None,
    queries: QueryFile = None,
    query_column: QueryColumn = None,
    k: TopK = 10,
    where: Where = None,
    fair: Fair = True,
    diverse: Annotated[
        bool,
        typer.Option(
            "--diverse", help="Lower each language's scores by its best, where the same is said in many languages."
        ),
    ] = False,
    hybrid: Annotated[
        bool, typer.Option("--hybrid", help="Search by keywords, too: finds exact names, numbers and codes.")
    ] = False,
    all_passages: Annotated[
        bool, typer.Option("--all-passages", help="All passages of a document, not only its best.")
    ] = False,
    per_language: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The most hits in any one language.")
    ] = None,
    min_score: Annotated[float | None, typer.Option(metavar="X", help="Only hits with at least this score.")] = None,
    min_probability: Annotated[
        float | None,
        typer.Option(
            metavar="P", help="Only hits that answer the query with at least this probability; there may be none."
        ),
    ] = None,
    query_lang: QueryLanguage = None,
    output: OutputFormat = Format.table,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Find the documents that answer a query, in any language.

    Without a query, on a terminal, it asks for one after another until an empty line or Ctrl-D. The score is the
    centred cosine (with --no-fair the cosine): at most 1, higher is better; with --hybrid it counts ranks.
    """
    arguments = query or []
    query_lang = checked_language(query_lang, queries, query_column, fair=fair)
    if not arguments and queries is None and not asked_directly():
        raise OptionError("there is nothing to search for: give a query, or a file of them with --queries.")
    names = argument_names("query", len(arguments))
    arguments = [check_argument(text, name, clean=clean) for text, name in zip(arguments, names, strict=True)]
    with opened(folder, cache_dir) as (index, encoder):

        def find(asked: Sequence[str], langs: Sequence[str | None] | None) -> list[list[Hit]]:
            with told_already():
                return index.search(
                    list(asked),
                    k,
                    where=where,
                    fair=fair,
                    diverse=diverse,
                    per_language=per_language,
                    min_score=min_score,
                    min_probability=min_probability,
                    query_lang=langs if query_lang is None else query_lang,
                    hybrid=hybrid,
                    group=not all_passages,
                )

        if not arguments and queries is None:
            _ask(index, folder, find, output, clean=clean, hybrid=hybrid, probable=min_probability is not None)
            return
        intake = Intake(queries or "", encoder.limit, clean=clean, skip=on_invalid is OnInvalid.skip)
        from_file = iter(()) if queries is None else read_queries(intake, queries, query_column, encoding)
        several = len(arguments) > 1 or queries is not None
        answers = _answers(find, arguments, from_file, intake, encoder)
        _print(answers, output, several=several, hybrid=hybrid, probable=min_probability is not None)
        encoder.report(names, arguments)
        intake.report()


def _answers(
    find: Find, arguments: list[str], more: Iterator[Record], intake: Intake, encoder: WatchedEncoder
) -> Iterator[tuple[str, list[Hit]]]:
    """The queries and their hits, those of the command line first."""
    if arguments:
        yield from zip(arguments, find(arguments, None), strict=True)
    while chunk := list(islice(more, _CHUNK)):
        texts = [record.text for record in chunk]
        yield from zip(texts, find(texts, [record.lang for record in chunk]), strict=True)
        intake.note_cut(encoder, ((record.row, record.text) for record in chunk))


def _print(
    answers: Iterator[tuple[str, list[Hit]]], output: Format, *, several: bool, hybrid: bool, probable: bool
) -> None:
    if output is not Format.table:
        emit((row for query, hits in answers for row in _rows(query, hits, output, probable)), output)
        return
    for query, hits in answers:
        if several:
            emit_under(query, _table(hits, hybrid, probable))
        else:
            emit(_table(hits, hybrid, probable), output)
        if not hits:
            say("no document answers that" if probable else "no document is found")


def _ask(index: Index, folder: str, find: Find, output: Format, *, clean: bool, hybrid: bool, probable: bool) -> None:
    """Answer what is typed, until an empty line or the end of the input."""
    languages = index.info().languages
    first = sorted(languages.items(), key=lambda one: (-one[1], one[0] or ""))
    named = ", ".join(f"{label(lang)} {number:,}" for lang, number in first[:_NAMED_LANGUAGES])
    more = f", and {len(first) - _NAMED_LANGUAGES} more languages" if len(first) > _NAMED_LANGUAGES else ""
    say(f"{folder}: {documents_of(len(index))} ({named}{more}); an empty line or Ctrl-D ends")
    while True:
        line = _read_line()
        if not line.strip():
            if not line:
                say("")
            return
        try:
            text = check_argument(line.strip(), "the query", clean=clean)
            (hits,) = find([text], None)
        except InterlinguaError as error:
            say(f"error: {plain(str(error))}")
            continue
        _print(iter([(text, hits)]), output, several=False, hybrid=hybrid, probable=probable)
        sys.stdout.flush()


def _read_line() -> str:
    print("search: ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


def label(lang: str | None) -> str:
    """A language by its code and name."""
    from interlingua.languages import language

    if lang is None:
        return "unknown"
    name = language(lang).name
    return lang if name == lang else f"{lang} ({name})"


def _rows(query: str, hits: list[Hit], output: Format, probable: bool) -> Iterator[dict[str, object]]:
    for hit, rank in zip(hits, count(1)):
        metadata: object = dict(hit.metadata)
        if output is Format.tsv:
            metadata = json.dumps(metadata, ensure_ascii=False) if metadata else None
        yield {
            "query": query,
            "rank": rank,
            "score": round(hit.score, 6),
            "cosine": round(hit.cosine, 6),
            **({"probability": hit.probability and round(hit.probability, 4)} if probable else {}),
            "lang": hit.lang,
            "id": hit.id,
            "text": hit.text,
            "start": hit.start,
            "stop": hit.stop,
            "metadata": metadata,
        }


def _table(hits: list[Hit], hybrid: bool, probable: bool) -> list[dict[str, object]]:
    """The hits as people read them: columns that would be empty are left away, and long texts are cut."""
    parts = any(hit.start is not None for hit in hits)
    fields = any(hit.metadata for hit in hits)
    rows = []
    for hit, rank in zip(hits, count(1)):
        row: dict[str, object] = {
            "rank": rank,
            "score": f"{hit.score:.4f}" if hybrid else hit.score,
            **({"probability": hit.probability} if probable else {}),
            "lang": hit.lang,
            "id": hit.id,
        }
        if parts:
            row["characters"] = None if hit.start is None else f"{hit.start}–{hit.stop}"
        row["text"] = hit.text if len(hit.text) <= _SHOWN else hit.text[:_SHOWN].rstrip() + "…"
        if fields:
            row["fields"] = ", ".join(f"{name}: {_shown(value)}" for name, value in hit.metadata.items()) or None
        rows.append(row)
    return rows


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[:_SHOWN].rstrip() + "…"
