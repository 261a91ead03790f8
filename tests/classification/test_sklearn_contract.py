"""The classifier is a scikit-learn estimator: scikit-learn's own checks say so."""

from __future__ import annotations

import warnings

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from interlingua import CrossLingualClassifier

with warnings.catch_warnings():
    # It keeps the contract without the base class, so that a prediction does not import scikit-learn.
    warnings.filterwarnings("ignore", message=".*does not inherit from `sklearn.base.BaseEstimator`")
    every_check = parametrize_with_checks(
        [
            CrossLingualClassifier(),
            CrossLingualClassifier(head="knn"),
            CrossLingualClassifier(head="centroid"),
            CrossLingualClassifier(head="logistic", C=1.0),
        ]
    )


@pytest.mark.filterwarnings("ignore:.*does not inherit from `sklearn.base.BaseEstimator`")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@every_check
def test_keeps_scikit_learns_contract(estimator, check):
    check(estimator)
