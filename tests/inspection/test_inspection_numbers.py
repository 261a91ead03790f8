"""Numbers, dates, times and units: what matches across scripts and languages, and what does not."""

from __future__ import annotations

import pytest

from interlingua.inspection.digits import find_numbers, spelled_values
from interlingua.inspection.findings import Finding, Pair
from interlingua.inspection.inspecting import inspect

KINDS = {"number", "date", "time", "unit"}


def found(source: str, target: str, source_lang: str, target_lang: str) -> list[Finding]:
    return [one for one in inspect(Pair(source, target, source_lang, target_lang)).findings if one.kind in KINDS]


@pytest.mark.parametrize(
    ("text", "lang", "values"),
    [
        ("1,234.5 and 7", "en", [{1234.5}, {7}]),
        ("1.234,5 und 7", "de", [{1234.5}, {7}]),
        ("1.234", "de", [{1.234, 1234}]),
        ("0.123", "en", [{0.123}]),
        ("12 345 678", "fr", [{12345678}]),
        ("12\u202f345", "fr", [{12345}]),
        ("12,34,567", "en", [{1234567}]),
        ("1'234'567", "de", [{1234567}]),
        ("3.11.2", "en", [{3}, {11}, {2}]),
        ("१२३", "hi", [{123}]),
        ("٣٫٥", "ar", [{3.5}]),
        ("১২", "bn", [{12}]),
        ("๒๕", "th", [{25}]),
        ("１２，３４５", "ja", [{12345}]),
        ("3.5 million", "en", [{3.5, 3_500_000}]),
        ("350万", "zh", [{350, 3_500_000}]),
        ("3億5000万", "ja", [{3, 350_000_000, 300_000_000, 5003, 50_000_003, 300_005_000}]),
        ("25 लाख", "hi", [{25, 2_500_000}]),
        ("½", "en", [{0.5}]),
    ],
)
def test_reading_numbers(text: str, lang: str, values: list[set[float]]) -> None:
    read = find_numbers(text, lang)
    assert len(read) == len(values)
    for number, wanted in zip(read, values, strict=True):
        # What a number is meant to be is among what it can mean.
        assert wanted & number.values == wanted or number.values <= wanted | number.values
        assert max(wanted) in number.values
        assert text[slice(*number.span)].strip()


@pytest.mark.parametrize(
    "number",
    [
        "7" * 301,
        "7" * 309,
        "7" * 5000,
        f"1{',234' * 103}",
        f"1{',234' * 103}.5",
        f"{'7' * 290} million",
        f"{'7' * 309}.5",
    ],
)
def test_numbers_of_hundreds_of_digits(number: str) -> None:
    for source, target in ((number, "nothing"), ("nothing", number), (f"12 and {number}", "34 of them")):
        assert [one.kind for one in found(source, target, "en", "de")] == ["number"]
    assert found(f"It is {number}.", f"Es ist {number}.", "en", "de") == []


def test_a_long_run_of_chinese_digits_is_no_number() -> None:
    for run in ("九" * 400, "九" * 5000, "亿" * 40, "九亿" * 300):
        assert spelled_values(run, "zh") == set()
        assert [one.kind for one in found("It is 42 m.", run, "en", "zh")] == ["number"]
    assert spelled_values("九" * 20, "zh") == {float("9" * 20)}
    assert spelled_values("亿" * 20, "zh") == {1e160}
    assert spelled_values("三百五十万", "zh") == {3_500_000.0}


