"""Clusters on a map: texts about the same near each other, coloured by cluster."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import OptionError
from interlingua.languages import canonical, language
from interlingua.reports.drawing import FAINT, Box, Drawing, Raster, Shape, Words
from interlingua.reports.labels import columns as width_of
from interlingua.reports.labels import one_line, shortened, text_width
from interlingua.reports.page import Table
from interlingua.reports.picture import Picture, wide

if TYPE_CHECKING:
    from interlingua.clustering.result import Clustered
    from interlingua.types import Vectors

MOST = 50_000
"""A map shows at most so many points; of more it shows some, evenly taken."""

NO_CLUSTER = "no cluster"
GREY = "#9a9a9a"

_SIDE, _FINE = 760, 2
_LEGEND = 340
_MOST_LISTED = 28
_MOST_NAMED = 40
_NAME, _LISTED = 30, 38
_NAME_TERMS = 3
_AREAS = 20
_TITLE = 90
# Each next colour is far from those before it: hues go round by the golden ratio, in two shades.
_GOLDEN = 0.618034
_SHADES = ((0.46, 0.66), (0.62, 0.60), (0.42, 0.45))


@dataclass(frozen=True, slots=True)
class Group:
    """A cluster or a language on the map.

    Attributes:
        name: what it is called.
        size: how many rows it has, shown or not.
        colour: ``#rrggbb``.
        x: where its name stands, 0 to 1; NaN where no name is drawn.
        y: likewise, downwards.
    """

    name: str
    size: int
    colour: str
    x: float = float("nan")
    y: float = float("nan")


@dataclass(frozen=True, repr=False, eq=False)
class ClusterMap(Picture):
    """A map of clusters: made by ``plot_clusters``.

    Attributes:
        places: (m, 2) float32, 0 to 1, of the rows shown; y downwards.
        clusters: the group of each row shown among ``cluster_groups``, int32, (m,).
        langs: the group of each among ``language_groups``, int32, (m,).
        texts: the text of each; empty where there are none.
        cluster_groups: the clusters, and last what is in none if there is such.
        language_groups: the languages, the most frequent one first.
        examples: a text of each cluster.
        title: what stands above it.
        note: how it was made.
    """

    places: Vectors
    clusters: NDArray[np.int32]
    langs: NDArray[np.int32]
    texts: tuple[str, ...]
    cluster_groups: tuple[Group, ...]
    language_groups: tuple[Group, ...]
    examples: tuple[str, ...]
    title: str
    note: str

    def drawing(self) -> Drawing:
        """The points, the names of the largest clusters at their middles, and which colour stands for which."""
        width = max(_SIDE + _LEGEND, 40 + text_width(shortened(self.title, _TITLE), 15) * 1.1)
        return Drawing(round(width), _SIDE + 80, self.title, tuple(self._shapes()))

    def table(self) -> Table:
        """The clusters and their sizes."""
        rows = [
            (number, group.name, group.size, example)
            for number, (group, example) in enumerate(zip(self.cluster_groups, self.examples, strict=True))
        ]
        return Table("The clusters", ("number", "cluster", "rows", "example"), rows)

    def text(self, width: int | None = None) -> str:
        """See ``Picture.text``: a bar for each cluster."""
        columns = wide(width)
        lines = [shortened(self.title, columns), shortened(self.note, columns), ""]
        most = max(group.size for group in self.cluster_groups)
        digits = len(f"{most:,}")
        room = max(6, (columns - digits - 2) // 3)
        for group in self.cluster_groups:
            bar = "█" * max(1, round(room * group.size / most))
            name = shortened(group.name, columns - digits - room - 2)
            lines.append(f"{group.size:{digits},} {bar:<{room}} {name}")
        return "\n".join(lines)

    def html(self) -> str:
        """The map as a page: pointing at a point shows its text, the wheel zooms; it needs no other files."""
        from interlingua.reports.cluster_page import to_page

        return to_page(self)

    def _shapes(self) -> Iterator[Shape]:
        yield Words(16, 22, shortened(self.title, _TITLE), 15, bold=True)
        yield Words(16, 44, shortened(self.note, 2 * _TITLE), 11, colour=FAINT)
        yield Raster(10, 60, _SIDE, _SIDE, self._pixels())
        named = [group for group in self.cluster_groups if group.x == group.x][:_MOST_NAMED]
        taken: list[tuple[float, float, float]] = []
        for group in named:
            name = shortened(short_name(group.name), _NAME)
            half = width_of(name) * 3.4 + 4
            x = min(max(10 + group.x * _SIDE, 14 + half), 6 + _SIDE - half)
            y = 60 + group.y * _SIDE
            # A name that would stand on a larger cluster's is left to the list.
            if any(abs(x - left) < half + size and abs(y - top) < 17 for left, top, size in taken):
                continue
            taken.append((x, y, half))
            yield Box(x - half, y - 8, 2 * half, 16, "#ffffff", opacity=0.75)
            yield Words(x, y, name, 11, "middle", bold=True)
        yield from self._legend()

    def _legend(self) -> Iterator[Shape]:
        x, y = _SIDE + 24, 72
        for group in self.cluster_groups[:_MOST_LISTED]:
            yield Box(x, y - 6, 12, 12, group.colour)
            yield Words(x + 20, y, f"{group.size:,}  {shortened(group.name, _LISTED)}", 11)
            y += 22
        more = len(self.cluster_groups) - _MOST_LISTED
        if more > 0:
            yield Words(x + 20, y, f"and {more:,} more", 11, colour=FAINT)

    def _pixels(self) -> NDArray[np.uint8]:
        """Discs on white, those of the largest cluster first, so that small ones are seen."""
        side = _SIDE * _FINE
        pixels = np.full((side, side, 3), 255, dtype=np.uint8)
        radius = 4 if len(self.places) <= 3000 else 3 if len(self.places) <= 20_000 else 2
        margin = radius + 1
        at = (margin + self.places * (side - 1 - 2 * margin)).round().astype(np.int64)
        fills = np.array(
            [[int(group.colour[start : start + 2], 16) for start in (1, 3, 5)] for group in self.cluster_groups],
            dtype=np.uint8,
        )
        # In none first, then the largest.
        last = len(self.cluster_groups) - 1
        first = np.where((self.clusters == last) & (self.cluster_groups[last].name == NO_CLUSTER), -1, self.clusters)
        order = np.argsort(first, kind="stable")
        colours = fills[self.clusters[order]]
        for dy in range(-radius, radius + 1):
            for dx in range(-radius, radius + 1):
                if dx * dx + dy * dy <= (radius + 0.5) ** 2:
                    pixels[at[order, 1] + dy, at[order, 0] + dx] = colours
        return pixels


def plot_clusters(
    clustered: Clustered, *, lang: str | None = None, title: str | None = None, most: int = MOST, seed: int = 1
) -> ClusterMap:
    """Draw a map of clusters.

    Points that are near each other say similar things; distances between far points, and the sizes of areas, mean nothing. 4,000
    points are laid out by t-SNE (with scikit-learn; else the map is of two principal components, and says so), the others by these.

    Args:
        clustered: what ``cluster`` or ``cluster_vectors`` gave.
        lang: the language of the clusters' names, where they have terms in it; None takes the language of most texts.
        title: what stands above the map.
        most: how many points are shown at most; of more, some are taken evenly.
        seed: of the layout.

    Returns:
        A picture: ``save("….html")`` for a page to look around in, or .png, .svg, .txt.

    Raises:
        OptionError: ``most`` is less than 1.
        UnknownLanguage: ``lang`` is no language code.
    """
    from interlingua.clustering.mapping import map_points
    from interlingua.clustering.reducing import canonical_order, evenly

    if most < 1:
        raise OptionError(f"most is a whole number and at least 1, not {most!r}.")
    named_in = main_language(clustered) if lang is None else canonical(lang)
    total = len(clustered)
    shown = np.sort(canonical_order(clustered.points)[evenly(total, most)])
    places, layout = map_points(clustered.points[shown], seed=seed)
    count = len(clustered.clusters)
    numbers = np.where(clustered.labels[shown] < 0, count, clustered.labels[shown]).astype(np.int32)
    groups, examples = _cluster_groups(clustered, named_in, places, numbers)
    spoken, languages = _language_groups(clustered, shown)
    what = "texts" if clustered.texts else "vectors"
    some = "" if len(shown) == total else f"; {len(shown):,} of them are shown"
    how = "laid out by t-SNE" if layout == "t-SNE" else "two principal components (t-SNE needs scikit-learn)"
    return ClusterMap(
        places,
        numbers,
        spoken,
        tuple(clustered.texts[row] for row in shown.tolist()) if clustered.texts else (),
        groups,
        languages,
        examples,
        one_line(title) if title is not None else f"{total:,} {what} in {count:,} clusters",
        f"{how}: near points say similar things, other distances mean nothing{some}",
    )


def main_language(clustered: Clustered) -> str | None:
    """The language that most rows are in; None where no language is known."""
    counts: dict[str, int] = {}
    for lang in clustered.langs:
        if lang is not None:
            counts[lang] = counts.get(lang, 0) + 1
    return min(counts, key=lambda lang: (-counts[lang], lang != "en", lang), default=None)


def colour_of(number: int) -> str:
    """The colour of a group, by its number."""
    lightness, saturation = _SHADES[number % len(_SHADES)]
    red, green, blue = colorsys.hls_to_rgb((0.58 + number * _GOLDEN) % 1.0, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def short_name(name: str) -> str:
    """The first terms of a cluster's name."""
    return ", ".join(name.split(", ")[:_NAME_TERMS])


