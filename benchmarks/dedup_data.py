"""The texts of dedup.py: real sentences and paragraphs, each meaning once, and duplicates planted among them.

Planted are real translations, near copies (edited case, punctuation, spacing, one typo) and exact copies. Which texts mean the
same is known from the corpora: translations of each other, and, taken together, what has an equal text in any language (so "I'm
cold" and "I am cold" are one meaning if both have the same German translation). What the corpora do not know, such as two
English sentences that a reader would call the same, counts as different.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interlingua.languages import canonical

Version = tuple[str, str]
"""A language code and a text in it."""

SHARES = {"translation": 0.3, "near": 0.13, "exact": 0.07}
"""How many of all texts are planted, by kind."""

LANGUAGES = {
    "use-multilingual-v3": "ar de en es fr it ja ko nl pl pt ru th tr zh",
    "e5-small": "af ar bg bn de el en es et eu fa fi fr he hi hu id it ja jv ka kk "
    "ko ml mr nl pl pt ru sw ta te th tl tr uk ur vi zh",
}
"""The languages that the models are made for (of e5-small those of XTREME and two more), from which texts are taken."""


@dataclass(frozen=True)
class Text:
    """A text of the benchmark.

    Attributes:
        text: the text.
        lang: its language.
        meaning: equal for texts that mean the same.
        kind: ``base``, ``translation``, ``near`` or ``exact``.
        base: the number of the text that it was made from; its own for a base.
    """

    text: str
    lang: str
    meaning: int
    kind: str
    base: int


def make(data: Path, model: str, size: int, seed: int = 1, plants: float = 1.0) -> list[Text]:
    """So many texts for a model, in random order; of what is planted only a share, if it is below 1."""
    random_ = random.Random(seed)
    allowed = set(LANGUAGES[model].split())
    meanings = _meanings(data, allowed)
    random_.shuffle(meanings)
    wanted = {kind: int(size * share) for kind, share in SHARES.items()}
    bases = size - sum(wanted.values())
    if len(meanings) < bases:
        print(f"only {len(meanings):,} meanings for {bases:,} bases; the rest is more plants")
    texts: list[Text] = []
    others: list[tuple[int, Version]] = []
    for number, versions in enumerate(meanings[:bases]):
        random_.shuffle(versions)
        lang, text = versions[0]
        texts.append(Text(text, lang, number, "base", len(texts)))
        others += [(number, version) for version in versions[1:] if version[0] != lang]
    made = len(texts)
    wanted["translation"] += max(0, bases - made)
    random_.shuffle(others)
    for number, (lang, text) in others[: wanted["translation"]]:
        texts.append(Text(text, lang, number, "translation", number))
    for number in random_.choices(range(made), k=wanted["near"]):
        base = texts[number]
        texts.append(Text(_edited(base.text, random_), base.lang, number, "near", number))
    for number in random_.choices(range(made), k=wanted["exact"]):
        base = texts[number]
        texts.append(Text(base.text, base.lang, number, "exact", number))
    if plants < 1:
        texts[made:] = [text for text in texts[made:] if random_.random() < plants]
    order = list(range(len(texts)))
    random_.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    return [Text(one.text, one.lang, one.meaning, one.kind, place[one.base]) for one in (texts[old] for old in order)]


def _meanings(data: Path, allowed: set[str]) -> list[list[Version]]:
    """For each meaning its versions in different texts."""
    parents: list[int] = []

    def root(one: int) -> int:
        while parents[one] != one:
            parents[one] = parents[parents[one]]
            one = parents[one]
        return one

    by_text: dict[str, int] = {}
    versions: list[Version] = []
    for together in _parallel(data):
        first: int | None = None
        for lang, text in together:
            plain = re.sub(r"[\W_]+", " ", text.casefold()).strip() or text
            number = by_text.get(plain)
            if number is None:
                number = by_text[plain] = len(versions)
                versions.append((lang, text))
                parents.append(number)
            if first is not None:
                parents[root(number)] = root(first)
            first = number
    found: dict[int, list[Version]] = defaultdict(list)
    for number, version in enumerate(versions):
        if version[0] in allowed:
            found[root(number)].append(version)
    return [sorted(members) for _, members in sorted(found.items())]


def _parallel(data: Path) -> Iterator[list[Version]]:
    for path in sorted((data / "tatoeba").glob("*.tsv")):
        lang = canonical(path.stem.split("-")[0])
        for line in path.read_text(encoding="utf-8").splitlines():
            text, english = line.split("\t")
            yield [("en", english), (lang, text)]
    for path in sorted((data / "python_docs").glob("*.tsv")):
        for row in _rows(path):
            names = list(row)
            yield [("en", row["en"]), (canonical(names[3]), row[names[3]])]
    yield from _by_key(
        (("id", row["id"]), canonical(path.stem.split("-")[0].split("_")[0]), row["text"])
        for path in sorted((data / "tico19" / "text").glob("*.tsv"))
        if path.stem != "kr"
        for row in _rows(path)
    )
    yield from _by_key(
        (("id", row["index_id"]), canonical(path.stem), row["text"])
        for path in sorted((data / "sib200").glob("*.tsv"))
        for row in _rows(path)
    )


def _by_key(rows: Iterator[tuple[object, str, str]]) -> Iterator[list[Version]]:
    found: dict[object, list[Version]] = defaultdict(list)
    for key, lang, text in rows:
        found[key].append((lang, text))
    yield from found.values()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _edited(text: str, random_: random.Random) -> str:
    """A near copy: one to three edits that leave numbers alone."""
    for edit in random_.sample([_case, _punctuation, _spacing, _typo], k=random_.randint(1, 3)):
        text = edit(text, random_)
    return text


def _case(text: str, random_: random.Random) -> str:
    return text.lower() if random_.random() < 0.7 else text.upper()


def _punctuation(text: str, random_: random.Random) -> str:
    if text[-1:] in ".!?。！？":
        return text[:-1] + random_.choice(["", "!", "..", " ."])
    return text + random_.choice([".", "!", "..."])


def _spacing(text: str, random_: random.Random) -> str:
    words = text.split(" ")
    at = random_.randrange(len(words))
    return " ".join(words[:at]) + "  " * bool(at) + " ".join(words[at:])


def _typo(text: str, random_: random.Random) -> str:
    places = list(re.finditer(r"[^\W\d_]{5,}", text))
    if not places:
        return text
    found = random_.choice(places)
    at = random_.randrange(found.start() + 1, found.end() - 2)
    kinds = [
        text[:at] + text[at + 1] + text[at] + text[at + 2 :],
        text[:at] + text[at + 1 :],
        text[:at] + text[at] + text[at:],
    ]
    return random_.choice(kinds)
