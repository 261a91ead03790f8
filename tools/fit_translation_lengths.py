"""Fit how long a translation is (``src/interlingua/inspection/data/lengths.tsv``).

    python tools/fit_translation_lengths.py DATA

DATA holds ``sib200`` and ``tico19``, both translated sentence by sentence from English. For each language: the mean
of the logarithm of its length over the English sentence's, in characters, and its standard deviation. A language of
both sets has the mean of the two figures and the larger deviation: they differ by what kind of text it is.
"""

from __future__ import annotations

import csv
import math
import statistics
import sys
from pathlib import Path

from interlingua.errors import UnknownLanguage
from interlingua.languages import canonical

OUT = Path(__file__).parent.parent / "src" / "interlingua" / "inspection" / "data" / "lengths.tsv"
LEAST = 40  # characters of English: shorter sentences scatter more, which the check allows for by itself
NOT_CODES = {"kr": "knc", "ti_ER": "", "ti_ET": "", "prs": "fa"}


def read(path: Path, key: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row[key]: row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}


def fitted(folder: Path, english: str, key: str) -> dict[str, tuple[float, float, int]]:
    source = read(folder / f"{english}.tsv", key)
    result: dict[str, tuple[float, float, int]] = {}
    for path in sorted(folder.glob("*.tsv")):
        try:
            lang = canonical(NOT_CODES.get(path.stem, path.stem) or "und")
        except UnknownLanguage:
            continue
        target = read(path, key)
        logs = [
            math.log(len(target[id_]) / len(text))
            for id_, text in source.items()
            if len(text) >= LEAST and len(target.get(id_, "")) > 0
        ]
        # The median and the quartiles: some rows are not translations.
        low, middle, high = statistics.quantiles(logs, n=4)
        if lang not in result:
            result[lang] = (middle, (high - low) / 1.349, len(logs))
    return result


def main() -> None:
    data = Path(sys.argv[1])
    sets = [fitted(data / "sib200", "eng_Latn", "index_id"), fitted(data / "tico19" / "text", "en", "id")]
    lines = ["lang\tlog_ratio\tdeviation"]
    for lang in sorted({lang for one in sets for lang in one}):
        found = [one[lang] for one in sets if lang in one]
        mean = statistics.fmean(each[0] for each in found)
        deviation = max(each[1] for each in found) if lang != "en" else 0.0
        lines.append(f"{lang}\t{mean:.3f}\t{deviation:.3f}")
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines) - 1} languages")


if __name__ == "__main__":
    main()
