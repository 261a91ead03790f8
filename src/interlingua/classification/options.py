"""The parameters of a classifier, checked when it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from interlingua.classification.heads import HeadName
from interlingua.classification.training import ClassWeight, Settings
from interlingua.errors import OptionError

_PENALTIES = (1.0, 3.0, 10.0)


@dataclass(frozen=True)
class Options:
    """What is left to cross-validation, and what is not.

    Attributes:
        heads: the heads to choose from.
        penalties: the values of C to choose from.
        settings: of the head, for what is not chosen.
        centring: whether vectors are centred by language; None is chosen.
        out_of_scope: the share of texts that no class is for.
        seed: of all that is drawn.
    """

    heads: tuple[HeadName, ...]
    penalties: tuple[float, ...]
    settings: Settings
    centring: bool | None
    out_of_scope: float
    seed: int

    @classmethod
    def of(cls, given: Any) -> Options:
        """Read them off an estimator.

        Raises:
            OptionError: one has no such value.
        """
        known = ("auto", *get_args(HeadName))
        if given.head not in known:
            raise OptionError(f"head is one of {', '.join(map(repr, known))}, not {given.head!r}.")
        for name, low in (("C", 0.0), ("n_neighbors", 0.0)):
            value = getattr(given, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > low):
                raise OptionError(f"{name} must be a number above 0, not {value!r}.")
        if given.centring not in (None, True, False):
            raise OptionError(f"centring is True, False or None, not {given.centring!r}.")
        _check_share("target_precision", given.target_precision)
        _check_share("out_of_scope", given.out_of_scope)
        return cls(
            ("blend", "logistic", "centroid") if given.head == "auto" else (given.head,),
            _PENALTIES if given.C is None else (float(given.C),),
            Settings(k=int(given.n_neighbors), class_weight=_class_weight(given.class_weight)),
            given.centring,
            given.out_of_scope,
            0 if given.random_state is None else int(given.random_state),
        )


def _check_share(name: str, value: object) -> None:
    if value is not None and (not isinstance(value, int | float) or not 0 < value < 1):
        raise OptionError(f"{name} is a number between 0 and 1, not {value!r}.")


def _class_weight(given: Any) -> ClassWeight:
    if given is None or given == "balanced" or isinstance(given, Mapping):
        return given  # type: ignore[no-any-return]
    raise OptionError(f"class_weight is None, 'balanced' or a weight for each label, not {given!r}.")
