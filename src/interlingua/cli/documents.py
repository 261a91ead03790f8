"""``interlingua documents``: which document is the translation of which, in two folders or in one heap of many languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.indexes import ReadDocumentsAs
from interlingua.cli.inputs import Intake, WithRecords
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
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
    Progress,
    TextColumn,
)
from interlingua.cli.output import emit, plain, say
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import OptionError, UnknownLanguage

if TYPE_CHECKING:
    from interlingua.alignment.documents import DocumentGroup, DocumentMatch
    from interlingua.types import Record

# Parts of a path that may be a language code: de, de-AT, zh_Hant, deu.
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?")


def documents(
    left: Annotated[
        str,
        typer.Argument(
            metavar="LEFT", help="A folder of text files, or a file with a document a row: csv, tsv, jsonl, parquet."
        ),
    ],
    right: Annotated[
        str | None,
        typer.Argument(
            metavar="RIGHT",
            help="The other heap, likewise. Without it the documents of LEFT are grouped across languages.",
        ),
    ] = None,
    left_lang: Annotated[
        str | None,
        typer.Option(
            "--left-lang", metavar="CODE", help="The left documents' language [default: lang column, path, identified]."
        ),
    ] = None,
    right_lang: Annotated[
        str | None,
        typer.Option(
            "--right-lang",
            metavar="CODE",
            help="The right documents' language [default: lang column, path, identified].",
        ),
    ] = None,
    unmatched: Annotated[
        bool, typer.Option("--unmatched/--no-unmatched", help="Print documents without a counterpart, too.")
    ] = True,
    min_probability: Annotated[
        float,
        typer.Option("--min-probability", metavar="P", help="Documents are counterparts from this probability on."),
    ] = 0.5,
    candidates: Annotated[
        int,
        typer.Option("--candidates", metavar="N", min=1, help="How many are compared with each sentence by sentence."),
    ] = 10,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    output: OutputFormat = Format.table,
    read_as: ReadDocumentsAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    embedding_cache: KeepEmbeddings = False,
    progress: Progress = None,
    cache_dir: CacheDir = None,
) -> None:
    """Find each document's translation, or that it has none.

    It is found by content. Of two heaps each document is used once; one heap is divided into groups with at most one
    document in each language. The probability is that two documents are counterparts, 0 to 1; "shared" is the share of
    both texts that has a translation in the other.
    """
    from interlingua.alignment.documents import check_options, group_documents, match_documents
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical
    from interlingua.progress import progress_bar

    check_options(min_probability, candidates)
    if left == "-" and right == "-":
        raise OptionError("the left and the right documents cannot both come from standard input.")
    if right is None and right_lang is not None:
        raise OptionError("--right-lang is for the documents of RIGHT, which was not given.")
    codes = [None if code is None else canonical(code) for code in (left_lang, right_lang)]
    encoder = WatchedEncoder(
        open_encoder(model, precision=precision.value, embedding_cache=embedding_cache, cache_dir=cache_dir)
    )
    how = _How(
        None if read_as is None else read_as.value,
        (text_column, id_column, lang_column),
        encoding,
        clean,
        on_invalid is OnInvalid.skip,
    )
    heaps = [
        _read(path, encoder.limit, how, code)
        for path, code in zip((left, right), codes, strict=True)
        if path is not None
    ]
    with progress_bar("Reading", sum(len(heap.records) for heap in heaps), show=progress, unit="documents") as advance:
        if right is None:
            groups = group_documents(
                encoder,
                heaps[0].texts,
                langs=heaps[0].langs,
                min_probability=min_probability,
                candidates=candidates,
                advance=advance,
            )
        else:
            matches = match_documents(
                encoder,
                heaps[0].texts,
                heaps[1].texts,
                left_langs=heaps[0].langs,
                right_langs=heaps[1].langs,
                min_probability=min_probability,
                candidates=candidates,
                advance=advance,
            )
    if right is None:
        emit(_group_rows(groups, heaps[0], unmatched), output)
        _tell_groups(groups, heaps[0])
    else:
        emit(_match_rows(matches, heaps[0], heaps[1], unmatched), output)
        _tell_matches(matches, heaps)
    for heap in heaps:
        heap.intake.report()


@dataclass(frozen=True)
class _How:
    """How files are read."""

    format: str | None
    columns: tuple[str | None, str | None, str | None]
    encoding: str
    clean: bool
    skip: bool


@dataclass(frozen=True)
class _Heap(WithRecords):
    """Documents as they were read."""

    intake: Intake
    records: list[Record]

    def name(self, row: int | None) -> str | None:
        return None if row is None else self.records[row].id or str(self.records[row].row)


def _read(path: str, limit: int, how: _How, lang: str | None) -> _Heap:
    from interlingua.texts.documents import read_documents

    intake = Intake(path, limit, clean=how.clean, skip=how.skip)
    text, ids, langs = how.columns
    found = read_documents(
        path,
        format=how.format,
        text=text,
        id=ids,
        lang=langs,
        encoding=how.encoding,
        left_out=(lambda sentence: say(f"warning: left out {plain(sentence)}")) if how.skip else None,
    )
    records = [record for chunk in intake.chunks(found) for record in chunk]
    if lang is not None:
        records = [replace(record, lang=lang) for record in records]
    elif path != "-" and Path(path).is_dir():
        records = with_languages_of_paths(records)
    return _Heap(intake, records)


def with_languages_of_paths(records: list[Record]) -> list[Record]:
    """Documents of a folder with the language that their path names: ``fr/a.md``, ``docs/a.fr.md``, ``a_pt-BR.txt``.

    A part of a path counts as a code where parts at the same place name at least two languages, since a single folder ``no``
    or ``is`` may mean something else. What no path tells is identified from the text.
    """
    found = [_codes_of(record.id) for record in records]
    seen: dict[tuple[str, int], set[str]] = {}
    counts: Counter[tuple[str, int]] = Counter()
    for codes in found:
        for place, code in codes.items():
            seen.setdefault(place, set()).add(code)
            counts[place] += 1
    places = [place for place, codes in seen.items() if len(codes) > 1]
    if not places:
        return records
    best = max(places, key=lambda place: counts[place])
    return [replace(record, lang=codes.get(best)) for record, codes in zip(records, found, strict=True)]


def _codes_of(path: str) -> dict[tuple[str, int], str]:
    """The languages that parts of a path may name: a folder, the file's name, or what ends it."""
    from interlingua.languages import canonical
    from interlingua.languages.identification import identifiable

    *folders, file = PurePosixPath(path).parts
    stem = PurePosixPath(file).stem
    parts = {("folder", place): folder for place, folder in enumerate(folders)}
    parts["name", 0] = stem
    for place, mark in enumerate("._-"):
        before, _, parts["ending", place] = stem.rpartition(mark)
        if not before:
            del parts["ending", place]
    codes = {}
    for where, part in parts.items():
        if _CODE.fullmatch(part):
            with suppress(UnknownLanguage):
                code = canonical(part)
                # "new" and "map" are codes as well; of three letters those count that texts are often in.
                if len(code.partition("-")[0]) == 2 or code in identifiable():
                    codes[where] = code
    return codes


