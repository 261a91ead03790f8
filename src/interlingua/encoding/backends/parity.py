"""Whether a backend computes what it should, on a small batch whose vectors come with the package."""

from __future__ import annotations

from importlib import resources

import numpy as np

from interlingua.encoding.backends import Backend
from interlingua.models.card import ModelCard

# The greatest cosine distance to the stored float32 vectors.
TOLERANCES = {"exact": 1e-4, "fast": 3e-3}


def distance(card: ModelCard, backend: Backend) -> float | None:
    """The greatest cosine distance of the golden batch's vectors to the stored ones; None for a model without a golden batch.

    What is not a number is infinitely far away.
    """
    path = resources.files("interlingua.models") / "goldens" / f"{card.name}.npz"
    if card.location or not path.is_file():
        return None
    with resources.as_file(path) as file, np.load(file, allow_pickle=False) as archive:
        flat, ends, expected = archive["ids"], archive["ends"], archive["vectors"]
    got = backend.run(np.split(flat, ends[:-1])).astype(np.float64)
    cosines = (got * expected).sum(axis=1) / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)
    return float(np.nan_to_num(1 - cosines, nan=np.inf).max())
