"""What computes: each backend turns texts into token ids, and token ids into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from interlingua.encoding.tokens import Ids, Tokens
from interlingua.types import Vectors


class Backend(Protocol):
    """The seam below the encoder. ``run`` may be called from several threads at once.

    Attributes:
        name: what it is called in messages and in ``backend=``.
        token_budget: the padded tokens at which a batch is best.
        description: its name, where it computes and in which numbers: ``onnx (cpu, float32)``.
    """

    name: str
    token_budget: int

    @property
    def description(self) -> str: ...  # noqa: D102

    def tokenize(self, texts: Sequence[str], prompt: str, *, windows: bool = False) -> Tokens:
        """The ids of ``prompt + text`` for each text, special tokens included, cut at the model's limit.

        With ``windows`` a longer text is not cut but gives several items, each of the limit's length at most.
        """

    def run(self, ids: Sequence[Ids]) -> Vectors:
        """Vectors of shape (batch, d), not yet normalised.

        Raises:
            OutOfMemory: the batch is too large for the memory; a smaller one may do.
        """
