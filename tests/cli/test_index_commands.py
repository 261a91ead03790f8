"""``interlingua index``: from files to a durable, filtered search, and everything that is said on the way."""

# ruff: noqa: E501  # messages are shown whole

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interlingua import Encoder
from interlingua.cli import index_change, index_search
from interlingua.index import replacing
from interlingua.index.index import Index

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

REVIEWS = """id,text,lang,year,topic
r1,Der Akku hält kaum einen Tag.,de,2021,battery
r2,La batterie se vide en quelques heures.,fr,2019,battery
r3,配送がとても早かったです。,ja,2022,delivery
r4,The screen cracked after a week.,en,2022,screen
r5,Livraison très rapide et soignée.,,2023,
"""
USE = ["--model", "use"]


@pytest.fixture
def reviews(run: Run, write: Write) -> str:
    """An index of five reviews."""
    made = run("index", "create", "idx", write("reviews.csv", REVIEWS), *USE)
    assert (made.code, made.out, made.err) == (0, "", "idx: 5 added, 0 updated, 0 unchanged; 5 documents in all\n")
    return "idx"


def found(run: Run, *arguments: str) -> list[str]:
    """The ids that a search finds."""
    result = run("index", "search", "idx", *arguments, "-f", "jsonl")
    assert (result.code, result.err) == (0, ""), result
    return [row["id"] for row in result.rows]


# ---------------------------------------------------------------------------------------------- create and add


@pytest.mark.usefixtures("reviews")
def test_a_search_crosses_languages(run: Run) -> None:
    assert set(found(run, "How long does the battery last?", "-k", "2")) == {"r1", "r2"}
    assert set(found(run, "配達は早かったですか", "-k", "2")) == {"r3", "r5"}


def test_an_empty_index_is_filled_later(run: Run, write: Write) -> None:
    made = run("index", "create", "idx", *USE)
    assert (made.code, made.err) == (
        0,
        "idx: an empty index of use-multilingual-v3; fill it with: interlingua index add idx FILE\n",
    )
    assert run("index", "search", "idx", "nothing is there").err == "no document is found\n"
    write("a.txt", "The cat sleeps.\n\nLe chat dort.\n")
    assert run("index", "add", "idx", "a.txt").err == "idx: 2 added, 0 updated, 0 unchanged; 2 documents in all\n"
    assert run("index", "search", "idx", "cat", "-f", "jsonl").rows[0]["text"] == "The cat sleeps."


@pytest.mark.usefixtures("reviews")
def test_the_same_command_again_changes_nothing(run: Run) -> None:
    assert run("index", "add", "idx", "reviews.csv").err == "idx: 0 added, 0 updated, 5 unchanged; 5 documents in all\n"


@pytest.mark.usefixtures("reviews")
def test_a_document_whose_id_is_there_takes_its_place(run: Run, write: Write) -> None:
    write(
        "new.jsonl",
        '{"id": "r4", "text": "Le chargeur est arrivé cassé.", "lang": "fr"}\n{"id": 7, "text": "Sehr gut!"}\n',
    )
    assert run("index", "add", "idx", "new.jsonl").err == "idx: 1 added, 1 updated, 0 unchanged; 6 documents in all\n"
    with Index.open("idx") as index:
        changed = index.get("r4")
        assert changed is not None
        assert (changed.text, changed.lang, dict(changed.metadata)) == ("Le chargeur est arrivé cassé.", "fr", {})
        assert "7" in index


def test_documents_without_ids_of_two_files_do_not_take_each_others_place(run: Run, write: Write) -> None:
    files = [write("a.txt", "one cat\ntwo dogs\n"), write("b.txt", "three birds\ntwo dogs\n")]
    made = run("index", "create", "idx", *files, *USE)
    assert made.err == "idx: 3 added, 0 updated, 1 unchanged; 3 documents in all\n"