def _match_rows(
    matches: list[DocumentMatch], left: _Heap, right: _Heap, unmatched: bool
) -> Iterator[dict[str, object]]:
    for match in matches:
        pair = match.left is not None and match.right is not None
        if pair or unmatched:
            nearest = None if pair else (right if match.right is None else left).name(match.nearest)
            yield {
                "left": left.name(match.left),
                "right": right.name(match.right),
                "probability": round(match.probability, 4),
                "shared": round(match.shared, 4),
                "nearest": nearest,
            }


def _group_rows(groups: list[DocumentGroup], heap: _Heap, unmatched: bool) -> Iterator[dict[str, object]]:
    number = 0
    for group in groups:
        if len(group.rows) == 1 and not unmatched:
            continue
        number += 1
        for row, lang, probability in zip(group.rows, group.langs, group.probabilities, strict=True):
            yield {
                "group": number,
                "documents": len(group.rows),
                "lang": lang,
                "id": heap.name(row),
                "probability": round(probability, 4),
            }


def _tell_matches(matches: list[DocumentMatch], heaps: list[_Heap]) -> None:
    pairs = sum(match.left is not None and match.right is not None for match in matches)
    told = [
        f"{len(heap.records) - pairs:,} of {len(heap.records):,} documents in {heap.intake.name} have no counterpart"
        for heap in heaps
    ]
    say(f"{pairs:,} pairs; {'; '.join(told)}")


def _tell_groups(groups: list[DocumentGroup], heap: _Heap) -> None:
    alone = sum(len(group.rows) == 1 for group in groups)
    langs = Counter(lang or "unknown" for group in groups for lang in group.langs)
    some = ", ".join(f"{lang} {count:,}" for lang, count in langs.most_common(12)) + ", …" * (len(langs) > 12)
    say(
        f"{heap.intake.name}: {len(groups) - alone:,} groups; {alone:,} of {len(heap.records):,} documents have no counterpart "
        f"({some})"
    )
