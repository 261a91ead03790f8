"""The options of a call that embeds, and their checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, get_args

import numpy as np

from interlingua.errors import OptionError

Long = Literal["truncate", "window", "error"]


class EncodeOptions(TypedDict, total=False):
    """What ``encode``, ``encode_query`` and ``encode_document`` take besides the sentences and ``on_invalid``.

    Attributes:
        batch_size: the most texts in a batch; left out, the number of tokens decides, which is faster.
        show_progress_bar: True or False; left out, a bar shows for long work on a terminal.
        normalize_embeddings: True (the default) gives vectors of length 1; False gives the model's own length.
        long: what happens to texts beyond the model's limit: ``truncate`` (the default; a TruncationWarning names the rows),
            ``window`` (they are read whole, in overlapping windows whose mean is their vector) or ``error``.
        clean: True repairs escapes, mojibake and invisible characters first (``interlingua.clean``).
    """

    batch_size: int
    show_progress_bar: bool | None
    normalize_embeddings: bool
    long: Long
    clean: bool


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse options that there are not."""
    unknown = sorted(options.keys() - EncodeOptions.__annotations__.keys())
    if unknown:
        valid = ", ".join(["on_invalid", *EncodeOptions.__annotations__])
        raise OptionError(f"encode takes no option {unknown[0]!r}; there are: {valid}.")


def check_long(long: str) -> Long:
    """What shall happen to long texts, if it is one of the things that can."""
    if long not in get_args(Long):
        raise OptionError(f'long is "truncate", "window" or "error", not {long!r}.')
    return long  # type: ignore[return-value]


def check_count(name: str, value: int) -> int:
    """A whole number of at least 1, or an error that names the option."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
    return int(value)