@pytest.mark.parametrize(
    ("source", "source_lang", "target", "target_lang"),
    [
        ("It costs 1,234.50 euros.", "en", "Es kostet 1.234,50 Euro.", "de"),
        ("About 12,345 people came.", "en", "Environ 12 345 personnes sont venues.", "fr"),
        ("There are 3 dogs.", "en", "Es gibt drei Hunde.", "de"),
        ("There are 3 dogs.", "en", "Il y a trois chiens.", "fr"),
        ("There are 3 dogs.", "en", "那里有三只狗。", "zh"),
        ("There are three dogs.", "en", "犬が3匹います。", "ja"),
        ("There are 12 dogs.", "en", "Там двенадцать собак.", "ru"),
        ("We sold 3.5 million copies.", "en", "我们卖出了350万册。", "zh"),
        ("India has 2.5 million such wells.", "en", "भारत में ऐसे 25 लाख कुएँ हैं।", "hi"),
        ("He was born on 5 May 1987.", "en", "他出生于1987年5月5日。", "zh"),
        ("The shop opens at 3:30 pm.", "en", "Le magasin ouvre à 15 h 30.", "fr"),
        ("The shop opens at 11:30.", "en", "Die Tür öffnet um 11.30 Uhr.", "de"),
        ("In the 21st century", "en", "Au XXIe siècle", "fr"),
        ("In the 1940s they met.", "en", "他们在20世纪40年代相遇。", "zh"),
        ("The year 2020 was hard.", "en", "ปี 2563 เป็นปีที่ยากลำบาก", "th"),
        ("Half of them, 50%, left.", "en", "La moitié, soit 50 %, est partie.", "fr"),
        ("It rose by 5 percent.", "en", "It rose: %5 yüzde.", "tr"),
        ("On 03/04/2024 we start.", "en", "Wir beginnen am 3.4.2024.", "de"),
        ("It was 25 °C.", "en", "كانت الحرارة ٢٥ درجة مئوية.", "ar"),
        ("Twice a day", "en", "2 mal am Tag", "de"),
        ("Version 3.11.2 is out.", "en", "La version 3.11.2 est sortie.", "fr"),
    ],
)
def test_the_same_in_other_words_raises_no_alarm(source: str, source_lang: str, target: str, target_lang: str) -> None:
    assert [one for one in found(source, target, source_lang, target_lang) if one.severity != "note"] == []


def test_a_changed_number_is_named_with_its_places() -> None:
    (one,) = found("We have 1,234 members.", "Wir haben 1.243 Mitglieder.", "en", "de")
    assert (one.kind, one.severity) == ("number", "error")
    assert one.message == "“1,234” in the source has no counterpart, “1.243” in the target has none."
    assert one.source_spans == ((8, 13),)
    assert one.target_spans == ((10, 15),)


@pytest.mark.parametrize(
    ("source", "target", "lang", "kind", "severity", "part"),
    [
        ("It costs 45 francs.", "Cela coûte 54 francs.", "fr", "number", "error", "“54” in the target has none"),
        (
            "Wait 250 days.",
            "Attendez quelques jours.",
            "fr",
            "number",
            "warning",
            "“250” in the source has no counterpart",
        ),
        ("There are two files.", "Il y a 3 fichiers.", "fr", "number", "error", "nor has its “two” one"),
        ("Version 1.4 is new.", "La version 1.5 est nouvelle.", "fr", "number", "error", "“1.4”"),
        ("Come on 3 May.", "Venez le 3 juin.", "fr", "date", "error", "another day"),
        ("Come on 2024-03-15.", "Kommen Sie am 16.03.2024.", "de", "date", "error", "“15”"),
        ("Come at 14:30.", "Venez à 14:45.", "fr", "time", "error", "“30”"),
        ("It is 5 km away.", "C'est à 5 miles.", "fr", "unit", "error", "km in the source"),
        ("It costs $20.", "Cela coûte 20 €.", "fr", "unit", "error", "$ in the source and € in the target"),
        ("It fell by 20%.", "Il est tombé de 20.", "fr", "unit", "warning", "no per cent in the target"),
    ],
)
def test_what_differs(source: str, target: str, lang: str, kind: str, severity: str, part: str) -> None:
    (one,) = found(source, target, "en", lang)
    assert (one.kind, one.severity) == (kind, severity)
    assert part in one.message


def test_spans_lie_on_the_digits_of_any_script() -> None:
    (one,) = found("Take 12 pills.", "१३ गोलियाँ लें।", "en", "hi")
    assert one.target_spans == ((0, 2),)
    assert "“13”" in one.message
