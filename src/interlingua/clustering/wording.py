"""What clusters are about: the terms that tell a cluster's texts from others in the same language."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.clustering.reducing import evenly
from interlingua.texts.terms import words_and_runs

# Texts of one cluster in one language that are looked at, and of all together.
_MOST, _LEAST, _IN_ALL = 1000, 50, 200_000
_SHORTEST = 2
_LONGEST = 40
# Characters of a term in Chinese, and in scripts that write letters without spaces.
_PIECES_HAN, _PIECES_LETTERS = range(2, 5), range(2, 9)
_HAN = re.compile("[\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff]{2,}")
_JAPANESE = re.compile("[\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff]")
_HANGUL = ("\uac00", "\ud7a3")
# Vowels of Thai and Lao that are written behind, or before, the consonant that they belong to.
_NEVER_FIRST, _NEVER_LAST = frozenset("ะาำๅๆฯะາຳໆຯ"), frozenset("เแโใไເແໂໃໄ")
_CHARACTERS = 400
# A likelihood ratio beyond this is hardly chance: one in a thousand chance ones is.
_EVIDENCE = 10.83
_LEAST_TEXTS = 2
# What is in more of the other clusters' texts than this is no label.
_COMMON = 0.25
# A term goes where a longer one has nearly all of its texts.
_SAME = 0.7


class _Cell(NamedTuple):
    """The texts of one cluster in one language: how many there are, how many were looked at, and in how many each term is."""

    size: int
    seen: int
    counts: Counter[str]


def terms_of_clusters(
    texts: Sequence[str],
    langs: Sequence[str | None],
    clusters: NDArray[np.int32],
    weights: NDArray[np.int64],
    most: int,
) -> dict[int, dict[str, tuple[str, ...]]]:
    """The terms of each cluster in each of its languages, best first.

    Class-based TF-IDF after Grootendorst ("BERTopic", arXiv 2203.05794, 2022), all texts of a cluster in one language taken
    together as one document and compared with the other clusters in that language only, so that no cluster is called after its
    language. A term's frequency is weighed by the logarithm of its rareness, and here also by that of how much more frequent it is
    than in all clusters (its part in the Kullback-Leibler divergence). So what is frequent everywhere, such as "the", has no
    weight, and no list of stop-words is needed.

    Args:
        texts: the texts, all different or counted by ``weights``.
        langs: their languages; None gives no terms.
        clusters: the cluster of each; those in none (-1) count among the others.
        weights: how many rows each text stands for.
        most: how many terms for each cluster and language.

    Returns:
        By cluster, by language; without those that have no terms.
    """
    found: dict[int, dict[str, tuple[str, ...]]] = {}
    for lang, cells in _cells(texts, langs, clusters, weights):
        background = _shares(cells)
        total = sum(cell.size for cell in cells.values())
        for cluster, cell in cells.items():
            if cluster >= 0 and (best := _best(cell, cell.size / total, background, most)):
                found.setdefault(cluster, {})[lang] = best
    return found


def _cells(
    texts: Sequence[str], langs: Sequence[str | None], clusters: NDArray[np.int32], weights: NDArray[np.int64]
) -> Iterator[tuple[str, dict[int, _Cell]]]:
    """For each language its cells; of one that stands in a single cluster none, as there is nothing to compare with."""
    rows: dict[str, dict[int, list[int]]] = {}
    for row, (lang, cluster) in enumerate(zip(langs, clusters.tolist(), strict=True)):
        if lang is not None:
            rows.setdefault(lang, {}).setdefault(cluster, []).append(row)
    limit = max(_LEAST, min(_MOST, _IN_ALL // max(sum(map(len, rows.values())), 1)))
    for lang, by_cluster in sorted(rows.items()):
        if len(by_cluster) > 1:
            yield (
                lang,
                {cluster: _cell(texts, picked, weights, limit) for cluster, picked in sorted(by_cluster.items())},
            )


def _cell(texts: Sequence[str], rows: list[int], weights: NDArray[np.int64], limit: int) -> _Cell:
    looked_at = [rows[place] for place in evenly(len(rows), limit).tolist()]
    counts: Counter[str] = Counter()
    for row in looked_at:
        counts.update(terms_of(texts[row]))
    return _Cell(int(weights[rows].sum()), len(looked_at), counts)


def terms_of(text: str) -> set[str]:
    """What may become a label: words, beginnings of Korean words, and pieces of what is written without spaces."""
    words, runs = words_and_runs(text)
    found = set()
    for word in words:
        if _SHORTEST <= len(word) <= _LONGEST and not any(sign.isdecimal() for sign in word):
            found.add(word)
            if _HANGUL[0] <= word[0] <= _HANGUL[1]:  # endings are written onto words
                found.update(word[:end] for end in range(_SHORTEST, len(word)))
    for run in runs:
        found.update(_pieces(run[:_CHARACTERS]))
    return found


def _pieces(run: list[str]) -> Iterator[str]:
    """Of Japanese the words in katakana and pieces of what is in Chinese characters: the rest are endings and particles."""
    if _JAPANESE.match(run[0]):
        together = "".join(run)
        yield from _KATAKANA.findall(together)
        for part in _HAN.findall(together):
            yield from (part[at : at + size] for size in _PIECES_HAN for at in range(len(part) - size + 1))
        return
    for at, first in enumerate(run):
        if first[0] not in _NEVER_FIRST:
            for size in _PIECES_LETTERS:
                piece = run[at : at + size]
                if len(piece) == size and piece[-1][0] not in _NEVER_LAST:
                    yield "".join(piece)


def _shares(cells: Mapping[int, _Cell]) -> dict[str, float]:
    """In which share of a language's texts each term is."""
    total = sum(cell.size for cell in cells.values())
    shares: dict[str, float] = {}
    for cell in cells.values():
        weight = cell.size / total / cell.seen
        for term, count in cell.counts.items():
            shares[term] = shares.get(term, 0.0) + weight * count
    return shares


def _best(cell: _Cell, part: float, background: Mapping[str, float], most: int) -> tuple[str, ...]:
    scored = []  # the cell is this part of all the language's texts
    for term, count in cell.counts.items():
        share = count / cell.seen
        elsewhere = (background[term] - part * share) / (1 - part)
        if count < _LEAST_TEXTS or elsewhere > _COMMON:
            continue
        gain = math.log(share / background[term])
        if 2 * count * gain > _EVIDENCE:
            scored.append((count * gain * -math.log(background[term]), term))
    scored.sort(key=lambda one: (-one[0], one[1]))
    chosen: list[str] = []
    for _, term in scored[: 20 * most]:
        whole = _whole(term, scored, cell.counts)
        if not any(_overlap(whole, other) for other in chosen):
            chosen.append(whole)
        if len(chosen) == most:
            break
    return tuple(chosen)


def _whole(term: str, scored: list[tuple[float, str]], counts: Counter[str]) -> str:
    """The longest term that this one is a piece of nearly wherever it stands: "选举委员会" for "举委"."""
    longer = [other for _, other in scored if term in other and counts[other] >= _SAME * counts[term]]
    return max(longer, key=lambda other: (len(other), counts[other], other))


def _overlap(term: str, other: str) -> bool:
    """Whether one has the other in it, or, of pieces of what is written without spaces, half of it."""
    shorter, longer = sorted((term, other), key=len)
    whole = not words_and_runs(shorter)[1]
    size = len(shorter) if whole else max(_SHORTEST, (len(shorter) + 1) // 2)
    return any(shorter[at : at + size] in longer for at in range(len(shorter) - size + 1))
