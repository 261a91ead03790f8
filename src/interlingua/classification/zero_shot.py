"""A classifier from what labels mean, without examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from interlingua.classification.fitting import Trained, model_facts, spaces
from interlingua.classification.heads import CentroidHead
from interlingua.classification.inputs import text_rows
from interlingua.classification.rehearsal import Rehearsal
from interlingua.errors import InputError
from interlingua.scoring.similarity import Langs
from interlingua.types import TextEncoder

# What makes probabilities of squared distances to descriptions: fitted to the topics of SIB-200 by their names.
_SHARPNESS = 6.0


def from_labels(
    labels: Sequence[str] | Mapping[str, str | Sequence[str]], encoder: TextEncoder, langs: Langs
) -> Trained:
    """See ``CrossLingualClassifier.zero_shot``."""
    described = _described(labels)
    names = sorted(described)
    texts = [text for name in names for text in described[name]]
    owner = np.array([number for number, name in enumerate(names) for _ in described[name]])
    rows = text_rows(texts, langs, encoder, identify=True)
    rehearsal = Rehearsal.shipped(encoder)
    # Not fitted to the descriptions: nothing is known of how far texts lie from each other.
    space = spaces(rehearsal, encoder, None)[0]
    features = space.features(rows.vectors, rows.langs)
    belongs = owner[:, None] == np.arange(len(names))
    centroids = belongs.T @ features / belongs.sum(axis=0)[:, None]
    # A class described in several ways has a shorter mean, and is no less near for that.
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    return Trained(
        classes=np.array(names),
        kind="one",
        space=space,
        head=CentroidHead(centroids, _SHARPNESS, np.zeros(len(names))),
        scale=1.0,
        confidence=None,
        examples=features.astype(np.float32),
        example_rows=np.arange(len(texts)),
        example_labels=belongs,
        texts=texts,
        langs=rows.langs,
        dimension=encoder.dimension,
        **model_facts(encoder),
        about={"zero_shot": True, "centring": space.centring, "head": "centroid", "classes": dict.fromkeys(names, 0)},
    )


def _described(labels: Sequence[str] | Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    """The descriptions of each label; a name describes itself, with what stands between words as spaces."""
    if isinstance(labels, str):
        raise InputError("labels is one text; give a list of labels, or a description for each.")
    if isinstance(labels, Mapping):
        found = {str(name): [told] if isinstance(told, str) else list(told) for name, told in labels.items()}
    else:
        found = {str(name): [str(name).replace("_", " ").replace("/", ", ")] for name in labels}
    if len(found) < 2:
        raise InputError("There are fewer than two labels to choose from.")
    empty = [
        name
        for name, told in found.items()
        if not told or not all(isinstance(one, str) and one.strip() for one in told)
    ]
    if empty:
        raise InputError(f"The label {empty[0]!r} has no description.")
    return found
