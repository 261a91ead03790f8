"""Language means from parallel texts: what differs between translations is the languages, not what the texts are about.

Means that are estimated from an index take what its documents in a language are about for a part of the language, where the
languages are about different things. Translations cannot be mistaken in that: for each pair of languages the mean
difference of the vectors of translations is the difference of the languages' means. The means are those that fit all of
these differences, each weighted by the number of pairs, and lie near what is known of them without pairs (least squares).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from interlingua.types import Vectors

# How many pairs what is known without pairs is worth.
_PRIOR_PAIRS = 10

Pair = tuple[str, str]


class PairSums:
    """Sums over pairs of translations, by pair of languages.

    Args:
        sums: for two languages, in the order of their codes, the sum of the differences of the vectors, (d,).
        counts: how many pairs.
    """

    def __init__(self, sums: Mapping[Pair, NDArray[np.float64]], counts: Mapping[Pair, int]) -> None:
        self._sums = dict(sums)
        self.counts = dict(counts)

    def with_pairs(
        self, a: Vectors, b: Vectors, langs_a: Sequence[str | None], langs_b: Sequence[str | None]
    ) -> PairSums:
        """These and more pairs; such without two different languages do not count.

        Args:
            a: (n, d): texts embedded as documents.
            b: (n, d): their translations.
            langs_a: the languages of the former.
            langs_b: those of the latter.
        """
        sums, counts = dict(self._sums), dict(self.counts)
        places: dict[Pair, list[int]] = {}
        for row, (one, other) in enumerate(zip(langs_a, langs_b, strict=True)):
            if one is not None and other is not None and one != other:
                places.setdefault((one, other), []).append(row)
        for (one, other), rows in places.items():
            moved = (a[rows] - b[rows]).sum(axis=0, dtype=np.float64)
            pair, moved = ((one, other), moved) if one < other else ((other, one), -moved)
            sums[pair] = sums.get(pair, 0.0) + moved
            counts[pair] = counts.get(pair, 0) + len(rows)
        return PairSums(sums, counts)

    def means(self, prior: Mapping[str, Vectors]) -> dict[str, Vectors]:
        """The means of the languages that have pairs.

        Args:
            prior: their means as they are known without pairs, (d,) each.
        """
        languages = sorted({lang for pair in self.counts for lang in pair})
        places = {lang: place for place, lang in enumerate(languages)}
        left = _PRIOR_PAIRS * np.eye(len(languages))
        right = _PRIOR_PAIRS * np.stack([prior[lang].astype(np.float64) for lang in languages])
        for (one, other), count in self.counts.items():
            i, j = places[one], places[other]
            left[[i, j], [i, j]] += count
            left[[i, j], [j, i]] -= count
            right[i] += self._sums[one, other]
            right[j] -= self._sums[one, other]
        return dict(zip(languages, np.linalg.solve(left, right).astype(np.float32), strict=True))

    def to_bytes(self) -> bytes:
        """As they are kept, with a checksum."""
        file = io.BytesIO()
        pairs = list(self._sums)
        np.savez(
            file,
            pairs=np.array(pairs, dtype=np.str_),
            sums=np.stack([self._sums[pair] for pair in pairs]),
            counts=np.array([self.counts[pair] for pair in pairs], dtype=np.int64),
        )
        content = file.getvalue()
        return zlib.crc32(content).to_bytes(4, "big") + content

    @classmethod
    def from_bytes(cls, content: bytes) -> PairSums:
        """What ``to_bytes`` gave.

        Raises:
            ValueError: it is damaged.
        """
        if zlib.crc32(content[4:]).to_bytes(4, "big") != content[:4]:
            raise ValueError("its checksum is another")
        with np.load(io.BytesIO(content[4:]), allow_pickle=False) as archive:
            pairs: list[Pair] = [(str(one), str(other)) for one, other in archive["pairs"]]
            return cls(
                dict(zip(pairs, archive["sums"], strict=True)),
                dict(zip(pairs, archive["counts"].tolist(), strict=True)),
            )
