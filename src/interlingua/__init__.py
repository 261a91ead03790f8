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
    from interlingua.reports.fonts import FontWarning
    from interlingua.reports.picture import Picture
    from interlingua.reports.reliability import plot_calibration
    from interlingua.reports.score_histogram import plot_scores
    from interlingua.reports.similarity_map import plot_similarity
    from interlingua.scoring.calibrating import Reliability, calibrate, calibrate_on_texts
    from interlingua.scoring.calibration import Calibration
    from interlingua.scoring.centring import LanguageMeans
    from interlingua.scoring.scorer import Scorer
    from interlingua.scoring.similarity import Similarity, SimilarityMatrix, similarity, similarity_matrix
    from interlingua.searching import search
    from interlingua.texts.checking import TextWarning
    from interlingua.texts.cleaning import clean, clean_all
    from interlingua.types import Hit, Record

_WHERE = {
    "CacheWarning": "encoding.embedding_cache",
    "Calibration": "scoring.calibration",
    "CorruptCache": "errors",
    "CorruptIndex": "errors",
    "CorruptModel": "errors",
    "Document": "index.documents",
    "EmbeddingCache": "encoding.embedding_cache",
    "Encoded": "encoding.encoder",
    "Encoder": "encoding.encoder",
    "FakeEncoder": "encoding.fake",
    "FontWarning": "reports.fonts",
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
    "Picture": "reports.picture",
    "Record": "types",
    "Reliability": "scoring.calibrating",
    "Scorer": "scoring.scorer",
    "Similarity": "scoring.similarity",
    "SimilarityMatrix": "scoring.similarity",
    "StorageError": "errors",
    "TextWarning": "texts.checking",
    "TruncationWarning": "encoding.truncation",
    "UnknownLanguage": "errors",
    "UnknownModel": "errors",
    "UntrustedSource": "errors",
    "WorkerDied": "errors",
    "WrongModel": "errors",
    "WrongNumbers": "errors",
    "calibrate": "scoring.calibrating",
    "calibrate_on_texts": "scoring.calibrating",
    "clean": "texts.cleaning",
    "clean_all": "texts.cleaning",
    "identify": "languages",
    "load_corpus": "demo.corpus",
    "nearest": "neighbours",
    "plot_calibration": "reports.reliability",
    "plot_scores": "reports.score_histogram",
    "plot_similarity": "reports.similarity_map",
    "search": "searching",
    "similarity": "scoring.similarity",
    "similarity_matrix": "scoring.similarity",
}

__all__ = [
    "CacheWarning",
    "Calibration",
    "CorruptCache",
    "CorruptIndex",
    "CorruptModel",
    "Document",
    "EmbeddingCache",
    "Encoded",
    "Encoder",
    "FakeEncoder",
    "FontWarning",
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
    "Picture",
    "Record",
    "Reliability",
    "Scorer",
    "Similarity",
    "SimilarityMatrix",
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
    "calibrate",
    "calibrate_on_texts",
    "clean",
    "clean_all",
    "identify",
    "load_corpus",
    "nearest",
    "plot_calibration",
    "plot_scores",
    "plot_similarity",
    "search",
    "similarity",
    "similarity_matrix",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'interlingua' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"interlingua.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
