"""Which language a text is in: its script first, then what py3langid's model says about the languages of that script.

A language that the user gives is always worth more than a guess. A guess about a short text is often wrong, and its
confidence says so. A text in a language that is not among the candidates is taken for a relative of it: an open set of
languages cannot be told from a closed one by any model of this size.
"""

from __future__ import annotations

import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from interlingua.errors import InputError, OptionError, StorageError
from interlingua.languages.codes import canonical, known_languages, language
from interlingua.languages.scripts import SAMPLE, count_scripts

# What the model knows, in our codes: so that a text in a script of one language needs no model. The first are languages
# of XLM-R and multilingual E5, which nearly all texts given to us are in.
_COMMON = """
    af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is
    it ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa si sk sl so
    sq sr sr-Latn sv sw ta te th tl tr ug uk ur uz uz-Cyrl vi xh zh
"""
_RARER = """
    ace an ba bik ckb crh-Latn dz ext fo fuv gcf gcr gn gom guw ht ig kab ki lb lg lij ln ltg mt nn nso oc pcm qu rw
    se sn st tg tk tt uzs vec vo wa yo zu
"""
# Ancient stages and close relatives that take texts from the language nearly every text is in, while their own are
# mostly taken for it anyway (of formal Egyptian and Moroccan Arabic, hardly any is told from Arabic). Considered if
# asked for.
_WHEN_ASKED = "ary arz grc hbo wuu"
_PENALISED = frozenset(_RARER.split())

# The model's own labels, where they are not our codes. "sdh" is trained on Southern Kurdish and takes all Central
# Kurdish too, which has many times its speakers and texts.
_LABELS = {
    "bik": "bcl",
    "ckb": "sdh",
    "crh-Latn": "crh",
    "gn": "gug",
    "ki": "kik",
    "sr-Latn": "sr",
    "uz-Cyrl": "uz",
    "zh-Hant": "zh",
}
# The languages that the model knows in a second script.
_SECOND_SCRIPTS = {"sr": "Latn", "uz": "Cyrl"}


class _Marks(NamedTuple):
    own: re.Pattern[str]
    others: re.Pattern[str]


# Languages told from their neighbours in the script by spellings that are frequent in the one and absent or rare in the
# others: the model has no label for four of them, and takes every fifth short Chinese sentence for Cantonese or Wu.
_MARKS = {
    "bo": _Marks(re.compile("རེད|ཡིན|བྱེད|ཀྱི|ཞིག|ནས|པོ|ལ་"), re.compile("ཨིན|ལུ|ཚུ|འབད|སྦེ|མས|འདི|ཡོདཔ")),
    "sd": _Marks(re.compile("[ڪٽڻٿ۾۽ڏڊڙٻڳڃڄڇٺڀڦ]"), re.compile("[ېەۆىڵێڕںےۇ]")),
    "ti": _Marks(re.compile("[ኣሓኽኡዝቲቐ-ቝ]"), re.compile("[ችየቸኛ]")),
    "yi": _Marks(re.compile("ט\\b|ער|ען|גע|וו|יי|[אי][\u05b7\u05b8]|[װױײ]"), re.compile("[תח]|ה\\b|ים\\b")),
    "yue": _Marks(re.compile("[嘅咗喺唔佢哋嚟冇乜嗰啲嘢咁俾係]"), re.compile("[的了是在不他她沒没們们這这]")),
}

# The model's log-likelihoods count overlapping character sequences as if they were independent, so their differences
# grow too fast with the length: they are divided by a multiple of its square root. The factor is the one with which
# confidence comes nearest to accuracy on SIB-200 and Tatoeba together.
_TEMPERATURE = 0.6
# What a language outside XLM-R's has to be better by, in nats. More takes more from the rarer than it gives to the
# others.
_PENALTY = 0.5

