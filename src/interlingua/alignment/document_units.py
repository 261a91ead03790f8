"""Documents as their sentences' vectors: what document matching compares.

A sentence counts with the square root of its size, and less the more documents of its side say the same (numbers aside): menus,
notices and other boilerplate. A document of very many sentences is kept as means of runs of neighbours. The vectors lie in
memory as float16, beyond ``IN_MEMORY`` bytes in a temporary file, so 100,000 documents a side need a disk, not memory.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.truncation import TruncationWarning
from interlingua.encoding.windows import pieces
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans, shipped_means, unit
from interlingua.scoring.sizes import text_size
from interlingua.scoring.tables import GrowingTable
from interlingua.texts.checking import find_problems
from interlingua.texts.sentences import sentences
from interlingua.types import Stored, TextEncoder, Vectors

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST = 512
"""Of a document with more sentences, neighbours are taken together until there are no more units than this."""

IN_MEMORY = 1 << 28

# Longer sentences are read in parts of this many characters, which every model reads whole.
_LONGEST = 400
_TEXTS_AT_ONCE = 8192
# A sentence counts no more than one of this size.
_LARGEST = 200.0
_PARTS = 3
# What is the same in every language: links, numbers, codes, abbreviations in capitals.
_SIGN = re.compile(r"https?://[^\s)>\"']+|\w*\d[\w.,:/-]*|[A-Za-z][\w]*[_@/.-]+[A-Za-z][\w@/.-]*|\b[A-Z]{2,}\w*\b")
_DIGITS = re.compile(r"\d+")
# Means of a language are estimated from this many sentences at least, where none come with the model; and at most.
_FEWEST, _SAMPLE = 50, 4000


@dataclass(frozen=True, eq=False)
class Units:
    """The documents of one side.

    Attributes:
        starts: (n + 1,), where the units of each document begin.
        vectors: (units, d) float16 of unit length, centred.
        weights: (units,), how much each counts.
        sizes: (units,), ``text_size`` of each.
        langs: the language of each document, None where unknown.
        whole: (n, 4 d) float32 of unit length: each document's mean, and those of its first, second and last third.
        signs: for each document the sorted hashes of the links, numbers and codes in it.
    """

    starts: Ints
    vectors: Stored
    weights: Floats
    sizes: Floats
    langs: list[str | None]
    whole: Vectors
    signs: list[Ints]

    def __len__(self) -> int:
        return len(self.langs)

    def of(self, document: int) -> slice:
        """The units of a document."""
        return slice(int(self.starts[document]), int(self.starts[document + 1]))


def read_units(
    encoder: TextEncoder,
    texts: Sequence[str],
    langs: list[str | None],
    means: LanguageMeans,
    advance: Advance | None = None,
) -> Units:
    """Documents divided, embedded and centred; memory beyond the result is that of some thousand sentences.

    Args:
        encoder: what embeds the sentences.
        texts: the documents, which can be embedded.
        langs: the language of each.
        means: what is centred with.
        advance: called with how many more documents are done.
    """
    made = GrowingTable(encoder.dimension, np.float16, IN_MEMORY)
    hashes: list[int] = []
    sizes: list[float] = []
    starts = [0]
    signs: list[Ints] = []
    for chunk in _chunks(texts, langs):
        flat = [part for _, parts in chunk for part in parts]
        vectors = means.centre(embedded(encoder, flat), [langs[row] for row, parts in chunk for _ in parts])
        at = 0
        for row, parts in chunk:
            runs = _runs(len(parts))
            own = vectors[at : at + len(parts)]
            at += len(parts)
            made.add(unit(np.add.reduceat(own, runs)) if len(runs) < len(parts) else own)
            sizes += np.add.reduceat(np.array([text_size(part) for part in parts]), runs).tolist()
            hashes += [_hash(_DIGITS.sub("0", parts[place].casefold())) for place in runs]
            starts.append(len(sizes))
            signs.append(_signs(texts[row]))
        if advance is not None:
            advance(len(chunk))
    bounds = np.array(starts, dtype=np.int64)
    weights = np.sqrt(np.minimum(sizes, _LARGEST)) / _documents_with(np.array(hashes, dtype=np.int64), bounds)
    # A document without a letter counts as well.
    weights = np.maximum(weights, 1e-3)
    stored = made.whole()
    return Units(bounds, stored, weights, np.array(sizes), langs, _whole(stored, weights, bounds), signs)


def parts_of(text: str, lang: str | None) -> list[str]:
    """The sentences of a document, long ones in parts; what shows nothing is left out."""
    found = [part.strip() for start, stop in sentences(text, lang) for part in pieces(text[start:stop], _LONGEST)]
    bad = {problem.row for problem in find_problems(found)}
    return [part for row, part in enumerate(found) if row not in bad] or [text[:_LONGEST]]


def embedded(encoder: TextEncoder, texts: list[str]) -> Vectors:
    """The vectors of sentences. That a model cuts one is not told: the others say what the document is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TruncationWarning)
        return encoder.encode(texts)


