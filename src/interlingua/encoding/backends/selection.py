"""Which backend computes a model."""

from __future__ import annotations

import os
from typing import Literal, get_args

from interlingua.encoding.backends import Backend
from interlingua.errors import OptionError
from interlingua.models.card import ModelCard

BackendName = Literal["auto", "onnx", "openvino", "torch"]
Precision = Literal["exact", "fast"]


def check_backend(name: str) -> BackendName:
    """The name, if it is one.

    Raises:
        OptionError: there is no such backend.
    """
    if name not in get_args(BackendName):
        raise OptionError(f"backend is one of {', '.join(map(repr, get_args(BackendName)))}, not {name!r}.")
    return name  # type: ignore[return-value]


def check_precision(name: str) -> Precision:
    """The name, if it is one.

    Raises:
        OptionError: there is no such precision class.
    """
    if name not in get_args(Precision):
        raise OptionError(f'precision is "exact" or "fast", not {name!r}.')
    return name  # type: ignore[return-value]


def open_backend(
    card: ModelCard,
    *,
    backend: BackendName = "auto",
    device: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    lanes: int = 1,
) -> Backend:
    """The backend of a model, loaded; imports the model on first use.

    Args:
        card: the model, with the precision class wanted.
        backend: which one, or ``auto``.
        device: where it computes; None takes the best that there is.
        cache_dir: where imported models lie, if not in the usual cache folder.
        lanes: how many batches are to be computed at once.
    """
    from interlingua.encoding.backends.onnx import OnnxBackend
    from interlingua.models.store import ensure

    return OnnxBackend(ensure(card, cache_dir=cache_dir), card.max_tokens, lanes=lanes)
