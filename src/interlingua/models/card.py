"""A model's facts, as typed and frozen data. The encoder obeys them, so that nobody has to remember a prefix."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # that module takes numpy in, and every command's options need the cards
    from interlingua.types import Prompt


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is put before a text, by what the text is in the task."""

    symmetric: str = ""
    query: str = ""
    document: str = ""

    def of(self, prompt: Prompt) -> str:
        """The prefix for one kind of text."""
        return {"symmetric": self.symmetric, "query": self.query, "document": self.document}[prompt]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A weights file inside an installed Python package.

    Attributes:
        package: the distribution's name.
        version: the distribution's version.
        path: the file, from the folder of installed packages (``module/file``).
        sha256: what the file must hash to; anything else is refused.
    """

    package: str
    version: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known about a model.

    Attributes:
        name: the name by which it is asked for.
        title: the name that its authors gave it.
        revision: which release of the weights this is.
        dimension: the length d of a vector.
        max_tokens: the longest text in tokens, special tokens and prompt included.
        pooling: how token vectors become one.
        prompts: the prefixes.
        languages: the codes of the languages it was trained on.
        licence: of the weights.
        paper: where it is described.
        precision: the arithmetic class of the vectors.
        sources: the files that the weights are taken from.
        build: the version of our conversion; another build is imported anew.
        pins: SHA-256 of the files that the conversion must yield, where they do not depend on a library's version.
        fast_loss: what ``precision="fast"`` loses, as measured; empty where that was not measured.
        location: where a model lies that is not bundled: its folder, or its id on the Hugging Face hub; empty for bundled ones.
    """

    name: str
    title: str
    revision: str
    dimension: int
    max_tokens: int
    pooling: str
    prompts: Prompts
    languages: tuple[str, ...]
    licence: str
    paper: str
    sources: tuple[SourceFile, ...]
    build: int
    precision: str = "exact"
    pins: Mapping[str, str] = field(default_factory=dict)
    fast_loss: str = ""
    location: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits; equal on every machine for vectors that may be compared.

        It covers the weights and the tokenizer (through their source files, or the revision where the model is not bundled),
        the conversion, the prompts, the pooling, the token limit and the precision class.
        """
        return self._digest(self.precision)

    @property
    def conversion(self) -> str:
        """Sixteen hexadecimal digits for the imported files, which serve all precision classes."""
        return self._digest("exact")

    def _digest(self, precision: str) -> str:
        facts: dict[str, Any] = {
            "sources": [source.sha256 for source in self.sources],
            "build": self.build,
            "prompts": asdict(self.prompts),
            "pooling": self.pooling,
            "max_tokens": self.max_tokens,
            "precision": precision,
        }
        if self.location:
            # Not the location itself: a model that was moved is the same model.
            facts |= {"revision": self.revision, "dimension": self.dimension}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]

    def as_dict(self) -> dict[str, Any]:
        """The card as plain JSON values, with its fingerprint."""
        facts = asdict(self)
        facts["languages"] = list(self.languages)
        facts["fingerprint"] = self.fingerprint
        return facts
