"""Filters against the same condition in Python, long ones, and such as make no sense."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import FakeEncoder
from interlingua.errors import InputError, OptionError, UnknownLanguage
from interlingua.index.index import Index

ROWS: list[dict[str, Any]] = [
    {"id": f"d{row}", "text": f"text {row}", "lang": ("de", "en", "fr")[row % 3]}
    | {"year": 2000 + row, "tags": ["a", f"t{row % 4}"], "name": f"O'Brien {row % 5}", "done": row % 2 == 0}
    | {"number": row, "flags": [(False, 1, True)[row % 3]], "dotted.name": row, "a list.of": ["a", f"t{row % 4}"]}
    | ({"deep": {"value": row}, "größe": str(row)} if row % 3 else {})
    for row in range(40)
]


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {"year": {"<": 2010}}
    for _ in range(depth):
        found = {"not": {"or": [found, {"year": 1}]}}
    return found


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    made = Index.create(tmp_path_factory.mktemp("filters") / "index", FakeEncoder())
    made.add(ROWS)
    return made


@pytest.mark.parametrize(
    ("where", "keeps"),
    [
        ("year in (2001, 2003)", lambda row: row["year"] in (2001, 2003)),
        ("tags = t1", lambda row: "t1" in row["tags"]),
        ({"tags": ["t1", "t2"]}, lambda row: {"t1", "t2"} & set(row["tags"])),
        ("tags contains t3", lambda row: "t3" in row["tags"]),
        ('name = "O\'Brien 3"', lambda row: row["name"] == "O'Brien 3"),
        ({"name": {"contains": "'"}}, lambda _: True),
        ({"name": "x' OR '1' = '1"}, lambda _: False),
        ("done = true and year < 2010", lambda row: row["done"] and row["year"] < 2010),
        ("not done = true", lambda row: not row["done"]),
        ("deep.value > 30", lambda row: row.get("deep", {}).get("value", 0) > 30),
        ("exists deep", lambda row: "deep" in row),
        ("deep = null", lambda row: "deep" not in row),
        ("größe >= 10", lambda row: int(row.get("größe", 0)) >= 10),
        ("größe != 10", lambda row: row.get("größe") != "10"),
        ({"or": ["year < 2003", {"year": {">": 2037}}]}, lambda row: row["year"] < 2003 or row["year"] > 2037),
        ({"not": "lang = de"}, lambda row: row["lang"] != "de"),
        ({"id": {"not in": [f"d{row}" for row in range(35)]}}, lambda row: int(row["id"][1:]) >= 35),
        ({"id": [f"d{row}" for row in range(10, 100_000)]}, lambda row: int(row["id"][1:]) >= 10),
        ({"name": ["O'Brien 1", *map(str, range(50_000))]}, lambda row: row["name"] == "O'Brien 1"),
        ({"year": [2001, "2002", 2003.0, None, True]}, lambda row: row["year"] in (2001, 2003, 2002)),
        ({"größe": [1, 2.0, "4"]}, lambda row: row.get("größe") in ("1", "2", "4")),
        ({"year": list(range(2005, 40_000))}, lambda row: row["year"] >= 2005),
        (" or ".join(f"year = {year}" for year in range(2010, 3500)), lambda row: row["year"] >= 2010),
        ({"year": {"<": 10**30}}, lambda _: True),
        ({"lang": []}, lambda _: False),
        # JSON's true is 1 to SQLite, and a list or an object is its text.
        ("done >= 1", lambda _: False),
        ("done in (0, 1)", lambda _: False),
        ({"done": "1"}, lambda _: False),
        ({"done": {"contains": "1"}}, lambda _: False),
        ({"flags": True}, lambda row: row["number"] % 3 == 2),
        ("flags = 1", lambda row: row["number"] % 3 == 1),
        ("flags in (1, 7)", lambda row: row["number"] % 3 == 1),
        ({"flags": {"contains": 1}}, lambda row: row["number"] % 3 == 1),
        ("tags contains t", lambda _: False),
        ("tags contains ','", lambda _: False),
        ({"tags": '["a","t1"]'}, lambda _: False),
        ("deep contains value", lambda _: False),
        # A dot in a name, and a field within a field.
        ("dotted.name > 30", lambda row: row["dotted.name"] > 30),
        ({"dotted.name": [3, 4]}, lambda row: row["dotted.name"] in (3, 4)),
        ("exists dotted.name", lambda _: True),
        ("`dotted.name` = 5", lambda row: row["dotted.name"] == 5),
        ("`a list.of` = t1", lambda row: "t1" in row["a list.of"]),
        ("name = `O'Brien 3`", lambda row: row["name"] == "O'Brien 3"),
        ("not " * 601 + "year < 2010", lambda row: row["year"] >= 2010),
        ("not " * 600 + "year < 2010", lambda row: row["year"] < 2010),
        ("year < " + "9" * 5000, lambda _: True),
    ],
)
def test_filters_are_what_they_say(index: Index, where: Any, keeps: Callable[[dict[str, Any]], Any]) -> None:
    wanted = [row["id"] for row in ROWS if keeps(row)]
    assert [one.id for one in index.documents(where)] == wanted
    assert index.count(where) == len(wanted)
    assert {hit.id for hit in index.search("text", 40, where=where)} == set(wanted)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("(" * 20_000 + "a = 1" + ")" * 20_000, "nested too deeply"),
        (" or ".join(f"year = {year}" for year in range(5000)), "The filter is too long"),
        ({"lang": {"in": "de"}}, "'lang' in … takes a list of values, not 'de'."),
        ({"year": {"in": 7}}, "'year' in … takes a list of values, not 7."),
        ({"not": 3}, "A filter is an expression or a dict, not int."),
        ({"or": "a"}, "The filter's 'or' takes a list of filters."),
        ({"year": {"<": [1]}}, "'year' is compared with text, a number, true, false or null, not with [1]."),
        ({"year": 10**400}, "The filter has a number of more than 300 digits"),
        ({"year": {"in": [1, 10**400]}}, "The filter has a number of more than 300 digits"),
        ({"id": 10**5000}, "The filter has a number of more than 300 digits"),
        ({"name": "\ud800"}, "The filter has a lone surrogate, half of a character"),
        ({"name": ["a", "\ud800"]}, "The filter has a lone surrogate, half of a character"),
        ({"id": {"in": ["\ud800"]}}, "The filter has a lone surrogate, half of a character"),
        ({"\ud800": 1}, "The filter has a lone surrogate, half of a character"),
        (nested(60), "nested too deeply"),
        ({7: 1}, "A filter's fields are names, not 7."),
        (3, "A filter is an expression or a dict, not int."),
        ("name = 'open", 'cannot be read from "\'open" on'),
    ],
)
def test_filters_that_make_no_sense(index: Index, where: Any, message: str) -> None:
    with pytest.raises(OptionError) as caught:
        index.count(where)
    assert message in str(caught.value)


def test_nested_filters(index: Index) -> None:
    for depth in range(17):
        assert index.count(nested(depth)) == (30 if depth % 2 else 10), depth


def test_ids_that_nobody_can_have(index: Index) -> None:
    assert index.get("\ud800") is None
    assert "\ud800" not in index
    for change in (lambda: index.update([{"id": "\ud800"}]), lambda: index.delete("\ud800")):
        with pytest.raises(InputError, match=r"the id has U\+D800 at position 0"):
            change()


def test_a_text_is_a_number_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    texts = [
        "12-34",
        "1.2.3",
        "E27",
        "5-",
        "2021-05-03",
        " 12 ",
        "1e3",
        ".5",
        "+7.",
        "0x10",
        "",
        "twelve",
        "1e",
        "-.5e-1",
    ]
    texts += ["9007199254740993"]
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add([{"id": str(row), "text": f"text {row}", "part": text} for row, text in enumerate(texts)])

        def selected(where: Any) -> list[str]:
            return [one.metadata["part"] for one in index.documents(where)]

        assert selected("part = 12") == [" 12 "]
        assert selected("part = 2021") == selected("part = 1.2") == selected({"part": [5, 2021, 16]}) == []
        assert selected({"part": [12, 0.5, 1000]}) == [" 12 ", "1e3", ".5"]
        assert selected("part >= -1e300") == [" 12 ", "1e3", ".5", "+7.", "-.5e-1", "9007199254740993"]
        assert selected("part < 1") == [".5", "-.5e-1"]
        assert selected("part <= 7") == [".5", "+7.", "-.5e-1"]
        assert selected("part > 7 and part < 2000") == [" 12 ", "1e3"]
        assert selected("part = 9007199254740993") == ["9007199254740993"]
        assert selected("part = 9007199254740992") == []
        assert selected("part = '12-34'") == ["12-34"]
        assert index.delete(where="part in (12, 2021, 1000)") == ["5", "6"]


def test_an_id_is_what_is_written(tmp_path: Path) -> None:
    ids = ["0042", "42", "1e5", "100000.0", "1.10", "1.1", "true", "-7"]
    with Index.create(tmp_path / "index", FakeEncoder()) as index:
        index.add([{"id": id_, "text": f"text {id_}", "code": [id_], "of": f"a {id_}"} for id_ in ids])

        def selected(where: Any) -> list[str]:
            return [one.id for one in index.documents(where)]

        for id_ in ids:
            assert selected(f"id = {id_}") == [id_]
        assert selected("id in (0042, 1.10, 1e5)") == ["0042", "1e5", "1.10"]
        assert selected("id contains 00") == ["0042", "100000.0"]
        assert selected("of contains 1.10") == ["1.10"]
        assert selected({"id": 42}) == ["42"]
        index.add([{"id": "list", "text": "a list", "code": [1.5, 7]}])
        assert selected("code contains 7.0") == ["list"]


def test_a_language_that_is_none(index: Index) -> None:
    with pytest.raises(UnknownLanguage):
        index.count("lang = klingonese")
