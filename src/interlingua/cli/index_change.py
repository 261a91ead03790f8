"""``interlingua index update|delete``: documents that are in an index change, or go."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.indexes import Folder, Where, asked_directly, documents_of, opened, told_already
from interlingua.cli.inputs import Intake
from interlingua.cli.options import (
    CacheDir,
    Clean,
    Encoding,
    IdColumn,
    Invalid,
    LangColumn,
    OnInvalid,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import plain, say
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.index.index import Index
    from interlingua.texts.documents import Change

_NAMED = 5
_DECLINED = 1


def update(
    folder: Folder,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="Rows with the id and what changes: csv, tsv or jsonl, also .gz; - is standard input."
        ),
    ],
    read_as: ReadAs = None,
    text_column: TextColumn = None,
    id_column: IdColumn = None,
    lang_column: LangColumn = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Change documents: text, language, other fields.

    Only what the file has for an id is changed.
    An empty cell of a table changes nothing; null in JSON Lines takes a field away. All changes are made, or none.
    """
    from interlingua.texts.documents import read_changes

    changes = read_changes(
        file,
        format=None if read_as is None else read_as.value,
        text=text_column,
        id=id_column,
        lang=lang_column,
        encoding=encoding,
    )
    with opened(folder, cache_dir) as (index, encoder):
        intake = Intake(file, encoder.limit, clean=clean, skip=on_invalid is OnInvalid.skip)
        wanted = _changes_of(index, folder, intake, list(changes))
        with told_already():
            done = index.update(wanted.values())
        intake.note_cut(encoder, ((row, one["text"]) for row, one in wanted.items() if one.get("text")))
    say(f"{folder}: {documents_of(done.updated)} updated, {done.unchanged:,} unchanged")
    intake.report()


def delete(
    folder: Folder,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="The documents to delete.")] = None,
    ids_file: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file with an id on each line; - is standard input.")
    ] = None,
    where: Where = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before deleting what --where selects.")] = False,
) -> None:
    """Delete documents by their ids, or those that a filter selects.

    Before the documents of a filter are deleted their number is told and confirmed; where nobody can be asked, --yes does it.
    """
    from interlingua.index.index import Index

    wanted = [*(ids or []), *(_ids_in(ids_file) if ids_file is not None else [])]
    if not wanted and where is None:
        raise OptionError(
            "there is nothing to delete: give ids, a file of them with --ids-file, or a filter with --where."
        )
    if where is not None and not where.strip():
        raise OptionError(
            f"--where is empty, which selects all documents; to delete all of them, delete the folder {folder}."
        )
    with Index.open(folder) as index:
        if where is not None and not yes and (count := index.count(where)) and not _confirmed(count, len(index), where):
            say("nothing is deleted")
            raise typer.Exit(_DECLINED)
        gone = set(index.delete(wanted, where=where))
        left = len(index)
    say(f"{folder}: {documents_of(len(gone))} deleted, {left:,} left")
    if missing := [one for one in dict.fromkeys(wanted) if one not in gone]:
        named = ", ".join(map(plain, missing[:_NAMED])) + ", …" * (len(missing) > _NAMED)
        say(f"warning: {folder}: {len(missing):,} of the ids {'is' if len(missing) == 1 else 'are'} not there: {named}")


def _changes_of(index: Index, folder: str, intake: Intake, changes: list[Change]) -> dict[int, dict[str, Any]]:
    """The changes by their rows, their texts checked and cleaned."""
    from interlingua.types import Record

    if not changes:
        raise InputError(f"{intake.name}: there are no changes in it.")
    wanted = {row: dict(fields) for row, fields in changes}
    absent = [row for row, fields in wanted.items() if fields["id"] not in index]
    if absent and not intake.skip:
        named = plain(wanted[absent[0]]["id"])
        raise InputError(
            f"{intake.name}, row {absent[0]}: there is no document {named!r} in {folder}; add it, or give --on-invalid skip to "
            "leave out such rows."
        )
    for row in absent:
        del wanted[row]
    texts = [Record(fields["text"], fields["id"], row=row) for row, fields in wanted.items() if "text" in fields]
    good = {record.row: record.text for chunk in intake.chunks(texts) for record in chunk} if texts else {}
    for record in texts:
        if record.row in good:
            wanted[record.row]["text"] = good[record.row]
        else:
            del wanted[record.row]
    if absent:
        say(f"warning: {intake.name}: left out {documents_of(len(absent))} that {folder} does not have")
    return wanted


def _ids_in(file: str) -> list[str]:
    from interlingua.texts.lines import find_source, read_lines

    lines = read_lines(find_source(file, format="txt", encoding="utf-8"))
    return [line.text for line in lines if line.text]


def _confirmed(count: int, total: int, where: str) -> bool:
    if not asked_directly():
        raise OptionError(f"{where!r} selects {count:,} of {documents_of(total)}; give --yes to delete them.")
    print(f"Delete {count:,} of {documents_of(total)}? [y/N] ", end="", file=sys.stderr, flush=True)
    return _answer().strip().casefold() in ("y", "yes")


def _answer() -> str:
    return sys.stdin.readline()
