"""Reading the demo corpus that comes with the package."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from interlingua.errors import UnknownLanguage

DEMO_LANGUAGES: tuple[str, ...] = (
    "en",
    "fr",
    "de",
    "es",
    "it",
    "pt",
    "nl",
    "pl",
    "tr",
    "vi",
    "ru",
    "ar",
    "hi",
    "th",
    "ko",
    "ja",
    "zh",
    "el",
)
"""The languages of the demo corpus, in the order in which every item has them."""


@dataclass(frozen=True, slots=True)
class DemoText:
    """One sentence of the demo corpus.

    Attributes:
        id: the item and the language, as in ``password-reset.fr``.
        item: what the sentence says, whatever its language, as in ``password-reset``.
        topic: the topic that the item belongs to, as in ``account``.
        kind: ``question`` or ``statement``.
        lang: the language code, one of ``DEMO_LANGUAGES``.
        text: the sentence itself.
    """

    id: str
    item: str
    topic: str
    kind: str
    lang: str
    text: str


def load_corpus(langs: Sequence[str] | None = None) -> list[DemoText]:
    """Read the demo corpus.

    Args:
        langs: the languages wanted; all of them if None.

    Returns:
        The sentences in the order of the file: item by item, and within an item in the order of ``DEMO_LANGUAGES``,
        whatever the order of ``langs``.

    Raises:
        UnknownLanguage: a language is asked for that the corpus does not have.
    """
    # A bare string is a sequence too: "fr" means French, not the languages "f" and "r".
    wanted = DEMO_LANGUAGES if langs is None else (langs,) if isinstance(langs, str) else tuple(langs)
    unknown = [lang for lang in dict.fromkeys(wanted) if lang not in DEMO_LANGUAGES]
    if unknown:
        asked = ", ".join(repr(lang) for lang in unknown)
        raise UnknownLanguage(f"The demo corpus has no language {asked}; choose from {', '.join(DEMO_LANGUAGES)}.")
    lines = files("interlingua.demo").joinpath("corpus.jsonl").read_text(encoding="utf-8").split("\n")
    rows: list[dict[str, str]] = [json.loads(line) for line in lines if line]
    return [DemoText(item=row["id"].rpartition(".")[0], **row) for row in rows if row["lang"] in wanted]
