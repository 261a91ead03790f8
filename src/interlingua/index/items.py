"""What may be added to an index: texts, records and dicts, made into documents, or refused in one sentence with the row."""

from __future__ import annotations

import hashlib
import json
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from numbers import Integral
from typing import Any, TypeVar

from interlingua.errors import InputError, UnknownLanguage
from interlingua.index.records import Document
from interlingua.languages import canonical
from interlingua.scoring.similarity import languages_of
from interlingua.texts.checking import find_problems
from interlingua.types import Record

Item = str | Record | Document | Mapping[str, Any]
"""A document: a text, a Record, a Document, or a dict with ``text`` and, if wanted, ``id``, ``lang`` and other fields; a dict
under ``metadata``, as an export has it, is taken as the fields in it."""

# Documents that are embedded and written together, and characters: what an interruption costs.
_CHUNK = 2048
_CHARACTERS = 16_000_000
_LONGEST_ID = 1000
# Below it JSON has every whole number without a look.
_LARGEST = 2**63
# Controls, halves of characters, ends of lines and paragraphs, and what is no character. What joins and separates letters is
# needed in Persian and other scripts, and there are several spaces.
_UNSEEN = ("Cc", "Cs", "Zl", "Zp", "Cn")
_I = TypeVar("_I")


def _length(item: object) -> int:
    text = item.get("text") if isinstance(item, Mapping) else getattr(item, "text", item)
    return len(text) if isinstance(text, str) else 0


def chunked(
    items: Iterable[_I], most: int | None = None, characters: Callable[[_I], int] = _length
) -> Iterator[list[_I]]:
    """Items in portions, which are smaller where the items are long.

    Args:
        items: what is divided.
        most: how many items a portion has; by default 2,048.
        characters: how long an item is.
    """
    chunk: list[_I] = []
    total = 0
    for item in items:
        chunk.append(item)
        total += characters(item)
        if len(chunk) == (most or _CHUNK) or total >= _CHARACTERS:
            yield chunk
            chunk, total = [], 0
    if chunk:
        yield chunk


def as_list(given: Any, single: tuple[type, ...], wanted: str) -> Iterable[Any]:
    """What was given as an iterable; one of the types ``single`` becomes a list of one.

    Raises:
        InputError: it is none, or its elements would not be what was meant: the bytes of a text, the names of fields.
    """
    if isinstance(given, single):
        return [given]
    if isinstance(given, bytes | bytearray | Mapping) or not isinstance(given, Iterable):
        raise InputError(f"{wanted}, not {_said(given)}.")
    return given


def as_documents(items: Sequence[Item], first: int = 0) -> list[Document]:
    """Documents with their languages, those that are not given identified.

    Args:
        items: what was given.
        first: the row of the first of them, for messages.

    Raises:
        InputError: an item is no document, or its text cannot be embedded.
    """
    documents = [_as_document(item, first + row) for row, item in enumerate(items)]
    texts = [document.text for document in documents]
    problems = find_problems(list(texts))
    if problems:
        rows = [first + problem.row for problem in problems]
        others = f", and {len(rows) - 1:,} more rows cannot" if len(rows) > 1 else ""
        raise InputError(f"documents: row {rows[0]} (from 0) cannot be added: {problems[0].reason}{others}.", rows)
    langs = languages_of(texts, [document.lang for document in documents])
    return [replace(document, lang=lang) for document, lang in zip(documents, langs, strict=True)]


def id_of(given: object, row: int | None = None) -> str:
    """An id as it is kept.

    Raises:
        InputError: it is no text, number or UUID, or one that cannot be an id.
    """
    if isinstance(given, Integral) and not isinstance(given, bool):
        if abs(int(given)) >= 10**_LONGEST_ID:
            raise _refused(f"the id is a number of more than {_LONGEST_ID:,} digits", row)
        return str(int(given))
    if isinstance(given, uuid.UUID):
        return str(given)
    if not isinstance(given, str):
        raise _refused(f"an id is a text or a whole number, not {_said(given)}", row)
    if not given:
        raise _refused("the id is empty", row)
    if len(given) > _LONGEST_ID:
        raise _refused(f"the id {given[:20]!r}… has {len(given):,} characters; {_LONGEST_ID:,} are allowed", row)
    if not given.isprintable():
        for at, character in enumerate(given):
            if unicodedata.category(character) in _UNSEEN:
                raise _refused(
                    f"the id has U+{ord(character):04X} at position {at}, which nobody can see or type: {given!r:.60}",
                    row,
                )
    return given


