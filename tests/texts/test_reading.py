"""Reading records: every format, every way it can fail."""

from __future__ import annotations

import gzip
import io
import os
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from interlingua.errors import InputError, OptionError, StorageError
from interlingua.texts.reading import read_records
from interlingua.types import Record


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def failure(path: Path, **options: str) -> str:
    """The message with which reading fails, its folder cut off."""
    with pytest.raises(InputError) as caught:
        list(read_records(path, **options))  # type: ignore[arg-type]
    return str(caught.value).replace(f"{path.parent}{os.sep}", "")


def test_txt_passes_over_empty_lines_but_counts_them(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "\ufeffone\r\n\n  \nvier\u2028\nlast")
    assert list(read_records(path)) == [
        Record("one", "1", None, 1),
        Record("vier\u2028", "4", None, 4),
        Record("last", "5", None, 5),
    ]


def test_csv_with_quotes_line_breaks_and_metadata(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'ID,Language,Text,topic\nx,deu,"Guten ""Tag"",\nWelt",hi\n,,"",\n')
    assert list(read_records(path)) == [
        Record('Guten "Tag",\nWelt', "x", "de", 1, {"topic": "hi"}),
        Record("", "2", None, 2, {"topic": ""}),
    ]


def test_tsv_takes_quotation_marks_as_they_are(tmp_path: Path) -> None:
    path = write(tmp_path, "a.tsv", 'text\tn\n"open\t1\n\nsay ""\t2\r\n')
    assert list(read_records(path)) == [
        Record('"open', "1", None, 1, {"n": "1"}),
        Record('say ""', "2", None, 2, {"n": "2"}),
    ]


def test_jsonl_objects_and_bare_strings(tmp_path: Path) -> None:
    path = write(
        tmp_path, "a.ndjson", '{"text": "a", "id": 7, "lang": "fra", "n": [1]}\n\n"b"\n{"text": "c", "lang": null}'
    )
    assert list(read_records(path)) == [
        Record("a", "7", "fr", 1, {"n": [1]}),
        Record("b", "3", None, 3),
        Record("c", "4", None, 4),
    ]


