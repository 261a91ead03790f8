"""Files of arrays that show whether they are whole, and whose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from interlingua.mining.sealed import is_sealed, mapped, read_sealed, write_sealed, write_table


def test_a_seal_shows_every_change(tmp_path: Path) -> None:
    path, key = tmp_path / "a.npy", b"k" * 16
    arrays = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array([5, 7], dtype=np.int64)]
    assert not is_sealed(path, key)
    write_sealed(path, key, arrays)
    assert is_sealed(path, key)
    assert not is_sealed(path, b"l" * 16)
    for wanted, found in zip(arrays, read_sealed(path, 2), strict=True):
        np.testing.assert_array_equal(found, wanted)
        assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(mapped(path), arrays[0])
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        assert not is_sealed(path, key)
        path.write_bytes(data[:place])
        assert not is_sealed(path, key)
    for longer in (data + b"\0", b"\0" + data, data + data):
        path.write_bytes(longer)
        assert not is_sealed(path, key)


@pytest.mark.parametrize("sizes", [(3, 1, 5), (9,), ()])
def test_a_table_in_blocks_is_the_table(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    table = np.random.default_rng(1).normal(size=(sum(sizes), 4)).astype(np.float16)
    blocks = np.split(table, np.cumsum(sizes)[:-1]) if sizes else []
    write_table(tmp_path / "a.npy", b"k" * 16, (sum(sizes), 4), blocks)
    assert is_sealed(tmp_path / "a.npy", b"k" * 16)
    np.testing.assert_array_equal(read_sealed(tmp_path / "a.npy", 1)[0], table)
