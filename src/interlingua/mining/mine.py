"""Mining: the public call, from two heaps of sentences to scored pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal, get_args

import numpy as np

from interlingua.encoding.joint import JointEncoder
from interlingua.errors import OptionError
from interlingua.mining.candidates import NEIGHBOURS, BothWays
from interlingua.mining.deciding import Cut, at, cut
from interlingua.mining.filters import Filters, Reason
from interlingua.mining.judging import Judged, judge
from interlingua.mining.margins import Margin, Retrieval
from interlingua.mining.searching import is_exact, nearest_both_ways
from interlingua.mining.sentences import Sentences, main_languages, prepared, side_languages
from interlingua.progress import Advance
from interlingua.scoring.centring import shipped_means
from interlingua.scoring.similarity import Langs
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder

Score = Literal["probability", "ratio", "distance", "absolute"]
"""What pairs are ranked by: the probability that they are translations, or a margin (see ``margins``)."""


@dataclass(frozen=True, slots=True)
class MinedPair:
    """A sentence and its translation. Of all figures higher is better.

    Attributes:
        score: what the pairs are ranked by, in the unit that was asked for.
        probability: that it is a translation, 0 to 1, given how many translations the two heaps seem to have.
        cosine: of the vectors less their languages' means, -1 to 1.
        source_row: the source's row in what was given, counted from 0.
        target_row: the target's.
        source: the source.
        target: the target.
        source_lang: the source's language, None where unknown.
        target_lang: the target's.
    """

    score: float
    probability: float
    cosine: float
    source_row: int
    target_row: int
    source: str
    target: str
    source_lang: str | None
    target_lang: str | None


@dataclass(frozen=True, eq=False)
class Mined:
    """What was mined.

    Attributes:
        pairs: the pairs, the best first.
        threshold: the least score of a pair, or what was asked for; infinite where nothing was and there is no pair.
        precision: the share of the pairs that are translations, by the estimate; None where there are no pairs.
        recall: the share of the translations among the best candidates that are pairs here, by the estimate; None where there
            seems to be no translation.
        translations: how many translations the two heaps have, by the estimate.
        dropped: how many sentences were left out of the sources and of the targets, for each reason.
        copies: how many pairs were left out because both sides are the same text.
        exact: whether all pairs were looked at; else those of near cells.
    """

    pairs: list[MinedPair] = field(repr=False)
    threshold: float
    precision: float | None
    recall: float | None
    translations: float
    dropped: tuple[Counter[Reason], Counter[Reason]]
    copies: int
    exact: bool


def mine(  # noqa: PLR0913  # two heaps, how they are scored, and what is left out
    encoder: TextEncoder,
    source: Sequence[str],
    target: Sequence[str],
    *,
    source_lang: Langs = None,
    target_lang: Langs = None,
    score: Score = "probability",
    retrieval: Retrieval = "intersection",
    neighbours: int = 4,
    one_to_one: bool = True,
    target_precision: float = 0.9,
    threshold: float | None = None,
    look_at_texts: bool = True,
    filters: Filters | None = None,
) -> Mined:
    """Find the sentences of two heaps that are translations of each other.

    The sentences come in any order, and most may have no translation. Where to stop needs no labels: the probabilities say
    what share of the pairs is right.

    Args:
        encoder: what embeds both. Of several models side by side those are used that know the languages of both heaps.
        source: sentences of one language.
        target: sentences of the other.
        source_lang: the language of ``source``, one for all or one for each; identified where not given.
        target_lang: that of ``target``, likewise.
        score: what ranks the pairs: ``probability``, or a margin: ``ratio``, ``distance``, or ``absolute`` (the cosine).
        retrieval: which candidates are pairs: each source's best (``forward``), each target's (``backward``), those that are
            both (``intersection``), or either (``max``).
        neighbours: over how many nearest sentences a margin is.
        one_to_one: use each sentence once at most, the best pairs first.
        target_precision: the wanted share of translations among the pairs.
        threshold: keep what has at least this score, instead of what ``target_precision`` asks for.
        look_at_texts: let numbers and lengths count, and leave out copies; else vectors alone decide.
        filters: which sentences are left out beforehand; None takes the usual ones, ``Filters.none()`` leaves out nothing.

    Returns:
        The pairs and what is believed about them. Neither depends on the order of the sentences, except that of sentences
        that say the same the first is taken.

    Raises:
        InputError: a text cannot be embedded, nothing is left after filtering, or not as many languages as texts.
        UnknownLanguage: a language code is none.
        OptionError: an option that does not exist.
        StorageError: the disk does not take the vectors of many sentences.
    """
    rules = Rules(score, retrieval, neighbours, one_to_one, target_precision, threshold, look_at_texts)
    texts = [
        check_texts(as_list(side, name), name=name).texts for side, name in ((source, "source"), (target, "target"))
    ]
    langs = [side_languages(side, given) for side, given in zip(texts, (source_lang, target_lang), strict=True)]
    sides = prepare(encoder, texts, langs, filters)
    return mine_prepared(sides[0], sides[1], rules)


@dataclass(frozen=True, slots=True)
class Rules:
    """How candidates are scored and chosen; see ``mine``."""

    score: Score = "probability"
    retrieval: Retrieval = "intersection"
    neighbours: int = 4
    one_to_one: bool = True
    target_precision: float = 0.9
    threshold: float | None = None
    look_at_texts: bool = True

    def __post_init__(self) -> None:
        for name, value, known in (("score", self.score, Score), ("retrieval", self.retrieval, Retrieval)):
            if value not in get_args(known):
                raise OptionError(f"{name} is one of {', '.join(map(repr, get_args(known)))}, not {value!r}.")
        whole = isinstance(self.neighbours, int) and not isinstance(self.neighbours, bool)
        if not whole or not 1 <= self.neighbours <= NEIGHBOURS:
            raise OptionError(f"neighbours is a whole number from 1 to {NEIGHBOURS}, not {self.neighbours!r}.")
        if not isinstance(self.target_precision, Real) or not 0 < self.target_precision < 1:
            raise OptionError(f"target_precision is a share above 0 and below 1, not {self.target_precision!r}.")
        if self.threshold is not None and not (isinstance(self.threshold, Real) and np.isfinite(self.threshold)):
            raise OptionError(f"threshold is a number, not {self.threshold!r}.")

    @property
    def margin(self) -> Margin | None:
        """The margin that ranks, None where the probability does."""
        return None if self.score == "probability" else self.score

    def cut(self, judged: Judged) -> Cut:
        """Where to stop among candidates."""
        if self.threshold is not None:
            return at(judged.scores, judged.probabilities, self.threshold)
        return cut(judged.scores, judged.probabilities, self.target_precision)


def prepare(
    encoder: TextEncoder,
    texts: Sequence[Sequence[str]],
    langs: Sequence[Sequence[str | None]],
    filters: Filters | None = None,
    *,
    advance: Advance = lambda _count: None,
    names: Sequence[str] = ("source", "target"),
) -> list[Sentences]:
    """Filter, embed and centre the sentences of all sides, with the models that know the languages of all.

    Args:
        encoder: what embeds.
        texts: the sentences of each side, which can be embedded.
        langs: their languages.
        filters: what is left out; None takes the usual.
        advance: called with how many more sentences are done.
        names: what the sides are called in errors.

    Raises:
        InputError: nothing is left of a side.
    """
    if isinstance(encoder, JointEncoder):
        encoder = encoder.knowing({lang for side in langs for lang in main_languages(side)})
    means = shipped_means(encoder)
    chosen = Filters() if filters is None else filters
    return [
        prepared(encoder, side, known, means, chosen, advance, name)
        for side, known, name in zip(texts, langs, names, strict=True)
    ]


def mine_prepared(
    source: Sentences, target: Sentences, rules: Rules, *, advance: Advance = lambda _count: None
) -> Mined:
    """Mine two sides that are ready.

    Args:
        source: the one.
        target: the other.
        rules: how.
        advance: called with how many more sentences have found their nearest.
    """
    found = nearest_both_ways(source.vectors, target.vectors, advance=advance)
    return decided(source, target, found, rules)


def decided(source: Sentences, target: Sentences, found: BothWays, rules: Rules) -> Mined:
    """Choose pairs among the nearest of two sides."""
    judged = judge(source, target, found, rules.margin, rules.retrieval, rules.neighbours, texts=rules.look_at_texts,
                   one_to_one=rules.one_to_one)  # fmt: skip
    where = rules.cut(judged)
    rows = np.flatnonzero(where.kept)
    pairs = list(_pairs(source, target, judged, rows[np.argsort(-judged.scores[rows], kind="stable")].tolist()))
    return Mined(
        pairs,
        where.threshold,
        where.precision,
        where.recall,
        float(judged.probabilities.sum()),
        (source.dropped, target.dropped),
        judged.copies,
        is_exact(len(source), len(target)),
    )


def _pairs(source: Sentences, target: Sentences, judged: Judged, rows: Iterable[int]) -> Iterable[MinedPair]:
    for row in rows:
        one, other = int(judged.pairs.sources[row]), int(judged.pairs.targets[row])
        yield MinedPair(
            float(judged.scores[row]),
            float(judged.probabilities[row]),
            float(judged.pairs.cosines[row]),
            int(source.rows[one]),
            int(target.rows[other]),
            source.texts[one],
            target.texts[other],
            source.langs[one],
            target.langs[other],
        )
