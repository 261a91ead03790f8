"""Fair search in an index, its means and offsets, the bias report and hubs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, load_corpus
from interlingua.errors import InputError, OptionError
from interlingua.index.bias import Bias, BiasRow, _as_query
from interlingua.index.documents import Documents
from interlingua.index.fairness import Estimate, Fairness, fed_back, offsets, unit
from interlingua.index.index import Index
from interlingua.scoring.centring import LanguageMeans

CORPUS = {one.id: one for one in load_corpus()}
LANGS = ("ar", "de", "en", "es", "ja", "zh")
QUESTIONS = {id_: one for id_, one in CORPUS.items() if one.kind == "question" and one.lang in LANGS}


@pytest.fixture(scope="module")
def index(e5: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index.create(tmp_path_factory.mktemp("fair") / "index", e5)
    made.add([{"id": id_, "text": one.text, "lang": one.lang} for id_, one in QUESTIONS.items()])
    made.compact()
    return made


@pytest.fixture(scope="module")
def asked(e5: Encoder) -> Any:
    return e5.encode_query([one.text for one in QUESTIONS.values()])


def translations_found(index: Index, asked: Any, **options: Any) -> tuple[float, float]:
    """The share of a question's translations among as many hits, and of the hits in its own language, itself left out."""
    found, own = [], []
    results = index.search_vectors(asked, len(LANGS), langs=[one.lang for one in QUESTIONS.values()], **options)
    for (id_, one), hits in zip(QUESTIONS.items(), results, strict=True):
        others = [hit for hit in hits if hit.id != id_][: len(LANGS) - 1]
        found.append(np.mean([hit.id.rpartition(".")[0] == id_.rpartition(".")[0] for hit in others]))
        own.append(np.mean([hit.lang == one.lang for hit in others]))
    return float(np.mean(found)), float(np.mean(own))


def test_fair_search_finds_translations_before_the_own_language(index: Index, asked: Any) -> None:
    plain, own_plain = translations_found(index, asked, fair=False)
    fair, own_fair = translations_found(index, asked, fair=True)
    diverse, own_diverse = translations_found(index, asked, fair=True, diverse=True)
    assert plain < fair < diverse
    assert own_plain > own_fair > own_diverse
    assert diverse > 0.9


def test_the_query_in_words_is_the_query_in_vectors(index: Index, asked: Any) -> None:
    texts = [one.text for one in QUESTIONS.values()][:5]
    langs = [one.lang for one in QUESTIONS.values()][:5]
    words = index.search(texts, 5, fair=True, query_lang=langs)
    vectors = index.search_vectors(asked[:5], 5, fair=True, langs=langs)
    assert [[hit.id for hit in hits] for hits in words] == [[hit.id for hit in hits] for hits in vectors]


def test_a_language_by_another_code_is_the_same(index: Index, asked: Any) -> None:
    one = index.search_vectors(asked[:1], 5, fair=True, langs=["de"])
    other = index.search_vectors(asked[:1], 5, fair=True, langs=["deu"])
    assert one == other


def test_an_index_in_one_language_is_not_harmed(e5: Encoder, tmp_path: Path) -> None:
    german = {id_: one for id_, one in QUESTIONS.items() if one.lang == "de"}
    index = Index.create(tmp_path / "index", e5)
    index.add([{"id": id_, "text": one.text, "lang": "de"} for id_, one in german.items()])
    others = {id_: one for id_, one in QUESTIONS.items() if one.lang != "de"}
    vectors = e5.encode_query([one.text for one in others.values()])
    right = {}
    for fair in (False, True):
        found = index.search_vectors(vectors, 1, fair=fair, langs=[one.lang for one in others.values()])
        right[fair] = np.mean(
            [hits[0].id.rpartition(".")[0] == id_.rpartition(".")[0] for id_, hits in zip(others, found, strict=True)]
        )
    assert right[True] >= right[False] > 0.8