def _densest(places: Vectors) -> tuple[float, float]:
    """Where a cluster's name stands: the middle of the points in the fullest area, not between two heaps."""
    if not len(places):
        return float("nan"), float("nan")
    areas = np.minimum((places * _AREAS).astype(np.int64), _AREAS - 1)
    counts = np.pad(np.bincount(areas @ (_AREAS, 1), minlength=_AREAS**2).reshape(_AREAS, _AREAS), 1)
    around = sum(counts[dx : dx + _AREAS, dy : dy + _AREAS] for dx in range(3) for dy in range(3))
    best = np.array(np.unravel_index(np.argmax(around), (_AREAS, _AREAS)))
    x, y = places[(np.abs(areas - best) <= 1).all(axis=1)].mean(axis=0).tolist()
    return x, y


def _cluster_groups(
    clustered: Clustered, lang: str | None, places: Vectors, numbers: NDArray[np.int32]
) -> tuple[tuple[Group, ...], tuple[str, ...]]:
    groups, examples = [], []
    for cluster in clustered.clusters:
        inside = places[numbers == cluster.number]
        groups.append(Group(cluster.name(lang), cluster.size, colour_of(cluster.number), *_densest(inside)))
        examples.append(
            clustered.texts[cluster.representatives[0]] if clustered.texts and cluster.representatives else ""
        )
    if clustered.without or not groups:
        groups.append(Group(NO_CLUSTER, clustered.without, GREY))
        examples.append("")
    return tuple(groups), tuple(examples)


def _language_groups(clustered: Clustered, shown: NDArray[np.int64]) -> tuple[NDArray[np.int32], tuple[Group, ...]]:
    counts: dict[str | None, int] = {}
    for lang in clustered.langs:
        counts[lang] = counts.get(lang, 0) + 1
    order = sorted(counts, key=lambda lang: (-counts[lang], lang is None, lang or ""))
    number = {lang: place for place, lang in enumerate(order)}
    groups = tuple(
        Group("unknown" if lang is None else language(lang).name, counts[lang], GREY if lang is None else colour_of(place))
        for place, lang in enumerate(order)
    )  # fmt: skip
    return np.array([number[clustered.langs[row]] for row in shown.tolist()], dtype=np.int32), groups