# Addresses are in no language. Control characters (and format characters such as right-to-left marks) are not letters.
_NOISE = re.compile(
    r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Identified:
    """A guess at a text's language.

    Attributes:
        lang: our code of the language, or None where there is nothing to go on.
        confidence: the probability, 0 to 1, that the guess is right, if the text is in one of the candidate languages.
    """

    lang: str | None
    confidence: float


_NOTHING = Identified(lang=None, confidence=0.0)


def identify(text: str, *, among: Sequence[str] | None = None) -> Identified:
    """Tell which language a text is in.

    Only the first 3,000 characters are looked at. Chinese is ``zh`` in both its scripts, unless ``among`` has
    ``zh-Hant`` without ``zh``.

    Args:
        text: the text; a sentence is enough, a word is not.
        among: the only languages to consider, as codes of any kind. By default all that can be told apart.

    Returns:
        The most probable candidate that is written in the text's script; its ``lang`` is None, with confidence 0, for a
        text without letters or in a script of none of the candidates.

    Raises:
        UnknownLanguage: if ``among`` holds what is not a language code.
    """
    return identify_all([text], among=among)[0]


def identify_all(texts: Sequence[str], *, among: Sequence[str] | None = None) -> list[Identified]:
    """Tell which language each text is in, one by one; see `identify`."""
    if isinstance(texts, str):
        raise InputError("identify_all takes a sequence of texts, not one text; use identify for that.")
    candidates = _every_candidate() if among is None else _candidates(_codes(among))
    wrong = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        raise InputError(f"Row {wrong[0]} is not a text but {type(texts[wrong[0]]).__name__}.", wrong)
    return [_identify(text, candidates) for text in texts]


@cache
def identifiable() -> frozenset[str]:
    """The codes of the languages that can be told apart; a text in another one is taken for a relative of it."""
    return frozenset((*_COMMON.split(), *_RARER.split(), *_MARKS))


def preload() -> None:
    """Load the model (0.4 s, most of it decompression, which lets other threads run) before the first text needs it."""
    _model()


def _codes(among: Sequence[str]) -> tuple[str, ...]:
    if isinstance(among, str):
        raise OptionError(f"The languages to choose among are a list of codes, not the string {among!r}.")
    if not among:
        raise OptionError("The list of languages to choose among is empty.")
    return tuple(dict.fromkeys(canonical(code) for code in among))


@cache
def _every_candidate() -> dict[str, tuple[str, ...]]:
    return _candidates((*_COMMON.split(), *_RARER.split(), *_MARKS))


@lru_cache(maxsize=256)
def _candidates(codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Sort candidates by the script that they are found under in a text."""
    by_script: dict[str, list[str]] = defaultdict(list)
    for code in codes:
        script = language(code).script
        second = _SECOND_SCRIPTS.get(code)
        if second and f"{code}-{second}" not in codes:
            by_script[second].append(code)  # who says Serbian, and no more, means it in both scripts
        if script in ("Hans", "Hant"):
            # One model, and one script as far as letters go; plain Chinese stands for both.
            if code != "zh-Hant" or "zh" not in codes:
                by_script["Hani"].append(code)
        else:
            by_script[script].append(code)
        if script == "Jpan":
            by_script["Hani"].append(code)  # a short Japanese text may hold no kana
    return {script: tuple(found) for script, found in by_script.items()}


@cache
def _only_languages() -> dict[str, str]:
    """Give the scripts that only one language we know is usually written in, such as Thaana, with that language."""
    by_script: dict[str, list[str]] = defaultdict(list)
    for known in known_languages():
        by_script[known.script].append(known.code)
    return {script: codes[0] for script, codes in by_script.items() if len(codes) == 1}


def _identify(text: str, candidates: Mapping[str, tuple[str, ...]]) -> Identified:
    text = _NOISE.sub(" ", text[:SAMPLE])
    counts = count_scripts(text)
    letters = sum(counts.values())
    for script, count in counts.most_common():
        group = candidates.get(script, ())
        if not group and candidates is _every_candidate() and script in _only_languages():
            group = (_only_languages()[script],)
        if group:
            # One letter may be a symbol (Ω), and letters of other scripts are evidence against this one.
            certainty = count / letters * (1 - 0.5**count)
            code, probability = _choose(text, group, script)
            return Identified(code, min(1.0, certainty * probability)) if code else _NOTHING
    return _NOTHING


def _choose(text: str, group: Sequence[str], script: str) -> tuple[str | None, float]:
    """Choose among the candidates of one script: the code, or None if nothing speaks for any, and its probability."""
    if len(group) == 1:
        return group[0], 1.0
    rest, doubt = [], 1.0
    for code in group:
        marks = _MARKS.get(code)
        if marks is None:
            rest.append(code)
            continue
        own, others = len(marks.own.findall(text)), len(marks.others.findall(text))
        if own > others:
            return code, own / (own + others + 1)
        doubt *= (others + 1) / (own + others + 1)
    if len(rest) == 1:
        return rest[0], doubt
    best, probability = _most_probable(text, rest, script)
    return best, probability * doubt


def _most_probable(text: str, group: Sequence[str], script: str) -> tuple[str | None, float]:
    """Ask the model; a language that it does not know gets what it gives to the languages that are no candidates."""
    scores = _scores(text)
    if not scores:
        return None, 0.0
    known = [code for code in group if _label(code) in scores]
    unknown = [code for code in group if code not in known]
    strangers = [code for code in _every_candidate().get(script, ()) if code not in known and _label(code) in scores]
    considered = known + strangers if unknown else known
    if not considered:
        return None, 0.0
    scale = _TEMPERATURE * math.sqrt(len(text.encode("utf-8", "surrogatepass")))
    logits = {code: scores[_label(code)] / scale - (_PENALTY if code in _PENALISED else 0.0) for code in considered}
    top = max(logits.values())
    weights = {code: math.exp(logit - top) for code, logit in logits.items()}
    total = sum(weights.values())
    best = max(known, key=weights.__getitem__, default=None)
    strange = sum(weights[code] for code in strangers) if unknown else 0.0
    if best is None or strange > weights[best]:
        return (unknown[0], strange / total) if len(unknown) == 1 else (None, 0.0)
    return best, weights[best] / total


def _label(code: str) -> str:
    return _LABELS.get(code, code)


def _scores(text: str) -> dict[str, float]:
    """Give the model's log-likelihood of each of its labels, or nothing if it finds no feature in the text."""
    ranked: Iterable[tuple[str, float]] = _model().rank(text)
    scores = dict(ranked)
    return scores if len(set(scores.values())) > 1 else {}


_LOADING = threading.Lock()


def _model() -> Any:
    with _LOADING:  # so that a preload in another thread is waited for, not repeated
        return _load()


@cache
def _load() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    # An instance of our own: the module's functions share one whose languages any other code may restrict. Without its
    # option for normalised probabilities, as we normalise over the candidates only.
    try:
        return LanguageIdentifier.from_model_file(MODEL_FILE)
    except OSError as error:  # it unpacks the model into a temporary file
        raise StorageError(
            f"The language model cannot be unpacked: it needs 70 MB in the folder for temporary files ({error})."
        ) from error
