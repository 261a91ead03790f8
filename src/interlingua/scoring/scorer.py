"""What matching, deduplication and translation checks share: texts embedded, centred, and compared by probability."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.scoring.calibration import Calibration
from interlingua.scoring.nearness import Floats
from interlingua.scoring.similarity import Langs, Side, languages_of, made_ready
from interlingua.types import TextEncoder

__all__ = ["Scorer", "Side"]


class Scorer:
    """An encoder with its calibration.

    Args:
        encoder: what embeds.
        calibration: what makes probabilities; None takes the one that comes with the model.

    Raises:
        OptionError: none comes with the model and none was given.
    """

    def __init__(self, encoder: TextEncoder, *, calibration: Calibration | None = None) -> None:
        self.encoder = encoder
        self.calibration = calibration or Calibration.shipped(encoder)

    def read(self, texts: Sequence[str], langs: Langs = None) -> Side:
        """Embed texts with the symmetric prompt, identify languages that are not given, and centre.

        Raises:
            InputError: a text cannot be embedded, or there are not as many languages as texts.
            UnknownLanguage: a language code is none.
        """
        return made_ready(self.encoder, texts, languages_of(texts, langs), self.calibration.means)

    def probabilities(
        self, a: Side, rows_a: NDArray[np.int64], b: Side, rows_b: NDArray[np.int64], *, prior: float = 0.5
    ) -> Floats:
        """P(same meaning) of pairs of rows, (n,).

        Raises:
            OptionError: the prior is not between 0 and 1.
        """
        cosines = np.einsum("ij,ij->i", a.centred[rows_a], b.centred[rows_b])
        return self.calibration.probabilities(
            cosines,
            [a.langs[row] for row in rows_a],
            [b.langs[row] for row in rows_b],
            np.minimum(a.sizes[rows_a], b.sizes[rows_b]),
            prior=prior,
        )
