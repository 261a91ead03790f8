"""Cross-validation chooses what helps, and nothing where nothing can be held out."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua.classification.choosing import Held, choose, fitted_scale, scaled_loss
from interlingua.classification.rehearsal import Rehearsal
from interlingua.classification.space import Space
from interlingua.classification.targets import Targets
from interlingua.classification.training import Settings
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.variation import Variation

SIZE = 12


def model(distance: float) -> Rehearsal:
    """Two languages whose means lie so far apart; what is said varies in all directions alike."""
    means = {"en": np.eye(SIZE, dtype=np.float32)[0] * distance, "fr": -np.eye(SIZE, dtype=np.float32)[0] * distance}
    changes = np.eye(SIZE) / SIZE
    return Rehearsal(
        LanguageMeans(means, np.zeros(SIZE, dtype=np.float32)), Variation(np.eye(SIZE) / SIZE, changes, {"fr": 0.99})
    )


def rows(distance: float) -> tuple[np.ndarray, Targets]:
    """English: the class is the sign of the first coordinate, in which the languages' means differ as well."""
    generator = np.random.default_rng(0)
    labels = np.arange(300) % 2
    said = generator.normal(0, 0.05, (300, SIZE))
    said[:, 0] += np.where(labels == 1, 0.3, -0.3)
    vectors = said + np.eye(SIZE)[0] * distance
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32), Targets.of(labels)


def test_centring_is_chosen_where_languages_lie_apart():
    rehearsal = model(0.5)
    vectors, targets = rows(0.5)
    spaces = [Space("none"), Space("language", rehearsal.means)]
    chosen = choose(
        vectors, ["en"] * 300, targets, spaces, ["logistic"], Settings(), penalties=[3.0], rehearsal=rehearsal, seed=0
    )
    assert chosen.space.centring == "language"
    assert chosen.losses["centring=language"] < chosen.losses["centring=none"] - 0.05


def test_held_out_rows_are_scored_by_heads_that_have_not_seen_them():
    # Labels that mean nothing: a head that had seen them would know them.
    generator = np.random.default_rng(1)
    vectors = generator.standard_normal((300, SIZE)).astype(np.float32)
    targets = Targets.of(generator.integers(0, 2, 300))
    chosen = choose(
        vectors, None, targets, [Space("none")], ["knn"], Settings(k=1), penalties=[3.0], rehearsal=None, seed=0
    )
    assert chosen.held is not None
    right = (chosen.held.logits.argmax(axis=1) == chosen.held.belongs.argmax(axis=1)).mean()
    assert right == pytest.approx(0.5, abs=0.1)


def test_with_one_example_a_class_nothing_is_held_out():
    vectors = np.eye(SIZE, dtype=np.float32)[:6]
    heads = ["blend", "logistic", "centroid"]
    chosen = choose(
        vectors, None, Targets.of(list("abcdef")), [Space("none")], heads, Settings(), penalties=[3.0], rehearsal=None, seed=0
    )  # fmt: skip
    assert chosen.held is None
    assert chosen.settings.head == "centroid"


def test_the_scale_is_the_one_with_the_least_loss():
    # Logits that are three times too large: the truth follows a third of them.
    generator = np.random.default_rng(2)
    logits = generator.normal(0, 3, (20_000, 2))
    share = 1 / (1 + np.exp(-(logits[:, 1] - logits[:, 0]) / 3))
    second = generator.random(20_000) < share
    held = Held(logits, np.stack([~second, second], axis=1), np.zeros(20_000, dtype=bool), True)
    assert fitted_scale(held) == pytest.approx(1 / 3, rel=0.05)
    assert scaled_loss(held) < scaled_loss(held, 1.0)


def test_it_is_the_same_each_time():
    vectors, targets = rows(0.5)
    options = {"penalties": [1.0, 3.0], "rehearsal": model(0.5), "seed": 3}
    first, second = (
        choose(vectors, ["en"] * 300, targets, [Space("none")], ["blend"], Settings(), **options) for _ in range(2)
    )
    assert first.losses == second.losses
