"""Fit what texts and translations vary by under the bundled models (``src/interlingua/scoring/variations``).

    python tools/fit_variations.py DATA [--model NAME]

DATA is a folder with ``tico19``, ``python_docs`` and ``tatoeba``. All vectors are centred by the shipped language means first.
What translation keeps is the mean cosine of sentences and their English originals, for each language; what it changes is the
covariance of the rest of a vector, the mean over languages, each language and each collection counting the same. What texts say is
the covariance of the English sentences, each collection counting the same. Sentences count whole and cut to their first few words,
as for the means.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from fit_language_means import SEED, Set, python_docs, shortened, tico

from interlingua import Encoder, LanguageMeans
from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical
from interlingua.models.catalogue import bundled

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "scoring" / "variations"
SENTENCES = 100
LEAST = 50


def tatoeba(data: Path) -> Iterator[Set]:
    for path in sorted((data / "tatoeba").glob("*-eng.tsv")):
        try:
            lang = canonical(path.stem.removesuffix("-eng"))
        except UnknownLanguage:
            continue
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        if len(rows) < LEAST:
            continue
        chosen = random.Random(SEED).sample(rows, min(SENTENCES, len(rows)))
        yield Set("tatoeba", lang, [row[1] for row in chosen], [row[0] for row in chosen])


def fit(encoder: Encoder, sets: list[Set]) -> dict[str, np.ndarray]:
    """The tables of a model's file."""
    means = LanguageMeans.shipped(encoder)
    known: dict[tuple[str, str], np.ndarray] = {}

    def centred(texts: list[str], lang: str) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if (text, lang) not in known]
        if new:
            vectors = means.centre(encoder.encode(new), lang)
            known.update(zip([(text, lang) for text in new], vectors, strict=True))
        return np.asarray([known[text, lang] for text in texts], dtype=np.float64)

    english: dict[str, set[str]] = {}
    found: dict[str, dict[str, tuple[float, np.ndarray]]] = {}
    for content in sets:
        english.setdefault(content.source, set()).update(content.english)
        pairs = [(content.english, content.other)]
        if content.source != "tatoeba":  # whose sentences are short already
            pairs.append((shortened(content.english), shortened(content.other)))
        parts = [kept_and_changed(centred(a, "en"), centred(b, content.lang)) for a, b in pairs]
        found.setdefault(content.source, {})[content.lang] = (
            float(np.mean([kept for kept, _ in parts])),
            np.mean([changed for _, changed in parts], axis=0),
        )
        print(content.source, content.lang, f"{found[content.source][content.lang][0]:.3f}", flush=True)
    changes = np.mean([np.mean([one for _, one in rows.values()], axis=0) for rows in found.values()], axis=0)
    said = np.mean([np.cov(centred(sorted(texts), "en").T, bias=True) for texts in english.values()], axis=0)
    kept = levels(found)
    lower = np.tril_indices(encoder.dimension)
    return {
        "languages": np.asarray(list(kept)),
        "kept": np.asarray(list(kept.values()), dtype=np.float32),
        "changes": packed(changes[lower]),
        "content": packed(said[lower]),
        "scales": np.asarray([np.abs(changes).max(), np.abs(said).max()]),
    }


def kept_and_changed(english: np.ndarray, other: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean cosine of translations, and the covariance of what the English vector does not explain, with a trace of 1."""
    kept = float(np.mean(np.sum(english * other, axis=1)))
    rest = other - kept * english
    covariance = rest.T @ rest
    return kept, covariance / np.trace(covariance)


def levels(found: dict[str, dict[str, tuple[float, np.ndarray]]]) -> dict[str, float]:
    """For each language what its translations keep: what a collection's languages keep on average, and how it differs from them."""
    usual = {source: np.mean([kept for kept, _ in rows.values()]) for source, rows in found.items()}
    overall = np.mean(list(usual.values()))
    languages = sorted({lang for rows in found.values() for lang in rows})
    return {
        lang: float(
            overall + np.mean([rows[lang][0] - usual[source] for source, rows in found.items() if lang in rows])
        )
        for lang in languages
    }


def packed(values: np.ndarray) -> np.ndarray:
    """As float16, in terms of the largest: the entries are too small for float16's exponent."""
    return (values / np.abs(values).max()).astype(np.float16)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", choices=[card.name for card in bundled()], action="append")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    for card in bundled():
        if arguments.model and card.name not in arguments.model:
            continue
        wanted = set(card.languages)
        sets = [*tico(arguments.data), *python_docs(arguments.data), *tatoeba(arguments.data)]
        sets = [
            Set(one.source, one.lang, one.english[:SENTENCES], one.other[:SENTENCES])
            for one in sets
            if one.lang in wanted
        ]
        np.savez_compressed(OUT / f"{card.name}.npz", **fit(Encoder(card.name), sets))


if __name__ == "__main__":
    main()
