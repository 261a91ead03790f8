"""Chunks of checked texts in, chunks of finished vectors out: what ``Encoder.encode`` and ``Encoder.stream`` share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.pipeline import Pipeline, Work
from interlingua.errors import InputError
from interlingua.progress import Advance
from interlingua.texts.checking import Checked, Problem, Suspicion, as_list, find_problems, suspicions
from interlingua.types import Vectors

_NORMALISED = 1024

Refuse = Callable[[Sequence[int]], None]
"""Called with the rows of texts beyond the model's limit, before they are computed; raises an error."""


@dataclass(frozen=True, slots=True)
class Part:
    """A chunk that is done.

    Attributes:
        vectors: float32, shape (k, d): one for each text.
        checked: the texts and their rows.
        cut: the rows of the input whose texts were cut at the model's limit, counted from 0.
    """

    vectors: Vectors
    checked: Checked
    cut: Sequence[int]


def embed_checked(
    pipeline: Pipeline,
    chunks: Iterable[Checked],
    work: Work,
    *,
    refuse: Refuse | None,
    normalize: bool,
    advance: Advance,
) -> Iterator[Part]:
    """The vectors of each chunk, in order.

    Args:
        pipeline: what embeds.
        chunks: none of them empty; the pipeline looks at one in advance.
        work: how.
        refuse: called with the rows that are longer than the model's limit, before they are computed; None cuts them.
        normalize: make the vectors unit length.
        advance: called with the number of texts done.
    """
    waiting: dict[int, Checked] = {}
    cut: dict[int, list[int]] = {}

    def texts() -> Iterator[Sequence[str]]:
        for number, chunk in enumerate(chunks):
            waiting[number] = chunk
            yield chunk.texts

    def check(number: int, places: NDArray[np.int64]) -> None:
        cut[number] = waiting[number].kept[places].tolist()
        if cut[number] and refuse is not None:
            refuse(cut[number])

    def rows(number: int, places: NDArray[np.int64]) -> Sequence[int]:
        named: list[int] = waiting[number].kept[places].tolist()
        return named

    for number, vectors in enumerate(pipeline.embed(texts(), work, check=check, advance=advance, rows=rows)):
        if normalize:
            _normalise(vectors)
        yield Part(vectors, waiting.pop(number), cut.pop(number))


def _normalise(vectors: Vectors) -> None:
    """Bring vectors to length 1 where they are, some at a time: of a chunk's vectors one copy is enough."""
    for start in range(0, len(vectors), _NORMALISED):
        block = vectors[start : start + _NORMALISED]
        # A table of embeddings gives zero for a text of which it knows no piece: that stays zero and is alike to nothing.
        block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), np.finfo(np.float32).tiny)


def slices(checked: Checked, size: int) -> Iterator[Checked]:
    """Texts that are all there, in chunks."""
    for start in range(0, len(checked.texts), size):
        end = start + size
        yield Checked(checked.texts[start:end], checked.kept[start:end], ())


def checked_chunks(
    sentences: Iterable[object], size: int, *, on_invalid: Literal["error", "skip"], clean: bool
) -> Iterator[Checked]:
    """Texts as they come, checked in chunks of ``size`` rows; a chunk of which nothing can be kept is left out.

    Raises:
        InputError: a row cannot be embedded and is not to be skipped; or none of all rows can.
    """
    repaired: Callable[[object], object] = _repaired if clean else lambda row: row
    source = map(repaired, sentences)
    first, last_problem, kept = 0, None, 0
    while rows := list(islice(source, size)):
        problems = [replace(problem, row=first + problem.row) for problem in find_problems(rows)]
        if problems and on_invalid == "error":
            raise InputError(_told(problems[0]), rows=[problem.row for problem in problems])
        good = np.ones(len(rows), dtype=bool)
        good[[problem.row - first for problem in problems]] = False
        places = np.flatnonzero(good)
        if len(places):
            texts: Any = [rows[place] for place in places.tolist()]
            yield Checked(texts, first + places, tuple(problems))
        first, kept = first + len(rows), kept + len(places)
        last_problem = problems[-1] if problems else last_problem
    if last_problem is not None and not kept:
        raise InputError(
            f"sentences: none of the {first:,} rows can be embedded; the last, row {last_problem.row}: {last_problem.reason}."
        )


def check_iterable(sentences: object) -> Iterable[object]:
    """What can be read text by text, in order.

    Raises:
        InputError: it is a single text, a set or a mapping, or it has no items.
    """
    if isinstance(sentences, str | bytes | bytearray | Mapping | Set) or not isinstance(sentences, Iterable):
        return as_list(sentences, "sentences")
    return sentences


def suspicions_in(chunk: Checked) -> list[Suspicion]:
    """The texts kept that look damaged, with rows as in the input."""
    return [replace(found, row=int(chunk.kept[found.row])) for found in suspicions(chunk.texts)]


def _told(problem: Problem) -> str:
    return (
        f"sentences: row {problem.row} cannot be embedded (rows counted from 0): {problem.reason}. "
        'on_invalid="skip" leaves such rows out.'
    )


def _repaired(row: object) -> object:
    from interlingua.texts.cleaning import clean

    return clean(row) if isinstance(row, str) else row
