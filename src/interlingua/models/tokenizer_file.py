"""Writing a SentencePiece unigram vocabulary as a standard ``tokenizer.json`` (the format of ``tokenizers``).

The JSON is written by hand, with sorted structure and fixed separators, so that its bytes depend on the vocabulary alone and
not on a library's version.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interlingua.models.files import TOKENIZER_FILE

Special = tuple[str, int]


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


def write_unigram(  # noqa: PLR0913 - a vocabulary simply has these parts
    folder: Path,
    *,
    pieces: Sequence[tuple[str, float]],
    unknown: int,
    begin: Special,
    end: Special,
    padding: Special | None,
    other_special: Sequence[Special] = (),
    normalizer: dict[str, Any],
) -> None:
    """Write ``tokenizer.json`` into ``folder``: ``pieces`` as (piece, score), each text between ``begin`` and ``end``."""
    special = sorted(
        {begin, end, *other_special, *([padding] if padding else []), (pieces[unknown][0], unknown)}, key=lambda s: s[1]
    )
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": False}
    document = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(token, number) for token, number in special],
        "normalizer": normalizer,
        "pre_tokenizer": metaspace,
        "post_processor": _template(begin, end),
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": [[piece, score] for piece, score in pieces],
            "byte_fallback": False,
        },
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (folder / TOKENIZER_FILE).write_text(text, encoding="utf-8")


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
