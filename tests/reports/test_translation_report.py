"""The page of a translation check: escaped, marked, in each text's own direction, without anything from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from interlingua.inspection.findings import Finding
from interlingua.quality.checking import TranslationCheck
from interlingua.reports.translation_report import TranslationSummary, translation_report

SUMMARY = TranslationSummary("<a>.tsv", "use", 1200, 1100, {("number", "error"): 3, ("name", "note"): 1})


def check(source: str, target: str, *findings: Finding) -> TranslationCheck:
    return TranslationCheck(7, source, target, "en", "ar", 0.25, 0.5, 0.9, 0.4, findings)


def page(*checks: TranslationCheck) -> str:
    return "".join(translation_report(SUMMARY, checks))


class Balanced(HTMLParser):
    """Follows which elements are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_one_whole_document_with_nothing_from_outside() -> None:
    html = page(check("a", "b"))
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|@import", html)


def test_texts_are_escaped_and_evidence_marked() -> None:
    finding = Finding("number", "error", "“<5>” is “<6>”", ((0, 3),), ((1, 2),))
    html = page(check("<5> & so", "\"6'", finding))
    assert '<div dir="auto" lang="en"><mark class="error">&lt;5&gt;</mark> &amp; so</div>' in html
    assert '<div dir="auto" lang="ar">&quot;<mark class="error">6</mark>&#x27;</div>' in html
    assert '<li class="error"><b class="kind">number</b> <bdi>“&lt;5&gt;” is “&lt;6&gt;”</bdi></li>' in html
    assert "&lt;a&gt;.tsv" in html


def test_the_graver_finding_has_the_colour() -> None:
    html = page(check("abc", "d", Finding("name", "note", "x", ((0, 2),)), Finding("date", "error", "y", ((1, 2),))))
    assert '<mark class="note">a</mark><mark class="error">b</mark>c' in html


def test_what_covers_the_whole_text_is_not_marked() -> None:
    html = page(check("abc", "", Finding("language", "error", "x", ((0, 3),))))
    assert '<div dir="auto" lang="en">abc</div>' in html
    assert '<span class="empty">empty</span>' in html


def test_the_summary() -> None:
    html = page(check("a", "b"))
    assert "1,200 pairs, 1,100 of them without a finding; below the 1 worst, the worst first." in html
    assert '<tr><td>number</td><td class="number">3</td><td class="number">0</td><td class="number">0</td></tr>' in html
    assert html.index("<td>number</td>") < html.index("<td>name</td>")
    assert "score 0.25" in html
    assert "en → ar" in html


def test_lone_surrogates_do_not_stop_it() -> None:
    assert page(check("a\ud800b", "c")).encode("utf-8")
