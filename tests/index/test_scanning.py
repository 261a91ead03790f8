"""Exact search of many queries at once: no more vectors in memory than are compared at once."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from interlingua.index import scanning
from interlingua.index.scanning import Asked, Pool


class Watched:
    """Vectors, and how many are taken at once."""

    def __init__(self, vectors: Any) -> None:
        self.vectors = vectors
        self.most = 0

    def __getitem__(self, places: Any) -> Any:
        if not isinstance(places, slice):
            self.most = max(self.most, places.size)
        return self.vectors[places]


def test_cosines_of_many_queries_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_RESCORED", 50)
    chance = np.random.default_rng(0)
    vectors, queries = (chance.normal(size=(count, 16)).astype(np.float32) for count in (200, 33))
    vectors, queries = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (vectors, queries))
    keys, watched = np.arange(200), Watched(vectors)
    table = np.full((1, 16), 0.1, dtype=np.float32)
    inverse = (1 / np.linalg.norm(vectors - table, axis=1)).astype(np.float32)
    pool = Pool(keys, keys, np.zeros(200, dtype=np.int64), ["en"], cast("Any", watched), table, inverse)
    found = scanning.scan(pool, Asked(queries, ["en"] * 33), queries - table, 20, None)
    assert len(found) == 33
    for query, one in zip(queries, found, strict=True):
        assert len(one.keys) == 20
        np.testing.assert_allclose(one.cosines, vectors[one.keys] @ query, atol=1e-6)
        assert (np.diff(one.scores) <= 0).all()
    assert watched.most <= 50