def test_null_is_a_missing_text_and_nan_a_missing_number(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": null, "n": NaN}\n{"text": "b", "n": [-Infinity, 2]}\n')
    assert list(read_records(path)) == [
        Record("", "1", None, 1, {"n": None}),
        Record("b", "2", None, 2, {"n": [None, 2]}),
    ]


def test_columns_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,key,l,words\nx,k,en,hello\n")
    assert list(read_records(path, text="words", id="key", lang="l")) == [Record("hello", "k", "en", 1, {"text": "x"})]


@pytest.mark.parametrize(
    ("header", "expected"), [("Title,body", "1"), ("body,QUESTION", "2"), ("n,sentence", "2"), ("whatever", "1")]
)
def test_the_text_column_is_found(tmp_path: Path, header: str, expected: str) -> None:
    row = "1,2" if "," in header else "1"
    (record,) = read_records(write(tmp_path, "a.csv", f"{header}\n{row}\n"))
    assert record.text == expected


def test_compressed_files(tmp_path: Path) -> None:
    for name, content in (("a.txt.gz", "é\n"), ("a.jsonl.gz", '{"text": "é"}\n'), ("A.TSV.GZ", "text\né\n")):
        (record,) = read_records(write(tmp_path, name, gzip.compress(content.encode())))
        assert record.text == "é"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    for format, content in ((None, "猫\n"), ("jsonl", '"猫"\n'), ("csv", "text\n猫\n")):
        stream = io.BytesIO(content.encode())
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))
        assert [record.text for record in read_records("-", format=format)] == ["猫"]
        assert not stream.closed
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"a\n\xe9\n")))
    with pytest.raises(InputError, match=r"^standard input: line 2, byte 2 \(0xE9\), is not utf-8"):
        list(read_records("-"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp1252", "latin-1"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.csv", "text,n\ncafé,1\n".encode(encoding))
    assert [record.text for record in read_records(path, encoding=encoding)] == ["café"]


def test_reading_can_stop_anywhere(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-16"):
        records = read_records(write(tmp_path, "a.txt", "a\nb\n".encode(encoding)), encoding=encoding)
        assert next(records).text == "a"
        del records  # an open file left behind would be a warning, hence an error


def test_ten_megabytes_in_one_field(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'text\n"' + "x" * 10_000_000 + '"\n')
    assert [len(record.text) for record in read_records(path)] == [10_000_000]


def test_memory_stays_constant(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", ('{"text": "' + "x" * 1000 + '"}\n') * 5000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_records(path)) == 5000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.txt: no such file\.$"):
        read_records(tmp_path / "nowhere.txt")
    with pytest.raises(InputError, match=r"is a folder; give a file\.$"):
        read_records(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may read everything")
def test_no_permission(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "a\n")
    path.chmod(0)
    with pytest.raises(StorageError, match="no permission to read it"):
        list(read_records(path))


def test_no_permission_as_the_system_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a.txt", "a\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(StorageError, match=r"a\.txt: no permission to read it\.$"):
        list(read_records(path))


def test_unknown_ending(tmp_path: Path) -> None:
    assert failure(write(tmp_path, "a.md", "x\n")) == (
        "a.md: the ending does not tell the format (.txt, .csv, .tsv, .jsonl, .ndjson, or one of these and .gz); "
        "give it with --input-format: txt, csv, tsv, jsonl."
    )
    assert [record.text for record in read_records(tmp_path / "a.md", format="txt")] == ["x"]


def test_options_that_do_not_exist(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "x\n")
    with pytest.raises(OptionError, match="There is no format 'xml'; there are txt, csv, tsv, jsonl"):
        read_records(path, format="xml")
    for encoding in ("klingon", "base64"):
        with pytest.raises(OptionError, match=f"There is no encoding '{encoding}'"):
            read_records(path, encoding=encoding)
    with pytest.raises(OptionError, match="txt has no columns to choose"):
        read_records(path, text="body")


@pytest.mark.parametrize(
    ("name", "content"), [("a.txt", "\n \n"), ("a.csv", ""), ("a.tsv", "text\n"), ("a.jsonl", b"\xef\xbb\xbf")]
)
def test_no_texts(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert failure(write(tmp_path, name, content)) == f"{name}: there are no texts in it."


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.txt",
            b"one\ncaf\xe9\n",
            "a.txt: line 2, byte 7 (0xE9), is not utf-8; give the file's own encoding, for example --encoding cp1252.",
        ),
        ("a.txt", "x\n".encode("utf-16"), "a.txt: its byte order mark says utf-16, not utf-8; give --encoding utf-16."),
        ("a.txt", "x\n".encode("utf-32"), "a.txt: its byte order mark says utf-32, not utf-8; give --encoding utf-32."),
        ("a.txt", b"a\nb\0c\n", "a.txt: line 2 holds a NUL byte, so this is no text file."),
        ("a.txt", gzip.compress(b"a\n"), "a.txt: this is gzip-compressed: give it the ending .gz."),
        (
            "a.csv",
            b"PK\x03\x04...",
            "a.csv: this is a ZIP archive or an Excel file: save the table as csv or tsv.",
        ),
        ("a.txt.gz", b"plain\n", "a.txt.gz: this is not gzip, although the name ends in .gz."),
        (
            "a.txt.gz",
            gzip.compress(b"abc\n" * 999)[:-12],
            "a.txt.gz: the gzip data breaks off or is damaged; the file seems cut off.",
        ),
        (
            "a.csv",
            "n,m\n1,2\n",
            "a.csv: no column is called text; there are: n, m. Say which holds it: --text-column NAME.",
        ),
        ("a.csv", "text,n,n\nx,1,2\n", "a.csv: two columns are called 'n'; rename one."),
        ("a.csv", "text,n\na,1\nb\n", "a.csv: line 3 has too few fields: 1, where the first row has 2."),
        (
            "a.tsv",
            "text\tn\na\t1\t2\n",
            "a.tsv: line 2 has too many fields: 3, where the first row has 2 "
            "(a tab inside a field cannot be written in tsv).",
        ),
        (
            "a.csv",
            'text\n"a\nb"\n"open\nc\n',
            "a.csv: a quotation mark in the row that begins on line 4 is never closed.",
        ),
        (
            "a.csv",
            'text\n"a" b\n',
            "a.csv: line 2 has text after a closing quotation mark; "
            'a quotation mark inside quotes is written twice ("").',
        ),
        ("a.jsonl", '"a"\n{"text": }\n', "a.jsonl: line 2 is not JSON: Expecting value at character 10."),
        (
            "a.jsonl",
            '"a"\n{"text": "b',
            "a.jsonl: line 2 is not complete JSON and is the last one: the file seems cut off.",
        ),
        (
            "a.jsonl",
            '[\n"a"\n]\n',
            "a.jsonl: line 1 begins a JSON document of many lines; JSON Lines wants one object on each line.",
        ),
        (
            "a.jsonl",
            "[" * 100_000 + "\n",
            "a.jsonl: line 1 is not JSON that can be read: it is nested too deep or holds a number too long.",
        ),
        ("a.jsonl", "3\n", "a.jsonl: line 1 holds neither an object nor a string."),
        (
            "a.jsonl",
            '{"n": 1}\n',
            "a.jsonl: line 1: no field is called text; there are: n. Say which holds it: --text-column NAME.",
        ),
        (
            "a.csv",
            "id;text\n1;Guten Tag\n",
            "a.csv: its columns seem to be separated by ';'; save it with commas (.csv) or tabs (.tsv), or give "
            "--input-format tsv where they are tabs.",
        ),
        ("a.jsonl", '"a"\n{"text": ["b"]}\n', "a.jsonl: line 2: 'text' is an array, not a string."),
        (
            "a.jsonl",
            '{"text": "a", "id": 1.5}\n',
            "a.jsonl: line 1: the id is a number, not a string or a whole number.",
        ),
    ],
)
def test_what_is_wrong_in_a_file(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    assert failure(write(tmp_path, name, content)) == message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,lang\na,English\nb,de\nc,\n"),
        ("a.jsonl", '"a"\n{"text": "b", "lang": "deu"}\n{"text": "c", "lang": 3}\n'),
    ],
)
def test_a_language_column_that_nobody_asked_for_may_hold_anything(tmp_path: Path, name: str, content: str) -> None:
    path = write(tmp_path, name, content)
    assert [(record.text, record.lang) for record in read_records(path)] == [("a", None), ("b", "de"), ("c", None)]
    with pytest.raises(InputError, match=r"line [23]: "):
        list(read_records(path, lang="lang"))