def test_every_format_is_read(run: Run, write: Write) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"id": [1, 2], "text": ["ein Hund", None], "price": [2.5, None]}), "a.parquet")
    write("b.tsv", "body\tkind\nun chat\tcat\n")
    write("c.jsonl", '"a bird"\n{"text": "a fish", "metadata": {"legs": 0}, "note": null}\n')
    (Path("texts/sub")).mkdir(parents=True)
    Path("texts/sub/d.md").write_text("# A horse\r\n\r\nIt runs.\r\n", encoding="utf-8")
    Path("texts/.hidden.txt").write_text("no", encoding="utf-8")
    Path("texts/picture.png").write_bytes(b"\x89PNG")
    said = run("index", "create", "idx", "a.parquet", "b.tsv", "c.jsonl", "texts", *USE, "--on-invalid", "skip")
    assert said.err == (
        "idx: 5 added, 0 updated, 0 unchanged; 5 documents in all\n"
        "warning: a.parquet: left out row 2, which cannot be embedded\n"
    )
    with Index.open("idx") as index:
        kept = {one.text: (one.id, dict(one.metadata)) for one in index.documents()}
    assert kept["ein Hund"] == ("1", {"price": 2.5})
    assert kept["un chat"][1] == {"kind": "cat"}
    assert kept["a fish"][1] == {"legs": 0}
    assert kept["# A horse\n\nIt runs."] == ("sub/d.md", {})


@pytest.mark.usefixtures("reviews")
def test_what_was_added_before_an_error_stays(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.index.items._CHUNK", 2)
    write("more.txt", "one\ntwo\nthree\n")
    write("bad.csv", "text,n\nfour,1\n,2\n")
    said = run("index", "add", "idx", "more.txt", "bad.csv")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "idx keeps the first 2 documents; the same command goes on from there\n"
        "error: bad.csv, row 2: empty; give --on-invalid skip to leave out such rows.\n"
    )
    again = run("index", "add", "idx", "more.txt", "bad.csv", "--on-invalid", "skip")
    assert again.err.startswith("idx: 2 added, 0 updated, 2 unchanged; 9 documents in all\n")


