"""Aligning the sentences of a document and its translation: the public call."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlingua.alignment.alikeness import usual
from interlingua.alignment.anchors import find_anchors
from interlingua.alignment.band import Band, around
from interlingua.alignment.beads import Bead
from interlingua.alignment.joining import joined
from interlingua.alignment.lattice import Lattice, Step
from interlingua.alignment.weighing import Marks, Weigher, kinds_up_to
from interlingua.alignment.weights import weights_of
from interlingua.alignment.windows import Windows
from interlingua.encoding.joint import JointEncoder
from interlingua.errors import InputError, OptionError
from interlingua.languages import canonical, identify
from interlingua.progress import Advance
from interlingua.scoring.centring import LanguageMeans, shipped_means, unit
from interlingua.scoring.warned import WarnedRows
from interlingua.texts.checking import as_list, find_problems
from interlingua.texts.sentences import sentences
from interlingua.types import TextEncoder, Vectors

LONGEST = 5
"""How many sentences a bead has on a side at most, unless something else is said."""

_MOST_LONGEST = 10
# A bead is looked at with vectors of its own texts if its probability by estimated ones is at least this.
_WORTH_EMBEDDING = 0.002
# A longer text would be cut by the models; the estimate from its sentences' vectors holds all of it.
_LONGEST_TEXT = 1600
# What is longer is no sentence.
MOST_CHARACTERS = 20_000
# How much of a document is looked at to identify its language: sentences, and characters.
_SAMPLED, _SAMPLE = 500, 20_000
_SURE = 0.5
_CHUNK = 1024
# How many texts a language's mean has to come from to count fully as much as no mean.
_PRIOR_TEXTS = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Side:
    """A document ready to be aligned.

    Attributes:
        sentences: those that show something.
        rows: their rows in what was given.
        count: how many rows were given.
        lang: its language, None where unknown.
    """

    sentences: list[str]
    rows: list[int]
    count: int
    lang: str | None


def align(
    encoder: TextEncoder,
    source: str | Sequence[str],
    target: str | Sequence[str],
    *,
    source_lang: str | None = None,
    target_lang: str | None = None,
    longest: int = LONGEST,
    means: LanguageMeans | None = None,
    advance: Advance = lambda _count: None,
) -> list[Bead]:
    """Find which sentences of a document are the translation of which of another.

    The order of the sentences is taken to be the same on both sides: beads never cross. All beads together make one path, so
    each depends on the whole of both documents.

    Args:
        encoder: what embeds the sentences, and those sequences of sentences that may be beads; of several models those that
            know both languages.
        source: the document: a list of its sentences, or running text, which is divided into sentences (a line end always ends
            one). Empty rows of a list are beads of their own, without a counterpart.
        target: the other document, likewise.
        source_lang: the source's language; identified where not given.
        target_lang: the target's language, likewise.
        longest: how many sentences a bead has on a side at most, 1 to 10; in all it has two more at most.
        means: the means to centre vectors with; None takes those that come with the model, or the documents' own.
        advance: called with how many more sentences are embedded.

    Returns:
        Beads in the order of both documents. Every sentence is in exactly one. Rows count sentences, of running text as
        it was divided (see ``divided``).

    Raises:
        InputError: a document has no sentences; a sentence cannot be embedded, or is longer than 20,000 characters.
        UnknownLanguage: a language code is none.
        OptionError: ``longest`` is no whole number from 1 to 10.
    """
    if not isinstance(longest, int) or isinstance(longest, bool) or not 1 <= longest <= _MOST_LONGEST:
        raise OptionError(f"longest is a whole number from 1 to {_MOST_LONGEST}, not {longest!r}.")
    ours, theirs = read_side(source, "source", source_lang), read_side(target, "target", target_lang)
    if isinstance(encoder, JointEncoder):
        encoder = encoder.knowing({ours.lang, theirs.lang})
    found = _Search(encoder, ours, theirs, longest, means, advance).beads()
    return _with_blanks(found, ours, theirs)


def divided(text: str, lang: str | None = None) -> list[str]:
    """The sentences of running text, as ``align`` divides it.

    Args:
        text: running text; a line end always ends a sentence.
        lang: its language; identified where not given.

    Raises:
        UnknownLanguage: the language code is none.
    """
    lang = language_of([text[:_SAMPLE]], lang)
    return [text[start:stop] for start, stop in sentences(text, lang)]


def read_side(given: str | Sequence[str], name: str, lang: str | None) -> Side:
    """A document as sentences that can be embedded.

    Args:
        given: its sentences, or running text.
        name: what messages call it.
        lang: its language, if known.

    Raises:
        InputError, UnknownLanguage: as for ``align``.
    """
    if isinstance(given, str):
        given = divided(given, lang)
    rows = as_list(given, name)
    # An empty row is no mistake here: it divides paragraphs. Whatever else cannot be embedded is one.
    empty = {row for row, text in enumerate(rows) if isinstance(text, str) and not text.strip()}
    problems = [problem for problem in find_problems(rows) if problem.row not in empty]
    if problems:
        found = [problem.row for problem in problems]
        raise InputError(f"{name}, row {found[0]} (counted from 0): {problems[0].reason}.", found)
    kept = [row for row in range(len(rows)) if row not in empty]
    texts = [str(rows[row]) for row in kept]
    if not texts:
        raise InputError(f"{name}: there are no sentences to align.")
    for row, text in zip(kept, texts, strict=True):
        if len(text) > MOST_CHARACTERS:
            raise InputError(
                f"{name}, row {row} (counted from 0): {len(text):,} characters are no sentence; give running text as one text, "
                "which is divided, or divide it first.",
                [row],
            )
    return Side(texts, kept, len(rows), language_of(texts, lang))


def language_of(texts: Sequence[str], lang: str | None = None) -> str | None:
    """The language of a document.

    Args:
        texts: its sentences.
        lang: its language, if it is given.

    Returns:
        The code of the language that is given, or else identified from the beginning; None where that is unsure.

    Raises:
        UnknownLanguage: the language given is none.
    """
    if lang is not None:
        return canonical(lang)
    sample = " ".join(texts[:_SAMPLED])[:_SAMPLE]
    if not sample.strip():
        return None
    found = identify(sample)
    return found.lang if found.confidence >= _SURE else None


class _Search:
    """The way from two lists of sentences to beads."""

    def __init__(
        self,
        encoder: TextEncoder,
        source: Side,
        target: Side,
        longest: int,
        means: LanguageMeans | None,
        advance: Advance,
    ) -> None:
        self._encoder, self._advance = encoder, advance
        self._sides = source, target
        self._kinds = kinds_up_to(longest)
        vectors = [
            self._embedded_side(side, name) for side, name in zip(self._sides, ("source", "target"), strict=True)
        ]
        # All means of one kind, so that cosines across the sides compare like with like.
        self._means = [_mean(encoder, means, side.lang, own) for side, own in zip(self._sides, vectors, strict=True)]
        self._windows = [
            Windows(side.sentences, unit(own - mean), longest)
            for side, own, mean in zip(self._sides, vectors, self._means, strict=True)
        ]

    def beads(self) -> list[Bead]:
        """The alignment of the sentences that show something; rows are those of what was given."""
        source, target = self._windows
        anchors = find_anchors(source.vectors[0], target.vectors[0])
        band = around(anchors, len(self._sides[0].sentences), len(self._sides[1].sentences))
        scale = usual(anchors, source, target)
        marks = Marks.of(self._sides[0].sentences, self._sides[1].sentences, band)
        weights = weights_of(self._encoder.name)

        def lattice() -> Lattice:
            return Weigher(band, self._kinds, source, target, scale, marks).lattice(weights)

        scored = lattice()
        if self._embed_what_counts(scored.posteriors()[0], band):
            scored = lattice()
        shares, left, right = scored.posteriors()
        return [
            self._bead(step, shares[self._kinds.index((step.source, step.target)), step.place])
            if step.source and step.target
            else self._bead(step, left[step.row - 1] if step.source else right[step.column - 1])
            for step in scored.best()
        ]

    def _embed_what_counts(self, shares: Floats, band: Band) -> bool:
        """Embed the runs of sentences of all beads that have a chance; False where there are none."""
        rows, columns = band.rows, band.columns
        wanted: tuple[set[tuple[int, int]], set[tuple[int, int]]] = (set(), set())
        for kind, share in zip(self._kinds, shares, strict=True):
            places = np.flatnonzero(share >= _WORTH_EMBEDDING)
            for size, ends, runs in zip(kind, (rows, columns), wanted, strict=True):
                if size > 1:
                    runs.update((size, last) for last in (ends[places] - 1).tolist())
        for windows, runs, mean in zip(self._windows, wanted, self._means, strict=True):
            fitting = sorted(run for run in runs if windows.sizes[run[0] - 1, run[1]] <= _LONGEST_TEXT)
            with warnings.catch_warnings():
                # Of what the sentences already told, and of texts that nobody gave.
                warnings.simplefilter("ignore")
                vectors = self._embedded([windows.text(*run) for run in fitting])
            windows.put(fitting, unit(vectors - mean))
        return bool(wanted[0] or wanted[1])

    def _embedded_side(self, side: Side, name: str) -> Vectors:
        """The vectors of a document's sentences; what the encoder warns of is told by the rows that were given."""
        warned = WarnedRows(self._encoder.name, name)
        parts = []
        for start in range(0, len(side.sentences), _CHUNK):
            some = side.sentences[start : start + _CHUNK]
            with warned.block(some, lambda place, start=start: side.rows[start + place]):  # type: ignore[misc]
                parts.append(self._encoder.encode(some))
            self._advance(len(some))
        warned.tell()
        return np.concatenate(parts)

    def _embedded(self, texts: Sequence[str]) -> Vectors:
        parts = [np.empty((0, self._encoder.dimension), dtype=np.float32)]
        parts += [self._encoder.encode(texts[start : start + _CHUNK]) for start in range(0, len(texts), _CHUNK)]
        return np.concatenate(parts)

    def _bead(self, step: Step, share: float) -> Bead:
        source, target = self._sides
        ours = range(step.row - step.source, step.row)
        theirs = range(step.column - step.target, step.column)
        cosine = None
        if step.source and step.target:
            a, b = (
                windows.vectors[size - 1, last - 1]
                for windows, size, last in zip(
                    self._windows, (step.source, step.target), (step.row, step.column), strict=True
                )
            )
            cosine = float(np.clip(a @ b, -1.0, 1.0))
        return Bead(
            tuple(source.rows[row] for row in ours),
            tuple(target.rows[row] for row in theirs),
            float(np.clip(share, 0.0, 1.0)),
            cosine,
            joined([source.sentences[row] for row in ours]),
            joined([target.sentences[row] for row in theirs]),
        )


def _mean(encoder: TextEncoder, means: LanguageMeans | None, lang: str | None, vectors: Vectors) -> Vectors:
    """What is taken off a side's vectors, (d,): its language's mean; its own, for a model that no means come with."""
    means = means or shipped_means(encoder)
    if means is not None:
        return means.mean(lang)
    own: Vectors = vectors.sum(axis=0) / np.float32(len(vectors) + _PRIOR_TEXTS)
    return own


def _with_blanks(beads: list[Bead], source: Side, target: Side) -> list[Bead]:
    """The beads, and one for each empty row, where it stands."""
    ours, theirs = (sorted(set(range(side.count)) - set(side.rows)) for side in (source, target))
    if not ours and not theirs:
        return beads
    found: list[Bead] = []
    for bead in beads:
        while ours and bead.source and ours[0] < bead.source[-1]:
            found.append(Bead((ours.pop(0),), (), 1.0, None, "", ""))
        while theirs and bead.target and theirs[0] < bead.target[-1]:
            found.append(Bead((), (theirs.pop(0),), 1.0, None, "", ""))
        found.append(bead)
    found += [Bead((row,), (), 1.0, None, "", "") for row in ours]
    return found + [Bead((), (row,), 1.0, None, "", "") for row in theirs]
