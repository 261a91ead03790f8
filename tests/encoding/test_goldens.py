"""The vectors of both models, as they were when the models were taken in.

The files in ``goldens`` hold, for each model, the first numbers of the vectors of twelve sentences of the demo corpus in nine
scripts, and the cosines of the whole vectors with each other. They only change when a model's weights, its conversion or its
tokenisation change, which is a new build in the model's card. Then write them anew:

    python tests/encoding/test_goldens.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interlingua import Encoder, load_corpus
from interlingua.encoding.backends import arithmetic

FOLDER = Path(__file__).parent / "goldens"
SENTENCES = (
    "password-reset.en",
    "login-fails.fr",
    "order-late.tr",
    "refund.vi",
    "charged-twice.ru",
    "app-crash.el",
    "battery-life.ar",
    "hotel-cancel.hi",
    "luggage-lost.th",
    "cat-mat.ko",
    "rain-tomorrow.ja",
    "cat-mat.zh",
)
FIRST = 8
# Of float32 arithmetic on different machines, and of the class "exact", whose vectors may be 0.014 apart (as long as they are 1).
FLOAT32, EXACT = 1e-4, 3e-3


def measure(encoder: Encoder) -> dict[str, Any]:
    texts = {text.id: text.text for text in load_corpus()}
    measured: dict[str, Any] = {"model": encoder.name, "sentences": list(SENTENCES)}
    for prompt, encode in (("symmetric", encoder.encode), ("document", encoder.encode_document)):
        vectors = encode([texts[id] for id in SENTENCES])
        measured[prompt] = {
            "first": np.round(vectors[:, :FIRST], 6).astype(np.float64).round(6).tolist(),
            "cosines": (vectors @ vectors.T).astype(np.float64).round(6).tolist(),
        }
    return measured


def test_vectors_are_the_golden_ones(encoder: Encoder) -> None:
    compare(encoder, EXACT)


@pytest.mark.parametrize("name", ["e5-small", "use-multilingual-v3"])
def test_float32_vectors_are_the_golden_ones(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "has_dot_products", lambda: False)
    compare(Encoder(name), FLOAT32)


def compare(encoder: Encoder, tolerance: float) -> None:
    golden = json.loads((FOLDER / f"{encoder.name}.json").read_text(encoding="utf-8"))
    measured = measure(encoder)
    assert golden["sentences"] == list(SENTENCES)
    for prompt in ("symmetric", "document"):
        for part in ("first", "cosines"):
            np.testing.assert_allclose(
                measured[prompt][part], golden[prompt][part], atol=tolerance, rtol=0, err_msg=f"{prompt} {part}"
            )


@pytest.mark.parametrize(("name", "least", "most"), [("e5-small", 0.84, 0.95), ("use-multilingual-v3", 0.75, 0.95)])
def test_the_golden_cosines_make_sense(name: str, least: float, most: float) -> None:
    golden = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    cosines = np.asarray(golden["symmetric"]["cosines"])
    np.testing.assert_allclose(np.diag(cosines), 1.0, atol=1e-5)
    korean, chinese = SENTENCES.index("cat-mat.ko"), SENTENCES.index("cat-mat.zh")
    assert least < cosines[korean, chinese] < most
    # The two cats are nearest to each other.
    np.fill_diagonal(cosines, -1.0)
    assert (cosines[korean].argmax(), cosines[chinese].argmax()) == (chinese, korean)


def write() -> None:
    for name in ("e5-small", "use-multilingual-v3"):
        rows = json.dumps(measure(Encoder(name)), indent=1)
        (FOLDER / f"{name}.json").write_text(rows + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
