"""How a classifier is trained: the options of ``classify train``, and of ``classify evaluate``, which trains as well."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.classification.classifier import CrossLingualClassifier


class HeadKind(StrEnum):
    """What learns from vectors."""

    auto = "auto"
    blend = "blend"
    logistic = "logistic"
    knn = "knn"
    centroid = "centroid"


class ClassWeightKind(StrEnum):
    """What examples count."""

    same = "same"
    balanced = "balanced"


Head = Annotated[
    HeadKind,
    typer.Option(
        "--head",
        help="What learns: logistic regression, nearest neighbours, class means, or blend of the first two; auto chooses.",
    ),
]
Penalty = Annotated[
    float | None,
    typer.Option(
        "--c", metavar="C", help="The inverse of the penalty on weights [default: chosen by cross-validation]."
    ),
]
Centring = Annotated[
    bool | None,
    typer.Option(
        "--centring/--no-centring", help="Take each language's mean out of vectors [default: by cross-validation]."
    ),
]
ClassWeight = Annotated[
    ClassWeightKind,
    typer.Option(
        "--class-weight", help="balanced: examples of rare labels count more, so that all labels count the same."
    ),
]
WantedPrecision = Annotated[
    float | None,
    typer.Option(
        "--target-precision",
        metavar="P",
        help="The share of answers that shall be right; where that cannot be had, 'unknown' is said [default: always answer].",
    ),
]
OutOfScope = Annotated[
    float,
    typer.Option(
        "--out-of-scope",
        metavar="SHARE",
        help="The share of texts to expect that no label is for, for --target-precision.",
    ),
]


def new_classifier(
    encoder: Any,
    head: HeadKind,
    penalty: float | None,
    centring: bool | None,
    class_weight: ClassWeightKind,
    target_precision: float | None,
    out_of_scope: float,
) -> CrossLingualClassifier:
    """A classifier that is not trained yet.

    Raises:
        OptionError: a value that the option does not have.
    """
    from interlingua.classification.classifier import CrossLingualClassifier

    for name, share in (("--target-precision", target_precision), ("--out-of-scope", out_of_scope)):
        if share is not None and not 0 < share < 1:
            raise OptionError(f"{name} is a number between 0 and 1, not {share}.")
    if penalty is not None and not penalty > 0:
        raise OptionError(f"--c must be a number above 0, not {penalty}.")
    return CrossLingualClassifier(
        encoder,
        head=head.value,
        C=penalty,
        centring=centring,
        class_weight=None if class_weight is ClassWeightKind.same else "balanced",
        target_precision=target_precision,
        out_of_scope=out_of_scope,
    )
