"""The sentences of mining_scale.py: two heaps of any size that lie as real ones do, with planted translations.

What is said is a real text's vector (of ``index_data.py``) moved by the difference of two others: the real ones are translations of
each other, moved ones have the same directions and as near neighbours as the sentences of one language have. Either
side of a translation, and every other sentence, is that plus noise of its own: a mixture of the differences of real translations'
vectors (TICO-19), as long as makes the cosines of planted pairs spread as those of real ones.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from index_data import SEED, Data

from interlingua import Encoder, LanguageMeans
from interlingua.languages import canonical
from interlingua.mining.filters import Filters, filtered

SIDES = ("source", "target")
LANGS = {"source": "en", "target": "fr"}
FILTERS = Filters(language=False)
"""All texts are English, whatever side they are on."""

_MODEL = "e5-small"
_PLANTED = 0.3
_NOISE_FROM = ("fr", "es-LA", "ru", "zh", "hi", "sw")
_NOISY = 400
_BLOCK = 50_000
_MOVED = 0.7
_MIXED = 8
_CHANCE = (2654435761, 2246822519)
_LETTERS = "abcdefghijklmnop"


class Planted:
    """Two heaps of ``size`` sentences, of which a share has a translation in the other.

    Args:
        data: the development data.
        work: where vectors are kept.
        size: how many sentences a side has.
    """

    def __init__(self, data: Path, work: Path, size: int) -> None:
        self._work, self._data_folder = work, data
        self.size = size
        self.planted = int(size * _PLANTED)
        chance = np.random.default_rng([SEED, size])
        others = np.r_[0 : self.planted, size : 2 * size - self.planted]
        # Which content each row has: the first ones are on both sides.
        self.contents = {"source": chance.permutation(size), "target": chance.permutation(others)}

    @cache  # noqa: B019  # there is one of it
    def data(self) -> Data:
        """What the vectors and texts are made of."""
        return Data(self._data_folder, self._work)

    def partners(self) -> np.ndarray:
        """(planted, 2): the rows of the planted pairs."""
        rows = [np.argsort(self.contents[side], kind="stable")[: self.planted] for side in SIDES]
        return np.column_stack(rows)

    def vectors(self, side: str) -> np.ndarray:
        """(size, 384) float16, mapped: as a model would give them, with their language's mean in them."""
        path = self._work / f"planted-{self.size}-{side}.npy"
        if not path.is_file():
            said = self._said()
            mean = LanguageMeans.shipped(_MODEL).mean(LANGS[side])
            out = np.lib.format.open_memmap(path.with_suffix(".partial"), "w+", np.float16, (self.size, len(mean)))
            for start in range(0, self.size, _BLOCK):
                contents = self.contents[side][start : start + _BLOCK]
                block = self._with_noise(_moved(said, contents), contents, side)
                out[start : start + len(block)] = _with_mean(block, mean)
            out.flush()
            path.with_suffix(".partial").rename(path)
        return np.load(path, mmap_mode="r")

    def _said(self) -> np.ndarray:
        """The real texts' vectors, less their languages' means."""
        data = self.data()
        return LanguageMeans.shipped(_MODEL, "document").centre(np.asarray(data.real, np.float32), data.langs)

    def _with_noise(self, block: np.ndarray, contents: np.ndarray, side: str) -> np.ndarray:
        differences, cosines = self.noise()
        chance = np.random.default_rng([SEED, SIDES.index(side), int(contents[0])])
        noise = np.zeros_like(block)
        for _ in range(_MIXED):
            picked = chance.integers(0, len(differences), len(block))
            noise += chance.normal(size=(len(block), 1)).astype(np.float32) * differences[picked]
        # Both sides of a pair are about as far from what is said as those of a real one.
        cosine = cosines[
            np.clip((contents * 7919) % len(cosines) + chance.integers(-10, 11, len(block)), 0, len(cosines) - 1)
        ]
        noise *= np.sqrt(1 - cosine)[:, None] / np.linalg.norm(noise, axis=1, keepdims=True)
        noisy = np.sqrt(cosine)[:, None] * block + noise
        return noisy / np.linalg.norm(noisy, axis=1, keepdims=True)

    def noise(self) -> tuple[np.ndarray, np.ndarray]:
        """The differences of the vectors of real translations, (n, 384), and their cosines, (n,), ascending."""
        path = self._work / "translation-noise.npz"
        if not path.is_file():
            encoder, means = Encoder(_MODEL), LanguageMeans.shipped(_MODEL)
            parts = []
            for lang in _NOISE_FROM:
                english, other = _translations(self._data_folder, lang)
                parts.append(
                    [
                        means.centre(encoder.encode(texts), code)
                        for texts, code in ((english, "en"), (other, canonical(lang)))
                    ]
                )
            save_noise(path, *(np.concatenate(side) for side in zip(*parts, strict=True)))
        with np.load(path) as archive:
            return archive["differences"].astype(np.float32), archive["cosines"].astype(np.float32)

    def texts(self, side: str) -> list[str]:
        """The sentences; the last word tells the encoder which it is. The targets' words are more or fewer, as in translations."""
        data = self.data()
        english = [
            text for text, lang in zip(data.texts, data.langs, strict=True) if lang == "en" and text.isprintable()
        ]
        english = [english[row] for row in filtered(english, ["en"] * len(english), FILTERS).rows]
        words = [text.split() for text in english]
        ratios = np.exp(np.random.default_rng([SEED, 2]).normal(0.03, 0.06, self.size))
        made = []
        for row, content in enumerate(self.contents[side].tolist()):
            some = words[content * 31 % len(words)]
            if side == "target":
                some = _longer(some, ratios[row])
            made.append(f"{' '.join(some)} {coded(side, row)}")
        return made


