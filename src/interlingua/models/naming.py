"""How several models that are used together are spelled: ``e5-small+0.2*use-multilingual-v3``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from interlingua.errors import OptionError

SEPARATOR = "+"

BESIDE = 0.2
"""What the models after the first weigh, unless it is said.

Found on XQuAD-R with e5-small and use-multilingual-v3. The vectors of the first lie close together (unrelated texts have a cosine
of 0.8), so a fifth of the other's is about as much.
"""


ENSEMBLE = "e5-small+0.3*use-multilingual-v3"
"""What ``ensemble`` stands for: both bundled models. Found on Tatoeba and with what mining's weights were fitted to."""


def parts_of(name: str) -> list[tuple[str, float]]:
    """The models and weights of a joint name such as ``e5-small+0.2*use-multilingual-v3``; one model at 1 for any other name.

    Raises:
        OptionError: a weight is no number.
    """
    found = []
    for place, part in enumerate(name.split(SEPARATOR)):
        weight, star, model = part.strip().partition("*")
        if not star:
            found.append((weight, BESIDE if place else 1.0))
            continue
        try:
            found.append((model.strip(), float(weight)))
        except ValueError:
            raise OptionError(f"{name!r}: {weight!r} is no weight; write 0.5*MODEL.") from None
    return found


def spelled(names: Iterable[str], weights: Sequence[float]) -> str:
    """What ``parts_of`` takes apart."""
    return SEPARATOR.join(
        name if weight == 1 else f"{weight:g}*{name}" for name, weight in zip(names, weights, strict=True)
    )
