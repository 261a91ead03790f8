"""A sentence-transformers folder: what its small files say about the model, read without torch."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from interlingua.errors import CorruptModel, OptionError
from interlingua.models.card import ModelCard
from interlingua.models.families import prompts_of
from interlingua.models.sources import sha256

MODULES_FILE = "modules.json"
SETTINGS_FILE = "config_sentence_transformers.json"
UNLIMITED = 2**31 - 1
"""The ``max_tokens`` of a model that reads texts of any length."""

_FIRST = ("Transformer", "StaticEmbedding")
_WITH_WEIGHTS = (*_FIRST, "Dense", "LayerNorm", "WeightedLayerPooling", "LSTM", "CNN")
_WITH_SETTINGS = ("Pooling", "Dense")
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "spiece.model",
    "sentencepiece.bpe.model",
    "tokenizer.model",
)
# How the width of a transformer is called in the configurations of different architectures.
_WIDTHS = ("hidden_size", "d_model", "dim", "n_embd")
_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


@dataclass(frozen=True, slots=True)
class Module:
    """A step of the model.

    Attributes:
        kind: the class that computes it, without its package.
        path: its folder, from the model's; empty for the model's own.
    """

    kind: str
    path: str


class ModelFolder:
    """The small files of a model's folder.

    Args:
        path: the folder.
        name: what the model is called in messages.
        family: the name by which a well-known model is recognised; None takes the name without its owner.

    Raises:
        CorruptModel: a file is missing or damaged.
        OptionError: the model is of a kind that cannot be run here.
    """

    def __init__(self, path: Path, name: str, *, family: str | None = None) -> None:
        self.path = path
        self._name = name
        self._family = family or PurePosixPath(name).name
        self.settings = self._read(SETTINGS_FILE, optional=True)
        self.modules = self._modules()
        self._refuse_other_kinds()

    def missing(self, *, weights: bool) -> str | None:
        """The first file that the model needs and that is not there, from the folder; None if all are.

        Args:
            weights: whether the weights are needed too.
        """
        for module in self.modules:
            if module.kind in (*_WITH_SETTINGS, "Transformer") and not self._has(module, "config.json"):
                return self._within(module, "config.json")
            if module.kind in _FIRST and not any(self._has(module, name) for name in self._tokenizers(module)):
                return self._within(module, _TOKENIZERS[0])
            if weights and module.kind in _WITH_WEIGHTS:
                absent = next((name for name in self._weights(module) if not self._has(module, name)), None)
                if absent:
                    return self._within(module, absent)
        return None

    @property
    def needs_weights(self) -> bool:
        """Whether only the weights tell the dimension."""
        return self.modules[0].kind == "StaticEmbedding"

    def wanted(self, there: Sequence[str]) -> list[str]:
        """Which weights files are to be fetched, of those that there are: safetensors, or where there are none, pickles.

        Args:
            there: the names of all files of the model, from its folder.
        """
        wanted = []
        for module in self.modules:
            if module.kind not in _WITH_WEIGHTS:
                continue
            names = [name for name in there if PurePosixPath(name).parent == PurePosixPath(module.path)]
            for pattern in ("model*.safetensors*", "pytorch_model*.bin*"):
                found = [name for name in names if PurePosixPath(name).match(pattern)]
                wanted += found
                if found:
                    break
        return wanted

    def card(self, location: str, revision: str | None = None) -> ModelCard:
        """The model's card.

        Args:
            location: where the card says that the model lies.
            revision: which release this is; None takes the hash of all files that decide about vectors.

        Raises:
            CorruptModel: a file is missing or damaged.
            OptionError: the dimension of its vectors cannot be told.
        """
        absent = self.missing(weights=revision is None)
        if absent:
            raise self.incomplete(absent)
        return ModelCard(
            name=self._name,
            title=self._name,
            revision=self._hash() if revision is None else revision,
            dimension=self._dimension(),
            max_tokens=self._max_tokens(),
            pooling=self._pooling(),
            prompts=prompts_of(self._family, self.settings),
            languages=(),
            licence="",
            paper="",
            sources=(),
            build=0,
            location=location,
        )

    def incomplete(self, absent: str) -> CorruptModel:
        """The error for a missing file."""
        return CorruptModel(
            f"{self.path} is not a complete sentence-transformers model: {absent} is missing; save or download the model again."
        )

    def _modules(self) -> tuple[Module, ...]:
        listed = self._json(MODULES_FILE)
        try:
            return tuple(self._module(str(entry["type"]), str(entry["path"])) for entry in listed)
        except (TypeError, KeyError):
            raise CorruptModel(f"{self.path / MODULES_FILE} does not list a model's modules.") from None

    def _module(self, kind: str, path: str) -> Module:
        if not kind.startswith("sentence_transformers."):
            raise OptionError(
                f"{self._name!r} brings code of its own ({kind}), which is not run here; take a model without such code."
            )
        inside = PureWindowsPath(path)
        if inside.anchor or ".." in inside.parts:
            raise CorruptModel(f"{self.path / MODULES_FILE} names a path outside of the model's folder: {path!r}.")
        return Module(kind.rpartition(".")[2], path)

    def _refuse_other_kinds(self) -> None:
        made_for = self.settings.get("model_type", "SentenceTransformer")
        if made_for != "SentenceTransformer":
            raise OptionError(f"{self._name!r} is a {made_for}, which does not give one dense vector for a text.")
        first = self.modules[0].kind if self.modules else "nothing"
        if first not in _FIRST:
            raise OptionError(
                f"{self._name!r} begins with {first}; what can be run here begins with {' or '.join(_FIRST)}."
            )
        pooling = self._of("Pooling")
        if pooling is not None and not self._settings_of(pooling).get("include_prompt", True):
            raise OptionError(f"{self._name!r} leaves its prompts out of the pooling, which is not done here.")

    def _hash(self) -> str:
        """Forty hexadecimal digits that change with every file that decides about vectors, prompts apart."""
        total = hashlib.sha256()
        for name in sorted(set(self._deciding())):
            total.update(f"{name} {sha256(self.path / name)}\n".encode())
        return total.hexdigest()[:40]

    def _deciding(self) -> Iterator[str]:
        yield MODULES_FILE
        for module in self.modules:
            if module.kind in _WITH_WEIGHTS:
                yield from (self._within(module, name) for name in self._weights(module))
            # A module without files, as Normalize is, has no folder in what git or the hub have kept.
            for path in self._folder(module).glob("*"):
                if path.suffix in (".json", ".txt", ".model") and path.name not in (MODULES_FILE, SETTINGS_FILE):
                    yield self._within(module, path.name)

    def _weights(self, module: Module) -> list[str]:
        """The names of a module's weights files: those that are there, or else the name of what should be."""
        for name in _WEIGHTS:
            if self._has(module, name):
                return [name]
            if self._has(module, f"{name}.index.json"):
                index = self._read(self._within(module, f"{name}.index.json"))
                return sorted(set(index.get("weight_map", {}).values())) or [name]
        return [_WEIGHTS[0]]

    def _tokenizers(self, module: Module) -> Sequence[str]:
        return _TOKENIZERS if module.kind == "Transformer" else _TOKENIZERS[:1]

    def _pooling(self) -> str:
        pooling = self._of("Pooling")
        if pooling is None:
            return "mean" if self._of("StaticEmbedding") else "the model's own"
        return " and ".join(_poolings(self._settings_of(pooling)))

    def _max_tokens(self) -> int:
        first = self.modules[0]
        if first.kind == "StaticEmbedding":
            truncation = self._read(self._within(first, _TOKENIZERS[0])).get("truncation") or {}
            return _whole(truncation.get("max_length")) or UNLIMITED
        for path in sorted(self._folder(first).glob("sentence_*_config.json")):
            settings = self._read(self._within(first, path.name))
            tokenizer = settings.get("processor_kwargs") or settings.get("tokenizer_args") or {}
            given = _whole(tokenizer.get("model_max_length")) or _whole(settings.get("max_seq_length"))
            if given:
                return given
        tokenizer = self._read(self._within(first, "tokenizer_config.json"), optional=True)
        limits = [tokenizer.get("model_max_length", tokenizer.get("max_len"))]
        limits.append(self._settings_of(first).get("max_position_embeddings"))
        return min([limit for limit in map(_whole, limits) if limit], default=UNLIMITED)

    def _dimension(self) -> int:
        size = None
        for module in self.modules:
            settings = self._settings_of(module) if module.kind in (*_WITH_SETTINGS, "Transformer") else {}
            if module.kind == "Transformer":
                size = next((_whole(settings[key]) for key in _WIDTHS if key in settings), None)
            elif module.kind == "StaticEmbedding":
                size = self._columns(module)
            elif module.kind == "Pooling":
                width = settings.get("embedding_dimension", settings.get("word_embedding_dimension"))
                size = (_whole(width) or 0) * len(_poolings(settings))
            elif module.kind == "Dense":
                size = _whole(settings.get("out_features"))
        if not size:
            raise OptionError(f"None of the files of {self._name!r} tells the dimension of its vectors.")
        return min(size, _whole(self.settings.get("truncate_dim")) or size)

    def _columns(self, module: Module) -> int | None:
        """The columns of the embedding table, from the head of the weights file."""
        path = self._folder(module) / _WEIGHTS[0]
        try:
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                head = json.loads(file.read(min(length, 1 << 27)))
            table = head["embedding.weight"] if "embedding.weight" in head else head["embeddings"]
            return _whole(table["shape"][1])
        except FileNotFoundError:
            raise self.incomplete(self._within(module, _WEIGHTS[0])) from None
        except (OSError, ValueError, struct.error, KeyError, IndexError, TypeError) as error:
            raise CorruptModel(f"{path} is damaged, or holds no table of embeddings ({error}).") from error

    def _of(self, kind: str) -> Module | None:
        return next((module for module in self.modules if module.kind == kind), None)

    def _settings_of(self, module: Module) -> Mapping[str, Any]:
        return self._read(self._within(module, "config.json"))

    def _folder(self, module: Module) -> Path:
        return self.path / module.path

    def _has(self, module: Module, name: str) -> bool:
        return (self._folder(module) / name).is_file()

    def _within(self, module: Module, name: str) -> str:
        return (PurePosixPath(module.path) / name).as_posix()

    def _read(self, name: str, *, optional: bool = False) -> dict[str, Any]:
        if optional and not (self.path / name).is_file():
            return {}
        content = self._json(name)
        if not isinstance(content, dict):
            raise CorruptModel(f"{self.path / name} should hold a JSON object.")
        return content

    def _json(self, name: str) -> Any:
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise self.incomplete(name) from None
        except (OSError, ValueError) as error:
            raise CorruptModel(f"{self.path / name} cannot be read ({error}).") from error


def _poolings(settings: Mapping[str, Any]) -> list[str]:
    """The names of the ways of pooling whose results are put side by side."""
    given = settings.get("pooling_mode")
    if given is not None:
        return [given] if isinstance(given, str) else list(given)
    return [name for key, name in _POOLINGS.items() if settings.get(key)] or ["mean"]


def _whole(value: object) -> int | None:
    """A number of tokens or columns; None for what is none, or stands for no limit."""
    return int(value) if isinstance(value, int | float) and 0 < value < UNLIMITED else None
