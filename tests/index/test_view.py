"""Which passages are looked at, and how much is read for an answer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_passages import Words

from interlingua import FakeEncoder
from interlingua.index.documents import Documents
from interlingua.index.index import Index
from interlingua.index.records import Excerpt

LANGS = ["de", "en", "fr"]


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        {"id": str(row), "text": f"row {row} of {row % 7}", "lang": LANGS[row % 3], "group": row % 10}
        for row in range(start, start + count)
    ]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many passages are fetched with their texts, search by search."""
    counts: list[int] = []
    excerpts = Documents.excerpts

    def counted(self: Documents, keys: Sequence[int]) -> dict[int, Excerpt]:
        counts.append(len(keys))
        return excerpts(self, keys)

    monkeypatch.setattr(Documents, "excerpts", counted)
    return counts


def test_a_least_score_reads_no_more_than_is_given(tmp_path: Path, read: list[int]) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add(rows(500))
    best = index.search("row 77 of 0", 10, fair=False)
    assert [hit.id for hit in index.search("row 77 of 0", 10, fair=False, min_score=best[2].score)] == [
        hit.id for hit in best if hit.score >= best[2].score
    ]
    assert index.search("row 77 of 0", 10, min_score=1.5) == []
    assert read[0] == 10
    assert read[1] < 10
    assert read[2] == 0


def test_a_long_document_is_read_once(tmp_path: Path, read: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.create(tmp_path / "index", Words(40))
    books = [" ".join(f"Sentence {number} of book {book} tells something." for number in range(80)) for book in "ab"]
    index.add([{"id": book, "text": text, "lang": "en"} for book, text in zip("ab", books, strict=True)])
    assert index.info().passages > 40
    checked: list[str] = []
    check = Documents._check

    def noted(self: Documents, id: str, *facts: Any) -> None:
        checked.append(id)
        check(self, id, *facts)

    monkeypatch.setattr(Documents, "_check", noted)
    assert {hit.id for hit in index.search("Sentence 5 of book a", 10)} == {"a", "b"}
    assert (sum(read), sorted(checked)) == (2, ["a", "b"])
    checked.clear()
    assert len(index.search("Sentence 5 of book a", 20, group=False)) == 20
    assert sorted(set(checked)) == sorted(checked)
    statements: list[str] = []
    index._documents._database.set_trace_callback(statements.append)
    assert len(index.search("Sentence 5 of book a", 20, group=False)) == 20
    (texts,) = [one for one in statements if "text" in one]
    assert "passages" not in texts, "not once for each passage"
    statements.clear()
    index.rebuild()
    assert sum("text FROM documents" in one for one in statements) == 2
    assert index.verify() == []


@pytest.mark.parametrize("snapshot", [False, True])
def test_a_quota_counts_documents(tmp_path: Path, snapshot: bool) -> None:
    index = Index.create(tmp_path / "index", Words(40))
    long = " ".join(f"The battery of the old phone is empty, number {number}." for number in range(30))
    index.add([{"id": "long", "text": long, "lang": "en"}, {"id": "two", "text": "A battery.", "lang": "en"}])
    index.add([{"id": "drei", "text": "Ein Akku.", "lang": "de"}, {"id": "vier", "text": "Ein Stuhl.", "lang": "de"}])
    if snapshot:
        index.compact()
    found = index.search("The battery of the old phone is empty, number 3.", 10, per_language=2, fair=False)
    assert found[0].id == "long"
    assert sorted(hit.id for hit in found) == ["drei", "long", "two", "vier"]
    one_each = index.search("The battery of the old phone", 10, per_language=1, fair=False)
    assert sorted((hit.lang, hit.id == "long") for hit in one_each) == [("de", False), ("en", True)]
    parts = index.search("The battery of the old phone", 10, per_language=2, fair=False, group=False)
    assert [hit.id for hit in parts if hit.lang == "en"] == ["long", "long"]


def test_judges_get_more_than_the_quota(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add(rows(300))
    judged: list[str] = []

    def last_first(_query: str, hits: list[Any]) -> list[float]:
        judged.extend(hit.lang for hit in hits)
        return [float(hit.id) for hit in hits]

    found = index.search("row 5 of 5", 6, per_language=2, rerank=last_first)
    assert min(judged.count(lang) for lang in LANGS) >= 10
    assert [hit.lang for hit in found].count("de") == 2
    assert [float(hit.id) for hit in found] == sorted((float(hit.id) for hit in found), reverse=True)


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivfpq"])
@pytest.mark.parametrize("options", [{"diverse": True}, {"fair": True, "diverse": True}, {"fair": True}, {}])
def test_the_cosine_is_that_of_query_and_document(tmp_path: Path, kind: Any, options: dict[str, Any]) -> None:
    encoder = FakeEncoder()
    index = Index.create(tmp_path / "index", encoder, kind=kind)
    index.add(rows(1500))
    index.compact()
    index.add(rows(20, 1500))
    queries = encoder.encode(["row 3 of 3", "row 1507 of 2"])
    for query, hits in zip(queries, index.search_vectors(queries, 8, **({"fair": False} | options)), strict=True):
        assert len(hits) == 8
        np.testing.assert_allclose(
            [hit.cosine for hit in hits], encoder.encode([hit.text for hit in hits]) @ query, atol=1e-5
        )


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system has no way to read ahead")
@pytest.mark.parametrize(("kind", "ahead"), [("hnsw", ["fair.faiss", "plain.faiss"]), ("ivf", [])])
def test_graphs_are_read_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Any, ahead: list[str]) -> None:
    encoder = FakeEncoder()
    with Index.create(tmp_path / "index", encoder, kind=kind) as index:
        index.add(rows(1500))
        index.compact()
    asked: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda file, *_: asked.append(os.fstat(file).st_size))
    with Index.open(tmp_path / "index", encoder) as index:
        for fair in (True, False, True):
            assert index.search("row 3 of 3", 1, fair=fair)[0].id == "3"
        folder = index._view.snapshot.folder  # type: ignore[union-attr]
        assert asked == [(folder / name).stat().st_size for name in ahead]


