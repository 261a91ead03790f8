"""Trained on English, right in other languages, silent about other things."""

from __future__ import annotations

import numpy as np
import pytest
import topics
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from interlingua import CrossLingualClassifier, Encoder, FakeEncoder
from interlingua.errors import InputError, OptionError, WrongModel


def test_what_is_learned_in_english_holds_in_other_languages(trained):
    texts, labels, _ = topics.testing()
    assert [one.best for one in trained.decide(texts)] == labels


def test_each_row_is_predicted_by_itself(trained):
    texts, _, _ = topics.testing()
    together = trained.predict_proba(texts)
    alone = np.concatenate([trained.predict_proba([text]) for text in texts])
    assert np.abs(together - alone).max() < 1e-6


def test_it_is_silent_about_other_things(trained):
    texts, _, _ = topics.testing()
    inside = np.array([one.confidence for one in trained.decide(texts)])
    outside = np.array([one.confidence for one in trained.decide(topics.ABOUT_NOTHING_OF_IT)])
    assert np.median(outside) < 0.75 < inside.min()
    assert (trained.predict(topics.ABOUT_NOTHING_OF_IT[:1]) == ["unknown"]).all()
    assert "unknown" not in trained.predict(texts)


def test_a_decision_says_what_there_is_to_say(trained):
    decision = trained.decide(["Morgen soll es stark regnen."])[0]
    assert (decision.label, decision.best, decision.lang) == ("weather", "weather", "de")
    assert decision.second in topics.TRAIN
    assert decision.probability > 0.9
    assert 0.9 < decision.confidence <= 1


def test_a_given_language_is_believed(trained):
    assert trained.decide(["Morgen soll es stark regnen."], langs="nl")[0].lang == "nl"


def test_probabilities_sum_to_one_and_follow_classes(trained):
    texts, labels, _ = topics.testing()
    found = trained.predict_proba(texts)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(texts)))
    assert trained.classes_[found.argmax(axis=1)].tolist() == labels


def test_vectors_of_the_model_are_as_good_as_texts(trained, e5: Encoder):
    texts, labels, langs = topics.testing()
    assert trained.predict(e5.encode(texts), langs=langs).tolist() == labels


def test_no_rows_give_no_labels(trained):
    assert trained.predict([]).tolist() == []
    assert trained.decide([]) == []


def test_several_labels_a_row(e5: Encoder):
    texts, labels = topics.training()
    both = [("money", "sport"), ("food", "weather")]
    extra = ["The club sold its striker for forty million euros.", "Frost destroyed the grape and apple harvest."]
    given = [(label,) for label in labels] + both
    model = CrossLingualClassifier(e5).fit(texts + extra, given)
    others, expected, _ = topics.testing()
    assert model.predict(others) == [(label,) for label in expected]
    probabilities = model.predict_proba(extra)
    assert probabilities.shape == (2, 4)
    for row, labels_of_row in zip(probabilities, both, strict=True):
        assert set(model.classes_[np.argsort(-row)[:2]]) == set(labels_of_row)


def test_zero_shot_needs_only_names(e5: Encoder):
    model = CrossLingualClassifier.zero_shot(["weather", "food", "sport", "money and banks"], e5)
    assert model.predict(["Demain, il pleuvra.", "今天的汤很好喝。", "Der FC hat das Spiel gewonnen."]).tolist() == [
        "weather",
        "food",
        "sport",
    ]
    with pytest.raises(OptionError, match="When to abstain was not learned"):
        model.set_params(target_precision=0.9).predict(["Demain, il pleuvra."])


def test_zero_shot_with_descriptions(e5: Encoder):
    labels = {"A": "rain, snow and sunshine", "B": ["meals and cooking", "The cake is sweet."]}
    model = CrossLingualClassifier.zero_shot(labels, e5, langs="en")
    assert model.predict(["Es schneit.", "Die Suppe ist heiß."]).tolist() == ["A", "B"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [(["one"], "fewer than two labels"), ("weather", "one text"), ({"a": "x", "b": []}, "'b' has no description")],
)
def test_zero_shot_labels_are_checked(labels, message):
    with pytest.raises(InputError, match=message):
        CrossLingualClassifier.zero_shot(labels, FakeEncoder())


