"""Whatever is done to an index, in whatever order: it is like a dictionary, and finds what exact search in that finds."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from interlingua import FakeEncoder
from interlingua.index.index import Index

ENCODER = FakeEncoder()
LANGS = ("de", "fr", "en")
QUERIES = ["red house", "das blaue Haus", "seven 7"]


def wanted(
    there: dict[str, dict[str, Any]], query: str, keeps: Any = lambda _: True, encoder: FakeEncoder = ENCODER
) -> list[tuple[float, str]]:
    """Exact search in a dictionary: scores and ids, best first."""
    rows = [row for row in there.values() if keeps(row)]
    if not rows:
        return []
    scores = encoder.encode([row["text"] for row in rows]) @ encoder.encode(query)
    return sorted(((float(score), row["id"]) for score, row in zip(scores, rows, strict=True)), reverse=True)


def assert_like(index: Index, there: dict[str, dict[str, Any]]) -> None:
    assert len(index) == len(there)
    assert {one.id: (one.text, one.lang, dict(one.metadata)) for one in index.documents()} == {
        id_: (row["text"], row["lang"], {"number": row["number"]}) for id_, row in there.items()
    }


class IndexMachine(RuleBasedStateMachine):
    """An index of a few documents beside a dictionary."""

    ids = st.sampled_from([f"id {number}" for number in range(12)])
    texts = st.text(alphabet="abc dé東 7", min_size=1).filter(str.strip)

    @initialize(kind=st.sampled_from(["auto", "hnsw", "ivf", "ivfpq"]), storage=st.sampled_from(["float32", "float16"]))
    def make(self, kind: Any, storage: Any) -> None:
        self.above = tempfile.TemporaryDirectory()
        self.index = Index.create(Path(self.above.name) / "index", ENCODER, kind=kind, storage=storage)
        self.reader = Index.open(self.index.folder, ENCODER)
        self.there: dict[str, dict[str, Any]] = {}

    @rule(rows=st.lists(st.tuples(ids, texts, st.sampled_from(LANGS), st.integers(0, 3)), max_size=6))
    def add(self, rows: list[tuple[str, str, str, int]]) -> None:
        documents = [{"id": a, "text": b, "lang": c, "number": d} for a, b, c, d in rows]
        new = {row["id"] for row in documents} - set(self.there)
        assert self.index.add(documents).added == len(new)
        self.there |= {row["id"]: row for row in documents}

    @rule(id_=ids, number=st.integers(0, 3))
    def describe(self, id_: str, number: int) -> None:
        if id_ in self.there:
            changed = self.there[id_]["number"] != number
            assert self.index.update([{"id": id_, "number": number}]) == (0, int(changed), int(not changed))
            self.there[id_] = {**self.there[id_], "number": number}

    @rule(some=st.lists(ids, max_size=3))
    def delete(self, some: list[str]) -> None:
        gone = self.index.delete(some)
        assert set(gone) == set(some) & set(self.there)
        for id_ in gone:
            del self.there[id_]

    @rule(number=st.integers(0, 3))
    def delete_where(self, number: int) -> None:
        gone = {id_ for id_, row in self.there.items() if row["number"] == number}
        assert set(self.index.delete(where={"number": number})) == gone
        self.there = {id_: row for id_, row in self.there.items() if id_ not in gone}

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule()
    def rebuild(self) -> None:
        self.index.rebuild()

    @rule()
    def reopen(self) -> None:
        self.index.close()
        self.index = Index.open(self.index.folder, ENCODER)

    @rule(number=st.integers(0, 3), lang=st.sampled_from(LANGS), k=st.integers(1, 15))
    def search(self, number: int, lang: str, k: int) -> None:
        filters: list[tuple[Any, Any]] = [
            (None, lambda _: True),
            (f"number >= {number}", lambda row: row["number"] >= number),
            (f"lang = {lang} and not number = {number}", lambda row: row["lang"] == lang and row["number"] != number),
        ]
        for where, keeps in filters:
            for query, hits in zip(QUERIES, self.reader.search(QUERIES, k, where=where, fair=False), strict=True):
                exact = wanted(self.there, query, keeps)
                np.testing.assert_allclose([hit.score for hit in hits], [score for score, _ in exact[:k]], atol=2e-3)
                assert len({hit.id for hit in hits}) == len(hits)
                assert all(hit.text == self.there[hit.id]["text"] and keeps(self.there[hit.id]) for hit in hits)
                scores = {id_: score for score, id_ in exact}
                np.testing.assert_allclose([hit.score for hit in hits], [scores[hit.id] for hit in hits], atol=2e-3)

    @invariant()
    def like_a_dictionary(self) -> None:
        if hasattr(self, "index"):
            assert_like(self.reader, self.there)

    def teardown(self) -> None:
        if hasattr(self, "index"):
            assert self.index.verify() == []
            self.index.close()
            self.reader.close()
            self.above.cleanup()


TestIndex = IndexMachine.TestCase
TestIndex.settings = settings(
    max_examples=8,
    stateful_step_count=12,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf", "ivfpq"])
def test_every_kind_through_changes(tmp_path: Path, kind: Any) -> None:
    """Of a size at which structures are really built; what is approximate is held to its recall."""
    chance = random.Random(4)
    # Training a product quantiser takes minutes in many dimensions.
    encoder = FakeEncoder(24 if kind == "ivfpq" else 64)
    words = ["red", "house", "blau", "Haus", "seven", "chat", "noir", "table", "Baum", "ville", "night", "rain"]

    def row(number: int) -> dict[str, Any]:
        text = " ".join(chance.choices(words, k=5)) + f" {chance.randrange(10**6)}"
        return {"id": str(number), "text": text, "lang": chance.choice(LANGS), "number": chance.randrange(10)}

    there = {str(number): row(number) for number in range(1500)}
    with Index.create(tmp_path / "index", encoder, kind=kind) as index:
        index.add(there.values())
        index.compact()
        found = total = 0
        for step in range(6):
            some = [row(number) for number in chance.sample(range(2000), 60)]
            index.add(some)
            there |= {one["id"]: one for one in some}
            gone = [str(number) for number in chance.sample(range(2000), 60)]
            index.delete(gone)
            there = {id_: one for id_, one in there.items() if id_ not in gone}
            if step == 4 and kind != "ivfpq":
                index.compact()
            number = chance.randrange(10)
            for where, keeps in ((None, lambda _: True), (f"number = {number}", lambda one: one["number"] == number)):  # noqa: B023
                for query, hits in zip(QUERIES, index.search(QUERIES, 10, where=where, fair=False), strict=True):
                    exact = wanted(there, query, keeps, encoder)
                    scores = {id_: score for score, id_ in exact}
                    assert len(hits) == 10
                    np.testing.assert_allclose([hit.score for hit in hits], [scores[hit.id] for hit in hits], atol=1e-4)
                    least = exact[9][0] - 1e-4
                    found += sum(hit.score >= least for hit in hits)
                    total += 10
                    if kind == "flat":
                        assert all(hit.score >= least for hit in hits)
                for hits in index.search(QUERIES, 10, where=where, query_lang="en"):
                    assert len(hits) == 10
                    assert all(keeps(there[hit.id]) for hit in hits)
        assert found / total >= 0.9
        assert_like(index, there)
        assert index.verify() == []
