"""What the look of a target says: repeated words, an end that is missing, characters decoded wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from interlingua.inspection.findings import Finding, Pair, Span, quoted
from interlingua.inspection.words import UNSPACED, WORD
from interlingua.texts.checking import describe, suspicions

_TOKEN = re.compile(rf"\d+|{WORD.pattern}")
# Words are doubled on purpose in these: for the plural, for emphasis, or as a pronoun's form.
_DOUBLING_LANGUAGES = """
    id ms jv su tl ceb fil vi th lo km my zh zh-Hant yue ja hi bn mr ne ur pa gu ta te kn ml si as or af sw so ha yo
    ig zu xh rw ln lg ti am tpi ht mg mi haw tr az uz kk ky ku ckb fa ps ar he hy ka eu
"""
_DOUBLING = frozenset(_DOUBLING_LANGUAGES.split())
# Doubled in good sentences of the other languages.
_DOUBLED_WORDS = """
    that had is in on and so very no ha bye can long would do nous vous se sie die der das den dem dass ihr ist zu
    que de la le les si non di che det att som och var er ik je dat na to co nie не и что как так то что-то все всё
    mm
"""
_DOUBLED = frozenset(_DOUBLED_WORDS.split())
_END = re.compile(r"[.!?。！？।॥؟۔։።፧…‥．｡][\s\"'”’»«)）\]」』】›“\u200b\u200e\u200f]*$|[\"”»』」]\s*$")
_OPEN_END = re.compile(
    r"(?:[,，、،;；(（\-–—/&+]|\s(?:and|or|the|of|to|und|oder|der|et|ou|le|la|de|y|o|el|del|e|и|или))\s*$"
)
# Written without a mark at the end of a sentence, or with a space.
_ENDLESS = frozenset({"th", "lo", "km", "my", "bo", "dz"})
_LEAST_WORDS = 4
_REPEATED = 3
_PERIOD = 8


def check_repeats(pair: Pair) -> Iterator[Finding]:
    """Words, or groups of words, that stand there twice or more in a row in the target only."""
    target = list(_TOKEN.finditer(pair.target))
    if len(target) < 2:
        return
    folded = [word[0].casefold() for word in target]
    lang = (pair.target_lang or "").partition("-")[0]
    loop = _loop(folded)
    source = [word.casefold() for word in _TOKEN.findall(pair.source)]
    if loop is not None and _loop(source) is None:
        at, period, times = loop
        span = (target[at].start(), target[at + period * times - 1].end())
        piece = " ".join(folded[at : at + period])
        yield Finding("repeated", "error", f"The target says {quoted([piece])} {times} times in a row.", (), (span,))
        return
    if lang in _DOUBLING or lang in UNSPACED or _doubled(source):
        return
    places = [at for at in _doubled(folded) if pair.target[target[at].end() : target[at + 1].start()].isspace()]
    places = [at for at in places if folded[at] not in _DOUBLED and target[at][0].islower()]
    if places:
        spans: tuple[Span, ...] = tuple((target[at].start(), target[at + 1].end()) for at in places)
        yield Finding(
            "repeated", "warning", f"The target repeats {quoted([target[at][0] for at in places])}.", (), spans
        )


def check_end(pair: Pair, length_z: float | None) -> Iterator[Finding]:
    """A target that breaks off where the source ends with a sentence.

    Args:
        pair: the texts.
        length_z: how many standard deviations the target is longer than expected (negative: shorter); None where unknown.
    """
    source, target = pair.source.rstrip(), pair.target.rstrip()
    lang = (pair.target_lang or "").partition("-")[0]
    if not _END.search(source) or _END.search(target) or not target or len(source.split()) < _LEAST_WORDS:
        return
    last = (max(0, len(target) - 20), len(target))
    short = length_z is not None and length_z < -1.0
    if _OPEN_END.search(target):
        yield Finding(
            "truncated", "error" if short else "warning", "The target breaks off in mid-sentence.", (), (last,)
        )
    elif lang not in _ENDLESS and target[-1] not in ":：":
        words = "The source ends with a full stop or the like, the target without one"
        if short:
            yield Finding("truncated", "warning", f"{words}, and it is short.", (), (last,))
        else:
            yield Finding("truncated", "note", f"{words}.", (), (last,))


def check_damage(pair: Pair) -> Iterator[Finding]:
    """Mojibake, literal escapes and lost characters in the target that the source has not."""
    found = suspicions([pair.target])
    if found and not suspicions([pair.source]):
        words = describe(found[0])
        grave = found[0].kind in ("mojibake", "replacement", "bytes")
        spot = found[0].excerpt.strip("…")
        at = pair.target.find(spot)
        spans: tuple[Span, ...] = ((at, at + len(spot)),) if at >= 0 else ()
        yield Finding("damaged", "error" if grave else "warning", f"The target looks damaged: {words}.", (), spans)


def _doubled(words: list[str]) -> list[int]:
    return [
        at for at in range(len(words) - 1) if words[at] == words[at + 1] and len(words[at]) > 1 and words[at].isalpha()
    ]


def _loop(words: list[str]) -> tuple[int, int, int] | None:
    """Where a group of words stands three times in a row or more: the place, its length, and how often."""
    for period in range(1, min(_PERIOD, len(words) // _REPEATED) + 1):
        run = 0
        for at in range(period, len(words)):
            run = run + 1 if words[at] == words[at - period] else 0
            if run >= period * (_REPEATED - 1) and (period > 1 or run >= _REPEATED):
                start = at - run - period + 1
                while at + 1 < len(words) and words[at + 1] == words[at + 1 - period]:
                    at += 1  # noqa: PLW2901  # to the end of the run
                return start, period, (at - start + 1) // period
    return None
