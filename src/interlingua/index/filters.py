"""Filters on language and metadata: from an expression or a dict to a condition in SQL.

An expression: ``lang in ("de", "fr") and year >= 2020 and not draft = true``. The same as a dict:
``{"lang": ["de", "fr"], "year": {">=": 2020}, "not": {"draft": True}}``.

Values are compared as numbers where the filter has a number (a csv file's "2021" is one), else as text. A field that holds a list
equals a value if the list has it. A field that is not there equals nothing and is in no list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from interlingua.errors import OptionError
from interlingua.index.conditions import (
    OWN,
    TOO_DEEP,
    Condition,
    among,
    compare,
    contains,
    exists,
    is_unicode,
    joined,
    negated,
)

Filter = str | Mapping[str, Any]
"""An expression, or a dict (see the module)."""

# Whole numbers of more digits are no longer exact in any field.
_DIGITS = 300
# SQLite takes 32,766.
_MOST_ARGUMENTS = 30_000
_OPERATORS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_WORDS = ("and", "or", "not", "in", "contains", "exists", "true", "false", "null")
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<operator><=|>=|!=|<>|==|=|<|>)
    |(?P<mark>[(),\[\]])
    |(?P<name>`[^`]+`|[^\W\d][\w.\-]*)
    )""",
    re.VERBOSE,
)


def condition(given: Filter | None) -> Condition | None:
    """The condition of a filter; None where nothing is filtered.

    Raises:
        OptionError: the filter makes no sense; the message says where.
        UnknownLanguage: a language code is none.
    """
    if given is None or given in ("", {}):
        return None
    try:
        found = _of(given)
    except RecursionError:
        raise OptionError(TOO_DEEP) from None
    if len(found.arguments) > _MOST_ARGUMENTS:
        raise OptionError("The filter is too long; for many values of one field there is 'in'.")
    if not all(is_unicode(one) for one in found.arguments if isinstance(one, str)):
        raise OptionError("The filter has a lone surrogate, half of a character, which no field can hold.")
    return found


def _of(given: object) -> Condition:
    if isinstance(given, str):
        return _Parser(given).parsed()
    if isinstance(given, Mapping):
        return _of_mapping(given)
    raise OptionError(f"A filter is an expression or a dict, not {type(given).__name__}.")


# ---------------------------------------------------------------------------------------------- dicts


def _of_mapping(given: Mapping[str, Any]) -> Condition:
    parts = []
    for name, value in given.items():
        if not isinstance(name, str):
            raise OptionError(f"A filter's fields are names, not {name!r}.")
        if name in ("and", "or"):
            if not isinstance(value, Sequence) or isinstance(value, str) or not value:
                raise OptionError(f"The filter's {name!r} takes a list of filters.")
            parts.append(joined(name.upper(), [_of(part) for part in value]))
        elif name == "not":
            parts.append(negated(_of(value)))
        elif isinstance(value, Mapping):
            parts += [_of_operator(name, operator, operand) for operator, operand in value.items()]
        elif isinstance(value, list | tuple | set | frozenset):
            parts.append(among(name, value))
        else:
            parts.append(compare(name, "=", value))
    if not parts:
        raise OptionError("A filter must not be empty within another.")
    return joined("AND", parts)


def _of_operator(name: str, operator: str, value: Any) -> Condition:
    if operator in _OPERATORS:
        return compare(name, _OPERATORS[operator], value)
    if operator == "in":
        return among(name, value)
    if operator == "not in":
        return negated(among(name, value))
    if operator == "contains":
        return contains(name, value)
    if operator == "exists":
        return exists(name) if value else negated(exists(name))
    known = ", ".join([*_OPERATORS, "in", "not in", "contains", "exists"])
    raise OptionError(f"A filter knows no operator {operator!r}; there are: {known}.")


# ---------------------------------------------------------------------------------------------- expressions


