"""Parallel sentences for the calibration: embedded once and kept in a folder; pairs that mean the same, and pairs that do not."""

from __future__ import annotations

import csv
import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tatoeba import XTREME

from interlingua import Encoder, LanguageMeans
from interlingua.languages import canonical
from interlingua.scoring.sizes import text_size

SEED = 7
ROWS = 1000
# Sentences that share this part of their words may be translations of each other, too, which no list says (Tatoeba has "I'm a
# little bit hungry." beside "I'm a bit hungry."): they are no example of different meanings.
_SHARED = 0.6
_TRIED = 12
_REQUESTS = ("ar", "da", "de", "id", "it", "ja", "kk", "nl", "sr", "tr", "zh")
# Variants of one language, and Kanuri, whose code is another language's name in no model of ours.
_LEFT_OUT = {"kr", "prs", "ti_ER", "ti_ET"}


@dataclass(frozen=True, eq=False)
class Texts:
    """A set's sentences in one language; the same row says the same in all languages of the set.

    Attributes:
        lang: the language.
        texts: n sentences; an empty one where there is none.
    """

    lang: str
    texts: list[str]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of texts of two languages: what the score is made from, and whether they mean the same.

    Attributes:
        source: the data set.
        langs: the two languages.
        cosines: centred, (n,).
        bare: as the model gives them, (n,).
        sizes: ``text_size`` of the shorter text of each, (n,).
        kinds: 0 for translations, 1 for random pairs, 2 for the nearest others, (n,).
        weights: so that half of all weight is on translations, a quarter on random and a quarter on the nearest other
            sentences, (n,).
    """

    source: str
    langs: tuple[str, str]
    cosines: np.ndarray
    bare: np.ndarray
    sizes: np.ndarray
    kinds: np.ndarray
    weights: np.ndarray

    @property
    def same(self) -> np.ndarray:
        """1 where they mean the same, (n,)."""
        return (self.kinds == 0).astype(np.float64)


def tico(data: Path) -> list[Texts]:
    """TICO-19: 1,000 rows in 35 languages."""
    columns = {}
    for path in sorted((data / "tico19" / "text").glob("*.tsv")):
        if path.stem not in _LEFT_OUT:
            columns[path.stem] = {row["id"]: row["text"] for row in _tsv(path)}
    english = columns["en"]
    ids = sorted(english)
    chosen = [ids[place] for place in np.sort(np.random.default_rng(SEED).permutation(len(ids))[:ROWS])]
    return [
        Texts(canonical(stem), [_unless_copied(column.get(key, ""), english[key], stem) for key in chosen])
        for stem, column in columns.items()
    ]


def python_docs(data: Path) -> list[Texts]:
    """The Python documentation: up to 1,000 paragraphs in ten languages and English, the same in all as far as they are there."""
    tables, counts = {}, dict[str, int]()
    for path in sorted((data / "python_docs").glob("en-*.tsv")):
        code = path.stem.removeprefix("en-")
        tables[code] = {row["en"]: row[code] for row in _tsv(path)}
        for text in tables[code]:
            counts[text] = counts.get(text, 0) + 1
    # Those that most languages have, so that any two languages have many in common.
    chosen = sorted(counts, key=lambda text: (-counts[text], hashlib.sha256(text.encode()).digest()))[: 2 * ROWS]
    found = [Texts("en", chosen)]
    for code, table in tables.items():
        found.append(Texts(canonical(code), [_unless_copied(table.get(text, ""), text, code) for text in chosen]))
    return found


def requests(data: Path) -> list[Texts]:
    """xSID: 800 short requests to a voice assistant in twelve languages."""
    rows = {lang: _tsv(data / "xsid" / f"{lang}.tsv") for lang in _REQUESTS}
    columns = {lang: {f"{row['split']} {row['id']}": row["text"] for row in rows[lang]} for lang in _REQUESTS}
    # The English requests have no ids of their own; the others say what they translate.
    english = {f"{row['split']} {row['id']}": row["text_en"] for lang in _REQUESTS for row in rows[lang]}
    found = [
        Texts(lang, [_unless_copied(column.get(key, ""), english[key], lang) for key in sorted(english)])
        for lang, column in columns.items()
    ]
    return [Texts("en", [english[key] for key in sorted(english)]), *found]


def tatoeba(data: Path) -> Iterator[tuple[Texts, Texts]]:
    """Tatoeba: XTREME's 36 languages, each with English sentences of its own."""
    for code in XTREME:
        lines = (data / "tatoeba" / f"{code}-eng.tsv").read_text(encoding="utf-8").splitlines()
        rows = [line.split("\t") for line in lines]
        yield Texts(canonical(code), [row[0] for row in rows]), Texts("en", [row[1] for row in rows])


