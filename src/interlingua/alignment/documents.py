"""Document matching: which document is the translation of which, or that it has no counterpart.

Each document is its sentences' vectors (``document_units.py``). As a whole it is their mean and those of its first, second and last
third, since beginning, middle and end tell apart what is about the same thing (Thompson and Koehn 2020); so it has a few
nearest candidates in the other heap. These are compared sentence by sentence, which gives each pair a probability
(``document_evidence.py``); the surest pairs are taken first, each document once, and what is left over has no counterpart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from interlingua.alignment.document_evidence import candidates, evidence, probabilities
from interlingua.alignment.document_units import Floats, Units, means_for, read_units
from interlingua.errors import OptionError
from interlingua.progress import Advance
from interlingua.scoring import similarity
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.similarity import Langs
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder

CANDIDATES = 10
"""How many documents are compared sentence by sentence with each, unless said otherwise."""

# Documents are identified by their beginnings, and by what follows where that is in another language (a heading, a menu).
_READ = 3000


@dataclass(frozen=True, slots=True)
class DocumentMatch:
    """A pair of counterparts, or a document that has none.

    Attributes:
        left: the row of the left document; None for a right document without a counterpart.
        right: the row of the right document; None for a left one without a counterpart.
        probability: that the two are counterparts, 0 to 1; of a document without one, that its best candidate is it.
        shared: the share of both texts that has a translation in the other, 0 to 1, boilerplate counting little; of a document
            without a counterpart, that with its best candidate.
        nearest: of a document without a counterpart the row of its best candidate; None for a pair, or where there is none.
    """

    left: int | None
    right: int | None
    probability: float
    shared: float
    nearest: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentGroup:
    """Counterparts in several languages, or a document that has none.

    Attributes:
        rows: of the documents, in their order; at most one in each language.
        langs: the language of each, None where unknown.
        probabilities: of each, the highest with which it is a counterpart of another one of the group; of a document that is alone,
            of any.
    """

    rows: tuple[int, ...]
    langs: tuple[str | None, ...]
    probabilities: tuple[float, ...]


def match_documents(
    encoder: TextEncoder,
    left: Sequence[str],
    right: Sequence[str],
    *,
    left_langs: Langs = None,
    right_langs: Langs = None,
    min_probability: float = 0.5,
    candidates: int = CANDIDATES,
    calibration: Calibration | None = None,
    advance: Advance | None = None,
) -> list[DocumentMatch]:
    """Find out which left document is the translation of which right one, one to one.

    From two documents to 100,000 a side; beyond the texts, memory holds the documents' mean vectors (6 kB each with e5-small),
    their sentences' vectors lie in a temporary file where they are many.

    Args:
        encoder: what embeds the sentences.
        left: the left documents, of any length, in one language or several.
        right: the right documents, in another language, or several.
        left_langs: the languages of ``left``, one for all or one for each; identified where not given.
        right_langs: those of ``right``, likewise.
        min_probability: from which probability on two documents are counterparts.
        candidates: how many of the other heap are compared with each document sentence by sentence.
        calibration: what tells whether two sentences mean the same; None takes what comes with the model, if anything does.
        advance: called with how many more documents are embedded.

    Returns:
        For each left document in order what was found, then the right documents that have no counterpart.

    Raises:
        InputError: a document is empty or cannot be embedded, or there are not as many languages as documents.
        UnknownLanguage: a language code is none.
        OptionError: a number is out of its range.
    """
    check_options(min_probability, candidates)
    texts = [_checked(left, "left"), _checked(right, "right")]
    langs = [languages_of(texts[0], left_langs), languages_of(texts[1], right_langs)]
    if not texts[0] or not texts[1]:
        alone = [DocumentMatch(row, None, 0.0, 0.0) for row in range(len(texts[0]))]
        return alone + [DocumentMatch(None, row, 0.0, 0.0) for row in range(len(texts[1]))]
    means = means_for(encoder, list(zip(texts, langs, strict=True))) if calibration is None else calibration.means
    sides = [read_units(encoder, some, codes, means, advance) for some, codes in zip(texts, langs, strict=True)]
    found = _pairs(sides[0], sides[1], candidates, calibration or _shipped(encoder))
    return list(_decided(found, len(texts[0]), len(texts[1]), min_probability))


def group_documents(
    encoder: TextEncoder,
    texts: Sequence[str],
    *,
    langs: Langs = None,
    min_probability: float = 0.5,
    candidates: int = CANDIDATES,
    calibration: Calibration | None = None,
    advance: Advance | None = None,
) -> list[DocumentGroup]:
    """Bring the documents of one heap together that are each other's counterparts in different languages.

    Every two languages are matched as ``match_documents`` does; the surest pairs are joined first, and groups only where no
    language is in both.

    Args:
        encoder: what embeds the sentences.
        texts: the documents, of any length.
        langs: their languages, one for each; identified where not given. Documents in unknown languages count as of one.
        min_probability: from which probability on two documents are counterparts.
        candidates: how many of each other language are compared with each document sentence by sentence.
        calibration: as for ``match_documents``.
        advance: called with how many more documents are embedded.

    Returns:
        The groups by their first documents, those of one document included. Every document is in one.

    Raises:
        InputError: as for ``match_documents``.
        UnknownLanguage: a language code is none.
        OptionError: a number is out of its range.
    """
    check_options(min_probability, candidates)
    checked = _checked(texts, "texts")
    codes = languages_of(checked, langs)
    by_lang: dict[str | None, list[int]] = defaultdict(list)
    for row, code in enumerate(codes):
        by_lang[code].append(row)
    calibration_used = calibration or _shipped(encoder)
    means = means_for(encoder, [(checked, codes)]) if calibration is None else calibration.means
    sides = {
        code: read_units(encoder, [checked[row] for row in rows], [code] * len(rows), means, advance)
        for code, rows in by_lang.items()
    }
    edges: list[tuple[float, int, int]] = []
    for one, other in combinations(by_lang, 2):
        found = _pairs(sides[one], sides[other], candidates, calibration_used)
        for match in _taken(found):
            edges.append((match.probability, by_lang[one][match.left or 0], by_lang[other][match.right or 0]))
    return _grouped(codes, edges, min_probability)


def languages_of(texts: Sequence[str], given: Langs) -> list[str | None]:
    """The language of each document: the one given where there is one, else the identified one, None where that is unsure.

    Raises:
        InputError: there are not as many languages as documents.
        UnknownLanguage: a given code is none.
    """
    return similarity.languages_of([text[:_READ] for text in texts], given)


def check_options(min_probability: float, count: int) -> None:
    """Refuse numbers that make no sense.

    Raises:
        OptionError: one is out of its range.
    """
    if not 0 <= min_probability <= 1:
        raise OptionError(f"min_probability is a probability, 0 to 1, not {min_probability!r}.")
    if count < 1:
        raise OptionError(f"candidates must be a whole number and at least 1, not {count!r}.")


def _checked(texts: Sequence[str], name: str) -> list[str]:
    rows = as_list(texts, name)
    return check_texts(rows, name=name).texts if rows else []


def _shipped(encoder: TextEncoder) -> Calibration | None:
    try:
        return Calibration.shipped(encoder)
    except OptionError:
        return None


@dataclass(frozen=True, slots=True)
class _Scored:
    """A pair of documents with what was found of it."""

    left: int
    right: int
    probability: float
    shared: float


def _pairs(left: Units, right: Units, count: int, calibration: Calibration | None) -> list[_Scored]:
    """All candidate pairs, the surest first."""
    pairs = candidates(left, right, count)
    found = evidence(left, right, pairs, calibration)
    sure: Floats = probabilities(pairs, found, len(left), len(right))
    order = np.lexsort((pairs.rights, pairs.lefts, -found.shared, -sure))
    columns = (pairs.lefts[order], pairs.rights[order], sure[order], found.shared[order])
    return [_Scored(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def _taken(scored: list[_Scored]) -> Iterator[_Scored]:
    """One to one: the surest first, each document once."""
    lefts: set[int] = set()
    rights: set[int] = set()
    for pair in scored:
        if pair.left not in lefts and pair.right not in rights:
            lefts.add(pair.left)
            rights.add(pair.right)
            yield pair


def _decided(scored: list[_Scored], lefts: int, rights: int, least: float) -> Iterator[DocumentMatch]:
    pairs = [pair for pair in _taken(scored) if pair.probability >= least]
    of_left = {pair.left: DocumentMatch(pair.left, pair.right, pair.probability, pair.shared) for pair in pairs}
    used = {pair.right for pair in pairs}
    best_left: dict[int, DocumentMatch] = {}
    best_right: dict[int, DocumentMatch] = {}
    for pair in scored:
        best = DocumentMatch(pair.left, None, pair.probability, pair.shared, pair.right)
        best_left.setdefault(pair.left, best)
        best_right.setdefault(pair.right, replace(best, left=None, right=pair.right, nearest=pair.left))
    for row in range(lefts):
        yield of_left.get(row) or best_left.get(row) or DocumentMatch(row, None, 0.0, 0.0)
    for row in range(rights):
        if row not in used:
            yield best_right.get(row) or DocumentMatch(None, row, 0.0, 0.0)


def _grouped(codes: list[str | None], edges: list[tuple[float, int, int]], least: float) -> list[DocumentGroup]:
    group_of = list(range(len(codes)))
    members = {row: [row] for row in range(len(codes))}
    best = [0.0] * len(codes)
    alone = [0.0] * len(codes)
    for probability, one, other in sorted(edges, key=lambda edge: (-edge[0], edge[1], edge[2])):
        for row in (one, other):
            alone[row] = max(alone[row], probability)
        a, b = group_of[one], group_of[other]
        if probability < least:
            continue
        if a != b:
            if {codes[row] for row in members[a]} & {codes[row] for row in members[b]}:
                continue
            for row in members[b]:
                group_of[row] = a
            members[a] += members.pop(b)
        for row in (one, other):
            best[row] = max(best[row], probability)
    groups = sorted(sorted(rows) for rows in members.values())
    return [
        DocumentGroup(
            tuple(rows),
            tuple(codes[row] for row in rows),
            tuple(best[row] if len(rows) > 1 else alone[row] for row in rows),
        )
        for rows in groups
    ]
