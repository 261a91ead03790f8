"""Matching two lists: what is right, what is nothing, and what the numbers say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, LanguageMeans, TruncationWarning, load_corpus
from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.matching.match import match
from interlingua.matching.results import Match
from interlingua.types import Vectors


class Steep:
    """A calibration for encoders without a model: from cosine 0.55 on more probable than not, steeply."""

    def __init__(self, dimension: int) -> None:
        self.means = LanguageMeans({}, np.zeros(dimension, np.float32))

    def probabilities(self, cosines: Any, langs_a: Any, langs_b: Any, sizes: Any, *, prior: float = 0.5) -> Any:
        assert prior == 0.5, "the prior of a list is no prior of pairs"
        assert len(cosines) == len(langs_a) == len(langs_b) == len(sizes)
        return 1 / (1 + np.exp(-15 * (np.asarray(cosines, dtype=np.float64) - 0.55)))

    def threshold(self, target_precision: float = 0.95, *, prior: float = 0.5) -> float:  # noqa: ARG002
        return target_precision - 0.1


class Spelled:
    """An encoder for texts such as ``a2 c``: how much there is of each letter."""

    name, dimension, fingerprint = "spelled", 26, "spelled"

    def encode(self, sentences: Sequence[str]) -> Vectors:
        table = np.zeros((len(sentences), 26), dtype=np.float32)
        for row, text in enumerate(sentences):
            for word in text.casefold().split():
                table[row, ord(word[0]) - ord("a")] += float(word[1:] or 1)
        return table / np.linalg.norm(table, axis=1, keepdims=True)

    encode_query = encode_document = encode


class Cutting(Spelled):
    """One that cuts the text "long", and says so as encoders do."""

    name = "cutting"

    def encode(self, sentences: Sequence[str]) -> Vectors:
        if rows := [row for row, text in enumerate(sentences) if text == "long"]:
            warnings.warn(TruncationWarning(f"Row {rows[0]}", rows), stacklevel=2)
        return super().encode([text[0] for text in sentences])

    encode_query = encode_document = encode


def spelled(left: Any, right: Any, **options: Any) -> list[Match]:
    langs = {"left_langs": "en", "right_langs": "en"}
    return match(Spelled(), left, right, **({"calibration": Steep(26)} | langs | options))  # type: ignore[arg-type]


def test_the_right_one_or_none() -> None:
    found = spelled(["a b", "c d", "x y"], ["c d e0.1", "k", "a b e0.1", "m"])
    assert [one.right for one in found] == [2, 0, None]
    assert [one.row for one in found] == [0, 1, 2]
    assert [one.matched for one in found] == [True, True, False]
    assert found[0].probability > 0.95
    assert found[0].candidates[0].cosine == pytest.approx(0.9975, abs=1e-3)
    assert found[0].candidates[0].centred_cosine == pytest.approx(0.9975, abs=1e-3)
    assert found[2].candidates[0].row in range(4), "the nearest is told, but not taken"
    assert found[2].none_probability > 0.9


def test_two_that_are_as_good_leave_it_open() -> None:
    sure, open_ = spelled(["a3 b", "c3"], ["a3 b", "c3 d", "c3 e", "k"], top_k=2)
    assert sure.right == 0
    assert open_.right is None
    assert sorted(one.row for one in open_.candidates) == [1, 2]
    assert [one.probability for one in open_.candidates] == pytest.approx([0.5, 0.5], abs=0.05)


def test_the_probabilities_of_all_and_of_none_are_one() -> None:
    for one in spelled(["a b", "c", "a c d"], ["a b2", "c d0.5", "d", "a c"], top_k=4):
        assert sum(candidate.probability for candidate in one.candidates) + one.none_probability == pytest.approx(1)
        assert [c.probability for c in one.candidates] == sorted((c.probability for c in one.candidates), reverse=True)


def test_a_result_does_not_depend_on_the_other_left_texts() -> None:
    left, right = ["a b", "c d e", "f", "a b c"], ["a b d0.2", "c d", "f g", "h"]
    together = spelled(left, right, top_k=3)
    for row, text in enumerate(left):
        alone = spelled([text], right, top_k=3)[0]
        assert alone.candidates == together[row].candidates
        assert alone.right == together[row].right


def test_more_candidates_do_not_change_what_matches() -> None:
    left, right = ["a b", "c3"], ["a b d0.2", "c3 d", "c3 e"]
    assert [one.right for one in spelled(left, right)] == [one.right for one in spelled(left, right, top_k=3)]


def test_copies_on_the_right_are_no_rivals() -> None:
    found = spelled(["a b"], ["k", "A  b", "a b", "m"], top_k=3)[0]
    assert found.right == 1, "the first of the copies"
    assert [one.row for one in found.candidates].count(2) == 0


def test_of_a_group_the_best_variant_counts() -> None:
    right = ["a3 b", "a3 c", "k", "a3 c d0.2"]
    assert spelled(["a3 c d0.1"], right)[0].right is None, "two variants are rivals"
    found = spelled(["a3 c d0.1"], right, right_groups=["x", "x", "y", "x"], top_k=4)[0]
    assert found.right in (1, 3)
    assert len(found.candidates) == 2, "one of each group"


def test_large_groups_do_not_hide_others() -> None:
    right = [f"a9 b{number / 100}" for number in range(60)] + ["a9 c6", "k"]
    found = spelled(["a9 b0.3"], right, right_groups=["x"] * 60 + ["y", "z"], top_k=3)[0]
    assert [one.row for one in found.candidates] == [30, 60, 61]


def test_a_prior_and_a_wanted_precision_move_the_decision() -> None:
    right = ["a2 b2 c4.5", "a2 k2", "b2 m2"]
    base = spelled(["a2 b2"], right)[0].probability
    assert (
        spelled(["a2 b2"], right, prior=0.01)[0].probability
        < base
        < spelled(["a2 b2"], right, prior=0.99)[0].probability
    )
    assert spelled(["a2 b2"], right, min_probability=base - 1e-6)[0].matched
    assert not spelled(["a2 b2"], right, min_probability=base + 1e-6)[0].matched
    assert spelled(["a2 b2"], right, target_precision=base + 0.09)[0].matched
    assert not spelled(["a2 b2"], right, target_precision=min(base + 0.11, 0.99))[0].matched or base > 0.89


class TestOneToOne:
    def test_nothing_is_used_twice(self) -> None:
        left, right = ["a b", "a b c0.3", "x"], ["a b c0.1", "k", "a b c0.5"]
        freely = spelled(left, right, min_probability=0.1)
        paired = spelled(left, right, one_to_one=True, min_probability=0.1)
        assert [one.right for one in freely][:2].count(0) >= 1
        assert [one.right for one in paired] == [0, 2, None]

    def test_copies_are_dealt_out(self) -> None:
        found = spelled(["a b", "a b", "a b"], ["a b", "k", "a  B"], one_to_one=True)
        assert [one.right for one in found] == [0, 2, None]

    def test_a_group_is_used_once(self) -> None:
        found = spelled(
            ["a b", "a b c0.1"], ["a b", "a b c0.1"], right_groups=[7, 7], one_to_one=True, min_probability=0.1
        )
        assert sum(one.matched for one in found) == 1

    @pytest.mark.parametrize("nothing", [None, float("nan"), np.float64("nan")])
    def test_texts_without_a_group_stand_alone(self, nothing: object) -> None:
        texts = ["a b", "c d", "e f", "g h"]
        groups = [nothing, nothing, "x", nothing]
        found = spelled(texts, [f"{text} y0.1" for text in texts], right_groups=groups, one_to_one=True)
        assert [one.right for one in found] == [0, 1, 2, 3]

    def test_everything_is_paired_where_that_is_wanted(self) -> None:
        found = spelled(["a b", "x", "y"], ["k", "a b", "m"], one_to_one=True, min_probability=0.0)
        assert sorted(one.right for one in found if one.right is not None) == [0, 1, 2]
        assert found[0].right == 1

    def test_candidates_have_the_right_texts_numbers(self) -> None:
        found = spelled(["c d", "a b"], ["a b e0.1", "c d e0.1"], one_to_one=True, top_k=2)
        for one, right in zip(found, (1, 0), strict=True):
            assert one.right == one.candidates[0].row == right
            assert one.candidates[0].cosine == pytest.approx(0.9975, abs=1e-3)
            assert one.candidates[1].cosine == pytest.approx(0.005, abs=0.01)


def test_no_left_texts_give_no_results() -> None:
    assert spelled([], ["a"]) == []
    assert spelled([], ["a"], one_to_one=True) == []


@pytest.mark.parametrize(
    ("options", "error", "part"),
    [
        ({"top_k": 0}, OptionError, "top_k must be a whole number and at least 1, not 0"),
        ({"target_precision": 1.0}, OptionError, "target_precision is a share above 0 and below 1"),
        ({"prior": 0}, OptionError, "prior is a share"),
        ({"min_probability": 1.5}, OptionError, "min_probability is a probability from 0 to 1, not 1.5"),
        ({"prompts": "answers"}, OptionError, "prompts is 'symmetric' or 'query-document', not 'answers'"),
        ({"right_groups": [1]}, InputError, "There are 2 right texts but 1 groups"),
        ({"left_langs": "xq9"}, UnknownLanguage, "xq9"),
        ({"left_langs": ["en", "en"]}, InputError, "1 texts but 2 languages"),
    ],
)
def test_what_is_refused(options: dict[str, Any], error: type[Exception], part: str) -> None:
    with pytest.raises(error, match=part):
        spelled(["a"], ["a", "b"], **options)


def test_bad_texts_are_named_with_their_side() -> None:
    with pytest.raises(InputError, match="right: there are no texts to pick from"):
        spelled(["a"], [])
    with pytest.raises(InputError, match=r"right.*row 1"):
        spelled(["a"], ["b", ""])
    with pytest.raises(InputError, match=r"left.*row 0"):
        spelled([""], ["b"])


@pytest.mark.parametrize("one_to_one", [False, True])
def test_warnings_name_the_rows_of_the_lists(monkeypatch: pytest.MonkeyPatch, one_to_one: bool) -> None:
    monkeypatch.setattr("interlingua.matching.sides.BLOCK", 2)
    monkeypatch.setattr("interlingua.matching.match.BLOCK", 2)
    left, right = ["a", "b", "c", "long"], ["long", "a", "b", "c", "long"]
    with pytest.warns(TruncationWarning) as caught:
        match(Cutting(), left, right, left_langs="en", right_langs="en", calibration=Steep(26), one_to_one=one_to_one)  # type: ignore[arg-type]
    assert [(one.category, str(one.message).partition(" (")[0], one.filename) for one in caught] == [
        (TruncationWarning, "right: rows 0, 4 are longer than 'cutting' reads", __file__),
        (TruncationWarning, "left: row 3 is longer than 'cutting' reads", __file__),
    ]


def test_long_lists_lie_in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = [f"a{n} b{51 - n} c" for n in range(1, 50)], [f"a{n} b{51 - n}" for n in range(1, 50)]
    inside = spelled(left, right, top_k=3)
    monkeypatch.setattr("interlingua.matching.sides._IN_MEMORY", 0)
    monkeypatch.setattr("interlingua.matching.sides.BLOCK", 20)
    monkeypatch.setattr("interlingua.matching.match.BLOCK", 20)
    assert spelled(left, right, top_k=3) == inside
    assert [one.right for one in spelled(left, right, one_to_one=True, min_probability=0.0)] == list(range(49))


class TestWithAModel:
    """Questions of the demo corpus: Spanish, Japanese and German ones to English ones."""

    @pytest.mark.parametrize("one_to_one", [False, True])
    def test_translations_match_and_nothing_else_does(self, use: Encoder, one_to_one: bool) -> None:
        english = load_corpus("en")
        there = {text.item: row for row, text in enumerate(english[::2])}
        for lang in ("es", "ja", "de"):
            asked = load_corpus(lang)
            found = match(
                use,
                [text.text for text in asked],
                [text.text for text in english[::2]],
                left_langs=lang,
                right_langs="en",
                one_to_one=one_to_one,
            )
            wanted = [there.get(text.item) for text in asked]
            taken = [(one.right, right) for one, right in zip(found, wanted, strict=True) if one.matched]
            assert sum(a == b for a, b in taken) >= 0.9 * len(taken)
            assert sum(a == b for a, b in taken) >= 0.75 * sum(right is not None for right in wanted)