@pytest.mark.usefixtures("reviews")
def test_an_interrupted_command_goes_on(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlingua.index.items._CHUNK", 2)
    write("more.txt", "one\ntwo\nthree\nfour\nfive\n")
    embed, calls = Encoder.encode_document, []

    def interrupted(self: Encoder, texts: Any) -> Any:
        calls.append(texts)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return embed(self, texts)

    monkeypatch.setattr(Encoder, "encode_document", interrupted)
    said = run("index", "add", "idx", "more.txt")
    assert (said.code, said.err) == (
        130,
        "idx keeps the first 2 documents; the same command goes on from there\ninterrupted\n",
    )
    assert run("index", "add", "idx", "more.txt").err == "idx: 3 added, 0 updated, 2 unchanged; 10 documents in all\n"
    assert [text for call in calls[2:] for text in call] == ["three", "four", "five"]


def test_cut_texts_are_told(run: Run, write: Write) -> None:
    write("long.jsonl", json.dumps({"id": "a", "text": "word " * 1000}) + '\n{"id": "b", "text": "short"}\n')
    said = run("index", "create", "idx", "long.jsonl", "--no-passages", *USE)
    assert said.err.endswith("\nwarning: long.jsonl: cut at the model's 256 tokens: row 1\n")


def test_damaged_texts_are_told_once_or_repaired(run: Run, write: Write) -> None:
    write("a.txt", "Ein CafÃ© in Wien\n")
    said = run("index", "create", "idx", "a.txt", *USE)
    assert said.err.count("a.txt") == 1
    assert "looks damaged" in said.err or "look damaged" in said.err
    said = run("index", "create", "clean", "a.txt", *USE, "--clean")
    assert said.err == "clean: 1 added, 0 updated, 0 unchanged; 1 document in all\n"
    assert run("index", "export", "clean").rows[0]["text"] == "Ein Café in Wien"


@pytest.mark.usefixtures("reviews")
def test_progress_on_request(run: Run, write: Write) -> None:
    said = run("index", "add", "idx", write("new.csv", 'text\n"one, two"\nthree\n'), "--progress")
    assert "Adding" in said.err
    assert "2/2" in said.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["index", "create", "idx"], "idx is an index already; add to it with: interlingua index add idx FILE"),
        (["index", "create", "reviews.csv"], "reviews.csv is a file: the folder of the index comes first, then the files."),
        (["index", "create", "new", "nowhere.csv"], "nowhere.csv: no such file."),
        (["index", "create", ".", "reviews.csv"], ". exists and is not empty; give another folder"),
        (["index", "create", "new", "--recall", "1.5"], "recall is a number between 0 and 1, not 1.5."),
        (["index", "add", "idx"], "there is nothing to add: give a file or a folder of text files, or - for standard input."),
        (["index", "add", "idx", "-", "-"], "standard input can be read only once."),
        (["index", "add", "nowhere", "reviews.csv"], "nowhere is no index"),
        (["index", "add", "idx", "empty"], "empty: there are no text files in this folder (.txt, "),
        (["index", "add", "idx", "empty", "--text-column", "a"], "empty is a folder, of which each text file is a document: it has no format and no columns."),
        (["index", "update", "idx", "a.txt"], "a.txt: changes are rows with an id, which txt has not; give csv, tsv or jsonl."),
        (["index", "delete", "idx"], "there is nothing to delete: give ids, a file of them with --ids-file, or a filter with --where."),
        (["index", "delete", "idx", "--where", "lang = fr"], "'lang = fr' selects 2 of 5 documents; give --yes to delete them."),
        (["index", "delete", "idx", "--where", ""], "--where is empty, which selects all documents; to delete all of them, delete the folder idx."),
        (["index", "delete", "idx", "r1", "--where", " ", "--yes"], "--where is empty, which selects all documents"),
        (["index", "recover", "new"], "new is no index: there is no such folder; name the folder whose documents are to be recovered."),
        (["index", "recover", "empty"], "empty/documents.db is missing; restore it from a backup"),
        (["index", "search", "idx"], "there is nothing to search for: give a query, or a file of them with --queries."),
        (["index", "search", "idx", "a", "--query-column", "b"], "--query-column is for a file of queries, but there is no --queries."),
        (["index", "search", "idx", "a", "--no-fair", "--query-lang", "de"], "--query-lang is for centring, which --no-fair turns off."),
        (["index", "search", "idx", "a", "--where", "year >="], "The filter 'year >=' ends where a value"),
        (["index", "search", "idx", "a", "--where", "lang = jp"], "'jp' is not a language code but a country's"),
        (["index", "info", "nowhere"], "nowhere is no index: it has no manifest.json; make one with: interlingua index create nowhere"),
        (["index", "search", "reviews.csv", "a"], "reviews.csv is a file, not the folder of an index; make one of it with: interlingua index create FOLDER reviews.csv"),
        (["index", "export", "idx", "idx/all.jsonl"], "idx/all.jsonl lies in the index; write to another folder."),
        (["index", "reembed", "idx", *USE], "idx is embedded with use (exact) already."),
        (["index", "recover", "idx", "--precision", "fast"], "--precision and --cache-dir are for --model, which is not given."),
        (["index", "recover", "idx", "--cache-dir", "empty"], "--precision and --cache-dir are for --model, which is not given."),
        (["index", "add", "idx", "a.xyz"], "a.xyz: the ending does not tell the format (.txt, .csv, .tsv, .jsonl, .ndjson, .parquet, "),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("reviews")
def test_wrong_usage(run: Run, write: Write, arguments: list[str], message: str) -> None:
    write("a.txt", "a\n")
    write("a.xyz", "a\n")
    Path("empty").mkdir()
    said = run(*arguments)
    assert said.code in (1, 2)
    assert said.out == ""
    # Folders of indexes are told in full.
    err = said.err.replace(f"{Path.cwd()}/", "").replace(str(Path.cwd()), ".")
    assert err.startswith(f"error: {message}")
    assert said.err.count("\n") == 1
    assert not Path("new").exists()
    assert not any(Path("empty").iterdir())


def test_a_created_index_whose_file_is_bad_is_told(run: Run, write: Write) -> None:
    said = run("index", "create", "idx", write("bad.csv", "text\n\nx\n"), "--text-column", "body", *USE)
    assert (said.code, said.err.splitlines()[0]) == (
        1,
        "idx is made all the same; go on with: interlingua index add idx bad.csv",
    )
    assert said.err.splitlines()[1].startswith("error: bad.csv: there is no column 'body'; there are: text.")


# ---------------------------------------------------------------------------------------------- update and delete


