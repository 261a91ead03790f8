"""From text to the terms that keyword search compares, and to words that can be shown, in all scripts.

Words are what they are, without case, and without accents in the scripts whose readers leave them out. Scripts that do not
put spaces between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give pairs of neighbouring characters, and Korean
gives its words and the pairs in them, because endings are written onto words. What is written with a hyphen, a dot or the
like gives its parts and the whole: "AB-1234" gives ``ab``, ``1234`` and ``ab1234``; numbers keep their points: "3,5" gives
``3.5``, ``3`` and ``5``.

Folding of Arabic: as Lucene's ``ArabicNormalizer`` and ``PersianNormalizer`` do it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

VERSION = 1
"""Of the rules: an index whose terms were made by others makes them anew."""

# In characters; and in parts.
_LONGEST = 64
_MOST_PARTS = 8
_APART = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŧ": "t"}
_ARABIC = {"ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ک": "ك", "ۀ": "ه", "ە": "ه", "ہ": "ه", "ھ": "ه"}
_ARTICLE = "ال"
# Letters of their own, though Unicode composes them of another letter and a mark.
_LETTERS = "йў"
_FOLDED = ((0x00C0, 0x024F), (0x0300, 0x052F), (0x0590, 0x06FF), (0x1E00, 0x1FFF))
# A nukta is left out as often as it is written.
_DROPPED = (
    "\u00ad\u0640\u093c\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
# The joiners within words of Persian or Sinhala are not among these: without them the word looks otherwise.
_SHOWS_NOTHING = "\u00ad\u0640\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\ua9e0-\ua9ff\uaa60-\uaa7f"
    "\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_HANGUL = "\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff"
_JOINTS = "-.,'’_/+&@:#‐"
_ASCII = re.compile(f"[a-z0-9]+(?:[{re.escape(_JOINTS)}][a-z0-9]+)*")
_SEPARATED = re.compile(f"[{re.escape(_JOINTS)}]+")
_POINTS = re.compile("(?<=[0-9])[.,](?=[0-9])")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f][A-Za-z0-9\u00c0-\u024f\u1e00-\u1eff'’-]*")
_QUOTED = re.compile('["“”„«「『]([^"“”„«»」』]+)["“”»」』]')
_OPENING = "\"'“”„«»‘’(¿¡["
_CAPITALS = 1 / 4
_PARTS = re.compile("[^0-9]+|[0-9]+(?:[.][0-9]+)*")


def terms(text: str) -> list[str]:
    """The terms of a text, in its order."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    folded = text.casefold()
    if not folded.isascii():
        folded = folded.translate(_folding())
    found: list[str] = []
    if folded.isascii():
        for word in _ASCII.findall(folded):
            found += _of(word)
    else:
        words, unspaced = _patterns()
        for word in words.findall(folded):
            if unspaced.search(word) is None:
                found += _of(word)
                continue
            # Its odd parts are without spaces.
            for place, part in enumerate(unspaced.split(word)):
                found += _pairs(part) if place % 2 else [term for run in words.findall(part) for term in _of(run)]
    return found


@lru_cache(maxsize=50_000)
def _of(word: str) -> tuple[str, ...]:
    """The terms of a word, or of words that are joined by hyphens, dots and the like."""
    if word.isalnum():
        return tuple(_of_word(word[:_LONGEST]))
    numeric = _POINTS.sub(".", word)
    if all(part.isdecimal() for part in numeric.split(".")):
        return (numeric[:_LONGEST], *numeric.split("."))
    parts = [part for part in _SEPARATED.split(word) if part]
    whole = "".join(parts)
    found = [term for part in parts for term in _of_word(part[:_LONGEST])]
    return (*found, whole) if 1 < len(parts) <= _MOST_PARTS and len(whole) <= _LONGEST else tuple(found)


def _of_word(word: str) -> list[str]:
    """A word; of one with letters and digits also these; of a Korean one also its pairs."""
    if _is_hangul(word[0]) and len(word) > 2:
        return [word, *_pairs(word)]
    if word.startswith(_ARTICLE) and len(word) > len(_ARTICLE) + 2:
        # The Arabic article is written onto the word.
        word = word[len(_ARTICLE) :]
    parts = _PARTS.findall(word)
    return [word, *parts] if len(parts) > 1 else [word]


def _pairs(run: str) -> list[str]:
    """Each two neighbouring characters with their marks; the last one alone, so that one character is found as a beginning."""
    characters = _character().findall(run)
    pairs = [one + other for one, other in pairwise(characters)]
    return pairs if _is_hangul(run[0]) else [*pairs, characters[-1]]


