"""Writing a SentencePiece unigram vocabulary as a standard ``tokenizer.json`` (the format of ``tokenizers``).

The JSON is written by hand, with sorted structure and fixed separators, so that its bytes depend on the vocabulary alone and
not on a library's version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interlingua.models.files import NORMALIZER_FILE, TOKENIZER_FILE

Special = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Unigram:
    """A SentencePiece unigram vocabulary.

    Attributes:
        pieces: (piece, score) by id.
        unknown: the id of the unknown piece.
        begin: the piece put before each text, and its id.
        end: the piece put after each text.
        others: more pieces that stand for no text.
        normalizer: what is done to a text first, in the form of ``tokenizers``.
    """

    pieces: Sequence[tuple[str, float]]
    unknown: int
    begin: Special
    end: Special
    others: Sequence[Special]
    normalizer: dict[str, Any]

    def special(self) -> list[Special]:
        """All pieces that stand for no text, by id."""
        unknown = (self.pieces[self.unknown][0], self.unknown)
        return sorted({self.begin, self.end, unknown, *self.others}, key=lambda piece: piece[1])


def nmt_nfkc() -> dict[str, Any]:
    """SentencePiece's ``nmt_nfkc`` from the building blocks of ``tokenizers``."""
    return {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, *_tidy_spaces()]}


def precompiled(charsmap_base64: str) -> dict[str, Any]:
    """A SentencePiece normaliser given by its own compiled table."""
    table = {"type": "Precompiled", "precompiled_charsmap": charsmap_base64}
    return {"type": "Sequence", "normalizers": [table, *_tidy_spaces()]}


def _tidy_spaces() -> list[dict[str, Any]]:
    return [
        {"type": "Strip", "strip_left": True, "strip_right": True},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
    ]


def write_tokenizer(folder: Path, unigram: Unigram) -> None:
    """Write ``tokenizer.json`` into ``folder``."""
    _write(folder / TOKENIZER_FILE, unigram, unigram.pieces, unigram.unknown, unigram.special())


def write_normalizer(folder: Path, unigram: Unigram) -> None:
    """Write ``normalizer.json`` into ``folder``: the same without a vocabulary, which takes no time to load."""
    _write(folder / NORMALIZER_FILE, unigram, [unigram.pieces[unigram.unknown]], 0, [])


def _write(
    path: Path, unigram: Unigram, pieces: Sequence[tuple[str, float]], unknown: int, special: Sequence[Special]
) -> None:
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, number) for token, number in special],
        "normalizer": unigram.normalizer,
        "pre_tokenizer": metaspace,
        "post_processor": _template(unigram.begin, unigram.end) if special else None,
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": [[piece, score] for piece, score in pieces],
            "byte_fallback": False,
        },
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text, encoding="utf-8")


def _added(token: str, number: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": number, "content": token, **flags}


def _template(begin: Special, end: Special) -> dict[str, Any]:
    def special(token: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": 0}}

    def sequence(name: str) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": 0}}

    single = [special(begin[0]), sequence("A"), special(end[0])]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, sequence("B"), special(end[0])],
        "special_tokens": {
            token: {"id": token, "ids": [number], "tokens": [token]} for token, number in sorted((begin, end))
        },
    }
