"""Which rows to label next: active learning.

Rows that a classifier is unsure of are worth more than others, but the least sure ones are much alike, and labelling one of them
is enough. So the unsure rows are divided into as many regions as rows are wanted, and of each region one in its middle is taken
(Zhdanov, 2019, "Diverse mini-batch active learning"). Without a classifier all rows are divided, and what is typical comes
first (Hacohen, Dekel and Weinshall, 2022, "Active learning on a budget").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.classifier import CrossLingualClassifier
from interlingua.classification.contract import not_fitted
from interlingua.classification.fitting import spaces
from interlingua.classification.heads import Floats, Ints
from interlingua.classification.held_out import rows_of
from interlingua.classification.inputs import Rows
from interlingua.classification.regions import regions
from interlingua.classification.rehearsal import Rehearsal
from interlingua.errors import InputError, OptionError
from interlingua.scoring.similarity import Langs
from interlingua.types import TextEncoder

# Of so many times the rows that are wanted, the unsurest are divided into regions.
_AMONG = 20
_LEAST_AMONG = 400
_MOST_AMONG = 20_000
_BLOCK = 8192
_PART = 5
_ABOUT_AS_GOOD = 1.1


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A row to label next.

    Attributes:
        row: which, counted from 0.
        best: the label that it probably has; None without a classifier.
        second: the next probable label.
        margin: how much more probable the first is than the second, 0 to 1: the less, the more is learned; None without a
            classifier, and with several labels a row how far the unsurest label is from 0.5, doubled.
        stands_for: how many of the rows in question lie in the region that it was taken from.
        lang: its language; None where unknown.
    """

    row: int
    best: Any
    second: Any
    margin: float | None
    stands_for: int
    lang: str | None

    def why(self) -> str:
        """The reason in words."""
        like = f"stands for {self.stands_for:,} rows like it" if self.stands_for > 1 else "there is none like it"
        if self.margin is None:
            return like
        between = f"{self.best!s} or {self.second!s}" if self.second is not None else str(self.best)
        return f"unsure: {between} (margin {self.margin:.2f}); {like}"


def suggest(
    X: Any,
    n: int = 20,
    *,
    classifier: CrossLingualClassifier | None = None,
    encoder: TextEncoder | str | None = None,
    langs: Langs = None,
    per_language: bool = False,
    seed: int = 0,
) -> list[Suggestion]:
    """Choose the rows whose labels would teach most.

    Args:
        X: texts without labels, or their vectors, shape (m, d).
        n: how many to choose; all where there are fewer.
        classifier: a trained one, whose unsure rows are asked for; None starts from nothing.
        encoder: without a classifier: what embeds, or what made the vectors; None takes the bundled default for texts.
        langs: the rows' languages; None identifies those of texts.
        per_language: as many of each language as of any other, but of none more than a fifth of its rows while there are others
            (so that a few rows whose language was mistaken are not all asked for); otherwise as it comes.
        seed: of what is drawn.

    Returns:
        The rows to label, those first that stand for most doubts, or without a classifier for most rows.

    Raises:
        InputError: a text cannot be embedded, there are no rows, or the classifier is not trained.
        OptionError: a number below 1; an encoder beside a classifier; ``per_language`` where no language is known.
    """
    if isinstance(n, bool) or n < 1:
        raise OptionError(f"n is the number of rows to choose, 1 or more, not {n}.")
    if classifier is not None and encoder is not None:
        raise OptionError("The classifier knows its encoder; give one of them.")
    if classifier is not None and getattr(classifier, "trained_", None) is None:
        raise not_fitted(classifier)
    rows, opened = rows_of(classifier or CrossLingualClassifier(encoder), X, langs)
    if not len(rows.vectors):
        raise InputError("There are no rows to choose from.")
    if per_language and not any(rows.langs or []):
        raise OptionError("per_language needs to know the rows' languages; give langs.")
    doubts = None if classifier is None else _doubts(classifier, rows)
    among = _in_question(rows, doubts, n, per_language, seed)
    features = _features(classifier, opened, rows, among)
    weights = np.ones(len(among)) if doubts is None else doubts[among] + 1e-6
    wanted = min(n, len(among))
    parts = regions(features, weights, wanted, seed)
    sizes = np.bincount(parts, minlength=wanted)
    own = [None if rows.langs is None else rows.langs[row] for row in among.tolist()]
    choice = _Choice(features, weights, own, _shared(Counter(own), wanted) if per_language else None)
    for region in np.argsort(-sizes, kind="stable").tolist():
        choice.from_region(parts == region)
    while len(choice.rows) < wanted:
        choice.from_anywhere()
    worth = np.bincount(parts, weights, minlength=wanted)
    order = sorted(choice.rows, key=lambda at: (-worth[parts[at]], at))
    return _told(classifier, rows, [(int(among[at]), int(sizes[parts[at]])) for at in order])


def _doubts(classifier: CrossLingualClassifier, rows: Rows) -> Floats:
    """How unsure the classifier is of each row, 0 to 1."""
    found = np.empty(len(rows.vectors))
    for start in range(0, len(found), _BLOCK):
        some = slice(start, start + _BLOCK)
        langs = None if rows.langs is None else rows.langs[some]
        probabilities = classifier.predict_proba(rows.vectors[some], langs=langs)
        found[some] = 1 - _margins(probabilities, classifier.trained_.kind == "one")
    return found


def _margins(probabilities: Floats, single: bool) -> Floats:
    if not single:
        found: Floats = 2 * np.abs(probabilities - 0.5).min(axis=1)
        return found
    if probabilities.shape[1] < 2:
        return np.ones(len(probabilities))
    ranked = np.sort(probabilities, axis=1)
    found = ranked[:, -1] - ranked[:, -2]
    return found


