"""Clustering: what belongs together is found, in the same way whatever the order of the rows."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from interlingua import (
    Clustered,
    Encoder,
    FakeEncoder,
    InputError,
    LanguageMeans,
    MissingExtra,
    OptionError,
    UnknownLanguage,
    cluster,
    cluster_vectors,
    load_corpus,
)
from interlingua.clustering import density
from interlingua.clustering.groups import Items, renumbered
from interlingua.clustering.kmeans import assign, fewest_good, numbers_tried
from interlingua.clustering.reducing import reduced
from interlingua.metrics import normalized_mutual_information


def heaps(sizes: tuple[int, ...] = (60, 40, 20), noise: float = 0.05, dimension: int = 16) -> tuple[Any, NDArray[Any]]:
    """Vectors around some directions, in a mixed order, and which direction each belongs to."""
    random = np.random.default_rng(3)
    which = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return np.eye(dimension)[which] + noise * random.standard_normal((len(which), dimension)), which


def same(a: Any, b: Any) -> bool:
    return normalized_mutual_information(a, b) > 0.999


class TestKMeans:
    def test_heaps_are_found_and_numbered_by_size(self) -> None:
        vectors, which = heaps()
        result = cluster_vectors(vectors, k=3)
        assert result.labels.tolist() == which.tolist()
        assert [one.size for one in result.clusters] == [60, 40, 20]
        assert [one.number for one in result.clusters] == [0, 1, 2]
        assert (result.strengths > 0.5).all()
        assert (result.method, result.centring, result.without, len(result)) == ("kmeans", "none", 0, 120)
        assert result.labels.dtype == np.int32
        assert result.strengths.dtype == np.float32

    def test_their_number_is_found(self) -> None:
        vectors, which = heaps((50, 50, 50, 50, 50))
        result = cluster_vectors(vectors)
        assert same(result.labels, which)
        assert len(result.clusters) == 5
        assert [number for number, _ in result.tried] == numbers_tried(250) == [2, 3, 4, 5, 6, 7, 8, 10, 11]
        assert max(result.tried, key=lambda one: one[1])[0] == 5

    def test_it_does_not_depend_on_the_order_or_the_length_of_vectors(self) -> None:
        vectors, _ = heaps(noise=0.3)
        result = cluster_vectors(vectors, k=4)
        order = np.random.default_rng(0).permutation(len(vectors))
        other = cluster_vectors(vectors[order] * 7, k=4)
        assert same(other.labels, result.labels[order])
        assert np.allclose(other.strengths, result.strengths[order], atol=1e-3)

    def test_the_same_call_gives_the_same(self) -> None:
        vectors, _ = heaps(noise=0.4)
        first, second = (cluster_vectors(vectors, k=6, seed=4) for _ in "ab")
        assert np.array_equal(first.labels, second.labels)
        assert np.array_equal(first.strengths, second.strengths)
        assert first.clusters == second.clusters

    @pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
    def test_kinds_of_numbers(self, kind: type[Any]) -> None:
        vectors, which = heaps()
        assert cluster_vectors(vectors.astype(kind), k=3).labels.tolist() == which.tolist()

    def test_as_many_as_vectors(self) -> None:
        assert sorted(cluster_vectors(np.eye(4), k=4).labels.tolist()) == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        ("silhouettes", "expected"),
        [([0.5, 0.2, 0.1], 2), ([0.5, 0.2, 0.51], 4), ([0.1, 0.5, 0.51], 3), ([0.1, 0.2, 0.5], 4), ([0.4], 2)],
    )
    def test_the_fewest_that_are_good(self, silhouettes: list[float], expected: int) -> None:
        assert fewest_good(list(enumerate(silhouettes, 2))) == expected

    def test_silhouettes(self) -> None:
        points = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
        found = assign(points, points[:2])
        assert found.clusters.tolist() == [0, 1, 1]
        # The distances of the third are 0.4 and 0.2.
        assert found.silhouettes.tolist() == pytest.approx([1, 1, 0.5])


class TestDensity:
    def test_what_lies_between_heaps_belongs_to_none(self) -> None:
        vectors, which = heaps((80, 80, 80), dimension=24)
        scattered = np.random.default_rng(1).standard_normal((150, 24))
        result = cluster_vectors(np.concatenate([vectors, scattered]), method="hdbscan", min_size=30)
        assert same(result.labels[:240], which)
        outside = result.labels == -1
        assert result.without == outside.sum() > 10
        assert not outside[:240].any()
        assert (result.strengths[outside] == 0).all()
        assert (result.strengths[:240] > 0).all()
        assert result.min_size == 30

    def test_heaps_without_a_connection(self) -> None:
        """Of far heaps the neighbour graph falls into pieces."""
        vectors, which = heaps((30, 30, 30, 30), noise=0.001)
        result = cluster_vectors(vectors, method="hdbscan")
        assert same(result.labels, which)
        assert result.min_size == 5

    def test_usual_sizes(self) -> None:
        assert [density.usual_size(count) for count in (2, 100, 10_000, 1_000_000)] == [5, 5, 50, 500]

    def test_two_points_are_no_clusters(self) -> None:
        result = cluster_vectors(np.eye(2), method="hdbscan")
        assert (result.labels.tolist(), result.clusters, result.without) == ([-1, -1], (), 2)
        assert np.isnan(result.language_mixing)

    def test_cells_find_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(density, "_ALL_PAIRS", 10)
        vectors, which = heaps((300, 200))
        assert same(cluster_vectors(vectors, method="hdbscan").labels, which)

    def test_of_very_many_some_are_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(density, "_MOST", 400)
        monkeypatch.setattr(density, "_SAMPLE", 200)
        vectors, which = heaps((300, 200, 100))
        result = cluster_vectors(vectors, method="hdbscan", min_size=40)
        assert same(result.labels, which)
        assert (result.strengths > 0).all()
        assert result.min_size == 40

    def test_neighbours_decide(self) -> None:
        known = density.Dense(np.array([0, 0, 1, -1, -1], np.int32), np.array([1, 0.5, 1, 0, 0], np.float32))
        rows = np.array([[0, 1, 2], [2, 0, 3], [3, 4, 0], [0, 2, -1]])
        clusters, strengths = density._most_of(rows, known)
        assert clusters.tolist() == [0, 1, -1, 0]
        assert strengths.tolist() == pytest.approx([0.5, 1 / 3, 0, 1 / 3])

    def test_without_scikit_learn(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
        with pytest.raises(MissingExtra, match=r"pip install 'interlingua\[sklearn\]', or take the method \"kmeans\""):
            cluster_vectors(np.eye(4), method="hdbscan")


class TestCentring:
    def test_languages_are_taken_out(self) -> None:
        """Each vector is its subject and, more strongly, its language."""
        random = np.random.default_rng(2)
        subjects, langs = random.integers(0, 3, 300), random.integers(0, 2, 300)
        vectors = np.eye(8)[subjects] + 3 * np.eye(8)[5 + langs] + 0.05 * random.standard_normal((300, 8))
        codes = [("en", "de")[one] for one in langs]
        centred, bare = (cluster_vectors(vectors, langs=codes, k=3, centred=way) for way in (True, False))
        assert same(centred.labels, subjects)
        assert (centred.centring, bare.centring) == ("estimated", "none")
        assert centred.language_mixing > 0.95
        assert normalized_mutual_information(bare.labels, subjects) < 0.7
        assert bare.language_mixing < 0.7
        means = LanguageMeans.estimated(vectors, codes)
        assert cluster_vectors(vectors, langs=codes, k=3, means=means).centring == "given"

    def test_shipped_means_are_taken(self, use: Encoder) -> None:
        corpus = load_corpus(["en", "de", "fr", "es"])
        texts, langs = [one.text for one in corpus], [one.lang for one in corpus]
        found, bare = (cluster(use, texts, langs=langs, k=8, centred=way) for way in (True, False))
        assert (found.centring, bare.centring) == ("shipped", "none")
        assert found.language_mixing > max(0.9, bare.language_mixing - 0.02)
        # The four languages' versions of a sentence are in one cluster.
        sentences: dict[str, list[int]] = {}
        for one, label in zip(corpus, found.labels.tolist(), strict=True):
            sentences.setdefault(one.id.split(".")[0], []).append(label)
        assert np.mean([len(set(labels)) == 1 for labels in sentences.values()]) > 0.8


class TestTexts:
    @pytest.fixture
    def told(self, fake: FakeEncoder) -> Clustered:
        return cluster(fake, TEXTS, ids=[f"t{row}" for row in range(len(TEXTS))], langs=LANGS, k=2)

    def test_terms_and_representatives(self, told: Clustered) -> None:
        about_cats = next(one for one in told.clusters if told.labels[0] == one.number)
        assert about_cats.size == 2 * COUNT + 5
        assert about_cats.languages == {"en": COUNT + 5, "de": COUNT}
        assert (
            {"cats", "sleep", "sofa"} < set(about_cats.terms["en"]) < {"cats", "sleep", "on", "the", "sofa", "number"}
        )
        assert about_cats.name("en") == ", ".join(about_cats.terms["en"])
        assert about_cats.name("de") == ", ".join(about_cats.terms["de"])
        assert about_cats.name("fr") == about_cats.name("en")
        assert len(about_cats.representatives) == 3
        assert {LANGS[row] for row in about_cats.representatives} == {"en", "de"}
        assert all(told.labels[row] == about_cats.number for row in about_cats.representatives)
        assert told.ids[3] == "t3"
        assert told.centring == "estimated"

    def test_copies_are_in_one_cluster(self, told: Clustered) -> None:
        assert len(set(told.labels[-5:].tolist())) == 1
        assert told.labels[-1] == told.labels[0]

    def test_the_order_of_rows_does_not_matter(self, fake: FakeEncoder, told: Clustered) -> None:
        order = np.random.default_rng(5).permutation(len(TEXTS)).tolist()
        other = cluster(fake, [TEXTS[row] for row in order], langs=[LANGS[row] for row in order], k=2)
        assert other.labels.tolist() == told.labels[order].tolist()
        assert other.strengths.tolist() == told.strengths[order].tolist()
        assert [one.terms for one in other.clusters] == [one.terms for one in told.clusters]

    def test_no_terms_and_no_representatives(self, fake: FakeEncoder) -> None:
        result = cluster(fake, TEXTS, langs=LANGS, k=2, terms=0, representatives=0)
        assert [(one.terms, one.representatives, one.name()) for one in result.clusters] == [
            ({}, (), "cluster 0"),
            ({}, (), "cluster 1"),
        ]


COUNT = 12
TEXTS = [
    *(f"Cats sleep on the sofa, number {row}" for row in range(COUNT)),
    *(f"Katzen schlafen auf dem Sofa, Nummer {row}" for row in range(COUNT)),
    *(f"Parliament voted for taxes and budgets, {row}" for row in range(COUNT)),
    *(f"Das Parlament beschloss Steuern, {row}" for row in range(COUNT)),
    *["Cats sleep on the sofa, number 0"] * 5,
]
LANGS: list[str | None] = [*["en"] * COUNT, *["de"] * COUNT, *["en"] * COUNT, *["de"] * COUNT, *["en"] * 5]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "dbscan"}, OptionError, r"method is one of 'kmeans', 'hdbscan', not 'dbscan'"),
        ({"k": 1}, OptionError, r"k is a whole number, 2 at least, not 1\."),
        ({"k": 2.5}, OptionError, r"k is a whole number, 2 at least, not 2\.5"),
        ({"k": True}, OptionError, "k is a whole number, 2 at least, not True"),
        ({"k": 121}, OptionError, r"k is 121, but there are only 120 vectors\."),
        ({"min_size": 3}, OptionError, r'min_size is for the method "hdbscan"'),
        ({"method": "hdbscan", "k": 3}, OptionError, r'k is for the method "kmeans"'),
        ({"method": "hdbscan", "min_size": 121}, OptionError, "min_size is 121, but there are only 120 vectors"),
        ({"seed": -1}, OptionError, "seed is a whole number, 0 at least, not -1"),
        ({"terms": -1}, OptionError, "terms is a whole number, 0 at least"),
        ({"centred": False, "means": LanguageMeans({}, np.zeros(16, np.float32))}, OptionError, "leave means out"),
        ({"langs": ["en"]}, InputError, "120 vectors but 1 languages"),
        ({"langs": "xx9"}, UnknownLanguage, "xx9"),
        ({"texts": ["a"]}, InputError, "120 vectors but 1 texts"),
        ({"ids": ["a"]}, InputError, "120 vectors but 1 ids"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cluster_vectors(heaps()[0], **options)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ([1.0, 2.0], r"shape \(n, d\), not \(2,\)"),
        ([["a"]], r"numbers of the shape"),
        (np.empty((0, 3)), r"at least two vectors, but there are none"),
        ([[1.0, 2.0]], r"at least two vectors, but there is only one"),
        (np.ones((50, 3)), r"All 50 vectors are the same"),
        ([[1.0, np.nan], [1.0, 2.0]], "NaN or infinite"),
    ],
)
def test_wrong_vectors(vectors: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cluster_vectors(vectors, k=2)


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ([], "at least two different texts, but there are none"),
        (["a"] * 9, "at least two different texts, but there is only one"),
        (["a", ""], "row 1: empty"),
        ("abc", "a single text"),
    ],
)
def test_wrong_texts(fake: FakeEncoder, texts: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cluster(fake, texts, langs="en")


def test_components_that_say_nothing_are_left_out() -> None:
    vectors = np.zeros((100, 10), np.float32)
    vectors[:50, 0] = vectors[50:, 1] = 1
    vectors[::2, 2] = 0.1
    assert reduced(vectors).coordinates.shape == (100, 2)


def test_renumbering() -> None:
    items = Items([], [None] * 5, np.arange(5), np.array([1, 1, 1, 5, 1]))
    assert renumbered(np.array([7, 7, -1, 2, 9], np.int32), items).tolist() == [1, 1, -1, 0, 2]