def test_bias_of_sampled_documents(index: Index) -> None:
    report = index.bias(sample=10, k=5)
    assert report.sampled
    assert report.queries == 10 * len(LANGS)
    for lang in LANGS:
        rows = [row for row in report.rows if row.query_lang == lang]
        assert len(rows) == len(LANGS)
        for total in (
            sum(row.documents for row in rows),
            sum(row.plain for row in rows),
            sum(row.fair for row in rows),
        ):
            assert total == pytest.approx(1)
    documents, plain, fair = report.own
    assert documents == pytest.approx(1 / len(LANGS))
    assert plain > fair


def test_bias_of_given_queries(index: Index) -> None:
    report = index.bias(
        ["Where is my order?", "Wo ist meine Bestellung?"], langs=["en", "de"], k=6, where="lang in (de, en)"
    )
    assert not report.sampled
    assert {(row.query_lang, row.lang) for row in report.rows} == {
        ("en", "en"),
        ("en", "de"),
        ("de", "en"),
        ("de", "de"),
    }
    assert all(row.queries == 1 and row.documents == 0.5 for row in report.rows)


def test_distance_is_the_share_of_hits_in_the_wrong_languages() -> None:
    rows = (
        BiasRow("de", "de", 1, 0.5, 1.0, 0.6),
        BiasRow("de", "en", 1, 0.5, 0.0, 0.4),
        BiasRow("en", "de", 1, 0.5, 0.3, 0.5),
        BiasRow("en", "en", 1, 0.5, 0.7, 0.5),
    )
    report = Bias(10, 2, False, rows)
    assert report.distance == pytest.approx((0.35, 0.05))
    assert report.own == pytest.approx((0.5, 0.85, 0.55))


def test_bias_of_nothing(index: Index) -> None:
    with pytest.raises(InputError, match="There are no documents to report on"):
        index.bias(where="exists nothing")
    with pytest.raises(OptionError, match="k must be a whole number"):
        index.bias(k=0)


# ------------------------------------------------------------------------------------------ means


def some_vectors(count: int = 900, dimension: int = 64) -> tuple[Any, list[str | None]]:
    """Vectors of three languages that have a part of their own and a part of all, some without a language."""
    generator = np.random.default_rng(5)
    langs: list[str | None] = [("de", "fr", "en", None)[row % 4] for row in range(count)]
    own = {lang: generator.normal(size=dimension) for lang in ("de", "fr", "en", None)}
    meaning = generator.normal(size=(count, dimension))
    return unit((meaning + np.stack([own[lang] for lang in langs]) + 1).astype(np.float32)), langs


def test_means_of_a_model_without_any() -> None:
    vectors, langs = some_vectors()
    estimate = Estimate(64)
    estimate.add(vectors[:400], langs[:400])
    estimate.add(vectors[400:], langs[400:])
    fairness = estimate.fairness("nobody's model")
    assert fairness.counts == {"de": 225, "fr": 225, "en": 225}
    german = vectors[[lang == "de" for lang in langs]]
    drawn = (225 * german.mean(axis=0) + 100 * vectors.mean(axis=0)) / 325
    np.testing.assert_allclose(fairness.documents.mean("de"), drawn, atol=1e-5)
    means = np.stack([fairness.documents.mean(lang) for lang in langs])
    assert fairness.spread == pytest.approx(float(np.sqrt(((vectors - means) ** 2).sum(axis=1).mean())), rel=1e-4)


