"""The terms of clusters: what tells them apart within a language, in scripts with and without spaces."""

from __future__ import annotations

import numpy as np
import pytest

from interlingua.clustering.wording import terms_of, terms_of_clusters
from interlingua.texts.terms import words_and_runs


@pytest.mark.parametrize(
    ("text", "words", "runs"),
    [
        ("Élu au 2e tour, à Großburg", ["élu", "au", "2e", "tour", "à", "großburg"], []),
        ("東京2020 Games", ["2020", "games"], ["東京"]),
        ("ที่นี่", [], ["ที่นี่"]),
        ("선거를 했다", ["선거를", "했다"], []),
        ("soft\u00adhyphen", ["softhyphen"], []),
    ],
)
def test_words_and_runs(text: str, words: list[str], runs: list[str]) -> None:
    found, unspaced = words_and_runs(text)
    assert (found, ["".join(run) for run in unspaced]) == (words, runs)


def test_marks_stay_with_their_characters() -> None:
    assert words_and_runs("ที่นี่")[1] == [["ที่", "นี่"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The 25 cats, 3D", {"the", "cats"}),
        ("선거를", {"선거", "선거를"}),
        # Of Japanese no endings and particles, and katakana only whole.
        ("インターネットで選挙をした", {"インターネット", "選挙"}),
        ("选举法", {"选举", "举法", "选举法"}),
        # A vowel that belongs to the consonant before it begins no piece.
        ("กาแฟ", {"กา", "กาแฟ", "แฟ"}),
    ],
)
def test_what_may_be_a_label(text: str, found: set[str]) -> None:
    assert terms_of(text) == found


def told(texts: dict[tuple[str, int], list[str]], most: int = 3) -> dict[int, dict[str, tuple[str, ...]]]:
    rows = [(text, lang, number) for (lang, number), some in texts.items() for text in some]
    clusters = np.array([row[2] for row in rows], dtype=np.int32)
    return terms_of_clusters(
        [row[0] for row in rows], [row[1] for row in rows], clusters, np.ones(len(rows), int), most
    )


def test_words_that_are_everywhere_are_no_labels() -> None:
    found = told(
        {
            ("en", 0): [f"the cat is number {word}" for word in "abcdefgh"],
            ("en", 1): [f"the election is number {word}" for word in "abcdefgh"],
            ("en", 2): [f"the ship is number {word}" for word in "abcdefghijklmnopqrstuvwx"],
        }
    )
    assert found == {0: {"en": ("cat",)}, 1: {"en": ("election",)}, 2: {"en": ("ship",)}}


def test_each_language_is_compared_with_itself() -> None:
    """Otherwise all German words would tell a cluster apart that has most German texts."""
    found = told(
        {
            ("en", 0): ["cat here"] * 6,
            ("en", 1): ["ship here"] * 30,
            ("de", 0): ["die Katze hier"] * 6,
            ("de", 1): ["das Schiff hier"] * 30,
            ("fr", 0): ["le chat ici"] * 9,
        }
    )
    assert found == {
        0: {"de": ("die", "katze"), "en": ("cat",)},
        1: {"de": ("das", "schiff"), "en": ("ship",)},
    }


def test_pieces_are_put_together() -> None:
    found = told({("zh", 0): ["选举委员会说"] * 6, ("zh", 1): ["他们说"] * 40})
    assert found[0] == {"zh": ("选举委员",)}


def test_rows_without_a_cluster_count_among_the_others() -> None:
    assert told({("en", 0): ["cat here"] * 6, ("en", -1): ["ship here"] * 40}) == {0: {"en": ("cat",)}}
    assert told({("en", 0): ["cat here"] * 6}) == {}


def test_chance_is_no_evidence() -> None:
    assert told({("en", 0): ["cat one", "cat two"], ("en", 1): ["dog one", "dog two"]}) == {}
