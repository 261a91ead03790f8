"""The one encoder: texts in, unit-length vectors out, by the facts of a model's card."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypedDict, Unpack, get_args, overload

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.backends import Backend
from interlingua.encoding.backends.selection import BackendName, Precision, check_backend, check_precision, open_backend
from interlingua.encoding.pipeline import Pipeline, Prepared, Work
from interlingua.errors import InputError, OptionError
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import DEFAULT_MODEL, find
from interlingua.progress import progress_bar
from interlingua.texts.checking import Checked, as_list, check_texts, suspicions, warn_about
from interlingua.types import Prompt, Vectors

Long = Literal["truncate", "error"]

# Texts whose tokens are held at once: enough for batches of like length, little enough for bounded memory.
_CHUNK = 8192
# A bar for less than this would be gone before it could be read.
_WORTH_A_BAR = 500
_ROWS_NAMED = 10


class TruncationWarning(UserWarning):
    """Texts were longer than the model's limit and their ends were cut off.

    Attributes:
        rows: which ones, counted from 0 in the call's input.
    """

    def __init__(self, message: str, rows: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.rows = tuple(rows)


class Encoded(NamedTuple):
    """What ``on_invalid="skip"`` gives.

    Attributes:
        vectors: float32, shape (k, d): one for each row kept.
        kept: int64, shape (k,): which rows of the input these are, counted from 0.
    """

    vectors: Vectors
    kept: NDArray[np.int64]


class EncodeOptions(TypedDict, total=False):
    """What ``encode``, ``encode_query`` and ``encode_document`` take besides the sentences and ``on_invalid``.

    Attributes:
        batch_size: the most texts in a batch; left out, the number of tokens decides, which is faster.
        show_progress_bar: True or False; left out, a bar shows for long work on a terminal.
        normalize_embeddings: True (the default) gives vectors of length 1; False gives the model's own length.
        long: ``truncate`` (the default; a TruncationWarning names the rows) or ``error`` for texts beyond the model's limit.
        clean: True repairs escapes, mojibake and invisible characters first (``interlingua.clean``).
    """

    batch_size: int
    show_progress_bar: bool | None
    normalize_embeddings: bool
    long: Long
    clean: bool


class Encoder:
    """Turns text in any language of a model into vectors.

    All three ``encode`` methods take a ``str`` and give float32 of shape (d,), or a list of n texts and give (n, d); an empty
    list gives (0, d). With ``on_invalid="skip"`` they leave out what cannot be embedded and always give an ``Encoded``, whose
    vectors are (k, d); that no row at all can be embedded is an error there too.
    The prompts of the model are put before the texts: use ``encode_query`` and ``encode_document`` for search, ``encode``
    to compare texts of one kind.

    Args:
        model: a bundled model: ``e5-small`` (94 languages) or ``use-multilingual-v3`` (16 languages, much faster).
        precision: ``exact``: vectors within a cosine distance of 1e-4 of float32's; ``fast``: quantised arithmetic, whose
            loss the model's card states.
        backend: ``auto``, or what shall compute: ``onnx``, ``openvino`` or ``torch``.
        device: ``cpu``, ``cuda`` or ``cuda:N`` for the backends that know devices; None takes the best that there is.
        threads: how many batches are computed at once; None takes the processors that this process may use.
        cache_dir: where the imported model lies, if not in the usual cache folder.
        long: what happens to texts beyond the limit, unless a call says otherwise.

    Raises:
        UnknownModel: there is no such model.
        OptionError: an option has no such value.

    The first encode call also raises what the import of a model can raise: ModelUnavailable, UntrustedSource, CorruptModel,
    StorageError.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        precision: Precision = "exact",
        backend: BackendName = "auto",
        device: str | None = None,
        threads: int | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        long: Long = "truncate",
    ) -> None:
        self.card: ModelCard = replace(find(model), precision=check_precision(precision))
        self._backend_name: BackendName = check_backend(backend)
        self._device = device
        self._threads = _processors() if threads is None else _check_count("threads", threads)
        self._cache_dir = cache_dir
        self._long: Long = _check_long(long)
        self._loading = threading.Lock()
        self._backend: Backend | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes load the model for themselves."""
        options = {
            "precision": self.card.precision,
            "backend": self._backend_name,
            "device": self._device,
            "threads": self._threads,
            "cache_dir": self._cache_dir,
            "long": self._long,
        }
        return _rebuilt, (self.card.name, options)

    def __repr__(self) -> str:
        return f"Encoder({self.card.name!r})"

    @property
    def name(self) -> str:
        """The model's short name."""
        return self.card.name

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return self.card.dimension

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean comparable vectors."""
        return self.card.fingerprint

    @overload
    def encode(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["error"] = ..., **options: Unpack[EncodeOptions]
    ) -> Vectors: ...
    @overload
    def encode(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["skip"], **options: Unpack[EncodeOptions]
    ) -> Encoded: ...
    def encode(
        self, sentences: str | Sequence[object], *, on_invalid: Any = "error", **options: Unpack[EncodeOptions]
    ) -> Vectors | Encoded:
        """Embed texts that are compared with texts of the same kind.

        Args:
            sentences: one text or a list of texts.
            on_invalid: ``error``, or ``skip`` to leave out what is no text, empty or broken, and to learn what was kept.
            **options: see ``EncodeOptions``.

        Returns:
            Float32 vectors, (d,) for a text and (n, d) for a list; an ``Encoded`` with ``on_invalid="skip"``.

        Raises:
            InputError: a row cannot be embedded (``rows`` tells which), or is too long under ``long="error"``.
            OptionError: an option does not exist; the message lists those that do.

        Warns:
            TruncationWarning: texts were cut at the model's limit.
            TextWarning: texts look wrongly decoded.
        """
        return self._encode(sentences, "symmetric", on_invalid, dict(options))

    @overload
    def encode_query(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["error"] = ..., **options: Unpack[EncodeOptions]
    ) -> Vectors: ...
    @overload
    def encode_query(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["skip"], **options: Unpack[EncodeOptions]
    ) -> Encoded: ...
    def encode_query(
        self, sentences: str | Sequence[object], *, on_invalid: Any = "error", **options: Unpack[EncodeOptions]
    ) -> Vectors | Encoded:
        """Embed what is searched for. Takes, gives and raises what ``encode`` does."""
        return self._encode(sentences, "query", on_invalid, dict(options))

    @overload
    def encode_document(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["error"] = ..., **options: Unpack[EncodeOptions]
    ) -> Vectors: ...
    @overload
    def encode_document(
        self, sentences: str | Sequence[object], *, on_invalid: Literal["skip"], **options: Unpack[EncodeOptions]
    ) -> Encoded: ...
    def encode_document(
        self, sentences: str | Sequence[object], *, on_invalid: Any = "error", **options: Unpack[EncodeOptions]
    ) -> Vectors | Encoded:
        """Embed what is searched in. Takes, gives and raises what ``encode`` does."""
        return self._encode(sentences, "document", on_invalid, dict(options))

    def token_ids(self, sentences: Sequence[str], prompt: Prompt = "symmetric") -> list[list[int]]:
        """The token ids that the model sees for each text, prompt and special tokens included, cut at the limit."""
        if prompt not in get_args(Prompt):
            raise OptionError(f"prompt is one of {', '.join(map(repr, get_args(Prompt)))}, not {prompt!r}.")
        tokens = self._load().tokenize(check_texts(sentences).texts, self.card.prompts.of(prompt))
        return [[int(token) for token in ids] for ids in tokens.ids]

    def load(self) -> None:
        """Load the model now (importing it on first use) instead of with the first text."""
        self._load()

    def _encode(self, sentences: object, prompt: Prompt, on_invalid: Any, options: dict[str, Any]) -> Vectors | Encoded:
        unknown = sorted(options.keys() - EncodeOptions.__annotations__.keys())
        if unknown:
            valid = ", ".join(["on_invalid", *EncodeOptions.__annotations__])
            raise OptionError(f"encode takes no option {unknown[0]!r}; there are: {valid}.")
        single = isinstance(sentences, str)
        rows: Any = [sentences] if single else sentences
        if options.get("clean"):
            from interlingua.texts.cleaning import clean

            rows = [clean(text) if isinstance(text, str) else text for text in as_list(rows, "sentences")]
        checked = check_texts(rows, on_invalid=on_invalid)
        warn_about(_in_input(checked), stacklevel=4)
        vectors = self._embed(checked, prompt, options)
        if on_invalid == "skip":
            return Encoded(vectors, checked.kept)
        result: Vectors = vectors[0] if single else vectors
        return result

    def _embed(self, checked: Checked, prompt: Prompt, options: dict[str, Any]) -> Vectors:
        long = _check_long(options.get("long", self._long))
        batch_size = options.get("batch_size")
        if batch_size is not None:
            _check_count("batch_size", batch_size)
        total = len(checked.texts)
        vectors = np.empty((total, self.card.dimension), dtype=np.float32)
        if not total:
            return vectors
        backend = self._load()
        show = options.get("show_progress_bar")
        work = Work(self.card.prompts.of(prompt), windows=False, batch_size=batch_size)
        cut: list[int] = []

        def check(chunk: int, prepared: Prepared) -> None:
            cut.extend(checked.kept[chunk * _CHUNK + prepared.truncated].tolist())
            if cut and long == "error":
                raise InputError(f"{_too_long(cut, self.card)} Give long='truncate', or split them.", rows=cut)

        with progress_bar("Encoding", total, show=False if show is None and total < _WORTH_A_BAR else show) as advance:
            chunks = (checked.texts[start : start + _CHUNK] for start in range(0, total, _CHUNK))
            done = 0
            for chunk in Pipeline(backend, self.dimension, self._threads).embed(
                chunks, work, check=check, advance=advance
            ):
                vectors[done : done + len(chunk)] = chunk
                done += len(chunk)
        if cut:
            warnings.warn(
                TruncationWarning(f"{_too_long(cut, self.card)} What lies beyond is not in their vectors.", cut),
                stacklevel=4,
            )
        if options.get("normalize_embeddings", True):
            # Written in place: at a million texts a second copy would be gigabytes.
            np.divide(vectors, np.linalg.norm(vectors, axis=1, keepdims=True), out=vectors)
        return vectors

    def _load(self) -> Backend:
        with self._loading:
            if self._backend is None:
                self._backend = open_backend(
                    self.card,
                    backend=self._backend_name,
                    device=self._device,
                    cache_dir=self._cache_dir,
                    lanes=self._threads,
                )
            return self._backend


def _rebuilt(model: str, options: dict[str, Any]) -> Encoder:
    return Encoder(model, **options)


def _in_input(checked: Checked) -> list[Any]:
    """The suspicions about the texts kept, with rows as in the input."""
    return [replace(found, row=int(checked.kept[found.row])) for found in suspicions(checked.texts)]


def _too_long(rows: Sequence[int], card: ModelCard) -> str:
    named = ", ".join(str(row) for row in rows[:_ROWS_NAMED])
    more = f", … ({len(rows):,} in all)" if len(rows) > _ROWS_NAMED else ""
    which = f"Row {named} is" if len(rows) == 1 else f"Rows {named}{more} are"
    return f"{which} longer than the {card.max_tokens} tokens that {card.name!r} reads (rows counted from 0)."


def _check_long(long: str) -> Long:
    if long not in ("truncate", "error"):
        raise OptionError(f'long is "truncate" or "error", not {long!r}.')
    return long  # type: ignore[return-value]


def _check_count(name: str, value: int) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise OptionError(f"{name} must be a whole number and at least 1, not {value!r}.")
    return int(value)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
