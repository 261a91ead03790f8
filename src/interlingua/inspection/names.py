"""Names and acronyms of one side that the other seems not to have, also in another script, by their consonants.

Names are what is written with a capital in mid-sentence, in languages that write nouns small. Many names are translated
(Germany, Deutschland), so one alone that is missing is a note; it weighs more where the target has another name that
the source lacks.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from interlingua.inspection.findings import Finding, Pair, Span, quoted
from interlingua.inspection.romanising import sounds_like
from interlingua.inspection.words import WORD
from interlingua.languages.scripts import script_of

_WORD = re.compile(rf"{WORD.pattern}(?:-\w+)*")
_SENTENCE_END = re.compile(r"[.!?:;…。！？؟।\n•|]\s*[\"'“”«»‘’(\[]*\s*$|^[\s\"'“”«»‘’(\[¿¡–—-]*$")
# Written with capitals without being names: the nouns of German, and what English capitalises besides.
_CAPITAL_NOUNS = frozenset({"de", "lb", "gsw", "nds"})
# Parts of English names that are translated, and what English capitalises besides.
_TRANSLATED = """
    i january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday mr mrs ms dr ok internet web god bible christmas easter earth sun moon english
    french german spanish chinese japanese korean russian italian portuguese arabic indian american european african
    asian british dutch greek turkish latin jewish christian muslim islamic catholic israeli iranian iraqi egyptian
    polish swedish canadian australian united states kingdom republic union federation federal national
    international world global general people peoples america europe africa asia germany france spain italy england
    britain ireland scotland wales netherlands switzerland sweden norway finland denmark poland austria hungary
    greece turkey russia ukraine china japan korea india egypt morocco lebanon jordan cyprus albania croatia georgia
    armenia chechnya saudi arabia emirates philippines cambodia mediterranean atlantic pacific ocean sea lake river
    mountain mount north south east west northern southern eastern western northeast northwest southeast southwest
    central middle ministry minister president prime king queen prince princess pope saint lord sir lady emperor
    secretary chancellor governor mayor health safety university institute college school academy hospital clinic
    center centre association society organization organisation foundation council commission committee board
    department office agency bureau authority court parliament congress senate house party communist democratic
    republican army navy force forces bank company corporation group team club league cup olympic olympics games
    order law act code regulation regulations rule section chapter article appendix table figure fig phase level
    part volume version state city town island islands street square park bridge station airport market museum
    library church cathedral palace castle tower new old great grand high holy black white red green blue first
    second third war day year age empire revolution dynasty century research science sciences technology development
    education security service services information system program programme project plan surveillance public social
    economic political human rights medicine medical disease control prevention care quality
