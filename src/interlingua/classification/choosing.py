"""Cross-validation: which space, which head, and how sure it may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.confidence import nearness
from interlingua.classification.heads import Floats, HeadName, Ints, log_shares
from interlingua.classification.rehearsal import Rehearsal, Rows
from interlingua.classification.space import Langs, Space
from interlingua.classification.targets import Targets
from interlingua.classification.training import Settings, train

_ROWS = 2000
_FOLDS = 3
_WEIGHTS = (1.0, 0.5, 2.0)
_PENALTIES = (1.0, 3.0, 10.0)
# What has to be gained, in nats a row, before a choice leaves what is usually best.
_WORTH = 0.01


@dataclass(frozen=True, eq=False)
class Held:
    """Rows that the scoring head was not trained on.

    Attributes:
        logits: (m, classes).
        belongs: (m, classes) bool: the truth.
        moved: (m,), which rows are as if in another language.
        single: whether each row has one label.
    """

    logits: Floats
    belongs: NDArray[np.bool_]
    moved: NDArray[np.bool_]
    single: bool

    def accuracy(self, moved: bool) -> float | None:
        """The share of rows whose best class is right: of the rows as they are, or as if in other languages; None without such."""
        rows = self.moved == moved
        if not rows.any() or not self.single:
            return None
        return float((self.logits[rows].argmax(axis=1) == self.belongs[rows].argmax(axis=1)).mean())


@dataclass(frozen=True, eq=False)
class Choice:
    """What cross-validation chose.

    Attributes:
        space: not yet fitted to all rows.
        settings: of the head.
        held: the scores of held-out rows under it; None where there are too few rows to hold any out.
        near: (m,), how near the held-out rows are to the examples that the head was trained on (``confidence.nearness``).
        apart: (m,), how near to those that have none of a row's labels: as near as it would be if its class were not known.
        losses: for each choice the loss (nats a row, after scaling) that it was chosen by.
    """

    space: Space
    settings: Settings
    held: Held | None
    near: Floats | None
    apart: Floats | None
    losses: dict[str, float]


def choose(
    vectors: NDArray[Any],
    langs: Langs,
    targets: Targets,
    spaces: Sequence[Space],
    heads: Sequence[HeadName],
    settings: Settings,
    *,
    penalties: Sequence[float],
    rehearsal: Rehearsal | None,
    seed: int,
) -> Choice:
    """Choose among spaces, heads and penalties, one after the other.

    Args:
        vectors: (n, d).
        langs: their languages.
        targets: their labels.
        spaces: the candidates; the first is taken where nothing can be held out.
        heads: likewise.
        settings: all else.
        penalties: the values of ``C`` to choose from.
        rehearsal: makes of held-out rows what they would be in other languages; None judges the rows as they are.
        seed: of folds and of what is drawn.
    """
    usual = replace(settings, head=heads[0], C=penalties[len(penalties) // 2])
    folds = _Folds.of(vectors, langs, targets, rehearsal, seed)
    if folds is None:
        usual = replace(usual, head="centroid" if "centroid" in heads else heads[0])
        return Choice(spaces[0], usual, None, None, None, {})
    losses: dict[str, float] = {}
    best = spaces[0]
    if len(spaces) > 1:
        # Neighbours and means need no training, and what is near what is the question here.
        quick: list[HeadName] = ["knn", "centroid"] if targets.single else ["knn"]
        found = {space: folds.held(space, quick, usual) for space in spaces}
        best = _best(found, losses, lambda space: f"centring={space.centring}")
    tried = {usual: folds.held(best, heads, usual)}
    if {"logistic", "blend"} & set(heads):
        others = [replace(usual, C=penalty) for penalty in penalties if penalty != usual.C]
        tried |= {one: folds.held(best, heads, one) for one in others}
        usual = _best(tried, losses, lambda one: f"C={one.C:g}")
    parts = tried[usual]
    name = _best({name: {name: held} for name, held in parts.items()}, losses, lambda one: f"head={one}")
    head, _, weight = name.partition("*")
    chosen = replace(usual, head=head, weight=float(weight or usual.weight))
    return Choice(best, chosen, parts[name], *folds.distances(best), losses)


def _best(options: dict[Any, dict[str, Held]], losses: dict[str, float], named: Any) -> Any:
    """The option with the least loss of its best head; the first unless another is better by something that matters."""
    least = {option: min(scaled_loss(held) for held in parts.values()) for option, parts in options.items()}
    losses.update({named(option): loss for option, loss in least.items()})
    first, best = next(iter(least)), min(least, key=lambda option: least[option])
    return best if least[best] < least[first] - _WORTH else first


@dataclass(frozen=True, eq=False)
class _Folds:
    """A sample of the rows in parts, each with its rows as they are and as they could be in another language."""

    vectors: NDArray[Any]
    langs: list[str | None] | None
    targets: Targets
    parts: Ints
    moved: Rows | None

    @classmethod
    def of(
        cls, vectors: NDArray[Any], langs: Langs, targets: Targets, rehearsal: Rehearsal | None, seed: int
    ) -> _Folds | None:
        generator = np.random.default_rng(seed)
        rows, parts = _divided(targets, generator)
        # With one example a class nothing can be learned of a class while its example is held out.
        if len(rows) < 2 * _FOLDS or (targets.single and np.median(targets.belongs.sum(axis=0)) < 2):
            return None
        own = None if langs is None else [langs[row] for row in rows]
        moved = None if rehearsal is None else rehearsal.translated(vectors[rows], own, generator)
        return cls(vectors[rows], own, targets.some(rows), parts, moved)

    def held(self, space: Space, heads: Sequence[HeadName], settings: Settings) -> dict[str, Held]:
        """For each head (and weight of neighbours) the scores of all rows, each by a head that has not seen it."""
        logits: dict[str, list[Floats]] = {}
        truth, moved = [], []
        for part in range(_FOLDS):
            for face, (held, features, learned, training) in enumerate(self._learned(space, part)):
                truth.append(self.targets.belongs[held])
                moved.append(np.full(len(held), face > 0))
                for name, scores in self._scores(learned, training, features, heads, settings).items():
                    logits.setdefault(name, []).append(scores)
        facts = np.concatenate(truth), np.concatenate(moved), self.targets.single
        return {name: Held(np.concatenate(scores), *facts) for name, scores in logits.items()}

    def distances(self, space: Space) -> tuple[Floats, Floats]:
        """How near the rows that ``held`` scores are to the examples, and to those of other classes; see ``Choice``."""
        near, apart = [], []
        for part in range(_FOLDS):
            for held, features, learned, training in self._learned(space, part):
                examples = learned.astype(np.float32)
                near.append(nearness(features, examples))
                same = self.targets.belongs[held].astype(np.float32) @ self.targets.belongs[training].T.astype(
                    np.float32
                )
                apart.append(nearness(features, examples, without=same > 0))
        return np.concatenate(near), np.concatenate(apart)

    def _learned(self, space: Space, part: int) -> Iterator[tuple[Ints, Floats, Floats, Ints]]:
        """Of one part, for each face of its rows: the rows, their features, those of the other rows, and which these are."""
        training, held = np.flatnonzero(self.parts != part), np.flatnonzero(self.parts == part)
        seen = self.targets.belongs[training].any(axis=0)
        # A row whose class no other row has cannot be judged.
        held = held[self.targets.belongs[held][:, seen].any(axis=1) | (not self.targets.single)]
        fitted = space.fitted(self.vectors[training], self._langs(training))
        learned = fitted.features(self.vectors[training], self._langs(training))
        for vectors, langs in self._faces(held) if len(held) else ():
            yield held, fitted.features(vectors, langs), learned, training

    def _faces(self, held: Ints) -> list[tuple[NDArray[Any], Langs]]:
        """The rows as they are, and as they could be in other languages."""
        faces: list[tuple[NDArray[Any], Langs]] = [(self.vectors[held], self._langs(held))]
        if self.moved is not None:
            faces.append((self.moved.vectors[held], [self.moved.langs[row] for row in held]))
        return faces

    def _langs(self, rows: Ints) -> Langs:
        return None if self.langs is None else [self.langs[row] for row in rows]

    def _scores(
        self, learned: Floats, training: Ints, features: Floats, heads: Sequence[HeadName], settings: Settings
    ) -> dict[str, Floats]:
        """Each head is trained once; blends are made of the scores of its parts."""
        targets = self.targets.some(training)
        found: dict[str, Floats] = {}
        parts: dict[str, Floats] = {}
        for name in heads:
            for one in ("logistic", "knn") if name == "blend" else (name,):
                if one not in parts:
                    parts[one] = train(replace(settings, head=one), learned, targets).logits(features)
            if name == "blend":
                scores = log_shares(parts["logistic"]) if targets.single else parts["logistic"]
                found.update({f"blend*{weight:g}": scores + weight * parts["knn"] for weight in _WEIGHTS})
            else:
                found[name] = parts[name]
        return found


def _divided(targets: Targets, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """A sample in which each class has its share, and the part of each row; the rows of a class are spread over the parts."""
    order = generator.permutation(len(targets))
    order = order[np.argsort(targets.places()[order], kind="stable")]
    if len(order) > _ROWS:
        order = order[np.linspace(0, len(order) - 1, _ROWS).round().astype(np.int64)]
    return order, np.arange(len(order)) % _FOLDS


def scaled_loss(held: Held, scale: float | None = None) -> float:
    """Nats a row (and, with several labels a row, a label) at the best scale of the logits, or at the given one."""
    if scale is None:
        scale = fitted_scale(held)
    return _loss(held, np.full(len(held.logits), scale))


def fitted_scale(held: Held) -> float:
    """The scale of logits at which probabilities fit best (temperature scaling: Guo et al., 2017), by golden sections."""
    low, high = np.log(0.02), np.log(20.0)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        worse = scaled_loss(held, float(np.exp(a))) > scaled_loss(held, float(np.exp(b)))
        low, high = (a, high) if worse else (low, b)
    return float(np.exp((low + high) / 2))


def _loss(held: Held, scales: Floats) -> float:
    scores = held.logits * scales[:, None]
    if held.single:
        return float(-log_shares(scores)[held.belongs].mean())
    signs = np.where(held.belongs, 1.0, -1.0)
    return float(np.logaddexp(0, -signs * scores).mean())
