"""Texts that are nearly spelled alike: equal but for what may be a typing error in one word, or for question marks.

An evident typing error decides by itself, for it can move a short text's vector far. Two words of which each is one ("trial",
"trail") are left to the vectors, and so is what may be a name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from interlingua.texts.forms import unshouted

Pieces = Callable[[Sequence[str]], Sequence[int]]
"""Into how many pieces a model's vocabulary splits each word."""

_SHORTEST = 6
"""Letters of a word in which an error is told from another word: "form" and "from" are two, "dairy" and "diary" as well."""

_FEWEST, _MOST = 3, 40
"""Words of a text. In longer ones a typing error hardly moves the vector."""

_RARE = 2
"""A misspelt word is a rare one. In a large collection this keeps "later" and "latter" apart."""

_USUAL, _TIMES = 3, 3
"""Without a vocabulary: how often a word occurs at least that another is an error for, and how many times as often as it."""

_LARGEST = 64
_MODULUS = (1 << 61) - 1
_FACTOR = 1_000_003


class NearlyAlike(NamedTuple):
    """Texts that are nearly spelled alike.

    Attributes:
        evident: for some texts, those before them that they are but for an evident typing error, ascending.
        likely: of other pairs the later and the earlier one: the vectors decide, but are not mistrusted as they are where
            unrelated texts share their wording.
    """

    evident: Mapping[int, Sequence[int]]
    likely: Sequence[tuple[int, int]]


def nearly_alike(
    texts: Sequence[str], forms: Sequence[str], groups: Sequence[object], pieces: Pieces | None
) -> NearlyAlike:
    """Find the texts that are equal but for one word, which may be mistyped, or for question marks.

    A typing error is a letter left out or put in, or two adjacent ones exchanged, within a word of six letters or more. It is
    evident where the word hardly occurs otherwise, is not written with a capital, and looks like no word: the vocabulary splits it
    into more pieces than the right one. Where there is no vocabulary, the right one has to be much more frequent.

    Args:
        texts: the texts.
        forms: their normal forms.
        groups: what must be equal, too: their languages, or anything.
        pieces: what splits words; None where there is no vocabulary.
    """
    pairs = list(_but_for_a_word(forms, groups))
    wrong = _wrong(forms, {word for pair in pairs for word in pair[2:]}, pieces)
    evident: dict[int, list[int]] = defaultdict(list)
    likely = set(_but_for_question_marks(forms, groups))
    for later, earlier, one, other in sorted(pairs):
        # What stands with a capital letter may be a name: then it is not found in the text as it is in the form.
        if (wrong(one, other) and one in texts[later]) or (wrong(other, one) and other in texts[earlier]):
            evident[later].append(earlier)
        elif one in unshouted(texts[later]) and other in unshouted(texts[earlier]):
            likely.add((later, earlier))
    return NearlyAlike(dict(evident), sorted(likely))


def _but_for_a_word(forms: Sequence[str], groups: Sequence[object]) -> Iterator[tuple[int, int, str, str]]:
    """The later and the earlier text, and the word of each."""
    keys, places, words = _gapped(forms, groups)
    if not len(keys):
        return
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1]])
    ends = np.r_[starts[1:], len(keys)]
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if not 2 <= end - start <= _LARGEST:
            continue
        members = order[start:end].tolist()
        for at, b in enumerate(members):
            for a in members[:at]:
                if places[a] == places[b] or words[a] != words[b]:
                    continue
                first, second = (forms[places[one]].split(" ") for one in (a, b))
                word = int(words[a])
                # Keys are hashes: the rest is compared as well.
                rest_is_equal = first[:word] == second[:word] and first[word + 1 :] == second[word + 1 :]
                if rest_is_equal and mistyped(first[word], second[word]):
                    yield int(places[b]), int(places[a]), second[word], first[word]


def _but_for_question_marks(forms: Sequence[str], groups: Sequence[object]) -> Iterator[tuple[int, int]]:
    firsts: dict[object, int] = {}
    for place, (form, group) in enumerate(zip(forms, groups, strict=True)):
        if bare := form.replace("?", "").strip():
            first = firsts.setdefault((bare, group), place)
            if forms[first] != form:
                yield place, first


def _wrong(forms: Sequence[str], words: set[str], pieces: Pieces | None) -> Callable[[str, str], bool]:
    """Whether of two words the first is an error for the second."""
    counts = _counts(forms, words)
    listed = sorted(words)
    parts = None if pieces is None or not listed else dict(zip(listed, pieces(listed), strict=True))

    def wrong(odd: str, right: str) -> bool:
        if counts[odd] > _RARE:
            return False
        if parts is not None:
            return parts[odd] > parts[right]
        return counts[right] >= max(_USUAL, _TIMES * counts[odd])

    return wrong


def mistyped(a: str, b: str) -> bool:
    """Whether one word can be a typing error for the other: the first letter holds, and the last unless it is exchanged."""
    if a[-1:] == b[-1:] == "?":
        # A question mark is part of the normal form.
        a, b = a[:-1], b[:-1]
    if min(len(a), len(b)) < _SHORTEST - 1 or max(len(a), len(b)) < _SHORTEST or a[0] != b[0]:
        return False
    if not (a.isalpha() and b.isalpha()):
        return False
    if len(a) == len(b):
        other = [place for place in range(len(a)) if a[place] != b[place]]
        return (
            len(other) == 2 and other[1] == other[0] + 1 and a[other[0]] == b[other[1]] and a[other[1]] == b[other[0]]
        )
    short, long = sorted((a, b), key=len)
    if len(long) != len(short) + 1 or short[-1] != long[-1]:
        return False
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _gapped(
    forms: Sequence[str], groups: Sequence[object]
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.int64]],
    np.ndarray[tuple[int], np.dtype[np.int32]],
    np.ndarray[tuple[int], np.dtype[np.int32]],
]:
    """Hashes of the texts with one word left out: the hash, the text, and the place of the word."""
    keys: list[int] = []
    places: list[int] = []
    gaps: list[int] = []
    for place, (form, group) in enumerate(zip(forms, groups, strict=True)):
        words = form.split(" ", _MOST)
        if not _FEWEST <= len(words) <= _MOST:
            continue
        parts = []
        factor = 1
        for word in words:
            parts.append(hash(word) * factor)
            factor = factor * _FACTOR % _MODULUS
        whole = sum(parts) + hash(group) + len(words)
        for at, word in enumerate(words):
            if len(word) >= _SHORTEST - 1:
                keys.append((whole - parts[at]) % _MODULUS)
                places.append(place)
                gaps.append(at)
    return np.array(keys, dtype=np.int64), np.array(places, dtype=np.int32), np.array(gaps, dtype=np.int32)


def _counts(forms: Iterable[str], wanted: set[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    if wanted:
        for form in forms:
            counts.update(word for word in form.split(" ") if word in wanted)
    return counts
