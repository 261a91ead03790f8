"""Filters on language and metadata: from an expression or a dict to a condition in SQL.

An expression: ``lang in ("de", "fr") and year >= 2020 and not draft = true``. The same as a dict:
``{"lang": ["de", "fr"], "year": {">=": 2020}, "not": {"draft": True}}``.

Values are compared as numbers where the filter has a number (a csv file's "2021" is one), else as text. A field that holds a list
equals a value if the list has it. A field that is not there equals nothing and is in no list.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interlingua.errors import OptionError
from interlingua.languages import canonical

Filter = str | Mapping[str, Any]
"""An expression, or a dict (see the module)."""

# SQLite takes 32,766.
_MOST_ARGUMENTS = 30_000
_LARGEST = 2**63
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


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row of ``documents``.

    Attributes:
        sql: with ``?`` for the arguments.
        arguments: the values.
    """

    sql: str
    arguments: tuple[Any, ...]


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
        raise OptionError("The filter is nested too deeply.") from None
    if len(found.arguments) > _MOST_ARGUMENTS:
        raise OptionError("The filter is too long; for many values of one field there is 'in'.")
    return found


def _of(given: object) -> Condition:
    if isinstance(given, str):
        return _Parser(given).parsed()
    if isinstance(given, Mapping):
        return _of_mapping(given)
    raise OptionError(f"A filter is an expression or a dict, not {type(given).__name__}.")


# ---------------------------------------------------------------------------------------------- conditions


