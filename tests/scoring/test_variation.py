from __future__ import annotations

import numpy as np
import pytest

from interlingua.errors import OptionError
from interlingua.scoring.variation import Variation


@pytest.mark.parametrize(("model", "size"), [("e5-small", 384), ("use-multilingual-v3", 512)])
def test_what_comes_with_a_model(model, size):
    variation = Variation.shipped(model)
    for table in (variation.content, variation.changes):
        assert table.shape == (size, size)
        assert np.array_equal(table, table.T)
        assert np.linalg.eigvalsh(table).min() > -1e-4
    assert np.trace(variation.changes) == pytest.approx(1, abs=0.02)
    assert variation.keeps("en") == 1
    assert variation.keeps("fr") > variation.keeps("xh" if size == 384 else "th") > 0.2
    assert variation.keeps("qya" if size == 512 else "tlh") == variation.lowest


def test_both_models_together():
    joint = Variation.shipped("e5-small+use-multilingual-v3")
    assert joint.changes.shape == (896, 896)
    assert not joint.changes[:384, 384:].any()
    assert "sw" not in joint.kept
    assert "fr" in joint.kept


def test_other_models_have_none():
    with pytest.raises(OptionError, match="No variation was measured for a model 'other'"):
        Variation.shipped("other")


def small() -> Variation:
    """Translation changes the first direction a hundred times as much as the second."""
    return Variation(np.eye(2) / 2, np.diag([0.99, 0.01]), {"fr": 0.8, "de": 0.5})


def test_quieting_damps_what_translation_changes():
    matrix = small().quieting(0.02)
    # Twice the changes (their mean direction has 1) and the ridge: 2.00 and 0.04; to the power of -1/2.
    assert matrix == pytest.approx(np.diag([2.0**-0.5, 0.04**-0.5]), rel=1e-5)


def test_translations_keep_what_they_should():
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((4000, 2)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    near = small().translated(vectors, ["en"] * 4000, generator)
    assert near == pytest.approx(vectors, abs=1e-6)
    kept = {
        lang: (small().translated(vectors, [lang] * 4000, generator) * vectors).sum(axis=1).mean()
        for lang in ("fr", "de")
    }
    assert kept["fr"] > kept["de"] > 0.6
    assert kept["fr"] > 0.85
