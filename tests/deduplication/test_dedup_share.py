"""How many texts have a duplicate is estimated, and decides what is asked of a pair."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from interlingua import Encoder, dedup, load_corpus
from interlingua.deduplication import deciding, share


class Judged:
    """Candidates of which the best probabilities are known."""

    def __init__(self, best: Sequence[float]) -> None:
        self._best = np.array(best, dtype=np.float64)
        self.asked: list[tuple[int, int]] = []

    def best(self, places: NDArray[np.int64], others: NDArray[np.int64], keys: Any) -> NDArray[np.float64]:
        assert len(keys) >= len(places)
        self.asked.append((len(places), len(others)))
        return self._best[places]


def estimated(best: Sequence[float], **options: Any) -> float:
    options = {"fixed": 0, "within": True} | options
    return share.with_duplicates(Judged(best), np.arange(len(best)), **options)  # type: ignore[arg-type]


def test_where_all_is_clear_the_share_is_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(share, "_FEW", 0)
    assert estimated([0.9999] * 100 + [0.0] * 900) == pytest.approx(0.1, abs=0.001)
    assert estimated([0.9999] * 700 + [0.0] * 300) == 0.5
    # What is only likely among many duplicates is explained away where there are none else.
    assert estimated([0.6] * 100 + [0.0] * 900) < 0.01
    assert estimated([0.6] * 100 + [0.9999] * 500 + [0.0] * 400) == 0.5


def test_a_few_texts_say_little() -> None:
    assert estimated([0.0] * 5) == pytest.approx(50 / 105)
    assert estimated([0.0] * 9900) == pytest.approx(50 / (share._SAMPLE + 100))


def test_copies_count_once_and_the_other_corpus_only_as_what_is_compared_with() -> None:
    judged = Judged([0.0] * 10)
    keys = np.array([0, 1, 1, 1, 2, 0, 3, 3, 4, 4])
    share.with_duplicates(judged, keys, fixed=4, within=False)  # type: ignore[arg-type]
    share.with_duplicates(judged, keys, fixed=4, within=True)  # type: ignore[arg-type]
    assert judged.asked == [(4, 4), (4, 10)]


def test_the_prior_falls_with_the_share() -> None:
    class Plain:
        def threshold(self, target_precision: float, *, prior: float) -> float:  # noqa: ARG002
            return 0.8

    options: dict[str, Any] = {"target_precision": 0.95, "threshold": None, "prior": None}
    odds = []
    for part in (0.5, 0.1):
        prior = deciding.decision(Plain(), 1000, share=part, **options).prior  # type: ignore[arg-type]
        odds.append(prior / (1 - prior))
    assert odds == pytest.approx([1, 1 / 9])
    given = options | {"prior": 0.3}
    assert deciding.decision(Plain(), 1000, share=0.1, **given).prior == 0.3  # type: ignore[arg-type]


def test_a_collection_without_duplicates_stays_whole(use: Encoder) -> None:
    whole = load_corpus(["en", "de", "fr", "es", "pl", "tr", "zh", "ar"])
    items = list(dict.fromkeys(one.item for one in whole))
    langs = list(dict.fromkeys(one.lang for one in whole))
    # Each sentence in one language only.
    single = [one for one in whole if langs.index(one.lang) == items.index(one.item) % len(langs)]
    assert len(single) == len(items)
    found = dedup(use, [one.text for one in single], langs=[one.lang for one in single])
    assert len(found.removed) <= 1
    several = dedup(use, [one.text for one in whole], langs=[one.lang for one in whole])
    assert found.prior < several.prior
    assert len(several.kept) < 0.3 * len(whole)
