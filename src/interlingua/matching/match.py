"""Matching two lists: the public call, and what the command line does block by block."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.matching.competition import CHOICES, GENERAL, NEIGHBOURS, crowd_of, one_sided
from interlingua.matching.nearest_classes import Pool, find
from interlingua.matching.pairing import Table, pair_up
from interlingua.matching.results import Candidate, Match
from interlingua.matching.sides import BLOCK, classes_of, read_side
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.centring import shipped_means
from interlingua.scoring.similarity import Langs, Side, row_cosines
from interlingua.scoring.warned import WarnedRows
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import Prompt, TextEncoder

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Prompts = Literal["symmetric", "query-document"]
"""What the two sides are: texts of the same kind (questions and questions, products and products), or questions on the left and
what answers them on the right."""


def match(  # noqa: PLR0913  # what two lists and a decision have
    encoder: TextEncoder,
    left: Sequence[str],
    right: Sequence[str],
    *,
    left_langs: Langs = None,
    right_langs: Langs = None,
    right_groups: Sequence[Hashable] | None = None,
    top_k: int = 1,
    one_to_one: bool = False,
    target_precision: float = 0.95,
    prior: float = 0.5,
    min_probability: float | None = None,
    calibration: Calibration | None = None,
    prompts: Prompts = "symmetric",
) -> list[Match]:
    """Find for each left text the right text that means the same, or say that there is none.

    The result for a left text does not depend on the other left texts, unless ``one_to_one``.

    Args:
        encoder: what embeds both.
        left: the texts that something is wanted for, such as tickets.
        right: the texts to pick from, such as questions of an FAQ. Copies of a text count as one.
        left_langs: the languages of ``left``, one for all or one for each; identified where not given.
        right_langs: the languages of ``right``, likewise.
        right_groups: what each right text is a variant of, such as the id of the FAQ's item: of a group only the best variant
            is a candidate. By default each text is its own; a text whose group is None is, too.
        top_k: how many candidates each result has at most. They do not change what matches.
        one_to_one: use each right text (or group) at most once: the assignment with the largest total log-odds.
        target_precision: the share of matches that are to be right.
        prior: the share of left texts that have a counterpart, as far as it is known beforehand.
        min_probability: what matches has at least this probability; instead of ``target_precision``.
        calibration: what makes probabilities of cosines; None takes the one that comes with the model.
        prompts: ``symmetric`` for texts of the same kind, ``query-document`` for questions and their answers.

    Returns:
        One ``Match`` for each left text, in order.

    Raises:
        InputError: a text cannot be embedded, there are no right texts, or not as many languages or groups as texts.
        UnknownLanguage: a language code is none.
        OptionError: an option that does not exist; or no calibration comes with the model and none was given.
        StorageError: the disk does not take the vectors of a long list.
    """
    matcher = Matcher(
        encoder,
        top_k=top_k,
        target_precision=target_precision,
        prior=prior,
        min_probability=min_probability,
        calibration=calibration,
        prompts=prompts,
    )
    asked = check_texts(as_list(left, "left"), name="left").texts
    pool = check_texts(as_list(right, "right"), name="right").texts
    groups = None if right_groups is None else as_list(right_groups, "right_groups")
    matcher.set_right(pool, right_langs, groups)
    if one_to_one:
        return matcher.one_to_one(asked, left_langs)
    return list(matcher.each(asked, left_langs))


class Matcher:
    """A right list with the rules of a choice, for left texts that come in blocks.

    Attributes:
        threshold: the probability from which on a candidate matches.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        top_k: int = 1,
        target_precision: float = 0.95,
        prior: float = 0.5,
        min_probability: float | None = None,
        calibration: Calibration | None = None,
        prompts: Prompts = "symmetric",
        advance: Callable[[int], None] = lambda _count: None,
    ) -> None:
        if not isinstance(top_k, int) or isinstance(top_k, bool) or top_k < 1:
            raise OptionError(f"top_k must be a whole number and at least 1, not {top_k!r}.")
        for name, value in (("target_precision", target_precision), ("prior", prior)):
            if not 0 < value < 1:
                raise OptionError(f"{name} is a share above 0 and below 1, not {value!r}.")
        if min_probability is not None and not 0 <= min_probability <= 1:
            raise OptionError(f"min_probability is a probability from 0 to 1, not {min_probability!r}.")
        if prompts not in get_args(Prompts):
            raise OptionError(f"prompts is 'symmetric' or 'query-document', not {prompts!r}.")
        self._encoder = encoder
        self._top_k = top_k
        self._prior = prior
        self._prompts = prompts
        self._calibration = calibration or Calibration.shipped(encoder)
        self._choice = GENERAL if calibration is not None else CHOICES.get(self._calibration.model, GENERAL)
        self._advance = advance
        self.threshold = (
            min_probability
            if min_probability is not None
            else self._calibration.threshold(target_precision, prior=prior)
        )

    def set_right(self, texts: Sequence[str], langs: Langs, groups: Sequence[Hashable] | None) -> None:
        """Embed the right list.

        Raises:
            InputError, UnknownLanguage, StorageError: as for ``match``.
        """
        if not len(texts):
            raise InputError("right: there are no texts to pick from.")
        if groups is not None and len(groups) != len(texts):
            raise InputError(
                f"There are {len(texts):,} right texts but {len(groups):,} groups; give each text its group."
            )
        self._grouped = groups is not None
        warned = WarnedRows(self._encoder.name, "right")
        self._right = Pool(self._read(texts, langs, "document", warned), classes_of(texts, groups))
        warned.tell()

    def each(self, texts: Sequence[str], langs: Langs = None, first_row: int = 0) -> Iterator[Match]:
        """Match left texts, each for itself.

        Args:
            texts: the texts.
            langs: their languages.
            first_row: the row of the first of them.
        """
        warned = WarnedRows(self._encoder.name, "left")
        for start in range(0, len(texts), BLOCK):
            some = langs if langs is None or isinstance(langs, str) else langs[start : start + BLOCK]
            side = self._read(texts[start : start + BLOCK], some, "query", warned, first_row + start)
            rows = np.arange(len(side))
            found = find(side, rows, self._right, max(self._top_k, NEIGHBOURS), self._calibration)
            log_odds = self._choice.log_odds(
                found.evidence, crowd_of(found.evidence)[:, None], side.sizes[:, None], self._prior
            )
            probabilities, none = one_sided(log_odds)
            table = Table(found.rows, found.centred, probabilities, none, probabilities[:, 0] >= self.threshold)
            yield from self._results(side, table, first_row + start)
        warned.tell()

    def one_to_one(self, texts: Sequence[str], langs: Langs = None) -> list[Match]:
        """Match a whole left list so that no right text is used twice."""
        if not len(texts):
            return []
        warned = WarnedRows(self._encoder.name, "left")
        left = Pool(self._read(texts, langs, "query", warned), classes_of(texts, None))
        warned.tell()
        table = pair_up(
            left,
            self._right,
            max(self._top_k, NEIGHBOURS),
            self._calibration,
            self._choice,
            prior=self._prior,
            threshold=self.threshold,
            use_once=self._grouped,
        )
        return [
            match
            for start in range(0, len(texts), BLOCK)
            for match in self._results(left.side, table.part(start, start + BLOCK), start, start)
        ]

    def _read(self, texts: Sequence[str], langs: Langs, prompt: Prompt, warned: WarnedRows, first_row: int = 0) -> Side:
        if self._prompts == "symmetric":
            encode, means = self._encoder.encode, self._calibration.means
            return read_side(texts, langs, encode, means, self._advance, warned, first_row)
        encode = self._encoder.encode_query if prompt == "query" else self._encoder.encode_document
        # Of a model that no means come with, there are only those of the calibration.
        means = shipped_means(self._encoder, prompt) or self._calibration.means
        return read_side(texts, langs, encode, means, self._advance, warned, first_row)

    def _results(self, side: Side, table: Table, first_row: int, offset: int = 0) -> Iterator[Match]:
        """The rows of a table as results; row 0 of the table is row ``offset`` of the side and ``first_row`` of the list."""
        k = min(self._top_k, table.rows.shape[1])
        rows = table.rows[:, :k]
        own = np.asarray(side.vectors[offset : offset + len(rows)])
        cosines = np.empty(rows.shape, dtype=np.float32)
        for place in range(k):  # all at once would be (n, k, d) numbers
            theirs = self._right.side.vectors[np.maximum(rows[:, place], 0)]
            cosines[:, place] = row_cosines(own, theirs)
        columns = (rows, table.probabilities[:, :k], cosines, table.centred[:, :k])
        for number, listed in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            candidates = tuple(
                Candidate(row, probability, cosine, centred, self._right.side.langs[row])
                for row, probability, cosine, centred in zip(*listed, strict=True)
                if row >= 0
            )
            yield Match(
                first_row + number,
                bool(table.matched[number]),
                candidates,
                float(table.none[number]),
                side.langs[offset + number],
            )
