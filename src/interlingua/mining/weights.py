"""The weights of the evidence, fitted by ``tools/fit_mining.py``: with what the texts show, and without."""

from __future__ import annotations

from interlingua.mining.evidence import Weights
from interlingua.models.naming import SEPARATOR, parts_of

GENERAL = (
    Weights(-2.346, 2.353, -2.476, -0.253, -0.189, 1.370, -0.427, -1.674, -0.523),
    Weights(-3.453, 2.428, -2.516, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
)
"""For any model."""

MODELS = {
    "e5-small": (
        Weights(-2.470, 2.613, -2.724, -0.256, -0.185, 1.255, -0.464, -1.553, -0.560),
        Weights(-3.704, 2.680, -2.717, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "use-multilingual-v3": (
        Weights(-3.481, 2.079, -1.922, -0.262, -0.173, 1.097, -0.007, -1.712, -0.949),
        Weights(-4.326, 2.076, -1.935, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "e5-small+0.3*use-multilingual-v3": (
        Weights(-4.105, 2.307, -2.087, -0.184, -0.204, 0.849, -0.218, -1.601, -1.013),
        Weights(-5.034, 2.317, -2.095, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ),
}
"""For those that come with the package, and both together."""


def weights_of(model: str) -> tuple[Weights, Weights]:
    """The weights for a model by its name: with what the texts show, and without.

    Those of two models side by side hold at other proportions as well, because cosines count by how they spread.
    """
    names = [name for name, _ in parts_of(model)] if SEPARATOR in model else [model]
    known = {frozenset(name for name, _ in parts_of(key)): weights for key, weights in MODELS.items()}
    return known.get(frozenset(names), GENERAL)