@pytest.mark.usefixtures("reviews")
def test_update_changes_what_the_file_has(run: Run, write: Write) -> None:
    write("changes.csv", "id,year,topic,text\nr1,2024,,\nr4,,display,Das Display ist gesprungen.\n")
    assert run("index", "update", "idx", "changes.csv").err == "idx: 2 documents updated, 0 unchanged\n"
    with Index.open("idx") as index:
        one, four = index.get("r1"), index.get("r4")
    assert one is not None
    assert (one.text, dict(one.metadata)) == ("Der Akku hält kaum einen Tag.", {"year": "2024", "topic": "battery"})
    assert four is not None
    assert (four.text, four.lang, dict(four.metadata)) == (
        "Das Display ist gesprungen.",
        "de",
        {"year": "2022", "topic": "display"},
    )


@pytest.mark.usefixtures("reviews")
def test_null_takes_a_field_away(run: Run, write: Write) -> None:
    write("changes.jsonl", '{"id": "r1", "topic": null, "stars": 2}\n{"id": "r2", "topic": "battery"}\n')
    assert run("index", "update", "idx", "changes.jsonl").err == "idx: 1 document updated, 1 unchanged\n"
    with Index.open("idx") as index:
        changed = index.get("r1")
    assert changed is not None
    assert dict(changed.metadata) == {"year": "2021", "stars": 2}


@pytest.mark.usefixtures("reviews")
def test_update_of_what_is_not_there(run: Run, write: Write) -> None:
    write("changes.csv", "id,year\nr1,1900\nr9,1901\n")
    said = run("index", "update", "idx", "changes.csv")
    assert (said.code, said.err) == (
        1,
        "error: changes.csv, row 2: there is no document 'r9' in idx; add it, or give --on-invalid skip to leave out such rows.\n",
    )
    assert run("index", "search", "idx", "a", "--where", "year = 1900", "-f", "jsonl").rows == []
    said = run("index", "update", "idx", "changes.csv", "--on-invalid", "skip")
    assert (
        said.err
        == "warning: changes.csv: left out 1 document that idx does not have\nidx: 1 document updated, 0 unchanged\n"
    )


@pytest.mark.usefixtures("reviews")
def test_delete(run: Run, write: Write) -> None:
    write("ids.txt", "r2\nr8\n")
    said = run("index", "delete", "idx", "r1", "--ids-file", "ids.txt")
    assert (said.code, said.err) == (
        0,
        "idx: 2 documents deleted, 3 left\nwarning: idx: 1 of the ids is not there: r8\n",
    )
    said = run("index", "delete", "idx", "--where", "year >= 2022 and lang != ja", "--yes")
    assert said.err == "idx: 2 documents deleted, 1 left\n"
    assert found(run, "anything") == ["r3"]


@pytest.mark.parametrize(("answer", "left"), [("y\n", 3), ("n\n", 5), ("", 5)])
@pytest.mark.usefixtures("reviews")
def test_delete_asks_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
    monkeypatch.setattr(index_change, "asked_directly", lambda: True)
    monkeypatch.setattr(index_change, "_answer", lambda: answer)
    said = run("index", "delete", "idx", "--where", "lang = fr")
    assert said.err.startswith("Delete 2 of 5 documents? [y/N] ")
    assert said.code == (0 if left == 3 else 1)
    with Index.open("idx") as index:
        assert len(index) == left


# ---------------------------------------------------------------------------------------------- search


@pytest.mark.usefixtures("reviews")
def test_filters_and_quotas(run: Run) -> None:
    assert set(found(run, "battery", "--where", "year >= 2020 and lang in (de, fr)")) == {"r1", "r5"}
    assert len(found(run, "battery", "--per-language", "1")) == 4
    assert found(run, "battery", "--where", "exists topic", "--min-score", "0.99") == []
    assert set(found(run, "battery", "--diverse", "-k", "5")) == {"r1", "r2", "r3", "r4", "r5"}
    plain = run("index", "search", "idx", "battery", "--no-fair", "-f", "jsonl").rows
    assert all(row["score"] == row["cosine"] for row in plain)


