"""Conditions in SQL on a row of ``documents``: comparisons of its fields, and what joins them.

Fields lie in a column of JSON. A field that is not there equals nothing and is in no list; a list equals a value if it has it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from interlingua.errors import OptionError
from interlingua.languages import canonical

_LARGEST = 2**63
# SQLite takes a thousand levels of an expression, its parser a hundred parentheses within each other.
_DEEPEST = 40
OWN = ("lang", "id")
"""What is a document's own, and no field: always text."""
TOO_DEEP = "The filter is nested too deeply."
_TOO_LARGE = "The filter has a number of more than 300 digits; no field can be compared with it."
# JSON's true is 1 to SQLite, and a list is its text, so types are always asked.
_SCALARS = "{type} IN ('text', 'integer', 'real')"
_NUMBERS = "type IN ('integer', 'real')"
_TEXTS = "type = 'text' AND value"
# Compared with it, SQLite takes a text for a number if it is one as a whole, and any other text is larger than all numbers. A
# cast alone reads the digits that a text begins with: 12-34 would be 12.
_INFINITY = "CAST(9e999 AS REAL)"
_LISTED = "(SELECT value FROM json_each(?))"


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


def is_unicode(text: str) -> bool:
    """Whether a text can be written; lone surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def joined(word: str, parts: Sequence[Condition]) -> Condition:
    """Conditions joined by AND or OR."""
    if len(parts) == 1:
        return parts[0]
    # In halves, because SQLite allows no more than a thousand levels, and a chain has a level for each part.
    left, right = joined(word, parts[: len(parts) // 2]), joined(word, parts[len(parts) // 2 :])
    depth = max(left.depth, right.depth) + 1
    return _nested(f"({left.sql}) {word} ({right.sql})", left.arguments + right.arguments, depth)


def negated(part: Condition) -> Condition:
    """The opposite of a condition."""
    # What is neither true nor false, because a field is missing, counts as false, so its opposite is true.
    return _nested(f"({part.sql}) IS NOT TRUE", part.arguments, part.depth + 1)


def _nested(sql: str, arguments: tuple[Any, ...], depth: int) -> Condition:
    if depth > _DEEPEST:
        raise OptionError(TOO_DEEP)
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


def compare(name: str, operator: str, value: Any) -> Condition:
    """A field compared with a value."""
    if operator == "!=":
        return negated(compare(name, "=", value))
    if value is None:
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to null or not, but not {operator} null.")
        return negated(exists(name))
    if name in OWN:
        value = canonical(_text(value)) if name == "lang" else _text(value)
        return Condition(f"{name} {operator} ?", (value,))
    field = _Field.named(name)
    if isinstance(value, bool):
        if operator != "=":
            raise OptionError(f"{name!r} can be equal to {str(value).lower()} or not, but not {operator}.")
        word = str(value).lower()
        parts = [field.where("{type} = ?", word), field.where("{type} = 'text' AND lower({value}) = ?", word)]
        return joined("OR", [*parts, field.member("type = ?", word)])
    if isinstance(value, int | float):
        plain, member = _numeric(field, operator, "?", _sized(value)), f"{_NUMBERS} AND value = ?"
    elif isinstance(value, str):
        plain, member = field.where(f"{_SCALARS} AND CAST({{value}} AS TEXT) {operator} ?", value), f"{_TEXTS} = ?"
    else:
        raise OptionError(f"{name!r} is compared with text, a number, true, false or null, not with {value!r}.")
    return joined("OR", [plain, field.member(member, _sized(value))]) if operator == "=" else plain


def _numeric(field: _Field, operator: str, right: str, value: Any) -> Condition:
    """A comparison of numbers, and of texts that are a number as a whole, as csv files have them."""
    whole = field.where(f"{{type}} IN ('integer', 'real') AND {{value}} {operator} {right}", value)
    spelled = field.where(
        f"{{type}} = 'text' AND {{value}} <= {_INFINITY} AND CAST({{value}} AS NUMERIC) {operator} {right}", value
    )
    return joined("OR", [whole, spelled])


def among(name: str, values: Any) -> Condition:
    """A field that is one of some values."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise OptionError(f"{name!r} in … takes a list of values, not {values!r}.")
    values = list(values)
    if name in OWN:
        there = [_text(value) if name == "id" else canonical(_text(value)) for value in values if value is not None]
        parts = [Condition(f"{name} IN {_LISTED}", (_as_list(there),))]
        return joined("OR", parts + [compare(name, "=", None)] * (None in values))
    field = _Field.named(name)
    texts = [value for value in values if isinstance(value, str)]
    numbers = [_sized(value) for value in values if _is_number(value)]
    parts = [compare(name, "=", value) for value in values if not isinstance(value, str) and not _is_number(value)]
    # One argument for all, because there may be thousands.
    if texts:
        parts.append(field.where(f"{_SCALARS} AND CAST({{value}} AS TEXT) IN {_LISTED}", _as_list(texts)))
        parts.append(field.member(f"{_TEXTS} IN {_LISTED}", _as_list(texts)))
    if numbers:
        parts.append(_numeric(field, "IN", _LISTED, _as_list(numbers)))
        parts.append(field.member(f"{_NUMBERS} AND value IN {_LISTED}", _as_list(numbers)))
    return joined("OR", parts) if parts else Condition("0", ())


def contains(name: str, value: Any, spelled: str | None = None) -> Condition:
    """A field whose text has a part, or a list that has a value; ``spelled`` is the part as it was written, if that is known."""
    text = _text(value) if spelled is None else spelled
    if name in OWN:
        return Condition(f"instr({name}, ?) > 0", (text,))
    part = _Field.named(name).where(f"{_SCALARS} AND instr(CAST({{value}} AS TEXT), ?) > 0", text)
    return joined("OR", [part, compare(name, "=", value)])


def exists(name: str) -> Condition:
    """A field that is there."""
    if name in OWN:
        return Condition(f"{name} IS NOT NULL", ())
    return _Field.named(name).where("coalesce({type}, 'null') != 'null'")


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


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) != math.inf and value == value  # noqa: PLR0124


def _as_list(values: list[Any]) -> str:
    return json.dumps(values, ensure_ascii=False)
