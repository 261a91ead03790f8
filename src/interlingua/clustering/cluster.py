"""``cluster``: texts in any languages divided into groups by what they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlingua.clustering import density, kmeans
from interlingua.clustering.centring import centred_vectors, embedded
from interlingua.clustering.groups import Items, described, renumbered
from interlingua.clustering.reducing import Reduced, reduced
from interlingua.clustering.result import NO_CLUSTER, Centring, Clustered, Method
from interlingua.errors import InputError, OptionError
from interlingua.languages import canonical
from interlingua.progress import progress_bar
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.similarity import Langs, languages_of
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import Stored, TextEncoder, Vectors


def cluster(  # noqa: PLR0913  # each is a decision of its own
    encoder: TextEncoder,
    texts: Sequence[str],
    *,
    ids: Sequence[str] | None = None,
    langs: Langs = None,
    method: Method = "kmeans",
    k: int | None = None,
    min_size: int | None = None,
    centred: bool = True,
    means: LanguageMeans | None = None,
    terms: int = 5,
    representatives: int = 3,
    seed: int = 1,
    show_progress_bar: bool | None = False,
) -> Clustered:
    """Divide texts into clusters of the same subject, in whatever languages they are.

    Each language's mean is taken out of the vectors first: without this, clusters are languages. The vectors are then reduced to
    their 32 principal components, whitened for k-means. Equal texts in one language count once, so that copies do not draw a
    cluster to themselves. The result does not depend on the order of the texts.

    Args:
        encoder: what embeds.
        texts: the texts, two different ones at least.
        ids: their ids, for the result.
        langs: their languages: one for all, one for each, or None. Where not given they are identified.
        method: ``kmeans``: each text is in one of k clusters. ``hdbscan``: clusters are dense places, as many as there are, and
            texts between them are in none (needs scikit-learn).
        k: how many clusters k-means makes; None chooses by the silhouette, up to 64.
        min_size: the smallest group that counts as a cluster by density; None takes half the root of the number of texts, at least
            5.
        centred: take each language's mean out.
        means: the means to take out; None takes those that come with the model, or where none do, those of the texts themselves
            (which is wrong where the languages' texts are about different things).
        terms: how many terms describe a cluster in each language.
        representatives: how many texts represent it.
        seed: of the random starts; the same seed gives the same result.
        show_progress_bar: show progress on standard error; None shows it on a terminal.

    Returns:
        The cluster of each text, and what the clusters are about.

    Raises:
        InputError: a text cannot be embedded, all texts are the same, or there are not as many ids or languages as texts.
        OptionError: there is no such method, a number is out of its range, or an option is not the method's.
        MissingExtra: ``hdbscan``, but scikit-learn is not installed.
        UnknownLanguage: a language code is none.
        StorageError: there is no room for the vectors.
    """
    options = _Options(method, k, min_size, terms, representatives, seed)
    options.check()
    _check_means(centred, means)
    checked = check_texts(texts, name="texts").texts if len(as_list(texts, "texts")) else []
    named = _ids(ids, len(checked), "texts")
    all_langs = _languages(checked, langs)
    items, which = _items(checked, all_langs)
    options.check_count(len(items.texts), "different texts")
    with progress_bar("Encoding", len(items.texts), show=show_progress_bar) as advance:
        table, centring = embedded(encoder, items, centred=centred, means=means, advance=advance)
    return _clustered(table, items, which, options, centring, (checked, named, all_langs), show_progress_bar)


def cluster_vectors(  # noqa: PLR0913
    vectors: ArrayLike,
    *,
    texts: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
    langs: str | Sequence[str | None] | None = None,
    method: Method = "kmeans",
    k: int | None = None,
    min_size: int | None = None,
    centred: bool = True,
    means: LanguageMeans | None = None,
    terms: int = 5,
    representatives: int = 3,
    seed: int = 1,
    show_progress_bar: bool | None = False,
) -> Clustered:
    """Divide vectors into clusters by their directions, as ``cluster`` does with texts.

    Args:
        vectors: (n, d), perhaps mapped from a file (``np.load(…, mmap_mode="r")``); they are copied at unit length as
            float16, beyond 256 MB into a file without a name in the folder for temporary files.
        texts: what they are vectors of, for terms.
        ids: their ids, for the result.
        langs: their languages: one for all, or one for each; None takes no means out.
        method: as for ``cluster``.
        k: as for ``cluster``.
        min_size: as for ``cluster``.
        centred: take each language's mean out, where languages are given.
        means: the means to take out; None takes those of the vectors themselves (see ``cluster``).
        terms: as for ``cluster``.
        representatives: as for ``cluster``.
        seed: as for ``cluster``.
        show_progress_bar: as for ``cluster``.

    Returns:
        The cluster of each vector.

    Raises:
        InputError: the vectors have another shape, hold NaN or infinite values, or are all the same; or there are not as many
            texts, ids or languages.
        OptionError: as for ``cluster``.
        MissingExtra: as for ``cluster``.
        UnknownLanguage: a language code is none.
        StorageError: there is no room for the centred vectors.
    """
    options = _Options(method, k, min_size, terms, representatives, seed)
    options.check()
    _check_means(centred, means)
    table = _table(vectors)
    count = len(table)
    checked = [] if texts is None else [str(text) for text in as_list(texts, "texts")]
    if texts is not None and len(checked) != count:
        raise InputError(f"There are {count:,} vectors but {len(checked):,} texts; give one text a vector.")
    named = _ids(ids, count, "vectors")
    all_langs = _given_languages(langs, count)
    options.check_count(count, "vectors")
    table, centring = centred_vectors(table, all_langs, centred=centred and langs is not None, means=means)
    rows = np.arange(count, dtype=np.int64)
    items = Items(checked, all_langs, rows, np.ones(count, dtype=np.int64))
    return _clustered(table, items, rows, options, centring, (checked, named, all_langs), show_progress_bar)


class _Options(NamedTuple):
    """How to cluster."""

    method: Method
    k: int | None
    min_size: int | None
    terms: int
    representatives: int
    seed: int

    def check(self) -> None:
        """Refuse what cannot be, before anything slow."""
        if self.method not in get_args(Method):
            raise OptionError(f"method is one of {', '.join(map(repr, get_args(Method)))}, not {self.method!r}.")
        for name, value, least in (
            ("k", self.k, 2),
            ("min_size", self.min_size, 2),
            ("terms", self.terms, 0),
            ("representatives", self.representatives, 0),
            ("seed", self.seed, 0),
        ):
            whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
            if value is not None and not (whole and value >= least):
                raise OptionError(f"{name} is a whole number, {least} at least, not {value!r}.")
        if self.method == "kmeans" and self.min_size is not None:
            raise OptionError('min_size is for the method "hdbscan": k-means makes k clusters, whatever their size.')
        if self.method == "hdbscan":
            if self.k is not None:
                raise OptionError(
                    'k is for the method "kmeans": by density there are as many clusters as dense places.'
                )
            density.check_scikit_learn()

    def check_count(self, count: int, what: str) -> None:
        """Refuse to divide too little."""
        if count < 2:
            found = {0: "there are none", 1: "there is only one"}[count]
            raise InputError(f"Clustering needs at least two {what}, but {found}.")
        if self.k is not None and self.k > count:
            raise OptionError(f"k is {self.k:,}, but there are only {count:,} {what}.")
        if self.min_size is not None and self.min_size > count:
            raise OptionError(f"min_size is {self.min_size:,}, but there are only {count:,} {what}.")


def _clustered(
    table: Stored,
    items: Items,
    which: NDArray[np.int64],
    options: _Options,
    centring: Centring,
    told: tuple[list[str], list[str], list[str | None]],
    show: bool | None,
) -> Clustered:
    """From the vectors of the items to a result by rows; ``which`` is the item of each row."""
    found = reduced(table)
    divided, strengths, points, tried, min_size = _divided(found, options, show)
    divided = renumbered(divided, items)
    clusters = described(divided, points, items, terms=options.terms, representatives=options.representatives)
    return Clustered(
        clusters,
        divided[which],
        np.where(divided == NO_CLUSTER, 0, strengths).astype(np.float32)[which],
        *told,
        options.method,
        centring,
        min_size,
        tried,
        points[which],
    )


def _divided(
    found: Reduced, options: _Options, show: bool | None
) -> tuple[NDArray[np.int32], Vectors, Vectors, tuple[tuple[int, float], ...], int | None]:
    """The cluster and strength of each item, the points they were found among, the numbers tried, the smallest size."""
    count = len(found.coordinates)
    if options.method == "kmeans":
        points = found.whitened()
        with progress_bar("Clustering", kmeans.starts(count, options.k), show=show, unit="starts") as advance:
            centres, tried = kmeans.find_centres(points, options.k, seed=options.seed, advance=advance)
        return *kmeans.assign(points, centres), points, tried, None
    points = found.plain()
    size = options.min_size or min(density.usual_size(count), count)
    with progress_bar("Clustering", 2 * count, show=show) as advance:
        return *density.find_dense(points, size, advance=advance), points, (), size


def _items(texts: list[str], langs: list[str | None]) -> tuple[Items, NDArray[np.int64]]:
    """Equal texts of one language together, sorted, so that the order of the rows does not matter; and the item of each row."""
    first: dict[tuple[str, str], int] = {}
    counts: dict[tuple[str, str], int] = {}
    keys = [(text, lang or "") for text, lang in zip(texts, langs, strict=True)]
    for row, key in enumerate(keys):
        first.setdefault(key, row)
        counts[key] = counts.get(key, 0) + 1
    order = sorted(first)
    places = {key: place for place, key in enumerate(order)}
    items = Items(
        [text for text, _ in order],
        [lang or None for _, lang in order],
        np.array([first[key] for key in order], dtype=np.int64),
        np.array([counts[key] for key in order], dtype=np.int64),
    )
    return items, np.fromiter((places[key] for key in keys), np.int64, len(keys))


def _languages(texts: list[str], given: Langs) -> list[str | None]:
    """The language of each text; equal texts are identified once."""
    if given is not None:
        return languages_of(texts, given)
    distinct = list(dict.fromkeys(texts))
    found = dict(zip(distinct, languages_of(distinct, None), strict=True))
    return [found[text] for text in texts]


def _given_languages(given: str | Sequence[str | None] | None, count: int) -> list[str | None]:
    if given is None or isinstance(given, str):
        return [None if given is None else canonical(given)] * count
    if len(given) != count:
        raise InputError(f"There are {count:,} vectors but {len(given):,} languages; give one language a vector.")
    return [canonical(code) if code else None for code in given]


def _ids(ids: Sequence[str] | None, count: int, what: str) -> list[str]:
    if ids is None:
        return []
    named = [str(one) for one in as_list(ids, "ids")]
    if len(named) != count:
        raise InputError(f"There are {count:,} {what} but {len(named):,} ids; give one id each.")
    return named


def _check_means(centred: bool, means: LanguageMeans | None) -> None:
    if means is not None and not centred:
        raise OptionError("centred=False takes no language means out: leave means out, too.")


def _table(vectors: ArrayLike) -> Stored:
    """Vectors as they are where they are floats of half or single precision; others as float32."""
    try:
        table = vectors if isinstance(vectors, np.ndarray) else np.asarray(vectors, dtype=np.float32)
        table = table if table.dtype in (np.float16, np.float32) else table.astype(np.float32)
    except (TypeError, ValueError):
        raise InputError("vectors must be numbers of the shape (n, d).") from None
    if table.ndim != 2 or not table.shape[1]:
        raise InputError(f"vectors must have the shape (n, d), not {table.shape}.")
    return table
