"""One text gives one vector, a list gives a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from interlingua.texts.checking import check_texts
from interlingua.types import Vectors


def one_or_many(sentences: str | Sequence[str], embed: Callable[[Sequence[str]], Vectors], dimension: int) -> Vectors:
    """Check the texts, embed them, and give (d,) for a ``str``, (n, d) for a list, (0, d) for an empty one."""
    single = isinstance(sentences, str)
    texts = check_texts([sentences] if single else sentences).texts
    vectors: Vectors = embed(texts) if texts else np.empty((0, dimension), dtype=np.float32)
    result: Vectors = vectors[0] if single else vectors
    return result
