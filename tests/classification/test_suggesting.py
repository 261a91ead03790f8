"""Which rows to label next."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from blobs import blobs, unit

from interlingua import CrossLingualClassifier, Encoder, load_corpus, suggest
from interlingua.errors import InputError, OptionError


def test_from_nothing_each_region_gives_one() -> None:
    vectors, labels = blobs(8, 30)
    # One class makes up most of the rows: who draws hardly sees the others.
    rows = np.array([row for row in range(240) if row < 30 or row % 10 == 0])
    found = suggest(vectors[rows], 8)
    assert {labels[rows[one.row]] for one in found} == {f"class {number}" for number in range(8)}
    assert [one.stands_for for one in found] == [30, 3, 3, 3, 3, 3, 3, 3]
    assert labels[rows[found[0].row]] == "class 0"
    assert found[0].why() == "stands for 30 rows like it"
    assert (found[0].best, found[0].margin) == (None, None)


def test_a_classifier_is_asked_what_it_does_not_know() -> None:
    vectors, labels = blobs(3, 20)
    classifier = CrossLingualClassifier(head="centroid").fit(vectors, labels)
    between = unit(np.eye(12)[[0, 0, 1]] + np.eye(12)[[1, 2, 2]])
    pool = np.concatenate([blobs(3, 30, seed=3)[0], between])
    found = suggest(pool, 3, classifier=classifier)
    assert {one.row for one in found} == {90, 91, 92}
    for one in found:
        assert one.margin is not None
        assert one.margin < 0.9
        assert f"unsure: {one.best} or {one.second} (margin 0." in one.why()
    assert {frozenset((one.best, one.second)) for one in found} == {
        frozenset(("class 0", "class 1")),
        frozenset(("class 0", "class 2")),
        frozenset(("class 1", "class 2")),
    }


def test_of_rows_that_are_alike_one_is_enough() -> None:
    vectors, labels = blobs(3, 20)
    classifier = CrossLingualClassifier(head="centroid").fit(vectors, labels)
    alike = unit(
        np.eye(12)[[0] * 40] + np.eye(12)[[1] * 40] + 1e-3 * np.random.default_rng(0).standard_normal((40, 12))
    )
    other = unit(np.eye(12)[[1]] + 1.1 * np.eye(12)[[2]])
    found = suggest(np.concatenate([alike, other]), 2, classifier=classifier)
    assert sorted(one.row >= 40 for one in found) == [False, True]


def test_languages_get_the_same_number() -> None:
    vectors, _ = blobs(4, 60, spread=0.3)
    langs = ["en"] * 150 + ["de"] * 60 + ["sw"] * 28 + ["fr", "fr"]
    np.random.default_rng(0).shuffle(langs)
    found = suggest(vectors, 12, langs=langs, per_language=True)
    # Two rows are too few to make up a language.
    assert Counter(one.lang for one in found) == {"en": 4, "de": 4, "sw": 4}
    assert len({one.row for one in found}) == 12
    assert all(langs[one.row] == one.lang for one in found)
    every = suggest(vectors, 300, langs=langs, per_language=True)
    assert sorted(one.row for one in every) == list(range(240))


def test_languages_are_mixed_where_rows_are_as_good() -> None:
    vectors, _ = blobs(6, 10, spread=0.0)
    found = suggest(vectors, 6, langs=["en", "de"] * 30)
    assert Counter(one.lang for one in found) == {"en": 3, "de": 3}


def test_equal_seeds_give_equal_rows() -> None:
    vectors, _ = blobs(4, 50, spread=0.5)
    assert suggest(vectors, 9, seed=4) == suggest(vectors, 9, seed=4)
    assert suggest(vectors, 9, seed=4) != suggest(vectors, 9, seed=5)


def test_it_beats_chance(use: Encoder) -> None:
    corpus = load_corpus(["en", "de", "fr", "es"])
    vectors = use.encode([text.text for text in corpus])
    labels, langs = [text.topic for text in corpus], [text.lang for text in corpus]

    def reached(rows: list[int]) -> float:
        classifier = CrossLingualClassifier(use, head="centroid")
        classifier.fit(vectors[rows], [labels[row] for row in rows], langs=[langs[row] for row in rows])
        return float(np.mean(classifier.predict(vectors, langs=langs) == np.array(labels)))

    chosen = np.mean(
        [reached([one.row for one in suggest(vectors, 16, encoder=use, langs=langs, seed=seed)]) for seed in range(4)]
    )
    generator = np.random.default_rng(0)
    drawn = np.mean([reached(generator.choice(len(labels), 16, replace=False).tolist()) for _ in range(8)])
    assert chosen > drawn + 0.05


def test_several_labels_a_row() -> None:
    vectors, _ = blobs(2, 10)
    classifier = CrossLingualClassifier(head="logistic").fit(vectors, [("a", "b")] * 10 + [("c",)] * 10)
    between = unit([np.eye(12)[0] + np.eye(12)[1]])
    found = suggest(np.concatenate([vectors, between]), 1, classifier=classifier)
    assert [one.row for one in found] == [20]


def test_edges() -> None:
    vectors, labels = blobs(2, 5)
    assert sorted(one.row for one in suggest(vectors, 50)) == list(range(10))
    assert len(suggest(np.repeat(vectors[:1], 9, axis=0), 4)) == 4
    with pytest.raises(InputError, match="no rows to choose from"):
        suggest(vectors[:0])
    with pytest.raises(OptionError, match="1 or more, not 0"):
        suggest(vectors, 0)
    with pytest.raises(OptionError, match="per_language needs to know"):
        suggest(vectors, 2, per_language=True)
    with pytest.raises(ValueError, match="not trained yet"):
        suggest(vectors, 2, classifier=CrossLingualClassifier())
    trained = CrossLingualClassifier(head="centroid").fit(vectors, labels)
    with pytest.raises(OptionError, match="The classifier knows its encoder"):
        suggest(vectors, 2, classifier=trained, encoder="e5-small")
