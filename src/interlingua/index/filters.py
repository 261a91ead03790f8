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
from typing import Any, NamedTuple

from interlingua.errors import OptionError
from interlingua.languages import canonical

Filter = str | Mapping[str, Any]
"""An expression, or a dict (see the module)."""

# Whole numbers of more digits are no longer exact in any field.
_DIGITS = 300
# SQLite takes 32,766.
_MOST_ARGUMENTS = 30_000
_LARGEST = 2**63
# SQLite takes a thousand levels of an expression, its parser a hundred parentheses within each other.
_DEEPEST = 40
_TOO_LARGE = "The filter has a number of more than 300 digits; no field can be compared with it."
_TOO_DEEP = "The filter is nested too deeply."
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
        depth: how deep it is nested.
    """

    sql: str
    arguments: tuple[Any, ...]
    depth: int = 0


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
        raise OptionError(_TOO_DEEP) from None
    if len(found.arguments) > _MOST_ARGUMENTS:
        raise OptionError("The filter is too long; for many values of one field there is 'in'.")
    if not all(is_unicode(one) for one in found.arguments if isinstance(one, str)):
        raise OptionError("The filter has a lone surrogate, half of a character, which no field can hold.")
    return found


def is_unicode(text: str) -> bool:
    """Whether a text can be written; lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


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
    depth = max(left.depth, right.depth) + 1
    return _nested(f"({left.sql}) {word} ({right.sql})", left.arguments + right.arguments, depth)


def _not(part: Condition) -> Condition:
    # What is neither true nor false, because a field is missing, counts as false, so its opposite is true.
    return _nested(f"({part.sql}) IS NOT TRUE", part.arguments, part.depth + 1)


def _nested(sql: str, arguments: tuple[Any, ...], depth: int) -> Condition:
    if depth > _DEEPEST:
        raise OptionError(_TOO_DEEP)
    return Condition(sql, arguments, depth)


class _Field(NamedTuple):
    """Where a field stands in the metadata.

    Attributes:
        path: an expression in SQL for its path in the JSON.
        arguments: those of the expression.
    """

    path: str
    arguments: tuple[str, ...]

    @classmethod
    def named(cls, name: str) -> _Field:
        """A field by its name; with dots in it that is the field of this name, where there is one, else a field within fields."""
        own = f"$.{json.dumps(name, ensure_ascii=False)}"
        if "." not in name:
            return cls("?", (own,))
        within = "$" + "".join(f".{json.dumps(part, ensure_ascii=False)}" for part in name.split("."))
        return cls("CASE WHEN json_type(metadata, ?) IS NULL THEN ? ELSE ? END", (own, within, own))

    def where(self, sql: str, *values: Any) -> Condition:
        """A condition: ``{type}`` and ``{value}`` are the field's, ``{path}`` its path, ``?`` after these stands for values."""
        uses = sum(sql.count(use) for use in ("{type}", "{value}", "{path}"))
        said = sql.format(
            type=f"json_type(metadata, {self.path})", value=f"json_extract(metadata, {self.path})", path=self.path
        )
        return Condition(said, self.arguments * uses + values)

    def member(self, sql: str, *values: Any) -> Condition:
        """A condition on the elements of a list, which have ``type`` and ``value``."""
        within = f"EXISTS (SELECT 1 FROM json_each(metadata, {{path}}) WHERE {sql})"
        return self.where(f"{{type}} = 'array' AND {within}", *values)


def _compare(name: str, operator: str, value: Any) -> Condition:
    if operator == "!=":
        return _not(_compare(name, "=", value))
    if value is None:
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to null or not, but not {operator} null.")
        return _not(_exists(name))
    if name in ("lang", "id"):
        value = canonical(_text(value)) if name == "lang" else _text(value)
        return Condition(f"{name} {operator} ?", (value,))
    field = _Field.named(name)
    if isinstance(value, bool):
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to {str(value).lower()} or not, but not {operator}.")
        word = str(value).lower()
        parts = [field.where("{type} = ?", word), field.where("{type} = 'text' AND lower({value}) = ?", word)]
        return _joined("OR", [*parts, field.member("type = ?", word)])
    if isinstance(value, int | float):
        plain, member = _numeric(field, operator, "?", _sized(value)), f"{_NUMBERS} AND value = ?"
    elif isinstance(value, str):
        plain, member = field.where(f"{_SCALARS} AND CAST({{value}} AS TEXT) {operator} ?", value), f"{_TEXTS} = ?"
    else:
        raise OptionError(f"{name!r} is compared with text, a number, true, false or null, not with {value!r}.")
    return _joined("OR", [plain, field.member(member, _sized(value))]) if operator == "=" else plain


