"""Reading documents for an index: ids, fields, folders, Parquet, and changes."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from interlingua.errors import InputError, OptionError
from interlingua.texts.documents import Change, parquet_rows, read_changes, read_documents
from interlingua.types import Record


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_only_given_ids_are_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,n\nx,one,1\n,two,\n")
    assert list(read_documents(path)) == [
        Record("one", "x", None, 1, {"n": "1"}),
        Record("two", "", None, 2, {}),
    ]
    path = write(tmp_path / "a.txt", "one\n\ntwo\n")
    assert [(one.id, one.row) for one in read_documents(path)] == [("", 1), ("", 3)]


def test_what_search_and_export_write_is_read_as_fields(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", '{"id": "a", "text": "b", "metadata": {"n": 1, "m": null}, "l": [1], "o": null}\n'
    )
    assert [dict(one.metadata) for one in read_documents(path)] == [{"n": 1, "m": None, "l": [1]}]
    path = write(tmp_path / "b.jsonl", '{"text": "b", "metadata": "just a field"}\n')
    assert [dict(one.metadata) for one in read_documents(path)] == [{"metadata": "just a field"}]


def test_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "b" / "two.MD", "\ufeffzwei\r\n\r\nZeilen\r\n\n")
    write(tmp_path / "a.txt", "eins")
    write(tmp_path / "c.pdf", b"%PDF")
    write(tmp_path / ".git" / "d.txt", "hidden")
    assert list(read_documents(tmp_path)) == [
        Record("eins", "a.txt", None, 1),
        Record("zwei\n\nZeilen", "b/two.MD", None, 2),
    ]


def test_files_of_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "caf\xe9".encode("latin-1"))
    write(tmp_path / "b.txt", " \n\n")
    write(tmp_path / "c.txt", "good")
    with pytest.raises(
        InputError, match=r"a\.txt: line 1, byte 3 \(0xE9\), is not utf-8; give the file's own encoding"
    ):
        list(read_documents(tmp_path))
    said: list[str] = []
    assert [one.id for one in read_documents(tmp_path, left_out=said.append)] == ["c.txt"]
    assert [sentence.partition(": ")[0] for sentence in said] == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    assert [one.text for one in read_documents(tmp_path, encoding="cp1252", left_out=said.append)] == ["café", "good"]


def test_what_a_folder_does_not_have(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there are no text files in this folder \(\.txt, \.text, \.md"):
        read_documents(tmp_path)
    with pytest.raises(OptionError, match="it has no format and no columns"):
        read_documents(tmp_path, format="csv")


def test_parquet(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    table = pa.table(
        {
            "ID": [7, None],
            "body": ["ein Text", "noch einer"],
            "lang": ["deu", None],
            "day": [datetime.date(2024, 2, 29), None],
            "price": [Decimal("2.50"), None],
            "ratio": [float("nan"), 0.5],
            "tags": [["a", "b"], []],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert list(read_documents(tmp_path / "a.parquet")) == [
        Record("ein Text", "7", "de", 1, {"day": "2024-02-29", "price": 2.5, "tags": ["a", "b"]}),
        Record("noch einer", "", None, 2, {"ratio": 0.5, "tags": []}),
    ]
    assert parquet_rows(tmp_path / "a.parquet") == 2
    (tmp_path / "b").write_bytes((tmp_path / "a.parquet").read_bytes())
    assert [one.text for one in read_documents(tmp_path / "b", format="parquet", text="lang")] == ["deu", ""]
    with pytest.raises(InputError, match="there is no column 'c'; there are: ID, body, lang, day, price, ratio, tags"):
        list(read_documents(tmp_path / "a.parquet", text="c"))


def test_what_is_no_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = write(tmp_path / "a.parquet", "text\nno\n")
    with pytest.raises(InputError, match="this is no Parquet file that can be read"):
        list(read_documents(path))
    assert parquet_rows(path) is None
    with pytest.raises(InputError, match="no such file"):
        read_documents(tmp_path / "nowhere.parquet")


def test_changes_of_a_table(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Id,text,language,n,title\na,,,2,\nb,neu,deu,,T\n")
    assert list(read_changes(path)) == [
        Change(1, {"id": "a", "n": "2"}),
        Change(2, {"id": "b", "title": "T", "text": "neu", "lang": "de"}),
    ]
    assert list(read_changes(path, text="title"))[1].fields == {
        "id": "b",
        "metadata": {"text": "neu"},
        "text": "T",
        "lang": "de",
    }


def test_a_column_that_is_called_like_the_text_and_is_not(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,body\na,a title,\nb,another,new\n")
    assert list(read_changes(path, text="body")) == [
        Change(1, {"id": "a", "metadata": {"text": "a title"}}),
        Change(2, {"id": "b", "metadata": {"text": "another"}, "text": "new"}),
    ]
    path = write(tmp_path / "a.jsonl", '{"id": "a", "metadata": {"text": "t", "lang": "l", "id": 3, "n": 1}}\n')
    assert [one.fields for one in read_changes(path)] == [
        {"id": "a", "n": 1, "metadata": {"id": 3, "text": "t", "lang": "l"}}
    ]


def test_changes_of_json_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": 3, "n": null, "metadata": {"m": [1]}}\n\n{"id": "b", "lang": null}\n')
    assert list(read_changes(path)) == [
        Change(1, {"id": "3", "n": None, "m": [1]}),
        Change(3, {"id": "b", "lang": None}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"n": 1}\n', "line 1 has no id; say which column or field holds it: --id-column NAME."),
        ('{"id": ["a"]}\n', "line 1 has no id"),
        ('"a"\n', "line 1 does not hold an object with an id."),
        ('{"id": "a", "text": 5}\n', "line 1: 'text' is not a string."),
        ('{"id": "a", "lang": "jp"}\n', "line 1: 'jp' is not a language code but a country's; did you mean 'ja'?"),
    ],
)
def test_changes_that_make_no_sense(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_changes(write(tmp_path / "a.jsonl", content)))
    assert message in str(caught.value)
    assert caught.value.rows == (0,)