def test_shipped_means_are_drawn_to_those_of_the_index() -> None:
    shipped, queries = LanguageMeans.shipped("e5-small", "document"), LanguageMeans.shipped("e5-small", "query")
    vectors, langs = some_vectors(400, 384)
    estimate = Estimate(384)
    nothing = estimate.fairness("e5-small")
    np.testing.assert_array_equal(nothing.documents.mean("de"), shipped.mean("de"))
    np.testing.assert_array_equal(nothing.queries.mean("de"), queries.mean("de"))
    estimate.add(vectors, langs)
    fairness = estimate.fairness("e5-small")
    german = vectors[[lang == "de" for lang in langs]]
    np.testing.assert_allclose(fairness.documents.mean("de"), (german.mean(axis=0) + shipped.mean("de")) / 2, atol=1e-5)
    moved = fairness.documents.mean("de") - shipped.mean("de")
    np.testing.assert_allclose(fairness.queries.mean("de"), queries.mean("de") + moved, atol=1e-5)
    # A language that the index has no document in: questions in it are about the same, so half of the shift is theirs.
    shifts = [fairness.documents.mean(lang) - shipped.mean(lang) for lang in ("de", "fr", "en")]
    np.testing.assert_allclose(fairness.queries.mean("ja"), queries.mean("ja") + np.mean(shifts, axis=0) / 2, atol=1e-5)
    np.testing.assert_array_equal(fairness.documents.mean("ja"), shipped.mean("ja"))


def test_means_are_read_as_they_were_written(tmp_path: Path) -> None:
    vectors, langs = some_vectors(300, 384)
    estimate = Estimate(384)
    estimate.add(vectors, langs)
    fairness = estimate.fairness("e5-small")
    fairness.save(tmp_path / "means.npz")
    read = Fairness.load(tmp_path / "means.npz")
    assert (read.counts, read.spread) == (fairness.counts, fairness.spread)
    for lang in ("de", "ja", None):
        np.testing.assert_array_equal(read.documents.mean(lang), fairness.documents.mean(lang))
        np.testing.assert_array_equal(read.queries.mean(lang), fairness.queries.mean(lang))


# ------------------------------------------------------------------------------------------ every kind


class Table:
    """An encoder for numbers: text "7" is row 7 of a table."""

    name, fingerprint, dimension = "table", "table", 64

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors

    def encode(self, sentences: Any) -> Any:
        return self._vectors[[int(text) for text in sentences]]

    encode_query = encode_document = encode


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf", "ivfpq"])
def test_every_kind_ranks_by_the_fair_score(tmp_path: Path, kind: Any) -> None:
    vectors, langs = some_vectors(1500)
    index = Index.create(tmp_path / "index", Table(vectors), kind=kind, recall=0.97)
    rows = [{"id": str(row), "text": str(row), "lang": langs[row] or "en"} for row in range(1400)]
    index.add(rows)
    index.compact()
    codes = [row["lang"] for row in rows]
    info = index.info()
    assert info.snapshot is not None
    assert info.snapshot.plan.kind == kind
    estimate = Estimate(64)
    estimate.add(vectors[:1400], codes)
    fairness = estimate.fairness("table")
    centred = fairness.documents.centre(vectors[:1400], codes)
    queries = fairness.asked(vectors[1400:], ["de"] * 100)
    lengths = np.linalg.norm(vectors[:1400] - np.stack([fairness.documents.mean(code) for code in codes]), axis=1)
    own = np.array([code == "de" for code in codes]) * 0.04 * fairness.spread / lengths
    exact = queries @ centred.T - own
    found = index.search_vectors(vectors[1400:], 10, fair=True, langs=["de"] * 100)
    recall = []
    for hits, scores in zip(found, exact, strict=True):
        np.testing.assert_allclose([hit.score for hit in hits], scores[[int(hit.id) for hit in hits]], atol=2e-3)
        best = set(np.argsort(-scores)[:10].tolist())
        recall.append(len(best & {int(hit.id) for hit in hits}) / 10)
    assert np.mean(recall) >= {"flat": 1.0, "ivfpq": 0.8}.get(kind, 0.9)


