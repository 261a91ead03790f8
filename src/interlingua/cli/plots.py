"""``--plot FILE``: the picture of a command's results, checked before the work and written after it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from interlingua.cli.output import say
from interlingua.errors import InputError

if TYPE_CHECKING:
    from interlingua.reports.picture import Picture
    from interlingua.reports.scales import Unit

ON_SCREEN = "-"


def check_plot(path: str | None) -> None:
    """Refuse a picture that could not be written, before anything slow is begun; None and ``-`` are always right.

    Raises:
        OptionError: an ending that is none of a picture.
        MissingExtra: a .png without matplotlib.
        StorageError: a folder that is not there or may not be written to.
    """
    if path is not None and path != ON_SCREEN:
        from interlingua.reports.picture import check_path

        check_path(path)


def write_plot(picture: Picture, path: str) -> None:
    """Write a picture; ``-`` draws it in characters on standard error, so that standard output keeps to the results."""
    if path == ON_SCREEN:
        print(f"\n{picture}", file=sys.stderr)
        return
    picture.save(path)
    say(f"picture: {path}")


def score_plot(
    rows: Iterable[Mapping[str, object]],
    threshold: float | None,
    path: str,
    *,
    unit: Unit = "probability",
    label: str | None = None,
) -> Iterator[Mapping[str, object]]:
    """Pass rows through and, after the last one, write the histogram of their scores (8 bytes of memory a row).

    Args:
        rows: the results, each with the column ``unit``; None there is not counted.
        threshold: from which score on a pair is decided to be the same; None draws no line.
        path: the picture's file, or ``-``.
        unit: the column of the scores, which is also what they are.
        label: a column that says which pairs are known to be the same (True, False, 1, 0), if there is one.
    """
    scores, labels = array("d"), array("b")
    for row in rows:
        score = row[unit]
        if isinstance(score, int | float):
            scores.append(score)
            if label is not None:
                if (known := row[label]) not in (0, 1):
                    raise InputError(f"The column {label!r} must be true or false, but holds {known!r}.")
                labels.append(int(bool(known)))
        yield row
    if not scores:
        say("no picture was written: there are no scores.")
        return
    from interlingua.reports.score_histogram import plot_scores

    write_plot(plot_scores(scores, labels if label is not None else None, threshold=threshold, unit=unit), path)
