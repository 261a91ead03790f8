"""A small writer of ONNX graphs whose weights lie in a file beside them.

The weights go to ``weights.bin`` as ONNX external data, each tensor on a page boundary, so that ONNX Runtime maps them
instead of reading them and two processes share one copy. The graph file itself stays a few kilobytes.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, checker, helper

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
}


class GraphWriter:
    """Collects nodes and weights; ``save`` writes the graph. A context manager, which closes the weights file.

    Every graph of ours has the same face: inputs ``ids`` (int32, batch x length, padded on the right) and ``lengths``
    (int32, batch), output ``embeddings`` (float32, batch x dimension, not yet normalised).
    """

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._nodes: list[NodeProto] = []
        self._initializers: list[TensorProto] = []
        self._weights: BinaryIO = (folder / WEIGHTS_FILE).open("wb")
        self._counter = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._weights.close()

    def weight(self, name: str, values: NDArray[Any], shape: tuple[int, ...] | None = None) -> str:
        """Store a large tensor in the weights file. ``shape`` is given for packed 4-bit values (uint8 in, UINT4 out)."""
        self._weights.write(b"\0" * (-self._weights.tell() % _PAGE))
        offset = self._weights.tell()
        data = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        self._weights.write(data)
        tensor = TensorProto(name=name, data_location=TensorProto.EXTERNAL)
        tensor.data_type = TensorProto.UINT4 if shape is not None else _ELEMENT_TYPES[values.dtype.name]
        tensor.dims.extend(shape if shape is not None else values.shape)
        for key, value in (("location", WEIGHTS_FILE), ("offset", offset), ("length", len(data))):
            tensor.external_data.append(StringStringEntryProto(key=key, value=str(value)))
        self._initializers.append(tensor)
        return name

    def constant(self, values: Any, dtype: str = "int64") -> str:
        """Store a small tensor inside the graph."""
        array = np.asarray(values, dtype=dtype)
        name = self._fresh("const")
        self._initializers.append(
            helper.make_tensor(name, _ELEMENT_TYPES[dtype], array.shape, array.tobytes(), raw=True)
        )
        return name

    def node(self, operator: str, inputs: list[str], *, contrib: bool = False, **attributes: Any) -> str:
        """Add a node with one output and return the output's name; ``contrib`` operators are ONNX Runtime's own."""
        output = self._fresh(operator.lower())
        domain = _CONTRIB if contrib else ""
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def mask(self, like: str) -> str:
        """A float mask of shape (batch, length): 1 at the tokens of each text, 0 at its padding. ``like``: (batch, length, …)."""
        length = self.node("Shape", [like], start=1, end=2)
        positions = self.node("Range", [self.constant(0), self.node("Squeeze", [length]), self.constant(1)])
        lengths = self.node("Cast", [self.node("Unsqueeze", ["lengths", self.constant([1])])], to=TensorProto.INT64)
        return self.node("Cast", [self.node("Less", [positions, lengths])], to=TensorProto.FLOAT)

    def save(self, result: str, dimension: int) -> None:
        """Name ``result`` as the output, check the graph and write it."""
        self._nodes.append(helper.make_node("Identity", [result], ["embeddings"], name="embeddings"))
        self._weights.close()
        graph = helper.make_graph(
            self._nodes,
            self._name,
            [
                helper.make_tensor_value_info("ids", TensorProto.INT32, ["batch", "length"]),
                helper.make_tensor_value_info("lengths", TensorProto.INT32, ["batch"]),
            ],
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["batch", dimension])],
            self._initializers,
        )
        model: ModelProto = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)],
            ir_version=_IR_VERSION,
            producer_name="interlingua",
        )
        path = self._folder / GRAPH_FILE
        path.write_bytes(model.SerializeToString(deterministic=True))
        checker.check_model(str(path))

    def _fresh(self, stem: str) -> str:
        self._counter += 1
        return f"{stem}_{self._counter}"
