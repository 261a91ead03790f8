"""``interlingua score``: how alike two texts are, or the two columns of a file."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Annotated, Any

import typer

from interlingua.cli.arguments import check_argument, shortened
from interlingua.cli.inputs import Intake, two_columns
from interlingua.cli.options import (
    DEFAULT_MODEL,
    CacheDir,
    Clean,
    Encoding,
    FirstLanguage,
    Format,
    InputFormat,
    Invalid,
    Model,
    OnInvalid,
    OutputFormat,
    PairColumns,
    Precision,
    PrecisionKind,
    ReadPairsAs,
    SecondLanguage,
)
from interlingua.cli.output import emit, say
from interlingua.cli.watched import WatchedEncoder
from interlingua.errors import InputError, InterlinguaError, OptionError


def score(
    text_a: Annotated[
        str,
        typer.Argument(
            metavar="TEXT", help="A text; or, alone, a file of two columns (csv, tsv, jsonl; - is standard input)."
        ),
    ],
    text_b: Annotated[str | None, typer.Argument(metavar="OTHER", help="The text to compare it with.")] = None,
    lang_a: FirstLanguage = None,
    lang_b: SecondLanguage = None,
    columns: PairColumns = None,
    model: Model = DEFAULT_MODEL,
    precision: Precision = PrecisionKind.exact,
    output: OutputFormat = Format.table,
    read_as: ReadPairsAs = None,
    encoding: Encoding = "utf-8",
    clean: Clean = False,
    on_invalid: Invalid = OnInvalid.error,
    cache_dir: CacheDir = None,
) -> None:
    """Say how alike two texts are, in any languages.

    The bare cosine has the model's own scale (two unrelated sentences have about 0.8 under e5-small). The centred cosine has
    nearly the same scale in all pairs of languages: 0 to 0.3 for unrelated texts, mostly more than 0.4 for translations. Both
    are at most 1, and higher is more alike.
    """
    from interlingua.encoding.joint import open_encoder
    from interlingua.languages import canonical, preload

    lang_a, lang_b = (None if code is None else canonical(code) for code in (lang_a, lang_b))
    encoder = WatchedEncoder(open_encoder(model, precision=precision.value, cache_dir=cache_dir))
    if lang_a is None or lang_b is None:
        # Beside the loading of the model: the answer comes a third of a second sooner.
        threading.Thread(target=_quietly, args=(preload,), daemon=True).start()
    if text_b is None:
        rows = _file(encoder, text_a, columns, lang_a, lang_b, read_as, encoding, clean, on_invalid is OnInvalid.skip)
    elif columns is not None or read_as is not None or encoding != "utf-8" or on_invalid is OnInvalid.skip:
        raise OptionError(
            "--columns, --input-format, --encoding and --on-invalid are for a file, but two texts were given."
        )
    else:
        rows = _texts(encoder, text_a, text_b, lang_a, lang_b, clean)
    emit(rows, output)
    if output is Format.table and sys.stdout.isatty():
        _explain(encoder)


def _quietly(load: Callable[[], None]) -> None:
    """What goes wrong here goes wrong again where the answer is needed, and is told there."""
    with suppress(InterlinguaError):
        load()


def _texts(
    encoder: WatchedEncoder, a: str, b: str, lang_a: str | None, lang_b: str | None, clean: bool
) -> Iterator[dict[str, object]]:
    from interlingua.scoring.similarity import similarity

    names = ("the first text", "the second text")
    a, b = (check_argument(text, name, clean=clean) for text, name in zip((a, b), names, strict=True))
    yield _row(similarity(encoder, a, b, lang_a=lang_a, lang_b=lang_b), a, b)
    encoder.report(names, (a, b))


def _file(
    encoder: WatchedEncoder,
    path: str,
    columns: str | None,
    lang_a: str | None,
    lang_b: str | None,
    read_as: InputFormat | None,
    encoding: str,
    clean: bool,
    skip: bool,
) -> Iterator[dict[str, object]]:
    """The scores of a two-column file, in chunks: both columns go through the same checks as any text."""
    from interlingua.scoring.similarity import similarity
    from interlingua.texts.reading import read_pairs

    if path != "-" and not os.path.exists(path):  # Path.exists() raises for a name that is too long
        raise InputError(f"there is no file {shortened(path)!r}; to compare two texts, give both.")
    intake = Intake(path, encoder.limit, clean=clean, skip=skip)
    pairs = read_pairs(
        path, format=None if read_as is None else read_as.value, columns=two_columns(columns), encoding=encoding
    )
    for chunk in intake.pair_chunks(pairs):
        found = similarity(
            encoder,
            [pair.a for pair in chunk],
            [pair.b for pair in chunk],
            lang_a=lang_a or [pair.lang_a for pair in chunk],
            lang_b=lang_b or [pair.lang_b for pair in chunk],
        )
        for result, pair in zip(found, chunk, strict=True):
            yield _row(result, pair.a, pair.b)
        intake.note_cut(encoder, ((pair.row, text) for pair in chunk for text in (pair.a, pair.b)))
        encoder.cut.clear()
    intake.report()


def _row(found: Any, a: str, b: str) -> dict[str, object]:
    return {
        "cosine": round(found.cosine, 6),
        "centred_cosine": round(found.centred_cosine, 6),
        "lang_a": found.lang_a,
        "lang_b": found.lang_b,
        "text_a": a,
        "text_b": b,
    }


def _explain(encoder: WatchedEncoder) -> None:
    from interlingua.scoring.centring import LanguageMeans

    general = LanguageMeans.shipped(encoder.name).general
    say(
        f"\nUnder {encoder.name} two unrelated texts have a cosine of about {float(general @ general):.1f}, whatever they say, "
        "and a centred cosine of 0 to 0.3; equal texts have 1 in both."
    )
