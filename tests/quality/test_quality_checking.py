"""The whole check: scores, languages, options, and results sorted in bounded memory."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from types import SimpleNamespace

import pytest

import interlingua as il
from interlingua.errors import InputError, OptionError, StorageError, UnknownLanguage
from interlingua.inspection.findings import Finding
from interlingua.quality.checking import TranslationCheck, check_translations, stream_translation_checks
from interlingua.quality.combining import Evidence, quality_score
from interlingua.quality.spool import SortedChecks, as_row, from_row
from interlingua.texts.reading import TextPair


@pytest.fixture(scope="module")
def corpus() -> dict[str, list[str]]:
    return {lang: [text.text for text in il.load_corpus([lang])] for lang in ("en", "fr", "de", "ru", "zh")}


@pytest.mark.parametrize("lang", ["fr", "de", "ru", "zh"])
def test_translations_are_told_from_other_sentences(use: il.Encoder, corpus: dict[str, list[str]], lang: str) -> None:
    english, other = corpus["en"], corpus[lang]
    right = check_translations(use, english, other, source_lang="en", target_lang=lang)
    wrong = check_translations(use, english, other[1:] + other[:1], source_lang="en", target_lang=lang)
    higher = sum(good.score > bad.score for good in right for bad in wrong) / len(right) ** 2
    assert higher > 0.99
    assert sum(one.score > 0.5 for one in right) > 0.9 * len(right)
    assert [one.row for one in right] == list(range(len(english)))
    assert all(0 <= one.score <= 1 and 0 <= one.probability <= 1 for one in right + wrong)


def test_a_column_may_go_on_in_another_language(
    use: il.Encoder, corpus: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    count = len(corpus["en"])
    monkeypatch.setattr("interlingua.quality.checking._CHUNK", count)
    pairs = [
        TextPair(a, b, row, None, None)
        for row, (a, b) in enumerate(zip(corpus["en"] * 2, corpus["fr"] + corpus["de"], strict=True))
    ]
    checks = list(stream_translation_checks(use, pairs, source_lang="en", kinds=["language"]))
    assert [one.target_lang for one in checks] == ["fr"] * count + ["de"] * count
    assert not any(one.findings for one in checks)


def test_a_result_depends_on_its_own_pair_only_where_languages_are_given(use: il.Encoder) -> None:
    together = check_translations(
        use, ["Good morning.", "Two dogs."], ["Bonjour.", "Trois chiens."], source_lang="en", target_lang="fr"
    )
    alone = check_translations(use, ["Two dogs."], ["Trois chiens."], source_lang="en", target_lang="fr")
    assert together[1].findings == alone[0].findings
    assert together[1].score == pytest.approx(alone[0].score, abs=1e-5)


def test_warnings_name_the_rows_of_the_pairs(use: il.Encoder) -> None:
    long = "word " * 400
    with pytest.warns(il.TruncationWarning) as caught:
        check_translations(use, ["", "short", long], ["", long, long], source_lang="en", target_lang="fr")
    assert [str(one.message).partition(" longer")[0] for one in caught] == [
        "sources: row 2 is",
        "targets: rows 1, 2 are",
    ]


def test_the_column_s_language_is_found(use: il.Encoder, corpus: dict[str, list[str]]) -> None:
    targets = [*corpus["fr"][:30], "Das Wetter ist heute in Berlin schön und sonnig, morgen regnet es."]
    sources = [*corpus["en"][:30], "The weather in Berlin is fine and sunny today, tomorrow it rains."]
    checks = check_translations(use, sources, targets)
    assert {one.target_lang for one in checks} == {"fr"}
    assert "The target is in German, not in French." in [finding.message for finding in checks[-1].findings]
    assert not any(finding.kind == "language" for one in checks[:-1] for finding in one.findings)


def test_an_empty_side_is_a_finding(use: il.Encoder) -> None:
    first, second, third = check_translations(
        use, ["Good morning.", "", "Hello."], ["", "Bonjour.", "a\ud800"], source_lang="en"
    )
    assert (first.score, first.findings[0].message) == (0.0, "The target is empty.")
    assert (second.score, second.findings[0].message) == (0.0, "The source is empty.")
    assert third.findings[0].kind == "damaged"
    assert "lone surrogate" in third.findings[0].message


def test_nothing_gives_nothing(use: il.Encoder) -> None:
    assert check_translations(use, [], []) == []


def test_kinds_and_severity(use: il.Encoder) -> None:
    sources, targets = ["He does not pay 50 euros."], ["Il paie 60 euros."]
    everything = check_translations(use, sources, targets, source_lang="en", target_lang="fr")[0]
    assert {"number", "negation"} <= {finding.kind for finding in everything.findings}
    numbers = check_translations(use, sources, targets, source_lang="en", target_lang="fr", kinds=["number"])[0]
    assert [finding.kind for finding in numbers.findings] == ["number"]
    assert numbers.score > everything.score
    grave = check_translations(use, sources, targets, source_lang="en", target_lang="fr", min_severity="error")[0]
    assert all(finding.severity == "error" for finding in grave.findings)
    assert grave.score == everything.score


def test_the_prior_moves_the_probability(use: il.Encoder) -> None:
    low, high = (
        check_translations(use, ["A green tree."], ["Un vert."], source_lang="en", target_lang="fr", prior=prior)[0]
        for prior in (0.01, 0.9)
    )
    assert low.probability < high.probability


def test_what_is_refused(use: il.Encoder) -> None:
    with pytest.raises(InputError, match="2 sources and 1 targets"):
        check_translations(use, ["a", "b"], ["a"])
    with pytest.raises(InputError, match=r"targets: row 1 \(counted from 0\) is NoneType"):
        check_translations(use, ["a", "b"], ["a", None])  # type: ignore[list-item]
    with pytest.raises(InputError, match="2 pairs but 1 languages"):
        check_translations(use, ["a", "b"], ["a", "b"], source_lang=["en"])
    with pytest.raises(OptionError, match="There is no kind of finding 'numbers'"):
        check_translations(use, ["a"], ["a"], kinds=["numbers"])  # type: ignore[list-item]
    with pytest.raises(OptionError, match="There is no severity 'bad'"):
        check_translations(use, ["a"], ["a"], min_severity="bad")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="prior is a share"):
        check_translations(use, ["a"], ["a"], prior=1.0)
    with pytest.raises(UnknownLanguage):
        check_translations(use, ["a"], ["a"], source_lang="xx")


def test_streaming_gives_the_same(use: il.Encoder) -> None:
    sources, targets = ["Good morning.", "Two dogs."], ["Bonjour.", "Trois chiens."]
    whole = check_translations(use, sources, targets, source_lang="en", target_lang="fr")
    pairs = (TextPair(a, b, row) for row, (a, b) in enumerate(zip(sources, targets, strict=True)))
    assert list(stream_translation_checks(use, pairs, source_lang="en", target_lang="fr")) == whole


def check(row: int, score: float, *findings: Finding) -> TranslationCheck:
    return TranslationCheck(row, "a", "b\u2028😀", "en", None, score, 0.5, 0.25, 0.125, findings)


def test_sorted_checks() -> None:
    finding = Finding("number", "error", "“5”", ((0, 1),), ())
    with SortedChecks() as checks:
        for row, score in enumerate((0.5, 0.25, 0.75, 0.25)):
            checks.add(check(row, score, *[finding] * (row == 1)))
        assert [one.row for one in checks.worst()] == [1, 3, 0, 2]
        assert [one.row for one in checks.worst(2)] == [1, 3]
        assert next(iter(checks.worst())) == check(1, 0.25, finding)
        assert (len(checks), checks.clean, checks.below(0.5)) == (4, 3, 2)
        assert checks.counts == {("number", "error"): 1}


def test_a_check_survives_its_row() -> None:
    one = check(3, 0.5, Finding("name", "note", "x", (), ((2, 3), (4, 5))))
    assert from_row(as_row(one)) == one


@pytest.mark.parametrize("severity", ["error", "warning", "note"])
def test_findings_lower_the_score(severity: str) -> None:
    clean = quality_score(Evidence(0.99, 0.0, 0, ()))
    assert clean > 0.95
    assert quality_score(Evidence(0.99, 0.0, 0, [Finding("number", severity, "x")])) < clean  # type: ignore[arg-type]


def test_the_score_grows_with_the_probability_to_the_end() -> None:
    scores = [quality_score(Evidence(p, 0.0, 0, ())) for p in (0.0, 1e-9, 0.01, 0.5, 0.99, 0.99999, 0.9999999, 1.0)]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores) - 0
    assert scores[3] == 0.5
    assert quality_score(Evidence(0.99, 0.0, 0, [Finding("number", "error", "x")])) < 0.5


def filled_and_read(spool: SortedChecks) -> None:
    spool.add(TranslationCheck(0, "a", "b", None, None, 0.5, 0.5, 0.5, 0.5, ()))
    list(spool.worst())


@pytest.mark.parametrize("late", [False, True])
def test_a_full_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = re.escape(tempfile.gettempdir())
    with SortedChecks() as spool:
        spool._file.close()
        file = SimpleNamespace(tell=lambda: 0, write=len if late else full, flush=full, close=full)
        monkeypatch.setattr(spool, "_file", file)
        with pytest.raises(StorageError, match=rf"^{folder} cannot be written: the disk is full\.$"):
            filled_and_read(spool)
