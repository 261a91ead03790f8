"""Is this a translation of that? Pairs of texts, judged by their vectors and by what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from interlingua.errors import InputError, OptionError
from interlingua.inspection.copies import majority_of
from interlingua.inspection.findings import KINDS, SEVERITIES, Finding, Kind, Pair, Severity, is_at_least
from interlingua.inspection.inspecting import inspect
from interlingua.languages import canonical
from interlingua.quality.combining import Evidence, quality_score
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.scorer import Scorer, Side
from interlingua.scoring.similarity import Langs, languages_of, row_cosines
from interlingua.scoring.warned import WarnedRows
from interlingua.texts.checking import as_list, find_problems
from interlingua.texts.reading import TextPair
from interlingua.types import TextEncoder

_CHUNK = 4096
_HARDLY, _DOUBTFUL, _MOST_DOUBTFUL = 3.0, 8.0, 0.5


@dataclass(frozen=True, slots=True)
class TranslationCheck:
    """What was found about one source and its translation. All figures: higher is better.

    Attributes:
        row: which pair: as given with it, else counted from 0.
        source: the source.
        target: what should be its translation.
        source_lang: the source's language, given or identified; None where unknown.
        target_lang: the target's.
        score: quality, 0 to 1: the probability and the findings taken together. Below 0.5 more speaks against the
            translation than for it.
        probability: P(same meaning), 0 to 1, at the prior given; blind to what embeddings miss, such as a changed number.
        cosine: of the vectors as the model gives them, -1 to 1; the scale is the model's own.
        centred_cosine: of the vectors less their languages' means, -1 to 1.
        findings: what speaks against the translation, the gravest first.
    """

    row: int
    source: str
    target: str
    source_lang: str | None
    target_lang: str | None
    score: float
    probability: float
    cosine: float
    centred_cosine: float
    findings: tuple[Finding, ...]


class TranslationChecker:
    """Checks pairs chunk by chunk, with what it learned from the chunks before: the language that each column is in.

    Args:
        encoder: what embeds.
        source_lang: the language of all sources that do not come with one; None identifies it.
        target_lang: that of the targets.
        calibration: what makes probabilities; None takes the one that comes with the model.
        prior: the share of right translations that is to be expected.
        target_precision: a meaning is an error where "not the same" is right in this share of the cases: at 0.95, with a
            probability below 0.05.
        kinds: the kinds of findings wanted; None for all. The score then goes by these only.
        min_severity: the least severity of findings to report; the score goes by all.

    Raises:
        OptionError: an option has no such value, or no calibration comes with the model and none was given.
        UnknownLanguage: a language code is none.
    """

    def __init__(
        self,
        encoder: TextEncoder,
        *,
        source_lang: str | None = None,
        target_lang: str | None = None,
        calibration: Calibration | None = None,
        prior: float = 0.5,
        target_precision: float = 0.95,
        kinds: Sequence[Kind] | None = None,
        min_severity: Severity = "note",
    ) -> None:
        if min_severity not in SEVERITIES:
            raise OptionError(f"There is no severity {min_severity!r}; there are {', '.join(SEVERITIES)}.")
        if wrong := [kind for kind in kinds or () if kind not in KINDS]:
            raise OptionError(f"There is no kind of finding {wrong[0]!r}; there are {', '.join(KINDS)}.")
        if not 0 < prior < 1:
            raise OptionError(f"prior is a share between 0 and 1, not {prior!r}.")
        if not 0 < target_precision < 1:
            raise OptionError(f"target_precision is a share between 0 and 1, not {target_precision!r}.")
        self._scorer = Scorer(encoder, calibration=calibration)
        self._given = tuple(None if code is None else canonical(code) for code in (source_lang, target_lang))
        self._seen: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        self._prior = prior
        # Probabilities are calibrated: where one is 0.05, "not the same" is right in 95 %.
        self._wrong = 1 - target_precision
        self._kinds = frozenset(KINDS if kinds is None else kinds)
        self._least = min_severity

    def check(self, pairs: Sequence[TextPair]) -> list[TranslationCheck]:
        """Check pairs: a result for each, in order.

        A side that is empty, or that cannot be embedded, is a finding and makes the score 0.
        """
        problems = [
            {problem.row: problem.reason for problem in find_problems([getattr(pair, side) for pair in pairs])}
            for side in ("a", "b")
        ]
        good = [row for row in range(len(pairs)) if row not in problems[0] and row not in problems[1]]
        results: dict[int, TranslationCheck] = {}
        if good:
            results.update(zip(good, self._check_good([pairs[row] for row in good]), strict=True))
        for row, pair in enumerate(pairs):
            if row not in results:
                results[row] = self._broken(pair, problems[0].get(row), problems[1].get(row))
        return [results[row] for row in range(len(pairs))]

    def _check_good(self, pairs: Sequence[TextPair]) -> Iterator[TranslationCheck]:
        langs = [
            self._languages([pair.a for pair in pairs], [pair.lang_a for pair in pairs], 0),
            self._languages([pair.b for pair in pairs], [pair.lang_b for pair in pairs], 1),
        ]
        sources = self._read("sources", [pair.a for pair in pairs], langs[0], pairs)
        targets = self._read("targets", [pair.b for pair in pairs], langs[1], pairs)
        rows = np.arange(len(pairs), dtype=np.int64)
        probabilities = self._scorer.probabilities(sources, rows, targets, rows, prior=self._prior)
        bare, centred = row_cosines(sources.vectors, targets.vectors), row_cosines(sources.centred, targets.centred)
        for at, pair in enumerate(pairs):
            probability = float(probabilities[at])
            seen = inspect(Pair(pair.a, pair.b, langs[0][at], langs[1][at]))
            found = [*self._meaning(probability), *seen.findings]
            found = [finding for finding in found if finding.kind in self._kinds]
            yield TranslationCheck(
                pair.row,
                pair.a,
                pair.b,
                langs[0][at],
                langs[1][at],
                quality_score(Evidence(probability, seen.length_z, seen.common, found)),
                probability,
                float(bare[at]),
                float(centred[at]),
                self._reported(found),
            )

    def _read(self, side: str, texts: list[str], langs: list[str | None], pairs: Sequence[TextPair]) -> Side:
        # Damage is a finding.
        warned = WarnedRows(self._scorer.encoder.name, side, damage=False)
        with warned.block(texts, lambda place: pairs[place].row):
            read = self._scorer.read(texts, langs)
        warned.tell()
        return read

    def _languages(self, texts: list[str], given: list[str | None], side: int) -> list[str | None]:
        """The language that each text should be in.

        Its own, else the one given for all, else that of nearly all texts, else the guess.
        """
        whole = self._given[side]
        if whole is not None:
            return [whole if code is None else canonical(code) for code in given]
        guessed = languages_of(texts, given)
        # Where all texts but some are in one language, the others are short, or wrong.
        usual = self._nearly_all(Counter(guess for guess in guessed if guess is not None), side)
        return [
            guess if usual is None or code is not None else usual for guess, code in zip(guessed, given, strict=True)
        ]

    def _nearly_all(self, here: Counter[str], side: int) -> str | None:
        """The language of nearly all texts so far; where the column has gone on in another one, that of nearly all here."""
        self._seen[side].update(here)
        usual = majority_of(self._seen[side])
        if usual is not None and 2 * here[usual] >= here.total():
            return usual
        return majority_of(here)

    def _meaning(self, probability: float) -> Iterator[Finding]:
        if probability < self._wrong:
            yield Finding("meaning", "error", f"The texts do not mean the same: probability {probability:.3f}.")
        elif probability < min(_MOST_DOUBTFUL, _HARDLY * self._wrong):
            yield Finding("meaning", "warning", f"The texts hardly mean the same: probability {probability:.2f}.")
        elif probability < min(_MOST_DOUBTFUL, _DOUBTFUL * self._wrong):
            yield Finding(
                "meaning", "note", f"Whether the texts mean the same is not sure: probability {probability:.2f}."
            )

    def _broken(self, pair: TextPair, source: str | None, target: str | None) -> TranslationCheck:
        """The result for a pair of which one side, or both, cannot be embedded."""
        sides = [("source", source), ("target", target)]
        found = []
        for side, reason in sides:
            if reason is not None:
                empty = reason.startswith(("empty", "only"))
                words = f"The {side} is empty." if empty else f"The {side} cannot be read: {reason}."
                found.append(Finding("untranslated" if empty else "damaged", "error", words))
        langs = [
            given if code is None else canonical(code)
            for code, given in zip((pair.lang_a, pair.lang_b), self._given, strict=True)
        ]
        return TranslationCheck(pair.row, pair.a, pair.b, langs[0], langs[1], 0.0, 0.0, 0.0, 0.0, self._reported(found))

    def _reported(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        kept = [
            finding for finding in found if finding.kind in self._kinds and is_at_least(finding.severity, self._least)
        ]
        return tuple(sorted(kept, key=lambda finding: SEVERITIES.index(finding.severity)))


def check_translations(
    encoder: TextEncoder,
    sources: Sequence[str],
    targets: Sequence[str],
    *,
    source_lang: Langs = None,
    target_lang: Langs = None,
    calibration: Calibration | None = None,
    prior: float = 0.5,
    target_precision: float = 0.95,
    kinds: Sequence[Kind] | None = None,
    min_severity: Severity = "note",
) -> list[TranslationCheck]:
    """Judge translations: is each target a translation of its source, and a whole and correct one?

    The vectors give the probability that both mean the same. What they miss is looked for in the texts and named:
    numbers, dates, times and units that differ, addresses and placeholders that are lost, names, negation,
    untranslated and wrong-language text, unusual length, text that breaks off or repeats itself, and damaged
    characters.

    Args:
        encoder: what embeds.
        sources: the texts that were translated.
        targets: their translations, as many.
        source_lang: the language that the sources should be in: one for all, or one for each (None where unknown).
            Where not given it is identified, and if nearly all texts are in one language, that one counts for all.
        target_lang: that of the targets, likewise.
        calibration: what makes probabilities; None takes the one that comes with the model.
        prior: the share of right translations that is to be expected.
        target_precision: a meaning is an error where "not the same" is right in this share of the cases: at 0.95, with a
            probability below 0.05; it is a warning up to three times that, and a note up to eight times.
        kinds: the kinds of findings wanted, of ``KINDS``; None for all. The score then goes by these only.
        min_severity: ``error``, ``warning`` or ``note``: the least severity of findings to report; the score goes by all.

    Returns:
        A ``TranslationCheck`` for each pair, in order, with rows counted from 0. An empty side is a finding, not an error.

    Raises:
        InputError: the lists differ in length, or hold what is no text.
        UnknownLanguage: a language code is none.
        OptionError: an option has no such value, or no calibration comes with the model and none was given.
    """
    lists = [as_list(texts, name) for texts, name in ((sources, "sources"), (targets, "targets"))]
    if len(lists[0]) != len(lists[1]):
        raise InputError(
            f"Each source has a target, but there are {len(lists[0]):,} sources and {len(lists[1]):,} targets."
        )
    for listed, name in zip(lists, ("sources", "targets"), strict=True):
        wrong = [row for row, text in enumerate(listed) if not isinstance(text, str)]
        if wrong:
            raise InputError(
                f"{name}: row {wrong[0]} (counted from 0) is {type(listed[wrong[0]]).__name__}, not a text.", wrong
            )
    whole = [lang if isinstance(lang, str) else None for lang in (source_lang, target_lang)]
    each = [
        _for_each(lang, len(lists[0]), name)
        for lang, name in ((source_lang, "source_lang"), (target_lang, "target_lang"))
    ]
    pairs = (
        TextPair(str(a), str(b), row, lang_a, lang_b)
        for row, (a, b, lang_a, lang_b) in enumerate(zip(*lists, *each, strict=True))
    )
    return list(
        stream_translation_checks(
            encoder,
            pairs,
            source_lang=whole[0],
            target_lang=whole[1],
            calibration=calibration,
            prior=prior,
            target_precision=target_precision,
            kinds=kinds,
            min_severity=min_severity,
        )
    )


def stream_translation_checks(
    encoder: TextEncoder,
    pairs: Iterable[TextPair],
    *,
    source_lang: str | None = None,
    target_lang: str | None = None,
    calibration: Calibration | None = None,
    prior: float = 0.5,
    target_precision: float = 0.95,
    kinds: Sequence[Kind] | None = None,
    min_severity: Severity = "note",
) -> Iterator[TranslationCheck]:
    """``check_translations`` for more pairs than memory holds: pair by pair as they come, in chunks of 4,096.

    Args:
        encoder: what embeds.
        pairs: the pairs, as ``read_pairs`` and ``read_tmx`` give them; their own languages go before ``source_lang``
            and ``target_lang``.
        source_lang: the language of the sources that come without one; None identifies it.
        target_lang: that of the targets.
        calibration: see ``check_translations``, also for the other options.
        prior: see there.
        target_precision: see there.
        kinds: see there.
        min_severity: see there.

    Yields:
        A ``TranslationCheck`` for each pair, in order, with the pair's own row.
    """
    checker = TranslationChecker(
        encoder,
        source_lang=source_lang,
        target_lang=target_lang,
        calibration=calibration,
        prior=prior,
        target_precision=target_precision,
        kinds=kinds,
        min_severity=min_severity,
    )
    source = iter(pairs)
    while chunk := list(islice(source, _CHUNK)):
        yield from checker.check(chunk)


def _for_each(langs: Langs, count: int, name: str) -> list[str | None]:
    if langs is None or isinstance(langs, str):
        return [None] * count
    if len(langs) != count:
        raise InputError(f"{name}: there are {count:,} pairs but {len(langs):,} languages; give one language a pair.")
    return list(langs)
