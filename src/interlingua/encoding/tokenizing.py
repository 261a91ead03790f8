"""Text to token ids, with the prompt in front and the model's limit observed and reported."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from interlingua.encoding.vocabulary import Vocabulary
from interlingua.encoding.word_cache import WordCache
from interlingua.models.files import NORMALIZER_FILE, VOCABULARY_FILE

# A token of these vocabularies is at most 16 characters long, and composing combining characters shortens a text by about
# three: what lies beyond this many characters a token can only be cut off, so it need not be tokenised.
_CHARACTERS_PER_TOKEN = 64
# Texts whose words are looked up together: many enough for segmenting together, few enough for bounded memory.
_BLOCK_CHARACTERS = 1 << 17
_SPACES = re.compile(r"\s+")
# Soft hyphens, bidirectional controls and other format characters show nothing, but to the vocabularies they are unknown
# tokens, which change a vector more than a word does. Joiners and variation selectors stay: they spell words and emoji.
_UNSEEN = re.compile("[\xad\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb]")
# A half-width kana and its voicing mark are two characters and one kana; a tokenizer may fold only single characters.
_HALF_WIDTH = re.compile("[\uff66-\uff9f]+")
# Letters that a normaliser may take together with what stands before them, as it does with marks.
_LEANING_LETTERS = "\u0e33\u0eb3\uff9e\uff9f"
_PRINTABLE_ASCII = string.digits + string.ascii_letters + string.punctuation


@dataclass(frozen=True, slots=True)
class Tokens:
    """The token ids of each text, and the rows that were cut at the limit."""

    ids: list[list[int]]
    truncated: list[int]


class TextTokenizer:
    """An imported model's normaliser and vocabulary, with the model's limit.

    Gives the ids that ``tokenizers`` gives with the ``tokenizer.json`` beside them, except that the special pieces' spellings
    (``<s>``) in a text are text.

    Texts are taken apart at spaces before they are normalised, so that a word met before costs no more than finding it.
    The few words whose normal form may depend on their neighbours are recognised, and their texts are normalised whole.
    """

    # What stands at the padding is never looked at; it only has to be a valid id.
    fill = 0

    def __init__(self, folder: Path, max_tokens: int) -> None:
        from tokenizers import Tokenizer

        normalizer = Tokenizer.from_file(str(folder / NORMALIZER_FILE)).normalizer
        self._normalise: Callable[[str], str] = normalizer.normalize_str
        self._ascii_stays = self._normalise(_PRINTABLE_ASCII) == _PRINTABLE_ASCII
        self._vocabulary = Vocabulary(folder / VOCABULARY_FILE)
        self._words = WordCache()
        self.limit = max_tokens
        self.begin, self.end = self._vocabulary.begin, self._vocabulary.end

    def tokenize(self, texts: Sequence[str], prompt: str) -> Tokens:
        """Token ids of ``prompt + text``, special tokens included, cut at the limit."""
        begin, end, room = self.begin, self.end, self.limit - 2
        ids: list[list[int]] = []
        truncated = []
        for block in self._blocks(texts):
            for (_, cut), found in zip(block, self._ids([text for text, _ in block], prompt), strict=True):
                tokens = memoryview(found).cast("i").tolist()
                if cut or len(tokens) > room:
                    truncated.append(len(ids))
                ids.append([begin, *tokens[:room], end])
        return Tokens(ids, truncated)

    def content(self, text: str) -> NDArray[np.int32]:
        """The ids of all of a text, however long, without special tokens."""
        return np.frombuffer(self._ids([text], "")[0], dtype=np.int32)

    def _blocks(self, texts: Sequence[str]) -> Iterator[list[tuple[str, bool]]]:
        """The texts, without what can only be cut off, and whether there was such, in blocks of limited size."""
        most = self.limit * _CHARACTERS_PER_TOKEN
        block: list[tuple[str, bool]] = []
        characters = 0
        for text in texts:
            row = (text, False) if len(text) <= most else self._prepare(text)
            block.append(row)
            characters += len(row[0])
            if characters > _BLOCK_CHARACTERS:
                yield block
                block, characters = [], 0
        if block:
            yield block

    def _ids(self, texts: Sequence[str], prompt: str) -> list[bytes]:
        """The ids of each text with its prompt, as the bytes of int32 numbers."""
        rows = [(prompt + text).split(" ") for text in texts]
        # A prompt is not folded, and without a space behind it its last character and the text's first may be one.
        apart = not prompt or (prompt.isascii() and prompt.endswith(" "))
        known = self._ids_of_words(dict.fromkeys(chain.from_iterable(rows))) if apart else {}
        found: list[bytes] = []
        whole: list[int] = []
        for place, row in enumerate(rows):
            try:
                found.append(b"".join(map(known.__getitem__, row)))
            except KeyError:
                found.append(b"")
                whole.append(place)
        if whole:
            normal = [self._normalise(prompt + _fold(texts[place])) for place in whole]
            for place, ids in zip(whole, self._ids_of_normal(normal), strict=True):
                found[place] = ids
        return found

    def _ids_of_normal(self, texts: Iterable[str]) -> Iterator[bytes]:
        """The ids of texts that were normalised whole."""
        rows = [text.split(" ") if text else [] for text in texts]
        words = list(dict.fromkeys(chain.from_iterable(rows)))
        known = dict(zip(words, self._vocabulary.segment(words), strict=True))
        for row in rows:
            yield b"".join(map(known.__getitem__, row))

    def _ids_of_words(self, words: Iterable[str]) -> dict[str, bytes]:
        """The ids of each word whose normal form is the same beside any other word."""
        known = self._words.find(words)
        ends: dict[str, int] = {}
        parts: list[str] = []
        for word in words:
            if word not in known:
                normal = self._normal_words(word)
                if normal is not None:
                    parts += normal
                    ends[word] = len(parts)
        if ends:
            found = self._vocabulary.segment(parts)
            starts = chain([0], ends.values())
            unseen = {
                word: b"".join(found[start:end]) for (word, end), start in zip(ends.items(), starts, strict=False)
            }
            self._words.add(unseen)
            known.update(unseen)
        return known

    def _normal_words(self, word: str) -> list[str] | None:
        """The words that a word becomes in any text; None if they may depend on the text."""
        if not word:
            return []
        if self._ascii_stays and word.isascii() and word.isprintable():
            return [word]
        word = _fold(word)
        among = self._normalise(f"x {word} x")
        if not (among.startswith("x ") and among.endswith(" x")):
            return None
        normal = among.split(" ")[1:-1]
        # A mark or a space of another kind may be another thing at the beginning or the end of a text.
        leaning = not word[:1].isalnum() or word[0] in _LEANING_LETTERS or among[-3].isspace()
        if leaning and self._normalise(word) != " ".join(normal):
            return None
        return normal

    def _prepare(self, text: str) -> tuple[str, bool]:
        """One form for what is one text to a reader, and no more of it than can matter; and whether more was cut off."""
        most = self.limit * _CHARACTERS_PER_TOKEN
        cut = False
        if not text.isascii():
            text = _UNSEEN.sub("", text)
        if len(text) > most:
            text = _SPACES.sub(" ", text).strip()
            cut = len(text) > most
            text = text[:most]
        return _fold(text), cut


def _fold(text: str) -> str:
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _HALF_WIDTH.sub(_to_full_width, _UNSEEN.sub("", text)))


def _to_full_width(run: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", run[0])
