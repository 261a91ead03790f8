"""What lies in the documents' file, row by row: documents and passages, and how their fields and checksums are written."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.types import Vectors

_DECODE = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it lies in the index.

    Attributes:
        id: its id.
        text: the whole text.
        lang: its language code, or None where unknown.
        metadata: its other fields.
    """

    id: str
    text: str
    lang: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Passage(NamedTuple):
    """A part of a document that has a vector of its own.

    Attributes:
        start: where it begins in the document's text, in characters.
        stop: where it ends.
        vector: float32, shape (d,).
    """

    start: int
    stop: int
    vector: Vectors


class Excerpt(NamedTuple):
    """A passage as it is shown, with what is known of its document.

    Attributes:
        id: the document's id.
        text: the passage's own text.
        lang: the document's language code, or None where unknown.
        metadata: the document's other fields.
        start: where the passage begins in the document's text, in characters; None where it is the whole.
        stop: where it ends.
    """

    id: str
    text: str
    lang: str | None
    metadata: Mapping[str, Any]
    start: int | None
    stop: int | None


class Tail(NamedTuple):
    """Passages after a key, in the order of their keys.

    Attributes:
        keys: int64, (n,).
        numbers: int64, (n,): their documents.
        langs: their languages.
        vectors: float32, (n, d).
    """

    keys: NDArray[np.int64]
    numbers: NDArray[np.int64]
    langs: list[str | None]
    vectors: Vectors


def as_json(metadata: Mapping[str, Any]) -> str | None:
    """Other fields as they are written; None where there are none.

    Raises:
        OptionError: JSON cannot hold them.
    """
    if not metadata:
        return None
    try:
        return json.dumps(dict(metadata), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise OptionError(f"Metadata must be what JSON can hold ({error}).") from error


def from_json(text: str | None) -> dict[str, Any]:
    """Other fields of what was written."""
    # As json.loads, which first looks at white space and for options; the text is as ``as_json`` wrote it.
    found: dict[str, Any] = _DECODE(text)[0] if text else {}
    return found


def document_checksum(id: str, lang: str | None, text: str, metadata: str | None) -> int:
    """The checksum of a document's row."""
    # As json.dumps writes a list of them, at a tenth of the time.
    language = "null" if lang is None else encode_basestring(lang)
    fields = "null" if metadata is None else encode_basestring(metadata)
    said = f"[{encode_basestring(id)}, {language}, {encode_basestring(text)}, {fields}]"
    return zlib.crc32(said.encode("utf-8", "surrogatepass"))


def passage_checksum(number: int, start: int, stop: int, lang: str | None, vector: bytes) -> int:
    """The checksum of a passage's row."""
    return zlib.crc32(vector, zlib.crc32(f"{number} {start} {stop} {lang}".encode()))
