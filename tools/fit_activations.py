"""Fit what the quantised arithmetic of e5-small knows of its activations: ``src/interlingua/models/activations/e5-small.npz``.

    python tools/fit_activations.py

The texts are the package's own demo corpus, alone and joined to long texts, with both prompts; the graph is the float32 one with
the inputs of its matrix products as further outputs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from interlingua import Encoder, load_corpus
from interlingua.encoding.batching import pad, plan_batches
from interlingua.models.bert_graph import write_bert
from interlingua.models.bert_int8 import PARTS
from interlingua.models.e5_small import E5File
from interlingua.models.sources import locate

TARGET = Path(__file__).resolve().parent.parent / "src" / "interlingua" / "models" / "activations"
# The float32 graph's products in order: those in the attention, its output, feed-forward in and out.
PRODUCTS = ("qkv", "ao", "fi", "fo")
OPERATORS = ("Attention", "MatMul")
LAYERS = 12
JOINED = 24


def main() -> None:
    encoder = Encoder("e5-small")
    texts = [text.text for text in load_corpus()]
    texts += [" ".join(texts[start : start + JOINED]) for start in range(0, len(texts), JOINED)]
    ids = [*encoder.token_ids(texts, "query"), *encoder.token_ids(texts, "document")]
    with tempfile.TemporaryDirectory() as name:
        file = E5File(locate(encoder.card, None, Path(name))["e5-small-q4.bin"])
        write_bert(Path(name), file.config, file.quantized("emb.word", file.config.hidden), file.matrix)
        sums = Sums(Path(name))
        for rows in plan_batches([len(row) for row in ids]):
            sums.add([ids[row] for row in rows])
    TARGET.mkdir(exist_ok=True)
    np.savez_compressed(TARGET / "e5-small.npz", **sums.fitted())
    print(f"{TARGET / 'e5-small.npz'}: {sums.tokens:,} tokens")


class Sums:
    """Running sums over the inputs of the matrix products."""

    def __init__(self, folder: Path) -> None:
        model = onnx.load(str(folder / "model.onnx"), load_external_data=False)
        self.places = [(layer, part) for layer in range(LAYERS) for part in PRODUCTS]
        products = [node.input[0] for node in model.graph.node if node.op_type in OPERATORS]
        self.names = products[: len(self.places)]
        for name in self.names:
            model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
        (folder / "open.onnx").write_bytes(model.SerializeToString())
        options = ort.SessionOptions()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        self.session = ort.InferenceSession(str(folder / "open.onnx"), options, providers=["CPUExecutionProvider"])
        self.tokens = 0
        self.sum = {place: np.float64(0.0) for place in self.places}
        self.squares = {place: np.float64(0.0) for place in self.places}

    def add(self, ids: list[list[int]]) -> None:
        """Count a batch of texts."""
        padded, lengths = pad(ids, 0)
        there = np.arange(padded.shape[1]) < lengths[:, None]
        self.tokens += int(lengths.sum())
        outputs = self.session.run(self.names, {"ids": padded, "lengths": lengths})
        for place, output in zip(self.places, outputs, strict=True):
            x = output[there]
            self.sum[place] = self.sum[place] + x.sum(axis=0, dtype=np.float64)
            self.squares[place] = self.squares[place] + (x.astype(np.float64) ** 2).sum(axis=0)

    def fitted(self) -> dict[str, NDArray[np.generic]]:
        """The means and root mean squares, by the names that ``read_activations`` knows."""
        result: dict[str, NDArray[np.generic]] = {}
        for part in PARTS:
            result[f"mean.{part}"] = np.stack([self.sum[i, part] / self.tokens for i in range(LAYERS)]).astype(
                np.float16
            )
            squares = np.stack([self.squares[i, part] / self.tokens for i in range(LAYERS)])
            result[f"rms.{part}"] = np.sqrt(squares).astype(np.float16)
        return result


if __name__ == "__main__":
    main()
