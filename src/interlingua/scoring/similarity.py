"""How alike two texts are, as a bare cosine and as a centred one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from interlingua.errors import InputError
from interlingua.languages import canonical, identify_all
from interlingua.scoring.centring import LanguageMeans
from interlingua.texts.checking import as_list, check_texts
from interlingua.types import TextEncoder, Vectors

_SURE = 0.5
"""A language that was guessed with less confidence is not used: a wrong mean is worse than the general one."""

Langs = str | Sequence[str | None] | None
"""One language for all texts, one for each (None where unknown), or None to identify them."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """How alike two texts are. For both figures: -1 to 1, higher is more alike.

    Attributes:
        cosine: of the vectors as the model gives them. Its scale is the model's own: with e5-small two unrelated sentences
            have about 0.8, so it means little by itself.
        centred_cosine: of the vectors less their languages' means. Its scale is nearly the same in all pairs of languages:
            unrelated texts have 0 to 0.3 (more, the more alike their subjects), translations mostly more than 0.4.
        lang_a: the first text's language, given or identified; None where unknown.
        lang_b: the second text's.
    """

    cosine: float
    centred_cosine: float
    lang_a: str | None
    lang_b: str | None


@overload
def similarity(
    encoder: TextEncoder, a: str, b: str, *, lang_a: Langs = ..., lang_b: Langs = ..., means: LanguageMeans | None = ...
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
) -> list[Similarity]: ...
def similarity(
    encoder: TextEncoder,
    a: str | Sequence[str],
    b: str | Sequence[str],
    *,
    lang_a: Langs = None,
    lang_b: Langs = None,
    means: LanguageMeans | None = None,
) -> Similarity | list[Similarity]:
    """Compare texts pair by pair.

    Args:
        encoder: what embeds them.
        a: a text, or a list of texts.
        b: a text, or a list of as many.
        lang_a: the language of ``a``: one for all, or one for each. Where not given it is identified.
        lang_b: the language of ``b``, likewise.
        means: the means to centre with; None takes those that come with the model.

    Returns:
        A ``Similarity`` for two texts; a list of them for two lists.

    Raises:
        InputError: the lists differ in length, or a text cannot be embedded.
        UnknownLanguage: a language code is none.
        OptionError: no means come with the model and none were given.
    """
    if not isinstance(a, str) and not isinstance(b, str):
        a, b = as_list(a, "a"), as_list(b, "b")  # type: ignore[assignment]  # what they hold is checked with the texts
    if isinstance(a, str) != isinstance(b, str):
        raise InputError("Give two texts or two lists of texts, not one of each.")
    if isinstance(a, str) and isinstance(b, str):
        return _pairs(encoder, [a], [b], lang_a, lang_b, means)[0]
    if len(a) != len(b):
        raise InputError(f"The lists are compared pair by pair, but they have {len(a):,} and {len(b):,} texts.")
    return _pairs(encoder, a, b, lang_a, lang_b, means)


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


def _pairs(
    encoder: TextEncoder,
    a: Sequence[str],
    b: Sequence[str],
    lang_a: Langs,
    lang_b: Langs,
    means: LanguageMeans | None,
) -> list[Similarity]:
    means = means or LanguageMeans.shipped(encoder.name)
    # Checked here, where it can be said which side a row is in, and before anything slow.
    checked_a, checked_b = check_texts(a, name="a").texts, check_texts(b, name="b").texts
    left, right = encoder.encode(checked_a), encoder.encode(checked_b)
    langs_a, langs_b = languages_of(a, lang_a), languages_of(b, lang_b)
    bare = row_cosines(left, right)
    centred = row_cosines(means.centre(left, langs_a), means.centre(right, langs_b))
    return [
        Similarity(float(plain), float(fair), one, two)
        for plain, fair, one, two in zip(bare, centred, langs_a, langs_b, strict=True)
    ]


def row_cosines(a: Vectors, b: Vectors) -> Vectors:
    """The cosine of each row of ``a`` with the same row of ``b``, both of unit length: shape (n,)."""
    result: Vectors = np.clip(np.einsum("ij,ij->i", a, b), -1.0, 1.0)
    return result
