"""Every error that Interlingua raises on purpose: one tree.

A message is one sentence (two at most) that says what is wrong, where (file and row), and what to do. The command line and
the server map the classes mechanically: ``exit_code`` and ``http_status`` are all that they look at.
"""

from __future__ import annotations

from collections.abc import Sequence


class InterlinguaError(Exception):
    """The root. Catch this to catch everything that Interlingua raises on purpose."""

    exit_code = 1
    http_status = 500


class InputError(InterlinguaError, ValueError):
    """The data given cannot be worked on.

    Attributes:
        rows: the offending rows, counted from 0, as far as they are known.
    """

    http_status = 400

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


class OptionError(InterlinguaError, ValueError):
    """An option, or a combination of options, that does not exist."""

    exit_code = 2
    http_status = 400


class UnknownLanguage(OptionError):
    """A language code that names no language we know of."""


class UnknownModel(OptionError):
    """A model name that stands for no bundled model."""

    http_status = 404


class ModelUnavailable(InterlinguaError):
    """A known model whose weights are not on this machine; the message says where to take them from."""

    http_status = 503


class UntrustedSource(InterlinguaError):
    """A weights file whose SHA-256 is not the one that this version of Interlingua knows."""


class CorruptModel(InterlinguaError):
    """An imported model whose files are missing, torn or changed."""


class WrongNumbers(InterlinguaError):
    """A backend does not compute a model's vectors on this machine."""


class StorageError(InterlinguaError):
    """The disk refused: full, no permission, not a folder."""

    http_status = 507


class CorruptCache(InterlinguaError):
    """A file of the embedding cache that is damaged, or that is something else."""


class OutOfMemory(InterlinguaError):
    """What is to be computed does not fit in memory.

    Attributes:
        rows: the rows that do not fit even alone, counted from 0; empty where it is not a matter of rows.
    """

    http_status = 507

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


class WorkerDied(InterlinguaError):
    """A worker process ended in the middle of its work: killed, or crashed.

    Attributes:
        rows: the rows that it was working on, counted from 0.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


class MissingExtra(InterlinguaError):
    """What was asked for needs a package that is installed only on request; the message says how."""

    exit_code = 2


class CorruptIndex(InterlinguaError):
    """A file of an index that is missing, torn or changed."""


class IndexBusy(InterlinguaError):
    """Another process writes into the index."""

    http_status = 503


class WrongModel(OptionError):
    """An index that was made with another model, prompt or precision class than is asked for."""

    http_status = 409
