"""Training from the first vector to the last figure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlingua.classification.choosing import Choice, Held, choose, fitted_scale
from interlingua.classification.confidence import Confidence, Evidence, nearness
from interlingua.classification.heads import NEAREST, BlendHead, Floats, Head, NearestHead, log_shares
from interlingua.classification.inputs import Rows
from interlingua.classification.options import Options
from interlingua.classification.rehearsal import Rehearsal
from interlingua.classification.space import Space
from interlingua.classification.targets import Kind, Targets
from interlingua.classification.training import spread_rows, train
from interlingua.errors import OptionError
from interlingua.scoring.centring import LanguageMeans
from interlingua.types import TextEncoder, Vectors

# How much of every direction is kept, in terms of what translation changes in the mean one: 1 to 10 are nearly as good on SIB-200.
_RIDGE = 3.0
_UNRELATED = 1000


@dataclass(frozen=True, eq=False)
class Trained:
    """A classifier as it was learned.

    Attributes:
        classes: the labels, sorted.
        kind: how labels were given.
        space: from vectors to features.
        head: from features to scores.
        scale: what makes calibrated log-probabilities of scores.
        confidence: what says how probable it is that a prediction is right; None where it was not learned.
        examples: the features of training examples, (m, d), evenly chosen where they are many.
        example_rows: which rows of the training data these are, (m,).
        example_labels: their classes, as numbers, (m, classes) of 0 and 1.
        texts: their texts; None where vectors were given.
        langs: their languages; None where unknown.
        dimension: the length of a vector.
        model: what opens the encoder: its name or folder; None for bare vectors.
        precision: the encoder's, ``exact`` or ``fast``; None where it has none.
        fingerprint: the encoder's fingerprint.
        label_curve: for several labels a row: probabilities, and the precision of labels given from there on.
        about: what was chosen, and how well it did on held-out rows.
    """

    classes: NDArray[Any]
    kind: Kind
    space: Space
    head: Head
    scale: float
    confidence: Confidence | None
    examples: Vectors
    example_rows: NDArray[np.int64]
    example_labels: NDArray[np.bool_]
    texts: list[str] | None
    langs: list[str | None] | None
    dimension: int
    model: str | None
    precision: str | None
    fingerprint: str | None
    label_curve: tuple[Floats, Floats] | None = None
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def head_sees_examples(self) -> bool:
        """Whether the head looks for at least as many neighbours among the very examples that are kept."""
        nearest = self.head.nearest if isinstance(self.head, BlendHead) else self.head
        return (
            isinstance(nearest, NearestHead)
            and nearest.k >= min(NEAREST, len(self.examples))
            and len(nearest.examples) == len(self.examples)
        )

    def label_threshold(self, target_precision: float) -> float:
        """Of several labels a row: the probability from which on labels are right in the wanted share.

        Raises:
            OptionError: that was not learned.
        """
        if self.label_curve is None:
            raise OptionError("When to give a label was not learned: target_precision needs more examples.")
        levels, precision = self.label_curve
        reached = np.flatnonzero(precision >= target_precision)
        return float(levels[reached[0]]) if len(reached) else 2.0


def fit_classifier(rows: Rows, targets: Targets, options: Options, encoder: TextEncoder | None) -> Trained:
    """Choose, train and learn how far to trust it.

    Raises:
        OptionError: centring is wanted, but no language means come with the model.
    """
    from threadpoolctl import threadpool_limits

    # Threads that meet after every step of so small a problem mostly wait for each other: one is up to sixteen times as fast.
    with threadpool_limits(1):
        return _fitted(rows, targets, options, encoder)


def _fitted(rows: Rows, targets: Targets, options: Options, encoder: TextEncoder | None) -> Trained:
    rehearsal = None if encoder is None else Rehearsal.shipped(encoder)
    choice = choose(
        rows.vectors,
        rows.langs,
        targets,
        spaces(rehearsal, encoder, options.centring),
        [name for name in options.heads if targets.single or len(options.heads) == 1 or name != "centroid"],
        options.settings,
        penalties=options.penalties,
        rehearsal=rehearsal,
        seed=options.seed,
    )
    space = choice.space.fitted(rows.vectors, rows.langs)
    features = space.features(rows.vectors, rows.langs)
    head = train(choice.settings, features, targets)
    scale = 1.0 if choice.held is None else fitted_scale(choice.held)
    kept = spread_rows(targets)
    examples = features[kept].astype(np.float32)
    confidence = None
    if choice.held is not None and targets.single:
        drawn = _unrelated(rows, rehearsal, options.seed)
        confidence = _confidence(choice, scale, options.out_of_scope, drawn, space, head, examples)
    return Trained(
        classes=targets.classes,
        kind=targets.kind,
        space=space,
        head=head,
        scale=scale,
        confidence=confidence,
        examples=examples,
        example_rows=kept,
        example_labels=targets.belongs[kept],
        texts=None if rows.texts is None else [rows.texts[row] for row in kept],
        langs=None if rows.langs is None else [rows.langs[row] for row in kept],
        dimension=rows.vectors.shape[1],
        **model_facts(encoder),
        label_curve=None if choice.held is None or targets.single else _label_curve(choice.held, scale),
        about=_about(choice, rows, targets),
    )


def model_facts(encoder: TextEncoder | None) -> dict[str, Any]:
    """What a classifier keeps of its encoder."""
    if encoder is None:
        return {"model": None, "precision": None, "fingerprint": None}
    card = getattr(encoder, "card", None)
    return {
        "model": getattr(card, "location", None) or encoder.name,
        "precision": getattr(card, "precision", None),
        "fingerprint": encoder.fingerprint,
    }


def spaces(rehearsal: Rehearsal | None, encoder: TextEncoder | None, centring: bool | None) -> list[Space]:
    """The candidates, the usually best first."""
    if rehearsal is None:
        if not centring:
            return [Space("none")]
        if encoder is None:
            raise OptionError("centring needs to know the model; give the encoder that the vectors are from.")
        return [Space("language", LanguageMeans.shipped(encoder))]
    matrix = rehearsal.variation.quieting(_RIDGE)
    centred, uncentred = (Space(kind, rehearsal.means, matrix) for kind in ("language", "general"))
    if centring is None:
        return [centred, uncentred, Space("none")]
    return [centred] if centring else [uncentred, Space("none")]


def _unrelated(rows: Rows, rehearsal: Rehearsal | None, seed: int) -> Rows | None:
    """Rows as of texts about anything; None where nothing is known of the model."""
    if rehearsal is None:
        return None
    drawn = rehearsal.unrelated(_UNRELATED, rows.vectors, rows.langs, np.random.default_rng(seed + 1))
    return Rows(drawn.vectors, drawn.langs)


def _confidence(
    choice: Choice, scale: float, share: float, drawn: Rows | None, space: Space, head: Head, examples: Vectors
) -> Confidence:
    """Learned from held-out rows; from the same rows as if their class were not known; and from texts about anything."""
    held = choice.held
    # This is asked only where rows were held out.
    assert held is not None
    assert choice.near is not None
    assert choice.apart is not None
    scores = scale * held.logits
    surest = [np.exp(log_shares(scores)).max(axis=1)]
    near = [choice.near]
    right = [scores.argmax(axis=1) == held.belongs.argmax(axis=1)]
    strangers = []
    apart = np.isfinite(choice.apart)
    if apart.any() and scores.shape[1] > 2:
        without = np.where(held.belongs, -np.inf, scores)[apart]
        strangers.append((np.exp(log_shares(without)).max(axis=1), choice.apart[apart]))
    if drawn is not None:
        features = space.features(drawn.vectors, drawn.langs)
        probabilities = np.exp(log_shares(scale * head.logits(features)))
        strangers.append((probabilities.max(axis=1), nearness(features, examples)))
    # Both kinds of strangers count the same: the more there are of one, the fewer of it are taken.
    least = min((len(one[0]) for one in strangers), default=0)
    for sure, distance in strangers:
        picked = np.linspace(0, len(sure) - 1, least).round().astype(np.int64)
        surest.append(sure[picked])
        near.append(distance[picked])
        right.append(np.zeros(least, dtype=bool))
    inside = np.arange(sum(map(len, right))) < len(held.logits)
    evidence = Evidence(np.concatenate(surest), np.concatenate(near))
    return Confidence.fitted(evidence, np.concatenate(right), inside, share if strangers else 0.0)


def _label_curve(held: Held, scale: float) -> tuple[Floats, Floats]:
    probabilities = 1 / (1 + np.exp(-np.clip(scale * held.logits, -50, 50)))
    levels = np.unique(np.quantile(probabilities, np.linspace(0, 1, 201)))
    precision = [held.belongs[probabilities >= level].mean() for level in levels]
    return levels, np.array(precision)


def _about(choice: Choice, rows: Rows, targets: Targets) -> dict[str, Any]:
    counts = dict(zip(map(str, targets.classes.tolist()), targets.belongs.sum(axis=0).tolist(), strict=True))
    langs: dict[str, int] = {}
    for lang in rows.langs or []:
        langs[lang or "unknown"] = langs.get(lang or "unknown", 0) + 1
    return {
        "rows": len(targets),
        "classes": counts,
        "languages": dict(sorted(langs.items(), key=lambda one: -one[1])),
        "centring": choice.space.centring,
        "head": choice.settings.head,
        "C": choice.settings.C,
        "neighbours_weight": choice.settings.weight if choice.settings.head == "blend" else None,
        "accuracy": None if choice.held is None else choice.held.accuracy(moved=False),
        "accuracy_as_if_translated": None if choice.held is None else choice.held.accuracy(moved=True),
        "losses": {name: round(loss, 4) for name, loss in choice.losses.items()},
    }
