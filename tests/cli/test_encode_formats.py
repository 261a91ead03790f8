"""``interlingua encode``: Parquet, the options that go through to the encoder, and the progress bar."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from interlingua import Encoder
from interlingua.cli import encode, vector_files
from interlingua.cli.inputs import Intake, Noted, count_rows
from interlingua.cli.options import BackendKind, InputFormat, PrecisionKind
from interlingua.encoding import sinks
from interlingua.encoding.backends.selection import BackendName, Precision

Run = Callable[..., Any]
Fails = Callable[..., str]
Write = Callable[..., str]

ROWS = '{"id": "x", "lang": "de", "text": "Guten Tag"}\n{"text": "hello"}\n{"lang": "fr", "text": "bonjour"}\n'


def test_parquet(run: Run, write: Write, use: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(encode, "_CHUNK", 2)
    result = run("encode", write("a.jsonl", ROWS), "-m", "use", "-o", "v.parquet", "--prompt", "query")
    assert (result.code, result.out, result.err) == (0, "", "v.parquet: 3 vectors of 512 dimensions\n")
    with parquet.ParquetFile("v.parquet") as file:
        assert file.num_row_groups == 2
        table = file.read()
    assert [f"{field.name} {field.type}" for field in table.schema] == [
        "id string",
        "row int64",
        "lang string",
        "embedding fixed_size_list<element: float not null>[512]",
    ]
    assert table["id"].to_pylist() == ["x", "2", "3"]
    assert table["row"].to_pylist() == [1, 2, 3]
    assert table["lang"].to_pylist() == ["de", None, "fr"]
    vectors = np.array(table["embedding"].to_pylist(), dtype=np.float32)
    np.testing.assert_allclose(vectors, use.encode_query(["Guten Tag", "hello", "bonjour"]), atol=1e-6)
    facts = json.loads(table.schema.metadata[b"interlingua"])
    assert facts == {"model": "use-multilingual-v3", "fingerprint": use.fingerprint, "prompt": "query"}


def test_parquet_without_its_extra(fails: Fails, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(sinks, "find_spec", lambda name: None if name == "pyarrow" else find(name))
    message = fails(2, "encode", write("a.txt", "a\n"), "-m", "use", "-o", "v.parquet")
    assert message == (
        "Parquet needs the extra 'parquet', which is not installed; run: pip install 'interlingua[parquet]'."
    )


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="the system has no /dev/null")
def test_devices_take_what_needs_no_way_back(run: Run, fails: Fails, write: Write) -> None:
    write("a.txt", "one\n")
    message = fails(2, "encode", "a.txt", "-m", "use", "-o", "/dev/null", "--format", "parquet")
    assert message == "/dev/null is no regular file, which Parquet needs; write jsonl there."
    for format in ("npy", "jsonl"):
        assert run("encode", "a.txt", "-m", "use", "-o", "/dev/null", "--format", format).code == 0


def test_what_goes_through_to_the_encoder(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    made = Encoder.__init__

    def noted(self: Encoder, *arguments: Any, **options: Any) -> None:
        given.update(options)
        made(self, *arguments, **options)

    monkeypatch.setattr(Encoder, "__init__", noted)
    options = ["--precision", "exact", "--backend", "onnx", "--device", "cpu", "--threads", "1"]
    options += ["--workers", "1", "--max-memory", "200GB"]
    assert run("encode", write("a.txt", "one\n"), "-m", "use", *options).code == 0
    assert given == {
        "precision": "exact",
        "backend": "onnx",
        "device": "cpu",
        "threads": 1,
        "workers": 1,
        "max_memory": "200GB",
        "embedding_cache": False,
        "cache_dir": None,
    }
    given.clear()
    assert run("score", "a", "b", "-m", "use", "--precision", "exact").code == 0
    assert given["precision"] == "exact"
    given.clear()
    assert run("search", "a.txt", "one", "-m", "use", "--precision", "exact").code == 0
    assert given["precision"] == "exact"


def test_the_options_have_the_values_of_the_encoder() -> None:
    assert tuple(BackendKind) == get_args(BackendName)
    assert tuple(PrecisionKind) == get_args(Precision)
    assert tuple(encode.VectorFormat) == get_args(sinks.FileFormat)


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.txt", b"one\ntwo\nthree", 3),
        ("a.txt", b"one\n\ntwo\n", 3),
        ("a.txt", b"", 0),
        ("a.jsonl", b'"a"\n"b"\n', 2),
        ("a.csv", b"text\none\ntwo\n", 2),
        ("a.tsv", b"text\tn\none\t1\n", 1),
        ("a.csv", b'text\n"one\nand more"\n', None),
        ("a.txt.gz", gzip.compress(b"one\n"), None),
    ],
)
def test_rows_are_counted_where_that_is_cheap(tmp_path: Path, name: str, content: bytes, rows: int | None) -> None:
    (tmp_path / name).write_bytes(content)
    assert count_rows(tmp_path / name, format=None, encoding="utf-8") == rows
    assert count_rows(tmp_path / name, format=None, encoding="utf-16") is None


def test_rows_of_a_large_file_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.dat").write_bytes(b"a line\n" * 400_000)
    assert count_rows(tmp_path / "a.dat", format=InputFormat.txt, encoding="utf-8") == 400_000
    assert count_rows("-", format=None, encoding="utf-8") is None


def test_the_bar_knows_how_many_rows_there_are(run: Run, write: Write) -> None:
    write("a.txt", "one\n\n\nfour\nfive\n")
    assert "5/5 rows" in run("encode", "a.txt", "-m", "use", "-o", "v.npy", "--progress").err
    write("a.csv", 'text\n"one"\ntwo\n')
    assert "2/? rows" in run("encode", "a.csv", "-m", "use", "-o", "v.npy", "--progress").err
    assert "2/? rows" in run("encode", "-", "-m", "use", "-o", "v.npy", "--progress", stdin=b"one\ntwo\n").err


def test_rows_for_a_report_take_constant_memory() -> None:
    noted = Noted()
    noted.add([2])
    assert str(noted) == "row 2"
    noted.add([2, 5])  # a row comes twice where both of its texts are meant
    assert str(noted) == "2 rows (2, 5)"
    noted.add(range(6, 100_000))
    assert str(noted) == "99,996 rows (2, 5, 6, 7, 8, 9, 10, 11, 12, 13, …)"
    assert len(noted.first) == 10


def test_a_device_is_not_taken_for_a_file(tmp_path: Path) -> None:
    assert vector_files.is_regular(tmp_path / "new.npy")
    assert not vector_files.is_regular(Path("/dev/null")) or not Path("/dev/null").exists()
    assert Intake("-", 256).name == "standard input"
