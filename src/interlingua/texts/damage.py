r"""How text that was decoded wrongly looks, and how to bring it back.

Four kinds of damage can be undone: the ``repr`` of bytes (``b'caf\xc3\xa9'``), literal escapes (``\u732b`` as six
characters), HTML entities (``&eacute;``), and mojibake (``Ã©``). Each has one function here, which gives a text without
this damage back as it is. ftfy, which knows mojibake, is imported only once a text looks like it.
"""

from __future__ import annotations

import html
import re
from html.entities import html5

MOST_PASSES = 32
"""One repair can uncover the next (``&amp;eacute;``); nobody nests deeper than this by accident."""

_BYTES_LITERAL = re.compile(r"""\s*b(?:'(?P<single>[ -~]*)'|"(?P<double>[ -~]*)")\s*""")
_BYTES_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([nrt'\"\\]))")
_BYTES_LETTERS = {"n": "\n", "r": "\r", "t": "\t"}

# Two backslashes are read as one: that is JSON which was escaped twice.
_ESCAPE = re.compile(
    r"\\{1,2}u[dD][89abAB][0-9a-fA-F]{2}\\{1,2}u[dD][c-fC-F][0-9a-fA-F]{2}"  # a surrogate pair
    r"|\\{1,2}u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|\\{1,2}U(?:000[0-9a-fA-F]|0010)(?<!0000)[0-9a-fA-F]{4}"
    r"|\\{1,2}U0000(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|(?:\\{1,2}x[0-9a-fA-F]{2})+"
)
_HEX = re.compile(r"[uUx]([0-9a-fA-F]+)")

# The semicolon is required: without it "AT&T" and "R&Dagger" would be in danger.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")

# Mojibake is pairs: what a leading byte of UTF-8 becomes in a single-byte encoding, then what a byte 0x80-0xBF becomes
# there. These are the latter as far as they are no letter, in the Windows and ISO encodings and MacRoman.
_TRAIL = "\x80-\xbf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6-\u02dd\u2013-\u203a\u20ac\u2116\u2122"
_LATIN_TRAIL = (
    _TRAIL + "\u0104\u0105\u013d\u013e\u0141\u0142\u015e\u015f\u0164\u0165\u0179-\u017c\u0156\u0157\xc6\xe6\xd8\xf8"
)
_CYRILLIC_TRAIL = _TRAIL + "\u0401-\u040f\u0451-\u045f\u0490\u0491"
_CAPITALS = "\u00c2-\u00de" + "".join(char for char in map(chr, range(0x100, 0x17F)) if char.isupper())
_SMALL = "\u00e0-\u00ef" + "".join(char for char in map(chr, range(0x100, 0x17F)) if char.islower())
# Text that is not damaged rarely has one of these. The alternatives look back from the second character: ``re`` runs
# fast over everything outside the class that a pattern begins with, and those are rarer than letters.
_MOJIBAKE_HINT = re.compile(
    f"[{_TRAIL}\u0402\u221a\u2206\u2248\u25ca\u00f7\u00ff\u2500-\u2590](?:"
    "(?<=[\x80-\x9f])"
    f"|(?<=[{_CAPITALS}\u0392\u0393\u039e\u039f].)"
    f"|(?<=[{_SMALL}].)[{_LATIN_TRAIL}]"
    "|(?<=[\u00f0-\u00f4][\x80-\xbf\u0160\u0178\u0192\u2018-\u201d])"
    "|(?<=[\u0101\u03b2]\u20ac)|(?<=\u0432\u0402)"  # U+2000-203F in windows-1257, -1253 and -1251
    f"|(?<=[\u0410-\u0444].)[{_CYRILLIC_TRAIL}\u0412\u0413\u0420\u0421]"
    f"|(?<=[\u0391-\u03bf].)[{_TRAIL}]"
    "|(?<=[\u201a\u2021\u221a\u2206\u2248\u25ca\u00f7\u00ff\u0178])[^\\s!-~]"  # MacRoman
    "|(?<=[\u2500-\u2590])[^\\s!-~\u2500-\u259f]"  # cp437
    ")"
    # A byte 0xA0 may have become a space ("Ã la"); the last is from cp437.
    "|\u00c3 |\u0393\u00c7"
)
# Sango and Sicilian write Â before a space; ftfy takes it for half of a no-break space.
_CIRCUMFLEX_AND_SPACE = "\u00c2 "


def decode_bytes_literal(text: str) -> str:
    r"""Unwrap a text that is, as a whole, the ``repr`` of UTF-8 bytes, such as ``b'caf\xc3\xa9'``."""
    if "b'" not in text and 'b"' not in text:
        return text
    match = _BYTES_LITERAL.fullmatch(text)
    if match is None:
        return text
    body = match["single"] if match["single"] is not None else match["double"]
    raw = _BYTES_ESCAPE.sub(_bytes_escape, body).encode("latin-1")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return text


def decode_escapes(text: str) -> str:
    r"""Decode literal ``\uXXXX``, ``\UXXXXXXXX`` and ``\xXX``; whatever does not decode, such as ``\useful``, stays.

    A run of ``\xXX`` that is valid UTF-8 is taken for UTF-8, else for Latin-1.
    """
    return _ESCAPE.sub(_decode_escape, text) if "\\" in text else text


def decode_entities(text: str) -> str:
    """Decode HTML entities that end in a semicolon and that HTML knows."""
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def join_surrogates(text: str) -> str:
    """Join surrogate pairs into the characters that they stand for; drop the surrogates that stand alone."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    joined = _SURROGATE_PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _SURROGATE.sub("", joined)


def may_hold_mojibake(text: str) -> bool:
    """Whether to ask ftfy: fast, wrong on about one clean text in a thousand, and on little damaged text."""
    return not text.isascii() and _MOJIBAKE_HINT.search(text) is not None


def repair_mojibake(text: str) -> str:
    """Undo a decoding of UTF-8 in a single-byte encoding, where it can be undone; other text stays as it is."""
    if not may_hold_mojibake(text):
        return text
    import ftfy
    from ftfy.badness import is_bad

    if _CIRCUMFLEX_AND_SPACE in text and not is_bad(text.replace(_CIRCUMFLEX_AND_SPACE, "A ")):
        return text
    return str(ftfy.fix_encoding(text))


def repair(text: str) -> str:
    """Undo every kind of damage that this module knows, again and again until nothing is left to undo."""
    for _ in range(MOST_PASSES):
        before = text
        text = repair_once(text)
        if text == before:
            break
    return text


def repair_once(text: str) -> str:
    """Undo every kind of damage one time; mojibake last, since escapes and entities may well spell it."""
    return repair_mojibake(join_surrogates(decode_entities(decode_escapes(decode_bytes_literal(text)))))


def _bytes_escape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _BYTES_LETTERS.get(match[2], match[2])


def _decode_escape(match: re.Match[str]) -> str:
    codes = [int(digits, 16) for digits in _HEX.findall(match[0])]
    if "x" in match[0]:
        raw = bytes(codes)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("latin-1")
    if len(codes) == 2:
        return chr(0x10000 + ((codes[0] - 0xD800) << 10) + (codes[1] - 0xDC00))
    return chr(codes[0])


def _decode_entity(match: re.Match[str]) -> str:
    name = match[0][1:]
    return html.unescape(match[0]) if name[0] == "#" or name in html5 else match[0]