def test_means_stay_until_the_next_snapshot(tmp_path: Path) -> None:
    vectors, langs = some_vectors(1000)
    index = Index.create(tmp_path / "index", Table(vectors))
    index.add([{"id": str(row), "text": str(row), "lang": langs[row] or "en"} for row in range(500)])
    index.compact()
    before = index.search_vectors(vectors[:3], 500, fair=True, langs=["de", "fr", None])
    index.add([{"id": str(row), "text": str(row), "lang": "de"} for row in range(500, 1000)])
    after = index.search_vectors(vectors[:3], 1000, fair=True, langs=["de", "fr", None])
    for one, other in zip(before, after, strict=True):
        scores = {hit.id: hit.score for hit in other}
        np.testing.assert_allclose([hit.score for hit in one], [scores[hit.id] for hit in one], atol=1e-6)
    index.compact()
    again = index.search_vectors(vectors[:1], 500, fair=True, langs=["de"])
    assert abs(again[0][0].score - before[0][0].score) > 1e-4


def test_offsets_are_of_the_three_best() -> None:
    scores = [
        np.array([0.9, 0.6, 0.3, 0.1], dtype=np.float32),
        np.array([0.5], dtype=np.float32),
        np.empty(0, np.float32),
    ]
    np.testing.assert_allclose(offsets(scores), [0.6, 0.5, 0.0])


def test_feedback_moves_a_query_to_its_hits() -> None:
    query, hits = np.array([1.0, 0.0], np.float32), np.array([[0.0, 1.0], [0.0, 1.0]], np.float32)
    np.testing.assert_allclose(fed_back(query, hits), np.array([1, 0.4]) / np.hypot(1, 0.4), atol=1e-6)
    np.testing.assert_array_equal(fed_back(query, hits[:0]), query)


# ------------------------------------------------------------------------------------------ hubs


def test_a_hub_is_found(tmp_path: Path) -> None:
    generator = np.random.default_rng(2)
    spread = unit(generator.normal(size=(400, 64)).astype(np.float32) + 0.5)
    vectors = np.concatenate([spread, unit(spread.mean(axis=0, keepdims=True))])
    index = Index.create(tmp_path / "index", Table(vectors))
    index.add([{"id": str(row), "text": str(row), "lang": "en"} for row in range(400)])
    before = index.hubs(fair=False)
    assert before.hubs == ()
    assert before.queries == before.documents == 400
    index.add([{"id": "hub", "text": "400", "lang": "en"}])
    after = index.hubs(fair=False)
    assert [(hub.id, hub.text, hub.lang) for hub in after.hubs] == [("hub", "400", "en")]
    assert after.hubs[0].share > 0.7
    assert after.skewness > before.skewness + 1
    given = index.hubs([str(row) for row in range(50)], langs="en", fair=False)
    assert given.queries == 50
    assert [hub.id for hub in given.hubs] == ["hub"]


def test_hubs_beside_a_writer_that_deletes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add([{"id": str(row), "text": f"text {row}", "lang": "en"} for row in range(60)])
    vectors_of = Documents.vectors_of

    def late(self: Documents, id: str) -> Any:
        if len(index) == 60:
            with Index.open(tmp_path / "index", FakeEncoder()) as writer:
                writer.delete([str(row) for row in range(30)])
        return vectors_of(self, id)

    monkeypatch.setattr(Documents, "vectors_of", late)
    assert index.hubs().queries == 60
    assert len(index) == 30


@pytest.mark.parametrize(
    ("text", "query"),
    [
        (" " * 300 + "x" * 250, "x" * 200),
        ("\n\t def f():\n", "def f():"),
        ("a " + "x" * 300, "a " + "x" * 198),
        ("word " * 60, ("word " * 40).strip()),
    ],
)
def test_a_document_as_a_query(text: str, query: str) -> None:
    assert _as_query(text) == query


def test_hubs_of_nothing(tmp_path: Path) -> None:
    hubs = Index.create(tmp_path / "index", FakeEncoder()).hubs()
    assert (hubs.documents, hubs.queries, hubs.skewness, hubs.hubs) == (0, 0, 0.0, ())
