"""One code for each language, whatever the collection or tool calls it.

Our form is the ISO 639-1 code where there is one, otherwise the ISO 639-3 code, and a script only where it is not the
language's usual one: ``de``, ``ckb``, ``zh-Hant``, ``sr-Latn``. It is a valid BCP 47 tag. Which code stands for which
(``cmn`` and ``zho`` for ``zh``) is CLDR's decision, taken from langcodes. ``languages.tsv`` has the names (CLDR's) and
usual scripts (CLDR's likely subtags) of all languages with a two-letter code and of those that occur in the models and
collections we work with. A code that is already in our form is answered from that table, without loading langcodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType

from interlingua.errors import UnknownLanguage

# Where CLDR stops short of one code for what is written as one language: Bokmål is what models and collections call
# Norwegian; Filipino is the standard form of Tagalog, which has the two-letter code; the other three are the member of
# a macrolanguage that stands for it in FLORES and UDHR.
_FOLDED = {"nb": "no", "fil": "tl", "pbt": "ps", "quy": "qu", "zlm": "ms"}

# Special codes of ISO 639 that name no language.
_NO_LANGUAGE = {
    "und": "says that the language is not determined",
    "mul": "says that there are several languages",
    "zxx": "says that there is no language",
    "mis": "says that the language has no code",
}

# Codes for a mixture, a part or a style of a script, by the script as we name it.
_SAME_SCRIPT = {"Kore": "Hang", "Jamo": "Hang", "Hira": "Jpan", "Kana": "Jpan", "Hrkt": "Jpan", "Aran": "Arab"}

_EXAMPLES = "Languages are given as codes such as 'de', 'deu' or 'zh-Hant'."


@dataclass(frozen=True, slots=True)
class Language:
    """A language as it is written.

    Attributes:
        code: our code, as `canonical` gives it.
        name: the English name; the code where we know no name.
        script: ISO 15924 code of the script: the one in the code, else the language's usual one. Korean is ``Hang``,
            Japanese ``Jpan``, Chinese ``Hans`` or ``Hant``.
    """

    code: str
    name: str
    script: str


def canonical(code: str) -> str:
    """Give our one code for a language.

    Takes ISO 639-1, 639-2 (both kinds) and 639-3 codes and BCP 47 tags with ``-`` or ``_``, in any case: ``de``,
    ``ger``, ``deu_Latn``, ``de-DE`` all give ``de``. Regions are dropped unless they decide the script: ``pt-BR`` gives
    ``pt``, but ``zh-TW`` gives ``zh-Hant``.

    Raises:
        UnknownLanguage: if ``code`` is not a language code.
    """
    if not isinstance(code, str):
        raise UnknownLanguage(f"A language code is a string, not {code!r}. {_EXAMPLES}")
    return code if _is_canonical(code) else _canonical(code)


def language(code: str) -> Language:
    """Give the language's code in our form, its English name and its script.

    Raises:
        UnknownLanguage: if ``code`` is not a language code.
    """
    code = canonical(code)
    base, _, script = code.partition("-")
    name = _table()[base][1] if base in _table() else base
    return Language(code=code, name=name, script=script or _usual_script(base))


def known_languages() -> list[Language]:
    """List the languages that we have a name for, in the order of their codes."""
    return [Language(code=code, name=name, script=script) for code, (script, name) in _table().items()]


@cache
def _table() -> dict[str, tuple[str, str]]:
    """Read the usual script and English name of each code."""
    lines = Path(__file__).with_name("languages.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return {code: (script, name) for code, script, name in (line.split("\t") for line in lines)}


@cache
def _scripts() -> frozenset[str]:
    """Give the usual scripts of the languages in the table, among which are no aliases."""
    return frozenset(script for script, _ in _table().values())


def _is_canonical(code: str) -> bool:
    """Tell whether a code is in our form, as far as the table goes."""
    base, dash, script = code.partition("-")
    usual, _ = _table().get(base, ("", ""))
    return bool(usual) and (not dash or (script in _scripts() and script != usual))


@lru_cache(maxsize=4096)
def _canonical(code: str) -> str:
    import langcodes  # 25 ms: only for codes that are not in our form yet

    tag = code.strip().replace("_", "-")
    if not tag:
        raise UnknownLanguage(f"The language code is empty. {_EXAMPLES}")
    if tag.lower() in _NO_LANGUAGE:
        raise UnknownLanguage(f"{code!r} {_NO_LANGUAGE[tag.lower()]}; leave the language out instead.")
    try:
        parsed = langcodes.Language.get(langcodes.standardize_tag(tag, macro=True))
        valid = parsed.is_valid() and not parsed.extlangs
    except ValueError:
        valid = False
    base = str(parsed.language) if valid and parsed.language else ""
    base = _FOLDED.get(base, base)
    private = len(base) == 3 and "qaa" <= base <= "qtz"
    if not base or private or base in _NO_LANGUAGE:
        raise UnknownLanguage(f"{_shown(code)} is not a language code{_suggestion(tag, langcodes)}")
    script = str(parsed.script or "")
    if not script and parsed.territory:
        # A region decides the script where CLDR expects another one there than it does without the region.
        there = langcodes.Language.make(language=base, territory=parsed.territory).maximize().script
        if there != langcodes.Language.make(language=base).maximize().script:
            script = str(there)
    script = _SAME_SCRIPT.get(script, script)
    usual = _usual_script(base)
    # "Hani" only says that it is Chinese characters, which the usual script says more exactly.
    if script in ("", usual) or (script == "Hani" and usual in ("Hans", "Hant", "Jpan")):
        return base
    return f"{base}-{script}"


def _usual_script(base: str) -> str:
    if base in _table():
        return _table()[base][0]
    import langcodes

    script = str(langcodes.Language.make(language=base).maximize().script)  # Latn where CLDR does not know
    return _SAME_SCRIPT.get(script, script)


def _shown(code: str) -> str:
    return repr(code if len(code) <= 40 else code[:39] + "…")


def _suggestion(tag: str, langcodes: ModuleType) -> str:
    """End the sentence about an unknown code: with what may be meant, if that can be told."""
    import difflib

    wanted = tag.lower().replace("-", " ")
    by_name = {name.lower(): code for code, (_, name) in _table().items()}
    if wanted in by_name:
        return f"; did you mean {by_name[wanted]!r}?"
    # A country's code instead of its language's (jp, cz): CLDR knows what is spoken there. It says English where it
    # does not know.
    if len(tag) == 2 and langcodes.tag_is_valid(f"und-{tag}"):
        spoken = str(langcodes.Language.get(f"und-{tag}").maximize().language)
        if spoken != "en" or wanted in ("us", "gb"):
            return f" but a country's; did you mean {canonical(spoken)!r}?"
    # Below 0.85 other languages' own names begin to match: "deutsch" is 0.83 of "Dutch".
    near = difflib.get_close_matches(wanted[:40], by_name, n=1, cutoff=0.85)
    if near:
        return f"; did you mean {by_name[near[0]]!r} ({language(by_name[near[0]]).name})?"
    first = tag.partition("-")[0].lower()
    if first != tag.lower() and (first in _table() or langcodes.tag_is_valid(first)):
        return f"; did you mean {canonical(first)!r}?"
    return f". {_EXAMPLES}"
