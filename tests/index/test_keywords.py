"""Keyword search: terms in all scripts, exact names and numbers, and what it does to search by vectors."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlingua import Encoder, FakeEncoder, Hit, load_corpus
from interlingua.errors import OptionError
from interlingua.index.fusion import best, fused
from interlingua.index.index import Index
from interlingua.texts.terms import is_single, names, terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("AB-1234 kostet 3,5 €", "ab 1234 ab1234 kostet 3.5 3 5"),
        ("AB1234", "ab1234 ab 1234"),
        ("O'Brien’s e-mail", "o brien s obriens e mail email"),
        ("10.0.0.1", "10.0.0.1 10 0 0 1"),
        ("café naïve Straße ŁÓDŹ Việt", "cafe naive strasse lodz viet"),
        ("Ёлка Київ мой", "елка киів мой"),
        ("Ρώμη Ἀθῆναι", "ρωμη αθηναι"),
        ("上海で東京タワー", "上海 海で で東 東京 京タ タワ ワー ー"),
        ("日本語abc12", "日本 本語 語 abc12 abc 12"),
        ("กรุงเทพ", "กรุ รุง งเ เท ทพ พ"),
        ("ភាសាខ្មែរ", "ភាសា សាខ្ ខ្មែ មែរ រ"),
        ("서울에서 김치", "서울에서 서울 울에 에서 김치"),
        ("الْمَدْرَسَةُ إلى ٣٫٥", "مدرسه الي 3.5 3 5"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी फ़ोन", "हिन्दी फोन"),
        ("ﬁne ２０２４", "fine 2024"),
        ("naïve_name", "naive name naivename"),
        ("… — 😀 ?", ""),
    ],
)
def test_terms(text: str, found: str) -> None:
    assert terms(text) == found.split()


def test_both_spellings_give_the_same_terms() -> None:
    for one, other in (
        ("Ångström", "ANGSTROM"),
        ("é", "e\u0301"),
        ("می‌روم", "میروم"),
        ("کتاب", "كتاب"),
        ("إسلام", "اسلام"),
        ("ガ", "ｶﾞ"),
        ("1,234", "1.234"),
        ("co-operate", "cooperate"),
    ):
        assert set(terms(one)) & set(terms(other)), one


def test_single_characters() -> None:
    assert [text for text in ("猫", "が", "ภา", "猫が", "a", "가", "5") if is_single(text)] == ["猫", "が", "ภา"][:2]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Where was Kowalczyk born?", {"kowalczyk"}),
        ("关于Kowalczyk你知道什么？", {"kowalczyk"}),
        ("what about AB-1234?", {"ab1234"}),
        ("订单AB-1234在哪里？", {"ab1234"}),
        ('find "exact words" please', {"exact", "words"}),
        ("WHERE IS IT", set()),
        ("Wie viele Punkte hat die Verteidigung der Mannschaft?", set()),
        ("¿Quién es Ñandú?", {"nandu"}),
        ("the new iPhone", {"iphone"}),
        ("nothing here", set()),
    ],
)
def test_names(query: str, found: set[str]) -> None:
    assert names(query) == found


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_terms_hold_no_operators(text: str) -> None:
    for term in terms(text):
        assert term
        assert not set(term) & set("\"'*^:(){}+- \0\n")
        assert term == term.casefold() or not term.isascii()


DOCUMENTS = {
    "invoice": ("Die Rechnung AB-1234 ist offen.", "de"),
    "other": ("Die Rechnung AB-1235 ist bezahlt.", "de"),
    "person": ("Grażyna Kowalczyk leitet die Abteilung.", "de"),
    "tokyo": ("東京都は日本の首都です。", "ja"),
    "cat": ("我的猫很可爱", "zh"),
    "thai": ("กรุงเทพมหานครเป็นเมืองหลวง", "th"),
    "korea": ("김치는 서울에서 유명하다", "ko"),
    "arabic": ("المَدْرَسَة قريبة", "ar"),
}


@pytest.fixture
def index(tmp_path: Path) -> Index:
    made = Index.create(tmp_path / "index", FakeEncoder())
    made.add([{"id": f"c{row}", "text": one.text, "lang": one.lang} for row, one in enumerate(load_corpus())])
    made.add([{"id": id_, "text": text, "lang": lang, "own": True} for id_, (text, lang) in DOCUMENTS.items()])
    return made


@pytest.mark.parametrize(
    ("query", "id_"),
    [
        ("AB-1234", "invoice"),
        ("ab1235", "other"),
        ("KOWALCZYK", "person"),
        ("who is Grazyna Kowalczyk?", "person"),
        ("日本の首都", "tokyo"),
        ("猫", "cat"),
        ("เมืองหลวง", "thai"),
        ("서울", "korea"),
        ("مدرسة", "arabic"),
    ],
)
def test_what_is_written_is_found(index: Index, query: str, id_: str) -> None:
    hits = index.search(query, 3, hybrid=True, fair=False)
    assert id_ in [hit.id for hit in hits]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(-1 <= hit.cosine <= 1 for hit in hits)


QUERIES = [
    '"',
    "*",
    "a* OR",
    "NEAR(a b)",
    "-x",
    "text : 3",
    "col:AB-1234",
    "((",
    "'; DROP TABLE documents; --",
    "😀",
    "^a + b",
]


def test_no_query_is_a_syntax_error(index: Index) -> None:
    assert [len(hits) for hits in index.search(QUERIES, 5, hybrid=True, fair=False)] == [5] * len(QUERIES)
    assert len(index) == len(DOCUMENTS) + len(load_corpus())


def test_keywords_follow_every_change(index: Index) -> None:
    def found(query: str) -> set[str]:
        return {index_key(index, match.key) for match in index._documents.matches(query, 100, 50)}

    assert found("AB-1234") == {"invoice"}
    index.add([{"id": "invoice", "text": "Die Rechnung ZZ-9 ist offen.", "lang": "de"}])
    assert found("AB-1234") == set()
    assert found("ZZ9") == {"invoice"}
    index.update([{"id": "invoice", "note": "AB-1234"}])
    assert found("ZZ9") == {"invoice"}
    index.delete("invoice")
    assert found("ZZ9") == set()
    index.rebuild()
    assert found("AB-1235") == {"other"}
    assert found("AB-1234") == set()
    assert index.verify() == []


def index_key(index: Index, key: int) -> str:
    return index._documents.excerpts([key])[key].id


def test_filters_and_quotas(index: Index) -> None:
    assert "person" not in [hit.id for hit in index.search("Kowalczyk", 5, where="lang = ja", hybrid=True, fair=False)]
    hits = index.search("AB-1234 Kowalczyk Rechnung", 20, per_language=1, hybrid=True, fair=False)
    langs = [hit.lang for hit in hits]
    assert len(set(langs)) == len(langs)
    hits = index.search("Kowalczyk", 20, where={"own": True}, hybrid=True, fair=False)
    assert {hit.id for hit in hits} == set(DOCUMENTS)
    assert hits[0].id == "person"


def test_min_score_is_asked_of_vectors_only(index: Index) -> None:
    assert index.search("Kowalczyk", 5, min_score=0.999, fair=False) == []
    assert [hit.id for hit in index.search("Kowalczyk", 5, min_score=0.999, hybrid=True, fair=False)] == ["person"]


def test_no_hit_by_vector_is_lost(index: Index) -> None:
    everything = len(index)
    for query in ("Kowalczyk AB-1234", "the order", "东京"):
        plain = {hit.id for hit in index.search(query, 100, fair=False)}
        hybrid = {hit.id for hit in index.search(query, everything, hybrid=True, fair=False)}
        assert plain <= hybrid


def test_an_index_of_before_there_were_keywords(index: Index) -> None:
    database = sqlite3.connect(index.folder / "documents.db")
    database.executescript("DROP TABLE keyword_pairs; DROP TABLE keywords; DROP TABLE keyword_rules;")
    database.close()
    old = Index.open(index.folder, FakeEncoder())
    assert old.verify() == []
    assert old.search("Kowalczyk", 1, hybrid=True, fair=False)[0].id == "person"
    assert old.verify() == []


def test_damage_is_found_and_repaired(index: Index) -> None:
    database = sqlite3.connect(index.folder / "documents.db")
    database.execute("INSERT INTO keywords (keywords) VALUES ('delete-all')")
    database.commit()
    database.close()
    (said,) = index.verify()
    assert "the keywords are not those of the documents; run: interlingua index rebuild" in said
    index.rebuild()
    assert index.verify() == []
    assert index.search("Kowalczyk", 1, hybrid=True, fair=False)[0].id == "person"


def hit(id_: str, lang: str = "en") -> Hit:
    return Hit(id_, id_, lang, 0.5, 0.5)


def test_fusion() -> None:
    found = fused([hit("a"), hit("b")], [(hit("c"), 0.5), (hit("b"), 1.0)], lambda one: one.id)
    assert [one.id for one in found] == ["b", "a", "c"]
    assert [one.score for one in found] == pytest.approx([2 / 62, 1 / 61, 0.5 / 61])
    tied = fused([hit("a")], [(hit("b"), 1.0)], lambda one: one.id)
    assert [one.id for one in tied] == ["b", "a"]
    assert [one.id for one in best([hit("a"), hit("b"), hit("c", "de")], 2, 1)] == ["a", "c"]


def test_reranking(index: Index) -> None:
    asked: list[Any] = []

    def judge(query: str, hits: list[Hit]) -> list[float]:
        asked.append((query, len(hits)))
        return [float(len(one.text)) for one in hits]

    hits = index.search("AB-1234", 3, fair=False, rerank=judge)
    lengths = [len(one.text) for one in hits]
    assert asked == [("AB-1234", 50)]
    assert len(hits) == 3
    assert lengths == sorted(lengths, reverse=True)
    assert [one.score for one in hits] == lengths
    with pytest.raises(OptionError, match="rerank must give a finite number for each of 50 hits; it gave 1 values"):
        index.search("AB-1234", 3, fair=False, rerank=lambda *_: [1.0])
    with pytest.raises(OptionError, match="rerank must give a finite number"):
        index.search("AB-1234", 3, fair=False, rerank=lambda _, hits: [float("nan")] * len(hits))


def test_names_that_vectors_miss(tmp_path: Path, e5: Encoder) -> None:
    index = Index.create(tmp_path / "index", e5)
    codes = [f"{chr(65 + row % 26)}{chr(65 + row // 26)}-{1000 + 37 * row}" for row in range(120)]
    index.add([{"id": code, "text": f"Your order {code} has been sent today.", "lang": "en"} for code in codes])
    questions = [f"Wo ist meine Bestellung {code}?" for code in codes[::6]]
    hits = index.search(questions, 1, hybrid=True)
    assert [one[0].id for one in hits] == codes[::6]