def refusal(record: Record) -> str | None:
    """Why a record cannot be a document, whatever its text is; None if it can."""
    try:
        if record.id:
            id_of(record.id)
        _as_metadata(record.metadata, None)
    except InputError as error:
        return str(error).removesuffix(".")
    return None


def changed(before: Document, change: Mapping[str, Any], row: int) -> Document:
    """A document with changes; None takes a field away."""
    others = _unfolded({name: value for name, value in change.items() if name not in ("id", "text", "lang")})
    fields = {**before.metadata, **_as_metadata(others, row)}
    metadata = {name: value for name, value in fields.items() if name not in others or others[name] is not None}
    text = change.get("text", before.text)
    # Another text may be in another language.
    lang = change.get("lang", before.lang if text == before.text else None)
    return Document(before.id, text, lang, metadata)


def differs(document: Document, before: Document | None) -> bool:
    """Whether a document must be embedded again."""
    return before is None or (document.text, document.lang) != (before.text, before.lang)


def has_other_fields(document: Document, before: Document) -> bool:
    """Whether the fields are others, as they are written: 1, 1.0 and true are equal in Python, and are not the same."""
    return _spelled(document.metadata) != _spelled(before.metadata)


def _spelled(fields: Mapping[str, Any]) -> str:
    return json.dumps(dict(fields), sort_keys=True)


def _as_document(item: object, row: int) -> Document:
    if isinstance(item, Document):
        return _checked(item.id, item.text, item.lang, item.metadata, row)
    if isinstance(item, Record):
        return _checked(item.id or None, item.text, item.lang, item.metadata, row)
    if not isinstance(item, Mapping):
        return _checked(None, item, None, {}, row)
    fields = dict(item)
    if "text" not in fields:
        names = ", ".join(sorted(map(str, fields))) or "none"
        raise InputError(f"documents: row {row} (from 0) is a dict without a field 'text'; its fields: {names}.", [row])
    text, lang, given = fields.pop("text"), fields.pop("lang", None), fields.pop("id", None)
    return _checked(given, text, lang, _unfolded(fields), row)


def _unfolded(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields with those that stand below ``metadata``, as in an export."""
    within = fields.get("metadata")
    if not isinstance(within, Mapping):
        return fields
    return {name: value for name, value in fields.items() if name != "metadata"} | dict(within)


def _checked(given: object, text: object, lang: object, fields: Mapping[str, Any], row: int) -> Document:
    metadata = _as_metadata(fields, row)
    own = _made_id(text, metadata) if given is None else id_of(given, row)
    # What is wrong with the text is said for all rows together.
    return Document(own, text, _as_language(lang, row), metadata)  # type: ignore[arg-type]


def _as_language(lang: object, row: int) -> str | None:
    if lang is None or lang == "":
        return None
    if not isinstance(lang, str):
        raise _refused(f"a language is a code such as 'de', or None where it is unknown, not {_said(lang)}", row)
    try:
        return canonical(lang)
    except UnknownLanguage as error:
        raise UnknownLanguage(f"documents: row {row} (from 0): {error}") from error


def _as_metadata(fields: Mapping[str, Any], row: int | None) -> dict[str, Any]:
    """Fields as JSON gives them back."""
    found = {}
    for name, value in fields.items():
        if not isinstance(name, str):
            raise _refused(f"the names of fields are texts, not {_said(name)}", row)
        if value is None or (isinstance(value, bool | int) and abs(value) < _LARGEST):
            found[name] = value
            if name.isascii():
                continue
        try:
            written = json.dumps({name: value}, ensure_ascii=False, allow_nan=False, default=_plain)
            written.encode("utf-8")
            found |= json.loads(written)
        except (TypeError, ValueError, RecursionError) as error:
            why = "NaN, a missing value: leave it out or give None" if isinstance(value, float) else str(error)
            why = "a number of very many digits" if "integer string conversion" in why else why
            raise _refused(
                f"the field {name!r:.60} cannot be kept, because JSON cannot hold it ({why})", row
            ) from error
    return found


def _plain(value: object) -> object:
    """What tables hold, as JSON can hold it."""
    if isinstance(value, date):
        if value != value:  # noqa: PLR0124
            raise ValueError("NaT, a missing value: leave it out or give None")
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"it is {_said(value)}")


def _made_id(text: object, fields: Mapping[str, Any]) -> str:
    said = json.dumps([str(text), fields], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()


def _said(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, float) and value != value:  # noqa: PLR0124
        return "NaN, a missing value"
    return f"{type(value).__name__} ({value!r:.40})"


def _refused(why: str, row: int | None) -> InputError:
    where = "" if row is None else f"documents: row {row} (from 0) cannot be added: "
    return InputError(f"{where}{why}.", [] if row is None else [row])