class Embedded:
    """Sentences with their vectors under one model.

    Args:
        encoder: the model.
        work: where vectors are kept.
        means: what centres them; None takes the shipped ones.
    """

    def __init__(self, encoder: Encoder, work: Path, means: LanguageMeans | None = None) -> None:
        self._encoder = encoder
        self._work = work / encoder.fingerprint
        self._work.mkdir(parents=True, exist_ok=True)
        self.means = means or LanguageMeans.shipped(encoder)

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(n, d); rows of empty texts are zero."""
        key = hashlib.sha256(json.dumps(list(texts)).encode()).hexdigest()[:20]
        path = self._work / f"{key}.npy"
        if not path.is_file():
            rows = [row for row, text in enumerate(texts) if text.strip()]
            found = np.zeros((len(texts), self._encoder.dimension), dtype=np.float32)
            found[rows] = self._encoder.encode([texts[row] for row in rows])
            np.save(path, found)
        loaded: np.ndarray = np.load(path)
        return loaded

    def pairs(self, source: str, a: Texts, b: Texts) -> Pairs:
        """Translations, random pairs and nearest other sentences of two languages."""
        rows = [row for row in range(len(a.texts)) if a.texts[row].strip() and b.texts[row].strip()]
        left, right = (np.asarray(self.vectors(side.texts))[rows] for side in (a, b))
        sizes = [np.array([text_size(side.texts[row]) for row in rows]) for side in (a, b)]
        centred = self.means.centre(left, a.lang), self.means.centre(right, b.lang)
        scores = centred[0] @ centred[1].T
        chance = np.random.default_rng([SEED, zlib.crc32(f"{source} {a.lang} {b.lang}".encode())])
        here = np.arange(len(rows))
        random = (here + chance.integers(1, len(rows), len(rows))) % len(rows)
        words = [[_words(side.texts[row]) for row in rows] for side in (a, b)]
        nearest = _nearest_others(scores, words)
        picked = [here, random, nearest]
        kept = [here, *(here[[not _alike(words, row, other[row]) for row in here]] for other in (random, nearest))]
        shares = (0.5, 0.25, 0.25)
        first, second = np.concatenate(kept), np.concatenate([one[two] for one, two in zip(picked, kept, strict=True)])
        return Pairs(
            source,
            (a.lang, b.lang),
            scores[first, second],
            (left[first] * right[second]).sum(axis=1),
            np.minimum(sizes[0][first], sizes[1][second]),
            np.repeat([0, 1, 2], [len(one) for one in kept]),
            np.repeat([share / len(one) for share, one in zip(shares, kept, strict=True)], [len(one) for one in kept]),
        )


def _nearest_others(scores: np.ndarray, words: list[list[frozenset[str]]]) -> np.ndarray:
    """The row of the nearest other sentence of each that is not worded alike in either language; its own row if there is none."""
    found = np.arange(len(scores))
    ranked = np.argpartition(-scores, min(_TRIED, len(scores) - 1), axis=1)[:, :_TRIED]
    for row, near in enumerate(ranked):
        order = near[np.argsort(-scores[row, near])]
        found[row] = next((other for other in order.tolist() if not _alike(words, row, other)), row)
    return found


def _alike(words: list[list[frozenset[str]]], row: int, other: int) -> bool:
    """Whether two sentences are worded so much alike, in one of the languages, that they may say the same."""
    return any(len(side[row] & side[other]) >= _SHARED * len(side[row] | side[other]) for side in words)


def _words(text: str) -> frozenset[str]:
    """The words; where they are not parted by spaces, pairs of characters."""
    bare = "".join(char if char.isalnum() else " " for char in text.casefold())
    parts = bare.split()
    if sum(map(len, parts)) > 12 * len(parts) or max(map(text_size, parts), default=0) > 30:
        parts = [bare[at : at + 2] for at in range(len(bare) - 1)]
    return frozenset(parts)


def _unless_copied(text: str, english: str, code: str) -> str:
    return "" if code != "en" and text.strip() == english.strip() else text


def _tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
