"""A small writer of ONNX graphs whose weights lie in files beside them.

The weights go to ``weights.bin`` (or another file) as ONNX external data, each tensor on a page boundary, so that ONNX Runtime
maps them instead of reading them and two processes share one copy. The graph files themselves stay a few kilobytes, and several
graphs may use the same weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, ValueInfoProto, checker, helper

from interlingua.models.files import GRAPH_FILE, WEIGHTS_FILE

# An old and widely readable level of the format: nothing newer is used.
_OPSET = 17
_CONTRIB = "com.microsoft"
_IR_VERSION = 9
_PAGE = 4096

_ELEMENT_TYPES = {
    "float32": TensorProto.FLOAT,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
    "uint8": TensorProto.UINT8,
    "int8": TensorProto.INT8,
    "float16": TensorProto.FLOAT16,
}

Face = Mapping[str, tuple[str, Sequence[int | str]]]
"""The inputs or outputs of a graph by name: element type and shape."""


class Weights:
    """The large tensors of one or several graphs, by name, in files of one folder. A context manager, which closes the files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, BinaryIO] = {}
        self._tensors: dict[str, TensorProto] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __getitem__(self, name: str) -> TensorProto:
        return self._tensors[name]

    def add(
        self, name: str, values: NDArray[Any], *, shape: tuple[int, ...] | None = None, file: str = WEIGHTS_FILE
    ) -> None:
        """Store a tensor. ``shape`` is given for packed 4-bit values (uint8 in, UINT4 out)."""
        if file not in self._files:
            self._files[file] = (self.folder / file).open("wb")
        target = self._files[file]
        target.write(b"\0" * (-target.tell() % _PAGE))
        offset = target.tell()
        data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        target.write(data)
        tensor = TensorProto(name=name, data_location=TensorProto.EXTERNAL)
        tensor.data_type = TensorProto.UINT4 if shape is not None else _ELEMENT_TYPES[values.dtype.name]
        tensor.dims.extend(shape if shape is not None else values.shape)
        for key, value in (("location", file), ("offset", offset), ("length", len(data))):
            tensor.external_data.append(StringStringEntryProto(key=key, value=str(value)))
        self._tensors[name] = tensor

    def flush(self) -> None:
        """Let readers see what was stored."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """No more tensors."""
        for file in self._files.values():
            file.close()


class GraphWriter:
    """Collects nodes and weights; ``save`` writes the graph. A context manager, which closes weights files of its own.

    What ``save`` writes has the same face for every model: inputs ``ids`` (int32, batch x length, padded on the right) and
    ``lengths`` (int32, batch), output ``embeddings`` (float32, batch x dimension, not yet normalised). ``save_part`` is for
    graphs that are only a part of a model.
    """

    def __init__(self, name: str, folder: Path, *, file: str = GRAPH_FILE, weights: Weights | None = None) -> None:
        self._name = name
        self._path = folder / file
        self._nodes: list[NodeProto] = []
        self._initializers: dict[str, TensorProto] = {}
        self._weights = weights or Weights(folder)
        self._own = weights is None
        self._counter = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own:
            self._weights.close()

    def weight(
        self, name: str, values: NDArray[Any], shape: tuple[int, ...] | None = None, *, file: str = WEIGHTS_FILE
    ) -> str:
        """Store a large tensor (see ``Weights.add``), unless another graph has stored it already."""
        if name not in self._weights:
            self._weights.add(name, values, shape=shape, file=file)
        self._initializers[name] = self._weights[name]
        return name

    def constant(self, values: Any, dtype: str = "int64") -> str:
        """Store a small tensor inside the graph."""
        array = np.asarray(values, dtype=dtype)
        name = self._fresh("const")
        self._initializers[name] = helper.make_tensor(
            name, _ELEMENT_TYPES[dtype], array.shape, array.tobytes(), raw=True
        )
        return name

    def node(self, operator: str, inputs: list[str], *, contrib: bool = False, **attributes: Any) -> str:
        """Add a node with one output and return the output's name; ``contrib`` operators are ONNX Runtime's own."""
        output = self._fresh(operator.lower())
        domain = _CONTRIB if contrib else ""
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def split(self, x: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """Cut a tensor into parts of these sizes."""
        outputs = [self._fresh("split") for _ in sizes]
        inputs = [x, self.constant(list(sizes))]
        self._nodes.append(helper.make_node("Split", inputs, outputs, name=outputs[0], axis=axis))
        return outputs

    def mask(self, like: str) -> str:
        """A float mask of shape (batch, length): 1 at the tokens of each text, 0 at its padding. ``like``: (batch, length, …)."""
        length = self.node("Shape", [like], start=1, end=2)
        positions = self.node("Range", [self.constant(0), self.node("Squeeze", [length]), self.constant(1)])
        lengths = self.node("Cast", [self.node("Unsqueeze", ["lengths", self.constant([1])])], to=TensorProto.INT64)
        return self.node("Cast", [self.node("Less", [positions, lengths])], to=TensorProto.FLOAT)

    def save(self, result: str, dimension: int) -> None:
        """Name ``result`` as the output, check the graph and write it."""
        self.save_part(
            {"ids": ("int32", ["batch", "length"]), "lengths": ("int32", ["batch"])},
            {"embeddings": ("float32", ["batch", dimension])},
            [result],
        )

    def save_part(self, inputs: Face, outputs: Face, results: Sequence[str]) -> None:
        """Name ``results`` as the outputs, check the graph and write it."""
        for name, result in zip(outputs, results, strict=True):
            self._nodes.append(helper.make_node("Identity", [result], [name], name=name))
        self._weights.flush()
        graph = helper.make_graph(
            self._nodes, self._name, _infos(inputs), _infos(outputs), list(self._initializers.values())
        )
        model: ModelProto = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
            ir_version=_IR_VERSION,
            producer_name="interlingua",
        )
        self._path.write_bytes(model.SerializeToString(deterministic=True))
        checker.check_model(str(self._path))

    def _fresh(self, stem: str) -> str:
        self._counter += 1
        return f"{stem}_{self._counter}"


def _infos(face: Face) -> list[ValueInfoProto]:
    return [helper.make_tensor_value_info(name, _ELEMENT_TYPES[kind], shape) for name, (kind, shape) in face.items()]
