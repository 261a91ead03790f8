"""Interlingua: one vector space for all languages.

The public names are loaded when they are first used, so that ``import interlingua`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from interlingua._version import __version__

if TYPE_CHECKING:
    from interlingua.demo.corpus import load_corpus
    from interlingua.encoding.embedding_cache import CacheWarning, EmbeddingCache
    from interlingua.encoding.encoder import Encoded, Encoder
    from interlingua.encoding.fake import FakeEncoder
    from interlingua.encoding.joint import JointEncoder
    from interlingua.encoding.memory import MemoryWarning
    from interlingua.encoding.truncation import TruncationWarning
    from interlingua.errors import (
        CorruptCache,
        CorruptIndex,
        CorruptModel,
        IndexBusy,
        InputError,
        InterlinguaError,
        MissingExtra,
        ModelUnavailable,
        OptionError,
        OutOfMemory,
        StorageError,
        UnknownLanguage,
        UnknownModel,
        UntrustedSource,
        WorkerDied,
        WrongModel,
        WrongNumbers,
    )
    from interlingua.index.documents import Document
    from interlingua.index.index import Index
    from interlingua.languages import identify
    from interlingua.neighbours import nearest
    from interlingua.scoring.centring import LanguageMeans
    from interlingua.scoring.similarity import Similarity, similarity
    from interlingua.searching import search
    from interlingua.texts.checking import TextWarning
    from interlingua.texts.cleaning import clean, clean_all
    from interlingua.types import Hit, Record

_WHERE = {
    "CacheWarning": "encoding.embedding_cache",
    "CorruptCache": "errors",
    "CorruptIndex": "errors",
    "CorruptModel": "errors",
    "Document": "index.documents",
    "EmbeddingCache": "encoding.embedding_cache",
    "Encoded": "encoding.encoder",
    "Encoder": "encoding.encoder",
    "FakeEncoder": "encoding.fake",
    "Hit": "types",
    "Index": "index.index",
    "IndexBusy": "errors",
    "InputError": "errors",
    "InterlinguaError": "errors",
    "JointEncoder": "encoding.joint",
    "LanguageMeans": "scoring.centring",
    "MemoryWarning": "encoding.memory",
    "MissingExtra": "errors",
    "ModelUnavailable": "errors",
    "OptionError": "errors",
    "OutOfMemory": "errors",
    "Record": "types",
    "Similarity": "scoring.similarity",
    "StorageError": "errors",
    "TextWarning": "texts.checking",
    "TruncationWarning": "encoding.truncation",
    "UnknownLanguage": "errors",
    "UnknownModel": "errors",
    "UntrustedSource": "errors",
    "WorkerDied": "errors",
    "WrongModel": "errors",
    "WrongNumbers": "errors",
    "clean": "texts.cleaning",
    "clean_all": "texts.cleaning",
    "identify": "languages",
    "load_corpus": "demo.corpus",
    "nearest": "neighbours",
    "search": "searching",
    "similarity": "scoring.similarity",
}

__all__ = [
    "CacheWarning",
    "CorruptCache",
    "CorruptIndex",
    "CorruptModel",
    "Document",
    "EmbeddingCache",
    "Encoded",
    "Encoder",
    "FakeEncoder",
    "Hit",
    "Index",
    "IndexBusy",
    "InputError",
    "InterlinguaError",
    "JointEncoder",
    "LanguageMeans",
    "MemoryWarning",
    "MissingExtra",
    "ModelUnavailable",
    "OptionError",
    "OutOfMemory",
    "Record",
    "Similarity",
    "StorageError",
    "TextWarning",
    "TruncationWarning",
    "UnknownLanguage",
    "UnknownModel",
    "UntrustedSource",
    "WorkerDied",
    "WrongModel",
    "WrongNumbers",
    "__version__",
    "clean",
    "clean_all",
    "identify",
    "load_corpus",
    "nearest",
    "search",
    "similarity",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'interlingua' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"interlingua.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
