"""Candidates judged: their log-odds, their scores, and which of them stay when each sentence is used once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlingua.inspection.findings import Pair
from interlingua.mining.candidates import NEIGHBOURS, BothWays, Candidates, Flags, Floats, candidates
from interlingua.mining.deciding import estimate
from interlingua.mining.evidence import Spread, faces_of, nearness_of, spread_of, worth_a_look
from interlingua.mining.margins import Margin, Retrieval, margin_scores, once_each, retrieved
from interlingua.mining.sentences import Sentences
from interlingua.mining.weights import weights_of
from interlingua.texts.forms import normal_form

CANDIDATES = 4
"""So many nearest of each sentence are candidates."""

_BLOCK = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Candidates that may be kept.

    Attributes:
        pairs: the candidates.
        scores: (c,), by which the best come first.
        probabilities: (c,), that each is a translation.
        copies: how many others were the same text on both sides.
    """

    pairs: Candidates
    scores: Floats
    probabilities: Floats
    copies: int


def judge(
    source: Sentences,
    target: Sentences,
    found: BothWays,
    margin: Margin | None,
    retrieval: Retrieval,
    neighbours: int,
    *,
    texts: bool,
    one_to_one: bool,
) -> Judged:
    """Score candidates, choose among those of each sentence, and tell how probable each is.

    Args:
        source: the sources.
        target: the targets.
        found: the nearest both ways.
        margin: what ranks; None ranks by probability.
        retrieval: which candidates are pairs.
        neighbours: over how many nearest a margin is.
        texts: whether what the texts show counts, and copies are left out.
        one_to_one: whether each sentence is used once at most.
    """
    pairs = candidates(found, max(CANDIDATES, neighbours if margin else 0))
    pairs, log_odds, copies = _weighed(source, target, pairs, found, texts=texts, all_of_them=margin is not None)
    scores = log_odds if margin is None else margin_scores(pairs, found, margin, neighbours)
    picked = retrieved(pairs, scores, retrieval)
    kept = once_each(pairs, scores, picked) if one_to_one else picked
    probabilities = _probabilities(pairs, log_odds, kept)
    return Judged(pairs.where(kept), probabilities if margin is None else scores[kept], probabilities, copies)


def _weighed(
    source: Sentences, target: Sentences, pairs: Candidates, found: BothWays, *, texts: bool, all_of_them: bool
) -> tuple[Candidates, Floats, int]:
    """The candidates that are worth a look or all, less copies; their log-odds; and how many copies there were.

    A block at a time: what is looked at in a pair takes a hundred times the memory of what is kept of it.
    """
    spread = spread_of(source.vectors, target.vectors) if len(pairs) else Spread(0.0, 1.0)
    rows, log_odds, copies = [np.empty(0, np.int64)], [np.empty(0)], 0
    for start in range(0, len(pairs), _BLOCK):
        block = np.arange(start, min(start + _BLOCK, len(pairs)))
        some = pairs.where(block)
        nearness = nearness_of(some, found, spread)
        good = np.ones(len(some), dtype=np.bool_) if all_of_them else worth_a_look(nearness)
        if texts:
            copied = _copies(source, target, some, good)
            copies, good = copies + int(copied.sum()), good & ~copied
        rows.append(block[good])
        log_odds.append(_log_odds(source, target, some.where(good), nearness[good], texts=texts))
    return pairs.where(np.concatenate(rows)), np.concatenate(log_odds), copies


def _log_odds(source: Sentences, target: Sentences, pairs: Candidates, nearness: Floats, *, texts: bool) -> Floats:
    from_texts, from_vectors = weights_of(source.model)
    if not texts:
        return from_vectors.log_odds(nearness, None)
    faces = faces_of(
        [
            Pair(source.texts[one], target.texts[other], source.langs[one], target.langs[other])
            for one, other in zip(pairs.sources.tolist(), pairs.targets.tolist(), strict=True)
        ]
    )
    return from_texts.log_odds(nearness, faces)


def _probabilities(pairs: Candidates, log_odds: Floats, kept: Flags) -> Floats:
    """The share of translations is estimated where each sentence has one candidate, then counts for all that were kept."""
    single = once_each(pairs, log_odds, np.ones(len(pairs), dtype=np.bool_))
    share = estimate(log_odds[single]).share
    result: Floats = 1 / (1 + np.exp(-np.clip(log_odds[kept] + np.log(share / (1 - share)), -500, 500)))
    return result


def _copies(source: Sentences, target: Sentences, pairs: Candidates, good: Flags) -> Flags:
    """Which candidates are the same text twice: names and numbers, or what nobody translated."""
    found = np.zeros(len(pairs), dtype=np.bool_)
    forms: dict[tuple[bool, int], str] = {}
    for row in np.flatnonzero(good).tolist():
        one, other = int(pairs.sources[row]), int(pairs.targets[row])
        for side, at, texts in ((False, one, source.texts), (True, other, target.texts)):
            if (side, at) not in forms:
                forms[side, at] = normal_form(texts[at])
        found[row] = forms[False, one] == forms[True, other]
    return found


assert CANDIDATES <= NEIGHBOURS
