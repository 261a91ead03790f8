"""``interlingua classify suggest``: which rows to label next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.classify_predict import Prefix, RowsFormat, RowsOut
from interlingua.cli.classify_rows import Lang, embedded, open_classifier
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    OnInvalid,
    Precision,
    PrecisionKind,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import kind_by_ending, say
from interlingua.cli.whole_rows import Added, Reading, RowFormat, write_to
from interlingua.cli.written import check_written
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.classification.suggesting import Suggestion
    from interlingua.types import Record

_NEW = ("why", "best", "margin", "lang")


def suggest(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="[FOLDER] FILE", help="A classifier and rows without labels; with --cold the rows alone."
        ),
    ],
    count: Annotated[int, typer.Option("-n", "--rows", metavar="N", min=1, help="How many rows to choose.")] = 20,
    cold: Annotated[
        bool, typer.Option("--cold", help="Start without a classifier: rows that stand for many others.")
    ] = False,
    per_language: Annotated[
        bool, typer.Option("--per-language", help="As many rows in each language as in any other, as far as there are.")
    ] = False,
    label_column: Annotated[
        str | None,
        typer.Option(
            "--label-column", metavar="NAME", help="Rows that have something there are labelled already, and left out."
        ),
    ] = None,
    out: RowsOut = None,
    row_format: RowsFormat = None,
    prefix: Prefix = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Another number draws another choice.")] = 0,
    lang: Lang = None,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="With --cold: the model [default: e5-small].")
    ] = None,
    precision: Precision = PrecisionKind.exact,
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Choose the rows whose labels would teach the classifier most.

    Of the rows that it is unsure of, one from each region of the space, over all languages. Rows go out as they came in, with
    why they were chosen; label them, add them to the training data and train anew. With --cold there is no classifier yet.
    """
    from interlingua.classification.suggesting import suggest as suggested
    from interlingua.languages import canonical
    from interlingua.scoring.similarity import languages_of

    folder, file = _two(paths, cold)
    if not cold and (model is not None or precision is not PrecisionKind.exact):
        raise OptionError("--model and --precision are for --cold; a classifier knows its model.")
    kind = row_format or kind_by_ending(out, RowFormat, RowFormat.jsonl)
    check_written({"--out": out}, file)
    reading = Reading(
        read_as,
        text_column,
        lang_column,
        encoding,
        clean,
        on_invalid is OnInvalid.skip,
        None if lang is None else canonical(lang),
    )
    classifier: Any = None
    if folder is not None:
        classifier, encoder = open_classifier(folder, cache_dir=cache_dir, embedding_cache=embedding_cache)
    else:
        from interlingua.encoding.joint import open_encoder

        encoder = open_encoder(
            model or DEFAULT_MODEL, precision=precision.value, cache_dir=cache_dir, embedding_cache=embedding_cache
        )
    intake = reading.intake(file, encoder.card.max_tokens)
    records = [record for chunk in reading.chunks(file, intake) for record in chunk]
    total = len(records)
    records = _unlabelled(records, label_column, intake.name)
    texts = [record.text for record in records]
    langs = languages_of(texts, [record.lang for record in records])
    found = suggested(
        embedded(encoder, texts, show=progress),
        count,
        classifier=classifier,
        encoder=None if classifier is not None else encoder,
        langs=langs,
        per_language=per_language,
        seed=seed,
    )
    intake.report()
    written = write_to(out, sys.stdout, kind, lambda: _rows(records, found, Added(_NEW[:-1], prefix, intake.name)))
    left = "" if total == len(records) else f" ({total - len(records):,} have a label already)"
    say(f"{intake.name}: chose {written:,} of {len(records):,} rows{left}, in {_spread(found)}")


def _two(paths: Sequence[str], cold: bool) -> tuple[str | None, str]:
    if len(paths) > 2 or (cold and len(paths) > 1):
        raise OptionError(
            f"One file is chosen from{', without a classifier with --cold' if cold else ''}; {len(paths)} things are given."
        )
    if cold:
        return None, paths[0]
    if len(paths) == 1:
        raise OptionError(
            "Give a classifier's FOLDER and a FILE of rows, or --cold FILE to start without a classifier."
        )
    return paths[0], paths[1]


def _unlabelled(records: list[Record], column: str | None, shown: str) -> list[Record]:
    if column is None:
        return records
    if not any(column in record.metadata for record in records):
        raise InputError(f"{shown}: there is no column {column!r}.")
    found = [record for record in records if record.metadata.get(column) in (None, "", [])]
    if not found:
        raise InputError(
            f"{shown}: all {len(records):,} rows have a label in {column!r}; there is nothing left to choose."
        )
    return found


def _rows(records: Sequence[Record], found: Sequence[Suggestion], added: Added) -> Iterator[dict[str, object]]:
    for one in found:
        record = records[one.row]
        new: dict[str, object] = {"why": one.why()}
        if one.margin is not None:
            new |= {"best": str(one.best), "margin": round(one.margin, 4)}
        if not any(name.casefold() in ("lang", "language") for name in record.metadata):
            new["lang"] = one.lang
        yield added.to(record, new)


def _spread(found: Sequence[Suggestion]) -> str:
    counts: dict[str, int] = {}
    for one in found:
        counts[one.lang or "unknown"] = counts.get(one.lang or "unknown", 0) + 1
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{lang} {count}" for lang, count in most[:10]) + (", …" if len(most) > 10 else "")
