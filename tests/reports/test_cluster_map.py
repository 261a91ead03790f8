"""The map of clusters: what it holds, as a page and as a picture, and that no text in it can do harm."""

from __future__ import annotations

import base64
import json
import re
import sys
from typing import Any

import numpy as np
import pytest

from interlingua import Clustered, ClusterMap, OptionError, cluster_vectors, plot_clusters
from interlingua.clustering.mapping import map_points
from interlingua.reports.drawing import Raster, Words

COUNT = 90
LANGS = ["en", "ar", None] * (COUNT // 3)
HARM = '</script><script>alert("1")</script> & <b>\u2028'


@pytest.fixture(scope="module")
def clustered() -> Clustered:
    random = np.random.default_rng(0)
    vectors = np.eye(10)[np.repeat([0, 1, 2], 30)] + 0.05 * random.standard_normal((COUNT, 10))
    texts = [f"{('cat', 'ship', 'tree')[row // 30]} number {row}" for row in range(COUNT)]
    texts[0], texts[1] = HARM, "قطة صغيرة"
    return cluster_vectors(vectors, texts=texts, langs=LANGS, k=3, centred=False)


@pytest.fixture(scope="module")
def plot(clustered: Clustered) -> ClusterMap:
    return plot_clusters(clustered, lang="en")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def numbers(packed: str) -> list[int]:
    return np.frombuffer(base64.b64decode(packed), "<u2").tolist()


def test_the_page_holds_all_points(plot: ClusterMap, clustered: Clustered) -> None:
    data = data_of(plot.html())
    assert numbers(data["cluster"]) == clustered.labels.tolist()
    assert [data["languages"][one]["name"] for one in numbers(data["language"])[:3]] == ["English", "Arabic", "unknown"]
    assert np.allclose(np.array(numbers(data["x"])) / 65535, plot.places[:, 0], atol=1e-5)
    assert [one["size"] for one in data["clusters"]] == [30, 30, 30]
    assert data["texts"][1] == "قطة صغيرة"
    assert data["texts"][0] == HARM.strip()


def test_texts_stay_texts(plot: ClusterMap) -> None:
    page = plot.html()
    assert page.count("<script") == page.count("</script>") == 2
    assert "alert(" in page
    assert "<b>" not in page
    assert "\u2028" not in page


def test_the_page_needs_nothing_else(plot: ClusterMap) -> None:
    page = plot.html()
    assert not re.findall(r"https?:|\bsrc=|<link|@import|url\(", page)
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page


def test_clusters_lie_apart(plot: ClusterMap) -> None:
    middles = np.stack([plot.places[plot.clusters == number].mean(axis=0) for number in range(3)])
    spread = max(float(plot.places[plot.clusters == number].std(axis=0).max()) for number in range(3))
    apart = min(float(np.linalg.norm(middles[a] - middles[b])) for a, b in ((0, 1), (0, 2), (1, 2)))
    assert apart > 2 * spread
    assert plot.places.min() >= 0
    assert plot.places.max() <= 1
    assert "laid out by t-SNE" in plot.note


def test_shapes_and_characters(plot: ClusterMap) -> None:
    shapes = plot.drawing().shapes
    raster = next(shape for shape in shapes if isinstance(shape, Raster))
    assert (raster.pixels != 255).any(axis=2).sum() > COUNT * 20
    assert sum(isinstance(shape, Words) and shape.bold for shape in shapes) >= 2
    assert plot.svg().startswith("<svg")
    text = str(plot)
    assert text.startswith("90 texts in 3 clusters")
    assert text.count("█") >= 3
    assert plot.table().heads == ("number", "cluster", "rows", "example")


def test_png(plot: ClusterMap) -> None:
    pytest.importorskip("matplotlib")
    assert plot.png().startswith(b"\x89PNG")


def test_rows_in_no_cluster_are_grey_and_last() -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 8))
    plot = plot_clusters(cluster_vectors(vectors, method="hdbscan", min_size=40), title="None\nat all")
    assert (plot.title, len(plot.texts)) == ("None at all", 0)
    if not plot.cluster_groups[:-1]:
        assert (plot.cluster_groups[0].name, plot.cluster_groups[0].size) == ("no cluster", 40)
    assert data_of(plot.html())["texts"] == []


def test_of_many_points_some_are_shown(clustered: Clustered) -> None:
    plot = plot_clusters(clustered, most=20)
    assert len(plot.places) == len(plot.texts) == 20
    assert plot.note.endswith("; 20 of them are shown")
    assert sum(group.size for group in plot.cluster_groups) == COUNT
    with pytest.raises(OptionError, match="most is a whole number and at least 1, not 0"):
        plot_clusters(clustered, most=0)


def test_the_rest_lies_among_landmarks(monkeypatch: pytest.MonkeyPatch, clustered: Clustered) -> None:
    monkeypatch.setattr("interlingua.clustering.mapping._LANDMARKS", 45)
    places, layout = map_points(clustered.points)
    assert layout == "t-SNE"
    heaps = [places[clustered.labels == number] for number in range(3)]
    apart = np.linalg.norm(heaps[0].mean(axis=0) - heaps[1].mean(axis=0))
    assert apart > 2 * max(heap.std() for heap in (heaps[0] - heaps[0].mean(axis=0), heaps[1] - heaps[1].mean(axis=0)))
    assert np.array_equal(places, map_points(clustered.points).places)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch, clustered: Clustered) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.manifold", None)
    assert "two principal components (t-SNE needs scikit-learn)" in plot_clusters(clustered).note
    assert map_points(clustered.points[:1]).places.tolist() == [[0.5, 0.5]]
