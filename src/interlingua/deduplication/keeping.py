"""Which of several duplicates is kept: an order of all texts, from their content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from interlingua.errors import OptionError
from interlingua.languages import canonical
from interlingua.scoring.sizes import text_size
from interlingua.texts.checking import suspicions

KeepBy = Literal["best", "longest", "first"]
Keep = KeepBy | Callable[[int], Any]
"""``best``: what is not damaged and not all in capitals, of these the longest; ``longest``; ``first``: in the order given; or a
function that gives a row's value: the largest is kept."""


def check_keep(keep: Keep) -> Keep:
    """What decides, if it can.

    Raises:
        OptionError: there is no such rule.
    """
    if callable(keep) or keep in get_args(KeepBy):
        return keep
    rules = ", ".join(map(repr, get_args(KeepBy)))
    raise OptionError(f"keep is one of {rules}, or a function that takes a row and gives its value; not {keep!r}.")


def keeping_order(
    texts: Sequence[str],
    langs: Sequence[str | None],
    *,
    keep: Keep,
    prefer_langs: Sequence[str],
    ties: Sequence[str] | None,
) -> list[int]:
    """The rows, the one that is kept before all others first.

    Except with ``first``, and a function that goes by the row, it does not depend on the order of the texts: the last word have
    the text itself, its language and ``ties``.

    Args:
        texts: the texts.
        langs: their languages, or None.
        keep: what decides among texts of languages that are equally preferred.
        prefer_langs: the languages whose texts are kept before others, the most wanted first.
        ties: what decides between equal texts (their ids); None takes the one that comes first.

    Raises:
        UnknownLanguage: a preferred language is none.
        OptionError: there is no such rule, or what the function gives cannot be compared.
    """
    check_keep(keep)
    preference = {canonical(lang): place for place, lang in reversed(list(enumerate(prefer_langs)))}
    wanted = [preference.get(lang or "", len(preference)) for lang in langs]
    rows = list(range(len(texts)))
    # Stable sorts, the least important first: no tuple a row in memory.
    if ties is not None:
        rows.sort(key=ties.__getitem__)
    rows.sort(key=lambda row: langs[row] or "")
    rows.sort(key=texts.__getitem__)
    if keep == "first":
        rows.sort()
    elif callable(keep):
        values = [keep(row) for row in range(len(texts))]
        try:
            rows.sort(key=values.__getitem__, reverse=True)
        except TypeError as error:
            raise OptionError(f"keep gave values that cannot be compared: {error}.") from None
    else:
        sizes = [text_size(text) for text in texts]
        rows.sort(key=sizes.__getitem__, reverse=True)
        if keep == "best":
            faults = [text.isupper() for text in texts]
            for found in suspicions(texts):
                faults[found.row] = True
            rows.sort(key=faults.__getitem__)
    rows.sort(key=wanted.__getitem__)
    return rows