@pytest.mark.usefixtures("reviews")
def test_the_output_for_programs(run: Run) -> None:
    (row,) = run("index", "search", "idx", "the display broke", "-k", "1", "-f", "jsonl").rows
    assert list(row) == ["query", "rank", "score", "cosine", "lang", "id", "text", "start", "stop", "metadata"]
    assert (row["id"], row["lang"], row["metadata"]) == ("r4", "en", {"year": "2022", "topic": "screen"})
    (row,) = run("index", "search", "idx", "the display broke", "-k", "1", "-f", "tsv").table
    assert json.loads(row["metadata"]) == {"year": "2022", "topic": "screen"}
    assert row["start"] == ""


@pytest.mark.usefixtures("reviews")
def test_the_table(run: Run) -> None:
    head, _, line = run("index", "search", "idx", "the display broke", "-k", "1").out.splitlines()
    assert head.split() == ["rank", "score", "lang", "id", "text", "fields"]
    assert line.endswith("en     r4   The screen cracked after a week.   year: 2022, topic: screen")


@pytest.mark.usefixtures("reviews")
def test_a_file_of_queries(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_search, "_CHUNK", 2)
    write("queries.csv", "query\nbattery\ndelivery\nscreen\n")
    rows = run("index", "search", "idx", "phone", "--queries", "queries.csv", "-k", "1", "-f", "jsonl").rows
    assert [row["query"] for row in rows] == ["phone", "battery", "delivery", "screen"]
    assert rows[3]["id"] == "r4"
    write("empty.csv", "query\n\n")
    write("bad.csv", "query,b\nx,1\n,2\n")
    said = run("index", "search", "idx", "--queries", "bad.csv")
    assert said.err == "error: bad.csv, row 2: empty; give --on-invalid skip to leave out such rows.\n"
    said = run("index", "search", "idx", "--queries", "bad.csv", "--query-column", "c")
    assert (
        said.err == "error: bad.csv: there is no column 'c'; there are: query, b. Name another: --query-column NAME.\n"
    )


