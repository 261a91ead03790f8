"""How alike two texts are: as a bare cosine, as a centred one, and as the probability that they mean the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from interlingua.errors import InputError, OptionError
from interlingua.languages import canonical, identify_all
from interlingua.scoring.calibration import Calibration
from interlingua.scoring.centring import LanguageMeans
from interlingua.scoring.nearness import Floats
from interlingua.scoring.sizes import text_size
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder, Vectors

_SURE = 0.5
"""A language that was guessed with less confidence is not used: a wrong mean is worse than the general one."""

Langs = str | Sequence[str | None] | None
"""One language for all texts, one for each (None where unknown), or None to identify them."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two texts are; of all figures higher is more alike.

    Attributes:
        cosine: of the vectors as the model gives them, -1 to 1. Its scale is the model's own: with e5-small two unrelated
            sentences have about 0.8, so it means little by itself.
        centred_cosine: of the vectors less their languages' means, -1 to 1. Its scale is nearly the same in all pairs of
            languages: unrelated texts have 0 to 0.3 (more, the more alike their subjects), translations mostly more than 0.4.
        probability: that they mean the same, 0 to 1, at the prior that was given; None where there is no calibration.
        same: whether the probability is high enough for the wanted precision; None where there is no calibration.
        lang_a: the first text's language, given or identified; None where unknown.
        lang_b: the second text's.
    """

    cosine: float
    centred_cosine: float
    probability: float | None
    same: bool | None
    lang_a: str | None
    lang_b: str | None


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityMatrix:
    """How alike each of n texts is to each of m; see ``Similarity`` for the figures.

    Attributes:
        cosines: float32, (n, m).
        centred_cosines: float32, (n, m).
        probabilities: float64, (n, m); None where there is no calibration.
        threshold: the probability from which on two texts count as the same; None where there is no calibration.
        langs_a: the language of each of the n texts, None where unknown.
        langs_b: of each of the m.
    """

    cosines: Vectors
    centred_cosines: Vectors
    probabilities: Floats | None
    threshold: float | None
    langs_a: list[str | None]
    langs_b: list[str | None]

    @property
    def same(self) -> NDArray[np.bool_] | None:
        """Which pairs count as the same, (n, m)."""
        if self.probabilities is None or self.threshold is None:
            return None
        found: NDArray[np.bool_] = self.probabilities >= self.threshold
        return found


@overload
def similarity(
    encoder: TextEncoder,
    a: str,
    b: str,
    *,
    lang_a: Langs = ...,
    lang_b: Langs = ...,
    means: LanguageMeans | None = ...,
    calibration: Calibration | None = ...,
    prior: float = ...,
    target_precision: float = ...,
) -> Similarity: ...
@overload
def similarity(
    encoder: TextEncoder,
    a: list[str],
    b: list[str],
    *,
    lang_a: Langs = ...,
    lang_b: Langs = ...,
    means: LanguageMeans | None = ...,
    calibration: Calibration | None = ...,
    prior: float = ...,
    target_precision: float = ...,
) -> list[Similarity]: ...
def similarity(  # what it takes to decide is said in the call
    encoder: TextEncoder,
    a: str | Sequence[str],
    b: str | Sequence[str],
    *,
    lang_a: Langs = None,
    lang_b: Langs = None,
    means: LanguageMeans | None = None,
    calibration: Calibration | None = None,
    prior: float = 0.5,
    target_precision: float = 0.95,
) -> Similarity | list[Similarity]:
    """Compare texts pair by pair.

    Args:
        encoder: what embeds them.
        a: a text, or a list of texts.
        b: a text, or a list of as many.
        lang_a: the language of ``a``: one for all, or one for each. Where not given it is identified.
        lang_b: the language of ``b``, likewise.
        means: the means to centre with; None takes the calibration's. With means of one's own there are no probabilities.
        calibration: what makes probabilities; None takes the one that comes with the model, if one does.
        prior: the share of pairs that mean the same among those that are compared.
        target_precision: the share of decisions for "same" that shall be right.

    Returns:
        A ``Similarity`` for two texts; a list of them for two lists.

    Raises:
        InputError: the lists differ in length, or a text cannot be embedded.
        UnknownLanguage: a language code is none.
        OptionError: no means come with the model and neither means nor a calibration were given, both were, or a share is not
            between 0 and 1.
    """
    if not isinstance(a, str) and not isinstance(b, str):
        a, b = as_list(a, "a"), as_list(b, "b")  # type: ignore[assignment]  # what they hold is checked with the texts
    if isinstance(a, str) != isinstance(b, str):
        raise InputError("Give two texts or two lists of texts, not one of each.")
    scale = _scale(encoder, means, calibration, prior, target_precision)
    if isinstance(a, str) and isinstance(b, str):
        return _pairs(encoder, [a], [b], lang_a, lang_b, scale)[0]
    if len(a) != len(b):
        raise InputError(f"The lists are compared pair by pair, but they have {len(a):,} and {len(b):,} texts.")
    return _pairs(encoder, a, b, lang_a, lang_b, scale)


def similarity_matrix(
    encoder: TextEncoder,
    a: Sequence[str],
    b: Sequence[str] | None = None,
    *,
    lang_a: Langs = None,
    lang_b: Langs = None,
    means: LanguageMeans | None = None,
    calibration: Calibration | None = None,
    prior: float = 0.5,
    target_precision: float = 0.95,
) -> SimilarityMatrix:
    """Compare each of n texts with each of m; what is returned holds n x m numbers three times.

    Args:
        encoder: what embeds them.
        a: n texts.
        b: m texts; None compares ``a`` with itself.
        lang_a: as for ``similarity``.
        lang_b: as for ``similarity``.
        means: as for ``similarity``.
        calibration: as for ``similarity``.
        prior: as for ``similarity``.
        target_precision: as for ``similarity``.

    Raises:
        InputError: a text cannot be embedded, or there are not as many languages as texts.
        UnknownLanguage: a language code is none.
        OptionError: as for ``similarity``.
    """
    scale = _scale(encoder, means, calibration, prior, target_precision)
    left = _side(encoder, as_list(a, "a"), lang_a, scale.means, "a")  # type: ignore[arg-type]
    right = left if b is None else _side(encoder, as_list(b, "b"), lang_b, scale.means, "b")  # type: ignore[arg-type]
    centred = np.clip(left.centred @ right.centred.T, -1.0, 1.0)
    probabilities = None
    if scale.calibration is not None:
        probabilities = scale.calibration.matrix(centred, left.langs, right.langs, left.sizes, right.sizes, prior=prior)
    cosines = np.clip(left.vectors @ right.vectors.T, -1.0, 1.0)
    return SimilarityMatrix(cosines, centred, probabilities, scale.threshold, left.langs, right.langs)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Texts made ready for comparison.

    Attributes:
        vectors: (n, d) float32 of unit length, as the model gives them.
        centred: (n, d) float32 of unit length, less their languages' means.
        langs: the language of each, given or identified; None where unknown.
        sizes: (n,) float64, ``text_size`` of each.
    """

    vectors: Vectors
    centred: Vectors
    langs: list[str | None]
    sizes: Floats

    def __len__(self) -> int:
        return len(self.langs)


