"""What is left out of mining, and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from interlingua import load_corpus
from interlingua.demo.corpus import DEMO_LANGUAGES
from interlingua.errors import OptionError
from interlingua.mining.filters import NO_FILTERS, Filters, Reason, filtered

USUAL = Filters()


def reason_for(text: str, lang: str | None = None, filters: Filters = USUAL) -> Reason | None:
    found = filtered([text], [lang], filters)
    assert (found.rows == [0]) == (not found.dropped)
    return next(iter(found.dropped), None)


@pytest.mark.parametrize(
    "text",
    [
        "The shop opens at nine.",
        "สวัสดีครับ ร้านเปิดกี่โมง",
        "दुकान सुबह नौ बजे खुलती है।",
        "দোকানটি সকাল নয়টায় খোলে।",
        "ဆိုင်က မနက်ကိုးနာရီဖွင့်တယ်။",
        "கடை காலை ஒன்பது மணிக்குத் திறக்கும்.",
        "ហាងបើកម៉ោងប្រាំបួន",
        "يفتح المتجر في الساعة التاسعة.",
        "商店九点开门。",
        "店は九時に開きます。",
        "가게는 아홉 시에 엽니다.",
        "Магазин открывается в девять.",
        "Το κατάστημα ανοίγει στις εννέα.",
        "ሱቁ በሦስት ሰዓት ይከፈታል።",
        "好。",
        "No",
        "Öffnet um 9 Uhr, schließt um 18 Uhr.",
        "See https://a.example and ask for the green one.",
    ],
)
def test_sentences_stay(text: str) -> None:
    assert reason_for(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("12,345.67", "no words"),
        ("١٢٣ - ٤٥", "no words"),
        ("★★★★★", "no words"),
        ("--- *** ---", "no words"),
        ("👍👍", "no words"),
        ("a", "too short"),
        ("x\u0301", "too short"),
        ("é", "too short"),
        ("word " * 501, "too long"),
        ("好" * 667, "too long"),
        ("Call 0800 123 456 7890 now", "not prose"),
        ("https://example.org/some/where ok", "not prose"),
        ("mail somebody@example.org", "not prose"),
        ("%s %s {name} of", "not prose"),
        ("★★★★★★ ab", "not prose"),
        ("① ② ③ ④ x", "not prose"),
        ("abc |---|---|---|", "not prose"),
        ("١٢٣٤٥٦٧ کتاب", "not prose"),
    ],
)
def test_what_is_no_sentence(text: str, reason: Reason) -> None:
    assert reason_for(text) == reason
    assert reason_for(text, None, NO_FILTERS) is None


def test_each_filter_can_be_left_out() -> None:
    bare = replace(NO_FILTERS, most_size=1e9)
    digits, address, long = "12,345.67", "https://example.org/some/where ok", "word " * 501
    for text in (digits, address, long, "a"):
        assert reason_for(text, None, bare) is None
    assert reason_for(digits, None, replace(bare, prose=True)) == "no words"
    assert reason_for(address, None, replace(bare, prose=True)) == "not prose"
    assert reason_for(long, None, replace(bare, most_size=2000)) == "too long"
    assert reason_for("a", None, replace(bare, least_size=2)) == "too short"
    # A Chinese character says as much as three letters.
    assert reason_for("好", None, replace(bare, least_size=3)) is None
    assert reason_for("ok", None, replace(bare, least_size=3)) == "too short"


def test_sizes_that_make_no_sense() -> None:
    for least, most in ((-1, 10), (10, 5), (float("nan"), 10), (0, float("nan"))):
        with pytest.raises(OptionError, match="The least size of a sentence is a number from 0 to the most size"):
            Filters(least, most)


def test_boilerplate_differs_in_its_digits_only() -> None:
    pages = [f"Page {number} of 20" for number in range(1, 6)]
    found = filtered(["A first sentence.", *pages, "Page one of many"], [None] * 7, USUAL)
    assert found.rows == [0, 6]
    assert found.dropped == Counter({"boilerplate": 5})
    # Four are not enough.
    assert filtered(pages[:4], [None] * 4, USUAL).rows == [0, 1, 2, 3]
    thai = [f"หน้าที่ {number} จากทั้งหมด" for number in "๑๒๓๔๕"]
    assert filtered(thai, [None] * 5, USUAL).dropped == Counter({"boilerplate": 5})
    assert filtered(pages, [None] * 5, replace(USUAL, boilerplate=False)).rows == [0, 1, 2, 3, 4]


def test_the_same_line_again_and_again_counts_once() -> None:
    for line in ("We meet on 5 May.", "Subscribe to our letter"):
        lines = [line] * 6
        found = filtered(lines, [None] * 6, USUAL)
        assert found.rows == [0]
        assert found.dropped == Counter({"duplicate": 5})
        # Where duplicates stay, such lines are boilerplate.
        assert filtered(lines, [None] * 6, replace(USUAL, duplicates=False)).dropped == Counter({"boilerplate": 6})
        assert filtered(lines, [None] * 6, replace(USUAL, duplicates=False, boilerplate=False)).rows == list(range(6))


def test_of_duplicates_the_first_stays() -> None:
    texts = ["Hello, World!", "Other words.", "hello world", "HELLO   WORLD.", "Hello word", "¡Hello world"]
    found = filtered(texts, [None] * 6, USUAL)
    assert found.rows == [0, 1, 4]
    assert found.dropped == Counter({"duplicate": 3})
    assert filtered(texts, [None] * 6, replace(USUAL, duplicates=False)).rows == list(range(6))
    # What differs in a number is not the same.
    assert filtered(["Room 12 is free.", "Room 13 is free."], [None] * 2, USUAL).rows == [0, 1]


def test_another_language_only_where_that_is_certain() -> None:
    german = "Der Laden an der Ecke öffnet morgens um neun und schließt erst spät am Abend."
    assert reason_for(german, "en") == "other language"
    assert reason_for(german, "de") is None
    assert reason_for(german, None) is None
    assert reason_for(german, "en", replace(USUAL, language=False)) is None
    # Too short to tell; names; a near relative.
    assert reason_for("Der Laden", "en") is None
    assert reason_for("Microsoft Windows Server", "ru") is None
    assert reason_for("Butikken på hjørnet åpner klokken ni og stenger sent på kvelden.", "da") is None
    # A script tells much sooner.
    assert reason_for("Магазин открыт", "en") == "other language"
    assert reason_for("商店九点开门，晚上很晚才关门。", "th") == "other language"


@pytest.mark.parametrize("lang", DEMO_LANGUAGES)
def test_the_demo_corpus_stays_whole(lang: str) -> None:
    texts = [one.text for one in load_corpus([lang])]
    found = filtered(texts, [lang] * len(texts), USUAL)
    assert (found.rows, found.dropped) == (list(range(len(texts))), Counter())


def test_counts_add_up() -> None:
    texts = [
        "The shop opens at nine.", "the shop opens at nine", "12345", "x", "Page 1", "Page 2", "Page 3", "Page 4",
        "Page 5", "word " * 501, "https://example.org/some/where ok", "Магазин на углу открывается в девять утра.",
        "The last sentence.",
    ]  # fmt: skip
    found = filtered(texts, ["en"] * len(texts), USUAL)
    assert found.rows == [0, 12]
    assert found.dropped == Counter(
        {
            "boilerplate": 5,
            "duplicate": 1,
            "no words": 1,
            "too short": 1,
            "too long": 1,
            "not prose": 1,
            "other language": 1,
        }
    )
    assert found.dropped.total() + len(found.rows) == len(texts)


def test_nothing_is_left_out_without_filters() -> None:
    texts = ["12345", "x", "x", "Магазин на углу открывается в девять утра."]
    found = filtered(texts, ["en"] * 4, NO_FILTERS)
    assert (found.rows, found.dropped) == ([0, 1, 2, 3], Counter())
    assert filtered([], [], USUAL).rows == []
