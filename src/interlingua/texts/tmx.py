"""Reading translation memories (TMX 1.1 to 1.4), unit by unit in constant memory.

The parser is expat's streaming one. A file can neither reach other files nor grow in memory: declarations of
entities, of which both are made, are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.texts.lines import Source, find_source, open_bytes
from interlingua.texts.reading import TextPair

_BLOCK = 1 << 16
_CODES = frozenset({"bpt", "ept", "it", "ph", "ut"})
"""Inline elements whose content is another program's code; ``hi`` and ``sub`` hold text."""

_DEEPEST = 100
_LONGEST = 1 << 24
_LANG = "http://www.w3.org/XML/1998/namespace lang"
_NAMED = 8


@dataclass(slots=True)
class _Unit:
    number: int
    line: int
    id: str | None
    texts: dict[str, str] = field(default_factory=dict)


def is_tmx(path: str | Path) -> bool:
    """Whether a file's name ends in .tmx or .tmx.gz."""
    return str(path).lower().endswith((".tmx", ".tmx.gz"))


def read_tmx(
    path: str | Path, *, lang_a: str | None = None, lang_b: str | None = None, codes: bool = False
) -> Iterator[TextPair]:
    """Read the pairs of a translation memory one by one.

    Args:
        path: a file, perhaps gzip-compressed with a name that ends in .gz; or ``-`` for standard input.
        lang_a: the language of the first texts; None takes the file's source language, else the first language of its first unit.
        lang_b: that of the second texts; None takes the other one, if the first units have but two.
        codes: keep what stands in inline codes (``bpt``, ``ept``, ``it``, ``ph``, ``ut``), such as tags and placeholders.

    Returns:
        An iterator over the units that have both languages. A pair's ``row`` is the unit's number, counted from 1;
        its metadata are the line and, where it has one, the unit's ``tuid``. A language with a region (``pt-BR``)
        also answers to the one without.

    Raises:
        InputError: no such file; it is no TMX, torn or malformed; it declares entities; no unit has both languages. With the line.
        OptionError: the languages are equal, or must be given because there are more than two.
        UnknownLanguage: a language asked for is none.
        StorageError: no permission, or the disk failed.
    """
    from interlingua.languages import canonical

    wanted = [None if code is None else canonical(code) for code in (lang_a, lang_b)]
    if lang_a is not None and lang_a == lang_b:
        raise OptionError(f"The two languages of a pair are different ones, but both are {lang_a!r}.")
    source = find_source(path, format="txt", encoding="utf-8")  # expat reads the encoding from the file itself
    return _pairs(source, wanted, (lang_a, lang_b), codes)


def _pairs(
    source: Source, wanted: list[str | None], asked: tuple[str | None, str | None], codes: bool
) -> Iterator[TextPair]:
    reader = _Reader(source, codes)
    seen: dict[str, None] = {}
    found = False
    for unit in reader.units():
        seen.update(dict.fromkeys(unit.texts))
        if None in wanted:
            wanted = _choose(source, unit, wanted, reader.srclang)
            if None in wanted:
                continue
        a, b = (_text_in(unit, lang, exact) for lang, exact in zip(wanted, asked, strict=True))
        if a is None or b is None:
            continue
        found = True
        metadata: dict[str, object] = {"line": unit.line} | ({} if unit.id is None else {"tuid": unit.id})
        yield TextPair(a, b, unit.number, wanted[0], wanted[1], metadata)
    if not found:
        there = ", ".join(list(seen)[:_NAMED]) or "none"
        pair = " and ".join(lang or "another language" for lang in wanted)
        raise InputError(f"{source.name}: no translation unit has both {pair}; its languages: {there}.")


def _choose(source: Source, unit: _Unit, wanted: list[str | None], srclang: str | None) -> list[str | None]:
    """The languages to read, as far as they are not given: the file's source language, and the only other one."""
    known = list(dict.fromkeys(filter(None, map(_code, unit.texts))))
    if len(known) < 2 or any(code is not None and code not in known for code in wanted):
        return wanted
    first, second = wanted
    if first is None:
        usual = _code(srclang or "")
        first = usual if usual in known and usual != second else next(code for code in known if code != second)
    others = [code for code in known if code != first]
    if second is None and len(others) != 1:
        raise OptionError(
            f"{source.name}: it has the languages {', '.join(list(unit.texts)[:_NAMED])}; give --lang-a and --lang-b."
        )
    return [first, second or others[0]]


