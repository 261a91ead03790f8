"""Vectors around one centre a class, for tests of what does not depend on meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def blobs(
    classes: int, each: int, *, spread: float = 0.1, seed: int = 0, dimension: int = 12
) -> tuple[NDArray[np.float32], list[str]]:
    """``each`` vectors of unit length around the axis of each class, and the classes' names: class 0, class 1, …."""
    generator = np.random.default_rng(seed)
    centres = np.eye(dimension)[:classes]
    vectors = np.repeat(centres, each, axis=0) + spread * generator.standard_normal((classes * each, dimension))
    labels = [f"class {number}" for number in range(classes) for _ in range(each)]
    return unit(vectors), labels


def unit(vectors: Any) -> NDArray[np.float32]:
    """The same at unit length."""
    found = np.asarray(vectors, dtype=np.float64)
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
