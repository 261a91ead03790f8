"""The page of an alignment."""

from __future__ import annotations

from interlingua.alignment.beads import Bead
from interlingua.reports.alignment_page import AlignmentSummary, alignment_page

SUMMARY = AlignmentSummary("a <b>.txt", "he.txt", "en", None, "e5-small", "line")
BEADS = [
    Bead((0,), (0,), 0.98, 0.8, "One & <two>.", "אחת."),
    Bead((1, 2), (1,), 0.41, 0.4, "Three. Four.", "שלוש."),
    Bead((), (3,), 0.9, None, "", "bad \ud800"),
]


def page() -> str:
    return "".join(alignment_page(SUMMARY, BEADS))


def test_texts_are_escaped_and_stand_in_their_own_direction() -> None:
    assert "<title>a &lt;b&gt;.txt – he.txt</title>" in page()
    assert '<div dir="auto" lang="en"><span class="number">1</span>One &amp; &lt;two&gt;.</div>' in page()
    assert '<div dir="auto"><span class="number">1</span>אחת.</div>' in page()
    assert "bad ?" in page()
    page().encode("utf-8")


def test_doubtful_rows_are_marked_and_listed() -> None:
    assert '<div class="row doubt" id="b2">' in page()
    assert '1 of 3 rows are doubtful: <a href="#b2">2</a>' in page()
    assert '<span class="number">2–3</span>Three. Four.' in page()
    assert page().count('class="row doubt"') == 1


def test_what_has_no_counterpart() -> None:
    assert '<div class="row alone" id="b3"><div class="none">no counterpart</div>' in page()
    assert "2 pairs; 0 lines of the source and 1 of the target have no counterpart." in page()


def test_nothing_doubtful_nothing_to_choose() -> None:
    assert "Show only these" not in "".join(alignment_page(SUMMARY, BEADS[:1]))