def test_what_was_deleted_is_not_found_on_any_way(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    index = Index.create(tmp_path / "index", encoder, kind="hnsw")
    index.add(rows(1500))
    index.compact()
    gone = {str(row) for row in range(0, 1500, 4)}
    index.delete(gone)
    queries = encoder.encode([f"row {row} of {row % 7}" for row in (0, 4, 8, 100, 3)])
    there = [one for one in rows(1500) if one["id"] not in gone]
    scores = queries @ encoder.encode([one["text"] for one in there]).T
    ways: list[dict[str, Any]] = [{}, {"where": "group < 5"}, {"per_language": 10}, {"where": "lang = de"}]
    for way in ways:
        for row, hits in enumerate(index.search_vectors(queries, 10, **way)):
            assert len(hits) == 10
            assert not gone & {hit.id for hit in hits}
            if way == {}:
                assert hits[0].score == pytest.approx(scores[row].max(), abs=1e-5)
            if "where" in way:
                assert all(hit.metadata["group"] < 5 if "group" in way["where"] else hit.lang == "de" for hit in hits)


def test_a_filter_sees_what_changed_since_it_was_asked_last(tmp_path: Path) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add(rows(100))
    assert len(index.search("row", 100, where="group = 3")) == 10
    index.update([{"id": "5", "group": 3}, {"id": "3", "group": 9}])
    found = {hit.id for hit in index.search("row", 100, where="group = 3")}
    assert "5" in found
    assert "3" not in found
    index.delete(where="group = 3")
    assert index.search("row", 100, where="group = 3") == []
    for group in range(8):  # more filters than are kept
        assert len(index.search("row", 100, where=f"group = {group}")) == (0 if group == 3 else 10 - (group == 5))


def test_a_moment_stays_as_it_was_while_documents_come(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    index = Index.create(tmp_path / "index", encoder)
    views = []
    for start in range(0, 60, 3):
        index.add(rows(3, start), snapshot=False)
        views.append(index._seen(lambda view: view))
    for number, view in enumerate(views):
        texts = [one["text"] for one in rows(3 * number + 3)]
        np.testing.assert_allclose(view._tail.vectors, encoder.encode(texts), atol=1e-6)


def test_no_passage_is_read_to_see_whether_a_snapshot_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index.create(tmp_path / "index", FakeEncoder())
    index.add(rows(1500))
    monkeypatch.setattr(Documents, "after", None)
    index.add(rows(400, 1500))
    assert len(index) == 1900
    monkeypatch.undo()
    index.add(rows(200, 1900))
    assert index.info().snapshot is not None