# JSON's true is 1 to SQLite, and a list is its text, so types are always asked.
_SCALARS = "{type} IN ('text', 'integer', 'real')"
_NUMBERS = "type IN ('integer', 'real')"
_TEXTS = "type = 'text' AND value"


def _numeric(field: _Field, operator: str, right: str, value: Any) -> Condition:
    """A comparison of numbers, and of digits as text, as csv files have them."""
    whole = field.where(f"{{type}} IN ('integer', 'real') AND {{value}} {operator} {right}", value)
    spelled = field.where(
        "{type} = 'text' AND trim({value}) GLOB '*[0-9]*' AND trim({value}) NOT GLOB '*[^0-9.eE+-]*' "
        f"AND CAST({{value}} AS REAL) {operator} {right}",
        value,
    )
    return _joined("OR", [whole, spelled])


def _text(value: Any) -> str:
    try:
        return str(value)
    except ValueError:
        raise OptionError(_TOO_LARGE) from None


def _sized(value: Any) -> Any:
    """Whole numbers that SQLite does not have, as floats."""
    if not isinstance(value, int) or -_LARGEST <= value < _LARGEST:
        return value
    try:
        return float(value)
    except OverflowError:
        raise OptionError(_TOO_LARGE) from None


def _in(name: str, values: Any) -> Condition:
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise OptionError(f"{name!r} in … takes a list of values, not {values!r}.")
    values = list(values)
    if name in ("lang", "id"):
        there = [_text(value) if name == "id" else canonical(_text(value)) for value in values if value is not None]
        parts = [Condition(f"{name} IN {_LISTED}", (_as_list(there),))]
        return _joined("OR", parts + [_compare(name, "=", None)] * (None in values))
    field = _Field.named(name)
    texts = [value for value in values if isinstance(value, str)]
    numbers = [_sized(value) for value in values if _is_number(value)]
    parts = [_compare(name, "=", value) for value in values if not isinstance(value, str) and not _is_number(value)]
    # One argument for all, because there may be thousands.
    if texts:
        parts.append(field.where(f"{_SCALARS} AND CAST({{value}} AS TEXT) IN {_LISTED}", _as_list(texts)))
        parts.append(field.member(f"{_TEXTS} IN {_LISTED}", _as_list(texts)))
    if numbers:
        parts.append(_numeric(field, "IN", _LISTED, _as_list(numbers)))
        parts.append(field.member(f"{_NUMBERS} AND value IN {_LISTED}", _as_list(numbers)))
    return _joined("OR", parts) if parts else Condition("0", ())


_LISTED = "(SELECT value FROM json_each(?))"


def _as_list(values: list[Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != math.inf and value == value  # noqa: PLR0124


def _contains(name: str, value: Any) -> Condition:
    if name in ("lang", "id"):
        return Condition(f"instr({name}, ?) > 0", (_text(value),))
    part = _Field.named(name).where(f"{_SCALARS} AND instr(CAST({{value}} AS TEXT), ?) > 0", _text(value))
    return _joined("OR", [part, _compare(name, "=", value)])


def _exists(name: str) -> Condition:
    if name in ("lang", "id"):
        return Condition(f"{name} IS NOT NULL", ())
    return _Field.named(name).where("coalesce({type}, 'null') != 'null'")


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
            # Two of them are none.
            negated = True
            while self._take("not"):
                negated = not negated
            found = self._one()
            return _not(found) if negated else found
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
            value: Any = float(word) if re.search(r"[.eE]", word) or len(word) > _DIGITS else int(word)
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

    def _values(self) -> list[Any]:
        close = ")" if self._take("(") else "]" if self._take("[") else None
        if close is None:
            raise self._wrong("a list in parentheses")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(close)
        return values
