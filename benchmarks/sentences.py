"""How well are sentences found in running text?

    python benchmarks/sentences.py [--data DIR] [--set NAME ...]

The segments of each document of TICO-19 (professional translations; the lower-cased speech left out) and the sentences of each
article of XQuAD-R, joined with spaces to one running text, in which they are looked for again. *found*: the share of the
boundaries between segments that are found, of those where the segment ends with a mark that can end a sentence (not a colon, a
semicolon or none). *extra*: boundaries inside of segments, in 100 segments. Of those in TICO-19 nearly all are right: some of its
segments hold several sentences; XQuAD-R's hold one.
*peer*: ``sentencex`` over the same text, whose abbreviations ours uses.
"""

from __future__ import annotations

import csv
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
import sentencex

from interlingua.texts.sentences import sentences

_CODES = "en es-LA fr pt-BR ru ar fa prs ps ur ckb ku hi bn mr ne ta my km zh id ms tl sw so am ti om ha zu rw lg ln"
TICO = _CODES.split()
XQUAD = ("en", "de", "es", "ar", "hi", "zh")
ENDS = frozenset(".!?。！？।॥။۔؟።፧፡…៕")
SPEECH = "CMU_1"

Spans = list[tuple[int, int]]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def documents(data: Path, name: str) -> list[list[str]]:
    """The segments of each document of a set."""
    kind, code = name.split(".")
    found: dict[str, list[str]] = defaultdict(list)
    if kind == "tico":
        for row in rows_of(data / "tico19" / "text" / f"{code}.tsv"):
            found[row["id"].split(":")[0]].append(row["text"])
        found.pop(SPEECH, None)
    else:
        for row in rows_of(data / "xquad_r" / f"sentences.{code}.tsv"):
            found[row["sentence_id"].split("-")[0]].append(row["sentence"])
    return [[" ".join(text.split()) for text in texts if text and text.strip()] for texts in found.values()]


def peer(text: str, lang: str) -> Spans:
    spans, at = [], 0
    for part in sentencex.segment(lang, text):
        spans.append((at, at + len(part.rstrip())))
        at += len(part)
    return spans


def measured(texts: list[list[str]], lang: str, split: Callable[[str, str], Spans]) -> dict[str, float]:
    wanted = found = extra = segments = characters = 0
    seconds = 0.0
    for segmented in texts:
        text = " ".join(segmented)
        ends, at = set(), -1
        for segment in segmented:
            at += len(segment) + 1
            ends.add(at)
        start = time.process_time()
        got = {stop for _, stop in split(text, lang)}
        seconds += time.process_time() - start
        marked = {end for end in ends if end < len(text) and ENDS & set(text[max(0, end - 2) : end])}
        segments += len(segmented)
        characters += len(text)
        wanted += len(marked)
        found += len(marked & got)
        extra += len(got - ends)
    return {
        "found": round(100 * found / wanted, 1),
        "extra": round(100 * extra / segments, 1),
        "characters/s": round(characters / seconds),
    }


def main() -> None:
    parser = common.parser(__doc__)
    every = [f"tico.{code}" for code in TICO] + [f"xquad.{code}" for code in XQUAD]
    parser.add_argument("--set", nargs="+", choices=every, default=every, help="what to measure [default: all]")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    print(f"{'':14}{'segments':>9}{'found':>8}{'extra':>7}{'peer: found':>13}{'extra':>7}")
    for name in options.set:
        texts = documents(options.data, name)
        lang = name.split(".")[1].split("-")[0]
        ours, theirs = measured(texts, lang, sentences), measured(texts, lang, peer)
        count = sum(map(len, texts))
        results[name] = {"segments": count, "ours": ours, "sentencex": theirs}
        print(
            f"{name:14}{count:9,}{ours['found']:8}{ours['extra']:7}{theirs['found']:13}{theirs['extra']:7}", flush=True
        )
    if options.set == every:
        mean = {
            kind: {
                who: {
                    figure: round(sum(one[who][figure] for one in some) / len(some), 1) for figure in ("found", "extra")
                }
                for who in ("ours", "sentencex")
            }
            for kind in ("tico", "xquad")
            for some in [[one for name, one in results.items() if name.startswith(kind)]]
        }
        print(mean)
        common.write("sentences", {"sets": results, "mean": mean})


if __name__ == "__main__":
    main()
