"""Where the sentences of a text are, in many languages.

A mark that may end a sentence does so or not by what stands around it. Whether a word before a full stop is an abbreviation is
asked of ``sentencex``, which has lists for 36 languages and for two hundred others takes the list that comes closest. It
is given a few words at a time: over a longer text its rule that nothing ends inside of quotation marks and brackets swallows
whole paragraphs wherever one of them is not closed. ``benchmarks/sentences.py`` measures this.

What is decided how:

- A line end always ends a sentence. Hard-wrapped text must be unwrapped before.
- Marks of scripts that use them for nothing else (``。！？ । ۔ ։ ። ။ ។`` and many more) end a sentence, with or without a
  space after them. ``. ! ? …`` need a space (``!`` and ``?`` not before Chinese and Japanese letters, and where a word of four
  letters is glued to a capital none does), and end nothing where the text goes on in small letters, unless it has no
  capitals at all. The Greek question mark ``;`` counts in Greek only.
- Quotation marks and brackets that close after a mark belong to the sentence before; in Japanese, a particle after
  them carries the sentence on.
- Numbers in front (``1. First``), initials, ``Fig. 3`` and, in German, ordinals before a noun (``im 19. Jahrhundert``) end nothing.
- Thai, Lao and other scripts of their family have no mark; they put spaces between sentences, but between clauses and around
  names and numbers as well, and no rule tells which is which. Such a text is divided at line ends and borrowed marks, and
  what is still longer than ``LONGEST_UNMARKED`` characters at its spaces, into parts of about equal length: parts of a
  size to work with, not sentences.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache

LONGEST_UNMARKED = 160
"""Of scripts that mark no sentences, the longest part in characters, where there are spaces to cut at."""

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
# Marks that are used for nothing else.
_OWN_MARKS = "。！？｡‼⁇⁈⁉।॥։۔؟።፧፨။។៕៚༎།᙮᱾᱿᠃᠉꓿꘎꘏꛳꛷꯫꫰꫱꧉᭞᭟܀܁܂߹෴⸮⸼"
_CLOSING = "\"'”’»›」』）)\\]】》〉〕｣"
# An end that needs no space after it (what closes there is never an opening mark), and one that does.
_END = re.compile(
    rf"""(?:
      (?P<own>(?:[{_OWN_MARKS}]|፡፡|．(?![0-9A-Za-z０-９]))[{_OWN_MARKS}!?.…]*(?:\s?[»)\]](?!\w)|[{_CLOSING}])*)
    | (?P<shared>[.!?…;\u037e|]+|::)
      (?:[{_CLOSING}“‘«‹]|\s[»)\]](?=\s|$)|\[\d{{1,3}}\])*
      (?:(?=\s|$)|(?<=[!?])(?=[\u3040-\u30ff\u3400-\u9fff]))
    | (?P<glued>(?<=[^\W\d_]{{4}})[.!?](?!(?i:com|org|net|js|io|py|html|txt)\b)(?=[^\W\d_]+(?:,?\s|$)))
    )""",
    re.VERBOSE,
)
_UNMARKED = re.compile("[\u0e00-\u0eff\u1950-\u19df\u1a20-\u1aaf\uaa80-\uaadf]")
# What carries the sentence on after a quotation.
_CARRYING = {"ja": frozenset("とがはをにでのもやへかなよね"), "my": frozenset("ဟ")}
_GOES_ON = frozenset(",;:，；：、،؛၊)]）")
_OPENING = " \t\xa0\u3000\"'“”„«»‹›‘’‚(（[「『【《<¿¡*_-–—•·#"
_QUOTES_AND_BRACKETS = str.maketrans(dict.fromkeys('"`“”„«»‹›‚‟()[]{}<>（）「」『』《》', " "))
_NUMBER = re.compile(r"\d{1,4}")
_CODE = re.compile(r"[./\\@_(=][^\s]*\Z|\d\S*\Z")
_DOTTED = re.compile(r"(?:\w{1,2}\.)+\w{1,2}")
# How many characters before a full stop are looked at, and of the word after it.
_BEFORE, _AFTER = 32, 16


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What stands before a number ("Fig. 3") in languages whose lists lack it.
_BEFORE_NUMBERS = _words(
    "no nos nr núm num n nº art arts fig figs figura abb tab tabl vol vols p pp pág págs pag s str стр с рис табл"
    " гл ст ch chap cap kap sec sect bd eq ex ca approx c ed v vs op hlm jl lk σελ ref refs"
)
# Ends of lists, which end the sentence if a capital follows.
_ENDING = _words("apod atd etc usw itd itp stb osv dll dsb vb jne jms ecc др пр т.д т.п и.др")
# Where sentencex has no list of the language's own, or lacks much used words of it.
_MORE = {
    "pl": "zob por str tys mln mld godz min ul os św śp dr mgr inż prof hab np tzn tzw tj m.in ur zm pt ww nr",
    "cs": "např tzv tj mj resp popř str č čl odst sv dr prof ing mgr bc ul nám mil tis hod min sl obr",
    "tr": "dr prof doç yrd av alb örn bkz vs yy sn s sy no cad sok mah apt tel müh",
    "sv": "t.ex bl.a dvs ca kl nr s.k m.fl f.n resp st tel dr prof jfr ev fig",
    "no": "f.eks bl.a dvs ca kl nr s.k m.fl st tlf dr prof jf ev fig pst",
    "hu": "pl ún ill kb dr prof id ifj özv u sz vö tel szt vmint",
    "ro": "dvs nr str dl art pag alin lit dr prof ing aprox tel jud bd sf",
    "vi": "tp ths ts gs pgs bs ks tr stt",
    "id": "dr drs ir hj prof jl hlm no tgl yth tsb a.n s.d",
    "ms": "dr prof jln no tn hj",
    "hr": "npr tzv god str br sv dr prof mr tj ul st ing čl",
    "sl": "npr oz tj dr prof mag št str sv ul gl inž t.i čl",
    "lt": "pvz t.y dr prof g pr str psl kt r m d val gerb",
    "lv": "piem t.i dr prof lpp g gs st nr u.c",
    "et": "nt st dr prof lk nr v.a s.o jt tn",
    "sw": "dkt bw bi n.k k.m uk",
    "fi": "esim ks mm ns n s nro prof vrt",
}
_SAME_ABBREVIATIONS = {"sk": "cs", "nn": "no", "nb": "no", "da": "no", "bs": "hr", "sr": "hr", "jv": "id", "su": "id"}
# German nouns are written large: after these words a number with a full stop is an ordinal.
_BEFORE_ORDINALS = _words(
    "am der des dem den das die vom im zum zur bis ins ab seit jeder jede jedes beim und bis ende mitte anfang"
    " frühen späten ihr ihre ihrem ihren sein seine seinem seinen"
)
_UNITS = _words("m km cm mm kg g t l h s ha")
_BAR_LANGUAGES = _words("hi bn ne mr as sa or pa gu mai bho awa")


def sentences(text: str, lang: str | None = None) -> list[tuple[int, int]]:
    """Where the sentences of a text begin and end, in characters, without the spaces around them.

    Time and memory grow with the length of the text, whatever is in it: about a second a megabyte.

    Args:
        text: any text. What has no mark at all is one sentence a line.
        lang: its language code in our form, None where unknown: that of abbreviations and of the few rules of one language.

    Returns:
        The spans, in the order of the text. Every visible character is in exactly one.
    """
    base = (lang or "en").partition("-")[0]
    spans: list[tuple[int, int]] = []
    for line in _LINE.finditer(text):
        spans += _of_line(text, line.start(), line.end(), base)
    return spans


def _of_line(text: str, start: int, stop: int, lang: str) -> Iterator[tuple[int, int]]:
    while stop > start and text[stop - 1].isspace():
        stop -= 1
    at = _skip(text, start, stop)
    small = text[at:stop].islower()
    for found in _END.finditer(text, at, stop):
        if found.end() > at and _ends(text, at, found, stop, lang, small):
            yield from _divided(text, at, found.end())
            at = _skip(text, found.end(), stop)
    if at < stop:
        yield from _divided(text, at, stop)


def _skip(text: str, at: int, stop: int) -> int:
    """Where the next visible character stands."""
    while at < stop and text[at].isspace():
        at += 1
    return at


def _ends(text: str, at: int, found: re.Match[str], stop: int, lang: str, small: bool) -> bool:  # noqa: PLR0911  # the kinds of marks
    """Whether a sentence that begins at ``at`` ends with this mark; ``small``: the text has no capitals."""
    end = found.end()
    following = text[end : min(stop, end + _AFTER)].lstrip()
    if following[:1] in _GOES_ON:
        return False
    after = following.lstrip(_OPENING)
    if found["own"] is not None or not after:
        return not (text[end - 1] in _CLOSING and after[:1] in _CARRYING.get(lang, ()))
    if found["glued"] is not None:
        # "… so.Then …", which happens where markup is taken out; not "example.Com" or "readMe.Txt".
        return (
            after[0].isupper()
            and text[end - 5 : end - 1].islower()
            and not _CODE.search(text, max(at, end - 40), end - 1)
        )
    mark = found["shared"]
    if mark[0] in ";\u037e":
        return lang == "el"
    if mark[0] == "|":
        return lang in _BAR_LANGUAGES
    if after[0].islower() and not small:
        return False
    return (
        mark != "."
        or end - found.start() > 1
        or _ends_at_full_stop(text[max(at, end - _BEFORE) : end - 1], after, lang)
    )


def _ends_at_full_stop(head: str, after: str, lang: str) -> bool:  # noqa: PLR0911  # the kinds of words before it
    words = head.translate(_QUOTES_AND_BRACKETS).split()
    if not words:
        return False
    last = words[-1].strip("'’‘ʼ")
    folded = last.casefold()
    before = words[-2].casefold() if len(words) > 1 else ""
    if _NUMBER.fullmatch(last):
        # What begins with it is a list.
        ordinal = lang == "de" and len(last) <= 2 and before in _BEFORE_ORDINALS
        return bool(before) and not (ordinal and not after[0].isdigit())
    if after[0].isupper() and folded in _UNITS and before[-1:].isdigit():
        return True
    if folded in _ENDING or f"{before} {folded}" in ("т. д", "т. п"):
        return after[0].isupper()
    if after[0].isdigit() and folded in _BEFORE_NUMBERS:
        return False
    if folded in _more(lang) or (_DOTTED.fullmatch(last) and not after[0].isupper()):
        return False
    if len(last) == 1 and (last.isupper() or lang == "ku"):
        # An initial; in Kurdish, small letters are words.
        return last.islower()
    return _not_abbreviated(lang, " ".join(words[-3:]), after)


@lru_cache(maxsize=64)
def _more(lang: str) -> frozenset[str]:
    return _words(_MORE.get(_SAME_ABBREVIATIONS.get(lang, lang), ""))


def _not_abbreviated(lang: str, head: str, after: str) -> bool:
    """Whether ``sentencex`` ends a sentence between these words."""
    import sentencex

    # A digit or a small letter would answer for the abbreviation.
    word = after.split(maxsplit=1)[0]
    if not word[0].isalpha() or word.islower():
        word = "Xxxxx"
    parts = sentencex.segment(lang, f"{head}. {word}")
    return len(parts) > 1 and bool(parts[-1].strip() == word)


def _divided(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The part itself, or, of a script that marks no sentences, what it is cut into."""
    if stop - start <= LONGEST_UNMARKED or 2 * len(_UNMARKED.findall(text, start, stop)) < stop - start:
        yield start, stop
        return
    goal = (stop - start) / math.ceil((stop - start) / LONGEST_UNMARKED)
    at = start
    while stop - at > LONGEST_UNMARKED:
        # The last space within the goal, or the first after it.
        cut = text.rfind(" ", at + 1, at + int(goal) + 1)
        if cut < 0:
            cut = text.find(" ", at + int(goal), stop)
        if cut < 0:
            break
        end = cut
        while text[end - 1].isspace():
            end -= 1
        yield at, end
        at = _skip(text, cut, stop)
    if at < stop:
        yield at, stop
