"""The seam that everything above the encoder builds on, and the frozen records that travel between the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Embeddings: shape ``(n, d)``, or ``(d,)`` for a single text."""

Stored = NDArray[Any]
"""Vectors as float16 or float32, shape ``(n, d)``, in memory or mapped from a file."""

Prompt = Literal["symmetric", "query", "document"]
"""What a text is in the task at hand; a model may want another prefix for each."""


@runtime_checkable
class TextEncoder(Protocol):
    """What search, scoring and the rest ask of an encoder. ``Encoder`` and ``FakeEncoder`` both satisfy it.

    All three methods give unit-length float32 vectors: a ``str`` gives shape ``(d,)``, a sequence of n texts ``(n, d)``,
    an empty sequence ``(0, d)``.
    """

    @property
    def name(self) -> str:
        """The model's short name, by which shipped facts about it (such as its language means) are found."""

    @property
    def dimension(self) -> int:
        """The length d of a vector."""

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean comparable vectors."""

    def encode(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed texts that are compared with texts of the same kind."""

    def encode_query(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed what is searched for."""

    def encode_document(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed what is searched in."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text as it was read.

    Attributes:
        text: the text itself.
        id: the id given with it, or its row number as a string.
        lang: its language code as we write it (``de``), or None where none was given.
        row: where it stood: the line (txt, jsonl) or data row (csv, tsv), counted from 1.
        metadata: the other columns or fields.
    """

    text: str
    id: str
    lang: str | None = None
    row: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result.

    Attributes:
        id: the document's id.
        text: the document's text.
        lang: the document's language code, or None where unknown.
        score: the value that the hits are ranked by, higher is better: the centred cosine in a fair search, else the
            cosine; in a hybrid search of an index the fused score, after ``rerank`` the reranker's.
        cosine: the bare cosine of query and document.
        metadata: the document's other fields.
        start: where ``text`` begins in a longer document, in characters; None where it is the whole document.
        stop: where it ends.
        probability: that it answers the query, where that was asked for; else None.
    """

    id: str
    text: str
    lang: str | None
    score: float
    cosine: float
    metadata: Mapping[str, Any] = field(default_factory=dict)
    start: int | None = None
    stop: int | None = None
    probability: float | None = None
