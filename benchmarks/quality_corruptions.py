"""Real translations, and the ways in which the quality benchmark spoils them."""

# ruff: noqa: ARG001  # the ways all take the same

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

SOURCE = "en"
TICO = {
    "fr": "fr",
    "es-LA": "es",
    "ru": "ru",
    "zh": "zh",
    "hi": "hi",
    "ar": "ar",
    "sw": "sw",
    "id": "id",
    "bn": "bn",
    "pt-BR": "pt",
    "km": "km",
    "fa": "fa",
}
DOCS = {"es": "es", "fr": "fr", "ja": "ja", "ko": "ko", "zh-cn": "zh", "pt-br": "pt", "uk": "uk", "tr": "tr"}
SIB = {
    "deu_Latn": "de",
    "pol_Latn": "pl",
    "vie_Latn": "vi",
    "tha_Thai": "th",
    "heb_Hebr": "he",
    "ell_Grek": "el",
    "fin_Latn": "fi",
    "hun_Latn": "hu",
}

PLACEHOLDERS = (
    "{name}",
    "{0}",
    "%s",
    "%d",
    "%(count)s",
    "${user}",
    "{{ total }}",
    "%1$s",
    "<b>",
    "$path",
    "%@",
    "{price:.2f}",
)
_CLAUSE = re.compile(r"[^,;:،؛，、；：。।]+[,;:،؛，、；：。।]*\s*")
_DIGITS = re.compile(r"(?<![\w.,:/{%-])\d+(?:[.,]\d+)*(?![\w{}])")
_NAME = re.compile(r"(?:(?<=[^\W\d_] )|(?<=[^\W\d_][,;] ))[A-ZÁÉÍÓÚÀÂÇÈÊËÎÏÔÖÜÑА-ЯІЇЄΑ-Ω][^\W\d_]{3,}")


@dataclass(frozen=True)
class Row:
    """A sentence and its translation, its neighbour's translation, and its translation into another language."""

    source: str
    target: str
    neighbour: str | None
    elsewhere: str | None


Spoil = Callable[[Row, np.random.Generator, list[str]], str | None]


def read(path: Path, delimiter: str = "\t") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE))


def load(data: Path, limit: int, seed: int) -> dict[str, list[Row]]:
    """Up to ``limit`` rows of each set and language, under names such as ``tico19 en-fr``."""
    rng = np.random.default_rng(seed)
    loaded: dict[str, list[Row]] = {}
    english = {row["id"]: row["text"] for row in read(data / "tico19/text/en.tsv")}
    order = list(english)
    after = {here: there for here, there in pairwise(order) if here.split(":")[0] == there.split(":")[0]}
    texts = {name: {row["id"]: row["text"] for row in read(data / f"tico19/text/{name}.tsv")} for name in TICO}
    names = list(TICO)
    for place, name in enumerate(names):
        other = texts[names[(place + 5) % len(names)]]
        ids = [id_ for id_ in order if id_ in texts[name]]
        picked = [ids[row] for row in sorted(rng.permutation(len(ids))[:limit])]
        loaded[f"tico19 en-{TICO[name]}"] = [
            Row(english[id_], texts[name][id_], texts[name].get(after.get(id_, "")), other.get(id_)) for id_ in picked
        ]
    for name, lang in DOCS.items():
        rows = read(data / f"python_docs/en-{name}.tsv")
        by_file: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            by_file.setdefault(row["file"], []).append(row)
        picked_rows = [rows[row] for row in sorted(rng.permutation(len(rows))[:limit])]
        loaded[f"python_docs en-{lang}"] = [_of_docs(row, by_file[row["file"]], name) for row in picked_rows]
    english = {row["index_id"]: row["text"] for row in read(data / "sib200/eng_Latn.tsv")}
    texts = {name: {row["index_id"]: row["text"] for row in read(data / f"sib200/{name}.tsv")} for name in SIB}
    names = list(SIB)
    for place, name in enumerate(names):
        ids = sorted(english)
        picked = [ids[row] for row in sorted(rng.permutation(len(ids))[:limit])]
        other = texts[names[(place + 3) % len(names)]]
        # Neighbouring numbers are of the same article more often than not.
        following = dict(pairwise(sorted(english, key=int)))
        loaded[f"sib200 en-{SIB[name]}"] = [
            Row(english[id_], texts[name][id_], texts[name].get(following.get(id_, "")), other[id_]) for id_ in picked
        ]
    return loaded


def _of_docs(row: dict[str, str], file: list[dict[str, str]], name: str) -> Row:
    place = file.index(row)
    neighbour = file[(place + 1) % len(file)][name] if len(file) > 1 else None
    return Row(row["en"], row[name], neighbour if neighbour != row[name] else None, None)


def names_of(rows: list[Row]) -> list[str]:
    """Names that occur in the targets: capitalised words in mid-sentence."""
    return sorted({name for row in rows for name in _NAME.findall(row.target)})


def wrong_sentence(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    return row.neighbour


def dropped_clause(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    clauses = _CLAUSE.findall(row.target)
    sizes = [len(clause) / len(row.target) for clause in clauses]
    fitting = [at for at, size in enumerate(sizes) if 0.15 <= size <= 0.7]
    if len(clauses) < 2 or not fitting:
        return None
    at = int(rng.choice(fitting))
    return "".join(clauses[:at] + clauses[at + 1 :]).strip()


def changed_number(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    found = list(_DIGITS.finditer(row.target))
    if not found:
        return None
    match = found[int(rng.integers(len(found)))]
    places = [at for at in range(match.start(), match.end()) if row.target[at].isdigit()]
    at = int(rng.choice(places))
    digit = (int(row.target[at]) + int(rng.integers(1, 10))) % 10
    if at == places[0] and digit == 0:
        digit = 1 if row.target[at] in "9" else int(row.target[at]) + 1
    zero = ord(row.target[at]) - int(row.target[at])
    changed = row.target[:at] + chr(zero + digit) + row.target[at + 1 :]
    return changed if changed != row.target else None


def swapped_names(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    found = _NAME.findall(row.target)
    if not found or len(names) < 20:
        return None
    old = str(rng.choice(found))
    new = str(rng.choice([name for name in names if name not in row.target]))
    return row.target.replace(old, new)


def untranslated_copy(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    return row.source


def wrong_language(row: Row, rng: np.random.Generator, names: list[str]) -> str | None:
    return row.elsewhere


def with_placeholder(row: Row, rng: np.random.Generator) -> tuple[Row, Row]:
    """The row with a placeholder in both texts, and the row that has it in the source only."""
    mark = str(rng.choice(PLACEHOLDERS))
    source = _put(row.source, mark, float(rng.random()))
    target = _put(row.target, mark, float(rng.random()))
    return Row(source, target, None, None), Row(source, row.target, None, None)


def _put(text: str, mark: str, share: float) -> str:
    spaces = [match.start() for match in re.finditer(" ", text)] or [len(text)]
    at = spaces[int(share * len(spaces))]
    return f"{text[:at]} {mark}{text[at:]}"


SPOILS: dict[str, Spoil] = {
    "wrong sentence": wrong_sentence,
    "dropped clause": dropped_clause,
    "changed number": changed_number,
    "swapped names": swapped_names,
    "untranslated copy": untranslated_copy,
    "wrong language": wrong_language,
}