def test_the_row_of_an_error_counts_from_0(tmp_path: Path) -> None:
    for name, content, row in (
        ("a.jsonl", '"a"\n3\n', 1),
        ("a.csv", "text,n\na,1\n\nb\n", 1),
        ("a.txt", b"a\nb\n\xff", 2),
    ):
        with pytest.raises(InputError) as caught:
            list(read_records(write(tmp_path, name, content)))
        assert caught.value.rows == (row,)


def test_what_stands_before_an_error_has_been_given(tmp_path: Path) -> None:
    records = read_records(write(tmp_path, "a.jsonl", '"a"\n"b'))
    assert next(records).text == "a"
    with pytest.raises(InputError, match="cut off"):
        next(records)


def test_a_column_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "text,n\nx,1\n")
    assert failure(path, text="body") == (
        "a.csv: there is no column 'body'; there are: text, n. Name another: --text-column NAME."
    )
    assert failure(path, id="key") == (
        "a.csv: there is no column 'key'; there are: text, n. Name another: --id-column NAME."
    )


def test_half_a_character_at_the_end_of_utf_16(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "ab\n猫".encode("utf-16")[:-1])
    assert "is not utf-16; give the file's own encoding, for example --encoding utf-8." in failure(
        path, encoding="utf-16"
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1), min_size=1))
def test_every_text_comes_back_from_csv(tmp_path: Path, texts: list[str]) -> None:
    quoted = "".join('"' + text.replace('"', '""') + '"\r\n' for text in texts)
    path = write(tmp_path, "a.csv", "text\r\n" + quoted)
    assert [record.text for record in read_records(path)] == texts