@pytest.mark.usefixtures("reviews")
def test_queries_may_say_their_languages(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write("queries.csv", "query,lang\nAkku,deu\nscreen,\n")
    asked: list[Any] = []
    search = Index.search

    def noted(self: Index, queries: Any, k: int, **options: Any) -> Any:
        asked.append(options["query_lang"])
        return search(self, queries, k, **options)

    monkeypatch.setattr(Index, "search", noted)
    assert run("index", "search", "idx", "phone", "--queries", "queries.csv").code == 0
    assert run("index", "search", "idx", "--queries", "queries.csv", "--query-lang", "fr").code == 0
    assert asked == [None, ["de", None], "fr"]


@pytest.mark.usefixtures("reviews")
def test_typed_queries(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = io.StringIO("screen\n\x01\ndelivery\n\nnever read\n")
    monkeypatch.setattr(index_search, "asked_directly", lambda: True)
    monkeypatch.setattr(index_search, "_read_line", typed.readline)
    said = run("index", "search", "idx", "-k", "1", "--where", "lang in (en, ja)")
    assert said.code == 0
    assert [line.split()[3] for line in said.out.splitlines() if line.startswith("   1")] == ["r4", "r3"]
    assert said.err == (
        "idx: 5 documents (fr (French) 2, de (German) 1, en (English) 1, ja (Japanese) 1); an empty line or Ctrl-D ends\n"
        "error: the query holds only invisible characters.\n"
    )
    assert typed.read() == "never read\n"


# ---------------------------------------------------------------------------------------------- looking after it


@pytest.mark.usefixtures("reviews")
def test_info(run: Run) -> None:
    (facts,) = run("index", "info", "idx", "-f", "jsonl").rows
    assert {name: facts[name] for name in ("model", "documents", "kind", "behind", "languages", "searched_by")} == {
        "model": "use-multilingual-v3",
        "documents": 5,
        "kind": "auto",
        "behind": 5,
        "languages": {"fr": 2, "de": 1, "en": 1, "ja": 1},
        "searched_by": "exact search, without a snapshot",
    }
    table = run("index", "info", "idx", "-f", "tsv").table
    assert {"what": "languages", "value": "fr 2, de 1, en 1, ja 1"} in table


@pytest.mark.usefixtures("reviews")
def test_compact_and_rebuild(run: Run) -> None:
    assert run("index", "compact", "idx").err.startswith("idx: 5 documents, exact search, ")
    (facts,) = run("index", "info", "idx", "-f", "jsonl").rows
    assert (facts["behind"], facts["snapshot"]["kind"], facts["snapshot"]["plain"]) == (0, "flat", {"recall": 1.0})
    assert run("index", "rebuild", "idx").err.startswith("idx: 5 documents, exact search, ")
    assert set(found(run, "How long does the battery last?", "-k", "2")) == {"r1", "r2"}


@pytest.mark.usefixtures("reviews")
def test_verify_finds_damage_and_rebuild_repairs_it(run: Run) -> None:
    run("index", "compact", "idx")
    said = run("index", "verify", "idx")
    assert (said.code, said.out, said.err) == (0, "", "idx: 5 documents, all as written\n")
    (keys,) = Path("idx/snapshots").glob("*/keys.npy")
    content = bytearray(keys.read_bytes())
    content[-1] ^= 1
    keys.write_bytes(content)
    said = run("index", "verify", "idx")
    assert (said.code, said.out) == (1, f"{keys} is not what was written\n")
    assert said.err.startswith("error: idx is damaged; ")
    assert said.err.count("\n") == 1
    assert run("index", "rebuild", "idx").code == 0
    assert run("index", "verify", "idx").code == 0


@pytest.mark.usefixtures("reviews")
def test_export_can_be_added(run: Run) -> None:
    assert run("index", "export", "idx", "all.jsonl").err == "all.jsonl: 5 documents\n"
    assert run("index", "export", "idx").out == Path("all.jsonl").read_text(encoding="utf-8")
    assert run("index", "add", "idx", "all.jsonl").err == "idx: 0 added, 0 updated, 5 unchanged; 5 documents in all\n"
    (row,) = run("index", "export", "idx", "--where", "lang = ja", "--vectors").rows
    assert (row["id"], len(row["vectors"]), len(row["vectors"][0])) == ("r3", 1, 512)
    assert run("index", "export", "idx", "vectors.jsonl", "--vectors").code == 0
    assert (
        run("index", "add", "idx", "vectors.jsonl").err == "idx: 0 added, 0 updated, 5 unchanged; 5 documents in all\n"
    )


@pytest.mark.usefixtures("reviews")
def test_reembed(run: Run) -> None:
    said = run("index", "reembed", "idx", "--model", "e5-small")
    assert (said.code, said.err) == (0, "idx: 5 documents, embedded with e5-small (exact)\n")
    assert run("index", "info", "idx", "-f", "jsonl").rows[0]["model"] == "e5-small"
    assert set(found(run, "How long does the battery last?", "-k", "2")) == {"r1", "r2"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["search", "idx", "battery", "-k", "1", "-f", "jsonl"], 0, ""),
        (["verify", "idx"], 0, "idx: 5 documents, all as written"),
        (["create", "idx", *USE], 2, "error: idx is an index already; add to it"),
        (["add", "idx", "reviews.csv"], 0, "idx: 0 added, 0 updated, 5 unchanged; 5 documents in all"),
    ],
)
@pytest.mark.usefixtures("reviews")
def test_an_index_whose_replacement_was_interrupted(run: Run, arguments: list[str], code: int, message: str) -> None:
    replacing.mark(Path("idx"), "replaced")
    Path("idx").rename(".idx.replaced")
    said = run("index", *arguments)
    assert said.code == code, said
    assert said.err.startswith(message)
    assert not Path(".idx.replaced").exists()
    with Index.open("idx") as index:
        assert len(index) == 5


@pytest.mark.usefixtures("reviews")
def test_recover(run: Run) -> None:
    Path("idx/manifest.json").write_text("{", encoding="utf-8")
    said = run("index", "search", "idx", "battery")
    assert (said.code, said.out) == (1, "")
    assert "interlingua index recover idx" in said.err
    assert run("index", "recover", "idx").err == "idx: 5 documents, model use-multilingual-v3 (exact)\n"
    assert run("index", "verify", "idx").code == 0


