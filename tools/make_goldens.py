"""Make the golden batches that backends are checked with: ``src/interlingua/models/goldens/NAME.npz``.

    python tools/make_goldens.py

A few short texts in several scripts, as token ids, with their vectors as the model's float32 graph on ONNX Runtime gives them (the
last candidate for exact vectors).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from interlingua.encoding.backends.arithmetic import candidates
from interlingua.encoding.backends.onnx import OnnxBackend
from interlingua.models.catalogue import bundled
from interlingua.models.store import ensure

TARGET = Path(__file__).resolve().parent.parent / "src" / "interlingua" / "models" / "goldens"
TEXTS = ("The cat is on the mat.", "Wo ist meine Bestellung?", "密码重置", "Сервер не работает!", "مرحبا", "1,5 €")


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for card in bundled():
        backend = OnnxBackend(ensure(card), card.max_tokens, arithmetic=candidates(card.name, "exact")[-1])
        ids = backend.tokenize(TEXTS, card.prompts.of("symmetric")).ids
        np.savez_compressed(
            TARGET / f"{card.name}.npz",
            ids=np.concatenate([np.asarray(row, dtype=np.int32) for row in ids]),
            ends=np.cumsum([len(row) for row in ids]),
            vectors=backend.run(ids),
        )
        print(card.name, sum(map(len, ids)), "tokens", backend.run(ids).shape)


if __name__ == "__main__":
    main()
