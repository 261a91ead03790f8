"""Small sentence-transformers folders with random weights, written file by file: no torch is needed to make them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
    "the",
    "cat",
    "##ing",
]
WIDTH, LAYERS, WIDE, POSITIONS, DENSE, COLUMNS, LIMIT = 32, 2, 64, 64, 24, 20, 48
BERT_FILES = (
    "modules.json",
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
)


def write_bert(
    folder: Path, *, settings: dict[str, Any] | None = None, pooling: str = "mean", limit: int = LIMIT, seed: int = 3
) -> Path:
    """A BERT of two layers with pooling, a dense layer and normalisation.

    Args:
        folder: a new folder.
        settings: its ``config_sentence_transformers.json``; None leaves it away.
        pooling: how it pools.
        limit: its ``max_seq_length``.
        seed: of its weights.
    """
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Dense": "Dense", "3_Normalize": "Normalize"}
    for path in kinds:
        # Normalize has no files, and a folder without files is not in what git or the hub keep.
        if path != "3_Normalize":
            (folder / path).mkdir(parents=True, exist_ok=True)
    _write_modules(folder, kinds)
    sizes = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": WIDE}
    sizes |= {"vocab_size": len(PIECES), "max_position_embeddings": POSITIONS, "type_vocab_size": 2}
    _write(folder / "config.json", {"architectures": ["BertModel"], "model_type": "bert", "pad_token_id": 0, **sizes})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": limit, "do_lower_case": False})
    _write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": WIDTH, f"pooling_mode_{pooling}_tokens": True},
    )
    dense = {"in_features": WIDTH, "out_features": DENSE, "bias": True}
    _write(folder / "2_Dense" / "config.json", {**dense, "activation_function": "torch.nn.modules.activation.Tanh"})
    if settings is not None:
        _write(folder / "config_sentence_transformers.json", settings)
    rng = np.random.default_rng(seed)
    save_file(_bert_tensors(rng), folder / "model.safetensors", metadata={"format": "pt"})
    dense_tensors = {"linear.weight": _normal(rng, DENSE, WIDTH), "linear.bias": _normal(rng, DENSE)}
    save_file(dense_tensors, folder / "2_Dense" / "model.safetensors", metadata={"format": "pt"})
    tokenizer = _tokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "mask_token": "[MASK]",
    }
    _write(
        folder / "tokenizer_config.json",
        {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512, **special},
    )
    return folder


def write_static(folder: Path, *, truncation: int | None = None, name: str = "embedding.weight") -> Path:
    """A table of embeddings, as model2vec makes them. What it has no piece for it leaves out.

    Args:
        folder: a new folder.
        truncation: the limit that its tokenizer has, if any.
        name: the table's name in the weights file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write_modules(folder, {"": "StaticEmbedding"})
    tokenizer = Tokenizer(models.WordLevel({"the": 0, "cat": 1, "sleeps": 2, "here": 3, "[UNK]": 4}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        # Digits are taken away, so a text of digits has no pieces at all.
        [pre_tokenizers.Whitespace(), pre_tokenizers.Split(Regex("[0-9]+"), "removed")]
    )
    if truncation is not None:
        tokenizer.enable_truncation(truncation)
    tokenizer.save(str(folder / "tokenizer.json"))
    table = _normal(np.random.default_rng(4), 5, COLUMNS)
    save_file({name: table}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _tokenizer() -> Any:
    tokenizer = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", PIECES.index("[CLS]")), ("[SEP]", PIECES.index("[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


def _write_modules(folder: Path, kinds: dict[str, str]) -> None:
    entries = [
        {"idx": number, "name": str(number), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for number, (path, kind) in enumerate(kinds.items())
    ]
    _write(folder / "modules.json", entries)


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _normal(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return rng.normal(0.0, 0.2, shape).astype(np.float32)


def _bert_tensors(rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    tensors = {
        "embeddings.word_embeddings.weight": _normal(rng, len(PIECES), WIDTH),
        "embeddings.position_embeddings.weight": _normal(rng, POSITIONS, WIDTH),
        "embeddings.token_type_embeddings.weight": _normal(rng, 2, WIDTH),
        **_norm("embeddings.LayerNorm"),
        "pooler.dense.weight": _normal(rng, WIDTH, WIDTH),
        "pooler.dense.bias": _normal(rng, WIDTH),
    }
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        linear = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        linear |= {
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (WIDE, WIDTH),
            "output.dense": (WIDTH, WIDE),
        }
        for part, shape in linear.items():
            tensors[f"{at}.{part}.weight"] = _normal(rng, *shape)
            tensors[f"{at}.{part}.bias"] = _normal(rng, shape[0])
        tensors |= _norm(f"{at}.attention.output.LayerNorm") | _norm(f"{at}.output.LayerNorm")
    return tensors


def _norm(name: str) -> dict[str, NDArray[np.float32]]:
    return {f"{name}.weight": np.ones(WIDTH, dtype=np.float32), f"{name}.bias": np.zeros(WIDTH, dtype=np.float32)}
