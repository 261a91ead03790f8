"""Measures of quality: of rankings, of decisions, of probabilities, of groupings, and how sure each measure is. NumPy only.

Labels are booleans, or 0 and 1. Weights are non-negative numbers, one a row; only their ratios matter.
"""

from interlingua.metrics.bootstrap import Interval, bootstrap_interval
from interlingua.metrics.decisions import DecisionQuality, auroc, decision_quality, detection_rate, spearman
from interlingua.metrics.groupings import language_mixing, normalized_mutual_information, purity
from interlingua.metrics.probabilities import CalibrationBins, brier_score, calibration_bins, expected_calibration_error
from interlingua.metrics.rankings import (
    average_precisions,
    mean_average_precision,
    mean_reciprocal_rank,
    recall_at_k,
    recalls_at_k,
    reciprocal_ranks,
)

__all__ = [
    "CalibrationBins",
    "DecisionQuality",
    "Interval",
    "auroc",
    "average_precisions",
    "bootstrap_interval",
    "brier_score",
    "calibration_bins",
    "decision_quality",
    "detection_rate",
    "expected_calibration_error",
    "language_mixing",
    "mean_average_precision",
    "mean_reciprocal_rank",
    "normalized_mutual_information",
    "purity",
    "recall_at_k",
    "recalls_at_k",
    "reciprocal_ranks",
    "spearman",
]