def _joined(word: str, parts: Sequence[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    # In halves, because SQLite allows no more than a thousand levels, and a chain has a level for each part.
    left, right = _joined(word, parts[: len(parts) // 2]), _joined(word, parts[len(parts) // 2 :])
    return Condition(f"({left.sql}) {word} ({right.sql})", left.arguments + right.arguments)


def _not(part: Condition) -> Condition:
    # What is neither true nor false, because a field is missing, counts as false, so its opposite is true.
    return Condition(f"NOT coalesce(({part.sql}), 0)", part.arguments)


def _path(name: str) -> str:
    return "$" + "".join(f".{json.dumps(part, ensure_ascii=False)}" for part in name.split("."))


def _compare(name: str, operator: str, value: Any) -> Condition:
    if operator == "!=":
        return _not(_compare(name, "=", value))
    if value is None:
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to null or not, but not {operator} null.")
        return _not(_exists(name))
    if name in ("lang", "id"):
        value = canonical(str(value)) if name == "lang" else str(value)
        return Condition(f"{name} {operator} ?", (value,))
    path = _path(name)
    field = "json_extract(metadata, ?)"
    if isinstance(value, bool):
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to {str(value).lower()} or not, but not {operator}.")
        spelled = (str(value).lower(),)
        return Condition(f"json_type(metadata, ?) = ? OR lower({field}) = ?", (path, *spelled, path, *spelled))
    if isinstance(value, int | float):
        plain = _numeric(path, operator, "?", _sized(value))
    elif isinstance(value, str):
        plain = Condition(f"CAST({field} AS TEXT) {operator} ?", (path, value))
    else:
        raise OptionError(f"{name!r} is compared with text, a number, true, false or null, not with {value!r}.")
    if operator != "=":
        return plain
    member = Condition(
        "json_type(metadata, ?) = 'array' AND EXISTS (SELECT 1 FROM json_each(metadata, ?) WHERE value = ?)",
        (path, path, _sized(value)),
    )
    return _joined("OR", [plain, member])


def _numeric(path: str, operator: str, right: str, value: Any) -> Condition:
    """A comparison of numbers, and of digits as text, as csv files have them."""
    field = "json_extract(metadata, ?)"
    whole = f"typeof({field}) IN ('integer', 'real') AND {field} {operator} {right}"
    spelled = (
        f"typeof({field}) = 'text' AND trim({field}) GLOB '*[0-9]*' AND trim({field}) NOT GLOB '*[^0-9.eE+-]*' "
        f"AND CAST({field} AS REAL) {operator} {right}"
    )
    return Condition(f"({whole}) OR ({spelled})", (path, path, value, path, path, path, path, value))


def _sized(value: Any) -> Any:
    """Whole numbers that SQLite does not have, as floats."""
    return float(value) if isinstance(value, int) and not -_LARGEST <= value < _LARGEST else value


def _in(name: str, values: Any) -> Condition:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise OptionError(f"{name!r} in … takes a list of values, not {values!r}.")
    values = list(values)
    if name in ("lang", "id"):
        there = [str(value) if name == "id" else canonical(str(value)) for value in values if value is not None]
        parts = [Condition(f"{name} IN (SELECT value FROM json_each(?))", (json.dumps(there),))]
        return _joined("OR", parts + [_compare(name, "=", None)] * (None in values))
    path, listed = _path(name), "(SELECT value FROM json_each(?))"
    texts = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if _is_number(value)]
    parts = [_compare(name, "=", value) for value in values if not isinstance(value, str) and not _is_number(value)]
    # One argument for all, because there may be thousands.
    if texts:
        parts.append(Condition(f"CAST(json_extract(metadata, ?) AS TEXT) IN {listed}", (path, json.dumps(texts))))
    if numbers:
        parts.append(_numeric(path, "IN", listed, json.dumps([_sized(value) for value in numbers])))
    if texts or numbers:
        member = f"EXISTS (SELECT 1 FROM json_each(metadata, ?) WHERE value IN {listed})"
        values = json.dumps([*texts, *map(_sized, numbers)])
        parts.append(Condition(f"json_type(metadata, ?) = 'array' AND {member}", (path, path, values)))
    return _joined("OR", parts) if parts else Condition("0", ())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _contains(name: str, value: Any) -> Condition:
    if name in ("lang", "id"):
        return Condition(f"instr({name}, ?) > 0", (str(value),))
    path = _path(name)
    part = Condition("instr(CAST(json_extract(metadata, ?) AS TEXT), ?) > 0", (path, str(value)))
    return _joined("OR", [part, _compare(name, "=", value)])


def _exists(name: str) -> Condition:
    if name in ("lang", "id"):
        return Condition(f"{name} IS NOT NULL", ())
    return Condition("coalesce(json_type(metadata, ?), 'null') != 'null'", (_path(name),))


# ---------------------------------------------------------------------------------------------- dicts


def _of_mapping(given: Mapping[str, Any]) -> Condition:
    parts = []
    for name, value in given.items():
        if not isinstance(name, str):
            raise OptionError(f"A filter's fields are names, not {name!r}.")
        if name in ("and", "or"):
            if not isinstance(value, Sequence) or isinstance(value, str) or not value:
                raise OptionError(f"The filter's {name!r} takes a list of filters.")
            parts.append(_joined(name.upper(), [_of(part) for part in value]))
        elif name == "not":
            parts.append(_not(_of(value)))
        elif isinstance(value, Mapping):
            parts += [_of_operator(name, operator, operand) for operator, operand in value.items()]
        elif isinstance(value, list | tuple | set | frozenset):
            parts.append(_in(name, value))
        else:
            parts.append(_compare(name, "=", value))
    if not parts:
        raise OptionError("A filter must not be empty within another.")
    return _joined("AND", parts)


def _of_operator(name: str, operator: str, value: Any) -> Condition:
    if operator in _OPERATORS:
        return _compare(name, _OPERATORS[operator], value)
    if operator == "in":
        return _in(name, value)
    if operator == "not in":
        return _not(_in(name, value))
    if operator == "contains":
        return _contains(name, value)
    if operator == "exists":
        return _exists(name) if value else _not(_exists(name))
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
        return _joined(word.upper(), parts)

    def _any(self) -> Condition:
        return self._many("or", lambda: self._many("and", self._one))

    def _one(self) -> Condition:
        if self._take("not"):
            return _not(self._one())
        if self._take("("):
            found = self._any()
            self._expect(")")
            return found
        if self._take("exists"):
            name = self._name()
            return _exists(name)
        name = self._name()
        if self._kind() == "operator":
            operator = _OPERATORS[str(self._word())]
            self._next += 1
            return _compare(name, operator, self._value())
        if self._take("contains"):
            return _contains(name, self._value())
        negated = self._take("not")
        if self._take("in"):
            found = _in(name, self._values())
            return _not(found) if negated else found
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

    def _value(self) -> Any:
        kind, word = self._kind(), str(self._word())
        if kind == "number":
            value: Any = float(word) if re.search(r"[.eE]", word) else int(word)
        elif kind == "text":
            value = re.sub(r"\\(.)", r"\1", word[1:-1])
        elif kind == "word" and word in ("true", "false", "null"):
            value = {"true": True, "false": False, "null": None}[word]
        elif kind == "name":
            # lang = de: a bare word is text.
            value = word
        else:
            raise self._wrong("a value (text in quotes, a number, true, false or null)")
        self._next += 1
        return value

    def _values(self) -> list[Any]:
        close = ")" if self._take("(") else "]" if self._take("[") else None
        if close is None:
            raise self._wrong("a list in parentheses")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(close)
        return values