@dataclass(frozen=True, slots=True, eq=False)
class _Scale:
    """What figures are made with."""

    means: LanguageMeans
    calibration: Calibration | None
    prior: float
    threshold: float | None


def _scale(
    encoder: TextEncoder,
    means: LanguageMeans | None,
    calibration: Calibration | None,
    prior: float,
    target_precision: float,
) -> _Scale:
    if means is not None and calibration is not None:
        raise OptionError("A calibration has its own means: give means or a calibration, not both.")
    if means is None and calibration is None:
        try:
            calibration = Calibration.shipped(encoder)
        except OptionError:
            # A model without a calibration may still have means, as two models together have.
            means = LanguageMeans.shipped(encoder)
    if calibration is None:
        assert means is not None
        return _Scale(means, None, prior, None)
    return _Scale(calibration.means, calibration, prior, calibration.threshold(target_precision, prior=prior))


def languages_of(texts: Sequence[str], given: Langs) -> list[str | None]:
    """The language of each text: the one given where there is one, else the identified one, None where that is unsure.

    Raises:
        InputError: there are not as many languages as texts.
        UnknownLanguage: a given code is none.
    """
    if isinstance(given, str):
        return [canonical(given)] * len(texts)
    if given is None:
        return _identified(texts)
    if len(given) != len(texts):
        raise InputError(f"There are {len(texts):,} texts but {len(given):,} languages; give one language a text.")
    langs = [canonical(code) if code else None for code in given]
    missing = [row for row, code in enumerate(langs) if code is None]
    for row, lang in zip(missing, _identified([texts[row] for row in missing]), strict=True):
        langs[row] = lang
    return langs


def _identified(texts: Sequence[str]) -> list[str | None]:
    return [found.lang if found.confidence >= _SURE else None for found in identify_all(texts)]


def _side(encoder: TextEncoder, texts: Sequence[str], langs: Langs, means: LanguageMeans, name: str) -> Side:
    # Checked here, where it can be said which side a row is in, and before anything slow.
    checked = check_texts(texts, name=name).texts
    return made_ready(encoder, checked, languages_of(texts, langs), means)


def made_ready(encoder: TextEncoder, texts: Sequence[str], langs: list[str | None], means: LanguageMeans) -> Side:
    """Texts embedded with the symmetric prompt, and centred.

    Raises:
        InputError: a text cannot be embedded.
    """
    vectors = encoder.encode(list(texts))
    sizes = np.array([text_size(text) for text in texts], dtype=np.float64)
    return Side(vectors, means.centre(vectors, langs), langs, sizes)


def _pairs(
    encoder: TextEncoder, a: Sequence[str], b: Sequence[str], lang_a: Langs, lang_b: Langs, scale: _Scale
) -> list[Similarity]:
    # Both are checked before either is embedded.
    for texts, name in ((a, "a"), (b, "b")):
        check_texts(texts, name=name)
    left, right = _side(encoder, a, lang_a, scale.means, "a"), _side(encoder, b, lang_b, scale.means, "b")
    bare, centred = row_cosines(left.vectors, right.vectors), row_cosines(left.centred, right.centred)
    probabilities: list[float | None] = [None] * len(bare)
    if scale.calibration is not None:
        found = scale.calibration.probabilities(
            centred, left.langs, right.langs, np.minimum(left.sizes, right.sizes), prior=scale.prior
        )
        probabilities = list(found.tolist())
    return [
        Similarity(plain, fair, sure, None if sure is None else sure >= (scale.threshold or 0.0), one, two)
        for plain, fair, sure, one, two in zip(
            bare.tolist(), centred.tolist(), probabilities, left.langs, right.langs, strict=True
        )
    ]


def row_cosines(a: Vectors, b: Vectors) -> Vectors:
    """The cosine of each row of ``a`` with the same row of ``b``, both of unit length: shape (n,)."""
    result: Vectors = np.clip(np.einsum("ij,ij->i", a, b), -1.0, 1.0)
    return result
