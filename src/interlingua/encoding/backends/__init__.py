"""What computes: each backend turns padded token ids into vectors."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interlingua.types import Vectors


class Backend(Protocol):
    """The seam below the encoder. ``run`` may be called from several threads at once."""

    def run(self, ids: NDArray[np.int32], lengths: NDArray[np.int32]) -> Vectors:
        """Vectors of shape (batch, d), not yet normalised, from (batch, length) ids padded on the right."""
