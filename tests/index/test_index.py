"""The index: what was written is found, filtered, changed and deleted; every kind against exact search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import FakeEncoder, load_corpus
from interlingua.errors import InputError, OptionError, WrongModel
from interlingua.index.index import Index

TEXTS = {f"{one.topic}-{one.lang}-{row}": one for row, one in enumerate(load_corpus())}
QUERIES = ["Where is my order?", "Passwort vergessen", "le chat dort", "サーバー"]


def corpus() -> list[dict[str, Any]]:
    return [{"id": id_, "text": one.text, "lang": one.lang, "topic": one.topic} for id_, one in TEXTS.items()]


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index.create(tmp_path / "index", FakeEncoder())
    made.add(corpus())
    return made


def expected(queries: list[str], documents: dict[str, str], k: int) -> list[list[tuple[str, float]]]:
    encoder = FakeEncoder()
    ids = list(documents)
    scores = encoder.encode(queries) @ encoder.encode([documents[id_] for id_ in ids]).T
    return [[(ids[place], float(row[place])) for place in np.argsort(-row, kind="stable")[:k]] for row in scores]


def assert_same(found: list[Any], wanted: list[tuple[str, float]]) -> None:
    np.testing.assert_allclose([hit.score for hit in found], [score for _, score in wanted], atol=1e-5)
    scores = [round(score, 4) for _, score in wanted]
    sure = [place for place, score in enumerate(scores) if scores.count(score) == 1]
    assert [found[place].id for place in sure] == [wanted[place][0] for place in sure]


def test_hits_are_those_of_exact_search(index: Index) -> None:
    texts = {id_: one.text for id_, one in TEXTS.items()}
    for hits, wanted in zip(index.search(QUERIES, 10, fair=False), expected(QUERIES, texts, 11), strict=True):
        assert_same(hits, wanted[:10])
        assert all(hit.text == TEXTS[hit.id].text and hit.metadata == {"topic": TEXTS[hit.id].topic} for hit in hits)


def test_what_is_open_elsewhere_sees_what_was_written(index: Index) -> None:
    reader = Index.open(index.folder, FakeEncoder())
    assert reader.search("entirely new words", 1, fair=False)[0].text != "entirely new words"
    index.add([{"id": "new", "text": "entirely new words"}])
    assert reader.search("entirely new words", 1, fair=False)[0].id == "new"
    index.delete("new")
    assert reader.search("entirely new words", 1, fair=False)[0].id != "new"
    index.rebuild()
    assert reader.info().behind == 0
    assert len(reader) == len(TEXTS)


def test_upsert(index: Index) -> None:
    before = len(index)
    assert index.add(corpus()) == (0, 0, before)
    first = next(iter(TEXTS))
    assert index.add([{"id": first, "text": "something else", "lang": "en"}]) == (0, 1, 0)
    document = index.get(first)
    assert document is not None
    assert (document.text, document.lang, document.metadata) == ("something else", "en", {})
    assert index.update([{"id": first, "status": "open"}]) == (0, 1, 0)
    assert index.search("something else", 1, fair=False)[0].metadata == {"status": "open"}
    assert len(index) == before


def test_update_of_what_is_not_there_changes_nothing(index: Index) -> None:
    first = next(iter(TEXTS))
    with pytest.raises(InputError, match="Row 1: there is no document 'nobody'"):
        index.update([{"id": first, "status": "open"}, {"id": "nobody", "status": "open"}])
    assert index.count("exists status") == 0


@pytest.mark.parametrize(
    ("where", "keeps"),
    [
        ('lang = "de"', lambda one: one.lang == "de"),
        ("lang in (de, fr)", lambda one: one.lang in ("de", "fr")),
        ({"lang": ["deu", "fra"]}, lambda one: one.lang in ("de", "fr")),
        ('topic = "account" and not lang = en', lambda one: one.topic == "account" and one.lang != "en"),
        ('topic = "account" or lang = "ja"', lambda one: one.topic == "account" or one.lang == "ja"),
        ({"or": [{"topic": "account"}, {"lang": "ja"}]}, lambda one: one.topic == "account" or one.lang == "ja"),
        ('topic != "account"', lambda one: one.topic != "account"),
        ("exists nothing", lambda _: False),
    ],
)
def test_filters(index: Index, where: Any, keeps: Any) -> None:
    kept = {id_: one.text for id_, one in TEXTS.items() if keeps(one)}
    assert index.count(where) == len(kept)
    for hits, wanted in zip(
        index.search(QUERIES, 7, where=where, fair=False), expected(QUERIES, kept, 8) if kept else [[]] * 4, strict=True
    ):
        assert_same(hits, wanted[:7])


def test_numbers_as_text_are_numbers(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add([{"id": str(year), "text": f"text {year}", "year": str(year)} for year in (999, 2019, 2020, 2021)])
    assert [one.id for one in index.documents("year >= 2020")] == ["2020", "2021"]
    assert [one.id for one in index.documents("year < 1000")] == ["999"]
    assert [one.id for one in index.documents("year = 2019")] == ["2019"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("lang =", "ends where a value"),
        ("lang", "ends where a comparison"),
        ("year >= 3 year", "has 'year' at character 11, where nothing more, 'and' or 'or' should be"),
        ("year & 3", "cannot be read from '& 3' on"),
        ({"year": {"~": 3}}, "knows no operator '~'"),
    ],
)
def test_filters_that_make_no_sense(index: Index, where: Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        index.search("a", where=where)
    assert message in str(caught.value)


def noisy(count: int, dimension: int = 64) -> Any:
    generator = np.random.default_rng(3)
    centres = generator.normal(size=(200, dimension))
    vectors = centres[generator.integers(0, 200, count)] + generator.normal(size=(count, dimension)) * 0.7
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class Table:
    """An encoder for numbers: text "7" is row 7 of a table."""

    name, fingerprint, dimension = "table", "table", 64

    def __init__(self, vectors: Any) -> None:
        self._vectors = vectors

    def encode(self, sentences: Any) -> Any:
        return self._vectors[[int(text) for text in sentences]]

    encode_query = encode_document = encode


@pytest.mark.parametrize("storage", ["float32", "float16"])
@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf", "ivfpq"])
def test_every_kind_finds_what_exact_search_finds(tmp_path: Path, kind: Any, storage: Any) -> None:
    vectors = noisy(6000)
    index = Index.create(tmp_path / "index", Table(vectors), kind=kind, storage=storage, recall=0.9)
    langs = ["de", "fr", "en"]
    rows = [{"id": str(row), "text": str(row), "lang": langs[row % 3], "tenth": row % 10} for row in range(5000)]
    index.add(rows)
    info = index.info()
    assert info.snapshot is not None
    assert info.snapshot.plan.kind == kind
    index.delete([str(row) for row in range(0, 5000, 50)])
    index.add([{"id": str(row), "text": str(row), "lang": "de", "tenth": row % 10} for row in range(5000, 5200)])
    there = np.array([row for row in range(5200) if row >= 5000 or row % 50])
    queries = vectors[5200:5300]
    for where, keeps in ((None, there), ("tenth = 3", there[there % 10 == 3]), ("tenth >= 5", there[there % 10 >= 5])):
        exact = [keeps[np.argsort(-(vectors[keeps] @ query))[:10]] for query in queries]
        found = index.search_vectors(queries, 10, where=where)
        assert all(len(hits) == 10 for hits in found)
        hits = sum(
            len({int(hit.id) for hit in one} & set(wanted.tolist())) for one, wanted in zip(found, exact, strict=True)
        )
        assert hits / 1000 >= 0.85, where
    fair = index.search_vectors(queries, 10, fair=True, langs=["de"] * len(queries))
    assert all(len(hits) == 10 for hits in fair)
    scores = np.array([[hit.score for hit in hits] for hits in fair])
    assert (np.diff(scores, axis=1) <= 1e-6).all()
    assert index.verify() == []


def test_per_language(index: Index) -> None:
    hits = index.search("password", 20, per_language=2)
    langs = [hit.lang for hit in hits]
    assert len(hits) == 20
    assert max(langs.count(lang) for lang in set(langs)) == 2


def test_another_model_is_refused_with_the_cure(index: Index) -> None:
    with pytest.raises(WrongModel, match=r"made with fake .* interlingua index reembed .* --model fake"):
        Index.open(index.folder, FakeEncoder(32))


def test_reembedding(index: Index) -> None:
    index.reembed(FakeEncoder(32))
    assert index.manifest.dimension == 32
    assert len(index) == len(TEXTS)
    assert index.search(TEXTS["account-de-0"].text if "account-de-0" in TEXTS else "a", 1, fair=False)
    assert Index.open(index.folder, FakeEncoder(32)).verify() == []


def test_wrong_vectors(index: Index) -> None:
    with pytest.raises(InputError, match="instead of 1"):
        index.search_vectors(np.full((1, 64), 2.0, dtype=np.float32))
    with pytest.raises(InputError, match="NaN"):
        index.search_vectors(np.full((1, 64), np.nan, dtype=np.float32))
    with pytest.raises(InputError, match="64 dimensions"):
        index.search_vectors(np.ones((1, 3), dtype=np.float32))


def test_no_index(tmp_path: Path, index: Index) -> None:
    with pytest.raises(OptionError, match=r"is no index: it has no manifest\.json"):
        Index.open(tmp_path)
    with pytest.raises(OptionError, match="exists and is not empty"):
        Index.create(index.folder, FakeEncoder())