def _in_question(rows: Rows, doubts: Floats | None, n: int, per_language: bool, seed: int) -> Ints:
    """The rows that are chosen from: the unsurest, or a sample; with ``per_language`` of each language."""
    most = min(max(_AMONG * n, _LEAST_AMONG), max(_MOST_AMONG, n))
    count = len(rows.vectors)
    if doubts is None:
        most = max(_MOST_AMONG, n)
        doubts = np.random.default_rng(seed).random(count)
    if count <= n:
        return np.arange(count)
    if not per_language or rows.langs is None:
        return np.sort(np.argsort(-doubts, kind="stable")[:most])
    langs = np.array([lang or "" for lang in rows.langs])
    share = _quota(Counter(langs.tolist()), min(most, count))
    parts = []
    for lang, size in share.items():
        own = np.flatnonzero(langs == lang)
        parts.append(own[np.argsort(-doubts[own], kind="stable")[:size]])
    return np.sort(np.concatenate(parts))


def _features(classifier: CrossLingualClassifier | None, encoder: TextEncoder | None, rows: Rows, some: Ints) -> Floats:
    """In the classifier's own space; without one centred by language as far as the model is known."""
    vectors = rows.vectors[some]
    langs = None if rows.langs is None else [rows.langs[row] for row in some.tolist()]
    if classifier is not None:
        return classifier.trained_.space.features(vectors, langs)
    rehearsal = None if encoder is None else Rehearsal.shipped(encoder)
    space = spaces(rehearsal, encoder, None)[0]
    return space.fitted(vectors, langs).features(vectors, langs)


def _shared(counts: Counter[Any], total: int) -> dict[Any, int]:
    """Equally many of each language, but while there are others at most a fifth of its rows."""
    first = _quota(Counter({lang: count // _PART for lang, count in counts.items()}), total)
    left = total - sum(first.values())
    rest = _quota(Counter({lang: count - first[lang] for lang, count in counts.items()}), left)
    return {lang: first[lang] + rest[lang] for lang in counts}


def _quota(counts: Counter[Any], total: int) -> dict[Any, int]:
    """How many of each language: equally many, as far as there are so many."""
    left = dict(sorted(counts.items(), key=lambda one: (one[1], one[0] or "")))
    found = {}
    for done, (lang, count) in enumerate(left.items()):
        found[lang] = min(count, round(total / (len(left) - done)))
        total -= found[lang]
    return found


class _Choice:
    """Rows taken one by one, with an eye on their languages.

    Args:
        features: of the rows in question, (m, d).
        weights: what each is worth, (m,).
        langs: their languages.
        quota: how many of each language may be taken; None as many as there are.
    """

    def __init__(
        self, features: Floats, weights: Floats, langs: Sequence[str | None], quota: dict[Any, int] | None
    ) -> None:
        self._features, self._weights, self._langs = features, weights, langs
        self._room = None if quota is None else dict(quota)
        self._counts, self._chosen = Counter(langs), Counter[str | None]()
        self._free = np.ones(len(features), dtype=bool)
        # To the nearest row that is taken.
        self._squares = np.full(len(features), 1e9)
        self.rows: list[int] = []

    def from_region(self, region: NDArray[np.bool_]) -> None:
        """One row in the middle of a region, if one may be taken there."""
        own = np.flatnonzero(region & self._free)
        if not len(own):
            return
        middle = np.average(self._features[region], axis=0, weights=self._weights[region])
        away = ((self._features[own] - middle) ** 2).sum(axis=1)
        near = own[np.argsort(away, kind="stable")]
        if self._room is None:
            # Of several about as good, one in a language that has come short so far.
            near = near[: np.count_nonzero(away <= _ABOUT_AS_GOOD * away.min())]
        self._take(min(near.tolist(), key=self._claimed))

    def from_anywhere(self) -> None:
        """A row that is unsure and far from what is taken."""
        self._take(int(np.where(self._free, self._weights * self._squares, -1.0).argmax()))

    def _claimed(self, at: int) -> float:
        """How much its language has had already."""
        lang = self._langs[at]
        if self._room is not None:
            return -float(self._room[lang])
        return float((self._chosen[lang] + 1) / self._counts[lang])

    def _take(self, at: int) -> None:
        lang = self._langs[at]
        self.rows.append(at)
        self._chosen[lang] += 1
        self._free[at] = False
        self._squares = np.minimum(self._squares, ((self._features - self._features[at]) ** 2).sum(axis=1))
        if self._room is not None:
            self._room[lang] -= 1
            if not self._room[lang]:
                self._free &= np.array([self._room[one] > 0 for one in self._langs])


def _told(classifier: CrossLingualClassifier | None, rows: Rows, found: Sequence[tuple[int, int]]) -> list[Suggestion]:
    picked = np.array([row for row, _ in found])
    langs = None if rows.langs is None else [rows.langs[row] for row in picked.tolist()]
    if classifier is None:
        return [
            Suggestion(row, None, None, None, size, None if langs is None else langs[at])
            for at, (row, size) in enumerate(found)
        ]
    probabilities = classifier.predict_proba(rows.vectors[picked], langs=langs)
    margins = _margins(probabilities, classifier.trained_.kind == "one").tolist()
    decisions = classifier.decide(rows.vectors[picked], langs=langs)
    return [
        Suggestion(row, told.best, told.second, margin, size, told.lang if langs is None else langs[at])
        for at, ((row, size), told, margin) in enumerate(zip(found, decisions, margins, strict=True))
    ]
