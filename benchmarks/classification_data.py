"""The labelled sets of ``classification.py``, embedded once and kept in a folder."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from interlingua import Encoder
from interlingua.scoring.similarity import languages_of

TWELVE = {
    "en": "eng_Latn", "fr": "fra_Latn", "de": "deu_Latn", "ja": "jpn_Jpan", "zh": "zho_Hans", "ar": "arb_Arab",
    "sw": "swh_Latn", "hi": "hin_Deva", "ko": "kor_Hang", "tr": "tur_Latn", "yo": "yor_Latn", "th": "tha_Thai",
}  # fmt: skip

# One of the two collections that xSID's training requests come from has a name of its own for it; the tests have the other.
SAME = {"GetWeather": "weather/find"}


@dataclass(frozen=True, eq=False)
class Labelled:
    """Rows with labels.

    Attributes:
        vectors: (n, d).
        langs: as identified from the texts, n.
        labels: n.
    """

    vectors: np.ndarray
    langs: list[str | None]
    labels: list[str]

    def some(self, rows: Sequence[int] | np.ndarray) -> Labelled:
        return Labelled(self.vectors[rows], [self.langs[row] for row in rows], [self.labels[row] for row in rows])

    def few(self, number: int, seed: int) -> Labelled:
        """So many examples of each class."""
        generator = np.random.default_rng(seed)
        labels = np.array(self.labels)
        picked = [generator.permutation(np.flatnonzero(labels == one))[:number] for one in np.unique(labels)]
        return self.some(np.concatenate(picked))


def joined(parts: Sequence[Labelled]) -> Labelled:
    return Labelled(
        np.concatenate([part.vectors for part in parts]),
        [lang for part in parts for lang in part.langs],
        [label for part in parts for label in part.labels],
    )


class Sets:
    """The sets under one model.

    Args:
        data: the development data.
        work: where vectors are kept.
        encoder: what embeds.
    """

    def __init__(self, data: Path, work: Path, encoder: Encoder) -> None:
        self._data, self._encoder = data, encoder
        self._folder = work / encoder.fingerprint
        self._folder.mkdir(parents=True, exist_ok=True)

    def sib(self, code: str, split: str) -> Labelled:
        rows = [row for row in _tsv(self._data / "sib200" / f"{code}.tsv") if row["split"] == split]
        return self._embedded([row["text"] for row in rows], [row["category"] for row in rows])

    def sib_codes(self) -> list[str]:
        return sorted(path.stem for path in (self._data / "sib200").glob("*_*.tsv"))

    def xsid_train(self) -> Labelled:
        rows = _tsv(self._data / "xsid" / "en.train.dedup.tsv")
        return self._embedded([row["text"] for row in rows], [SAME.get(row["intent"], row["intent"]) for row in rows])

    def xsid(self, lang: str) -> Labelled:
        rows = [
            row for row in _tsv(self._data / "xsid" / f"{lang}.tsv") if row["split"] == "test" and row["text"].strip()
        ]
        return self._embedded([row["text"] for row in rows], [row["intent"] for row in rows])

    def banking(self, split: str) -> Labelled:
        rows = _tsv(self._data / "banking77_en" / f"{split}.tsv")
        return self._embedded([row["text"] for row in rows], [row["intent"] for row in rows])

    def _embedded(self, texts: list[str], labels: list[str]) -> Labelled:
        digest = hashlib.blake2b(json.dumps(texts).encode(), digest_size=10).hexdigest()
        path = self._folder / f"{digest}.npz"
        if not path.exists():
            vectors = self._encoder.encode(texts, show_progress_bar=True)
            langs = [lang or "" for lang in languages_of(texts, None)]
            np.savez(path, vectors=vectors, langs=np.array(langs))
        with np.load(path) as kept:
            return Labelled(kept["vectors"], [str(lang) or None for lang in kept["langs"]], labels)


def _tsv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
