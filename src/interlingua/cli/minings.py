"""What ``interlingua mine`` does with its files: read them, mine each with each, write the pairs, tell what was left out."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interlingua.cli.inputs import Intake
from interlingua.cli.output import emit, say
from interlingua.errors import InputError, OptionError

if TYPE_CHECKING:
    from interlingua.encoding.encoder import Encoder
    from interlingua.encoding.joint import JointEncoder
    from interlingua.mining.filters import Filters
    from interlingua.mining.mine import Mined, Rules
    from interlingua.mining.sentences import Sentences


@dataclass(frozen=True, slots=True)
class Heap:
    """A file of sentences.

    Attributes:
        name: what messages call it.
        texts: the sentences that can be embedded.
        ids: of each its id, or its row.
        langs: of each its language, None where unknown.
    """

    name: str
    texts: list[str]
    ids: list[str]
    langs: list[str | None]

    @property
    def lang(self) -> str | None:
        """The language of most of its sentences."""
        counts = Counter(lang for lang in self.langs if lang is not None)
        return counts.most_common(1)[0][0] if counts else None


def read_heap(
    path: str,
    given: str | None,
    encoder: Encoder | JointEncoder,
    *,
    text: str | None,
    id: str | None,
    lang: str | None,
    read_as: Any,
    encoding: str,
    clean: bool,
    skip: bool,
) -> Heap:
    """Read a file and tell what language it is in.

    Raises:
        InputError: it cannot be read, or a row cannot be embedded; with file and row.
    """
    from interlingua.mining.sentences import side_languages
    from interlingua.texts.reading import read_records

    intake = Intake(path, encoder.card.max_tokens, clean=clean, skip=skip)
    records = read_records(path, format=read_as, text=text, id=id, lang=lang, encoding=encoding, numbered=False)
    found = [record for chunk in intake.chunks(records) for record in chunk]
    if not found:
        raise InputError(f"{intake.name}: there are no sentences in it.")
    intake.report()
    texts = [record.text for record in found]
    in_file = [record.lang for record in found]
    langs = side_languages(texts, given or (in_file if any(in_file) else None))
    return Heap(intake.name, texts, [record.id or str(record.row) for record in found], langs)


@dataclass(frozen=True, slots=True)
class Mining:
    """How files are mined."""

    encoder: Encoder | JointEncoder
    rules: Rules
    filters: Filters
    progress: bool | None
    work: Path | None
    max_memory: str | None

    def run(self, heaps: Sequence[Heap], out: Path | None, format: str) -> None:
        """Mine each file with each, and write all pairs."""
        from interlingua.texts.writing import open_atomic

        if format == "tmx" and (len(heaps) > 2 or any(heap.lang is None for heap in heaps)):
            raise OptionError(
                "a tmx file has two languages: mine two files."
                if len(heaps) > 2
                else "a tmx file names its languages, and one of them could not be identified: give --langs."
            )
        several = len(heaps) > 2
        mined = self._each_with_each(heaps)
        rows = (row for one, other, found in mined for row in _rows(one, other, found, several=several))
        if format == "parquet":
            assert out is not None
            from interlingua.cli.parquet_rows import write_parquet

            write_parquet(rows, out)
        elif out is not None:
            with open_atomic(out) as file:
                _write(rows, heaps, format, file)
        else:
            _write(rows, heaps, format, sys.stdout)

    def _each_with_each(self, heaps: Sequence[Heap]) -> Iterator[tuple[Heap, Heap, Mined]]:
        from interlingua.progress import progress_bar

        pairs = list(combinations(range(len(heaps)), 2))
        if self.work is not None:
            for number, (at, other) in enumerate(pairs, 1):
                one = None if len(pairs) == 1 else number
                yield heaps[at], heaps[other], self._in_folder(heaps[at], heaps[other], one)
            return
        from interlingua.mining.mine import mine_prepared, prepare

        total = sum(len(heap.texts) for heap in heaps)
        with progress_bar("Embedding", total, show=self.progress, unit="sentences") as advance:
            sides = prepare(
                self._encoder(heaps),
                [heap.texts for heap in heaps],
                [heap.langs for heap in heaps],
                self.filters,
                advance=advance,
                names=[heap.name for heap in heaps],
            )
        for heap, side in zip(heaps, sides, strict=True):
            _report_filters(heap, side)
        for at, other in pairs:
            size = len(sides[at]) + len(sides[other])
            with progress_bar("Mining", size, show=self.progress, unit="sentences") as advance:
                found = mine_prepared(sides[at], sides[other], self.rules, advance=advance)
            self._report(heaps[at], heaps[other], found)
            yield heaps[at], heaps[other], found

    def _encoder(self, heaps: Sequence[Heap]) -> Encoder | JointEncoder:
        """The models that know the languages of all files."""
        from interlingua.encoding.joint import JointEncoder
        from interlingua.mining.sentences import main_languages

        if not isinstance(self.encoder, JointEncoder):
            return self.encoder
        able = self.encoder.knowing({lang for heap in heaps for lang in main_languages(heap.langs)})
        if able is not self.encoder:
            say(f"{able.name} alone is used: the other model does not know all of these languages")
        return able

    def _in_folder(self, one: Heap, other: Heap, number: int | None) -> Mined:
        from interlingua.encoding.sizes import byte_size
        from interlingua.mining.shards import mine_in
        from interlingua.progress import progress_bar

        assert self.work is not None
        # Numbered, because files of several folders may have one name.
        named = f"{number}-{Path(one.name).stem}-{Path(other.name).stem}"
        folder = self.work if number is None else self.work / named
        size = 2 * (len(one.texts) + len(other.texts))
        with progress_bar("Mining", size, show=self.progress, unit="sentences") as advance:
            found = mine_in(
                folder,
                self._encoder([one, other]),
                one.texts,
                other.texts,
                source_lang=one.langs,
                target_lang=other.langs,
                rules=self.rules,
                filters=self.filters,
                memory=None if self.max_memory is None else byte_size("--max-memory", self.max_memory),
                advance=advance,
            )
        for heap, dropped in zip((one, other), found.dropped, strict=True):
            _say_dropped(heap, dropped, len(heap.texts))
        self._report(one, other, found)
        return found

    def _report(self, one: Heap, other: Heap, found: Mined) -> None:
        names = f"{one.name}, {other.name}"
        if found.copies:
            say(f"{names}: left out {_counted(found.copies, 'pair')} of one text on both sides")
        if not found.pairs:
            say(f"{names}: no pairs; about {found.translations:.0f} translations are believed to be there")
            return
        assert found.precision is not None
        missed = "" if found.recall is None else f", with {found.recall:.0%} of the translations that are there"
        about = "" if found.exact else "; near cells were searched, not all"
        say(
            f"{names}: {_counted(len(found.pairs), 'pair')} ({self.rules.score} at least {found.threshold:.3f}); by the estimate "
            f"{found.precision:.1%} of them are translations{missed}{about}"
        )


def _rows(one: Heap, other: Heap, found: Mined, *, several: bool) -> Iterator[dict[str, object]]:
    for pair in found.pairs:
        row: dict[str, object] = {
            "score": round(pair.score, 6),
            "source_text": pair.source,
            "target_text": pair.target,
            "source_id": one.ids[pair.source_row],
            "target_id": other.ids[pair.target_row],
            "source_lang": pair.source_lang,
            "target_lang": pair.target_lang,
            "probability": round(pair.probability, 6),
            "centred_cosine": round(pair.cosine, 6),
        }
        yield row | ({"source_file": one.name, "target_file": other.name} if several else {})


def _write(rows: Iterator[dict[str, object]], heaps: Sequence[Heap], format: str, out: Any) -> None:
    if format == "table":
        from interlingua.cli.options import Format

        emit(rows, Format.table)
    elif format == "tmx":
        from interlingua.texts.tmx_writing import write_tmx

        source, target = (str(heap.lang) for heap in heaps)
        units = ((str(row["source_text"]), str(row["target_text"]), _number(row["score"])) for row in rows)
        write_tmx(units, out, source_lang=source, target_lang=target)
    else:
        from interlingua.texts.writing import write_rows

        write_rows(rows, out, "jsonl" if format == "jsonl" else "tsv")


def _number(value: object) -> float:
    assert isinstance(value, float)
    return value


def _report_filters(heap: Heap, side: Sentences) -> None:
    _say_dropped(heap, side.dropped, len(heap.texts))


def _say_dropped(heap: Heap, dropped: Counter[Any], count: int) -> None:
    if dropped:
        why = ", ".join(f"{reason} {times:,}" for reason, times in dropped.most_common())
        say(f"{heap.name}: left out {dropped.total():,} of {_counted(count, 'sentence')}: {why}")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
