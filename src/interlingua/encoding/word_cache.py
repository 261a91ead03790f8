"""The token ids of the words met before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Two generations: what is not met again while a new one fills is forgotten with the old one. Not more than 15 MB in all.
_GENERATION = 30_000
# Text without spaces comes as one word, which will not come again.
_LONGEST_KEPT = 32


class WordCache:
    """Remembers words that were met lately. Threads may share it: at worst one of them forgets what another has found."""

    def __init__(self) -> None:
        self._young: dict[str, bytes] = {}
        self._old: dict[str, bytes] = {}

    def find(self, words: Iterable[str]) -> dict[str, bytes]:
        """Those of the words that are known."""
        young, old = self._young, self._old
        found, again = {}, {}
        for word in words:
            ids = young.get(word)
            if ids is None:
                ids = old.get(word)
                if ids is None:
                    continue
                again[word] = ids
            found[word] = ids
        self.add(again)
        return found

    def add(self, words: Mapping[str, bytes]) -> None:
        """Remember the words, unless they are long."""
        young = self._young
        for word, ids in words.items():
            if len(word) <= _LONGEST_KEPT:
                if len(young) >= _GENERATION:
                    self._old, self._young = young, {}
                    young = self._young
                young[word] = ids

    def __len__(self) -> int:
        return len(self._young) + len(self._old)