def save_noise(path: Path, one: np.ndarray, other: np.ndarray) -> None:
    """Keep the noise of translations."""
    cosines = (one * other).sum(axis=1)
    order = np.argsort(cosines, kind="stable")
    order = order[cosines[order] > 0]
    np.savez(path, differences=(one - other)[order].astype(np.float16), cosines=cosines[order])


def _moved(said: np.ndarray, contents: np.ndarray) -> np.ndarray:
    """What each content says, equal wherever it is said."""
    numbers = contents.astype(np.uint64)
    one, other = ((numbers * np.uint64(factor) >> np.uint64(16)) % np.uint64(len(said)) for factor in _CHANCE)
    block = said[contents % len(said)] + _MOVED * (said[one] - said[other])
    return block / np.linalg.norm(block, axis=1, keepdims=True)


def _translations(data: Path, lang: str) -> tuple[list[str], list[str]]:
    both = []
    for name in ("en", lang):
        lines = (data / "tico19" / "text" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()[1:]
        both.append(dict(line.split("\t", 1) for line in lines))
    shared = [key for key in both[0] if key in both[1]][:: max(1, len(both[0]) // _NOISY)]
    return [both[0][key] for key in shared], [both[1][key] for key in shared]


def _with_mean(vectors: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """The unit vectors that are these after centring: mean + t v, of length one."""
    along = vectors @ mean
    return mean + (np.sqrt(along**2 + 1 - mean @ mean) - along)[:, None] * vectors


def _longer(words: list[str], ratio: float) -> list[str]:
    wanted = max(2, round(len(words) * ratio))
    # Numbers stay, once.
    plain = [word for word in words if not any(map(str.isdigit, word))]
    if wanted > len(words):
        return words + plain[: wanted - len(words)]
    dropped = set(plain[1 :: max(2, len(words) // max(1, len(words) - wanted))][: len(words) - wanted])
    return [word for word in words if word not in dropped]


def coded(side: str, row: int) -> str:
    """A row as a word of letters: as a number it would count as one that the other side lacks."""
    return ("s" if side == "source" else "t") + "".join(_LETTERS[int(digit, 16)] for digit in f"{row:06x}")


class Stored:
    """An encoder that has embedded everything before: it reads a sentence's row at its end."""

    name = _MODEL

    def __init__(self, planted: Planted) -> None:
        self._tables = {side[0]: planted.vectors(side) for side in SIDES}
        self.dimension = self._tables["s"].shape[1]
        self.fingerprint = f"planted vectors of {planted.size}"

    def encode(self, texts: list[str], **_: object) -> np.ndarray:
        """The rows that the texts tell, of either side."""
        found = np.empty((len(texts), self.dimension), dtype=np.float32)
        for place, text in enumerate(texts):
            word = text.rpartition(" ")[2]
            row = int("".join(f"{_LETTERS.index(letter):x}" for letter in word[1:]), 16)
            found[place] = self._tables[word[0]][row]
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    encode_query = encode_document = encode
