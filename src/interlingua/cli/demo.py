"""``interlingua demo``: what the thing does, on the package's own corpus."""

from __future__ import annotations

from typing import Annotated

import typer

from interlingua.cli.options import DEFAULT_MODEL, CacheDir, Format, Model, OutputFormat
from interlingua.cli.output import emit, say

_POOL = ("fr", "de", "es", "ru", "ar", "zh", "ja")
_QUESTIONS = (
    ("en", "I forgot my password, what can I do?"),
    ("en", "My package still has not arrived."),
    ("en", "How do computers learn from examples?"),
    ("ja", "返金してもらえますか？"),
    ("ar", "لا أستطيع الاتصال بالخادم"),
)


def demo(
    question: Annotated[list[str] | None, typer.Argument(help="Questions of your own, in any language.")] = None,
    k: Annotated[int, typer.Option("-k", "--top-k", min=1, help="How many hits for each question.")] = 7,
    model: Model = DEFAULT_MODEL,
    output: OutputFormat = Format.table,
    cache_dir: CacheDir = None,
) -> None:
    """Search a small corpus in seven languages with questions in others.

    The corpus has 48 everyday sentences, each in French, German, Spanish, Russian, Arabic, Chinese and Japanese. The score is
    the centred cosine.
    """
    from interlingua.demo.corpus import load_corpus
    from interlingua.encoding.encoder import Encoder
    from interlingua.search import search
    from interlingua.types import Record

    corpus = load_corpus(_POOL)
    records = [
        Record(item.text, item.id, item.lang, row, {"topic": item.topic}) for row, item in enumerate(corpus, start=1)
    ]
    asked: list[tuple[str | None, str]] = [(None, text) for text in question] if question else list(_QUESTIONS)
    encoder = Encoder(model, cache_dir=cache_dir)
    encoder.load()
    found = search(encoder, [text for _, text in asked], records, k=k)
    for (lang, text), hits in zip(asked, found, strict=True):
        rows = [
            {
                "query": text,
                "rank": rank,
                "score": round(hit.score, 6),
                "lang": hit.lang,
                "topic": hit.metadata["topic"],
                "text": hit.text,
            }
            for rank, hit in enumerate(hits, start=1)
        ]
        if output is Format.table:
            print(f"\n{text}" + (f"  [{lang}]" if lang else ""))
            rows = [{name: value for name, value in row.items() if name != "query"} for row in rows]
        emit(rows, output)
    if output is Format.table:
        _what_next()


def _what_next() -> None:
    say(
        "\nTry next:\n"
        "  interlingua demo 'où est ma commande ?'                      ask the demo corpus something yourself\n"
        "  interlingua score 'I love programming' \"J'adore la programmation\"\n"
        "  interlingua search FILE.txt 'a question in any language'     search texts of your own, one a line\n"
        "  interlingua encode FILE.txt --out vectors.npy                vectors to go on with\n"
        "  interlingua --help"
    )
