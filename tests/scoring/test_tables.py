"""Tables of vectors in temporary files: the room is taken before anything is computed."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest

from interlingua.errors import StorageError
from interlingua.scoring import tables


@pytest.fixture(autouse=True)
def in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_IN_MEMORY", 0)
    monkeypatch.setattr(tables, "_RESERVED", 7)


def refusing(code: int) -> object:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return refuse


def check_table() -> None:
    table = tables.new_table(5, 3)
    assert isinstance(table, np.memmap)
    assert (table.dtype, table.shape) == (np.float16, (5, 3))
    table[4] = 2
    assert table.tolist() == [[0.0] * 3] * 4 + [[2.0] * 3]


def test_a_table_in_a_file() -> None:
    check_table()


def test_a_full_disk_is_told_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "posix_fallocate", refusing(errno.ENOSPC), raising=False)
    with pytest.raises(StorageError, match=r"need 0\.0 GB in the folder for temporary files .*TMPDIR.*No space left"):
        tables.new_table(5, 3)


def test_where_no_room_can_be_asked_for_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "posix_fallocate", refusing(errno.EOPNOTSUPP), raising=False)
    check_table()
    monkeypatch.delattr(os, "posix_fallocate")
    check_table()
