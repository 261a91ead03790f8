"""Which of several models are asked about some languages."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from interlingua import Encoder, JointEncoder
from interlingua.errors import UnknownLanguage


@pytest.fixture(scope="module")
def joint() -> JointEncoder:
    return JointEncoder(["e5-small", "use"])


def test_both_where_both_know_them(joint: JointEncoder) -> None:
    for langs in ([], [None], ["de"], ["en", "zh", None], ["zh-Hant", "ja"], ["deu", "pt-BR"]):
        assert joint.knowing(langs) is joint


def test_one_where_only_one_knows_them(joint: JointEncoder) -> None:
    for langs in (["hi"], ["en", "hi"], ["el", None], ["sr-Latn", "de"], ["nb", "en"], ["no"]):
        one = joint.knowing(langs)
        assert isinstance(one, Encoder)
        assert one.name == "e5-small"


def test_the_one_that_knows_most_where_none_knows_them(joint: JointEncoder) -> None:
    one = joint.knowing(["rw", "en"])
    assert isinstance(one, Encoder)
    assert one.name == "e5-small"
    turned = JointEncoder(["use", "e5-small"]).knowing(["rw"])
    assert turned.name == "e5-small"


def test_what_is_no_language(joint: JointEncoder) -> None:
    with pytest.raises(UnknownLanguage, match="klingon"):
        joint.knowing(["en", "klingon"])


def test_some_of_three_keep_their_weights() -> None:
    three = JointEncoder(["use", "e5-small", "e5-small"], [0.5, 2, 1])
    some = three.knowing(["hi"])
    assert isinstance(some, JointEncoder)
    assert some.name == "2*e5-small+e5-small"
    assert some.dimension == 2 * 384
    assert some.fingerprint == JointEncoder(["e5-small", "e5-small"], [2, 1]).fingerprint
    assert some.card.max_tokens == 512
    vector = some.encode(["नमस्ते दुनिया"])[0]
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert np.linalg.norm(vector[:384]) == pytest.approx(2 / np.sqrt(5), abs=1e-4)
    # The encoder itself stays as it was.
    assert three.name == "0.5*use-multilingual-v3+2*e5-small+e5-small"
    assert three.dimension == 512 + 2 * 384


def test_a_model_that_names_no_languages_may_know_any(monkeypatch: pytest.MonkeyPatch) -> None:
    joint = JointEncoder(["e5-small", "use"])
    monkeypatch.setattr(joint._encoders[1], "card", SimpleNamespace(languages=()))
    assert joint.knowing(["hi"]) is joint
