"""Text to token ids, with the prompt in front and the model's limit observed and reported."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# A token of these vocabularies is at most 16 characters long, and composing combining characters shortens a text by about
# three: what lies beyond this many characters a token can only be cut off, so it need not be tokenised.
_CHARACTERS_PER_TOKEN = 64
_SPACES = re.compile(r"\s+")
# Soft hyphens, bidirectional controls and other format characters show nothing, but to the vocabularies they are unknown
# tokens, which change a vector more than a word does. Joiners and variation selectors stay: they spell words and emoji.
_UNSEEN = re.compile("[\xad\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]")
# A half-width kana and its voicing mark are two characters and one kana; a tokenizer may fold only single characters.
_HALF_WIDTH = re.compile("[\uff66-\uff9f]+")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token ids of each text, and the rows that were cut at the limit."""

    ids: list[list[int]]
    truncated: list[int]


class TextTokenizer:
    """A ``tokenizer.json`` with a model's limit."""

    def __init__(self, path: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Tokenizer = Tokenizer.from_file(str(path))
        self._limit = max_tokens
        padding = self._tokenizer.token_to_id("<pad>")
        # What stands at the padding is never looked at; it only has to be a valid id.
        self.fill: int = 0 if padding is None else padding

    def tokenize(self, texts: Sequence[str], prompt: str) -> Tokens:
        """Token ids of ``prompt + text``, special tokens included, cut at the limit."""
        truncated = set()
        prepared = []
        for row, text in enumerate(texts):
            ready, cut = self._prepare(text)
            prepared.append(prompt + ready)
            if cut:
                truncated.add(row)
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(prepared)]
        for row, tokens in enumerate(ids):
            if len(tokens) > self._limit:
                ids[row] = [*tokens[: self._limit - 1], tokens[-1]]
                truncated.add(row)
        return Tokens(ids, sorted(truncated))

    def _prepare(self, text: str) -> tuple[str, bool]:
        """One form for what is one text to a reader, and no more of it than can matter; and whether more was cut off."""
        most = self._limit * _CHARACTERS_PER_TOKEN
        cut = False
        folded = not text.isascii()
        if folded:
            text = _UNSEEN.sub("", text)
        if len(text) > most:
            text = _SPACES.sub(" ", text).strip()
            cut = len(text) > most
            text = text[:most]
        if folded:
            text = unicodedata.normalize("NFC", _HALF_WIDTH.sub(_to_full_width, text))
        return text, cut


def _to_full_width(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])
