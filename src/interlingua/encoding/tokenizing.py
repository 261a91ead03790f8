"""Text to token ids, with the prompt in front and the model's limit observed and reported."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from interlingua.encoding.vocabulary import Vocabulary
from interlingua.models.files import NORMALIZER_FILE, VOCABULARY_FILE

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
    """An imported model's normaliser and vocabulary, with the model's limit.

    Gives the ids that ``tokenizers`` gives with the ``tokenizer.json`` beside them, except that the special pieces' spellings
    (``<s>``) in a text are text.
    """

    # What stands at the padding is never looked at; it only has to be a valid id.
    fill = 0

    def __init__(self, folder: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        normalizer = Tokenizer.from_file(str(folder / NORMALIZER_FILE)).normalizer
        self._normalise: Callable[[str], str] = normalizer.normalize_str
        self._vocabulary = Vocabulary(folder / VOCABULARY_FILE)
        self._limit = max_tokens

    def tokenize(self, texts: Sequence[str], prompt: str) -> Tokens:
        """Token ids of ``prompt + text``, special tokens included, cut at the limit."""
        vocabulary, room = self._vocabulary, self._limit - 2
        ids, truncated = [], []
        for row, text in enumerate(texts):
            ready, cut = self._prepare(text)
            tokens = vocabulary.ids(self._normalise(prompt + ready))
            if cut or len(tokens) > room:
                truncated.append(row)
            ids.append([vocabulary.begin, *tokens[:room], vocabulary.end])
        return Tokens(ids, truncated)

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
