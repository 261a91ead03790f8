"""Several models as one encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interlingua import Encoder, Index, JointEncoder, LanguageMeans, load_corpus
from interlingua.encoding.joint import open_encoder
from interlingua.errors import OptionError, UnknownModel, WrongModel
from interlingua.models.naming import parts_of, spelled

NAME = "e5-small+0.2*use-multilingual-v3"
TEXTS = ["The cat sleeps on the mat.", "Die Katze schläft auf der Matte.", "Interest rates rise."]


@pytest.fixture(scope="module")
def joint() -> JointEncoder:
    return JointEncoder(["e5-small", "use"])


@pytest.mark.parametrize("way", ["encode", "encode_query", "encode_document"])
def test_the_cosine_is_the_weighted_mean_of_the_models_cosines(
    joint: JointEncoder, e5: Encoder, use: Encoder, way: str
) -> None:
    found = getattr(joint, way)(TEXTS)
    assert found.shape == (3, joint.dimension) == (3, 384 + 512)
    assert found.dtype == np.float32
    one, other = (getattr(encoder, way)(TEXTS) for encoder in (e5, use))
    np.testing.assert_allclose(found @ found.T, (one @ one.T + 0.04 * other @ other.T) / 1.04, atol=1e-5)
    np.testing.assert_allclose(getattr(joint, way)(TEXTS[1]), found[1], atol=1e-5)


def test_names_and_fingerprints(joint: JointEncoder) -> None:
    assert joint.name == joint.card.location == NAME
    assert repr(joint) == f"JointEncoder({NAME!r})"
    assert parts_of(NAME) == [("e5-small", 1.0), ("use-multilingual-v3", 0.2)]
    assert parts_of("e5-small + use") == [("e5-small", 1.0), ("use", 0.2)]
    assert parts_of("2*a+0.25*b+c") == [("a", 2.0), ("b", 0.25), ("c", 0.2)]
    assert spelled(["a", "b"], [2, 1]) == "2*a+b"
    assert parts_of("e5-small") == [("e5-small", 1.0)]
    again = open_encoder("e5-small+use")
    assert isinstance(again, JointEncoder)
    assert (again.name, again.fingerprint) == (joint.name, joint.fingerprint)
    # Only the relation of the weights matters.
    assert JointEncoder(["e5-small", "use"], [5, 1]).fingerprint == joint.fingerprint
    others = [JointEncoder(["e5-small", "use"], [1, 1]), JointEncoder(["e5-small", "use"], precision="fast")]
    assert len({joint.fingerprint, *(one.fingerprint for one in others), Encoder("use").fingerprint}) == 4
    assert isinstance(open_encoder("use"), Encoder)
    assert joint.card.max_tokens == 256


def test_what_cannot_be_joined(joint: JointEncoder) -> None:
    with pytest.raises(OptionError, match="two models or more"):
        JointEncoder(["e5-small"])
    with pytest.raises(OptionError, match="a weight above 0 for each of 2 models"):
        JointEncoder(["e5-small", "use"], [1, 0])
    with pytest.raises(UnknownModel, match="'gpt'"):
        open_encoder("e5-small+gpt")
    with pytest.raises(OptionError, match=r"'half' is no weight; write 0\.5\*MODEL"):
        open_encoder("e5-small+half*use")
    with pytest.raises(OptionError, match="always of length 1"):
        joint.encode(TEXTS, normalize_embeddings=False)


def test_shipped_means_are_those_of_the_parts(joint: JointEncoder, e5: Encoder, use: Encoder) -> None:
    found = LanguageMeans.shipped(joint, "document")
    one, other = (LanguageMeans.shipped(encoder, "document") for encoder in (e5, use))
    scale = np.sqrt(1.04)
    for lang in ("de", "hi"):  # the second model has no mean for Hindi
        np.testing.assert_allclose(
            found.mean(lang), np.concatenate([one.mean(lang), 0.2 * other.mean(lang)]) / scale, atol=1e-6
        )
    np.testing.assert_allclose(found.general, np.concatenate([one.general, 0.2 * other.general]) / scale, atol=1e-6)


def test_an_index_of_both_models(joint: JointEncoder, tmp_path: Path) -> None:
    corpus = load_corpus(["de", "en", "ja"])
    with Index.create(tmp_path / "index", joint) as index:
        index.add({"id": f"{one.lang} {one.item}", "text": one.text, "lang": one.lang} for one in corpus)
    english = [one for one in corpus if one.lang == "en"]
    with Index.open(tmp_path / "index") as index:
        assert index.manifest.model == NAME
        for lang in ("de", "ja"):
            found = index.search([one.text for one in english], 1, where={"lang": lang}, query_lang="en")
            right = [hits[0].id == f"{lang} {one.item}" for one, hits in zip(english, found, strict=True)]
            assert np.mean(right) > 0.95
        index.add(["word " * 1000])
        assert index.info().passages > len(corpus) + 3
    with pytest.raises(WrongModel):
        Index.open(tmp_path / "index", Encoder("e5-small"))
