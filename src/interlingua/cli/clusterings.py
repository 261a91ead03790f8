"""What ``interlingua cluster`` writes and prints: rows with their clusters, clusters with their terms, measures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from interlingua.cli.inputs import Intake
from interlingua.cli.options import Format
from interlingua.cli.output import emit, say
from interlingua.errors import OptionError

if TYPE_CHECKING:
    from interlingua.clustering.result import Cluster, Clustered
    from interlingua.types import Record

_OURS = ("cluster", "strength", "row")
_TEXT = 60
_LANGUAGES = 4


class RowFormat(StrEnum):
    """How rows are written."""

    jsonl = "jsonl"
    tsv = "tsv"
    csv = "csv"


@dataclass
class ClusterRows:
    """The rows of the file.

    Attributes:
        intake: how they are taken in.
        records: what was read.
        langs: their languages, None where the file does not say.
    """

    intake: Intake
    records: list[Record] = field(default_factory=list)
    langs: list[str | None] = field(default_factory=list)

    def take(self, records: Iterator[Record], all_in: str | None) -> None:
        """Read all of them; ``all_in`` is the language of all."""
        for chunk in self.intake.chunks(records):
            self.records += chunk
        self.langs = [all_in or record.lang for record in self.records]

    @property
    def texts(self) -> list[str]:
        """Their texts."""
        return [record.text for record in self.records]

    def topics(self, column: str) -> list[object]:
        """What the column says of each row, None where it says nothing."""
        if not any(column in record.metadata for record in self.records):
            known = dict.fromkeys(name for record in self.records for name in record.metadata)
            others = (
                f"its other columns are {', '.join(known)}"
                if known
                else "it has no other columns than text, id and language"
            )
            raise OptionError(f"--topic-column {column}: {self.intake.name} has no such column; {others}.")
        found = [record.metadata.get(column) for record in self.records]
        return [None if topic is None or str(topic).strip() == "" else str(topic) for topic in found]

    def written(self, found: Clustered) -> Iterator[dict[str, object]]:
        """Each row with its cluster first, then its own columns."""
        for place, record in enumerate(self.records):
            facts: dict[str, object] = {
                "cluster": int(found.labels[place]),
                "strength": round(float(found.strengths[place]), 4),
                "row": record.row,
                "id": record.id,
                "lang": found.langs[place],
                "text": record.text,
            }
            yield facts | {name: value for name, value in record.metadata.items() if name not in facts}

    def replaced(self) -> list[str]:
        """The file's own columns that are not written, as ours are called the same."""
        return [name for name in _OURS if any(name in record.metadata for record in self.records)]


def write_cluster_rows(found: Clustered, rows: ClusterRows, target: Any, written_as: RowFormat) -> None:
    """Write the rows with their clusters to an open file."""
    from interlingua.texts.writing import write_rows

    if replaced := rows.replaced():
        say(f"warning: {rows.intake.name}: its own columns {', '.join(replaced)} are replaced by those of this run")
    if written_as is RowFormat.jsonl:
        write_rows(rows.written(found), target, "jsonl")
        return
    # Rows of JSON Lines may have different fields: a table has them all.
    names = dict.fromkeys(name for row in rows.written(found) for name in row)
    whole = (dict.fromkeys(names) | row for row in rows.written(found))
    if written_as is RowFormat.tsv:
        write_rows(whole, target, "tsv")
        return
    import csv
    import json

    table = csv.writer(target, lineterminator="\n")
    table.writerow(names)
    for row in whole:
        table.writerow(
            value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for value in row.values()
        )


def told(one: Cluster, rows: ClusterRows) -> dict[str, object]:
    """A cluster as one line of JSON."""
    return {
        "cluster": one.number,
        "size": one.size,
        "languages": {lang or "unknown": count for lang, count in one.languages.items()},
        "terms": {lang: list(terms) for lang, terms in one.terms.items()},
        "representatives": [_named(rows.records[row]) for row in one.representatives],
    }


def _named(record: Record) -> dict[str, object]:
    return {"row": record.row, **({"id": record.id} if record.id else {}), "text": record.text}


def print_clusters(found: Clustered, rows: ClusterRows, label_lang: str | None) -> None:
    """A table of the clusters on standard output."""
    from interlingua.reports.cluster_map import main_language
    from interlingua.reports.labels import shortened

    shown = label_lang or main_language(found)
    emit(
        (
            {
                "cluster": one.number,
                "rows": one.size,
                "languages": _languages(one),
                "terms": one.name(shown) if one.terms else None,
                "a text": shortened(rows.records[one.representatives[0]].text, _TEXT),
            }
            for one in found.clusters
        ),
        Format.table,
    )


def _languages(one: Cluster) -> str:
    named = [f"{lang or 'unknown'} {count:,}" for lang, count in one.languages.items()]
    more = len(named) - _LANGUAGES
    return ", ".join(named[:_LANGUAGES]) + (f", {more} more" if more > 0 else "")


def summarise(found: Clustered, rows: ClusterRows, topics: list[object] | None) -> None:
    """How many there are, and how good, on standard error."""
    total, count = len(found), len(found.clusters)
    chosen = f"; {count} of {found.tried[0][0]} to {found.tried[-1][0]} chosen by the silhouette" if found.tried else ""
    say(f"{rows.intake.name}: {total:,} rows in {count:,} cluster{'s' * (count != 1)}{chosen}")
    if found.method == "hdbscan":
        say(
            f"{found.without:,} rows ({found.without / total:.0%}) are in no cluster (-1); the smallest cluster may have "
            f"{found.min_size:,} different texts"
        )
    if found.centring == "estimated":
        say(
            "warning: no language means come with the model; those of these texts were taken out, which is wrong where the "
            "languages' texts are about different things"
        )
    mixing = found.language_mixing
    if mixing == mixing:  # noqa: PLR0124  # NaN differs from itself
        say(f"language mixing: {mixing:.2f} (1: each cluster has the mix of all rows; 0: each has one language)")
    if topics is not None:
        _compare(found, topics)


def _compare(found: Clustered, topics: list[object]) -> None:
    """Known topics against clusters."""
    from interlingua.metrics import normalized_mutual_information, purity

    good = [row for row, topic in enumerate(topics) if topic is not None and found.labels[row] >= 0]
    if not good:
        say("no row in a cluster has a topic, so nothing is compared")
        return
    labels, known = found.labels[good], [str(topics[row]) for row in good]
    agreement = normalized_mutual_information(labels, known)
    say(
        f"topics: NMI {agreement:.3f}, purity {purity(labels, known):.3f} over {len(good):,} of {len(topics):,} rows (those in a "
        f"cluster and with a topic; {len(set(known)):,} topics)"
    )
