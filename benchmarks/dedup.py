"""Deduplication: planted cross-lingual duplicates found among real texts, with what precision and recall, how fast, in what memory.

    python benchmarks/dedup.py --size 200000 --model use-multilingual-v3 --work /somewhere

Beside it, with the same vectors: a FAISS script with one cosine threshold (0.9 as in tutorials; and the best one in hindsight,
which nobody has who has no gold), and semhash where it is installed (with these vectors, and with its own model where that can be
loaded).

A removal is right if the text kept for it means the same. Precision is the share of right removals; recall is their number over the
number of texts that would go if one text of each meaning were kept. Vectors are kept in the folder ``--work``.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import common
import dedup_data
import numpy as np

from interlingua import Encoder
from interlingua.deduplication.dedup import dedup
from interlingua.deduplication.result import Deduplicated
from interlingua.encoding.embedding_cache import EmbeddingCache

TUTORIAL = 0.9
THRESHOLDS = [round(0.5 + 0.01 * step, 2) for step in range(50)]
NEIGHBOURS = 16
EXAMPLES = 12


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--size", type=int, default=30_000)
    parser.add_argument("--model", default="e5-small", choices=sorted(dedup_data.LANGUAGES))
    parser.add_argument("--precision", default="exact", choices=["exact", "fast"])
    parser.add_argument("--work", type=Path, default=Path("/tmp/interlingua-dedup"))
    parser.add_argument("--target-precision", type=float, default=0.95)
    parser.add_argument("--plants", type=float, default=1.0, help="only this share of the planted duplicates")
    parser.add_argument("--given-languages", action="store_true", help="tell the languages instead of identifying them")
    parser.add_argument("--approximate", action="store_true", help="also with the approximate index")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-write", action="store_true")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    texts = dedup_data.make(options.data, options.model, options.size, plants=options.plants)
    print(f"{len(texts):,} texts: {dict(Counter(text.kind for text in texts))}", flush=True)
    cache = EmbeddingCache(options.work / "vectors", "16GB")
    encoder = Encoder(options.model, precision=options.precision, embedding_cache=cache)
    began = time.perf_counter()
    vectors = encoder.encode([text.text for text in texts], long="window", show_progress_bar=True)
    encoding = time.perf_counter() - began
    results: dict[str, Any] = {
        "model": options.model,
        "precision": options.precision,
        "texts": len(texts),
        "meanings": len({text.meaning for text in texts}),
        "plants": dict(Counter(text.kind for text in texts)),
        "encoding_seconds": encoding,
    }
    results["interlingua"] = _ours(encoder, texts, options, approximate=False)
    if options.approximate:
        results["interlingua, approximate"] = _ours(encoder, texts, options, approximate=True)
    if not options.no_peers:
        results["faiss"] = _faiss(vectors, texts)
        results["semhash"] = _semhash(vectors, texts)
    if not options.no_write:
        part = f"-{options.plants:g}" * (options.plants < 1)
        common.write(f"dedup-{options.model}-{options.size}{part}", results)


def _ours(encoder: Encoder, texts: Sequence[dedup_data.Text], options: Any, *, approximate: bool) -> dict[str, Any]:
    began = time.perf_counter()
    found = dedup(
        encoder,
        [text.text for text in texts],
        langs=[text.lang for text in texts] if options.given_languages else None,
        target_precision=options.target_precision,
        approximate=approximate,
    )
    seconds = time.perf_counter() - began
    keepers = list(range(len(texts)))
    for one in found.removed:
        keepers[one.row] = one.keeper
    result = {
        **_judged(keepers, texts),
        "by_reason": _by_reason(found, texts),
        "prior": found.prior,
        "threshold": found.threshold,
        "seconds_with_cached_vectors": seconds,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    _show("interlingua" + ", approximate" * approximate, result)
    wrong = [one for one in found.removed if texts[one.row].meaning != texts[one.keeper].meaning]
    for one in wrong[:: max(1, len(wrong) // EXAMPLES)][:EXAMPLES]:
        print(f"   {one.probability:.3f} {texts[one.row].text[:90]!r} → {texts[one.keeper].text[:90]!r}")
    return result


def _judged(keepers: Sequence[int], texts: Sequence[dedup_data.Text]) -> dict[str, Any]:
    removed = [row for row, keeper in enumerate(keepers) if keeper != row]
    right = sum(texts[row].meaning == texts[keepers[row]].meaning for row in removed)
    superfluous = len(texts) - len({text.meaning for text in texts})
    kinds: dict[str, float] = {}
    for kind in dedup_data.SHARES:
        plants = [row for row, text in enumerate(texts) if text.kind == kind]
        found = sum(_root(keepers, row) == _root(keepers, texts[row].base) for row in plants)
        kinds[kind] = found / max(1, len(plants))
    precision, recall = right / max(1, len(removed)), right / superfluous
    return {
        "removed": len(removed),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-9, precision + recall),
        "with_its_base": kinds,
    }


def _root(keepers: Sequence[int], row: int) -> int:
    while keepers[row] != row:
        row = keepers[row]
    return row


def _by_reason(found: Deduplicated, texts: Sequence[dedup_data.Text]) -> dict[str, Any]:
    result = {}
    for reason in ("exact", "normalised", "typo", "near", "translation"):
        ones = [one for one in found.removed if one.reason == reason]
        right = sum(texts[one.row].meaning == texts[one.keeper].meaning for one in ones)
        result[reason] = {"removed": len(ones), "precision": right / max(1, len(ones))}
    return result


def _faiss(vectors: np.ndarray, texts: Sequence[dedup_data.Text]) -> dict[str, Any]:
    """What a script does: the neighbours of each text, one cosine threshold, the first of a group stays."""
    import faiss

    began = time.perf_counter()
    scores, rows = faiss.knn(vectors, vectors, NEIGHBOURS, metric=faiss.METRIC_INNER_PRODUCT)
    seconds = time.perf_counter() - began
    return _swept("faiss", lambda threshold: _first_stays(scores, rows, threshold), texts, seconds)


def _first_stays(scores: np.ndarray, rows: np.ndarray, threshold: float) -> list[int]:
    keepers = list(range(len(scores)))
    for row in range(len(scores)):
        for score, other in zip(scores[row].tolist(), rows[row].tolist(), strict=True):
            if score < threshold:
                break
            if other < row and keepers[other] == other:
                keepers[row] = other
                break
    return keepers


def _swept(
    name: str, keepers: Callable[[float], list[int]], texts: Sequence[dedup_data.Text], seconds: float
) -> dict[str, Any]:
    """The threshold of tutorials, and the best one in hindsight."""
    all_of_them = {threshold: _judged(keepers(threshold), texts) for threshold in THRESHOLDS}
    best = max(all_of_them, key=lambda threshold: all_of_them[threshold]["f1"])
    result = {
        "seconds": seconds,
        "tutorial": {"threshold": TUTORIAL, **all_of_them[TUTORIAL]},
        "best in hindsight": {"threshold": best, **all_of_them[best]},
    }
    for which in ("tutorial", "best in hindsight"):
        _show(f"{name}, {which} (cosine {result[which]['threshold']})", result[which])
    return result


def _semhash(vectors: np.ndarray, texts: Sequence[dedup_data.Text]) -> dict[str, Any]:
    if find_spec("semhash") is None:
        return {"skipped": "not installed: pip install semhash"}
    try:
        from semhash import SemHash
    except ImportError as error:
        return {"skipped": str(error)}

    place = {text.text: row for row, text in reversed(list(enumerate(texts)))}

    class Ours:
        def encode(self, inputs: Sequence[str], **_: Any) -> np.ndarray:
            return vectors[[place[text] for text in inputs]]

    result: dict[str, Any] = {"version": version("semhash")}
    for name, model in (("with our vectors", Ours()), ("with its own model", None)):
        try:
            result[name] = _semhash_with(SemHash, model, texts, place, name)
        except Exception as error:  # its model comes from the network
            result[name] = {"skipped": str(error).splitlines()[0][:200]}
            print(f"semhash, {name}: {result[name]}", flush=True)
    return result


def _semhash_with(
    kind: Any, model: Any, texts: Sequence[dedup_data.Text], place: dict[str, int], name: str
) -> dict[str, Any]:
    began = time.perf_counter()
    index = kind.from_records(
        records=[{"text": text.text, "row": str(row)} for row, text in enumerate(texts)], columns=["text"], model=model
    )
    building = time.perf_counter() - began
    result: dict[str, Any] = {"building_seconds": building}
    judged = {}
    for threshold in sorted({TUTORIAL, *THRESHOLDS[::5]}):
        began = time.perf_counter()
        found = index.self_deduplicate(threshold=threshold)
        seconds = time.perf_counter() - began
        keepers = list(range(len(texts)))
        for one in found.filtered:
            row = int(one.record["row"])
            others = [
                (score, place[other["text"]]) for other, score in one.duplicates if other["row"] != one.record["row"]
            ]
            # What it is a duplicate of is a list; the best of it that means the same counts in its favour.
            good = [other for _, other in others if texts[other].meaning == texts[row].meaning and other != row]
            keepers[row] = (good or [other for _, other in others if other != row] or [row - 1])[0]
        judged[threshold] = {**_removals(keepers, texts), "seconds": seconds}
    best = max(judged, key=lambda threshold: judged[threshold]["f1"])
    for which, threshold in (("tutorial", TUTORIAL), ("best in hindsight", best)):
        result[which] = {"threshold": threshold, **judged[threshold]}
        _show(f"semhash, {name}, {which} ({threshold})", result[which])
    return result


def _removals(keepers: Sequence[int], texts: Sequence[dedup_data.Text]) -> dict[str, Any]:
    """As ``_judged``, where two may name each other."""
    removed = [row for row, keeper in enumerate(keepers) if keeper != row]
    right = sum(texts[row].meaning == texts[keepers[row]].meaning for row in removed)
    superfluous = len(texts) - len({text.meaning for text in texts})
    precision, recall = right / max(1, len(removed)), right / superfluous
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    return {"removed": len(removed), "precision": precision, "recall": recall, "f1": f1}


def _show(name: str, result: dict[str, Any]) -> None:
    kinds = "".join(f", {kind} {share:.3f}" for kind, share in result.get("with_its_base", {}).items())
    print(f"{name}: precision {result['precision']:.3f}, recall {result['recall']:.3f}{kinds}", flush=True)
    for reason, one in result.get("by_reason", {}).items():
        print(f"   {reason}: {one['removed']:,} removed, precision {one['precision']:.3f}")


if __name__ == "__main__":
    main()
