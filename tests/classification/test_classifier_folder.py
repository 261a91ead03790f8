"""A folder of JSON and arrays: the same predictions, no pickle, and damage is found."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import topics

from interlingua import CrossLingualClassifier, FakeEncoder
from interlingua.classification.saving import opening
from interlingua.errors import CorruptModel, InputError, WrongModel


def test_a_saved_classifier_predicts_the_same(trained, e5, tmp_path):
    trained.save(tmp_path / "model")
    again = CrossLingualClassifier.load(tmp_path / "model", e5)
    texts, _, _ = topics.testing()
    assert np.array_equal(again.predict_proba(texts), trained.predict_proba(texts))
    assert again.decide(texts) == trained.decide(texts)
    assert again.target_precision == 0.95
    assert again.classes_.tolist() == trained.classes_.tolist()


@pytest.mark.parametrize("head", ["blend", "logistic", "knn", "centroid"])
def test_every_head_comes_back(fake: FakeEncoder, tmp_path, head):
    texts, labels = topics.training()
    model = CrossLingualClassifier(fake, head=head).fit(texts, labels)
    model.save(tmp_path / "model")
    again = CrossLingualClassifier.load(tmp_path / "model", fake)
    assert np.array_equal(again.predict_proba(texts), model.predict_proba(texts))
    assert np.array_equal(again.trained_.examples, model.trained_.examples)
    with np.load(tmp_path / "model" / "arrays.npz", allow_pickle=False) as arrays:
        # Examples that vote and are shown are kept once.
        assert sum(arrays[name].shape == model.trained_.examples.shape for name in arrays.files) == 1


@pytest.mark.parametrize("labels", [[1, 2], [True, False], [0.5, 1.5], ["a", "ü"]])
def test_labels_keep_their_kind(fake: FakeEncoder, tmp_path, labels):
    texts, _ = topics.training()
    if isinstance(labels[0], float):
        labels = [str(label) for label in labels]
    model = CrossLingualClassifier(fake).fit(texts, [labels[row % 2] for row in range(len(texts))])
    model.save(tmp_path / "model")
    found = CrossLingualClassifier.load(tmp_path / "model", fake).predict(texts)
    assert found.dtype == model.predict(texts).dtype
    assert found.tolist() == model.predict(texts).tolist()


def test_several_labels_come_back(fake: FakeEncoder, tmp_path):
    texts, labels = topics.training()
    model = CrossLingualClassifier(fake, target_precision=0.8).fit(texts, [[label] for label in labels])
    model.save(tmp_path / "model")
    assert CrossLingualClassifier.load(tmp_path / "model", fake).predict(texts) == model.predict(texts)


def test_there_is_no_pickle_in_it(trained, tmp_path):
    trained.save(tmp_path / "model")
    with np.load(tmp_path / "model" / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "arrays.npz",
        "classifier.json",
        "examples.jsonl",
    ]


def test_training_texts_need_not_be_kept(trained, tmp_path):
    trained.save(tmp_path / "model", keep_texts=False)
    assert not (tmp_path / "model" / "examples.jsonl").exists()
    assert CrossLingualClassifier.load(tmp_path / "model").trained_.texts is None


def test_predicting_does_not_import_scikit_learn(trained, tmp_path):
    trained.save(tmp_path / "model")
    code = (
        "import sys; from interlingua import CrossLingualClassifier as C; "
        f"print(C.load({str(tmp_path / 'model')!r}).predict(['Il neige.'])[0], 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["weather", "False"]


def test_a_classifier_is_replaced_whole(fake: FakeEncoder, tmp_path):
    texts, labels = topics.training()
    model = CrossLingualClassifier(fake).fit(texts, labels)
    model.save(tmp_path / "model")
    CrossLingualClassifier(fake).fit(texts, [label.upper() for label in labels]).save(tmp_path / "model")
    assert CrossLingualClassifier.load(tmp_path / "model", fake).classes_[0] == "FOOD"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_something_else_is_not_replaced(fake: FakeEncoder, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("the only copy")
    with pytest.raises(InputError, match="is there already and is no classifier"):
        CrossLingualClassifier(fake).fit(*topics.training()).save(tmp_path / "model")
    assert (tmp_path / "model" / "thesis.txt").read_text() == "the only copy"


def test_another_model_is_refused(trained, tmp_path):
    trained.save(tmp_path / "model")
    with pytest.raises(WrongModel, match="was trained on vectors of e5-small"):
        CrossLingualClassifier.load(tmp_path / "model", FakeEncoder(384))


@pytest.fixture
def saved(fake: FakeEncoder, tmp_path):
    CrossLingualClassifier(fake).fit(*topics.training()).save(tmp_path / "model")
    return tmp_path / "model"


@pytest.mark.parametrize("name", ["arrays.npz", "examples.jsonl"])
@pytest.mark.parametrize("harm", ["cut", "flip", "lose"])
def test_damage_is_found_and_named(saved, name, harm):
    content = bytearray((saved / name).read_bytes())
    if harm == "lose":
        (saved / name).unlink()
    else:
        content = content[:-7] if harm == "cut" else content
        content[len(content) // 2] ^= 1 if harm == "flip" else 0
        (saved / name).write_bytes(content)
    with pytest.raises(CorruptModel, match=f"{name}.*train the classifier anew"):
        CrossLingualClassifier.load(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "interlingua classifier 1"}', "\x00"])
def test_a_torn_description_is_found(saved, text):
    (saved / "classifier.json").write_text(text)
    with pytest.raises(CorruptModel, match=r"classifier\.json is damaged"):
        CrossLingualClassifier.load(saved)


def test_a_later_format_is_said_to_be_one(saved):
    facts = json.loads((saved / "classifier.json").read_text()) | {"format": "interlingua classifier 9"}
    (saved / "classifier.json").write_text(json.dumps(facts))
    with pytest.raises(CorruptModel, match="has the format 'interlingua classifier 9'"):
        CrossLingualClassifier.load(saved)


def test_no_classifier_is_said_to_be_none(tmp_path):
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(InputError, match="is no trained classifier"):
            CrossLingualClassifier.load(path)


def test_bare_vectors_have_no_model_to_open(fake: FakeEncoder, tmp_path):
    texts, labels = topics.training()
    CrossLingualClassifier().fit(fake.encode(texts), labels).save(tmp_path / "model")
    with pytest.raises(InputError, match="trained on bare vectors"):
        opening(tmp_path / "model")
    again = CrossLingualClassifier.load(tmp_path / "model")
    assert again.predict(fake.encode(texts[:1])).tolist() == ["weather"]
