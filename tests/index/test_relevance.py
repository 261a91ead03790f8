"""Nothing matches: hits that are improbable are left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, Index, load_corpus
from interlingua.errors import OptionError
from interlingua.index.relevance import gaps, probabilities


def test_gaps() -> None:
    alike = np.zeros((3, 3), dtype=bool)
    assert gaps(np.array([0.9, 0.7, 0.4], np.float32), alike) == pytest.approx([0.2, -0.2, -0.5])
    alike[0, 1] = alike[1, 0] = True
    assert gaps(np.array([0.9, 0.7, 0.4], np.float32), alike) == pytest.approx([0.5, 0.3, -0.5])
    assert gaps(np.array([0.9], np.float32), np.zeros((1, 1), dtype=bool)) == pytest.approx([0.1])
    assert gaps(np.zeros(0, np.float32), np.zeros((0, 0), dtype=bool)).shape == (0,)


def test_probabilities() -> None:
    found = probabilities(np.array([0.5, 0.5]), np.array([0.1, -0.1]), (-2, 4, 10, 20))
    assert found == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(2))])


@pytest.fixture(scope="module")
def faq(e5: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Index:
    index = Index.create(tmp_path_factory.mktemp("faq") / "i", e5)
    english = list(load_corpus("en"))
    index.add([{"id": text.id, "text": text.text, "lang": "en", "half": row % 2} for row, text in enumerate(english)])
    return index


def test_answers_are_found_and_others_are_not(faq: Index) -> None:
    german = [text.text for text in load_corpus("de")]
    ids = [text.id for text in load_corpus("en")]
    options: dict[str, Any] = {"k": 3, "min_probability": 0.5, "where": "half = 0", "query_lang": "de"}
    found = faq.search(german[::2], **options)
    right = [hits[0].id == id_ for hits, id_ in zip(found, ids[::2], strict=True) if hits]
    assert len(right) >= 0.8 * len(ids[::2])
    assert np.mean(right) >= 0.95
    nothing = faq.search(german[1::2], **options)
    assert sum(bool(hits) for hits in nothing) <= 0.2 * len(ids[1::2])


def test_hits_say_how_probable_they_are(faq: Index) -> None:
    hits = faq.search("Where is my parcel?", k=5, min_probability=0.001)
    values = [hit.probability for hit in hits]
    assert all(value is not None and value >= 0.001 for value in values)
    assert values == sorted(values, key=lambda value: -(value or 0))
    assert [hit.probability for hit in faq.search("Where is my parcel?", k=2)] == [None, None]


def test_the_probability_does_not_depend_on_k(faq: Index) -> None:
    (one,) = faq.search("Where is my parcel?", k=1, min_probability=0.01)
    five = faq.search("Where is my parcel?", k=5, min_probability=0.01)
    assert one == five[0]


@pytest.mark.parametrize("least", [0, 1, 2])
def test_a_probability_is_a_share(faq: Index, least: float) -> None:
    with pytest.raises(OptionError, match=rf"^A least probability lies between 0 and 1, not at {least}\.$"):
        faq.search("a", min_probability=least)


@pytest.mark.parametrize("options", [{"fair": False}, {"diverse": True}])
def test_scores_that_are_no_fair_ones(faq: Index, options: dict[str, bool]) -> None:
    with pytest.raises(OptionError, match=r"leave fair on and diverse off, or give a least score instead\.$"):
        faq.search("a", min_probability=0.5, **options)  # type: ignore[call-overload]


def test_a_model_without(tmp_path: Path, fake: FakeEncoder) -> None:
    index = Index.create(tmp_path / "i", fake)
    index.add([{"id": "a", "text": "some text"}])
    with pytest.raises(
        OptionError, match=r"No probabilities of hits come with a model 'fake'; give a least score instead\."
    ):
        index.search("text", min_probability=0.5)