def means_for(encoder: TextEncoder, sides: Sequence[tuple[Sequence[str], list[str | None]]]) -> LanguageMeans:
    """The means that come with the model, or else those of the documents' own sentences, where there are enough of a language."""
    if (means := shipped_means(encoder)) is not None:
        return means
    by_lang: dict[str, list[str]] = {}
    for texts, langs in sides:
        for text, lang in zip(texts, langs, strict=True):
            some = by_lang.setdefault(lang or "", [])
            if len(some) < _SAMPLE:
                some += parts_of(text, lang)
    nothing = np.zeros(encoder.dimension, dtype=np.float32)
    enough = {lang: some[:_SAMPLE] for lang, some in by_lang.items() if lang and len(some) >= _FEWEST}
    return LanguageMeans({lang: embedded(encoder, some).mean(axis=0) for lang, some in enough.items()}, nothing)


def _chunks(texts: Sequence[str], langs: list[str | None]) -> Iterator[list[tuple[int, list[str]]]]:
    chunk: list[tuple[int, list[str]]] = []
    count = 0
    for row, text in enumerate(texts):
        parts = parts_of(text, langs[row])
        chunk.append((row, parts))
        count += len(parts)
        if count >= _TEXTS_AT_ONCE:
            yield chunk
            chunk, count = [], 0
    if chunk:
        yield chunk


def _runs(count: int) -> Ints:
    """Where the runs of neighbouring sentences begin that are one unit each."""
    return np.unique(np.linspace(0, count, min(count, MOST), endpoint=False).astype(np.int64))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "little", signed=True)


def _signs(text: str) -> Ints:
    found = {sign.strip(".,:/-").casefold() for sign in _SIGN.findall(text)}
    # A single digit says nothing.
    return np.array(sorted(_hash(sign) for sign in found if len(sign) > 1), dtype=np.int64)


def _documents_with(hashes: Ints, starts: Ints) -> Floats:
    """In how many documents each unit stands."""
    owners = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    _, which = np.unique(hashes, return_inverse=True)
    once = np.unique(which.astype(np.int64) * len(starts) + owners) // len(starts)
    result: Floats = np.bincount(once)[which].astype(np.float64)
    return result


def _whole(vectors: Stored, weights: Floats, starts: Ints) -> Vectors:
    count, dimension = len(starts) - 1, vectors.shape[1]
    table = np.zeros((count, 1 + _PARTS, dimension), dtype=np.float32)
    for row in range(count):
        some = slice(int(starts[row]), int(starts[row + 1]))
        weighted = vectors[some].astype(np.float32) * weights[some, None].astype(np.float32)
        position = np.cumsum(weights[some]) / weights[some].sum()
        part = np.minimum((position * _PARTS - 1e-6).astype(np.int64), _PARTS - 1)
        table[row, 0] = weighted.sum(axis=0)
        for place in range(_PARTS):
            table[row, 1 + place] = weighted[part == place].sum(axis=0)
    # The whole counts as much as all parts together; a part without a sentence counts nothing.
    parts = unit(table) * np.array([1.0] + [_PARTS**-0.5] * _PARTS, dtype=np.float32)[:, None]
    return unit(parts.reshape(count, -1))
