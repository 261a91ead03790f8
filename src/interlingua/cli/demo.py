"""``interlingua demo``: what the thing does, on the package's own corpus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from interlingua.cli.arguments import argument_names, check_argument
from interlingua.cli.options import DEFAULT_MODEL, CacheDir, Format, Model, OutputFormat
from interlingua.cli.output import emit, emit_under, say
from interlingua.cli.watched import WatchedEncoder

if TYPE_CHECKING:
    from interlingua.types import Hit

_POOL = ("fr", "de", "es", "ru", "ar", "zh", "ja")
_QUESTIONS = (
    ("en", "I forgot my password, what can I do?"),
    ("en", "Can I get my money back?"),
    ("de", "Wie lange hält der Akku?"),
    ("ja", "猫はどこで寝ていますか？"),
    ("ar", "الخادم معطل منذ الصباح"),
)


def demo(
    question: Annotated[
        list[str] | None, typer.Argument(metavar="QUESTION", help="Questions of your own, in any language.")
    ] = None,
    k: Annotated[int, typer.Option("-k", "--top-k", metavar="N", min=1, help="How many hits for each question.")] = 7,
    model: Model = DEFAULT_MODEL,
    output: OutputFormat = Format.table,
    cache_dir: CacheDir = None,
) -> None:
    """Search a small corpus in seven languages.

    The corpus has 48 everyday sentences, each in French, German, Spanish, Russian, Arabic, Chinese and Japanese. The score is
    the centred cosine.
    """
    from interlingua.demo.corpus import load_corpus
    from interlingua.encoding.encoder import Encoder
    from interlingua.searching import search
    from interlingua.types import Record

    corpus = load_corpus(_POOL)
    records = [
        Record(item.text, item.id, item.lang, row, {"topic": item.topic}) for row, item in enumerate(corpus, start=1)
    ]
    asked: list[tuple[str | None, str]] = [(None, text) for text in question] if question else list(_QUESTIONS)
    names = argument_names("question", len(asked))
    texts = [check_argument(text, name, clean=None) for name, (_, text) in zip(names, asked, strict=True)]
    encoder = Encoder(model, cache_dir=cache_dir)
    encoder.load()
    watched = WatchedEncoder(encoder)
    began = time.perf_counter()
    found = search(watched, texts, records, k=k)
    seconds = time.perf_counter() - began
    watched.report(names, texts)
    if output is not Format.table:
        emit((row for text, hits in zip(texts, found, strict=True) for row in _rows(hits, {"query": text})), output)
        return
    for (lang, text), hits in zip(asked, found, strict=True):
        emit_under(f"{text} [{lang}]" if lang else text, _rows(hits, {}))
    questions = "1 question" if len(asked) == 1 else f"{len(asked)} questions"
    say(
        f"\n{len(records)} sentences in {len(_POOL)} languages embedded and {questions} answered in {seconds:.1f} s "
        f"with {encoder.name}."
    )
    _what_next()


def _rows(hits: list[Hit], first: dict[str, object]) -> Iterator[dict[str, object]]:
    for rank, hit in enumerate(hits, start=1):
        yield first | {
            "rank": rank,
            "score": round(hit.score, 6),
            "lang": hit.lang,
            "topic": hit.metadata["topic"],
            "text": hit.text,
        }


def _what_next() -> None:
    say(
        "\nTry next:\n"
        "  interlingua demo 'où est ma commande ?'                      ask the demo corpus something yourself\n"
        "  interlingua score 'I love programming' \"J'adore la programmation\"\n"
        "  interlingua search FILE.txt 'a question in any language'     search texts of your own, one a line\n"
        "  interlingua encode FILE.txt --out vectors.npy                vectors to go on with\n"
        "  interlingua --help"
    )