def test_scikit_learns_tools_take_it(e5: Encoder):
    texts, labels = topics.training()
    model = CrossLingualClassifier(e5, head="centroid")
    again = clone(model)
    assert again.encoder is e5
    assert again.get_params() == model.get_params()
    vectors = e5.encode(texts)
    search = GridSearchCV(CrossLingualClassifier(), {"head": ["centroid", "knn"]}, cv=2).fit(vectors, labels)
    assert search.best_score_ > 0.9
    piped = make_pipeline(FunctionTransformer(lambda rows: [row.strip() for row in rows]), model).fit(texts, labels)
    assert piped.predict(["  Il neige.  "]).tolist() == ["weather"]


def test_bare_vectors_of_any_model_do(fake: FakeEncoder):
    texts, labels = topics.training()
    model = CrossLingualClassifier().fit(fake.encode(texts), labels)
    assert model.score(fake.encode(texts), labels) > 0.9
    with pytest.raises(InputError, match="trained on bare vectors"):
        model.predict(["a text"])


def test_an_encoder_without_shipped_facts_does(fake: FakeEncoder):
    texts, labels = topics.training()
    model = CrossLingualClassifier(fake).fit(texts, labels, langs="en")
    assert model.trained_.about["centring"] == "none"
    assert model.predict(texts[:1]).tolist() == ["weather"]


def test_another_model_is_refused(fake: FakeEncoder):
    model = CrossLingualClassifier(fake).fit(*topics.training())
    model.set_params(encoder=FakeEncoder(32))
    with pytest.raises(WrongModel, match="fingerprint fake-64"):
        model.predict(["It rains."])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"head": "forest"}, "head is one of 'auto', 'blend'"),
        ({"C": 0}, "C must be a number above 0"),
        ({"C": "big"}, "C must be a number above 0"),
        ({"n_neighbors": -1}, "n_neighbors must be"),
        ({"target_precision": 95}, "target_precision is a number between 0 and 1"),
        ({"out_of_scope": 1.0}, "out_of_scope is a number between 0 and 1"),
        ({"centring": "yes"}, "centring is True, False or None"),
        ({"class_weight": "even"}, "class_weight is None"),
        ({"target_precision": 0.9, "unknown": "food"}, "'food' is one of the labels"),
    ],
)
def test_parameters_are_checked_when_training(fake: FakeEncoder, parameters, message):
    with pytest.raises(OptionError, match=message):
        CrossLingualClassifier(fake, **parameters).fit(*topics.training())


def test_centring_needs_means(fake: FakeEncoder):
    with pytest.raises(OptionError, match="No language means come with a model 'fake'"):
        CrossLingualClassifier(fake, centring=True).fit(*topics.training())


def test_rows_are_checked(fake: FakeEncoder):
    texts, labels = topics.training()
    with pytest.raises(InputError, match="32 rows but 3 labels"):
        CrossLingualClassifier(fake).fit(texts, labels[:3])
    with pytest.raises(InputError, match="row 1") as caught:
        CrossLingualClassifier(fake).fit(["a", None, "b"], ["x", "y", "x"])
    assert caught.value.rows == (1,)
    with pytest.raises(InputError, match="put it into a list"):
        CrossLingualClassifier(fake).fit(texts, labels).predict("one text")


def test_class_weights_move_the_line(fake: FakeEncoder):
    texts, labels = topics.training()
    weights = dict.fromkeys(topics.TRAIN, 1e-6) | {"money": 1e6}
    model = CrossLingualClassifier(fake, head="centroid", class_weight=weights).fit(texts, labels)
    assert set(model.predict(texts)) == {"money"}
    with pytest.raises(InputError, match="class_weight names 'art'"):
        CrossLingualClassifier(fake, class_weight={"art": 2.0}).fit(texts, labels)


def test_it_shows_what_was_set():
    assert repr(CrossLingualClassifier(head="knn")) == "CrossLingualClassifier(head='knn')"
    with pytest.raises(ValueError, match="Invalid parameter 'heads'"):
        CrossLingualClassifier().set_params(heads="knn")
