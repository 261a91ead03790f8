"""``interlingua index fit-means``: where languages lie, learned from translations."""

from __future__ import annotations

from typing import Annotated

import typer

from interlingua.cli.indexes import Folder, announced, opened, told_already
from interlingua.cli.inputs import Intake, two_columns
from interlingua.cli.options import (
    CacheDir,
    Clean,
    Encoding,
    FirstLanguage,
    Invalid,
    OnInvalid,
    PairColumns,
    ReadPairsAs,
    SecondLanguage,
)
from interlingua.cli.output import say
from interlingua.errors import OptionError


def fit_means(
    folder: Folder,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="Translations in two columns: csv, tsv or jsonl; - is standard input."),
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Forget what was learned, instead of learning.")] = False,
    lang_a: FirstLanguage = None,
    lang_b: SecondLanguage = None,
    columns: PairColumns = None,
    read_as: ReadPairsAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Learn from translations where languages lie.

    For fair search where the index's languages are about different things. Without, a language's mean is estimated from its
    documents. Some hundreds of pairs in two languages are enough; those of further files add up.
    """
    from interlingua.languages import canonical
    from interlingua.texts.reading import read_pairs

    if forget == (file is not None):
        raise OptionError("give a file of translations, or --forget.")
    lang_a, lang_b = (None if code is None else canonical(code) for code in (lang_a, lang_b))
    with opened(folder, cache_dir) as (index, encoder):
        if file is None:
            index.forget_means(announced(folder))
            say(f"{folder}: means are estimated from its documents alone")
            return
        intake = Intake(file, encoder.limit, clean=clean, skip=on_invalid is OnInvalid.skip)
        format_ = None if read_as is None else read_as.value
        read_in = read_pairs(file, format=format_, columns=two_columns(columns), encoding=encoding)
        pairs = [pair for chunk in intake.pair_chunks(read_in) for pair in chunk]
        with told_already():
            counts = index.fit_means(
                [pair.a for pair in pairs],
                [pair.b for pair in pairs],
                lang_a=lang_a or [pair.lang_a for pair in pairs],
                lang_b=lang_b or [pair.lang_b for pair in pairs],
                report=announced(folder),
            )
        intake.note_cut(encoder, ((pair.row, text) for pair in pairs for text in (pair.a, pair.b)))
    told = ", ".join(f"{one}–{other} {count:,}" for (one, other), count in sorted(counts.items()))
    say(f"{folder}: means fitted to translations: {told}")
    intake.report()
