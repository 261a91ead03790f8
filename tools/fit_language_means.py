"""Fit the language means that come with the bundled models (``src/interlingua/scoring/means``).

    python tools/fit_language_means.py DATA [--model NAME]

DATA is a folder with ``tico19``, ``udhr`` and ``python_docs``. Each set holds the same content in English and in other
languages, so what sets a language apart is its mean less the English mean over the same content: the content cancels. A
language's offsets from the three sets are averaged by their number of texts and added to the mean of the English means.

Every text counts twice, whole and cut to its first few words: questions and tickets are shorter than these collections'
sentences, and the trace that a language leaves depends a little on the length.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interlingua import Encoder
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical
from interlingua.models.catalogue import bundled

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "scoring" / "means"
SENTENCES = 250
SEED = 20


@dataclass(frozen=True)
class Set:
    """The same content in English and in another language."""

    source: str
    lang: str
    english: list[str]
    other: list[str]


def tico(data: Path) -> Iterator[Set]:
    texts = {path.stem: _tsv(path) for path in sorted((data / "tico19" / "text").glob("*.tsv"))}
    english = {row["id"]: row["text"] for row in texts.pop("en")}
    chosen = random.Random(SEED).sample(sorted(english), SENTENCES)
    for stem, rows in texts.items():
        if stem == "kr":  # the set's Kanuri; as a code it would be read so, but no model of ours knows it
            continue
        other = {row["id"]: row["text"] for row in rows}
        ids = [key for key in chosen if other.get(key, "").strip() and other[key] != english[key]]
        yield Set("tico19", canonical(stem), [english[key] for key in ids], [other[key] for key in ids])


def udhr(data: Path) -> Iterator[Set]:
    languages = [json.loads(line) for line in (data / "udhr" / "languages.jsonl").open(encoding="utf-8")]
    rows = _tsv(data / "udhr" / "paragraphs.tsv")
    paragraphs: dict[str, list[str]] = {}
    for row in rows:
        if len(row["text"]) >= 20:
            paragraphs.setdefault(row["code"], []).append(row["text"])
    english = paragraphs["eng"]
    seen = set()
    for language in languages:
        try:
            lang = canonical(language["bcp47"])
        except UnknownLanguage:
            continue
        if lang in seen or lang == "en" or language["code"] not in paragraphs:
            continue
        seen.add(lang)
        yield Set("udhr", lang, english, paragraphs[language["code"]])


def python_docs(data: Path) -> Iterator[Set]:
    for path in sorted((data / "python_docs").glob("en-*.tsv")):
        code = path.stem.removeprefix("en-")
        rows = [row for row in _tsv(path) if row["split"] == "train"][:SENTENCES]
        yield Set("python_docs", canonical(code), [row["en"] for row in rows], [row[code] for row in rows])


def _tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def fit(encoder: Encoder, sets: list[Set], prompt: str) -> tuple[list[str], np.ndarray]:
    """The languages and their means, (n, d)."""
    encode = {"symmetric": encoder.encode, "document": encoder.encode_document}[prompt]
    english: dict[str, list[np.ndarray]] = {}
    known: dict[str, np.ndarray] = {}

    def vectors(texts: list[str]) -> np.ndarray:
        """Whole and shortened; the English sides, which most sets of a source share, are embedded once."""
        both = [*texts, *shortened(texts)]
        new = [text for text in dict.fromkeys(both) if text not in known]
        if new:
            known.update(zip(new, encode(new), strict=True))
        return np.asarray([known[text] for text in both])

    offsets: dict[str, list[tuple[int, np.ndarray]]] = {"en": []}
    for content in sets:
        base = vectors(content.english).mean(axis=0)
        english.setdefault(content.source, []).append(base)
        other = vectors(content.other)
        offsets.setdefault(content.lang, []).append((len(other), other.mean(axis=0) - base))
        print(
            f"{prompt} {content.source} {content.lang} {len(other)} {np.linalg.norm(offsets[content.lang][-1][1]):.3f}",
            flush=True,
        )
    centre = np.mean([np.mean(means, axis=0) for means in english.values()], axis=0)
    languages = sorted(offsets)
    table = [centre + _average(offsets[lang], encoder.dimension) for lang in languages]
    return languages, np.asarray(table, dtype=np.float16)


def shortened(texts: list[str]) -> list[str]:
    """The first 3 to 9 words of each text; 8 to 24 characters where words are not parted by spaces."""
    generator = random.Random(SEED)
    short = []
    for text in texts:
        words = text.split()
        spaced = len(words) >= 3 and len(text) / len(words) < 15
        count = generator.randint(3, 9)
        short.append(" ".join(words[:count]) if spaced else text[: generator.randint(8, 24)].strip() or text)
    return short


def _average(parts: list[tuple[int, np.ndarray]], dimension: int) -> np.ndarray:
    if not parts:
        return np.zeros(dimension, dtype=np.float32)
    total = sum(count for count, _ in parts)
    return sum(count * offset for count, offset in parts) / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", choices=[card.name for card in bundled()], action="append")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    for card in bundled():
        if arguments.model and card.name not in arguments.model:
            continue
        everything = [*tico(arguments.data), *udhr(arguments.data), *python_docs(arguments.data)]
        # Languages that the model knows, and those of the sentence sets beyond them (three hundred more would only be weight).
        wanted = {
            *card.languages,
            *(item.lang for item in everything if item.source != "udhr" and len(card.languages) > 50),
        }
        sets = [item for item in everything if item.lang in wanted]
        encoder = Encoder(card.name, long="truncate")
        prompts = ["symmetric"] if len(set(prompts_of(card))) == 1 else ["symmetric", "document"]
        tables = {}
        for prompt in prompts:
            languages, tables[prompt] = fit(encoder, sets, prompt)
        np.savez_compressed(OUT / f"{card.name}.npz", languages=np.asarray(languages), **tables)
        print(card.name, len(languages), "languages", sorted(set(card.languages) - set(languages)), "without")


def prompts_of(card) -> list[str]:
    return [card.prompts.symmetric, card.prompts.query, card.prompts.document]


if __name__ == "__main__":
    main()
