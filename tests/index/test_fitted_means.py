"""Means from translations: what they are, that they are kept, and what they are good for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, FakeEncoder, load_corpus
from interlingua.errors import CorruptIndex, InputError, StorageError, WrongModel
from interlingua.index import whole
from interlingua.index.index import Index
from interlingua.index.pairs import PairSums
from interlingua.types import Vectors


def made(seed: int = 0) -> tuple[dict[str, Vectors], Vectors]:
    chance = np.random.default_rng(seed)
    return (
        {lang: chance.normal(size=8).astype(np.float32) for lang in ("de", "en", "fr")},
        chance.normal(size=(4000, 8)).astype(np.float32),
    )


def test_the_differences_of_the_means_are_those_of_the_pairs() -> None:
    means, content = made()
    noise = np.random.default_rng(1).normal(size=(3000, 8)).astype(np.float32) * 0.1
    sums = PairSums({}, {})
    # Never are German and French beside each other.
    sums = sums.with_pairs(
        content[:2000] + means["de"], content[:2000] + means["en"] + noise[:2000], ["de"] * 2000, ["en"] * 2000
    )
    sums = sums.with_pairs(
        content[2000:3000] + means["fr"], content[2000:3000] + means["en"], ["fr"] * 1000, ["en"] * 1000
    )
    assert sums.counts == {("de", "en"): 2000, ("en", "fr"): 1000}
    prior = {lang: np.full(8, 5.0, dtype=np.float32) for lang in means}
    found = sums.means(prior)
    for one, other in (("de", "en"), ("fr", "en"), ("de", "fr")):
        np.testing.assert_allclose(found[one] - found[other], means[one] - means[other], atol=0.06)
    # Where all of them lie, pairs do not tell.
    np.testing.assert_allclose(np.mean(list(found.values()), axis=0), 5.0, atol=1e-4)


def test_either_side_may_come_first_and_pairs_of_one_language_say_nothing() -> None:
    means, content = made()
    a, b = content[:10] + means["de"], content[:10] + means["en"]
    one = PairSums({}, {}).with_pairs(a, b, ["de"] * 10, ["en"] * 10)
    other = PairSums({}, {}).with_pairs(b, a, ["en"] * 9 + [None], ["de"] * 10).with_pairs(a[9:], b[9:], ["de"], ["en"])
    same = one.with_pairs(a, b, ["de"] * 10, ["de"] * 10)
    assert one.counts == other.counts == same.counts == {("de", "en"): 10}
    prior = {lang: np.zeros(8, dtype=np.float32) for lang in means}
    for again in (other, same, PairSums.from_bytes(one.to_bytes())):
        for lang, mean in again.means(prior).items():
            np.testing.assert_allclose(mean, one.means(prior)[lang], atol=1e-6)


def test_damage_is_seen() -> None:
    content = bytearray(PairSums({("de", "en"): np.ones(4)}, {("de", "en"): 3}).to_bytes())
    content[len(content) // 2] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        PairSums.from_bytes(bytes(content))


class Shifted(FakeEncoder):
    """The content of a text is after its language; a language is a shift, which the encoder cannot help adding."""

    def _embed(self, texts: Any) -> Vectors:
        contents = super()._embed([text[3:] for text in texts])
        shifts = super()._embed([f"shift {text[:2]}" for text in texts])
        vectors = contents + 1.5 * shifts
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def confounded(tmp_path: Path) -> Index:
    """German documents are about one thing and English ones about another, so that means take subjects for languages."""
    index = Index.create(tmp_path / "index", Shifted())
    index.add([{"id": f"de {n}", "text": f"de gardens and flowers {n}", "lang": "de"} for n in range(150)])
    index.add([{"id": f"en {n}", "text": f"en engines of trucks {n}", "lang": "en"} for n in range(150)])
    return index


def pairs() -> tuple[list[str], list[str]]:
    contents = [f"{word} {number}" for word in ("apple", "river", "moon", "chair", "winter") for number in range(60)]
    return [f"de {one}" for one in contents], [f"en {one}" for one in contents]


def subject_found(index: Index) -> float:
    """How much better what a question is about scores than the other subject, over the question's language."""
    gaps = []
    for number in range(5):
        scores = {
            hit.lang: hit.score
            for hit in index.search(f"de engines of trucks {number}", 2, query_lang="de", per_language=1)
        }
        gaps.append(scores["en"] - scores["de"])
    return float(np.mean(gaps))


