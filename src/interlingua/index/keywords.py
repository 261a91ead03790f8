"""Keyword search in the documents' file: which passages have the words, names and numbers of a query.

Terms are made here in Python (see ``terms``); SQLite's FTS5 keeps which passage has which, in the transactions that write the
passages. It keeps no text and no places, so it is small. Passages are ranked by BM25 (Robertson & Zaragoza, 2009) with
each term counted once, since passages are short.

Only evidence counts: a passage is found if it has at least ``LEAST_SHARE`` of what the query's terms weigh together, terms
that are in no document included. So a passage is found by a name, and not because it has "where" and "the" like the
question: that would put passages in the question's language before all others. Names, numbers, codes and quotations that
hardly any passage has weigh more, so that they are found within a question too. Measured in ``benchmarks/hybrid.py``.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.texts import terms

LEAST_SHARE = 0.4
# How much more names weigh that are in so few passages.
_NAMES, _RARE = 4.0, 3
# A term in more passages than this says little; it is in neither sum.
_COMMON_SHARE = 0.05
_FEW, _MANY = 100, 20_000
_MOST_TERMS = 64
# Of BM25, as usual.
_SATURATION, _LENGTH = 1.2, 0.75
_AT_ONCE = 1000

_TABLES = """
DROP TABLE IF EXISTS keyword_pairs;
DROP TABLE IF EXISTS keywords;
DROP TABLE IF EXISTS keyword_rules;
CREATE VIRTUAL TABLE keywords USING fts5 (terms, content = '', detail = none, columnsize = 0, tokenize = "ascii tokenchars '.'");
CREATE VIRTUAL TABLE keyword_pairs USING fts5vocab (keywords, instance);
CREATE TABLE keyword_rules (version INTEGER NOT NULL);
"""


class Match(NamedTuple):
    """A passage that keywords find.

    Attributes:
        key: the passage.
        share: how much of the query's weight its terms have, above 0, at most 1.
        score: of BM25.
    """

    key: int
    share: float
    score: float


def is_current(database: sqlite3.Connection) -> bool:
    """Whether there are keywords, made by the rules of this version."""
    there = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'keyword_rules'").fetchone()
    return there is not None and database.execute("SELECT version FROM keyword_rules").fetchone() == (terms.VERSION,)


def rebuild(database: sqlite3.Connection) -> None:
    """Make the keywords anew from the documents; within a transaction."""
    for statement in _TABLES.strip().splitlines():
        database.execute(statement)
    passages = _passages(database)
    while some := list(islice(passages, _AT_ONCE)):
        put(database, some)
    database.execute("INSERT INTO keyword_rules VALUES (?)", (terms.VERSION,))


def put(database: sqlite3.Connection, passages: Iterable[tuple[int, str]]) -> None:
    """Take in passages, keys and texts; within a transaction."""
    rows = ((key, _joined(text)) for key, text in passages)
    database.executemany("INSERT INTO keywords (rowid, terms) VALUES (?, ?)", rows)


def remove(database: sqlite3.Connection, number: int) -> None:
    """Take out the passages of a document that is still there; within a transaction."""
    # What was taken in is told again, because it is kept nowhere.
    rows = [(key, _joined(text)) for key, text in _passages(database, number)]
    database.executemany("INSERT INTO keywords (keywords, rowid, terms) VALUES ('delete', ?, ?)", rows)


def search(
    database: sqlite3.Connection, query: str, count: int, limit: int, allowed: NDArray[np.int64] | None = None
) -> list[Match]:
    """The passages that have what a query's terms say, best first.

    Args:
        database: with current keywords.
        query: anything; nothing in it has a special meaning.
        count: the number of passages in the index.
        limit: the most matches.
        allowed: the keys of the passages that may be found, ascending; None for all.
    """
    total, found = 0.0, []
    for term, is_name in _asked(query):
        most = int(min(max(_COMMON_SHARE * count, _FEW), _MANY))
        keys = _keys_of(database, term, most + 1)
        if len(keys) > most:
            continue
        # With an index that grows meanwhile there may be more keys than were counted.
        others = max(count - len(keys), 0)
        weight = max(float(np.log((others + 0.5) / (len(keys) + 0.5))), 1e-6)
        if is_name and 0 < len(keys) <= _RARE:
            weight *= _NAMES
        total += weight
        found.append((keys, weight))
    if not any(len(keys) for keys, _ in found):
        return []
    keys, places = np.unique(np.concatenate([keys for keys, _ in found]), return_inverse=True)
    weights = np.concatenate([np.full(len(keys), weight) for keys, weight in found])
    sums = np.bincount(places, weights=weights).astype(np.float64)
    chosen = sums >= LEAST_SHARE * total - 1e-9
    if allowed is not None:
        chosen &= np.isin(keys, allowed, assume_unique=True)
    keys, sums = keys[chosen], sums[chosen]
    best = np.argsort(-sums, kind="stable")[: max(4 * limit, _AT_ONCE)]
    return _ranked(database, keys[best], sums[best], total)[:limit]


def damage(database: sqlite3.Connection) -> Iterator[str]:
    """What is wrong, in sentences: every term of every passage is compared."""
    if not is_current(database):
        return
    # Sums, because neither side fits in memory.
    there = sum(_mark(term, key) for term, key in database.execute("SELECT term, doc FROM keyword_pairs"))
    wanted = sum(_mark(term, key) for key, text in _passages(database) for term in set(terms.terms(text)))
    if there != wanted:
        yield "the keywords are not those of the documents; run: interlingua index rebuild"


def _asked(query: str) -> list[tuple[str, bool]]:
    """The terms of a query, once each, and whether they look like names, which come first."""
    names, all_ = terms.names(query), terms.terms(query)
    once = dict.fromkeys([*(term for term in all_ if term in names), *all_])
    return [(term, term in names) for term in islice(once, _MOST_TERMS)]


def _keys_of(database: sqlite3.Connection, term: str, limit: int) -> NDArray[np.int64]:
    # In quotation marks nothing is an operator, and terms hold none themselves.
    expression = f'"{term}"*' if terms.is_single(term) else f'"{term}"'
    rows = database.execute("SELECT rowid FROM keywords WHERE keywords MATCH ? LIMIT ?", (expression, limit)).fetchall()
    return np.fromiter((row[0] for row in rows), dtype=np.int64, count=len(rows))


def _ranked(
    database: sqlite3.Connection, keys: NDArray[np.int64], sums: NDArray[np.float64], total: float
) -> list[Match]:
    """With the length of the passages: of two with the same terms the shorter one is better."""
    lengths: dict[int, int] = {}
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE].tolist()
        marks = ", ".join("?" * len(some))
        lengths |= dict(database.execute(f"SELECT key, stop - start FROM passages WHERE key IN ({marks})", some))
    if not lengths:
        return []
    mean = sum(lengths.values()) / len(lengths) or 1.0
    matches = []
    for key, weight in zip(keys.tolist(), sums.tolist(), strict=True):
        if key in lengths:
            slower = 1 - _LENGTH + _LENGTH * lengths[key] / mean
            score = weight * (_SATURATION + 1) / (1 + _SATURATION * slower)
            matches.append(Match(key, min(weight / total, 1.0), score))
    return sorted(matches, key=lambda match: (-match.score, match.key))


def _passages(database: sqlite3.Connection, number: int | None = None) -> Iterator[tuple[int, str]]:
    """The keys and texts of the passages of a document, or of all."""
    statement = "SELECT number, key, start, stop FROM passages"
    chosen = ("", ()) if number is None else (" WHERE number = ?", (number,))
    rows = database.execute(f"{statement}{chosen[0]} ORDER BY key", chosen[1])
    # The passages of a document have neighbouring keys; so its text, which may be a book, is read once.
    for owner, parts in groupby(rows, itemgetter(0)):
        found = database.execute("SELECT text FROM documents WHERE number = ?", (owner,)).fetchone()
        for _, key, start, stop in parts if found is not None else ():
            yield key, found[0][start:stop]


def _joined(text: str) -> str:
    return " ".join(dict.fromkeys(terms.terms(text)))


def _mark(term: str, key: int) -> int:
    return zlib.crc32(f"{key} {term}".encode())
