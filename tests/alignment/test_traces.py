"""What is seen without a model."""

from __future__ import annotations

import numpy as np

from interlingua.alignment.band import Band
from interlingua.alignment.joining import joined
from interlingua.alignment.traces import kept, marks_of, shared_marks, unfinished


def test_marks_are_numbers_and_the_beginnings_of_words() -> None:
    assert marks_of("Die Expédition von 1956, im Mai") == {"exped", "1956"}
    assert marks_of("Expeditionen 01956") == {"exped", "1956"}
    assert "1956" in marks_of("في عام ١٩٥٦")
    assert "1956" in marks_of("在1956年")


def test_which_sentences_go_on() -> None:
    rows = ["The book of J. Franco (", "Paris) is out:", "a fine one.", "He said so.", "And went ,", "of course."]
    assert unfinished(rows).tolist() == [True, True, False, False, True, False]
    assert unfinished(["第一句。", "第二句。"]).tolist() == [False, False]


def test_a_mark_is_shared_between_the_places_that_have_it() -> None:
    band = Band.between(np.zeros(3, dtype=np.int64), np.full(3, 4, dtype=np.int64))
    ours, theirs = shared_marks(["Paris 1956", "Roma"], ["à Paris", "en 1956", "Paris"], band)
    assert ours.reshape(3, 4).tolist() == [[0.0] * 4, [0.0, 0.5, 1.0, 0.5], [0.0] * 4]
    assert theirs.reshape(3, 4).tolist() == [[0.0] * 4, [0.0, 1.0, 1.0, 1.0], [0.0] * 4]


def test_what_a_bead_keeps_together() -> None:
    band = Band.between(np.zeros(3, dtype=np.int64), np.full(3, 4, dtype=np.int64))
    shares = np.zeros(band.size, dtype=np.float32)
    shares[band.places(np.array([1, 1, 2]), np.array([1, 2, 3]))] = [1, 2, 4]
    found = kept(shares, ((1, 1), (1, 2), (2, 1), (2, 2)), band)
    assert found[1, 2].reshape(3, 4)[1].tolist() == [0, 1, 3, 2]
    assert found[2, 2].reshape(3, 4)[2].tolist() == [0, 1, 3, 6]


def test_joined_as_the_language_writes() -> None:
    assert joined(["One.", " Two. "]) == "One. Two."
    assert joined(["第一句。", "第二句。"]) == "第一句。第二句。"
    assert joined(["한 문장.", "또 한 문장."]) == "한 문장. 또 한 문장."
    assert joined([]) == ""
