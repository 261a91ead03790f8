"""An encoder that keeps account of what it cuts, so that a command can tell it by file row or name."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from interlingua.cli.output import say

if TYPE_CHECKING:
    from interlingua.encoding.encoder import Encoder
    from interlingua.encoding.joint import JointCard, JointEncoder
    from interlingua.models.card import ModelCard
    from interlingua.types import Prompt, Vectors

_T = TypeVar("_T")


class WatchedEncoder:
    """An encoder that keeps which texts it cuts, for a report by row or name, instead of warning for each call.

    Attributes:
        limit: the model's limit in tokens.
        cut: the texts that were cut at it.
    """

    def __init__(self, encoder: Encoder | JointEncoder) -> None:
        self._encoder = encoder
        self.limit = encoder.card.max_tokens
        self.cut: list[str] = []

    @property
    def card(self) -> ModelCard | JointCard:
        """The model's facts."""
        return self._encoder.card

    @property
    def name(self) -> str:
        """The model's short name."""
        return self._encoder.name

    @property
    def dimension(self) -> int:
        """The length d of a vector."""
        return self._encoder.dimension

    @property
    def fingerprint(self) -> str:
        """Equal fingerprints mean comparable vectors."""
        return self._encoder.fingerprint

    def knowing(self, langs: Iterable[str | None]) -> WatchedEncoder:
        """With those of several models that know all of these languages, and the same account."""
        inner = self._encoder
        if not hasattr(inner, "knowing"):
            return self
        some = WatchedEncoder(inner.knowing(langs))
        some.cut = self.cut
        return some

    def encode(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed texts that are compared with texts of the same kind."""
        return self._watched(self._encoder.encode, sentences)

    def encode_query(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed what is searched for."""
        return self._watched(self._encoder.encode_query, sentences)

    def encode_document(self, sentences: str | Sequence[str]) -> Vectors:
        """Embed what is searched in."""
        return self._watched(self._encoder.encode_document, sentences)

    def token_ids(self, sentences: Sequence[str], prompt: Prompt = "symmetric") -> list[list[int]]:
        """What the model reads of each text."""
        return self._encoder.token_ids(sentences, prompt)

    def report(self, names: Sequence[str], texts: Sequence[str]) -> None:
        """Say on standard error which texts of the command line were cut."""
        for name, text in zip(names, texts, strict=True):
            if text in self.cut:
                say(f"warning: {name} is longer than the model's {self.limit} tokens; what lies beyond does not count")

    def _watched(self, call: Callable[[str | Sequence[str]], Vectors], sentences: str | Sequence[str]) -> Vectors:
        with cut_texts([sentences] if isinstance(sentences, str) else sentences, self.cut):
            return call(sentences)


@contextmanager
def cut_texts(names: Sequence[_T], cut: list[_T]) -> Iterator[None]:
    """Collect what the texts are called that an encode call cuts; other warnings pass."""
    from interlingua.encoding.truncation import TruncationWarning
    from interlingua.texts.checking import TextWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", TextWarning)  # told already, by name or file row
        yield
    for warning in caught:
        message: Any = warning.message
        if isinstance(message, TruncationWarning):
            cut.extend(names[row] for row in message.rows)
        else:
            warnings.warn_explicit(message, warning.category, warning.filename, warning.lineno)
