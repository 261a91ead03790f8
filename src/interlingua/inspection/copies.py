"""Targets that are not in the language that they should be in: copies of the source, and other languages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from interlingua.inspection.findings import Finding, Pair, Span
from interlingua.inspection.words import WORD
from interlingua.languages import identify, language
from interlingua.languages.identification import identifiable
from interlingua.languages.scripts import count_scripts

_PIECE = re.compile(r"\S+")
_TRIMMED = ".,;:!?()[]\"'“”‘’«»…"
# So alike that a short text is often taken for the wrong one.
_RELATIVES = (
    {"no", "nn", "da", "sv"}, {"id", "ms", "jv", "su"}, {"hr", "bs", "sr", "sr-Latn", "sl", "mk", "bg"}, {"cs", "sk"},
    {"es", "gl", "pt", "ca", "ast", "oc", "an", "ext"}, {"it", "co", "lij", "vec", "scn", "lmo", "pms", "sc", "fur",
    "rm"}, {"zh", "yue", "wuu", "zh-Hant", "ja"}, {"ru", "uk", "be", "bg", "mk", "rue"}, {"hi", "mr", "ne", "bho",
    "mai", "awa", "sa", "gom", "hne", "mag"}, {"bn", "as"}, {"fa", "prs", "ps", "ckb", "ur", "ug", "sd", "ar", "azb",
    "ks", "arz", "ary"}, {"tr", "az", "tk", "crh-Latn", "gag", "uz"}, {"kk", "ky", "tt", "ba", "uz-Cyrl"}, {"zu",
    "xh", "ss", "nr", "nd"}, {"nl", "af", "li", "fy", "vls"}, {"de", "lb", "gsw", "nds", "bar"}, {"am", "ti"}, {"he",
    "yi"}, {"tl", "ceb", "ilo", "war", "bik", "pam", "hil"}, {"rw", "rn", "lg", "sw", "ny", "sn", "ln", "ki"}, {"fi",
    "et"}, {"lo", "th"}, {"st", "tn", "nso"}, {"mg", "ms"}, {"so", "om", "sw", "ha"},
)  # fmt: skip
_LEAST_LETTERS = 24
_LEAST_LETTERS_OF_SCRIPT = 6
_SURE = 0.9
_LIKELY = 0.3
# Written in two scripts that hardly share a letter.
_TWO_SCRIPTS = frozenset({"ku", "pa", "ms", "mn", "ks", "sd", "az", "tg", "ha", "wo"})
_LEAST_WORDS = 3
_LEAST_TEXTS = 10
_NEARLY_ALL = 0.8
_ALIKE = 0.9
_RUN = 6
"""So many words in a row that stand in both texts are left untranslated."""


def check_copy(pair: Pair, source_text: str, target_text: str) -> Iterator[Finding]:
    """Report targets that are the source, or mostly the source; names, numbers and marks do not count.

    Args:
        pair: the texts.
        source_text: the source with its marks blanked.
        target_text: the target with its marks blanked.
    """
    if pair.source_lang is not None and pair.source_lang == pair.target_lang:
        return
    ours, theirs = ([word for word, _ in _plain_words(text)] for text in (source_text, target_text))
    if not ours or not theirs:
        return
    common = sum((Counter(map(str.casefold, ours)) & Counter(map(str.casefold, theirs))).values())
    share = common / max(len(ours), len(theirs))
    small = sum(word[0].islower() or not word[0].isupper() for word in theirs)
    spans = ((0, len(pair.source)),), ((0, len(pair.target)),)
    if [word.casefold() for word in ours] == [word.casefold() for word in theirs]:
        if small < 2 or len(theirs) < _LEAST_WORDS:
            # A product's name, a heading that is the same in both languages.
            yield Finding("untranslated", "note", "The target is the same as the source.", *spans)
        else:
            yield Finding("untranslated", "error", "The target is the source, not translated.", *spans)
    elif len(theirs) > _LEAST_WORDS and share >= _ALIKE and small >= _LEAST_WORDS:
        yield Finding(
            "untranslated", "error", f"The target is nearly the source: {share:.0%} of the words are the same.", *spans
        )
    elif share > 0.2:
        yield from _check_run(source_text, target_text)


def _check_run(source: str, target: str) -> Iterator[Finding]:
    """A stretch of the source that stands in the target as it is."""
    ours, theirs = _plain_words(source), _plain_words(target)
    known = {tuple(word for word, _ in ours[at : at + _RUN]): at for at in range(len(ours) - _RUN + 1)}
    for at in range(len(theirs) - _RUN + 1):
        run = tuple(word for word, _ in theirs[at : at + _RUN])
        start = known.get(run)
        if start is not None and sum(word[0].islower() for word in run) >= _RUN - 1:
            length = _RUN
            while ours[start + length : start + length + 1] and theirs[at + length : at + length + 1]:
                if ours[start + length][0] != theirs[at + length][0]:
                    break
                length += 1
            a, b = (
                (side[first][1][0], side[first + length - 1][1][1]) for side, first in ((ours, start), (theirs, at))
            )
            if not target[b[0] : b[1]].replace(" ", "").replace(",", "").isalpha():
                return  # code or a list of them
            piece = " ".join(target[b[0] : b[1]].split())[:60]
            yield Finding(
                "untranslated", "warning", f"{length} words in a row are left untranslated: “{piece}”.", (a,), (b,)
            )
            return


def _plain_words(text: str) -> list[tuple[str, Span]]:
    """The words of a text, with their places; not what looks like code, a file name or a formula."""
    found = []
    for match in _PIECE.finditer(text):
        word = match[0].strip(_TRIMMED)
        if word and word.replace("-", "").replace("'", "").replace("’", "").isalpha() and "(" not in match[0]:
            start = match.start() + match[0].index(word)
            found.append((word, (start, start + len(word))))
    return found


def check_language(pair: Pair, source_text: str, target_text: str) -> Iterator[Finding]:
    """Report a side that is not in the language that it should be in.

    Args:
        pair: the texts, with the languages that they should be in.
        source_text: the source with its marks blanked.
        target_text: the target with its marks blanked.
    """
    for side, text, lang in (("source", source_text, pair.source_lang), ("target", target_text, pair.target_lang)):
        wrong = wrong_language(text, lang)
        if wrong is not None and lang is not None:
            message = f"The {side} is in {wrong}, not in {language(lang).name}."
            whole = ((0, len(text)),)
            target = side == "target"
            yield Finding("language", "error", message, () if target else whole, whole if target else ())


def majority(langs: Sequence[str | None]) -> str | None:
    """The language of nearly all texts, four in five of those whose language is known, if these are ten at least."""
    return majority_of(Counter(lang for lang in langs if lang is not None))


def majority_of(counts: Counter[str]) -> str | None:
    """As ``majority``, of how many texts are in each language."""
    if counts.total() < _LEAST_TEXTS:
        return None
    lang, count = counts.most_common(1)[0]
    return lang if count >= _NEARLY_ALL * counts.total() else None


def wrong_language(text: str, lang: str | None) -> str | None:  # noqa: PLR0911  # the reasons to believe it
    """What a text is in, in words, where that is certainly not the language; else None."""
    if lang is None:
        return None
    scripts = count_scripts(text)
    letters = sum(scripts.values())
    if letters < _LEAST_LETTERS_OF_SCRIPT:
        return None
    wanted = language(lang).script
    script, most = scripts.most_common(1)[0]
    usual = (
        {wanted}
        | ({"Hani", "Jpan"} if wanted in ("Hans", "Hant", "Jpan") else set())
        | ({"Hani"} if wanted == "Hang" else set())
    )
    if wanted in ("Cyrl", "Latn") and lang.partition("-")[0] in ("sr", "uz", "az", "kk", "bs", "tt", "tg", "ky"):
        usual |= {"Cyrl", "Latn"}
    if letters < _LEAST_LETTERS:
        # Latin letters in any language may be a name.
        return None if script in usual or script == "Latn" or most < 0.9 * letters else _script_words(script)
    found = identify(text)
    named = (
        language(found.lang).name if found.lang is not None and found.confidence >= _LIKELY else _script_words(script)
    )
    if (
        lang.partition("-")[0] not in _TWO_SCRIPTS
        and script not in usual
        and _is_foreign(script, most, sum(scripts[name] for name in usual), letters)
    ):
        return None if found.lang is not None and related(found.lang, lang) else named
    if found.lang is None or found.confidence < _SURE or related(found.lang, lang):
        return None
    if script in usual and lang not in identifiable():
        return None
    words = len(WORD.findall(text))
    if script == "Latn" and wanted == "Latn" and (words < 6 or found.confidence < 0.97):
        return None
    capitals = sum(word[0].isupper() for word in WORD.findall(text))
    if script == "Latn" and capitals * 2 > words:
        return None  # names, titles
    return language(found.lang).name


def _is_foreign(script: str, most: int, usual: int, letters: int) -> bool:
    """Whether a text is in another script altogether; Latin letters in the midst of others may be names, terms and code."""
    if script == "Latn":
        return most > 0.9 * letters and usual < 2
    return most > 0.6 * letters and usual < 0.35 * letters


def _script_words(script: str) -> str:
    names = {
        "Latn": "Latin letters",
        "Hani": "Chinese characters",
        "Cyrl": "Cyrillic letters",
        "Arab": "Arabic letters",
        "Jpan": "Japanese",
    }
    return names.get(script, f"another script ({script})")


def related(a: str, b: str) -> bool:
    """Whether two languages are the same or so alike that a guess between them is worth little."""
    base_a, base_b = a.partition("-")[0], b.partition("-")[0]
    return base_a == base_b or any(base_a in group and base_b in group for group in _RELATIVES)
