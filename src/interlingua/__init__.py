"""Interlingua: one vector space for all languages.

The public names are loaded when they are first used, so that ``import interlingua`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from interlingua._version import __version__

if TYPE_CHECKING:
    from interlingua.alignment.align import align
    from interlingua.alignment.beads import Bead
    from interlingua.alignment.documents import DocumentGroup, DocumentMatch, group_documents, match_documents
    from interlingua.classification.classifier import CrossLingualClassifier, Decision
    from interlingua.classification.curve import LearningCurve, learning_curve
    from interlingua.classification.evaluating import cross_validate, evaluate_classifier
    from interlingua.classification.evaluation import Evaluation
    from interlingua.classification.explaining import Explanation, explain
    from interlingua.classification.suggesting import Suggestion, suggest
    from interlingua.classification.suspects import Suspect, find_label_errors
    from interlingua.clustering.cluster import cluster, cluster_vectors
    from interlingua.clustering.result import Cluster, Clustered
    from interlingua.deduplication.dedup import dedup
    from interlingua.deduplication.result import Deduplicated, Removed
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
    from interlingua.index.index import Index
    from interlingua.index.records import Document
    from interlingua.inspection.findings import Finding
    from interlingua.languages import identify
    from interlingua.matching.match import match
    from interlingua.matching.results import Candidate, Match
    from interlingua.mining.filters import Filters
    from interlingua.mining.mine import Mined, MinedPair, mine
    from interlingua.neighbours import nearest
    from interlingua.quality.checking import TranslationCheck, check_translations, stream_translation_checks
    from interlingua.reports.cluster_map import ClusterMap, plot_clusters
    from interlingua.reports.confusion import ConfusionMap, plot_confusion
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
    "Bead": "alignment.beads",
    "CacheWarning": "encoding.embedding_cache",
    "Calibration": "scoring.calibration",
    "Candidate": "matching.results",
    "Cluster": "clustering.result",
    "ClusterMap": "reports.cluster_map",
    "Clustered": "clustering.result",
    "ConfusionMap": "reports.confusion",
    "CorruptCache": "errors",
    "CorruptIndex": "errors",
    "CorruptModel": "errors",
    "CrossLingualClassifier": "classification.classifier",
    "Decision": "classification.classifier",
    "Deduplicated": "deduplication.result",
    "Document": "index.records",
    "DocumentGroup": "alignment.documents",
    "DocumentMatch": "alignment.documents",
    "EmbeddingCache": "encoding.embedding_cache",
    "Encoded": "encoding.encoder",
    "Encoder": "encoding.encoder",
    "Evaluation": "classification.evaluation",
    "Explanation": "classification.explaining",
    "FakeEncoder": "encoding.fake",
    "Filters": "mining.filters",
    "Finding": "inspection.findings",
    "FontWarning": "reports.fonts",
    "Hit": "types",
    "Index": "index.index",
    "IndexBusy": "errors",
    "InputError": "errors",
    "InterlinguaError": "errors",
    "JointEncoder": "encoding.joint",
    "LanguageMeans": "scoring.centring",
    "LearningCurve": "classification.curve",
    "Match": "matching.results",
    "MemoryWarning": "encoding.memory",
    "Mined": "mining.mine",
    "MinedPair": "mining.mine",
    "MissingExtra": "errors",
    "ModelUnavailable": "errors",
    "OptionError": "errors",
    "OutOfMemory": "errors",
    "Picture": "reports.picture",
    "Record": "types",
    "Reliability": "scoring.calibrating",
    "Removed": "deduplication.result",
    "Scorer": "scoring.scorer",
    "Similarity": "scoring.similarity",
    "SimilarityMatrix": "scoring.similarity",
    "StorageError": "errors",
    "Suggestion": "classification.suggesting",
    "Suspect": "classification.suspects",
    "TextWarning": "texts.checking",
    "TranslationCheck": "quality.checking",
    "TruncationWarning": "encoding.truncation",
    "UnknownLanguage": "errors",
    "UnknownModel": "errors",
    "UntrustedSource": "errors",
    "WorkerDied": "errors",
    "WrongModel": "errors",
    "WrongNumbers": "errors",
    "align": "alignment.align",
    "calibrate": "scoring.calibrating",
    "calibrate_on_texts": "scoring.calibrating",
    "check_translations": "quality.checking",
    "clean": "texts.cleaning",
    "clean_all": "texts.cleaning",
    "cluster": "clustering.cluster",
    "cluster_vectors": "clustering.cluster",
    "cross_validate": "classification.evaluating",
    "dedup": "deduplication.dedup",
    "evaluate_classifier": "classification.evaluating",
    "explain": "classification.explaining",
    "find_label_errors": "classification.suspects",
    "group_documents": "alignment.documents",
    "identify": "languages",
    "learning_curve": "classification.curve",
    "load_corpus": "demo.corpus",
    "match": "matching.match",
    "match_documents": "alignment.documents",
    "mine": "mining.mine",
    "nearest": "neighbours",
    "plot_calibration": "reports.reliability",
    "plot_clusters": "reports.cluster_map",
    "plot_confusion": "reports.confusion",
    "plot_scores": "reports.score_histogram",
    "plot_similarity": "reports.similarity_map",
    "search": "searching",
    "similarity": "scoring.similarity",
    "similarity_matrix": "scoring.similarity",
    "stream_translation_checks": "quality.checking",
    "suggest": "classification.suggesting",
}

__all__ = [
    "Bead",
    "CacheWarning",
    "Calibration",
    "Candidate",
    "Cluster",
    "ClusterMap",
    "Clustered",
    "ConfusionMap",
    "CorruptCache",
    "CorruptIndex",
    "CorruptModel",
    "CrossLingualClassifier",
    "Decision",
    "Deduplicated",
    "Document",
    "DocumentGroup",
    "DocumentMatch",
    "EmbeddingCache",
    "Encoded",
    "Encoder",
    "Evaluation",
    "Explanation",
    "FakeEncoder",
    "Filters",
    "Finding",
    "FontWarning",
    "Hit",
    "Index",
    "IndexBusy",
    "InputError",
    "InterlinguaError",
    "JointEncoder",
    "LanguageMeans",
    "LearningCurve",
    "Match",
    "MemoryWarning",
    "Mined",
    "MinedPair",
    "MissingExtra",
    "ModelUnavailable",
    "OptionError",
    "OutOfMemory",
    "Picture",
    "Record",
    "Reliability",
    "Removed",
    "Scorer",
    "Similarity",
    "SimilarityMatrix",
    "StorageError",
    "Suggestion",
    "Suspect",
    "TextWarning",
    "TranslationCheck",
    "TruncationWarning",
    "UnknownLanguage",
    "UnknownModel",
    "UntrustedSource",
    "WorkerDied",
    "WrongModel",
    "WrongNumbers",
    "__version__",
    "align",
    "calibrate",
    "calibrate_on_texts",
    "check_translations",
    "clean",
    "clean_all",
    "cluster",
    "cluster_vectors",
    "cross_validate",
    "dedup",
    "evaluate_classifier",
    "explain",
    "find_label_errors",
    "group_documents",
    "identify",
    "learning_curve",
    "load_corpus",
    "match",
    "match_documents",
    "mine",
    "nearest",
    "plot_calibration",
    "plot_clusters",
    "plot_confusion",
    "plot_scores",
    "plot_similarity",
    "search",
    "similarity",
    "similarity_matrix",
    "stream_translation_checks",
    "suggest",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'interlingua' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"interlingua.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
