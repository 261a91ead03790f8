"""What a classifier does with its input: open the encoder, embed texts, check vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from interlingua.classification.contract import Estimator, checked_vectors, not_fitted
from interlingua.classification.fitting import Trained
from interlingua.classification.inputs import Rows, are_texts, text_rows
from interlingua.classification.space import Langs
from interlingua.errors import InputError, WrongModel
from interlingua.types import TextEncoder


class Intake(Estimator):
    """An estimator that takes texts or vectors."""

    encoder: TextEncoder | str | None

    def _trained(self) -> Trained:
        trained: Trained | None = getattr(self, "trained_", None)
        if trained is None:
            raise not_fitted(self)
        return trained

    def opened_encoder(self) -> TextEncoder:
        """The encoder that is to be trained with, opened once."""
        if self.encoder is not None and not isinstance(self.encoder, str):
            return self.encoder
        from interlingua.models.catalogue import DEFAULT_MODEL

        return self._held(self.encoder or DEFAULT_MODEL, None)

    def _held(self, model: str, precision: str | None) -> TextEncoder:
        """An encoder that was named and not given; another one than before is opened anew."""
        from interlingua.encoding.joint import open_encoder

        known: tuple[tuple[str, str | None], TextEncoder] | None = getattr(self, "_encoder", None)
        if known is None or known[0] != (model, precision):
            options: dict[str, Any] = {} if precision is None else {"precision": precision}
            known = self._encoder = (model, precision), open_encoder(model, **options)
        return known[1]

    def trained_encoder(self) -> TextEncoder:
        """The encoder that texts to predict go through.

        Raises:
            WrongModel: it is another than the classifier was trained with.
            InputError: the classifier was trained on bare vectors.
        """
        trained = self._trained()
        if trained.model is None:
            raise InputError("This classifier was trained on bare vectors; give vectors, or train it with an encoder.")
        given = self.encoder
        encoder = (
            given if given is not None and not isinstance(given, str) else self._held(trained.model, trained.precision)
        )
        if encoder.fingerprint != trained.fingerprint:
            raise WrongModel(
                f"The classifier was trained on vectors of {trained.model} (fingerprint {trained.fingerprint}), but {encoder.name} "
                f"has {encoder.fingerprint}; take that model and precision, or train it anew."
            )
        return encoder

    def _rows(
        self, X: Any, langs: Langs | str, *, training: bool = False, y: Any = None
    ) -> tuple[Rows, TextEncoder | None]:
        """Texts embedded, or vectors checked."""
        if are_texts(X):
            encoder = self.opened_encoder() if training else self.trained_encoder()
            needed = training or self._trained().space.centring == "language"
            return text_rows(X, langs, encoder, identify=needed), encoder
        if training:
            return self._training_vectors(X, y, langs)
        self._trained()
        return Rows.of_vectors(checked_vectors(self, X), langs), None

    def _training_vectors(self, X: Any, y: Any, langs: Langs | str) -> tuple[Rows, TextEncoder | None]:
        from sklearn.utils.validation import validate_data

        if y is None:
            raise ValueError(f"This {type(self).__name__} requires y to be passed, but the target y is None.")
        vectors = validate_data(self, X, dtype=[np.float64, np.float32])
        encoder = None if self.encoder is None else self.opened_encoder()
        if encoder is not None and vectors.shape[1] != encoder.dimension:
            raise InputError(
                f"The vectors have {vectors.shape[1]} dimensions, but {encoder.name} makes {encoder.dimension}; leave encoder out "
                "for vectors of another model."
            )
        return Rows.of_vectors(vectors, langs), encoder