def words_and_runs(text: str) -> tuple[list[str], list[list[str]]]:
    """The words of a text as they can be shown, in small letters, and apart from them the runs of scripts without spaces.

    Unlike ``terms`` this folds no accents and takes no word apart at its joints: "Élu au 2e tour" gives ``élu``, ``au``, ``2e``,
    ``tour``; "東京2020大会" gives the word ``2020`` and two runs, each as a list of its characters with their marks.
    """
    folded = unicodedata.normalize("NFKC", text).lower().translate(dict.fromkeys(map(ord, _SHOWS_NOTHING)))
    words, unspaced = _patterns()
    found: list[str] = []
    runs: list[list[str]] = []
    for word in words.findall(folded):
        # Its odd parts are without spaces.
        for place, part in enumerate(unspaced.split(word)):
            if place % 2:
                runs.append(_character().findall(part))
            else:
                found += words.findall(part)
    return found, runs


def is_single(term: str) -> bool:
    """Whether a term is one character of a script without spaces, which pairs begin with."""
    return _single().fullmatch(term) is not None


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7ff" or "\u1100" <= character <= "\u11ff" or "\u3130" <= character <= "\u318f"


@cache
def _single() -> re.Pattern[str]:
    return re.compile(f"[{_UNSPACED}][{_marks()}]*")


@cache
def _character() -> re.Pattern[str]:
    return re.compile(f".[{_marks()}]*", re.DOTALL)


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words, also joined ones; and in them what is written without spaces."""
    letters = rf"[\w{_marks()}]+"
    return (
        re.compile(rf"{letters}(?:[{re.escape(_JOINTS)}]{letters})*"),
        re.compile(rf"([{_UNSPACED}][{_UNSPACED}{_marks()}]*)"),
    )


@cache
def _marks() -> str:
    """The combining marks, as the inside of a character class; those of scripts that are folded are gone before."""
    marks = [
        code
        for block in (range(0x300, 0x1D00), range(0xA600, 0xAC00), range(0x10A00, 0x12000))
        for code in block
        if unicodedata.category(chr(code)).startswith("M")
    ]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


@cache
def _folding() -> dict[int, str | None]:
    """What becomes of a character, for ``str.translate``."""
    table: dict[int, str | None] = {}
    for first, last in _FOLDED:
        for code in range(first, last + 1):
            character = chr(code)
            if unicodedata.category(character) == "Mn":
                table[code] = None
            elif character not in _LETTERS:
                bare = "".join(
                    one for one in unicodedata.normalize("NFD", character) if unicodedata.category(one) != "Mn"
                )
                if bare != character:
                    table[code] = bare
    for folds in (_APART, _ARABIC):
        table |= {ord(character): bare for character, bare in folds.items()}
    table |= dict.fromkeys(map(ord, _DROPPED))
    # Not the line below, which regular expressions take for a letter.
    table |= {ord("٫"): ".", ord("٬"): ",", ord("_"): "‐"}
    for code in range(0x0660, 0x11FFF):
        character = chr(code)
        if character.isdecimal() and not character.isascii():
            table[code] = str(unicodedata.decimal(character))
    return table


def names(query: str) -> frozenset[str]:
    """The terms of a query that look like names, numbers, codes or quotations.

    These are words with a digit, with a capital letter that does not begin the query, between quotation marks, or in Latin
    letters in a query that is in others. Where many words have a capital, as German nouns, that says nothing.
    """
    query = unicodedata.normalize("NFKC", query)
    found: list[str] = _QUOTED.findall(query)
    unspaced = _patterns()[1]
    words = [word.lstrip(_OPENING) for word in unspaced.sub(" ", query).split()]
    latin = [_LATIN.findall(word) for word in words]
    foreign = sum(map(bool, latin)) * 2 < len(words) or unspaced.search(query) is not None
    capital = [word for place, word in enumerate(words) if any(one.isupper() for one in word[not place :])]
    if len(capital) == 1 or len(capital) <= _CAPITALS * len(words):
        found += capital
    for word, parts in zip(words, latin, strict=True):
        if any(character.isdecimal() for character in word):
            found.append(word)
        elif foreign:
            found += parts
    return frozenset(term for one in found for term in _wholes(one))


def _wholes(text: str) -> list[str]:
    """The terms of a text without those that are parts of others: "AB" may be anything, "AB-1234" is not."""
    wholes = []
    for word in text.split():
        found = terms(word)
        longest = max(map(len, found), default=0)
        parted = len(found) > 1 and all(term.isascii() for term in found)
        wholes += [term for term in found if not parted or len(term) == longest]
    return wholes
