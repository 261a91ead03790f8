"""The texts of encode.py: of equal length, short sentences, a real mix, and the universal sentence encoder's languages."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from tatoeba import XTREME

from interlingua import Encoder
from interlingua.encoding.measuring import TextMaker
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical

SEED = 1
WARM = 64  # at most so many texts come before a set, to warm up and to see how fast a contender is; a tenth of a round
USE = ["ara", "cmn", "deu", "fra", "ita", "jpn", "kor", "nld", "pol", "por", "rus", "spa", "tha", "tur"]
# Texts in a round, so that sentence-transformers takes 5 to 15 seconds on two processors.
SIZES = {"5": 2000, "15": 1500, "50": 600, "200": 150, "500": 60, "short": 1500, "real": 300, "use": 5000}
REAL_MIX = {"sentence": 0.70, "passage": 0.25, "page": 0.05}


@dataclass(frozen=True)
class TextSet:
    """Distinct texts for some rounds.

    Attributes:
        name: what it is called in tables and in --sets.
        warm: texts that are not measured.
        rounds: the texts of each round.
        mean_tokens: tokens a text, prompt and special tokens included; of e5-small, for ``use`` of the universal sentence
            encoder. Of longer texts only what the model reads counts.
        e5_tokens: each text's tokens under e5-small, round by round.
    """

    name: str
    warm: list[str]
    rounds: list[list[str]]
    mean_tokens: float
    e5_tokens: list[list[int]]


class Collections:
    """The development data, read when it is asked for."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._e5 = Encoder("e5-small")
        self._use = Encoder("use-multilingual-v3")

    def text_set(self, name: str, rounds: int, scale: float) -> TextSet:
        """One of ``SIZES``, with that many rounds, each of its size times ``scale``."""
        size = max(2, round(SIZES[name] * scale))
        first = min(WARM, max(6, SIZES[name] // 10))
        wanted = first + rounds * size
        if name.isdigit():
            documents = self.sentences if int(name) < 50 else self.pages
            texts, _ = TextMaker(documents, self.e5_tokens, limit=512, seed=SEED).make(int(name), wanted)
        else:
            texts = {"short": self._short, "real": self._real, "use": self._for_use}[name](wanted)
        if len(texts) < wanted:
            raise SystemExit(f"The data gives {len(texts):,} texts for the set {name}, which needs {wanted:,}.")
        warm, measured = texts[:first], texts[first:]
        slices = [measured[start : start + size] for start in range(0, rounds * size, size)]
        counts = [self.e5_tokens(texts) for texts in slices]
        seen = self._count(self._use, measured) if name == "use" else [n for count in counts for n in count]
        return TextSet(name, warm, slices, sum(seen) / len(seen), counts)

    def e5_tokens(self, texts: list[str]) -> list[int]:
        """Tokens of each text under e5-small."""
        return self._count(self._e5, texts)

    def _count(self, encoder: Encoder, texts: list[str]) -> list[int]:
        return [len(ids) for ids in encoder.token_ids(texts)]

    @cached_property
    def sentences(self) -> list[list[str]]:
        """Tatoeba's sentences of each language of XTREME, and English ones."""
        pairs = {code: self._pairs(code) for code in XTREME}
        english = [rows[number][1] for rows in pairs.values() for number in range(0, len(rows), 36)]
        return [*([foreign for foreign, _ in rows] for rows in pairs.values()), english]

    @cached_property
    def passages(self) -> list[list[str]]:
        """Paragraphs and long sentences of each collection and language that e5-small knows."""
        found: dict[tuple[str, str], list[str]] = {}
        for collection, lang, text in self._paragraphs():
            if _known(lang, self._e5):
                found.setdefault((collection, lang), []).append(text)
        return list(found.values())

    @cached_property
    def pages(self) -> list[list[str]]:
        """Running text: everything that ``passages`` has, but no lists of single sentences."""
        return [texts for texts in self.passages if sum(map(len, texts)) > 4000]

    @cached_property
    def documents(self) -> list[str]:
        """Whole pages."""
        rows = map(json.loads, (self._data / "docs_letsencrypt" / "docs.jsonl").open(encoding="utf-8"))
        return ["\n".join(row["paragraphs"]) for row in rows]

    def _short(self, wanted: int) -> list[str]:
        return _sampled(self.sentences, wanted)

    def _real(self, wanted: int) -> list[str]:
        """Short sentences, passages and whole pages, shuffled."""
        pools: dict[str, Callable[[int], list[str]]] = {
            "sentence": lambda count: _sampled(self.sentences, count),
            "passage": lambda count: _sampled(self.passages, count),
            "page": lambda count: _sampled([self.documents], count),
        }
        counts = {kind: round(share * wanted) for kind, share in REAL_MIX.items()}
        counts["sentence"] += wanted - sum(counts.values())
        texts = [text for kind, count in counts.items() for text in pools[kind](count)]
        random.Random(SEED).shuffle(texts)
        return list(dict.fromkeys(texts))

    def _for_use(self, wanted: int) -> list[str]:
        """Tatoeba in the 14 languages of USE that it has, and in English a fifteenth of the whole."""
        pairs = [self._pairs(code) for code in USE]
        english = list(dict.fromkeys(rows[number][1] for number in range(1000) for rows in pairs if number < len(rows)))
        return _sampled([*([foreign for foreign, _ in rows] for rows in pairs), english], wanted)

    def _pairs(self, code: str) -> list[list[str]]:
        lines = (self._data / "tatoeba" / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines()
        return [line.split("\t")[:2] for line in lines]

    def _paragraphs(self) -> Iterator[tuple[str, str, str]]:
        """Collection, language and text of all that is longer than a sentence."""
        for row in map(json.loads, (self._data / "docs_letsencrypt" / "docs.jsonl").open(encoding="utf-8")):
            for kind, text in zip(row["kinds"], row["paragraphs"], strict=True):
                if kind == "p":
                    yield "docs_letsencrypt", row["lang"], text
        for path in sorted((self._data / "tico19" / "text").glob("*.tsv")):
            for line in path.read_text(encoding="utf-8").splitlines()[1:]:
                yield "tico19", path.stem, line.split("\t")[1]
        for path in sorted((self._data / "python_docs").glob("en-*.tsv")):
            for line in path.read_text(encoding="utf-8").splitlines()[1:]:
                yield "python_docs", path.stem.removeprefix("en-"), line.split("\t")[3]
        languages = map(json.loads, (self._data / "udhr" / "languages.jsonl").open(encoding="utf-8"))
        codes = {row["code"]: row["bcp47"] for row in languages}
        for line in (self._data / "udhr" / "paragraphs.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            code, _section, _number, text = line.split("\t")
            yield "udhr", codes[code], text


def _known(lang: str, encoder: Encoder) -> bool:
    try:
        return canonical(lang) in encoder.card.languages
    except UnknownLanguage:
        return False


def _sampled(pools: list[list[str]], wanted: int) -> list[str]:
    """Distinct texts, as evenly from the pools as they have some, shuffled."""
    generator = random.Random(SEED)
    shuffled = [generator.sample(pool, len(pool)) for pool in pools]
    rows = (pool[number] for number in range(max(map(len, shuffled))) for pool in shuffled if number < len(pool))
    texts = list(islice(dict.fromkeys(filter(str.strip, rows)), wanted))
    generator.shuffle(texts)
    return texts
