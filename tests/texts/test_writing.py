"""Writing: whole files or none, JSON Lines and TSV."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlingua.errors import InputError, OptionError, StorageError
from interlingua.texts.writing import open_atomic, write_rows


def written(rows: list[dict[str, Any]], format: Any) -> str:
    out = io.StringIO()
    assert write_rows(rows, out, format) == len(rows)
    return out.getvalue()


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with open_atomic(path) as file:
        file.write("猫\n")
        assert not path.exists()
    assert path.read_bytes() == "猫\n".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


def test_bytes(tmp_path: Path) -> None:
    with open_atomic(tmp_path / "a.bin", "wb") as file:
        file.write(b"\x00\xff")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, OSError(errno.EPIPE, "Broken pipe")])
def test_after_an_error_everything_is_as_it_was(tmp_path: Path, error: Any) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(error if isinstance(error, type) else OSError), open_atomic(path) as file:  # noqa: PT012
        file.write("new")
        raise error
    assert path.read_text(encoding="utf-8") == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(StorageError, match=r"a\.txt cannot be written: the disk is full\.$"),
        open_atomic(tmp_path / "a.txt"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_a_disk_that_is_full_only_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match="the disk is full"), open_atomic(tmp_path / "a.txt") as file:
        file.write("x")
    assert os.listdir(tmp_path) == []


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    with pytest.raises(StorageError, match=r"cannot be written: no permission\.$"), open_atomic(tmp_path / "a.txt"):
        pass


def test_wrong_places(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder; give the name of a file"), open_atomic(tmp_path):
        pass
    with pytest.raises(StorageError, match="its folder does not exist"), open_atomic(tmp_path / "none" / "a.txt"):
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match="what should be its folder is a file"),
        open_atomic(tmp_path / "file" / "a.txt"),
    ):
        pass
    with pytest.raises(OptionError, match="has the modes"):
        open_atomic(tmp_path / "a.txt", "a")  # type: ignore[call-overload]


@pytest.mark.skipif(os.name == "nt", reason="file rights are POSIX's")
def test_rights_are_those_of_an_ordinary_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with open_atomic(path) as file:
        file.write("x")
    (tmp_path / "b.txt").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "b.txt").stat().st_mode)
    path.chmod(0o640)
    with open_atomic(path) as file:
        file.write("y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="links and devices are POSIX's")
def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    with open_atomic(link) as file:
        file.write("x")
    assert link.is_symlink()
    assert (tmp_path / "real").read_text(encoding="utf-8") == "x"
    with open_atomic(os.devnull) as file:
        file.write("x")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the device that is always full")
def test_a_device_that_is_full() -> None:
    with pytest.raises(StorageError, match=r"^/dev/full cannot be written: the disk is full\.$"):  # noqa: SIM117
        with open_atomic("/dev/full") as file:
            file.write("x")


def test_json_lines() -> None:
    rows = [{"text": "猫\n", "score": np.float32(0.5), "n": np.int64(3)}, {"v": np.array([1, 2]), "none": None}]
    assert written(rows, "jsonl") == '{"text": "猫\\n", "score": 0.5, "n": 3}\n{"v": [1, 2], "none": null}\n'


def test_json_lines_with_a_lone_surrogate_can_still_be_written() -> None:
    assert written([{"text": "猫\ud83d"}], "jsonl") == '{"text": "\\u732b\\ud83d"}\n'


def test_tsv() -> None:
    rows = [{"a": "x\ty\r\nz", "b": 0.25, "c": True}, {"b": None, "a": "猫", "c": [1, "é"]}, {"a": "q\ud83d"}]
    assert written(rows, "tsv") == 'a\tb\tc\nx y z\t0.25\ttrue\n猫\t\t[1, "é"]\nq?\t\t\n'


@pytest.mark.parametrize("format", ["jsonl", "tsv"])
def test_no_rows(format: str) -> None:
    assert written([], format) == ""


@pytest.mark.parametrize(
    ("rows", "format", "message"),
    [
        ([{"a": 1}, {"a": float("nan")}], "jsonl", r"Row 2 cannot be written as JSON: Out of range float values"),
        ([{"a": object()}], "jsonl", r"Row 1 cannot be written as JSON: a value of type object has no JSON form\."),
        ([{"a": 1}, {"b": 1}], "tsv", r"Row 2 has a column that the first row lacks: 'b'\."),
    ],
)
def test_what_cannot_be_written(rows: list[dict[str, Any]], format: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        write_rows(rows, io.StringIO(), format)


def test_an_unknown_format() -> None:
    with pytest.raises(OptionError, match=r"Rows are written as jsonl or tsv, not 'xml'\."):
        write_rows([], io.StringIO(), "xml")  # type: ignore[arg-type]


def test_rows_are_written_as_they_come() -> None:
    out = io.StringIO()

    def rows() -> Any:
        yield {"a": 1}
        assert out.getvalue() == '{"a": 1}\n'
        yield {"a": 2}

    assert write_rows(rows(), out, "jsonl") == 2


@given(
    st.lists(st.dictionaries(st.text(), st.one_of(st.text(st.characters()), st.integers(), st.booleans(), st.none())))
)
def test_json_lines_come_back(rows: list[dict[str, Any]]) -> None:
    text = written(rows, "jsonl").encode("utf-8").decode("utf-8")
    assert [json.loads(line) for line in text.split("\n")[:-1]] == rows
