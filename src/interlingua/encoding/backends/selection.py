"""Which backend computes a model."""

from __future__ import annotations

import logging
import os
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from interlingua.encoding.backends import Backend
from interlingua.encoding.backends.arithmetic import EXACT_INT8, FLOAT32, WORD_TABLE, Arithmetic, candidates
from interlingua.encoding.backends.parity import TOLERANCES, distance
from interlingua.errors import OptionError, WrongNumbers
from interlingua.models.card import ModelCard
from interlingua.models.resolving import check_extra

BackendName = Literal["auto", "onnx", "openvino", "torch"]
Precision = Literal["exact", "fast"]

_log = logging.getLogger("interlingua")


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
    threads: int | None = None,
) -> Backend:
    """The backend of a model, loaded; imports the model on first use.

    Args:
        card: the model, with the precision class wanted.
        backend: which one, or ``auto``: a bundled model is computed by ``onnx``, unless a GPU is asked for; any other by
            ``torch``.
        device: where it computes; None is the processor, and with ``torch`` a GPU if there is one.
        cache_dir: where imported models lie, if not in the usual cache folder.
        lanes: how many batches will be computed at once, for the backend that has to know.
        threads: with how many threads torch is to compute; None leaves that to torch.

    Raises:
        OptionError: the model, the backend, the device and the precision do not go together.
        MissingExtra: the backend is not installed.
        WrongNumbers: what it computes is not near the model's stored vectors.
    """
    opened: Backend
    precision = check_precision(card.precision)
    if _choose(card, backend, device) == "torch":
        opened = _open_torch(card, device, cache_dir, threads)
    elif backend == "openvino":
        from interlingua.encoding.backends.openvino import OpenVinoBackend
        from interlingua.models.store import ensure

        # The last of a model's exact graphs is the one in float32.
        folder = ensure(card, cache_dir=cache_dir, only=candidates(card.name, "exact")[-1].files)
        opened = OpenVinoBackend(folder, card.max_tokens, precision=precision, device=device, lanes=lanes)
    else:
        opened = _open_onnx(card, cache_dir)
    if opened.name != "onnx" and not _is_right(card, opened):
        raise _wrong_numbers(card, opened)
    _log.info("%s is computed by %s", card.name, opened.description)
    return opened


def _choose(card: ModelCard, backend: BackendName, device: str | None) -> BackendName:
    on_processor = device in (None, "cpu")
    if card.location:
        if backend not in ("auto", "torch"):
            raise OptionError(f"{card.name!r} is not a bundled model: the backend 'torch' runs it, not {backend!r}.")
        return "torch"
    if backend == "auto":
        return "onnx" if on_processor else "torch"
    if backend == "onnx" and not on_processor:
        raise OptionError(f"The backend 'onnx' computes on the processor, not on {device!r}; take the backend 'torch'.")
    return backend


def _open_onnx(card: ModelCard, cache_dir: str | os.PathLike[str] | None) -> Backend:
    """The fastest graph whose numbers are right on this machine."""
    from interlingua.encoding.backends.bert_exact import ExactInt8Backend
    from interlingua.encoding.backends.onnx import OnnxBackend
    from interlingua.encoding.backends.use import UseBackend
    from interlingua.models.store import ensure

    def files(arithmetic: Arithmetic) -> Path:
        return ensure(card, cache_dir=cache_dir, only=arithmetic.files)

    opened: OnnxBackend
    for arithmetic in candidates(card.name, card.precision):
        folder = files(arithmetic)
        if arithmetic is EXACT_INT8:
            opened = ExactInt8Backend(folder, card.max_tokens, partial(files, FLOAT32))
        elif arithmetic is WORD_TABLE:
            opened = UseBackend(folder, card.max_tokens)
        else:
            opened = OnnxBackend(folder, card.max_tokens, arithmetic=arithmetic)
        if _is_right(card, opened):
            return opened
    raise _wrong_numbers(card, opened)


def _is_right(card: ModelCard, opened: Backend) -> bool:
    found = distance(card, opened)
    right = found is None or found <= TOLERANCES[card.precision]
    if not right:
        _log.warning("%s gives wrong numbers on this machine (cosine distance %.1e)", opened.description, found)
    return right


def _wrong_numbers(card: ModelCard, opened: Backend) -> WrongNumbers:
    return WrongNumbers(
        f"{opened.description} does not give the vectors of {card.name!r} on this machine (its check on a stored batch failed); "
        f"run: interlingua models import {card.name} --again, or take another backend or precision."
    )


def _open_torch(
    card: ModelCard, device: str | None, cache_dir: str | os.PathLike[str] | None, threads: int | None
) -> Backend:
    from interlingua.encoding.backends.torch_model import check_device, check_fast, find_device, quiet
    from interlingua.models.exported import check_transformer, ensure_exported

    check_device(device)
    if not card.location:
        check_transformer(card)
        check_extra(f"The backend 'torch' of {card.name!r}")
    # Before hundreds of megabytes are fetched or written for a device that is not there.
    with quiet():
        check_fast(find_device(device), check_precision(card.precision))
    if card.location:
        from interlingua.models.resolving import local_folder

        folder, tokens_from = local_folder(card), None
    else:
        from interlingua.models.files import NORMALIZER_FILE, VOCABULARY_FILE
        from interlingua.models.store import ensure

        folder = ensure_exported(card, cache_dir=cache_dir)
        tokens_from = ensure(card, cache_dir=cache_dir, only=(VOCABULARY_FILE, NORMALIZER_FILE))
    from interlingua.encoding.backends.torch import TorchBackend

    return TorchBackend(
        folder,
        card.dimension,
        card.max_tokens,
        precision=check_precision(card.precision),
        device=device,
        threads=threads,
        tokens_from=tokens_from,
    )
