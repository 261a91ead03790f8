"""What FAISS is asked to build."""

from __future__ import annotations

import numpy as np

from interlingua.index import kinds
from interlingua.index.kinds import Plan


def test_all_lists_can_be_reached_however_many_there_are():
    # A graph over the centres gives fewer lists than are asked for: recall then ends somewhere below 1, whatever the level.
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((20_000, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    plan = Plan("ivf", 4096, 0, "float32")
    index = kinds.build(plan, lambda: iter([vectors]), len(vectors), 8, lambda _count: None)
    queries = vectors[:50]
    exact = np.argsort(-queries @ vectors.T, axis=1, kind="stable")[:, :10]
    _, rows = kinds.run(index, "ivf", queries, 10, 4096)
    assert kinds.recall(rows, exact) > 0.999
