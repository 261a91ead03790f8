"""OpenVINO: the imported graph on processors, and on the other devices that OpenVINO knows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from interlingua.encoding.backends.selection import Precision
from interlingua.encoding.batching import TOKEN_BUDGET, pad
from interlingua.encoding.tokenizing import TextTokenizer
from interlingua.encoding.tokens import Ids, Tokens
from interlingua.encoding.windows import tokenize_in_windows
from interlingua.errors import MissingExtra, OptionError, OutOfMemory
from interlingua.models.files import GRAPH_FILE
from interlingua.types import Vectors

# Devices other than processors want much at once.
_DEVICE_TOKEN_BUDGET = 32 * TOKEN_BUDGET
# What fast arithmetic is, in the order of preference: OpenVINO's name of the capability, and of the precision.
_FAST = (("BF16", "bf16"), ("FP16", "f16"))
_TOO_LITTLE_MEMORY = ("alloc", "out_of_resources", "out of memory")
_TITLES = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


class OpenVinoBackend:
    """One compiled model with a request for each batch that is computed at once; the requests share the weights.

    On processors each request is single-threaded, as with ONNX Runtime and for the same reason. The graph is compiled anew at
    each start: that takes half a second, and to load a compiled one from OpenVINO's cache half of that and 150 MB of disk.

    Args:
        folder: an imported model.
        max_tokens: the model's limit.
        precision: ``exact`` computes in float32; ``fast`` in bfloat16, or float16 where there is only that.
        device: ``cpu`` or a name that OpenVINO has for a device (``GPU``, ``GPU.1``); None is the processor.
        lanes: how many runs the machine computes at once.

    Raises:
        MissingExtra: OpenVINO is not installed.
        OptionError: there is no such device here, or it has no fast arithmetic.
    """

    name = "openvino"

    def __init__(
        self,
        folder: Path,
        max_tokens: int,
        *,
        precision: Precision = "exact",
        device: str | None = None,
        lanes: int = 1,
    ) -> None:
        core = _core()
        device = _find_device(core, device)
        on_processor = device == "CPU"
        hint = "f32" if precision == "exact" else _fast_arithmetic(core, device)
        settings = {"INFERENCE_PRECISION_HINT": hint, "NUM_STREAMS": str(lanes)}
        if on_processor:
            settings["INFERENCE_NUM_THREADS"] = str(lanes)
        self.description = f"openvino ({device.lower()}, {_TITLES[hint]})"
        self.token_budget = TOKEN_BUDGET if on_processor else _DEVICE_TOKEN_BUDGET
        with ThreadPoolExecutor(1) as pool:
            tokenizer = pool.submit(TextTokenizer, folder, max_tokens)
            self._compiled = core.compile_model(str(folder / GRAPH_FILE), device, settings)
            self._tokenizer = tokenizer.result()
        self._requests: SimpleQueue[Any] = SimpleQueue()
        for _ in range(lanes):
            self._requests.put(self._compiled.create_infer_request())

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:
        """See ``Backend.tokenize``."""
        if windows:
            return tokenize_in_windows(self._tokenizer, texts, prompt)
        found = self._tokenizer.tokenize(texts, prompt)
        return Tokens(found.ids, found.truncated)

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """See ``Backend.run``."""
        padded, lengths = pad(ids, self._tokenizer.fill)
        request = self._requests.get()
        try:
            request.infer({"ids": padded, "lengths": lengths}, share_inputs=True)
            # A copy: the request's memory is the next run's.
            result: Vectors = request.get_output_tensor(0).data.copy()
        except RuntimeError as error:
            if not any(words in str(error).lower() for words in _TOO_LITTLE_MEMORY):
                raise
        else:
            return result
        finally:
            self._requests.put(request)
        # Only here is the error gone, and with it what it held on to.
        raise OutOfMemory(f"{len(ids):,} texts of up to {padded.shape[1]:,} tokens do not fit in memory at once.")


def _core() -> Any:
    try:
        import openvino
    except ImportError as error:
        raise MissingExtra(
            f"The backend 'openvino' needs a package that is not here ({error}); run: pip install 'interlingua[openvino]'"
        ) from None
    return openvino.Core()


def _find_device(core: Any, name: str | None) -> str:
    """OpenVINO's name of a device; ``GPU`` is the first of several."""
    wanted = "CPU" if name is None else name.upper()
    there: list[str] = core.available_devices
    if wanted not in {*there, *(device.partition(".")[0] for device in there)}:
        raise OptionError(f"OpenVINO finds no device {name!r} here; it finds: {', '.join(there)}.")
    return wanted


def _fast_arithmetic(core: Any, device: str) -> str:
    capabilities = core.get_property(device, "OPTIMIZATION_CAPABILITIES")
    for capability, hint in _FAST:
        if capability in capabilities:
            return hint
    raise OptionError(
        f"precision='fast' with the backend 'openvino' needs bfloat16 or float16 arithmetic, which {device} does not have; "
        "take precision='exact', or the backend 'onnx'."
    )
