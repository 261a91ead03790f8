"""``interlingua index``: a durable index, and looking after it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.cli.index_bias import bias
from interlingua.cli.index_change import delete, update
from interlingua.cli.index_means import fit_means
from interlingua.cli.index_search import search
from interlingua.cli.index_write import add, create
from interlingua.cli.indexes import Folder, Where, announced, documents_of
from interlingua.cli.models import help_without_command
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Format,
    Model,
    OutputFormat,
    Precision,
    PrecisionKind,
)
from interlingua.cli.output import emit, plain, say
from interlingua.errors import CorruptIndex, OptionError

if TYPE_CHECKING:
    from interlingua.index.index import Info

app = typer.Typer(help="Keep documents, and search them across languages.")
app.callback(invoke_without_command=True)(help_without_command)


def info(folder: Folder, output: OutputFormat = Format.table) -> None:
    """Show what an index holds and what searches in it.

    Also what it was made with, and the recall of approximate kinds, measured against exact search when the snapshot was built.
    """
    from interlingua.index.index import Index

    with Index.open(folder) as index:
        facts = _facts(index.info())
    if output is Format.jsonl:
        emit([facts], output)
        return
    emit([{"what": name, "value": _told(value)} for name, value in facts.items()], output)


def verify(folder: Folder) -> None:
    """Read every byte, and say what is wrong.

    Ends with exit code 1 if anything is.
    """
    from interlingua.index.checking import damage
    from interlingua.index.index import Index
    from interlingua.index.replacing import finish_taking_place

    path = Path(folder).expanduser()
    finish_taking_place(path)
    # Also of one that is too damaged to be opened.
    found = list(damage(path)) if any((path / name).exists() for name in ("manifest.json", "documents.db")) else []
    count = ""
    if not found:
        with Index.open(folder) as index:
            count = documents_of(len(index))
    for sentence in found:
        print(plain(sentence))
    if found:
        raise CorruptIndex(
            f"{folder} is damaged; what lies in its folder snapshots is made anew with: interlingua index rebuild {folder}"
            " — damaged documents need a backup."
        )
    say(f"{folder}: {count}, all as written")


def compact(folder: Folder) -> None:
    """Make the snapshot anew, and free what deletions left.

    Documents that came after the snapshot are then searched as quickly as the others.
    """
    _anew(folder, "compact")


def rebuild(folder: Folder) -> None:
    """Make anew what is derived from the documents.

    What is there of it is not trusted, but deleted.
    """
    _anew(folder, "rebuild")


def recover(
    folder: Folder,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", metavar="NAME", help="The model it was made with, if the documents do not tell."),
    ] = None,
    precision: Precision = PrecisionKind.exact,
    cache_dir: CacheDir = None,
) -> None:
    """Go on with what the documents are.

    For an index whose manifest is lost or damaged, or that says it lacks writes: they are given up, and the manifest is made anew.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.index.index import Index

    if model is None and (precision is not PrecisionKind.exact or cache_dir is not None):
        raise OptionError("--precision and --cache-dir are for --model, which is not given.")
    encoder = None if model is None else open_encoder(model, precision=precision.value, cache_dir=cache_dir)
    with Index.recover(folder, encoder) as index:
        say(f"{folder}: {documents_of(len(index))}, model {index.manifest.model} ({index.manifest.precision})")


def reembed(
    folder: Folder,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    cache_dir: CacheDir = None,
) -> None:
    """Embed all documents with another model.

    The old index answers until the new one is complete. After an interruption the same command goes on from there.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.index.index import Index
    from interlingua.progress import progress_bar

    with Index.open(folder) as index:
        encoder = open_encoder(model, precision=precision.value, cache_dir=cache_dir)
        if encoder.fingerprint == index.manifest.fingerprint:
            raise OptionError(f"{folder} is embedded with {model} ({precision.value}) already.")
        try:
            with progress_bar("Embedding", len(index), unit="documents") as advance:
                index.reembed(encoder, acknowledged=advance, report=announced(folder))
        except KeyboardInterrupt:
            say(f"{folder} is as before; the same command goes on from there")
            raise
        say(f"{folder}: {documents_of(len(index))}, embedded with {encoder.name} ({precision.value})")


def export(
    folder: Folder,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Where to write JSON Lines [default: standard output].")
    ] = None,
    where: Where = None,
    vectors: Annotated[
        bool, typer.Option("--vectors", help="Also write the vectors of each document's passages.")
    ] = False,
) -> None:
    """Write the documents of an index as JSON Lines.

    Each has id, lang, text and its other fields under metadata; 'index add' reads such a file.
    """
    from interlingua.index.index import Index
    from interlingua.texts.writing import write_rows

    with Index.open(folder) as index:
        if file is None or file == "-":
            write_rows(index.exported(where=where, vectors=vectors), sys.stdout, "jsonl")
            return
        count = index.export(file, where=where, vectors=vectors)
    say(f"{file}: {documents_of(count)}")


def _anew(folder: str, what: str) -> None:
    from interlingua.encoding.sizes import spelled_size
    from interlingua.index.index import Index

    with Index.open(folder) as index:
        report = announced(folder)
        facts = index.compact(report) if what == "compact" else index.rebuild(report)
    say(f"{folder}: {documents_of(facts.documents)}, {_searched(facts)}, {spelled_size(facts.bytes)}")


def _facts(found: Info) -> dict[str, Any]:
    made, known = found.manifest, found.snapshot
    facts: dict[str, Any] = {
        "model": made.model,
        "precision": made.precision,
        "fingerprint": made.fingerprint,
        "dimension": made.dimension,
        "storage": made.storage,
        "kind": made.kind,
        "recall_wanted": made.recall,
        "divided_into_passages": made.passages,
        "documents": found.documents,
        "passages": found.passages,
        "languages": {lang or "unknown": count for lang, count in sorted(found.languages.items(), key=_most_first)},
        "searched_by": _searched(found),
        "behind": found.behind,
    }
    if known is not None:
        plan = known.plan
        facts["snapshot"] = {"kind": plan.kind, "passages": known.count, "codes": plan.codes}
        if plan.lists:
            facts["snapshot"]["lists"] = plan.lists
        for name, tuned in (("plain", known.plain), ("fair", known.fair)):
            level = {"hnsw": "ef_search", "ivf": "probes", "ivfpq": "probes"}.get(plan.kind)
            facts["snapshot"][name] = ({level: tuned.level} if level else {}) | {"recall": round(tuned.recall, 4)}
    return facts | {"bytes": found.bytes, "created_with": made.created_with}


def _most_first(one: tuple[str | None, int]) -> tuple[int, str]:
    return -one[1], one[0] or ""


def _searched(found: Info) -> str:
    """What answers a query, in words."""
    if found.snapshot is None:
        return "exact search, without a snapshot"
    names = {
        "flat": "exact search",
        "hnsw": "a graph (hnsw)",
        "ivf": "lists (ivf)",
        "ivfpq": "compressed lists (ivfpq)",
    }
    return names[found.snapshot.plan.kind]


def _told(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_inner(one)}" for name, one in value.items())
    return _inner(value)


def _inner(value: Any) -> Any:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{name} {one}" for name, one in value.items()) + ")"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


for _command in (
    create,
    add,
    update,
    delete,
    search,
    info,
    verify,
    compact,
    rebuild,
    recover,
    reembed,
    fit_means,
    bias,
    export,
):
    app.command(_command.__name__.replace("_", "-"))(_command)
