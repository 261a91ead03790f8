"""``interlingua classify explain``: why a text was classified as it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.arguments import argument_names, check_argument
from interlingua.cli.classify_options import WantedPrecision
from interlingua.cli.classify_rows import Folder, Lang, aim, embedded, label_of, open_classifier
from interlingua.cli.options import (
    CacheDir,
    Clean,
    Encoding,
    Format,
    Invalid,
    KeepEmbeddings,
    LangColumn,
    OnInvalid,
    OutputFormat,
    Progress,
    ReadAs,
    TextColumn,
)
from interlingua.cli.output import emit, plain
from interlingua.cli.whole_rows import Reading
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.classification.explaining import Explanation


def explain(
    folder: Folder,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="TEXT", help="What to classify; several are explained one by one.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="Texts in a file: txt (one a line), csv, tsv or jsonl.")
    ] = None,
    examples: Annotated[
        int, typer.Option("-n", "--examples", metavar="N", min=0, help="How many training examples to show.")
    ] = 5,
    target_precision: WantedPrecision = None,
    lang: Lang = None,
    output: OutputFormat = Format.table,
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
    """Show what is behind a decision.

    The probabilities of the labels, and the training examples that are nearest to the text: their nearness is 1 for the same text
    and 0 for one as far away as two training examples are on average. Where the classifier says 'unknown': why.
    """
    from interlingua.classification.explaining import explain as explained
    from interlingua.languages import canonical
    from interlingua.scoring.similarity import languages_of

    lang = None if lang is None else canonical(lang)
    if bool(texts) == (file is not None):
        raise OptionError("Give texts to classify, or --file FILE.")
    if texts and any(one is not None for one in (read_as, text_column, lang_column)):
        raise OptionError("--input-format, --text-column and --lang-column are for --file.")
    if texts:
        names = argument_names("text", len(texts))
        given = [check_argument(text, name, clean=clean) for text, name in zip(texts, names, strict=True)]
    classifier, encoder = open_classifier(folder, cache_dir=cache_dir, embedding_cache=embedding_cache)
    aim(classifier, target_precision)
    langs: list[str | None] = [lang] * len(texts or [])
    if file is not None:
        reading = Reading(read_as, text_column, lang_column, encoding, clean, on_invalid is OnInvalid.skip, lang)
        intake = reading.intake(file, encoder.card.max_tokens)
        records = [record for chunk in reading.chunks(file, intake) for record in chunk]
        given, langs = [record.text for record in records], [record.lang for record in records]
        intake.report()
    vectors = embedded(encoder, given, show=progress)
    found = explained(classifier, vectors, langs=languages_of(given, langs), examples=examples)
    if output is Format.table:
        for number, (text, one) in enumerate(zip(given, found, strict=True)):
            _print(text, one, first=number == 0)
        return
    emit((row for text, one in zip(given, found, strict=True) for row in _rows(text, one, output)), output)


def _print(text: str, found: Explanation, *, first: bool) -> None:
    decision = found.decision
    print(f"{'' if first else chr(10)}{plain(text)}")
    sure = "" if decision.confidence is None else f", confidence {decision.confidence:.2f}"
    second = "" if decision.second is None else f"; then {decision.second} {found.probabilities[decision.second]:.2f}"
    label = label_of(decision.label)
    said = ", ".join(label) or "no label" if isinstance(label, list) else label
    if said != str(decision.best) and not isinstance(label, list):
        said = f"{said} (at best {decision.best})"
    print(
        f"→ {plain(said)}: probability {decision.probability:.2f}{sure}{plain(second)}; language {decision.lang or 'unknown'}"
    )
    if found.reason is not None:
        print(f"  no answer, because {plain(found.reason)}")
    if found.examples:
        emit(
            [
                {
                    "nearness": one.nearness,
                    "label": _one(one.label),
                    "lang": one.lang or "unknown",
                    "example": one.text if one.text is not None else f"row {one.row + 1} of the training data",
                }
                for one in found.examples
            ],
            Format.table,
        )


def _rows(text: str, found: Explanation, output: Format) -> Iterator[dict[str, object]]:
    """JSON Lines: one a text. TSV: one an example, which is flat."""
    facts = {**found.facts(), "text": text}
    if output is Format.jsonl:
        yield facts
        return
    told = {
        "text": text,
        "label": _one(found.decision.label),
        "probability": facts["probability"],
        "confidence": facts["confidence"],
        "reason": found.reason,
    }
    nothing = {"nearness": None, "example_label": None, "example_lang": None, "example": None}
    for one in found.examples:
        near = {
            "nearness": round(one.nearness, 4),
            "example_label": _one(one.label),
            "example_lang": one.lang,
            "example": one.text,
        }
        yield told | near
    if not found.examples:
        yield told | nothing


def _one(label: object) -> str:
    told = label_of(label)
    return ", ".join(told) if isinstance(told, list) else str(told)
