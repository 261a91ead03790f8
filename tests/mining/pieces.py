"""What the tests of mining in pieces share: two heaps, and what is compared."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from interlingua import FakeEncoder
from interlingua.mining.filters import NO_FILTERS
from interlingua.mining.mine import Mined
from interlingua.mining.shards import mine_in

ADJECTIVES = ("old", "green", "quiet", "heavy", "narrow", "bright", "lonely", "famous")
NOUNS = ("bridge", "teacher", "market", "garden", "letter", "window", "forest", "engine", "island", "doctor")
VERBS = ("follows", "describes", "remembers", "paints", "repairs", "avoids", "visits")


def heaps(count: int = 120, seed: int = 1) -> tuple[list[str], list[str]]:
    """Two heaps: of half of the sentences the other has one in nearly the same words, which the fake encoder finds near."""
    chance = random.Random(seed)
    made = dict.fromkeys(
        f"the {chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} {chance.choice(VERBS)} "
        f"a {chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} near the {chance.choice(ADJECTIVES)} {chance.choice(NOUNS)}"
        for _ in range(3 * count)
    )
    sentences = list(made)[: count + count // 2]
    source = sentences[:count]
    target = [f"{text.replace('the', 'le')} ainsi" for text in sentences[count // 2 :]]
    chance.shuffle(target)
    return source, target


def mined(folder: Path, source: Sequence[str], target: Sequence[str], **options: Any) -> Mined:
    given: dict[str, Any] = {"source_lang": "en", "target_lang": "fr", "filters": NO_FILTERS, "shard": 16, **options}
    return mine_in(folder, FakeEncoder(), source, target, **given)


def answer(found: Mined) -> tuple[Any, ...]:
    """All of it but the last bits of figures: products of blocks of another size are rounded otherwise."""
    figures = [
        None if figure is None else round(figure, 4)
        for figure in (found.threshold, found.precision, found.recall, found.translations)
    ]
    pairs = [
        (one.source_row, one.target_row, one.source, one.target, one.source_lang, round(one.probability, 4))
        for one in found.pairs
    ]
    return sorted(pairs), figures, found.dropped, found.copies, found.exact


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