"""
_NO_NAMES = frozenset(_TRANSLATED.split())
_CASED = frozenset({"Latn", "Cyrl", "Grek", "Armn"})
_SOUND_SCRIPTS = "Latn Cyrl Grek Armn Geor Arab Hebr Deva Beng Gujr Guru Taml Telu Knda Mlym Jpan Hang Ethi"
_SOUNDED = frozenset(_SOUND_SCRIPTS.split())
# Written without spaces, or with articles and prepositions joined to the word.
_JOINED = frozenset({"Jpan", "Arab", "Hebr", "Ethi", "Hang"})
_LONGEST = 600
_CLOSE = 0.7
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Names:
    """How the names of both sides compare.

    Attributes:
        found: how many of the source's names the target has.
        missing: those that it has not, with their places.
        added: those of the target that the source has not.
    """

    found: int
    missing: tuple[tuple[str, Span], ...]
    added: tuple[tuple[str, Span], ...]


def match_names(pair: Pair, source_text: str, target_text: str) -> Names:
    """Look for each side's names in the other side's text (marks blanked)."""
    if max(len(source_text), len(target_text)) > _LONGEST:
        return Names(0, (), ())
    ours = _names(source_text, pair.source_lang)
    theirs = _names(target_text, pair.target_lang)
    found, missing = _look(ours, target_text)
    _, added = _look(theirs, source_text)
    return Names(found, tuple(missing), tuple(added))


def check_names(names: Names) -> Iterator[Finding]:
    """Report names that one side has and the other has not."""
    missing, added = list(names.missing), list(names.added)
    if not missing:
        return
    here = f"{quoted([name for name, _ in missing])} in the source {'is' if len(missing) == 1 else 'are'} not found in the target"
    spans = tuple(span for _, span in missing)
    if added:
        other = quoted([name for name, _ in added])
        message = f"{here}, which has {other} instead."
        yield Finding("name", "warning", message[0].upper() + message[1:], spans, tuple(span for _, span in added))
    else:
        yield Finding("name", "note", f"{here[0].upper()}{here[1:]}.", spans)


def _names(text: str, lang: str | None) -> list[tuple[str, Span]]:
    """The names of a text, each once: capitalised words in mid-sentence, and acronyms anywhere."""
    if script_of(text) not in _CASED:
        # In a text without capitals, what is in Latin letters and capitalised is a name or an acronym.
        return _first_of_each(
            [(m[0], m.span()) for m in re.finditer(r"[A-Z][A-Za-z]{2,}", text) if script_of(text) is not None]
        )
    base = (lang or "").partition("-")[0]
    found = []
    words = list(_WORD.finditer(text))
    capitalised = sum(word[0][0].isupper() for word in words)
    ends = text.rstrip()[-1:] in ".!?…"
    if capitalised > (0.8 if ends else 0.5) * len(words) and len(words) > 2:
        return []  # a heading, or all in capitals
    for match in words:
        # The part that is a name: HCoV of "HCoV-caused", CoV of "CoVs".
        word = match[0].partition("-")[0].rstrip("’'").removesuffix("'s").removesuffix("’s")
        word = word.removesuffix("s") if word[:-1] != word[:-1].capitalize() else word
        small = word.casefold()
        if not word or not word[0].isupper() or not _NO_NAMES.isdisjoint({small, small.removesuffix("s")}):
            continue
        acronym = len(word) >= 3 and word.isupper() and word.isalpha()
        opens = _SENTENCE_END.search(text[: match.start()]) is not None
        if not acronym and (opens or base in _CAPITAL_NOUNS or len(word) < _LEAST):
            continue
        found.append((word, (match.start(), match.start() + len(word))))
    return _first_of_each(found)


def _first_of_each(names: list[tuple[str, Span]]) -> list[tuple[str, Span]]:
    seen: dict[str, tuple[str, Span]] = {}
    for name, span in names:
        seen.setdefault(name.casefold(), (name, span))
    return list(seen.values())


def _look(names: list[tuple[str, Span]], other: str) -> tuple[int, list[tuple[str, Span]]]:
    """How many of the names stand in a text, and those that do not."""
    if not names:
        return 0, []
    script = script_of(other)
    plain = _plain(other)
    words = _WORD.findall(other)
    found, missing = 0, []
    for name, span in names:
        base = _plain(name)
        if base in plain or base[: max(_LEAST, len(base) - 3)] in plain:
            found += 1
        elif script not in _SOUNDED or (name.isupper() and len(name) <= 4):
            continue  # Chinese characters and translated acronyms tell nothing
        elif script == script_of(name):
            if _spelled_like(base, words) or sounds_like(name, words, exactly=True):
                found += 1
            else:
                missing.append((name, span))
        elif sounds_like(name, words, joined=script in _JOINED):
            found += 1
        else:
            missing.append((name, span))
    return found, missing


def _spelled_like(name: str, words: list[str]) -> bool:
    """Whether one of the words of the same script is the name in another spelling: Moscow and Moscou."""
    return bool(get_close_matches(name, [_plain(word)[: len(name) + 2] for word in words], 1, _CLOSE))


def _plain(text: str) -> str:
    """Case-folded, without diacritics and hyphens."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char) and char not in "-’'")
