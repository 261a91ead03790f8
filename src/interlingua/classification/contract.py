"""What scikit-learn asks of an estimator, without importing it: prediction needs NumPy alone."""

from __future__ import annotations

import copy
import inspect
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, MissingExtra


class Estimator:
    """Parameters as constructor arguments, kept as they were given; see scikit-learn's guide for developers."""

    @classmethod
    def _parameter_names(cls) -> list[str]:
        return sorted(inspect.signature(cls.__init__).parameters.keys() - {"self"})

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002  # no parameter is an estimator itself
        """The parameters by name.

        Args:
            deep: has no effect.
        """
        return {name: getattr(self, name) for name in self._parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters; they take effect at the next ``fit``.

        Raises:
            ValueError: there is no such parameter.
        """
        known = self._parameter_names()
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {known}.")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = [
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if repr(value) != repr(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_clone__(self) -> Self:
        """An unfitted one with the same parameters; the encoder is shared, or each fold would load a model of its own."""
        shared = self.get_params()
        return type(self)(
            **{name: value if name == "encoder" else copy.deepcopy(value) for name, value in shared.items()}
        )


def need_sklearn() -> None:
    """Refuse to train where scikit-learn is not installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise MissingExtra(
            "Training a classifier needs scikit-learn: pip install 'interlingua[sklearn]' (predicting does without)."
        ) from None


def not_fitted(estimator: object) -> Exception:
    """The error for a method that was called before ``fit``; scikit-learn's own where it is installed."""
    message = f"This {type(estimator).__name__} is not trained yet: call fit, or load a trained one."
    try:
        from sklearn.exceptions import NotFittedError
    except ImportError:
        return InputError(message)
    error: Exception = NotFittedError(message)
    return error


def checked_vectors(estimator: Any, vectors: object) -> NDArray[np.floating[Any]]:
    """Vectors to predict for, (n, d), float32 or float64.

    Plain arrays of numbers are checked here; everything else (data frames, lists, sparse matrices) by scikit-learn.

    Raises:
        ValueError: not of the shape that was learned, or not finite.
    """
    plain = type(vectors) is np.ndarray and vectors.dtype in (np.float32, np.float64) and vectors.ndim == 2
    if not plain or hasattr(estimator, "feature_names_in_"):
        from sklearn.utils.validation import validate_data

        found: NDArray[np.floating[Any]] = validate_data(
            estimator, vectors, reset=False, dtype=[np.float64, np.float32]
        )
        return found
    array: NDArray[np.floating[Any]] = np.asarray(vectors)
    if array.shape[1] != estimator.n_features_in_:
        raise InputError(
            f"X has {array.shape[1]} features, but {type(estimator).__name__} is expecting {estimator.n_features_in_} "
            "features as input: are the vectors from the model it was trained with?"
        )
    bad = np.flatnonzero(~np.isfinite(array.sum(axis=1, dtype=np.float64)))
    if len(bad):
        raise InputError(f"Input X contains NaN or infinity (row {bad[0]}, counted from 0).", bad.tolist())
    return array