class _Parser:
    """or-expressions of and-expressions of comparisons, ``not`` and parentheses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scanned())
        self._next = 0

    def parsed(self) -> Condition:
        found = self._any()
        if self._kind() is not None:
            raise self._wrong("nothing more, 'and' or 'or'")
        return found

    def _scanned(self) -> Iterator[tuple[str, str, int]]:
        at, end = 0, len(self._text.rstrip())
        while at < end:
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise OptionError(f"The filter {self._text!r} cannot be read from {self._text[at:].strip()[:20]!r} on.")
            kind = str(found.lastgroup)
            word = found[kind]
            if kind == "name" and word.lower() in _WORDS:
                kind, word = "word", word.lower()
            yield kind, word, found.start(found.lastindex or 0)
            at = found.end()

    def _kind(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _word(self) -> str | None:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else None

    def _take(self, *words: str) -> bool:
        if self._kind() in ("word", "mark") and self._word() in words:
            self._next += 1
            return True
        return False

    def _wrong(self, wanted: str) -> OptionError:
        if self._next >= len(self._tokens):
            return OptionError(f"The filter {self._text!r} ends where {wanted} should follow.")
        _, word, at = self._tokens[self._next]
        return OptionError(f"The filter {self._text!r} has {word!r} at character {at + 1}, where {wanted} should be.")

    def _many(self, word: str, below: Callable[[], Condition]) -> Condition:
        parts = [below()]
        while self._take(word):
            parts.append(below())
        return joined(word.upper(), parts)

    def _any(self) -> Condition:
        return self._many("or", lambda: self._many("and", self._one))

    def _one(self) -> Condition:
        if self._take("not"):
            # Two of them are none.
            opposite = True
            while self._take("not"):
                opposite = not opposite
            found = self._one()
            return negated(found) if opposite else found
        if self._take("("):
            found = self._any()
            self._expect(")")
            return found
        if self._take("exists"):
            name = self._name()
            return exists(name)
        name = self._name()
        if self._kind() == "operator":
            operator = _OPERATORS[str(self._word())]
            self._next += 1
            return compare(name, operator, self._value(name))
        if self._take("contains"):
            spelled = self._spelled()
            return contains(name, self._value(name), spelled)
        opposite = self._take("not")
        if self._take("in"):
            found = among(name, self._values(name))
            return negated(found) if opposite else found
        raise self._wrong("a comparison (=, !=, <, <=, >, >=, in, contains)")

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._wrong(repr(mark))

    def _name(self) -> str:
        if self._kind() != "name":
            raise self._wrong("the name of a field")
        word = str(self._word())
        self._next += 1
        return word.strip("`")

    def _spelled(self) -> str | None:
        """What comes next as it stands in the filter, if it is a number, true or false, which may be meant as text."""
        if self._kind() != "number" and self._word() not in ("true", "false"):
            return None
        _, word, at = self._tokens[self._next]
        return self._text[at : at + len(word)]

    def _value(self, name: str) -> Any:
        """The value that a field is compared with."""
        kind, word = self._kind(), str(self._word())
        if name in OWN and (spelled := self._spelled()) is not None:
            # As a number, the id 0042 would be another.
            value: Any = spelled
        elif kind == "number":
            value = float(word) if re.search(r"[.eE]", word) or len(word) > _DIGITS else int(word)
        elif kind == "text":
            value = re.sub(r"\\(.)", r"\1", word[1:-1])
        elif kind == "word" and word in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[word]
        elif kind == "name":
            # lang = de: a bare word is text.
            value = word.strip("`")
        else:
            raise self._wrong("a value (text in quotes, a number, true, false or null)")
        self._next += 1
        return value

    def _values(self, name: str) -> list[Any]:
        close = ")" if self._take("(") else "]" if self._take("[") else None
        if close is None:
            raise self._wrong("a list in parentheses")
        values = [self._value(name)]
        while self._take(","):
            values.append(self._value(name))
        self._expect(close)
        return values
