"""Which sentences are mined at all: what is no sentence, stands there twice, or is in another language is left out first."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from interlingua.errors import OptionError
from interlingua.inspection.copies import wrong_language
from interlingua.inspection.marks import blanked, find_marks
from interlingua.scoring.sizes import text_size
from interlingua.texts.forms import normal_form

Reason = Literal["no words", "too short", "too long", "not prose", "boilerplate", "duplicate", "other language"]
"""Why a sentence is left out."""

_DIGITS = re.compile(r"\d+")
_NOT_PROSE = 0.5
_REPEATED = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """What is left out of mining.

    Attributes:
        least_size: the fewest letters of a sentence, as ``text_size`` counts them: a Chinese character says as much as three.
        most_size: the most.
        prose: leave out what has no words, or is mostly digits, marks and addresses.
        boilerplate: leave out lines that stand there five times or more and differ in their digits only ("Page 3 of 20").
        duplicates: leave out what says the same as an earlier sentence but for case, spaces and punctuation.
        language: leave out what certainly is in another language than its side.
    """

    least_size: float = 2.0
    most_size: float = 2000.0
    prose: bool = True
    boilerplate: bool = True
    duplicates: bool = True
    language: bool = True

    @classmethod
    def none(cls) -> Filters:
        """Leave out nothing."""
        return cls(0.0, float("inf"), prose=False, boilerplate=False, duplicates=False, language=False)

    def __post_init__(self) -> None:
        if not 0 <= self.least_size <= self.most_size:
            raise OptionError(
                "The least size of a sentence is a number from 0 to the most size; they are "
                f"{self.least_size!r} and {self.most_size!r}."
            )


NO_FILTERS = Filters.none()
"""Everything is mined."""


@dataclass(slots=True)
class Filtered:
    """What a heap is mined for.

    Attributes:
        rows: which sentences, ascending.
        dropped: how many were left out, for each reason.
    """

    rows: list[int] = field(default_factory=list)
    dropped: Counter[Reason] = field(default_factory=Counter)


def filtered(texts: Sequence[str], langs: Sequence[str | None], filters: Filters) -> Filtered:
    """Choose the sentences that are mined.

    Args:
        texts: all sentences of one side.
        langs: the language that each should be in; None where that is not known.
        filters: what is left out.
    """
    if filters == NO_FILTERS:
        return Filtered(list(range(len(texts))))
    forms = list(_forms(texts)) if filters.boilerplate or filters.duplicates else []
    # The same line again and again, its digits too, is no boilerplate: it counts once, where duplicates are left out.
    templates = _repeated(forms, alike=not filters.duplicates) if filters.boilerplate else frozenset[int]()
    result, seen = Filtered(), set[int]()
    for row, text in enumerate(texts):
        reason = _shape(text, filters)
        if reason is None and templates and _template(forms[row]) in templates:
            reason = "boilerplate"
        if reason is None and filters.duplicates:
            key = hash(forms[row])
            reason = "duplicate" if key in seen else None
            seen.add(key)
        if reason is None and filters.language and _is_foreign(text, langs[row]):
            reason = "other language"
        if reason is None:
            result.rows.append(row)
        else:
            result.dropped[reason] += 1
    return result


def _forms(texts: Iterable[str]) -> Iterator[str]:
    return map(normal_form, texts)


def _repeated(forms: Iterable[str], *, alike: bool) -> frozenset[int]:
    """The templates of which there are many lines, which differ in their digits, or (``alike``) need not."""
    counts, first, differing = Counter[int](), dict[int, int](), set[int]()
    for form in forms:
        if alike or _DIGITS.search(form):
            template = _template(form)
            counts[template] += 1
            if first.setdefault(template, hash(form)) != hash(form):
                differing.add(template)
    return frozenset(one for one, count in counts.items() if count >= _REPEATED and (alike or one in differing))


def _template(form: str) -> int:
    """The line without its digits, as a hash: the lines themselves need not be in memory twice."""
    return hash(_DIGITS.sub("0", form))


def _shape(text: str, filters: Filters) -> Reason | None:
    letters = sum(map(str.isalpha, text))
    if not letters and filters.prose:
        return "no words"
    size = text_size(text)
    if size < filters.least_size:
        return "too short"
    if size > filters.most_size:
        return "too long"
    if filters.prose and _words(text) < _NOT_PROSE * sum(not char.isspace() for char in text):
        return "not prose"
    return None


def _words(text: str) -> int:
    """How many characters are letters, or marks on them, outside addresses and placeholders."""
    bare = blanked(text, find_marks(text))
    # Vowel signs and the like are no letters to Unicode, but half of what is written in India and Thailand.
    return sum(char.isalpha() or (not char.isascii() and unicodedata.category(char)[0] == "M") for char in bare)


def _is_foreign(text: str, lang: str | None) -> bool:
    return lang is not None and wrong_language(text, lang) is not None