def _text_in(unit: _Unit, lang: str | None, exact: str | None) -> str | None:
    """The unit's text in a language: as it was asked for (``pt-BR``), else in our code for it."""
    for code, text in unit.texts.items():
        if exact is not None and code.lower().replace("_", "-") == exact.lower().replace("_", "-"):
            return text
    return next((text for code, text in unit.texts.items() if _code(code) == lang), None)


def _code(tag: str) -> str | None:
    from interlingua.languages import canonical

    try:
        return canonical(tag) if tag else None
    except UnknownLanguage:
        return None


class _Reader:
    """What expat calls, and the units that come of it."""

    def __init__(self, source: Source, codes: bool) -> None:
        self.srclang: str | None = None
        self._source = source
        self._codes = codes
        self._begun = False
        self._path: list[str] = []
        self._unit: _Unit | None = None
        self._lang = ""
        self._text: list[str] | None = None
        self._size = 0
        self._in_code = 0
        self._count = 0
        self._done: list[_Unit] = []
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        self._parser = parser

    def units(self) -> Iterator[_Unit]:
        """The units, as the file is read."""
        with open_bytes(self._source) as stream:
            last = False
            while not last:
                block = stream.read(_BLOCK)
                last = not block
                try:
                    self._parser.Parse(block, last)
                except expat.ExpatError as error:
                    self._refuse(error, last)
                yield from self._done
                self._done.clear()

    def _refuse(self, error: expat.ExpatError, last: bool) -> NoReturn:
        where = f"line {error.lineno}"
        words = expat.ErrorString(error.code) or "malformed"
        if not self._begun:
            raise InputError(f"{self._source.name}: this is no TMX file: {words} at {where}.") from None
        if last or words.startswith(("no element", "unclosed token")):
            raise InputError(f"{self._source.name}: the file breaks off at {where}; it seems cut off.") from None
        raise InputError(f"{self._source.name}: {where} is not well-formed XML: {words}.") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        if not self._path and name != "tmx":
            raise InputError(f"{self._source.name}: this is no TMX file, its outermost element is <{name[:40]}>.")
        self._begun = True
        self._path.append(name)
        if len(self._path) > _DEEPEST:
            self._fail(f"elements are nested more than {_DEEPEST} deep")
        if name == "header":
            self.srclang = attributes.get("srclang")
        elif name == "tu":
            self._count += 1
            self._unit = _Unit(self._count, self._parser.CurrentLineNumber, attributes.get("tuid"))
        elif name == "tuv":
            self._lang = attributes.get(_LANG) or attributes.get("lang") or ""
        elif name == "seg":
            self._text, self._size, self._in_code = [], 0, 0
        elif self._text is not None and name in _CODES:
            self._in_code += 1
        elif self._text is not None and name == "sub":
            self._text.append(" ")

    def _end(self, name: str) -> None:
        name = self._path.pop()
        if name == "seg" and self._text is not None:
            # The first segment of a language counts; a later one is an alternative.
            if self._unit is not None and self._lang:
                self._unit.texts.setdefault(self._lang, "".join(self._text).strip())
            self._text = None
        elif name == "tu" and self._unit is not None:
            self._done.append(self._unit)
            self._unit = None
        elif self._text is not None and name in _CODES:
            self._in_code -= 1

    def _characters(self, data: str) -> None:
        if self._text is None or (self._in_code and not self._codes and "sub" not in self._path):
            return
        self._size += len(data)
        if self._size > _LONGEST:
            self._fail(f"a segment is longer than {_LONGEST:,} characters")
        self._text.append(data)

    def _entity(self, *_declaration: object) -> int:
        self._fail("it declares or calls in an entity, which a translation memory has no need of")

    def _skipped(self, name: str, is_parameter: bool) -> None:
        if not is_parameter:
            self._fail(f"the entity &{name}; is not known")

    def _fail(self, words: str) -> NoReturn:
        raise InputError(f"{self._source.name}: line {self._parser.CurrentLineNumber}: {words}.")
