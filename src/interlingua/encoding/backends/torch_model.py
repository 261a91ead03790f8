"""Loading a sentence-transformers model: quietly, on a device that is there, in the arithmetic that was asked for."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interlingua.encoding.backends.selection import Precision
from interlingua.encoding.machine import this_machine
from interlingua.errors import CorruptModel, MissingExtra, OptionError, OutOfMemory

_DEVICE = re.compile(r"cpu|mps|cuda(:\d+)?")
_NOISY = ("sentence_transformers", "huggingface_hub")
# What multiplies bfloat16 numbers in the processor; without it they are slower than float32.
_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
# Architectures whose values grow beyond the range of float16.
_WIDE_RANGE = ("t5", "mt5", "umt5")


def check_device(name: str | None) -> str | None:
    """The name of a device, if it has the form of one.

    Raises:
        OptionError: it has not.
    """
    if name is not None and not _DEVICE.fullmatch(name):
        raise OptionError(f"device is 'cpu', 'cuda' or 'cuda:N' for the backend 'torch', not {name!r}.")
    return name


def find_device(name: str | None) -> Any:
    """The ``torch.device`` of that name; None is the first CUDA device, or the processor where there is none.

    Raises:
        OptionError: there is no such device here.
    """
    import torch

    name = check_device(name)
    if name is None:
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "mps" and not torch.backends.mps.is_available():
        raise OptionError("This machine has no device 'mps' that torch can use; leave device out.")
    if name.startswith("cuda"):
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not count:
            raise OptionError(
                f"There is no CUDA device here that torch {torch.__version__} can use; leave device out, or give 'cpu'."
            )
        index = int(name.partition(":")[2] or torch.cuda.current_device())
        if index >= count:
            raise OptionError(f"There is no 'cuda:{index}' here; the last CUDA device is 'cuda:{count - 1}'.")
        name = f"cuda:{index}"
    return torch.device(name)


def check_fast(device: Any, precision: Precision) -> None:
    """See that ``fast`` can be faster there.

    Raises:
        OptionError: it cannot.
    """
    if precision == "fast" and device.type == "cpu" and not _BFLOAT16.intersection(this_machine().extensions):
        raise OptionError(
            "precision='fast' with the backend 'torch' needs a GPU, or a processor with bfloat16 arithmetic, which this one does "
            "not have; take precision='exact'."
        )


def load_model(folder: Path, device: Any, precision: Precision) -> Any:
    """The ``SentenceTransformer`` in a folder, ready to be run on a device.

    Its weights are float32, or for ``fast`` on a GPU float16; bfloat16 where that has too small a range.

    Raises:
        MissingExtra: sentence-transformers or a package that this model needs is not installed.
        CorruptModel: sentence-transformers cannot load the folder.
        OptionError: the model brings code of its own, or wants chat messages.
        OutOfMemory: the model does not fit on the device.
    """
    import torch

    halved = precision == "fast" and device.type != "cpu"
    # Before the weights are read: sentence-transformers makes all modules' weights as short as the first one's are.
    numbers = {} if halved else {"dtype": torch.float32}
    with quiet():
        try:
            from sentence_transformers import SentenceTransformer

            model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, model_kwargs=numbers)
        except ImportError as error:
            raise MissingExtra(
                f"{folder} needs a package that is not here ({_first_line(error)}); run: pip install 'interlingua[torch]'."
            ) from error
        except Exception as error:  # of any class: what is in a folder comes from anywhere
            if "trust_remote_code" in str(error):
                raise OptionError(
                    f"{folder} brings code of its own, which is not run here; take a model without such code."
                ) from error
            raise CorruptModel(f"{folder} cannot be loaded by sentence-transformers: {_first_line(error)}.") from error
        if "message" in getattr(model[0], "modality_config", {}):
            raise OptionError(f"{folder} reads chat messages rather than texts, which is not done here.")
        number = _half(model, device) if halved else torch.float32
        try:
            return model.to(device=device, dtype=number).eval()
        except torch.OutOfMemoryError as error:
            raise OutOfMemory(f"The model in {folder} does not fit in the memory of {device}.") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the libraries' progress bars, reports and warnings to themselves, and leave their settings as they were."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from transformers.utils import logging as settings
        except ImportError as error:
            raise MissingExtra(
                f"The backend 'torch' needs a package that is not here ({_first_line(error)}); run: pip install "
                "'interlingua[torch]'."
            ) from error
        verbosity, bars = settings.get_verbosity(), settings.is_progress_bar_enabled()
        levels = {name: logging.getLogger(name).level for name in _NOISY}
        settings.set_verbosity_error()
        settings.disable_progress_bar()
        for name in _NOISY:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            settings.set_verbosity(verbosity)
            if bars:
                settings.enable_progress_bar()
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@contextmanager
def arithmetic(device: Any, precision: Precision) -> Iterator[None]:
    """Compute without gradients and in the arithmetic of a precision class, whatever this process has set for other work."""
    import torch

    before = torch.get_float32_matmul_precision()
    shortened = precision == "exact" and before != "highest"
    if shortened:
        torch.set_float32_matmul_precision("highest")
    bfloat16 = precision == "fast" and device.type == "cpu"
    try:
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
            yield
    finally:
        if shortened:
            torch.set_float32_matmul_precision(before)


def _half(model: Any, device: Any) -> Any:
    """The short numbers that suit a model."""
    import torch

    network = getattr(model[0], "auto_model", None)
    if network is None or (network.dtype != torch.bfloat16 and network.config.model_type not in _WIDE_RANGE):
        return torch.float16
    has_bfloat16 = device.type == "cuda" and torch.cuda.get_device_capability(device) >= (8, 0)
    return torch.bfloat16 if has_bfloat16 else torch.float32


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