@pytest.mark.usefixtures("reviews")
def test_bias(run: Run, write: Write) -> None:
    queries = write("queries.csv", "query,lang\nHow long does the battery last?,en\nIst der Akku gut?,de\n")
    said = run("index", "bias", "idx", "--queries", queries, "-k", "2", "-f", "jsonl")
    assert said.code == 0
    assert {(row["query_lang"], row["lang"]): row["documents"] for row in said.rows} == {
        (asked, lang): 0.4 if lang == "fr" else 0.2 for asked in ("en", "de") for lang in ("fr", "de", "en", "ja")
    }
    for asked in ("en", "de"):
        assert sum(row["fair"] for row in said.rows if row["query_lang"] == asked) == pytest.approx(1, abs=1e-5)
    assert said.err.startswith("2 queries, 2 hits each: their own language has 20.0% of the documents, ")
    table = run("index", "bias", "idx", "-k", "1").out.splitlines()
    assert table[0].split() == ["query_lang", "queries", "documents", "plain", "fair"]
    assert {line.split()[0] for line in table[2:]} == {"fr", "de", "en", "ja"}


@pytest.mark.usefixtures("reviews")
def test_hubs(run: Run, write: Write) -> None:
    write("queries.txt", "".join(f"battery number {number}\n" for number in range(12)))
    said = run("index", "bias", "idx", "--hubs", "--queries", "queries.txt", "-k", "1", "-f", "jsonl")
    assert (said.code, said.rows) == (0, [])
    assert said.err.startswith(
        "12 queries, 1 hits each, 5 documents: 0 come up more than ten times as often as the average; skewness "
    )


def test_keywords_find_codes(run: Run, write: Write) -> None:
    parts = "".join(f"Ersatzteil Nummer {number} für den Drucker\n" for number in range(7000, 7060))
    run("index", "create", "idx", write("parts.txt", parts), *USE)
    found = run("index", "search", "idx", "spare part 7033", "--hybrid", "-k", "1", "-f", "jsonl").rows
    assert found[0]["text"] == "Ersatzteil Nummer 7033 für den Drucker"
    table = run("index", "search", "idx", "7033", "--hybrid", "-k", "1").out.splitlines()
    assert table[2].split()[1].startswith("0.0")
    assert len(table[2].split()[1]) == len("0.0164")


def test_passages_of_a_long_document(run: Run, write: Write) -> None:
    sentences = [f"Sentence number {number} of this story tells about the sea and the wind." for number in range(80)]
    sentences[60] = "The printer needs a new cartridge of black ink."
    write("long.jsonl", json.dumps({"id": "story", "text": " ".join(sentences)}) + "\n")
    assert (
        run("index", "create", "idx", "long.jsonl", *USE).err
        == "idx: 1 added, 0 updated, 0 unchanged; 1 document in all\n"
    )
    (row,) = run("index", "search", "idx", "Druckertinte ist leer", "-f", "jsonl").rows
    assert "cartridge" in row["text"]
    assert " ".join(sentences)[row["start"] : row["stop"]] == row["text"]
    assert len(run("index", "search", "idx", "Druckertinte", "--all-passages", "-f", "jsonl").rows) > 1
    assert run("index", "search", "idx", "Druckertinte").out.splitlines()[0].split() == [
        "rank",
        "score",
        "lang",
        "id",
        "characters",
        "text",
    ]


def test_fit_means(run: Run, fails: Fails) -> None:
    Path("texts.csv").write_text("id,lang,text\n1,de,Der Akku ist leer.\n2,en,The parcel is late.\n", encoding="utf-8")
    run("index", "create", "made", "texts.csv", "-m", "use")
    pairs = "de\ten\nDer Akku ist leer.\tThe battery is empty.\nDas Paket ist da.\tThe parcel is here.\n"
    Path("pairs.tsv").write_text(pairs, encoding="utf-8")
    for count in (2, 4):
        result = run("index", "fit-means", "made", "pairs.tsv")
        assert (result.code, result.err) == (0, f"made: means fitted to translations: de–en {count}\n")
    assert run("index", "fit-means", "made", "--forget").err == "made: means are estimated from its documents alone\n"
    for arguments in ([], ["pairs.tsv", "--forget"]):
        assert "give a file of translations, or --forget" in fails(2, "index", "fit-means", "made", *arguments)
    message = fails(1, "index", "fit-means", "made", "pairs.tsv", "--lang-a", "en")
    assert "No pair of texts is in two different languages" in message