def test_subjects_are_not_taken_for_languages(confounded: Index) -> None:
    before = subject_found(confounded)
    assert confounded.fit_means(*pairs(), lang_a="de", lang_b="en") == {("de", "en"): 300}
    assert subject_found(confounded) > before + 0.2
    fitted = confounded._seen(lambda view: view.fairness).documents
    confounded.compact()
    with Index.open(confounded.folder, Shifted()) as again:
        np.testing.assert_array_equal(again._seen(lambda view: view.fairness).documents.mean("de"), fitted.mean("de"))
        assert again.verify() == []
        again.forget_means()
        assert subject_found(again) == pytest.approx(before, abs=1e-5)


def test_pairs_add_up_and_languages_are_identified(confounded: Index) -> None:
    a, b = pairs()
    assert confounded.fit_means(a[:10], b[:10], lang_a="de", lang_b="en") == {("de", "en"): 10}
    german = ["Wir gehen heute in den Garten und pflanzen Blumen."] * 3
    english = ["We are going to the garden today and plant flowers."] * 3
    assert confounded.fit_means(english, german) == {("de", "en"): 13}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), StorageError("the disk is full.")])
def test_pairs_count_once_when_the_call_is_repeated(
    confounded: Index, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def failing(*_: Any) -> None:
        raise error

    a, b = pairs()
    for known in ({}, {("de", "en"): 10}):
        with monkeypatch.context() as patch:
            patch.setattr("interlingua.index.building.build", failing)
            with pytest.raises(type(error)):
                confounded.fit_means(a, b, lang_a="de", lang_b="en")
        found = confounded._documents.pairs()
        assert (found.counts if found else {}) == known
        if not known:
            confounded.fit_means(a[:10], b[:10], lang_a="de", lang_b="en")
    assert confounded.fit_means(a, b, lang_a="de", lang_b="en") == {("de", "en"): 310}


def test_what_cannot_be_learned_from(confounded: Index) -> None:
    with pytest.raises(InputError, match="There are 2 texts but 1 translations"):
        confounded.fit_means(["a", "b"], ["c"])
    with pytest.raises(InputError, match="No pair of texts is in two different languages"):
        confounded.fit_means(["a"], ["b"], lang_a="de", lang_b="de")
    assert confounded._documents.pairs() is None


def test_translations_are_embedded_with_the_model_that_the_index_has_by_now(
    confounded: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "model_of", lambda encoder: encoder.fingerprint)
    monkeypatch.setattr(
        "interlingua.encoding.joint.open_encoder",
        lambda model, **_: FakeEncoder(32) if model == "fake-32" else Shifted(),
    )
    a, b = pairs()
    with Index.open(confounded.folder) as reader, Index.open(confounded.folder) as other:
        assert reader.encoder.dimension == 64
        other.reembed(FakeEncoder(32))
        assert reader.fit_means(a, b, lang_a="de", lang_b="en") == {("de", "en"): 300}
        assert reader._seen(lambda view: view.fairness).documents.mean("de").shape == (32,)
        assert reader.verify() == []
    with pytest.raises(WrongModel):
        confounded.fit_means(a, b, lang_a="de", lang_b="en")


def test_damaged_pairs_are_told_and_forgotten(confounded: Index) -> None:
    confounded.fit_means(*pairs(), lang_a="de", lang_b="en")
    with confounded._documents.transaction():
        confounded._documents.tell("pairs", b"torn")
    (said,) = confounded.verify()
    assert "the means from parallel texts are damaged" in said
    with pytest.raises(CorruptIndex, match="--forget"):
        confounded.compact()
    confounded.forget_means()
    assert confounded.verify() == []


def test_with_the_model_translations_do_no_harm(e5: Encoder, tmp_path: Path) -> None:
    """The demo corpus: German has one half of the sentences, English the other; asked is for those that the other has."""
    corpus = {lang: {one.item: one.text for one in load_corpus([lang])} for lang in ("de", "en")}
    items = sorted(set(corpus["de"]) & set(corpus["en"]))
    by_subject = sorted(items, key=lambda item: float(e5.encode_document(corpus["en"][item])[0]))
    half = len(items) // 2
    index = Index.create(tmp_path / "index", e5)
    index.add([{"id": str(item), "text": corpus["de"][item], "lang": "de"} for item in by_subject[:half]])
    index.add([{"id": str(item), "text": corpus["en"][item], "lang": "en"} for item in by_subject[half:]])

    def found() -> float:
        ranks = []
        for asked, items_there in (("en", by_subject[:half]), ("de", by_subject[half:])):
            for item in items_there:
                hits = index.search(corpus[asked][item], 20, query_lang=asked)
                ranks.append(next((1 / rank for rank, hit in enumerate(hits, 1) if hit.id == str(item)), 0.0))
        return float(np.mean(ranks))

    before = found()
    index.fit_means(
        [corpus["de"][item] for item in items], [corpus["en"][item] for item in items], lang_a="de", lang_b="en"
    )
    assert found() >= before - 0.01
    assert found() > 0.9
