"""The one encoder: texts in, unit-length vectors out, by the facts of a model's card."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, Unpack, get_args, overload

import numpy as np
from numpy.typing import NDArray

from interlingua.cache import embeddings_folder
from interlingua.encoding.backends import Backend
from interlingua.encoding.backends.selection import BackendName, Precision, check_backend, check_precision, open_backend
from interlingua.encoding.engine import InProcess, worker_devices
from interlingua.encoding.memory import Memory
from interlingua.encoding.options import EncodeOptions, Long, check_count, check_long, check_options
from interlingua.encoding.pipeline import Pipeline, Work
from interlingua.encoding.reporting import warn_caller
from interlingua.encoding.sizes import byte_size
from interlingua.encoding.streaming import (
    Part,
    Refuse,
    check_iterable,
    checked_chunks,
    embed_checked,
    slices,
    suspicions_in,
)
from interlingua.encoding.truncation import cut_off, refuse_long
from interlingua.errors import OptionError
from interlingua.models.card import ModelCard
from interlingua.models.catalogue import DEFAULT_MODEL
from interlingua.models.resolving import resolve
from interlingua.progress import Advance, progress_bar
from interlingua.texts.checking import Checked, as_list, check_texts, warn_about
from interlingua.types import Prompt, Vectors

if TYPE_CHECKING:
    from interlingua.encoding.embedding_cache import EmbeddingCache
    from interlingua.encoding.workers import WorkerPool

# Texts whose tokens are held at once: enough for batches of like length, little enough for bounded memory.
_CHUNK = 8192
# A bar for less than this would be gone before it could be read.
_WORTH_A_BAR = 500


class Encoded(NamedTuple):
    """What ``on_invalid="skip"`` gives.

    Attributes:
        vectors: float32, shape (k, d): one for each row kept.
        kept: int64, shape (k,): which rows of the input these are, counted from 0.
    """

    vectors: Vectors
    kept: NDArray[np.int64]


class Encoder:
    """Turns text in any language of a model into vectors.

    All three ``encode`` methods take a ``str`` and give float32 of shape (d,), or a list of n texts and give (n, d); an empty
    list gives (0, d). With ``on_invalid="skip"`` they leave out what cannot be embedded and always give an ``Encoded``, whose
    vectors are (k, d); that no row at all can be embedded is an error there too.
    The prompts of the model are put before the texts: use ``encode_query`` and ``encode_document`` for search, ``encode``
    to compare texts of one kind.

    Args:
        model: a bundled model: ``e5-small`` (94 languages) or ``use-multilingual-v3`` (16 languages, much faster); or, with
            the extra ``torch``, a sentence-transformers folder or the id of such a model on the Hugging Face hub.
        precision: ``exact``: vectors within a cosine distance of 1e-4 of float32's; ``fast``: quantised arithmetic, whose
            loss the model's card states.
        backend: ``auto``, or what shall compute: ``onnx``, ``openvino`` or ``torch``. ``auto`` is ``onnx`` for bundled models,
            whatever else is installed, and ``torch`` for others and where a GPU is asked for.
        device: ``cpu``, ``cuda`` or ``cuda:N`` for the backends that know devices; None is the processor, and with ``torch`` a GPU
            if there is one. Several, in a list or with commas between them, get a worker process each.
        threads: how many batches are computed at once; None takes the processors that this process may use (with workers, a
            worker's share of them).
        workers: how many processes embed the texts, each with the model loaded for itself; None takes one for each device,
            and one is this process. They start with the first texts and end with ``close`` or with the encoder.
        max_memory: the most resident memory of this process (with workers, of all of them together), as ``"4GB"`` or a number
            of bytes: batches are made smaller before they go beyond. None lets the machine decide.
        embedding_cache: keeps vectors on disk, so that a text is embedded once: True in the usual cache folder, or a folder,
            or an ``EmbeddingCache`` with a size limit of its own; None or False for no cache.
        cache_dir: where the imported model lies, if not in the usual cache folder.
        long: what happens to texts beyond the limit, unless a call says otherwise.

    Raises:
        UnknownModel: there is no such model.
        MissingExtra: the model is not bundled, and the extra ``torch`` is not installed.
        OptionError: an option has no such value.

    The first encode call also raises what the import of a model can raise: ModelUnavailable, UntrustedSource, CorruptModel,
    StorageError; for a model that is not bundled, the constructor may.
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = DEFAULT_MODEL,
        *,
        precision: Precision = "exact",
        backend: BackendName = "auto",
        device: str | Sequence[str] | None = None,
        threads: int | None = None,
        workers: int | None = None,
        max_memory: int | str | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        embedding_cache: bool | str | os.PathLike[str] | EmbeddingCache | None = None,
        long: Long = "truncate",
    ) -> None:
        self.card: ModelCard = replace(resolve(model), precision=check_precision(precision))
        self._backend_name: BackendName = check_backend(backend)
        self._devices = worker_devices(device, None if workers is None else check_count("workers", workers))
        self._threads = _processors(len(self._devices)) if threads is None else check_count("threads", threads)
        self._threads_given = threads is not None
        self._memory = Memory(None if max_memory is None else byte_size("max_memory", max_memory))
        self._cache_dir = cache_dir
        self._cache = _cache_of(embedding_cache, cache_dir)
        self._pool: WorkerPool | None = None
        self._long: Long = check_long(long)
        self._loading = threading.Lock()
        self._backend: Backend | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copies and other processes load the model for themselves."""
        options = {
            "precision": self.card.precision,
            "backend": self._backend_name,
            "device": None if None in self._devices else self._devices,
            "threads": self._threads if self._threads_given else None,
            "workers": len(self._devices),
            "max_memory": self._memory.limit,
            "cache_dir": self._cache_dir,
            "embedding_cache": self._cache,
            "long": self._long,
        }
        return _rebuilt, (self.card.location or self.card.name, options)

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

    @property
    def backend(self) -> str:
        """What computes, where and in which numbers: ``onnx (cpu, float32)``. Loads the model."""
        return self._load().description

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

    def stream(
        self,
        sentences: Iterable[object],
        *,
        prompt: Prompt = "symmetric",
        chunk_size: int = _CHUNK,
        on_invalid: Literal["error", "skip"] = "error",
        advance: Advance | None = None,
        **options: Unpack[EncodeOptions],
    ) -> Iterator[Encoded]:
        """Embed texts as they come, in constant memory: a generator in, chunks out.

        Texts are read one chunk ahead of what is computed. What chunk i holds depends on the texts alone, and its vectors do
        not depend on other chunks, so a stream that begins at a chunk's first text goes on with the same numbers.

        Args:
            sentences: an iterable of texts; a generator is read as it is needed.
            prompt: what the texts are: ``symmetric`` as for ``encode``, or ``query`` or ``document``.
            chunk_size: how many rows of the input make a chunk.
            on_invalid: ``error``, or ``skip`` to leave out what is no text, empty or broken.
            advance: called with how many more texts are done, for a progress display of your own.
            **options: see ``EncodeOptions``.

        Yields:
            For each chunk its vectors, (k, d), and the rows kept, counted from 0 from the stream's beginning. A chunk of which
            nothing is kept is left out.

        Raises:
            InputError: a row cannot be embedded (``rows`` tells which), or is too long under ``long="error"``; it comes before
                the chunk with that row. With ``skip``: there are rows, but none can be embedded.
            OptionError: an option does not exist.

        Warns:
            TruncationWarning: texts of a chunk were cut at the model's limit.
            TextWarning: texts of a chunk look wrongly decoded.
        """
        check_options(options)
        if prompt not in get_args(Prompt):
            raise OptionError(f"prompt is one of {', '.join(map(repr, get_args(Prompt)))}, not {prompt!r}.")
        if on_invalid not in ("error", "skip"):
            raise OptionError(f'on_invalid is "error" or "skip", not {on_invalid!r}.')
        size = check_count("chunk_size", chunk_size)
        work = self._work(prompt, dict(options))
        chunks = checked_chunks(
            check_iterable(sentences), size, on_invalid=on_invalid, clean=bool(options.get("clean"))
        )
        return self._streamed(chunks, work, dict(options), advance)

    def embed_chunks(
        self,
        chunks: Iterable[Checked],
        *,
        prompt: Prompt = "symmetric",
        batch_size: int | None = None,
        windows: bool = False,
        refuse: Refuse | None = None,
        advance: Advance = lambda _count: None,
    ) -> Iterator[Part]:
        """What ``stream`` is made of, for those who check texts, tell what is cut and show progress themselves.

        Args:
            chunks: checked texts; no chunk is empty. Their ``kept`` is what errors call the texts.
            prompt: what the texts are.
            batch_size: as in ``EncodeOptions``.
            windows: read texts beyond the model's limit whole, in windows.
            refuse: called with the rows beyond the model's limit, before they are computed; None cuts them.
            advance: called with how many more texts are done.

        Yields:
            Unit-length vectors and which texts were cut, chunk by chunk.
        """
        return self._parts(
            chunks,
            self._work(prompt, {"batch_size": batch_size, "long": "window" if windows else "truncate"}),
            refuse,
            True,
            advance,
        )

    def token_ids(self, sentences: Sequence[str], prompt: Prompt = "symmetric") -> list[list[int]]:
        """The token ids that the model sees for each text, prompt and special tokens included, cut at the limit."""
        if prompt not in get_args(Prompt):
            raise OptionError(f"prompt is one of {', '.join(map(repr, get_args(Prompt)))}, not {prompt!r}.")
        tokens = self._load().tokenize(check_texts(sentences).texts, self.card.prompts.of(prompt))
        return [[int(token) for token in ids] for ids in tokens.ids]

    def load(self) -> None:
        """Load the model now (importing it on first use, and in every worker) instead of with the first text."""
        pool = self._workers()
        if pool is None:
            self._load()
        else:
            pool.load()

    def close(self) -> None:
        """End the workers and close the embedding cache. An encoder that is used again starts and opens them again."""
        if self._pool is not None:
            self._pool.close()
        if self._cache is not None:
            self._cache.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _streamed(
        self, chunks: Iterator[Checked], work: Work, options: dict[str, Any], advance: Advance | None
    ) -> Iterator[Encoded]:
        show = options.get("show_progress_bar") if advance is None else False
        normalize = options.get("normalize_embeddings", True)
        with progress_bar("Encoding", None, show=show) as bar:
            for part in self._parts(chunks, work, self._refuse(options), normalize, advance or bar):
                warn_about(suspicions_in(part.checked), stacklevel=3)
                if part.cut:
                    warn_caller(cut_off(part.cut, self.card))
                yield Encoded(part.vectors, part.checked.kept)

    def _encode(self, sentences: object, prompt: Prompt, on_invalid: Any, options: dict[str, Any]) -> Vectors | Encoded:
        check_options(options)
        single = isinstance(sentences, str)
        rows: Any = [sentences] if single else sentences
        if options.get("clean"):
            from interlingua.texts.cleaning import clean

            rows = [clean(text) if isinstance(text, str) else text for text in as_list(rows, "sentences")]
        checked = check_texts(rows, on_invalid=on_invalid)
        warn_about(suspicions_in(checked), stacklevel=4)
        vectors = self._embed(checked, prompt, options)
        if on_invalid == "skip":
            return Encoded(vectors, checked.kept)
        result: Vectors = vectors[0] if single else vectors
        return result

    def _embed(self, checked: Checked, prompt: Prompt, options: dict[str, Any]) -> Vectors:
        work = self._work(prompt, options)
        total, done = len(checked.texts), 0
        vectors = np.empty((total, self.card.dimension), dtype=np.float32)
        if not total:
            return vectors
        cut: list[int] = []
        show = options.get("show_progress_bar")
        normalize = options.get("normalize_embeddings", True)
        with progress_bar("Encoding", total, show=False if show is None and total < _WORTH_A_BAR else show) as advance:
            chunks = slices(checked, _CHUNK)
            for part in self._parts(chunks, work, self._refuse(options), normalize, advance):
                vectors[done : done + len(part.vectors)] = part.vectors
                done += len(part.vectors)
                cut.extend(part.cut)
        if cut:
            warn_caller(cut_off(cut, self.card))
        return vectors

    def _work(self, prompt: Prompt, options: dict[str, Any]) -> Work:
        """What the options of a call mean, checked."""
        long = check_long(options.get("long", self._long))
        batch_size = options.get("batch_size")
        if batch_size is not None:
            check_count("batch_size", batch_size)
        return Work(self.card.prompts.of(prompt), windows=long == "window", batch_size=batch_size)

    def _refuse(self, options: dict[str, Any]) -> Refuse | None:
        """What happens to texts beyond the model's limit."""
        return partial(refuse_long, card=self.card) if options.get("long", self._long) == "error" else None

    def _parts(
        self, chunks: Iterable[Checked], work: Work, refuse: Refuse | None, normalize: bool, advance: Advance
    ) -> Iterator[Part]:
        """Checked chunks through the model, which is loaded with the first."""
        yield from embed_checked(self._pipeline(), chunks, work, refuse=refuse, normalize=normalize, advance=advance)

    def _pipeline(self) -> Pipeline:
        engine = self._workers() or InProcess(self._load, self.dimension, self._threads, self._memory)
        return Pipeline(engine, self.dimension, None if self._cache is None else partial(self._cache.shelf, self.card))

    def _workers(self) -> WorkerPool | None:
        """The worker processes, which start when they are needed; None where this process does the work."""
        if len(self._devices) > 1 and self._pool is None:
            from interlingua.encoding.worker_process import Recipe
            from interlingua.encoding.workers import WorkerPool

            limit = self._memory.limit and self._memory.limit // len(self._devices)
            recipes = [Recipe(self._opener(device), self.dimension, self._threads, limit) for device in self._devices]
            with self._loading:  # of threads that come at once, one makes it
                self._pool = self._pool or WorkerPool(recipes)
        return self._pool

    def _load(self) -> Backend:
        with self._loading:
            if self._backend is None:
                self._backend = self._opener(self._devices[0])()
            return self._backend

    def _opener(self, device: str | None) -> Callable[[], Backend]:
        return partial(
            open_backend,
            self.card,
            backend=self._backend_name,
            device=device,
            cache_dir=self._cache_dir,
            lanes=self._threads,
            # Worker processes share the processors; this process is left as its program has it.
            threads=self._threads if self._threads_given or len(self._devices) > 1 else None,
        )


def _rebuilt(model: str, options: dict[str, Any]) -> Encoder:
    return Encoder(model, **options)


def _processors(workers: int) -> int:
    """A worker's share of the processors that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, count // workers)


def _cache_of(
    given: bool | str | os.PathLike[str] | EmbeddingCache | None, cache_dir: str | os.PathLike[str] | None
) -> EmbeddingCache | None:
    if given is None or given is False:
        return None
    from interlingua.encoding.embedding_cache import EmbeddingCache

    if isinstance(given, EmbeddingCache):
        return given
    return EmbeddingCache(embeddings_folder(cache_dir) if given is True else given)
