"""The commands put together."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from interlingua._version import __version__
from interlingua.cli import (
    align,
    bench,
    cache,
    calibrate,
    classify,
    cluster,
    dedup,
    demo,
    documents,
    encode,
    index,
    match,
    mine,
    models,
    quality,
    score,
    search,
)
from interlingua.cli.output import plain

_COMPLETION = "_INTERLINGUA_COMPLETE"
_WRONG_USAGE = 2

# Typer brings Click's exceptions along under names that differ between its versions; this is UsageError.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="interlingua",
    help="One vector space for all languages: search, compare and embed text across languages, offline, on a CPU.",
    # Plain help is ready twice as soon as drawn boxes; errors are told in one sentence by main().
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> int:
    """Run the command that the process's arguments name.

    Typer's own way of running would turn Ctrl-C and a closed pipe into exit codes before ``main`` sees them.

    Returns:
        The exit code. Wrong usage is told here; every other error is raised.
    """
    if _COMPLETION in os.environ:  # the shell asks how a line could go on
        app(prog_name="interlingua")
    try:
        with typer.main.get_command(app).make_context("interlingua", sys.argv[1:]) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except _UsageError as error:
        print(f"error: {_told(error)}", file=sys.stderr)
        return _WRONG_USAGE
    return 0


def _told(error: Exception) -> str:
    """A usage error in one sentence, with the command whose help to read."""
    message = error.format_message().replace("Value error, ", "").rstrip(".")  # type: ignore[attr-defined]
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "interlingua"
    return f"{plain(message)}{' See' if message.endswith('?') else '; see'} '{where} --help'."


def _version(asked: bool) -> None:
    if asked:
        print(f"interlingua {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001  # its callback has done it all
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    models.help_without_command(context)


app.command("demo")(demo.demo)
app.command("search")(search.search)
app.command("score")(score.score)
app.command("calibrate")(calibrate.calibrate)
app.command("match")(match.match)
app.command("dedup")(dedup.dedup)
app.command("cluster")(cluster.cluster)
app.command("quality")(quality.quality)
app.command("mine")(mine.mine)
app.command("align")(align.align)
app.command("documents")(documents.documents)
app.command("encode")(encode.encode)
app.command("bench")(bench.bench)
app.add_typer(index.app, name="index")
app.add_typer(classify.app, name="classify")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")
