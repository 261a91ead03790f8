"""The commands put together."""

from __future__ import annotations

from typing import Annotated

import typer

from interlingua._version import __version__
from interlingua.cli import demo, encode, models, score, search

app = typer.Typer(
    name="interlingua",
    help="One vector space for all languages: search, compare and embed text across languages, offline, on a CPU.",
    no_args_is_help=True,
    # Plain help is ready twice as soon as drawn boxes; errors are told in one sentence by main().
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        print(f"interlingua {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


app.command("demo")(demo.demo)
app.command("search")(search.search)
app.command("score")(score.score)
app.command("encode")(encode.encode)
app.add_typer(models.app, name="models")
